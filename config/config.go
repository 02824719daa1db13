// Package config reads the server configuration: strict YAML in, a checked Config out. Every mistake is found at once and told as `file:line:col: sentence`.
package config

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Config is cordon.yaml, checked. Every path in it is absolute or relative to the working directory; in the file it is relative to the file's folder.
type Config struct {
	Path        string // of the file itself
	Listen      string // host:port for clients; "" when they come over Socket alone
	Socket      string // path of the Unix socket for clients; "" for none
	Upstream    Upstream
	TLS         TLS
	UpstreamTLS UpstreamTLS
	Policy      string // path of the policy
	Audit       Audit
	State       State
	Alerts      *Alerts // nil: nobody is told
	Admin       Admin
	Limits      Limits
	LDAP        *LDAP  // nil: people do not come from a directory
	Share       *Share // nil: this is the only Cordon in front of the database
}

// Upstream is where the database server listens.
type Upstream struct {
	Network string // tcp or unix
	Host    string // host name or address; the socket's folder for unix
	Port    uint16
}

// Address is what net.Dial takes: host:port, or the path of the socket.
func (u Upstream) Address() string {
	if u.Network == "unix" {
		return socketPath(u.Host, u.Port)
	}
	return joinHostPort(u.Host, u.Port)
}

// socketPath is the name that libpq gives to the socket of a folder and port.
func socketPath(folder string, port uint16) string {
	return filepath.Join(folder, fmt.Sprintf(".s.PGSQL.%d", port))
}

// ClientTLS says whether clients may or must speak TLS.
type ClientTLS string

// The modes of TLS to clients.
const (
	TLSOff     ClientTLS = "off"     // SSLRequest is answered N
	TLSAllow   ClientTLS = "allow"   // the client chooses
	TLSRequire ClientTLS = "require" // a client without TLS is refused
)

// TLS is how clients connect. Cert and Key are set unless Mode is TLSOff.
type TLS struct {
	Mode     ClientTLS
	Cert     string // path of the certificate chain, PEM
	Key      string // path of the private key, PEM
	ClientCA string // path of the certificates that clients' certificates are verified with, PEM; "" when they are not asked for
}

// ServerTLS says what is asked of the database server, in libpq's words for sslmode.
type ServerTLS string

// The modes of TLS to the server.
const (
	ServerDisable    ServerTLS = "disable"
	ServerPrefer     ServerTLS = "prefer"      // TLS when the server has it; its certificate is not checked
	ServerRequire    ServerTLS = "require"     // TLS; its certificate is not checked
	ServerVerifyCA   ServerTLS = "verify-ca"   // TLS; the certificate is signed by the CA
	ServerVerifyFull ServerTLS = "verify-full" // TLS; and made out to the upstream's host name
)

// UpstreamTLS is how Cordon connects to the server.
type UpstreamTLS struct {
	Mode ServerTLS
	CA   string // path of the trusted certificates, PEM; "system" for the machine's own; "" when Mode does not verify
}

// Fsync says when audit records are forced to disk.
type Fsync string

// The ways to force audit records to disk.
const (
	FsyncAlways   Fsync = "always"   // before the statement goes on: a record survives a power cut
	FsyncInterval Fsync = "interval" // every Interval: a record survives the program's death, not the machine's
	FsyncNever    Fsync = "never"    // when the system likes
)

// Audit is the audit log.
type Audit struct {
	Dir       string // folder of the log
	Key       string // path of the signing key
	Fsync     Fsync
	Interval  time.Duration // between forced writes with FsyncInterval, and between checkpoints
	OnFailure string        // "refuse": no record, no statement; "allow": statements run unrecorded, and are counted

	Witnesses []Witness // that checkpoints are sent to

	PackAfter   time.Duration // closed segments are compressed when they are so old
	TextsDays   int           // after so many days the day's texts and parameters cannot be read any more; 0 for never
	RecordsDays int           // after so many days records are dropped; 0 for never
	KeepLess    bool          // the two may be below MinKeepDays
}

// State is what Cordon keeps between two runs: what people were given lately.
type State struct {
	Dir string // folder; beside the audit log's when the file does not say
}

// Witness co-signs the audit log's checkpoints.
type Witness struct {
	URL string
	Key string // path of its verifier key
}

