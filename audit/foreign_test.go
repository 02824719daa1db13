package audit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// foreign checks a record against a c2sp.org/tlog-proof@v1 and a verifier key. It shares nothing with this package or with the modules that it uses: it is written from the specifications alone (C2SP tlog-proof, tlog-checkpoint
// and signed-note; RFC 9162, section 2.1.3.2, whose inclusion proofs are those of RFC 6962), as somebody would who trusts neither.
func foreign(proof, record []byte, key string) error {
	name, rest, _ := strings.Cut(key, "+")
	hash, encoded, _ := strings.Cut(rest, "+")
	public, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(public) != 1+ed25519.PublicKeySize || public[0] != 1 {
		return errors.New("not an Ed25519 verifier key")
	}
	id := sha256.Sum256([]byte(name + "\n" + string(public)))
	if hex.EncodeToString(id[:4]) != hash {
		return errors.New("the key's hash is another")
	}

	head, signed, ok := strings.Cut(string(proof), "\n\n")
	if !ok {
		return errors.New("no checkpoint")
	}
	lines := strings.Split(head, "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("not a tlog-proof")
	}
	lines = lines[1:]
	if strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	index, err := strconv.ParseUint(strings.TrimPrefix(lines[0], "index "), 10, 64)
	if err != nil {
		return err
	}
	var path [][]byte
	for _, l := range lines[1:] {
		h, err := base64.StdEncoding.DecodeString(l)
		if err != nil || len(h) != sha256.Size {
			return errors.New("not a hash")
		}
		path = append(path, h)
	}

	text, signatures, ok := strings.Cut(signed, "\n\n")
	if text += "\n"; !ok {
		return errors.New("no signature")
	}
	good := false
	for _, l := range strings.Split(strings.TrimSuffix(signatures, "\n"), "\n") {
		who, encoded, _ := strings.Cut(strings.TrimPrefix(l, "— "), " ")
		sig, err := base64.StdEncoding.DecodeString(encoded)
		if err == nil && who == name && len(sig) == 4+ed25519.SignatureSize && bytes.Equal(sig[:4], id[:4]) {
			good = good || ed25519.Verify(public[1:], []byte(text), sig[4:])
		}
	}
	if !good {
		return errors.New("the checkpoint is not signed by the key")
	}
	checkpoint := strings.Split(text, "\n")
	if len(checkpoint) < 4 || checkpoint[0] != name {
		return errors.New("the checkpoint is of another log")
	}
	size, err := strconv.ParseUint(checkpoint[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := base64.StdEncoding.DecodeString(checkpoint[2])
	if err != nil {
		return err
	}

	if index >= size {
		return errors.New("the index is beyond the tree")
	}
	node := func(l, r []byte) []byte {
		h := sha256.Sum256(append(append([]byte{1}, l...), r...))
		return h[:]
	}
	leaf := sha256.Sum256(append([]byte{0}, record...))
	r, fn, sn := leaf[:], index, size-1
	for _, p := range path {
		if sn == 0 {
			return errors.New("the path is too long")
		}
		if fn&1 == 1 || fn == sn {
			r = node(p, r)
			for fn&1 == 0 && fn != 0 {
				fn, sn = fn>>1, sn>>1
			}
		} else {
			r = node(r, p)
		}
		fn, sn = fn>>1, sn>>1
	}
	if sn != 0 || !bytes.Equal(r, root) {
		return errors.New("the path does not lead to the root")
	}
	return nil
}

// Proofs that this package makes convince a checker that was written without it, of every record in logs of many sizes; and changed ones convince neither.
func TestProofsConvinceOthers(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 127, 128, 300} {
		o := testOptions(t)
		key := fill(t, o, n)
		list := records(t, o.Dir)
		for i, r := range list {
			if i > 10 && i < len(list)-10 && i%17 > 0 {
				continue
			}
			proof, err := Prove(o.Dir, r.Seq, []byte("for the court"))
			if err != nil {
				t.Fatal(err)
			}
			if err := foreign(proof, r.Raw, key); err != nil {
				t.Fatalf("record %d of %d: %v\n%s", i, len(list), err, proof)
			}
			for what, changed := range map[string][]byte{
				"another record": list[(i+1)%len(list)].Raw,
				"one byte":       bytes.Replace(r.Raw, []byte(`"seq":`), []byte(`"sEq":`), 1),
			} {
				if foreign(proof, changed, key) == nil {
					t.Errorf("record %d of %d: the foreign checker takes %s", i, len(list), what)
				}
				if _, _, err := CheckProof(proof, changed, []string{key}); err == nil {
					t.Errorf("record %d of %d: CheckProof takes %s", i, len(list), what)
				}
			}
			moved := bytes.Replace(proof, fmt.Appendf(nil, "\nindex %d\n", i), fmt.Appendf(nil, "\nindex %d\n", i^1), 1)
			if foreign(moved, r.Raw, key) == nil {
				t.Errorf("record %d of %d: another index is taken", i, len(list))
			}
		}
	}
	// The one that the vectors keep.
	dir := filepath.Join("..", "testdata", "audit", "vectors")
	var files [3][]byte
	for i, name := range []string{"3.tlog-proof", "3.json", "audit.key.pub"} {
		var err error
		if files[i], err = os.ReadFile(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := foreign(files[0], files[1], strings.TrimSpace(string(files[2]))); err != nil {
		t.Error(err)
	}
}
