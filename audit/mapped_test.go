package audit

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// What is written through memory is in the file for everybody, and a file that has been cut under the log is an error and not the end of the process.
func TestMappedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "segment")
	f, err := osDisk{}.create(path, 64<<10, false)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, ok := f.(*mappedFile); !ok {
		t.Skip("this file system maps no files")
	}
	record := bytes.Repeat([]byte("record "), 1000)
	if n, err := f.WriteAt(record, 5000); n != len(record) || err != nil {
		t.Fatalf("WriteAt: %d, %v", n, err)
	}
	got := make([]byte, len(record))
	if _, err := f.ReadAt(got, 5000); err != nil || !bytes.Equal(got, record) {
		t.Fatalf("ReadAt gives %q, %v", got, err)
	}
	if n, err := f.WriteAt(record, 64<<10-100); n != len(record) || err != nil {
		t.Fatalf("WriteAt over the end: %d, %v", n, err)
	}
	if err := os.Truncate(path, 4096); err != nil {
		t.Fatal(err)
	}
	if n, err := f.WriteAt(record, 32<<10); n != 0 || !errors.Is(err, syscall.EIO) {
		t.Errorf("WriteAt to a file that was cut: %d, %v", n, err)
	}
}
