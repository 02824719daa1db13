package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	_ "modernc.org/sqlite" // in pure Go: the program builds without cgo
)

// The index is a SQLite file of what is searched for, and where in the segments the records are. It is derived: it can be deleted and made again at any time, and nothing is believed of it. What a search shows is read from the log itself and
// held against the filter once more, so a changed index can hide a record from a search, but show none that is not there. It holds no statement text and no literal.
//
// It is an inverted index. Statements and events are numbered in blocks, in the order in which they ended. Of each block, post has for each name that something there is found by (a person, a table, a rule) which numbers have it; subject has, by
// the first bits of a subject's token, the beginnings of tokens and the numbers of the statements that have shown them; run has, in pieces, where the records are. So a row of the file is about many statements, and making it costs a
// tenth of what a row for each statement did. Blocks below 1 have the statements that have not ended.

const indexSchema = `
CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, last INTEGER NOT NULL, leaf BLOB NOT NULL, segment INTEGER NOT NULL, offset INTEGER NOT NULL);
CREATE TABLE word (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, text TEXT NOT NULL, UNIQUE (kind, text));
CREATE TABLE block (id INTEGER PRIMARY KEY, runs INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, newest INTEGER NOT NULL);
CREATE TABLE post (word INTEGER NOT NULL, block INTEGER NOT NULL, list BLOB NOT NULL, PRIMARY KEY (word, block)) WITHOUT ROWID;
CREATE INDEX post_block ON post (block);
CREATE TABLE subject (bucket INTEGER NOT NULL, block INTEGER NOT NULL, list BLOB NOT NULL, PRIMARY KEY (bucket, block)) WITHOUT ROWID;
CREATE INDEX subject_block ON subject (block);
CREATE TABLE run (piece INTEGER PRIMARY KEY, list BLOB NOT NULL);
`

const indexVersion = 4

// index is an open index of one log.
type index struct {
	db    *sql.DB
	dir   string
	first uint64 // the log's first record
	words map[wordKey]int64
}

// wordKey is a name and what it names.
type wordKey struct {
	kind wordKind
	text string
}

// wordKind is what a name that something is found by names. The numbers are those of the file.
type wordKind uint8

const (
	byKind wordKind = iota + 1 // the kind of the record
	byPerson
	byLogin
	byClient
	bySession
	byDecision
	byClass
	byForm
	byFingerprint
	byState
	byEnd
	byTable
	byColumn
	byTag
	byRule
	byMaybe // a table any of whose subjects it may have shown
	byMany  // more than manyRows rows
)

// manyRows is from where a statement is found by having given many rows.
const manyRows = 1000

// indexPath is where the index of a log is kept when nothing else is said.
func indexPath(dir string) string { return strings.TrimRight(dir, "/") + ".index" }

const indexHelp = `Makes or brings up to date the index of a log: search, subject and report answer from it at once instead of reading the
whole log. It is derived from the log, holds no statement text, and can be deleted at any time. Only its owner may read it.
`

func indexCommand(fs *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	dir := fs.String("dir", "audit", "`folder` of the log (default audit)")
	path := fs.String("index", "", "the index's `file` (default the log's folder with .index behind it)")
	again := fs.Bool("again", false, "throw away the index that is there, and make it anew")
	return func(ctx context.Context, args []string, stdout io.Writer) error {
		if len(args) > 0 {
			return usageError{fmt.Sprintf("%q is one word too many", args[0])}
		}
		if *path == "" {
			*path = indexPath(*dir)
		}
		if *again {
			for _, end := range []string{"", "-wal", "-shm"} {
				if err := os.Remove(*path + end); err != nil && !errors.Is(err, os.ErrNotExist) {
					return err
				}
			}
		}
		x, err := openIndex(*dir, *path)
		if err != nil {
			return err
		}
		defer x.close()
		start := time.Now()
		n, err := x.update(ctx)
		if err != nil {
			return err
		}
		took := time.Since(start)
		fmt.Fprintf(stdout, "Indexed %d records in %.1f s.\n", n, took.Seconds())
		return nil
	}
}

func openIndex(dir, path string) (*index, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // SQLite would make it readable by others
	if err != nil {
		return nil, err
	}
	f.Close()
	db, err := sql.Open("sqlite", "file:"+strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)&_pragma=cache_size(-262144)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	x := &index{db: db, dir: dir, words: map[wordKey]int64{}}
	var tables, version int
	err = db.QueryRow("SELECT count(*) FROM sqlite_schema WHERE name = 'state'").Scan(&tables)
	if err == nil && tables == 0 {
		_, err = db.Exec(indexSchema)
		if err == nil {
			_, err = db.Exec("INSERT INTO state VALUES (1, ?, -1, '', 0, 0)", indexVersion)
		}
	}
	if err == nil {
		err = db.QueryRow("SELECT version FROM state").Scan(&version)
	}
	if err == nil && version != indexVersion {
		err = fmt.Errorf("it is of version %d", version)
	}
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("%s is not an index that this program can use; make it anew with cordon-audit index --again: %w", path, err)
	}
	return x, nil
}

func (x *index) close() error { return x.db.Close() }
