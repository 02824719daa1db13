package pgtest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// ErrNoServer is returned when this machine has no PostgreSQL server programs.
var ErrNoServer = errors.New("PostgreSQL's server programs (postgres and initdb) were not found in $CORDON_PG_BIN, in $PATH, in /usr/lib/postgresql/*/bin or in /usr/local/pgsql/bin: " +
	"install them (Debian and Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; macOS: brew install postgresql), or set CORDON_PG_BIN to the folder that holds them")

// FindBinaries gives the folder that holds postgres and initdb: $CORDON_PG_BIN when set, else where PATH finds them, else the newest version under /usr/lib/postgresql, else /usr/local/pgsql/bin.
// The error is [ErrNoServer], a sentence that says what to install.
func FindBinaries() (dir string, err error) {
	if dir := os.Getenv("CORDON_PG_BIN"); dir != "" {
		if hasServer(dir) {
			return dir, nil
		}
		return "", errors.New("CORDON_PG_BIN is " + dir + ", but that folder does not hold the programs postgres and initdb")
	}
	if p, err := exec.LookPath("postgres"); err == nil {
		// A link such as /usr/bin/postgres leads to the folder where initdb finds its neighbours.
		if real, err := filepath.EvalSymlinks(p); err == nil && hasServer(filepath.Dir(real)) {
			return filepath.Dir(real), nil
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	more, _ := filepath.Glob("/usr/pgsql-*/bin")
	found = append(found, more...)
	sort.SliceStable(found, func(i, j int) bool { return versionOf(found[i]) > versionOf(found[j]) })
	found = append(found, "/usr/local/pgsql/bin", "/opt/homebrew/bin")
	for _, dir := range found {
		if hasServer(dir) {
			return dir, nil
		}
	}
	return "", ErrNoServer
}

// versionOf reads the major version out of a folder such as /usr/lib/postgresql/15/bin or /usr/pgsql-15/bin.
func versionOf(bin string) float64 {
	name := strings.TrimPrefix(filepath.Base(filepath.Dir(bin)), "pgsql-")
	v, _ := strconv.ParseFloat(name, 64)
	return v
}

func hasServer(dir string) bool {
	for _, name := range []string{"postgres", "initdb"} {
		st, err := os.Stat(filepath.Join(dir, name))
		if err != nil || st.IsDir() || st.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}

// ClientProgram gives the path of one of PostgreSQL's client programs (psql, pg_dump, pgbench): the one beside the server programs, else the one in PATH; "" when there is none.
func ClientProgram(name string) string {
	if dir, err := FindBinaries(); err == nil {
		p := filepath.Join(dir, name)
		if st, err := os.Stat(p); err == nil && st.Mode()&0o111 != 0 {
			return p
		}
	}
	p, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	return p
}
