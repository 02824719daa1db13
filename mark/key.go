package mark

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Key is the secret that marks are made and found with.
type Key [32]byte

// ReadKey reads a key file: 64 digits in hex. A file that others may read is refused: whoever has the key can take marks out so that nobody sees it, and put those of another's export in.
func ReadKey(file string) (k Key, err error) {
	info, err := os.Stat(file)
	if err != nil {
		return k, fmt.Errorf("read the key of watermarks: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return k, fmt.Errorf("the key of watermarks %s can be read by others (%v); chmod 600 it, and if anybody may have read it, make a new one", file, mode)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return k, fmt.Errorf("read the key of watermarks: %w", err)
	}
	if n, err := hex.Decode(k[:], []byte(strings.TrimSpace(string(data[:min(len(data), 1000)])))); err != nil || n != len(k) {
		return k, fmt.Errorf("the key of watermarks %s is not 64 digits in hex", file)
	}
	return k, nil
}

// OpenKey reads a key file, and makes it with a new key when it is not there.
func OpenKey(file string) (Key, error) {
	if k, err := ReadKey(file); !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	var k Key
	rand.Read(k[:])
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return k, fmt.Errorf("make the key of watermarks: %w", err)
	}
	if _, err = f.WriteString(hex.EncodeToString(k[:]) + "\n"); err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(file)
		return k, fmt.Errorf("make the key of watermarks: %w", err)
	}
	return k, nil
}
