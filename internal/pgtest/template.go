package pgtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// account is whom the server runs as. PostgreSQL refuses to run as root, so root runs it as postgres, or as nobody.
type account struct {
	uid, gid int
	switched bool // the server runs as another user than this process
}

func serverAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 == nil && err2 == nil && uid != 0 {
			return account{uid: uid, gid: gid, switched: true}, nil
		}
	}
	return account{}, errors.New("PostgreSQL does not run as root, and this machine has neither a user postgres nor a user nobody to run it as")
}

// sysProcAttr makes a child run as the account.
func (a account) sysProcAttr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{}
	if a.switched {
		attr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return attr
}

// command makes a command of the server's folder that runs as the account, in plain English and UTC.
func (a account) command(ctx context.Context, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = "/"
	cmd.Env = serverEnv()
	cmd.SysProcAttr = a.sysProcAttr()
	return cmd
}

// serverEnv is this process's environment without what would change a server's defaults: PGPORT, PGDATA, PGOPTIONS, locale, time zone.
func serverEnv() []string {
	var env []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, "PG") || strings.HasPrefix(name, "LC_") || name == "LANG" || name == "LANGUAGE" || name == "TZ" || name == "HOME" {
			continue
		}
		env = append(env, kv)
	}
	return append(env, "LC_ALL=C.UTF-8", "TZ=UTC")
}

// tempRoot is a folder that the account can reach: os.TempDir() where others may walk through it, else /tmp. (A test's own t.TempDir is closed to others.)
func tempRoot(a account) string {
	dir := os.TempDir()
	if !a.switched {
		return dir
	}
	for d := dir; ; d = filepath.Dir(d) {
		st, err := os.Stat(d)
		if err != nil || st.Mode().Perm()&0o001 == 0 {
			return "/tmp"
		}
		if d == filepath.Dir(d) {
			return dir
		}
	}
}

// templateFormat changes whenever the arguments of initdb below change.
const templateFormat = "2"

// template gives a freshly initialised data folder to copy from. It is made once per machine, version and account; a lock file keeps processes that start together from making it twice.
func template(ctx context.Context, bin string, a account) (string, error) {
	version, err := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return "", fmt.Errorf("ask %s for its version: %w", filepath.Join(bin, "postgres"), err)
	}
	sum := sha256.Sum256([]byte(templateFormat + "\x00" + bin + "\x00" + string(version)))
	root := filepath.Join(tempRoot(a), fmt.Sprintf("cordon-pgtest-%d-%d", os.Geteuid(), a.uid))
	if err := os.Mkdir(root, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("make the folder for templates: %w", err)
	}
	// The name can be guessed: someone else's folder, or a link, must not become our server's data.
	st, err := os.Lstat(root)
	if err != nil {
		return "", fmt.Errorf("look at the folder for templates: %w", err)
	}
	if sys, ok := st.Sys().(*syscall.Stat_t); !ok || !st.IsDir() || int(sys.Uid) != os.Geteuid() || st.Mode().Perm()&0o022 != 0 {
		return "", fmt.Errorf("%s exists, but is not a folder that only this user can write to: remove it", root)
	}
	dir := filepath.Join(root, hex.EncodeToString(sum[:8]))

	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", fmt.Errorf("open the template's lock: %w", err)
	}
	defer lock.Close() // releases the lock
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	if _, err := os.Stat(filepath.Join(dir, "PG_VERSION")); err == nil {
		return dir, nil
	}

	tmp := dir + ".new"
	if err := os.RemoveAll(tmp); err != nil {
		return "", fmt.Errorf("remove an unfinished template: %w", err)
	}
	if err := os.Mkdir(tmp, 0o700); err != nil {
		return "", fmt.Errorf("make a template: %w", err)
	}
	if a.switched {
		if err := os.Chown(tmp, a.uid, a.gid); err != nil {
			return "", fmt.Errorf("give the template to the server's user: %w", err)
		}
	}
	// Small WAL segments keep the copy small: 1 MB instead of 16 MB of zeroes.
	initdb := func(locale string) ([]byte, error) {
		return a.command(ctx, filepath.Join(bin, "initdb"), "-D", tmp, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale="+locale, "-N", "--wal-segsize=1").CombinedOutput()
	}
	out, err := initdb("C.UTF-8")
	if err != nil && strings.Contains(string(out), "locale") {
		out, err = initdb("C")
	}
	if err != nil {
		os.RemoveAll(tmp)
		return "", fmt.Errorf("run initdb: %w\n%s", err, out)
	}
	if err := os.Rename(tmp, dir); err != nil {
		return "", fmt.Errorf("move the template into place: %w", err)
	}
	return dir, nil
}
