package audit

import (
	"bytes"
	"errors"
	"math/rand/v2"
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

// Whatever lengths the records have, and wherever a log that is opened again goes on, the file holds the records and behind them zeros, up to its length.
func TestMappedFileHoldsWhatWasWritten(t *testing.T) {
	const size = 1 << 20
	for _, zero := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "segment")
		f, err := osDisk{}.create(path, size, zero)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		want := make([]byte, size)
		at := 0
		for _, n := range []int{512, 700, 800, 3 * ahead, 20, ahead, ahead + 1, 900, ahead - 1, 13} {
			for range 3 {
				if at+n > size {
					break
				}
				for i := range n {
					want[at+i] = byte(1 + rng.IntN(255))
				}
				if _, err := f.WriteAt(want[at:at+n], int64(at)); err != nil {
					t.Fatal(err)
				}
				at += n
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if f, err = (osDisk{}).open(path, size); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("zero %v: after records of %d bytes, at %d, the file is another; %v", zero, n, at, err)
			}
		}
		f.Close()
		if at < size/2 {
			t.Errorf("only %d bytes were written", at)
		}
	}
}

// A file that was cut behind what has been brought into memory is not made longer again.
func TestMappedFileWasCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "segment")
	f, err := osDisk{}.create(path, 1<<20, false)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, ok := f.(*mappedFile); !ok {
		t.Skip("this file system maps no files")
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if n, err := f.WriteAt(make([]byte, 100), 0); n != 0 || !errors.Is(err, syscall.EIO) {
		t.Errorf("WriteAt to a file that was cut: %d, %v", n, err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != 0 {
		t.Errorf("the file has %d bytes again, %v", info.Size(), err)
	}
}
