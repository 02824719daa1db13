package audit

import (
	"encoding/base64"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// hashReader gives tlog the hashes of a log's tiles. Between the levels of tiles it computes.
type hashReader struct{ dir string }

// ReadHashes implements tlog.HashReader.
func (r hashReader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		level, n := tlog.SplitStoredHashIndex(x)
		width := 1 << (level % 8)
		h, err := readHashes(r.dir, level/8, uint64(n)*uint64(width), width)
		if err != nil {
			return nil, err
		}
		list[i] = new(nodes).perfect(h)
	}
	return list, nil
}

const proofHeader = "c2sp.org/tlog-proof@v1\n"

// Prove returns a C2SP tlog-proof that a record is in the log: the hashes that lead from it to the newest checkpoint, and that checkpoint. Together with the record as stored and the verifier key it
// convinces without the log. extra goes into the proof unauthenticated, and may be nil.
func Prove(dir string, seq uint64, extra []byte) ([]byte, error) {
	msg, err := readSmall(filepath.Join(dir, "checkpoint"), 64<<10)
	if err != nil {
		return nil, fmt.Errorf("audit: read the checkpoint: %w", err)
	}
	text, _, ok := strings.Cut(string(msg), "\n\n")
	if !ok {
		return nil, errors.New("audit: the checkpoint is not a signed note")
	}
	c, err := parseCheckpoint(text + "\n")
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	if seq >= c.Size {
		return nil, fmt.Errorf("audit: record %d is not sealed: the newest checkpoint covers %d records", seq, c.Size)
	}
	p, err := tlog.ProveRecord(int64(c.Size), int64(seq), hashReader{dir})
	if err != nil {
		return nil, fmt.Errorf("audit: prove record %d: %w", seq, err)
	}
	var b strings.Builder
	b.WriteString(proofHeader)
	if len(extra) > 0 {
		b.WriteString("extra " + base64.StdEncoding.EncodeToString(extra) + "\n")
	}
	b.WriteString("index " + strconv.FormatUint(seq, 10) + "\n")
	for _, h := range p {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	b.WriteString("\n")
	b.Write(msg)
	return []byte(b.String()), nil
}

// CheckProof holds a record, as stored, against a tlog-proof and verifier keys. It returns the record's number and the checkpoint; nothing else is needed or read.
func CheckProof(proof, record []byte, keys []string) (uint64, Checkpoint, error) {
	fail := func(why string) (uint64, Checkpoint, error) { return 0, Checkpoint{}, errors.New("audit: " + why) }
	var list []note.Verifier
	for _, k := range keys {
		v, err := note.NewVerifier(k)
		if err != nil {
			return fail("the verifier key is damaged")
		}
		list = append(list, v)
	}
	if len(proof) > 64<<10 {
		return fail("the proof is longer than 64 kB")
	}
	rest, ok := strings.CutPrefix(string(proof), proofHeader)
	if !ok {
		return fail("the file is not a c2sp.org/tlog-proof@v1")
	}
	if extra, ok := strings.CutPrefix(rest, "extra "); ok {
		line, after, ok := strings.Cut(extra, "\n")
		if _, err := base64.StdEncoding.Strict().DecodeString(line); err != nil || !ok {
			return fail("the proof's extra line is damaged")
		}
		rest = after
	}
	rest, ok = strings.CutPrefix(rest, "index ")
	if !ok {
		return fail("the proof has no index")
	}
	seq, rest, ok := cutUint(rest)
	if !ok || !strings.HasPrefix(rest, "\n") {
		return fail("the proof's index is not a number")
	}
	lines, msg, ok := strings.Cut(rest, "\n\n")
	if !ok {
		return fail("the proof has no checkpoint")
	}
	var p tlog.RecordProof
	for _, line := range strings.Split(lines, "\n")[1:] {
		b, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(b) != tlog.HashSize || len(p) == 64 {
			return fail("a line of the proof is not a hash")
		}
		p = append(p, tlog.Hash(b))
	}
	c, err := openCheckpoint([]byte(msg), note.VerifierList(list...))
	if err != nil {
		return 0, Checkpoint{}, fmt.Errorf("audit: %w", err)
	}
	if seq >= c.Size {
		return fail("the proof's index is beyond its checkpoint")
	}
	if err := tlog.CheckRecord(p, int64(c.Size), c.Root, int64(seq), tlog.RecordHash(record)); err != nil {
		return fail(fmt.Sprintf("the record is not number %d of the log: the proof does not lead from it to the signed root", seq))
	}
	return seq, c, nil
}
