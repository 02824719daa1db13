package audit

import (
	"io/fs"
	"os"
	"runtime/debug"
	"syscall"
)

// mappedFile is a segment that is written through memory. A record costs no system call, and when WriteAt returns it is where pwrite would have put it: in the kernel's cache of the file, where the death of this
// process cannot touch it, and from where Datasync brings it to the device.
type mappedFile struct {
	osFile
	memory []byte
	made   int64 // up to here the file's pages are in the kernel's cache
}

// ahead is how much of the file is brought into the kernel's cache at a time, with one call that writes zeros behind the last record, where only zeros are. The first store to a page that is only allocated costs a fault in which the file
// system looks for its block: ten times what a store to one that is there costs, and three times its part of the call.
const ahead = 128 << 10

var zeros [ahead]byte

// mapped maps a file that is allocated up to size, and of which the first made bytes have been written. Where the file system cannot, it is written with pwrite.
func mapped(f *os.File, size, made int64) file {
	memory, err := syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return osFile{f}
	}
	return &mappedFile{osFile{f}, memory, made}
}

// WriteAt writes p whole or not at all. The head of the first frame comes last, so that who reads the file meanwhile finds the end of the log there and not half a record.
func (f *mappedFile) WriteAt(p []byte, at int64) (n int, err error) {
	if at < 0 || at+int64(len(p)) > int64(len(f.memory)) || len(p) < frameHeader {
		return f.osFile.WriteAt(p, at)
	}
	if end := at + int64(len(p)); end > f.made {
		if err := f.makePages(max(at, f.made), end); err != nil {
			return 0, err
		}
	}
	// The kernel tells of a disk that takes no more, or of a file that somebody has cut, by a fault.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			n, err = 0, &fs.PathError{Op: "write", Path: f.Name(), Err: syscall.EIO}
		}
	}()
	to := f.memory[at : at+int64(len(p))]
	copy(to[frameHeader:], p[frameHeader:])
	copy(to[:frameHeader], p)
	return len(p), nil
}

// makePages writes zeros where the next records will stand, at least up to end.
func (f *mappedFile) makePages(from, end int64) error {
	end = min(max(end, from+ahead), int64(len(f.memory)))
	if end-from > ahead {
		return nil // of a long record, which does without
	}
	var st syscall.Stat_t
	if err := syscall.Fstat(int(f.Fd()), &st); err != nil || st.Size < int64(len(f.memory)) {
		return &fs.PathError{Op: "write", Path: f.Name(), Err: syscall.EIO} // somebody has cut it: these zeros would hide that
	}
	if _, err := f.osFile.WriteAt(zeros[:end-from], from); err != nil {
		return err
	}
	f.made = end
	return nil
}

// Close unmaps and closes the file.
func (f *mappedFile) Close() error {
	err := syscall.Munmap(f.memory)
	f.memory = nil
	if e := f.osFile.Close(); e != nil {
		err = e
	}
	return err
}

// Datasync lets go of the pages that the records stand in before it forces them to the device. The kernel makes each page that it writes read-only where it is mapped, and interrupts every processor for it; of pages that nobody has mapped it
// need not. What has been stored stays in its cache of the file.
func (f *mappedFile) Datasync() error {
	if len(f.memory) > 0 {
		if err := syscall.Madvise(f.memory, syscall.MADV_DONTNEED); err != nil {
			return &fs.PathError{Op: "madvise", Path: f.Name(), Err: err}
		}
	}
	return f.osFile.Datasync()
}
