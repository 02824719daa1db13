package parse

// Kind is what a statement does, as policies and audit records name it. The zero value is an unknown statement, which is refused.
type Kind uint8

// The kinds. Utility statements not listed by name here are DDL, Routine or Unknown.
const (
	Unknown Kind = iota
	Empty        // no statement at all: an empty query string
	Select       // SELECT, VALUES, TABLE, WITH … SELECT
	SelectInto
	CreateTableAs
	Insert
	Update
	Delete
	Merge
	CopyTo   // COPY … TO
	CopyFrom // COPY … FROM
	Explain
	Prepare
	Execute
	Deallocate
	DeclareCursor
	Fetch // FETCH and MOVE
	ClosePortal
	Begin // BEGIN, START TRANSACTION
	Commit
	Rollback
	Savepoint
	Release
	RollbackTo
	PrepareTransaction
	CommitPrepared
	RollbackPrepared
	Set   // SET, SET LOCAL, SET TRANSACTION …
	Reset // RESET x, RESET ALL
	Show
	Discard
	Listen
	Unlisten
	Notify
	Lock
	Truncate
	ConstraintsSet
	Checkpoint
	Load
	Vacuum // VACUUM, ANALYZE
	Cluster
	Reindex
	Comment
	Do
	Call
	Grant // GRANT, REVOKE, ALTER DEFAULT PRIVILEGES
	Role  // CREATE/ALTER/DROP ROLE and everything that can carry a password
	System // ALTER SYSTEM, CREATE/DROP DATABASE, TABLESPACE, SUBSCRIPTION …
	DDL   // every other CREATE/ALTER/DROP of objects
	View  // CREATE VIEW, CREATE MATERIALIZED VIEW, REFRESH
	Function // CREATE/ALTER FUNCTION, PROCEDURE, TRIGGER, RULE, EVENT TRIGGER, AGGREGATE, OPERATOR, CAST: what runs code later
)
