// Package audit keeps the append-only, tamper-evident record of every statement, and verifies it.
//
// An execution is two records: the intent, written before the server sees the statement, and the outcome, written after. Every record is a leaf of
// a Merkle tree (RFC 6962 hashing over the bytes as stored), the tree's head is signed as a C2SP checkpoint, and its hashes are kept as C2SP tiles. So
// a changed, removed, reordered or added record is found offline with the public key alone, and one record can be proven without showing the others.
// Statement texts and parameters lie beside their record, encrypted with the key of the day; the record holds salted commitments to them, so that
// destroying a day's key makes its literals unreadable and leaves every proof valid. The file format is described in docs/audit-format.md.
//
// Three words are used with care. A record is recorded once it is in the segment file: the death of the process cannot lose it any more. It is synced
// once the storage device has it: a power failure cannot lose it. It is sealed once a signed checkpoint covers it: nobody can change it unseen.
//
//	l, err := audit.Open(ctx, audit.Options{Dir: "audit", KeyFile: "audit.key"})
//	s := audit.NewSession(audit.SessionInfo{ID: "9f3c", Login: "crm_app", …})     // once per session
//	f := audit.NewForm(audit.EncodeStatic(audit.Static{Kind: "select", …}), text, rewritten) // once per plan
//	ref, err := l.Intent(&audit.Intent{Session: s, Number: 1, Person: "alice", Form: f, SQL: text, Rewritten: rewritten})
//	if err != nil { … refuse the statement … }
//	… forward it …
//	l.Outcome(ref, audit.Outcome{End: audit.Done, Rows: 12})
//
// Files: record.go what is recorded · encode.go its JSON · form.go what many records share · text.go texts and their keys · frame.go bytes in a segment · segment.go segment files · log.go
// the writer · commit.go group commit · state.go what happens when it cannot write · recover.go start after a crash · tree.go tiles · checkpoint.go signed
// heads · verify.go, collect.go, verify_tree.go the verifier · read.go the reader · proof.go proofs of single records.
package audit
