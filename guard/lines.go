package guard

import (
	"bytes"
	"io"
	"os"
)

// newLines gives the lines that a file has got since it was read last, and moves read behind them. A line that is still being written is left for the next time.
func newLines(f *os.File, read *int64, take func(line []byte)) error {
	if _, err := f.Seek(*read, io.SeekStart); err != nil {
		return err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxExportsFile+1))
	if err != nil {
		return err
	}
	for {
		line, rest, whole := bytes.Cut(data, []byte("\n"))
		if !whole {
			return nil
		}
		*read += int64(len(line)) + 1
		data = rest
		take(line)
	}
}
