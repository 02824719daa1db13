package proxy

import "cordon/wire"

// Every SQLSTATE that Cordon sends of its own accord. docs/errors.md lists them with their sentences.
const (
	codeProtocolViolation = "08P01"
	codeConnectionFailure = "08006"
	codeCannotConnect     = "08001"
	codeUnsupported       = "0A000"
	codeEncoding          = "22021" // of package parse
	codeFailedTransaction = "25P02"
	codeUndefinedPrepared = "26000"
	codeSerialization     = "40001"
	codeNoLogin           = "28000"
	codeUndefinedCursor   = "34000"
	codePermission        = "42501"
	codeNameTooLong       = "42622"
	codeReservedName      = "42939"
	codeSyntaxError       = "42601"
	codeTooManySessions   = "53300"
	codeTooMany           = "53400"
	codeProgramLimit      = "54000"
	codeAdminShutdown     = "57P01"
	codeCanceled          = "57014" // of the server, passed on
	codeCannotConnectNow  = "57P03"
	codeIO                = "58030"
	codeInternal          = "XX000"
	codeSkipped           = "25P03" // never sent: of Cordon's own queries that a failed pipeline skipped
)

// errShutdown is what clients are told when Cordon ends.
var errShutdown = &wire.Error{Severity: "FATAL", Code: codeAdminShutdown, Message: "terminating connection due to administrator command", Hint: "Cordon is shutting down. Connect again."}
