package audit

import (
	"errors"
	"fmt"
	"path/filepath"
)

// Segments reads single records of a log, by where an index says that they are. It is for one goroutine.
type Segments struct {
	r     Reader
	dir   string
	files map[string]*scanner
	open  []segmentFile
}

// OpenSegments opens a log for reading single records.
func OpenSegments(dir string) *Segments {
	return &Segments{r: *newReader(dir), dir: dir, files: map[string]*scanner{}}
}

// Close ends it.
func (s *Segments) Close() error {
	var errs []error
	for _, f := range s.open {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// maxSegmentFiles bounds the segments that are open at a time.
const maxSegmentFiles = 200

// Record reads the record that begins at a place of a segment.
func (s *Segments) Record(first uint64, offset int64) (*Record, error) {
	name := segmentName(first)
	sc := s.files[name]
	path := filepath.Join(s.dir, "segments", name)
	if sc == nil {
		if len(s.open) >= maxSegmentFiles {
			if err := s.Close(); err != nil {
				return nil, err
			}
			clear(s.files)
			s.open = nil
		}
		f, size, err := openSegment(path)
		if err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		sc = newScanner(f, size)
		sc.chunk = 16 << 10
		s.files[name], s.open = sc, append(s.open, f)
	}
	sc.pos, sc.start, sc.buf = offset, offset, sc.buf[:0]
	leaf, blob, at, state, err := sc.next()
	if err != nil || state != frameOK {
		return nil, fmt.Errorf("audit: %s at byte %d: there is no record: %w", path, offset, errors.Join(err, errNoRecord))
	}
	return s.r.decode(leaf, blob, at, segmentInfo{path: path, first: first}, sc)
}

var errNoRecord = errors.New("the index is of another log, or of one that was changed; make it anew")

// Texts decrypts the texts of a record.
func (s *Segments) Texts(rec *Record) (Texts, error) { return s.r.Texts(rec) }

// Fits tells whether a statement or event fits the filter, but for its Text.
func (f *Filter) Fits(rec, outcome *Record) bool {
	return (f.Since.IsZero() || !rec.Time.Before(f.Since)) && (f.Until.IsZero() || rec.Time.Before(f.Until)) && f.early(rec) && f.late(rec, outcome)
}
