package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Witness co-signs the checkpoints of logs that it knows, each only when it follows from the one before (C2SP tlog-witness). What it has signed is on the storage device before anybody has the signature: so it never signs two histories,
// also not after it died.
type Witness struct {
	dir  string
	key  *cosigner
	logs map[string]note.Verifiers // by origin
	mu   sync.Mutex                // one checkpoint at a time
}

// NewWitness makes a witness that keeps its state in dir and signs with the key in keyFile, for the logs with these verifier keys.
func NewWitness(dir, keyFile string, logs []string, now func() time.Time) (*Witness, error) {
	if now == nil {
		now = time.Now
	}
	key, err := readCosigner(keyFile, now)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	by := map[string][]note.Verifier{}
	for _, text := range logs {
		v, err := note.NewVerifier(text)
		if err != nil {
			return nil, fmt.Errorf("audit: the verifier key %q: %w", text, err)
		}
		by[v.Name()] = append(by[v.Name()], v)
	}
	w := &Witness{dir: dir, key: key, logs: map[string]note.Verifiers{}}
	for origin, list := range by {
		w.logs[origin] = note.VerifierList(list...)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	return w, nil
}

// maxSubmission bounds what is sent to a witness: 63 hashes and a checkpoint.
const maxSubmission = 64 << 10

// ServeHTTP implements http.Handler: POST add-checkpoint.
func (w *Witness) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, "/add-checkpoint") {
		http.NotFound(rw, r)
		return
	}
	if r.Method != http.MethodPost {
		http.Error(rw, "use POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxSubmission))
	if err != nil {
		http.Error(rw, "the body is too long, or did not come", http.StatusBadRequest)
		return
	}
	status, answer := w.add(body)
	switch status {
	case http.StatusConflict:
		rw.Header().Set("Content-Type", "text/x.tlog.size")
	default:
		rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	}
	rw.WriteHeader(status)
	io.WriteString(rw, answer)
}

// submission is the body of add-checkpoint.
type submission struct {
	old   uint64
	proof tlog.TreeProof
	note  []byte
}

func parseSubmission(body []byte) (s submission, err error) {
	bad := errors.New("the body is not that of add-checkpoint")
	head, rest, ok := bytes.Cut(body, []byte("\n\n"))
	if !ok {
		return s, bad
	}
	lines := strings.Split(string(head), "\n")
	size, ok := strings.CutPrefix(lines[0], "old ")
	if s.old, err = strconv.ParseUint(size, 10, 63); !ok || err != nil || strconv.FormatUint(s.old, 10) != size || len(lines) > 64 {
		return s, bad
	}
	for _, l := range lines[1:] {
		h, err := base64.StdEncoding.Strict().DecodeString(l)
		if err != nil || len(h) != tlog.HashSize {
			return s, bad
		}
		s.proof = append(s.proof, tlog.Hash(h))
	}
	s.note = rest
	return s, nil
}

// add answers one submission.
func (w *Witness) add(body []byte) (status int, answer string) {
	s, err := parseSubmission(body)
	if err != nil {
		return http.StatusBadRequest, err.Error() + "\n"
	}
	origin, _, _ := strings.Cut(string(s.note), "\n")
	keys, ok := w.logs[origin]
	if !ok {
		return http.StatusNotFound, "this witness does not know the log\n"
	}
	c, err := openCheckpoint(s.note, keys)
	if err != nil {
		return http.StatusForbidden, err.Error() + "\n"
	}
	if s.old > c.Size {
		return http.StatusBadRequest, "the old size is above that of the checkpoint\n"
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	seen, err := w.seen(origin)
	if err != nil {
		return http.StatusInternalServerError, "the witness cannot read its state\n"
	}
	if s.old != seen.Size || c.Size == seen.Size && c.Root != seen.Root && seen.Size > 0 {
		return http.StatusConflict, strconv.FormatUint(seen.Size, 10) + "\n"
	}
	if s.old == 0 || s.old == c.Size {
		if len(s.proof) > 0 {
			return http.StatusUnprocessableEntity, "there is nothing to prove\n"
		}
	} else if err := tlog.CheckTree(s.proof, int64(c.Size), c.Root, int64(seen.Size), seen.Root); err != nil {
		return http.StatusUnprocessableEntity, "the checkpoint does not follow from the one that this witness has signed\n"
	}
	if c.Size > seen.Size {
		if err := w.keep(c); err != nil {
			return http.StatusInternalServerError, "the witness cannot write its state\n"
		}
	}
	signed, err := note.Sign(&note.Note{Text: c.text()}, w.key)
	if err != nil {
		return http.StatusInternalServerError, "the witness cannot sign\n"
	}
	_, lines, _ := bytes.Cut(signed, []byte("\n\n"))
	return http.StatusOK, string(lines)
}

func (w *Witness) path(origin string) string {
	sum := sha256.Sum256([]byte(origin))
	return filepath.Join(w.dir, hex.EncodeToString(sum[:]))
}

// seen returns the newest checkpoint of a log that was signed.
func (w *Witness) seen(origin string) (Checkpoint, error) {
	b, err := readSmall(w.path(origin), 64<<10)
	if errors.Is(err, fs.ErrNotExist) {
		return Checkpoint{}, nil
	}
	if err != nil {
		return Checkpoint{}, err
	}
	c, err := parseCheckpoint(string(b))
	if err == nil && c.Origin != origin {
		err = errors.New("the state is one of another log")
	}
	return c, err
}

// keep puts a checkpoint in the place of the one before, durably.
func (w *Witness) keep(c Checkpoint) error {
	path := w.path(c.Origin)
	tmp := path + ".tmp"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(c.text())
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return syncDir(w.dir)
}
