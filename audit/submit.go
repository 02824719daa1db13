package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// WitnessTarget is a witness that checkpoints are sent to.
type WitnessTarget struct {
	URL string // of which add-checkpoint is below
	Key string // its verifier key
}

// submitter sends the newest checkpoint to one witness, again and again. It holds nothing up: a witness that does not answer is behind, and the log's state says so.
type submitter struct {
	log    *Log
	target WitnessTarget
	key    *cosigner
	client *http.Client
	err    atomic.Pointer[error] // why the last try failed, nil when it did not
	size   uint64                // of the checkpoint that the witness has signed last, as far as is known
}

// submitEvery is how often checkpoints go to a witness under load.
const submitEvery = 5 * time.Second

// cosignedPath is where the newest checkpoint that a witness has signed is kept.
func cosignedPath(dir string, hash uint32) string {
	return filepath.Join(dir, "witnesses", fmt.Sprintf("%08x", hash))
}

func (l *Log) newSubmitter(t WitnessTarget) (*submitter, error) {
	key, err := newCosignatureVerifier(t.Key)
	if err != nil {
		return nil, fmt.Errorf("the key of the witness %s: %w", t.URL, err)
	}
	if !strings.HasPrefix(t.URL, "https://") && !strings.HasPrefix(t.URL, "http://") {
		return nil, fmt.Errorf("the witness %q is no http or https address", t.URL)
	}
	s := &submitter{log: l, target: t, key: key, client: &http.Client{Timeout: 10 * time.Second}}
	if b, err := readSmall(cosignedPath(l.opts.Dir, key.hash), maxSubmission); err == nil {
		if text, _, ok := strings.Cut(string(b), "\n\n"); ok {
			if c, err := parseCheckpoint(text + "\n"); err == nil {
				s.size = c.Size
			}
		}
	}
	return s, nil
}

// run sends until stop.
func (s *submitter) run() {
	defer s.log.wg.Done()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-s.log.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	tick := time.NewTicker(min(s.log.opts.Checkpoint, submitEvery))
	defer tick.Stop()
	wait := 0 * time.Second
	for last := (time.Time{}); ; {
		select {
		case <-s.log.stop:
			return
		case <-tick.C:
		}
		if time.Since(last) < wait || s.log.sealed.Load() == s.size {
			continue
		}
		last = time.Now()
		if err := s.submit(ctx); err != nil {
			wait = min(max(2*wait, time.Second), time.Minute)
			s.err.Store(&err)
			continue
		}
		wait = 0
		s.err.Store(nil)
	}
}

// submit sends the newest checkpoint.
func (s *submitter) submit(ctx context.Context) error {
	dir := s.log.opts.Dir
	msg, err := readSmall(filepath.Join(dir, "checkpoint"), maxSubmission)
	if err != nil {
		return err
	}
	text, _, _ := strings.Cut(string(msg), "\n\n")
	c, err := parseCheckpoint(text + "\n")
	if err != nil {
		return err
	}
	for try := 0; ; try++ {
		status, answer, err := s.post(ctx, c, msg)
		if err != nil {
			return fmt.Errorf("witness %s: %w", s.key.name, err)
		}
		switch {
		case status == http.StatusOK:
			return s.keep(c, msg, answer)
		case status == http.StatusConflict && try == 0:
			size, err := strconv.ParseUint(strings.TrimSpace(string(answer)), 10, 63)
			if err != nil {
				return fmt.Errorf("witness %s: its answer has no size", s.key.name)
			}
			if size > c.Size {
				return fmt.Errorf("witness %s has signed %d records of this log, which has %d: this one was cut, or is another", s.key.name, size, c.Size)
			}
			s.size = size
		default:
			return fmt.Errorf("witness %s: %d: %s", s.key.name, status, oneLine(answer))
		}
	}
}

func oneLine(b []byte) string {
	return strings.ReplaceAll(strings.TrimSpace(cut(string(b), 300)), "\n", " ")
}

// post sends a checkpoint with the proof that it follows from what the witness has.
func (s *submitter) post(ctx context.Context, c Checkpoint, msg []byte) (int, []byte, error) {
	body := fmt.Appendf(nil, "old %d\n", s.size)
	if s.size > 0 && s.size < c.Size {
		p, err := tlog.ProveTree(int64(c.Size), int64(s.size), hashReader{s.log.opts.Dir})
		if err != nil {
			return 0, nil, err
		}
		for _, h := range p {
			body = append(base64.StdEncoding.AppendEncode(body, h[:]), '\n')
		}
	}
	body = append(append(body, '\n'), msg...)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(s.target.URL, "/")+"/add-checkpoint", bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxSubmission))
	return resp.StatusCode, answer, err
}

// keep puts the cosignature behind the log's, beside the log.
func (s *submitter) keep(c Checkpoint, msg, lines []byte) error {
	whole := append(bytes.Clone(msg), lines...)
	if _, ok := cosignedAt(whole, s.key); !ok {
		return fmt.Errorf("witness %s: its answer is no cosignature of the checkpoint", s.key.name)
	}
	path := cosignedPath(s.log.opts.Dir, s.key.hash)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	if err := writeReplace(path, whole, 0o640); err != nil {
		return err
	}
	s.size = c.Size
	return nil
}

// witnessed is one checkpoint that a witness has signed.
type witnessed struct {
	checkpoint Checkpoint
	name       string
	at         time.Time
}

// readWitnessed reads the newest checkpoints that these witnesses have signed.
func readWitnessed(dir string, keys note.Verifiers, witnesses []string) (list []witnessed, err error) {
	had := map[[32]byte]bool{}
	for _, text := range witnesses {
		w, err := newCosignatureVerifier(text)
		if err != nil {
			return nil, fmt.Errorf("the key %q of a witness: %w", text, err)
		}
		if id := sha256.Sum256(w.public); had[id] {
			continue // one key is one witness, under whatever names
		} else {
			had[id] = true
		}
		b, err := readSmall(cosignedPath(dir, w.hash), maxSubmission)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		c, err := openCheckpoint(b, keys)
		if err != nil {
			continue // as if it were not there: too few is what is said
		}
		if at, ok := cosignedAt(b, w); ok {
			list = append(list, witnessed{c, w.name, at})
		}
	}
	return list, nil
}
