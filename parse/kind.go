package parse

import (
	pg_query "github.com/pganalyze/pg_query_go/v5"
)

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
	Grant    // GRANT, REVOKE, ALTER DEFAULT PRIVILEGES
	Role     // CREATE/ALTER/DROP ROLE and everything that can carry a password
	System   // ALTER SYSTEM, CREATE/DROP DATABASE, TABLESPACE, SUBSCRIPTION …
	DDL      // every other CREATE/ALTER/DROP of objects
	View     // CREATE VIEW, CREATE MATERIALIZED VIEW, REFRESH
	Function // CREATE/ALTER FUNCTION, PROCEDURE, TRIGGER, RULE, EVENT TRIGGER, AGGREGATE, OPERATOR, CAST: what runs code later
)

// kindNames are the kinds as audit records, metrics and messages write them: the command's own words where there is one.
var kindNames = [...]string{
	Unknown:            "unknown",
	Empty:              "empty",
	Select:             "SELECT",
	SelectInto:         "SELECT INTO",
	CreateTableAs:      "CREATE TABLE AS",
	Insert:             "INSERT",
	Update:             "UPDATE",
	Delete:             "DELETE",
	Merge:              "MERGE",
	CopyTo:             "COPY TO",
	CopyFrom:           "COPY FROM",
	Explain:            "EXPLAIN",
	Prepare:            "PREPARE",
	Execute:            "EXECUTE",
	Deallocate:         "DEALLOCATE",
	DeclareCursor:      "DECLARE CURSOR",
	Fetch:              "FETCH",
	ClosePortal:        "CLOSE",
	Begin:              "BEGIN",
	Commit:             "COMMIT",
	Rollback:           "ROLLBACK",
	Savepoint:          "SAVEPOINT",
	Release:            "RELEASE",
	RollbackTo:         "ROLLBACK TO",
	PrepareTransaction: "PREPARE TRANSACTION",
	CommitPrepared:     "COMMIT PREPARED",
	RollbackPrepared:   "ROLLBACK PREPARED",
	Set:                "SET",
	Reset:              "RESET",
	Show:               "SHOW",
	Discard:            "DISCARD",
	Listen:             "LISTEN",
	Unlisten:           "UNLISTEN",
	Notify:             "NOTIFY",
	Lock:               "LOCK",
	Truncate:           "TRUNCATE",
	ConstraintsSet:     "SET CONSTRAINTS",
	Checkpoint:         "CHECKPOINT",
	Load:               "LOAD",
	Vacuum:             "VACUUM",
	Cluster:            "CLUSTER",
	Reindex:            "REINDEX",
	Comment:            "COMMENT",
	Do:                 "DO",
	Call:               "CALL",
	Grant:              "GRANT",
	Role:               "role",
	System:             "system",
	DDL:                "DDL",
	View:               "view",
	Function:           "function",
}

// String is the kind's name in audit records and metrics, "unknown" for a value that is no kind.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[Unknown]
}

