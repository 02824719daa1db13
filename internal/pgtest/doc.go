// Package pgtest starts throwaway PostgreSQL servers and plays wire dialogues against any address.
//
// A server lives in a folder of its own under the system's folder for temporary files, listens on a free port of 127.0.0.1 and on a Unix socket, and is gone, folder and all, when the test
// or the program that started it ends, also by SIGKILL. initdb runs once per machine and version; each server starts from a copy, in a fraction of a second.
//
//	func TestSomething(t *testing.T) {
//		pg := pgtest.Start(t, pgtest.WithAuth("scram-sha-256"))
//		pg.Exec(t, "postgres", `CREATE ROLE alice LOGIN PASSWORD 'secret'`)
//		…
//	}
//
// The package does not import testing, so that `cordon demo` can use [Run] as well.
//
// [Play] runs a wire script (see [Script] for the format) and gives the transcript: the same script played straight to PostgreSQL and through a proxy must give the same transcript.
package pgtest