// Admin is the HTTP server for metrics and health.
type Admin struct {
	Listen string // host:port; "" for none
}

// Limits bound what one client can make Cordon hold. All are above zero after Load.
type Limits struct {
	StatementBytes     int64         // longest SQL text that is parsed
	StatementDepth     int           // deepest nesting or longest chain of operators that is parsed
	PlanCache          int64         // bytes of rewritten statements kept
	Connections        int           // sessions at a time
	MessageBytes       int64         // longest message of a client after authentication
	HeldBytes          int64         // rows held back for one execution until its export limit is known to be kept
	HeldTotalBytes     int64         // the same over all sessions
	PreparedStatements int           // prepared statements of one session
	PendingReplies     int           // messages of one session that the server has not answered yet; a client that sends more waits
	StartupTimeout     time.Duration // from accept to the end of authentication, as authentication_timeout
	ConnectTimeout     time.Duration // to reach the server
	WriteTimeout       time.Duration // a client or server that takes no bytes for so long is given up
	DrainTimeout       time.Duration // for transactions to end when Cordon stops
}

// What a file that does not say has.
const (
	DefaultListen      = "127.0.0.1:6432"
	DefaultListenPort  = 6432 // of a Unix socket for clients without one
	DefaultTLSMode     = TLSOff
	DefaultUpstreamTLS = ServerPrefer
	DefaultAuditDir    = "audit"
	DefaultAuditKey    = "audit.key"
	DefaultFsync       = FsyncInterval
	DefaultInterval    = 100 * time.Millisecond
	DefaultOnFailure   = "refuse"
	DefaultPackAfter   = time.Hour

	// MinKeepDays is the fewest days that records and texts are kept, unless less is asked for by name: laws ask for six months, which have up to 184 days.
	MinKeepDays = 190

	DefaultPort = 5432 // of an upstream without one

	DefaultStatementBytes     = 1 << 20
	DefaultStatementDepth     = 1000
	DefaultPlanCache          = 64 << 20
	DefaultConnections        = 1000
	DefaultMessageBytes       = 1<<30 - 1 // PostgreSQL's own; what is long passes in pieces and is not held
	DefaultHeldBytes          = 16 << 20
	DefaultHeldTotalBytes     = 512 << 20
	DefaultPreparedStatements = 10000
	DefaultPendingReplies     = 1024
	DefaultStartupTimeout     = time.Minute // as authentication_timeout
	DefaultConnectTimeout     = 10 * time.Second
	DefaultWriteTimeout       = 5 * time.Minute
	DefaultDrainTimeout       = 30 * time.Second
)

// Default is a configuration with every default; Upstream and Policy have none and must be given.
func Default() Config {
	return Config{
		Listen:      DefaultListen,
		TLS:         TLS{Mode: DefaultTLSMode},
		UpstreamTLS: UpstreamTLS{Mode: DefaultUpstreamTLS},
		Audit:       Audit{Dir: DefaultAuditDir, Key: DefaultAuditKey, Fsync: DefaultFsync, Interval: DefaultInterval, OnFailure: DefaultOnFailure, PackAfter: DefaultPackAfter},
		Limits: Limits{
			StatementBytes:     DefaultStatementBytes,
			StatementDepth:     DefaultStatementDepth,
			PlanCache:          DefaultPlanCache,
			Connections:        DefaultConnections,
			MessageBytes:       DefaultMessageBytes,
			HeldBytes:          DefaultHeldBytes,
			HeldTotalBytes:     DefaultHeldTotalBytes,
			PreparedStatements: DefaultPreparedStatements,
			PendingReplies:     DefaultPendingReplies,
			StartupTimeout:     DefaultStartupTimeout,
			ConnectTimeout:     DefaultConnectTimeout,
			WriteTimeout:       DefaultWriteTimeout,
			DrainTimeout:       DefaultDrainTimeout,
		},
	}
}

// maxFileBytes bounds what is read of a configuration.
const maxFileBytes = 1 << 20

// Load reads and checks a configuration file. Mistakes in it are [Problems]; other errors say why it could not be read.
func Load(path string) (*Config, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	if info.Size() > maxFileBytes {
		return nil, fmt.Errorf("read configuration: %s is %d bytes long, and %d is the limit", path, info.Size(), maxFileBytes)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return Parse(path, data)
}