// kindOf tells a statement's kind by its top node. Every *Stmt node of the grammar is named here, so that none falls into a kind by chance; a test holds the list against the grammar.
func kindOf(n *pg_query.Node) Kind {
	switch n := n.Node.(type) {
	case *pg_query.Node_SelectStmt:
		if selectsInto(n.SelectStmt) {
			return SelectInto
		}
		return Select
	case *pg_query.Node_CreateTableAsStmt:
		if n.CreateTableAsStmt.Objtype == pg_query.ObjectType_OBJECT_MATVIEW {
			return View
		}
		return CreateTableAs
	case *pg_query.Node_CopyStmt:
		if n.CopyStmt.IsFrom {
			return CopyFrom
		}
		return CopyTo
	case *pg_query.Node_TransactionStmt:
		return transactionKind(n.TransactionStmt.Kind)
	case *pg_query.Node_VariableSetStmt:
		switch n.VariableSetStmt.Kind {
		case pg_query.VariableSetKind_VAR_SET_VALUE, pg_query.VariableSetKind_VAR_SET_DEFAULT, pg_query.VariableSetKind_VAR_SET_CURRENT, pg_query.VariableSetKind_VAR_SET_MULTI:
			return Set
		case pg_query.VariableSetKind_VAR_RESET, pg_query.VariableSetKind_VAR_RESET_ALL:
			return Reset
		}
		return Unknown
	case *pg_query.Node_InsertStmt:
		return Insert
	case *pg_query.Node_UpdateStmt:
		return Update
	case *pg_query.Node_DeleteStmt:
		return Delete
	case *pg_query.Node_MergeStmt:
		return Merge
	case *pg_query.Node_ExplainStmt:
		return Explain
	case *pg_query.Node_PrepareStmt:
		return Prepare
	case *pg_query.Node_ExecuteStmt:
		return Execute
	case *pg_query.Node_DeallocateStmt:
		return Deallocate
	case *pg_query.Node_DeclareCursorStmt:
		return DeclareCursor
	case *pg_query.Node_FetchStmt:
		return Fetch
	case *pg_query.Node_ClosePortalStmt:
		return ClosePortal
	case *pg_query.Node_VariableShowStmt:
		return Show
	case *pg_query.Node_DiscardStmt:
		return Discard
	case *pg_query.Node_ListenStmt:
		return Listen
	case *pg_query.Node_UnlistenStmt:
		return Unlisten
	case *pg_query.Node_NotifyStmt:
		return Notify
	case *pg_query.Node_LockStmt:
		return Lock
	case *pg_query.Node_TruncateStmt:
		return Truncate
	case *pg_query.Node_ConstraintsSetStmt:
		return ConstraintsSet
	case *pg_query.Node_CheckPointStmt:
		return Checkpoint
	case *pg_query.Node_LoadStmt:
		return Load
	case *pg_query.Node_VacuumStmt:
		return Vacuum
	case *pg_query.Node_ClusterStmt:
		return Cluster
	case *pg_query.Node_ReindexStmt:
		return Reindex
	case *pg_query.Node_CommentStmt:
		return Comment
	case *pg_query.Node_DoStmt:
		return Do
	case *pg_query.Node_CallStmt:
		return Call
	case *pg_query.Node_GrantStmt,
		*pg_query.Node_GrantRoleStmt,
		*pg_query.Node_AlterDefaultPrivilegesStmt:
		return Grant
	case *pg_query.Node_CreateRoleStmt,
		*pg_query.Node_AlterRoleStmt,
		*pg_query.Node_AlterRoleSetStmt,
		*pg_query.Node_DropRoleStmt,
		*pg_query.Node_CreateUserMappingStmt,
		*pg_query.Node_AlterUserMappingStmt,
		*pg_query.Node_DropUserMappingStmt,
		*pg_query.Node_DropOwnedStmt,
		*pg_query.Node_ReassignOwnedStmt:
		return Role
	case *pg_query.Node_AlterSystemStmt,
		*pg_query.Node_CreatedbStmt,
		*pg_query.Node_AlterDatabaseStmt,
		*pg_query.Node_AlterDatabaseRefreshCollStmt,
		*pg_query.Node_AlterDatabaseSetStmt,
		*pg_query.Node_DropdbStmt,
		*pg_query.Node_CreateTableSpaceStmt,
		*pg_query.Node_DropTableSpaceStmt,
		*pg_query.Node_AlterTableSpaceOptionsStmt,
		*pg_query.Node_AlterTableMoveAllStmt,
		*pg_query.Node_CreateExtensionStmt,
		*pg_query.Node_AlterExtensionStmt,
		*pg_query.Node_AlterExtensionContentsStmt,
		*pg_query.Node_CreateFdwStmt,
		*pg_query.Node_AlterFdwStmt,
		*pg_query.Node_CreateForeignServerStmt,
		*pg_query.Node_AlterForeignServerStmt,
		*pg_query.Node_CreatePublicationStmt,
		*pg_query.Node_AlterPublicationStmt,
		*pg_query.Node_CreateSubscriptionStmt,
		*pg_query.Node_AlterSubscriptionStmt,
		*pg_query.Node_DropSubscriptionStmt:
		return System
	case *pg_query.Node_ViewStmt,
		*pg_query.Node_RefreshMatViewStmt:
		return View
	case *pg_query.Node_CreateFunctionStmt,
		*pg_query.Node_AlterFunctionStmt,
		*pg_query.Node_CreateTrigStmt,
		*pg_query.Node_CreateEventTrigStmt,
		*pg_query.Node_AlterEventTrigStmt,
		*pg_query.Node_RuleStmt,
		*pg_query.Node_DefineStmt,
		*pg_query.Node_AlterOperatorStmt,
		*pg_query.Node_CreateCastStmt,
		*pg_query.Node_CreateConversionStmt,
		*pg_query.Node_CreateTransformStmt,
		*pg_query.Node_CreateOpClassStmt,
		*pg_query.Node_CreateOpFamilyStmt,
		*pg_query.Node_AlterOpFamilyStmt,
		*pg_query.Node_CreatePlangStmt,
		*pg_query.Node_CreateAmStmt:
		return Function
	case *pg_query.Node_CreateStmt,
		*pg_query.Node_CreateForeignTableStmt,
		*pg_query.Node_ImportForeignSchemaStmt,
		*pg_query.Node_AlterTableStmt,
		*pg_query.Node_IndexStmt,
		*pg_query.Node_CreateSeqStmt,
		*pg_query.Node_AlterSeqStmt,
		*pg_query.Node_CreateSchemaStmt,
		*pg_query.Node_CreateDomainStmt,
		*pg_query.Node_AlterDomainStmt,
		*pg_query.Node_CompositeTypeStmt,
		*pg_query.Node_CreateEnumStmt,
		*pg_query.Node_CreateRangeStmt,
		*pg_query.Node_AlterEnumStmt,
		*pg_query.Node_AlterTypeStmt,
		*pg_query.Node_AlterCollationStmt,
		*pg_query.Node_CreateStatsStmt,
		*pg_query.Node_AlterStatsStmt,
		*pg_query.Node_CreatePolicyStmt,
		*pg_query.Node_AlterPolicyStmt,
		*pg_query.Node_DropStmt,
		*pg_query.Node_RenameStmt,
		*pg_query.Node_AlterObjectDependsStmt,
		*pg_query.Node_AlterObjectSchemaStmt,
		*pg_query.Node_AlterOwnerStmt,
		*pg_query.Node_SecLabelStmt,
		*pg_query.Node_AlterTsdictionaryStmt,
		*pg_query.Node_AlterTsconfigurationStmt:
		return DDL
	case *pg_query.Node_RawStmt, *pg_query.Node_SetOperationStmt, *pg_query.Node_ReturnStmt, *pg_query.Node_PlassignStmt, *pg_query.Node_ReplicaIdentityStmt:
		return Unknown // never the top of a statement
	default:
		return Unknown
	}
}

