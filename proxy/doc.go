// Package proxy serves sessions: it moves frames between a client and the database server, and does to each what the policy decides.
//
// # A session
//
// One client has one connection to the server, for itself alone, from its first byte to its last. [Server.Serve] accepts clients (server.go) and runs a session for each (session.go): startup and authentication
// (startup.go, dial.go, login.go, greet.go), and then what comes from either side, in bursts:
//
//   - the client's side (client.go, message.go) deals with what the client sends, and is the only writer to the server;
//   - the upstream's side (upstream.go, result.go, report.go, rows.go) deals with what the server answers, and is the only writer to the client.
//
// So nothing that goes either way has to be ordered by a lock. Where both connections are plain sockets, a poller of package poll steps the session: one step for each burst, whichever side it came from (polled.go); where that
// is known beforehand, it accepts the client and connects to the server as well (arrive.go). With TLS each side has a loop in a
// goroutine of its own. The bursts are dealt with by the same functions; only how one side waits for the other differs (await).
//
// Between the sides stands the queue of messages that the server has still to answer (pending.go). Each entry says what becomes of the answer: it is forwarded,
// swallowed because the message was Cordon's own, or replaced because the message stood in a refused one's place. A pipeline stays in step whatever happens in it, because each side is counted by what PostgreSQL itself does: an error
// in the extended protocol skips to the next Sync, a COPY FROM STDIN takes a Sync without an answer, one Query has as many results as statements.
//
// # The life of a statement
//
// 1. Frame (package wire). Five bytes, a length held against PostgreSQL's own limit for the type, then the body. Only Query, Parse, Bind, Describe, Execute, Close and FunctionCall are looked into, and of Bind only the names.
// COPY data and rows pass in the buffer that they were read into, in pieces if they are long.
//
// 2. Person (person.go, grants.go). Who speaks: the login, or the person that a shared login names in a cordon.* setting or a comment. The settings follow the server's transactions: the upstream's loop tells them what has happened,
// and the client's loop waits for that before it plans anything behind such a statement. The policy is bound to the person anew when it was reloaded, or when a time window opens or closes.
//
// 3. Plan (plan.go, plancache.go). By exact text from a cache that all sessions share; its key holds everything that a plan depends on (view). On a miss the text is decoded (encoding.go), parsed, its names are resolved
// (catalogs.go), and each statement is rewritten by package rewrite. What Cordon does not know of names it asks the server, on the client's own session between the client's messages (ask.go): the search path after a statement that may
// have changed it, the catalog's fingerprint when the last one is some seconds old, the catalog itself when the fingerprint has changed or a name is unknown. If it gets no answer the statement is refused.
//
// 4. Names of statements and portals (object.go, prepared.go, target.go). What the client calls by a name may have been made for another person or under another policy. A prepared statement is planned again then, and the server is given the
// other form under a name of Cordon's own; a portal or cursor is refused. The memory of an unnamed portal and of a run is used again when nothing can name them any more (reuse.go).
//
// 5. Intent (record.go). In the audit log before the server sees anything. No record, no statement.
//
// 6. Upstream. A statement that the policy does not change goes on as the bytes that came. A refused one is replaced by one that fails: so the server's transaction is as failed as after any error, a pipeline skips to its Sync, and
// ReadyForQuery is the server's own. Only the ErrorResponse is Cordon's.
//
// 7. Guard (rows.go, export.go). RowDescription is held against the plan: if a protected column came back as it is stored, the session would end before the first row. Rows are counted, and held back until the limit is known to be kept, or
// cut off. A stop asks the server to cancel and swallows what still comes; if the statement has ended meanwhile, a statement that fails is sent before anything else, so that the transaction fails as the client was told it had. While a
// statement is under way that may be stopped, nothing is sent behind it but its Sync.
//
// 8. Reports (report.go). Errors and notices lose what may be values of rows, and their positions are mapped to the client's text.
//
// 9. Outcome. Rows, bytes, SQLSTATE go to the audit log; what has gathered goes to the client with one write.
//
// # Ends
//
// When the client leaves, the server's connection is half-closed and what the server still says is passed on; when the server leaves, its last words are. [Server.SetPolicy] ends the sessions of people no longer valid, and a watch those whose time
// runs out. When the context of Serve ends, sessions end as they leave their transactions, all at the deadline. Every SQLSTATE that Cordon sends of its own accord is in code.go, but for those of packages rewrite, guard and identity.
package proxy
