package audit

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// A log's key can be changed. The old key and the new one sign a note of five lines,
//
//	cordon-audit/key-change/1
//	<origin>
//	<number of records that the old key has sealed>
//	<old verifier key>
//	<new verifier key>
//
// which stands in the file key-changes, each followed by an empty line. Whoever trusts one of the two keys so comes to trust the other, each for its part of the log alone: what the old key signs beyond that number is no checkpoint of this
// log. So a key that is stolen after it was changed cannot seal the log anew from there on.

// keyChangesFile holds the notes.
const keyChangesFile = "key-changes"

// kindKeyChange is the first record after the log's key was changed.
const kindKeyChange = "key.change"

const keyChangeHeader = "cordon-audit/key-change/1\n"

// ringKey is a verifier key and the sizes of trees that it may sign.
type ringKey struct {
	text     string
	verifier note.Verifier
	from, to uint64
}

// keyring are the keys of one log. It implements note.Verifiers.
type keyring struct{ keys []ringKey }

// Verifier implements note.Verifiers.
func (k *keyring) Verifier(name string, hash uint32) (note.Verifier, error) {
	for i := range k.keys {
		if v := k.keys[i].verifier; v.Name() == name && v.KeyHash() == hash {
			return v, nil
		}
	}
	return nil, &note.UnknownVerifierError{Name: name, KeyHash: hash}
}

// may reports whether one of the signatures is by a key that may sign a tree of the size.
func (k *keyring) may(sigs []note.Signature, size uint64) bool {
	for _, s := range sigs {
		for i := range k.keys {
			if r := &k.keys[i]; r.verifier.Name() == s.Name && r.verifier.KeyHash() == s.Hash && r.from <= size && size <= r.to {
				return true
			}
		}
	}
	return false
}

func (k *keyring) find(text string) *ringKey {
	for i := range k.keys {
		if k.keys[i].text == text {
			return &k.keys[i]
		}
	}
	return nil
}

// keyChange is one note of key-changes.
type keyChange struct {
	origin   string
	size     uint64
	old, new string
}

func (c keyChange) text() string {
	return keyChangeHeader + c.origin + "\n" + strconv.FormatUint(c.size, 10) + "\n" + c.old + "\n" + c.new + "\n"
}

// openKeyChange checks that a note is signed by both of the keys that it names.
func openKeyChange(msg []byte) (c keyChange, err error) {
	text, _, _ := strings.Cut(string(msg), "\n\n")
	lines := strings.Split(text, "\n")
	if len(lines) != 5 || lines[0]+"\n" != keyChangeHeader {
		return c, errors.New("it is not a change of keys")
	}
	c = keyChange{origin: lines[1], old: lines[3], new: lines[4]}
	if c.size, err = strconv.ParseUint(lines[2], 10, 63); err != nil || c.text() != text+"\n" {
		return c, errors.New("it is not spelled as it should be")
	}
	for _, key := range []string{c.old, c.new} {
		v, err := note.NewVerifier(key)
		if err != nil || v.Name() != c.origin {
			return c, fmt.Errorf("%q is no key of %s", key, c.origin)
		}
		if n, err := note.Open(msg, note.VerifierList(v)); err != nil || !strict(n.Sigs) {
			return c, fmt.Errorf("it is not signed by %s", key)
		}
	}
	return c, nil
}

// strict reports whether signatures are spelled in the one way: the last letter of base64 has bits that nobody looks at, and what can be changed unseen is no proof.
func strict(sigs []note.Signature) bool {
	for _, s := range sigs {
		if _, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil {
			return false
		}
	}
	return true
}

