package guard

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// maxLines bounds a file of lines. When it is full nothing is written to it any more.
const maxLines = 64 << 20

// lines is a file that the running Cordon and its commands append lines to, under a lock, and read what the others have written. When it has grown, the running Cordon replaces it by one without what is over: then everybody reads it anew.
//
// It is for one goroutine at a time.
type lines struct {
	path string
	file *os.File // that was read; open, so that no other can have its number
	read int64    // of it
}

// follow gives the lines that have come since the last time. A line that is still being written is left for the next time. Where the file is another one than before, it calls anew first, and gives all.
func (l *lines) follow(anew func(), take func(line []byte)) error {
	now, err := os.Stat(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if l.file != nil {
		was, err := l.file.Stat()
		if err != nil {
			return err
		}
		if !os.SameFile(was, now) || now.Size() < l.read {
			l.file.Close()
			l.file = nil
		}
	}
	if l.file == nil {
		if l.file, err = os.Open(l.path); err != nil {
			return err
		}
		l.read = 0
		anew()
	}
	data, err := io.ReadAll(io.NewSectionReader(l.file, l.read, maxLines+1))
	if err != nil {
		return err
	}
	for {
		line, rest, whole := bytes.Cut(data, []byte("\n"))
		if !whole {
			return nil
		}
		l.read += int64(len(line)) + 1
		data = rest
		take(line)
	}
}

// locked opens the file for a change, and makes it if it is not there.
func (l *lines) locked(do func(f *os.File) error) error {
	for {
		_, statErr := os.Stat(l.path)
		f, err := os.OpenFile(l.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o660)
		if err != nil {
			return err
		}
		again, err := func() (again bool, err error) {
			defer f.Close()
			if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
				return false, fmt.Errorf("lock %s: %w", l.path, err)
			}
			mine, err := f.Stat()
			if err != nil {
				return false, err
			}
			if now, err := os.Stat(l.path); err != nil || !os.SameFile(mine, now) {
				return err == nil || errors.Is(err, fs.ErrNotExist), err // it was replaced while this waited for the lock
			}
			if err := do(f); err != nil {
				return false, err
			}
			if statErr != nil {
				return false, syncDir(filepath.Dir(l.path))
			}
			return false, nil
		}()
		if !again {
			return err
		}
	}
}

// add appends a line; when it returns, that is on the storage device. The file is locked and read to its end.
func (l *lines) add(f *os.File, line []byte) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size()+int64(len(line)) > maxLines {
		return fmt.Errorf("%s is full: move it away", l.path)
	}
	if info.Size() != l.read && info.Size() > 0 {
		line = append([]byte("\n"), line...) // somebody died in the middle of a line
	}
	if _, err := f.Write(append(line, '\n')); err != nil {
		return err
	}
	return f.Sync()
}

// replace puts a file with other contents in the place of the locked one: after a crash it is the old or the new one. It has the owner and the permissions of the old, or it stays as it was.
func (l *lines) replace(f *os.File, data []byte) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("replace %s by what is left of it: %w", l.path, err)
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	next := l.path + ".new"
	to, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, info.Mode().Perm())
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			to.Close()
			os.Remove(next)
		}
	}()
	if was, ok := info.Sys().(*syscall.Stat_t); ok {
		if err := to.Chown(int(was.Uid), int(was.Gid)); err != nil {
			return err
		}
	}
	if err := to.Chmod(info.Mode().Perm()); err != nil { // whatever umask says
		return err
	}
	if err := copyACL(l.path, next); err != nil {
		return err
	}
	if _, err := to.Write(data); err != nil {
		return err
	}
	if err := to.Sync(); err != nil {
		return err
	}
	if err := to.Close(); err != nil {
		return err
	}
	if err := os.Rename(next, l.path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(l.path))
}

// copyACL copies the access control list, if there is one: those who answer may have been let in by it.
func copyACL(from, to string) error {
	const name = "system.posix_acl_access"
	list := make([]byte, 64<<10)
	n, err := syscall.Getxattr(from, name, list)
	if errors.Is(err, syscall.ENODATA) || errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.ENOSYS) {
		return nil
	}
	if err != nil {
		return err
	}
	return syscall.Setxattr(to, name, list[:n], 0)
}

// shrinkAt is the size from which a file of lines is looked at for what is over.
const shrinkAt = 1 << 20

// size is that of the file as it was read last.
func (l *lines) size() int64 { return l.read }