// selectsInto finds INTO in any arm of a set operation: the server takes it only in the first, and refuses it elsewhere.
func selectsInto(s *pg_query.SelectStmt) bool {
	for ; s != nil; s = s.Larg {
		if s.IntoClause != nil || s.Rarg != nil && selectsInto(s.Rarg) {
			return true
		}
	}
	return false
}

func transactionKind(k pg_query.TransactionStmtKind) Kind {
	switch k {
	case pg_query.TransactionStmtKind_TRANS_STMT_BEGIN, pg_query.TransactionStmtKind_TRANS_STMT_START:
		return Begin
	case pg_query.TransactionStmtKind_TRANS_STMT_COMMIT:
		return Commit
	case pg_query.TransactionStmtKind_TRANS_STMT_ROLLBACK:
		return Rollback
	case pg_query.TransactionStmtKind_TRANS_STMT_SAVEPOINT:
		return Savepoint
	case pg_query.TransactionStmtKind_TRANS_STMT_RELEASE:
		return Release
	case pg_query.TransactionStmtKind_TRANS_STMT_ROLLBACK_TO:
		return RollbackTo
	case pg_query.TransactionStmtKind_TRANS_STMT_PREPARE:
		return PrepareTransaction
	case pg_query.TransactionStmtKind_TRANS_STMT_COMMIT_PREPARED:
		return CommitPrepared
	case pg_query.TransactionStmtKind_TRANS_STMT_ROLLBACK_PREPARED:
		return RollbackPrepared
	default:
		return Unknown
	}
}
