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
}

// mapped maps a file that is allocated up to size. Where the file system cannot, it is written with pwrite.
func mapped(f *os.File, size int64) file {
	memory, err := syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return osFile{f}
	}
	return &mappedFile{osFile{f}, memory}
}

// WriteAt writes p whole or not at all. The head of the first frame comes last, so that who reads the file meanwhile finds the end of the log there and not half a record.
func (f *mappedFile) WriteAt(p []byte, at int64) (n int, err error) {
	if at < 0 || at+int64(len(p)) > int64(len(f.memory)) || len(p) < frameHeader {
		return f.osFile.WriteAt(p, at)
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

// Close unmaps and closes the file.
func (f *mappedFile) Close() error {
	err := syscall.Munmap(f.memory)
	f.memory = nil
	if e := f.osFile.Close(); e != nil {
		err = e
	}
	return err
}