// keyChanges reads the changes of a log's keys, in order.
func keyChanges(dir string) (list []keyChange, err error) {
	b, err := readSmall(filepath.Join(dir, keyChangesFile), 1<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	notes, rest := splitNotes(b)
	if len(rest) > 0 {
		return nil, fmt.Errorf("the file %s ends in the middle of a note", keyChangesFile)
	}
	for i, n := range notes {
		c, err := openKeyChange(n)
		if err == nil && i > 0 && (c.old != list[i-1].new || c.size < list[i-1].size || c.origin != list[i-1].origin) {
			err = errors.New("it does not follow from the one before")
		}
		if err != nil {
			return nil, fmt.Errorf("the file %s: change %d: %w", keyChangesFile, i+1, err)
		}
		list = append(list, c)
	}
	return list, nil
}

// newKeyring returns the keys of the log in dir that are to be trusted by whoever trusts some.
func newKeyring(dir string, trusted []string) (*keyring, error) {
	k := &keyring{}
	add := func(text string) error {
		if k.find(text) != nil {
			return nil
		}
		v, err := note.NewVerifier(text)
		if err != nil {
			return fmt.Errorf("the verifier key %q: %w", text, err)
		}
		k.keys = append(k.keys, ringKey{text: text, verifier: v, to: math.MaxUint64})
		return nil
	}
	for _, t := range trusted {
		if err := add(t); err != nil {
			return nil, err
		}
	}
	changes, err := keyChanges(dir)
	if err != nil || len(changes) == 0 {
		return k, err // the trusted keys count, whatever that file holds
	}
	known := false
	for _, c := range changes {
		known = known || k.find(c.old) != nil || k.find(c.new) != nil
	}
	if !known {
		return k, nil // changes of keys that nobody trusts say nothing
	}
	for _, c := range changes {
		if err := errors.Join(add(c.old), add(c.new)); err != nil {
			return nil, err
		}
		k.find(c.old).to, k.find(c.new).from = c.size, c.size
	}
	return k, nil
}

// RotateKey makes a new signing key for a log that no process writes, and lets the old one sign it. The new key takes the place of the old one in its files; the old one is destroyed. When it was interrupted, calling it again ends it.
// It returns the new verifier key.
func RotateKey(ctx context.Context, dir, keyFile string) (string, error) {
	lock, err := lockDir(dir)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	key, err := rotateKey(dir, keyFile)
	if err != nil {
		return "", fmt.Errorf("audit: change the key of %s: %w", dir, err)
	}
	return key, nil
}

func rotateKey(dir, keyFile string) (string, error) {
	next := keyFile + ".new"
	changes, err := keyChanges(dir)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(next); errors.Is(err, fs.ErrNotExist) {
		s, _, err := readSigner(keyFile)
		if err != nil {
			return "", err
		}
		text, _, err := note.GenerateKey(rand.Reader, s.Name())
		if err != nil {
			return "", err
		}
		if err := writeNew(next, []byte(text+"\n"), 0o600); err != nil {
			return "", err
		}
	}
	newSigner, newVerifier, err := readSigner(next)
	if err != nil {
		return "", err
	}
	newText, err := publicOf(next)
	if err != nil {
		return "", err
	}
	if len(changes) == 0 || changes[len(changes)-1].new != newText {
		old, _, err := readSigner(keyFile)
		if err != nil {
			return "", err
		}
		oldText, err := publicOf(keyFile)
		if err != nil {
			return "", err
		}
		ring, err := newKeyring(dir, []string{oldText})
		if err != nil {
			return "", err
		}
		if ring.find(oldText).to != math.MaxUint64 {
			return "", fmt.Errorf("%s was changed for another key already", keyFile)
		}
		last, msg, _, _, err := lastCheckpoint(dir, ring)
		if err != nil {
			return "", err
		}
		if msg == nil || last.Origin != old.Name() || newVerifier.Name() != old.Name() {
			return "", errors.New("the log has no checkpoint of this key: there is nothing to carry over, so make a new key instead")
		}
		n, err := note.Sign(&note.Note{Text: keyChange{last.Origin, last.Size, oldText, newText}.text()}, old, newSigner)
		if err != nil {
			return "", err
		}
		path := filepath.Join(dir, keyChangesFile)
		before, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		if err := writeReplace(path, append(append(bytes.Clone(before), n...), '\n'), 0o640); err != nil {
			return "", err
		}
		if err := errors.Join(syncFile(path), syncDir(dir)); err != nil {
			return "", err
		}
	}
	// From here on the old key is one that Open refuses, so it can only go on.
	if err := writeReplace(keyFile+".pub", []byte(newText+"\n"), 0o644); err != nil {
		return "", err
	}
	if _, err := os.Stat(keyFile); err == nil {
		if err := destroyKey(keyFile); err != nil {
			return "", err
		}
	}
	if err := os.Rename(next, keyFile); err != nil {
		return "", err
	}
	return newText, syncDir(filepath.Dir(keyFile))
}

// publicOf returns the verifier key of the signing key in a file.
func publicOf(file string) (string, error) {
	b, err := readSmall(file, 4096)
	if err != nil {
		return "", err
	}
	return verifierOf(string(bytes.TrimSpace(b)))
}
