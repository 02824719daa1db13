package audit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A checkpoint is a C2SP tlog-checkpoint: a note of three lines (origin, number of leaves, root hash in base64), signed with Ed25519. The newest is the file checkpoint; all of them stand in checkpoints/<day>, each followed by
// an empty line. Nothing else is in a checkpoint: the time stands in the records it covers.

// Checkpoint is a signed head of the log.
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   tlog.Hash
}

func (c Checkpoint) text() string {
	return c.Origin + "\n" + strconv.FormatUint(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root[:]) + "\n"
}

// parseCheckpoint accepts exactly what text prints; extension lines are for others.
func parseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return Checkpoint{}, errors.New("a checkpoint of this log has three lines")
	}
	size, err := strconv.ParseUint(lines[1], 10, 63)
	if err != nil {
		return Checkpoint{}, errors.New("the checkpoint's size is not a number")
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return Checkpoint{}, errors.New("the checkpoint's root is not a hash")
	}
	c := Checkpoint{Origin: lines[0], Size: size}
	copy(c.Root[:], root)
	if c.text() != text {
		return Checkpoint{}, errors.New("the checkpoint is not spelled as it should be")
	}
	return c, nil
}

// openCheckpoint checks the signature of a signed note and returns the checkpoint in it. The key's name must be the origin.
func openCheckpoint(msg []byte, keys note.Verifiers) (Checkpoint, error) {
	n, err := note.Open(msg, keys)
	if err != nil {
		var un *note.UnverifiedNoteError
		if errors.As(err, &un) {
			who := "another key"
			if len(un.Note.UnverifiedSigs) > 0 {
				s := un.Note.UnverifiedSigs[0]
				who = fmt.Sprintf("%s+%08x", s.Name, s.Hash)
			}
			return Checkpoint{}, fmt.Errorf("the checkpoint is signed by %s, not by a key that you gave", who)
		}
		var inv *note.InvalidSignatureError
		if errors.As(err, &inv) {
			return Checkpoint{}, errors.New("the checkpoint's signature does not fit its text")
		}
		return Checkpoint{}, errors.New("the checkpoint is not a signed note")
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	if !strict(n.Sigs) {
		return Checkpoint{}, errors.New("the checkpoint's signature is not spelled as it should be")
	}
	for _, s := range n.Sigs {
		if s.Name != c.Origin {
			continue
		}
		if ring, ok := keys.(*keyring); ok && !ring.may(n.Sigs, c.Size) {
			return Checkpoint{}, fmt.Errorf("the checkpoint over %d records is signed by %s+%08x, which was changed for another key", c.Size, s.Name, s.Hash)
		}
		return c, nil
	}
	return Checkpoint{}, fmt.Errorf("the checkpoint of %s is not signed by a key of that name", c.Origin)
}

// splitNotes cuts a file of checkpoints into notes. rest is what follows the last whole one.
func splitNotes(b []byte) (notes [][]byte, rest []byte) {
	for len(b) > 0 {
		head := bytes.Index(b, []byte("\n\n"))
		if head < 0 {
			return notes, b
		}
		end := bytes.Index(b[head+2:], []byte("\n\n"))
		if end < 0 {
			return notes, b
		}
		end += head + 2
		notes = append(notes, b[:end+1])
		b = b[end+2:]
	}
	return notes, nil
}

// historyFiles returns the days of checkpoints/ in order.
func historyFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(dir, "checkpoints"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []string
	for _, e := range entries {
		if _, err := time.Parse(time.DateOnly, e.Name()); err != nil {
			return nil, fmt.Errorf("%s is not a file of checkpoints: its name must be a day", filepath.Join(dir, "checkpoints", e.Name()))
		}
		list = append(list, filepath.Join(dir, "checkpoints", e.Name()))
	}
	sort.Strings(list)
	return list, nil
}

// maxHistory bounds one day's file of checkpoints: one each second is 17 MB a day.
const maxHistory = 256 << 20

// lastCheckpoint returns the newest checkpoint of the folder, its note, and the file and length to which the history must be cut when its last note was torn.
func lastCheckpoint(dir string, keys note.Verifiers) (c Checkpoint, msg []byte, tornFile string, tornAt int64, err error) {
	files, err := historyFiles(dir)
	if err != nil {
		return c, nil, "", 0, err
	}
	found := false
	for i := len(files) - 1; i >= 0 && !found; i-- {
		b, err := readSmall(files[i], maxHistory)
		if err != nil {
			return c, nil, "", 0, err
		}
		notes, rest := splitNotes(b)
		if len(rest) > 0 {
			if i != len(files)-1 {
				return c, nil, "", 0, fmt.Errorf("%s ends in the middle of a checkpoint, though later ones follow", files[i])
			}
			tornFile, tornAt = files[i], int64(len(b)-len(rest))
		}
		if len(notes) > 0 {
			msg = notes[len(notes)-1]
			if c, err = openCheckpoint(msg, keys); err != nil {
				return c, nil, "", 0, fmt.Errorf("%s: the last checkpoint: %w", files[i], err)
			}
			found = true
		}
	}
	b, err := readSmall(filepath.Join(dir, "checkpoint"), 64<<10)
	if errors.Is(err, fs.ErrNotExist) {
		return c, msg, tornFile, tornAt, nil
	}
	if err != nil {
		return c, nil, "", 0, err
	}
	if len(b) == 0 && found {
		return c, msg, tornFile, tornAt, nil // the rename outran its bytes in a power failure; the history has it
	}
	newest, err := openCheckpoint(b, keys)
	if err != nil {
		return c, nil, "", 0, fmt.Errorf("%s: %w", filepath.Join(dir, "checkpoint"), err)
	}
	if newest.Size > c.Size {
		c, msg = newest, b
	}
	return c, msg, tornFile, tornAt, nil
}

// historyDay returns the day under whose name a checkpoint of today goes: that of the newest file when the clock has gone back, so that the files stay in the order of what they cover, and the day after that when the file is full.
func historyDay(dir, today string) (string, error) {
	files, err := historyFiles(dir)
	if err != nil || len(files) == 0 {
		return today, err
	}
	newest := files[len(files)-1]
	day := filepath.Base(newest)
	if day <= today {
		return today, nil
	}
	info, err := os.Stat(newest)
	if err != nil || info.Size() < maxHistory/2 {
		return day, err
	}
	t, err := time.Parse(time.DateOnly, day)
	return t.AddDate(0, 0, 1).Format(time.DateOnly), err
}

// appendHistory adds a note to the day's checkpoints, durably.
func appendHistory(dir string, day string, msg []byte) error {
	day, err := historyDay(dir, day)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "checkpoints", day)
	_, missing := os.Lstat(path)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o640)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	at := info.Size()
	if _, err := f.WriteAt(append(append([]byte(nil), msg...), '\n'), at); err != nil {
		f.Truncate(at) // half a checkpoint would look like a torn one
		return err
	}
	if err := (osFile{f}).Datasync(); err != nil {
		return err
	}
	if missing != nil {
		return syncDir(filepath.Dir(path))
	}
	return nil
}

