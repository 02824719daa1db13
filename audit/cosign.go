package audit

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// A witness signs checkpoints that it has seen to follow from those before (C2SP tlog-cosignature): its signature is over the time and the checkpoint, by a key of a type of its own, so that it is taken for nothing else.

const cosignatureType = 4

// cosigner is a witness's key. It implements note.Signer, and, without the private part, note.Verifier.
type cosigner struct {
	name    string
	hash    uint32
	private ed25519.PrivateKey
	public  ed25519.PublicKey
	now     func() time.Time
}

// Name implements note.Signer and note.Verifier.
func (c *cosigner) Name() string { return c.name }

// KeyHash implements note.Signer and note.Verifier.
func (c *cosigner) KeyHash() uint32 { return c.hash }

func cosigned(text []byte, at uint64) []byte {
	return append(strconv.AppendUint([]byte("cosignature/v1\ntime "), at, 10), append([]byte{'\n'}, text...)...)
}

// Sign implements note.Signer.
func (c *cosigner) Sign(text []byte) ([]byte, error) {
	at := uint64(max(c.now().Unix(), 0))
	return append(binary.BigEndian.AppendUint64(nil, at), ed25519.Sign(c.private, cosigned(text, at))...), nil
}

// Verify implements note.Verifier.
func (c *cosigner) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(sig)
	return at <= math.MaxInt64 && ed25519.Verify(c.public, cosigned(text, at), sig[8:])
}

func cosignerHash(name string, public ed25519.PublicKey) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), append([]byte{cosignatureType}, public...)...))
	return binary.BigEndian.Uint32(sum[:])
}

// keyParts splits name+hash+base64 and checks the type.
func keyParts(text string, size int) (name string, hash uint32, data []byte, err error) {
	bad := errors.New("it is not the key of a witness")
	name, rest, ok := strings.Cut(text, "+")
	hex, coded, ok2 := strings.Cut(rest, "+")
	h, err := strconv.ParseUint(hex, 16, 32)
	if !ok || !ok2 || name == "" || len(hex) != 8 || err != nil || strings.ContainsAny(name, " \t\r\n+") {
		return "", 0, nil, bad
	}
	data, err = base64.StdEncoding.Strict().DecodeString(coded)
	if err != nil || len(data) != 1+size || data[0] != cosignatureType {
		return "", 0, nil, bad
	}
	return name, uint32(h), data[1:], nil
}

// newCosignatureVerifier reads the verifier key of a witness.
func newCosignatureVerifier(text string) (*cosigner, error) {
	name, hash, public, err := keyParts(text, ed25519.PublicKeySize)
	if err != nil {
		return nil, err
	}
	if cosignerHash(name, public) != hash {
		return nil, errors.New("the key's hash does not fit it")
	}
	return &cosigner{name: name, hash: hash, public: public}, nil
}

// readCosigner reads the signing key of a witness, which nobody else may be able to read.
func readCosigner(file string, now func() time.Time) (*cosigner, error) {
	if err := private(file); err != nil {
		return nil, err
	}
	b, err := readSmall(file, 4096)
	if err != nil {
		return nil, err
	}
	text, ok := strings.CutPrefix(strings.TrimSpace(string(b)), "PRIVATE+KEY+")
	name, hash, seed, err := keyParts(text, ed25519.SeedSize)
	if !ok || err != nil {
		return nil, fmt.Errorf("%s is not the signing key of a witness", file)
	}
	key := ed25519.NewKeyFromSeed(seed)
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok || cosignerHash(name, public) != hash {
		return nil, fmt.Errorf("%s is damaged: its hash does not fit", file)
	}
	return &cosigner{name: name, hash: hash, private: key, public: public, now: now}, nil
}

// WriteWitnessKey makes the signing key of a witness in file, mode 0600, and its verifier key in file.pub. Neither may exist. It returns the verifier key.
func WriteWitnessKey(file, name string) (string, error) {
	if name == "" || strings.ContainsAny(name, " \t\r\n+") {
		return "", errors.New("audit: a witness needs a name without blanks and +")
	}
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", fmt.Errorf("audit: %w", err)
	}
	hash := cosignerHash(name, public)
	coded := func(b []byte) string {
		return base64.StdEncoding.EncodeToString(append([]byte{cosignatureType}, b...))
	}
	verifier := fmt.Sprintf("%s+%08x+%s", name, hash, coded(public))
	if err := writeNew(file, fmt.Appendf(nil, "PRIVATE+KEY+%s+%08x+%s\n", name, hash, coded(key.Seed())), 0o600); err != nil {
		return "", fmt.Errorf("audit: write the witness's key: %w", err)
	}
	if err := writeNew(file+".pub", []byte(verifier+"\n"), 0o644); err != nil {
		return "", fmt.Errorf("audit: write the witness's verifier key: %w", err)
	}
	return verifier, nil
}

// ReadWitnessVerifier reads the verifier key of a witness from a file.
func ReadWitnessVerifier(file string) (string, error) {
	b, err := readSmall(file, 4096)
	if err != nil {
		return "", err
	}
	text := strings.TrimSpace(string(b))
	if _, err := newCosignatureVerifier(text); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return text, nil
}

// cosignedAt returns when a witness has signed a note, if it has.
func cosignedAt(msg []byte, w *cosigner) (time.Time, bool) {
	n, err := note.Open(msg, note.VerifierList(w))
	if err != nil {
		return time.Time{}, false
	}
	for _, s := range n.Sigs {
		if b, err := base64.StdEncoding.DecodeString(s.Base64); err == nil && len(b) == 4+8+ed25519.SignatureSize && s.Hash == w.hash {
			return time.Unix(int64(binary.BigEndian.Uint64(b[4:])), 0).UTC(), true
		}
	}
	return time.Time{}, false
}
