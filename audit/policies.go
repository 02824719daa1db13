package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Records name the policy in force by the SHA-256 of its text. The text itself lies beside the log, in a file of that name: the record proves the name, and the name proves the text.

// maxPolicy bounds the text of a policy that is kept.
const maxPolicy = 16 << 20

// policyPath is where the text of a policy is kept.
func policyPath(dir, digest string) string { return filepath.Join(dir, "policies", digest+".yaml") }

// KeepPolicy keeps the text of a policy beside the log, durably, so that evidence can show what was in force.
func (l *Log) KeepPolicy(text []byte) error {
	if len(text) > maxPolicy {
		return fmt.Errorf("audit: a policy of %d bytes is not kept", len(text))
	}
	sum := sha256.Sum256(text)
	path := policyPath(l.opts.Dir, hex.EncodeToString(sum[:]))
	if old, err := os.ReadFile(path); err == nil && sha256.Sum256(old) == sum {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("audit: keep the policy: %w", err)
	}
	if err := writeReplace(path, text, 0o640); err != nil {
		return fmt.Errorf("audit: keep the policy: %w", err)
	}
	if err := errors.Join(syncFile(path), syncDir(filepath.Dir(path))); err != nil {
		return fmt.Errorf("audit: keep the policy: %w", err)
	}
	return nil
}

// Policy returns the text of the policy with a digest in hex, as kept beside a log; nil when it was not kept. A text that is not the one of the digest is an error.
func Policy(dir, digest string) ([]byte, error) {
	if b, err := hex.DecodeString(digest); err != nil || len(b) != sha256.Size {
		return nil, fmt.Errorf("audit: %q is not the digest of a policy", digest)
	}
	text, err := readSmall(policyPath(dir, digest), maxPolicy)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != digest {
		return nil, fmt.Errorf("audit: %s is not the policy of its name", policyPath(dir, digest))
	}
	return text, nil
}