// origin returns the log's name for a node.
func origin(node string) string {
	return "cordon/" + strings.Map(func(r rune) rune {
		if r == '+' || r <= ' ' || r == 0x7f || r > 0x7e {
			return '-'
		}
		return r
	}, node)
}

// GenerateKey makes a signing key for a node. Both keys are one line of text; signer must stay secret.
func GenerateKey(node string) (signer, verifier string, err error) {
	if node == "" {
		return "", "", errors.New("a key needs the name of its node")
	}
	return note.GenerateKey(rand.Reader, origin(node))
}

// WriteKey makes a signing key in file, mode 0600, and its verifier key in file.pub. Neither may exist.
func WriteKey(file, node string) (verifier string, err error) {
	signer, verifier, err := GenerateKey(node)
	if err != nil {
		return "", err
	}
	if err := writeNew(file, []byte(signer+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("write the signing key: %w", err)
	}
	if err := writeNew(file+".pub", []byte(verifier+"\n"), 0o644); err != nil {
		return "", fmt.Errorf("write the verifier key: %w", err)
	}
	return verifier, nil
}

// ReadVerifier reads a verifier key: a file made by WriteKey, or a line of text of the same form.
func ReadVerifier(file string) (string, error) {
	b, err := readSmall(file, 4096)
	if err != nil {
		return "", err
	}
	key := strings.TrimSpace(string(b))
	if strings.HasPrefix(key, "PRIVATE+KEY+") {
		return "", fmt.Errorf("%s is a signing key; verifying needs the public one, %s.pub, and the signing key should not leave the proxy's machine", file, file)
	}
	if _, err := note.NewVerifier(key); err != nil {
		return "", fmt.Errorf("%s is not a verifier key: %w", file, err)
	}
	return key, nil
}

// readSigner reads a signing key, which nobody else may be able to read.
func readSigner(file string) (note.Signer, note.Verifier, error) {
	if err := private(file); err != nil {
		return nil, nil, err
	}
	b, err := readSmall(file, 4096)
	if err != nil {
		return nil, nil, err
	}
	text := strings.TrimSpace(string(b))
	s, err := note.NewSigner(text)
	if err != nil {
		return nil, nil, fmt.Errorf("the audit key %s is not a signing key: %w", file, err)
	}
	key, err := verifierOf(text)
	if err != nil {
		return nil, nil, fmt.Errorf("the audit key %s is not an Ed25519 signing key: %w", file, err)
	}
	v, err := note.NewVerifier(key)
	if err != nil {
		return nil, nil, err
	}
	return s, v, nil
}

// private refuses a key that others can read.
func private(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("the audit key %s can be read by others (mode %04o): whoever reads it can forge the log. Run chmod 600 %s, and consider making a new key", file, mode, file)
	}
	return nil
}

// verifierOf returns the verifier key that belongs to a signing key.
func verifierOf(signer string) (string, error) {
	parts := strings.SplitN(signer, "+", 5)
	if len(parts) != 5 {
		return "", errors.New("it does not have five parts")
	}
	seed, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return "", errors.New("it does not hold an Ed25519 seed")
	}
	public, ok := ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey)
	if !ok {
		return "", errors.New("it does not hold an Ed25519 seed")
	}
	return note.NewEd25519VerifierKey(parts[2], public)
}
