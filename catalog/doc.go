// Package catalog holds a snapshot of one database's relations, columns, types, keys, views, partitions, functions and operators, as PostgreSQL's system catalogs tell them.
//
// # Where a snapshot comes from
//
// [Load] asks the database over the caller's own session, with a handful of statements that any login may run, inside a read-only transaction of its own. [LoadWithin] does the same in the middle of
// a client's transaction. [Fingerprint] asks one cheap question whose answer changes when a snapshot taken earlier may be out of date.
// [ReadFixture] and [ParseFixture] make a snapshot without a server, from the text that [Snapshot.WriteFixture] writes or from a few lines written by hand.
//
// # What it does not hold
//
// Temporary relations (they belong to one session, and shadow every other relation of their name there), indexes, TOAST tables, sequences' values, privileges, and the text of functions.
// An unknown relation is therefore one of three: a temporary one, an index, or one made after the snapshot was taken.
//
// # Names
//
// A view's Definition was printed with pg_catalog alone in search_path: a name in it that is not qualified is pg_catalog's. The session it is spliced into may hold a temporary table of that name, which PostgreSQL
// looks for first even when search_path is empty, so whoever splices must qualify it. Functions and operators are never looked for among temporary objects; types are, so Column.TypeName is qualified.
//
// A Snapshot is immutable and may be used by any number of goroutines; what its methods give must not be changed.
package catalog
