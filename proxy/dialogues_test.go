package proxy

import (
	"bytes"
	"crypto/tls"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cordon/internal/golden"
	"cordon/internal/pgtest"
)

// everybodyHasRules is a policy under which nobody is free: a rule hides tables, though none that the dialogues use. Statements are read, named, checked and, where they use what could reach a hidden table unseen, refused.
const everybodyHasRules = `
version: 1
defaults: {tables: allow}
roles:
  all: {may: [ddl, routine, explain]}
users:
  postgres: {roles: [all]}
rules:
  - {name: hidden, tables: [elsewhere.*], allow: []}
`

// otherUnderRules are the dialogues that read differently for people under rules, each with what the policy has against it. All the others must read as they do without Cordon.
var otherUnderRules = map[string]string{
	"advisory-locks":                    "advisory locks tell another session of rows",
	"cancel":                            "pg_sleep",
	"cancel-in-a-pipeline":              "pg_sleep",
	"cancel-in-a-transaction":           "pg_sleep",
	"cancel-of-a-function-call":         "FunctionCall",
	"cancel-of-copy-out":                "pg_sleep",
	"cancel-of-the-other":               "pg_sleep",
	"cancel-protocol-3.2":               "pg_sleep",
	"cancel-with-a-wrong-key":           "pg_sleep",
	"connection-closes-with-the-client": "CREATE DATABASE",
	"copy-in-binary":                    "values in errors",
	"cursor-of-a-function":              "a function that the policy does not list",
	"discard-all":                       "advisory locks",
	"errors-with-every-field":           "values in errors",
	"function-call":                     "FunctionCall",
	"half-closed-after-a-query":         "pg_sleep",
	"large-objects":                     "large objects",
	"large-objects-by-function-call":    "FunctionCall",
	"listen-notify":                     "payloads of notifications",
	"locks-and-deadlocks":               "names in errors, values in notices",
	"sessions-of-many-objects":          "statements and cursors that a DO block has made unseen",
	"long-statement":                    "limits.statement_bytes",
	"notices":                           "a function that the policy does not list",
	"notices-of-levels":                 "values in notices",
	"notify-between-messages":           "payloads of notifications",
	"notify-to-oneself-in-a-pipeline":   "payloads of notifications",
	"parameter-types":                   "an error that names what the server looked for in vain",
	"procedures":                        "the context of errors",
	"replication-connection":            "replication",
	"replication-copy-both":             "replication",
	"role-and-database-settings":        "ALTER ROLE",
	"session-authorization-and-role":    "CREATE ROLE",
	"standard-conforming-strings-off":   "standard_conforming_strings",
	"terminated-by-the-server":          "pg_terminate_backend",
	"terminated-in-a-query":             "pg_terminate_backend",
	"timeouts":                          "pg_sleep",
}

func TestDialoguesUnderRules(t *testing.T) {
	to := dialogueTarget(t)
	f := serve(t, to.Addr, everybodyHasRules, func(s *Server) { s.Limits.Drain = time.Millisecond })
	through := to
	through.Addr = f.addr
	left := maps.Clone(otherUnderRules)
	for _, path := range dialogues(t, "transparent") {
		name := dialogueName(path)
		if _, other := left[name]; other {
			delete(left, name)
			continue
		}
		t.Run(name, func(t *testing.T) { playBoth(t, to, through, path) })
	}
	if len(left) > 0 {
		t.Errorf("no dialogue is called %v", slices.Collect(maps.Keys(left)))
	}
}

// Sessions of people under rules: what is as it is without Cordon, and what is refused, with which words.
func TestRestrictedDialogues(t *testing.T) {
	pg := pgtest.Shared(t)
	if pg.Major(t) != 15 {
		t.Skip("the transcripts are those of PostgreSQL 15")
	}
	db := pg.CreateDatabase(t)
	pg.Exec(t, "postgres", `DO $$BEGIN CREATE ROLE wire_alice LOGIN; CREATE ROLE other_role; GRANT other_role TO wire_alice; EXCEPTION WHEN duplicate_object THEN END$$`)
	pg.Exec(t, db, `CREATE TABLE customers (id int PRIMARY KEY, owner text, name text, phone text);
		INSERT INTO customers VALUES (1, 'alice', 'Li', '13812345678'), (2, 'alice', 'Wang', '13987654321'), (3, 'bob', 'Zhao', '13711111111');
		GRANT ALL ON customers TO wire_alice, other_role; ALTER ROLE wire_alice REPLICATION`)
	f := serve(t, pg.Addr(), `
version: 1
defaults: {tables: allow}
users: {wire_alice: {roles: [sales]}, postgres: {roles: [dba]}}
roles: {sales: {may: [ddl]}, dba: {may: [ddl, routine, explain, unparsed]}}
masks: {phone: {keep: {first: 3, last: 2, with: "*"}}}
rules:
  - {name: everything, roles: [dba], tables: [public.customers], allow: [select, insert, update, delete]}
  - {name: own, roles: [sales], tables: [public.customers], allow: [select, insert, update, copy_from], rows: owner = 'alice', mask: {phone: phone}}
`, func(s *Server) { s.Limits.Drain = time.Millisecond })
	for _, path := range dialogues(t, "restricted") {
		t.Run(dialogueName(path), func(t *testing.T) {
			pgtest.RunScript(t, pgtest.Target{Addr: f.addr, User: "wire_alice", Database: db}, path)
		})
	}
}

// The exchange of each way to log in passes as it is, whatever a client answers.
func TestLoginDialogues(t *testing.T) {
	gss := "gss include_realm=0"
	if !serverHasGSS(t) {
		gss = "reject" // the transcript of such a server is made here
	}
	pg := pgtest.Start(t, pgtest.WithHBA("host all by_cleartext 127.0.0.1/32 password", "host all by_md5 127.0.0.1/32 md5", "host all by_scram,by_scram_expired 127.0.0.1/32 scram-sha-256",
		"host all by_gss 127.0.0.1/32 "+gss, "host all by_nothing 127.0.0.1/32 reject"))
	pg.Exec(t, "postgres", `SET password_encryption = 'scram-sha-256';
		CREATE ROLE by_cleartext LOGIN PASSWORD 'secret'; CREATE ROLE by_scram LOGIN PASSWORD 'secret'; CREATE ROLE by_scram_expired LOGIN PASSWORD 'secret' VALID UNTIL '2001-01-01'; CREATE ROLE by_gss LOGIN; CREATE ROLE by_nothing LOGIN;
		SET password_encryption = 'md5'; CREATE ROLE by_md5 LOGIN PASSWORD 'secret'`)
	f := serve(t, pg.Addr(), everybodyMayEverything, func(s *Server) { s.Limits.Drain = time.Millisecond })
	for _, name := range []string{"passwords", "answers-to-no-question"} {
		direct := pgtest.Target{Addr: pg.Addr(), User: "postgres", Database: "postgres"}
		through := direct
		through.Addr = f.addr
		t.Run(name, func(t *testing.T) { playSame(t, pg, direct, through, "../testdata/wire/login/"+name+".wire") })
	}
}

// serverHasGSS says whether the server is built with GSSAPI, without which it does not start with a line of pg_hba.conf that names it. The servers that make versions fetches are not.
func serverHasGSS(t *testing.T) bool {
	bin, err := pgtest.FindBinaries()
	if err != nil {
		t.Skip(err)
	}
	program, err := os.ReadFile(filepath.Join(bin, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Contains(program, []byte("libgssapi"))
}

// What goes on under TLS is what goes on without, and what is no TLS ends as it does with the server.
func TestEncryptedDialogues(t *testing.T) {
	pg := pgtest.Start(t, pgtest.WithSSL(), pgtest.WithConf("max_prepared_transactions = 10", "max_connections = 200"))
	db := pg.CreateDatabase(t)
	setup, err := os.ReadFile("../testdata/wire/setup.sql")
	if err != nil {
		t.Fatal(err)
	}
	pg.Exec(t, db, string(setup))
	cert, err := tls.LoadX509KeyPair(pg.CertFile, filepath.Join(filepath.Dir(pg.CertFile), "server.key"))
	if err != nil {
		t.Fatal(err)
	}
	roots, err := pg.TLSConfig()
	if err != nil {
		t.Fatal(err)
	}
	f := serve(t, pg.Addr(), everybodyMayEverything, func(s *Server) {
		s.Limits.Drain = time.Millisecond
		s.TLS = ClientTLS{Mode: TLSAllow, Config: &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"postgresql"}}}
		s.Upstream.Mode, s.Upstream.TLS = TLSRequire, &tls.Config{InsecureSkipVerify: true}
	})
	direct := pgtest.Target{Addr: pg.Addr(), Server: pg.Addr(), User: "postgres", Database: db, TLS: roots}
	through := direct
	through.Addr = f.addr
	for _, path := range dialogues(t, "tls") {
		t.Run(dialogueName(path), func(t *testing.T) { playSame(t, pg, direct, through, path) })
	}
}

func dialogues(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob("../testdata/wire/" + folder + "/*.wire")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dialogues in %s: %v", folder, err)
	}
	return files
}

func dialogueName(path string) string { return strings.TrimSuffix(filepath.Base(path), ".wire") }

// playSame plays a dialogue straight and through Cordon. The transcripts in the files are those of PostgreSQL 15.
func playSame(t *testing.T, pg *pgtest.Server, direct, through pgtest.Target, path string) {
	t.Helper()
	if pg.Major(t) == 15 {
		pgtest.RunScript(t, through, path)
		pgtest.RunScript(t, direct, path) // the last one, so that with -update the words are the server's
		return
	}
	want, err := pgtest.Play(t.Context(), direct, path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgtest.Play(t.Context(), through, path)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Error(golden.Difference(want, got))
	}
}

// messages are all kinds of messages of the protocol, by the words of the manual, each with how a dialogue shows it.
var messages = map[string]string{
	// From the client. The answers to a question of the server's are the letter p; which of them is meant shows in the answer.
	"StartupMessage": `(?m)^startup`, "SSLRequest": `(?m)^ssl`, "GSSENCRequest": `(?m)^gssenc`, "CancelRequest": `(?m)^cancel`,
	"Query": `(?m)^Query "`, "Parse": `(?m)^Parse "`, "Bind": `(?m)^Bind "`, "Describe of a statement": `(?m)^Describe S`, "Describe of a portal": `(?m)^Describe P`, "Execute": `(?m)^Execute "`,
	"Close of a statement": `(?m)^Close S`, "Close of a portal": `(?m)^Close P`, "Sync": `(?m)^Sync`, "Flush": `(?m)^Flush`, "Terminate": `(?m)^Terminate`, "FunctionCall": `(?m)^FunctionCall \d`,
	"CopyData of the client": `(?ms)^send.*^CopyData .*^----`, "CopyDone of the client": `(?ms)^send.*^CopyDone$.*^----`, "CopyFail": `(?m)^CopyFail "`,
	"PasswordMessage": `Authentication CleartextPassword\nAuthentication Ok`, "SASLInitialResponse": `Authentication SASLContinue`, "SASLResponse": `Authentication SASLFinal`, "GSSResponse": `GSSAPI authentication failed`,
	// From the server.
	"AuthenticationOk": `Authentication Ok`, "AuthenticationCleartextPassword": `Authentication CleartextPassword`, "AuthenticationMD5Password": `Authentication MD5Password`,
	"AuthenticationGSS": `Authentication GSS\n`, "AuthenticationSASL": `Authentication SASL\n`, "AuthenticationSASLContinue": `Authentication SASLContinue`, "AuthenticationSASLFinal": `Authentication SASLFinal`,
	"BackendKeyData": `BackendKeyData pid`, "BindComplete": `BindComplete`, "CloseComplete": `CloseComplete`, "CommandComplete": `CommandComplete "`,
	"CopyInResponse": `CopyInResponse 0`, "CopyOutResponse": `CopyOutResponse 0`, "CopyBothResponse": `CopyBothResponse 0`, "CopyData of the server": `(?m)CopyOutResponse.*\nCopyData`, "CopyDone of the server": `(?m)^CopyData.*\nCopyDone\nCommandComplete`,
	"DataRow": `DataRow 1`, "EmptyQueryResponse": `EmptyQueryResponse`, "ErrorResponse": `ErrorResponse S`, "FunctionCallResponse": `FunctionCallResponse "`,
	"NegotiateProtocolVersion": `NegotiateProtocolVersion 0`, "NoData": `NoData`, "NoticeResponse": `NoticeResponse S`, "NotificationResponse": `NotificationResponse pid`, "ParameterDescription": `ParameterDescription 1`,
	"ParameterStatus": `ParameterStatus "`, "ParseComplete": `ParseComplete`, "PortalSuspended": `PortalSuspended`, "ReadyForQuery idle": `ReadyForQuery I`, "ReadyForQuery in a transaction": `ReadyForQuery T`,
	"ReadyForQuery in a failed transaction": `ReadyForQuery E`, "RowDescription": `RowDescription 1`,
}

// Every kind of message of the protocol stands in some dialogue that is played straight and through Cordon. Left are those of a Kerberos server and of Windows (AuthenticationGSSContinue, AuthenticationSSPI), which TestAuthenticationOfEveryKind has.
func TestEveryMessageHasADialogue(t *testing.T) {
	var all strings.Builder
	for _, folder := range []string{"transparent", "login", "tls"} {
		for _, path := range dialogues(t, folder) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(messages)) {
		if !regexp.MustCompile(messages[name]).MatchString(all.String()) {
			t.Errorf("no dialogue has %s", name)
		}
	}
}

// What docs/testing.md names as the proof of something must be there.
func TestWhatTheAccountNamesIsThere(t *testing.T) {
	text, err := os.ReadFile("../docs/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, folder := range []string{"transparent", "restricted", "login", "tls", "malformed"} {
		for _, path := range dialogues(t, folder) {
			there[dialogueName(path)], there[folder+"/"+dialogueName(path)] = true, true
		}
	}
	functions := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	err = filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range functions.FindAllSubmatch(source, -1) {
			there[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	_, account, ok := strings.Cut(string(text), "\n## What proxies forget\n")
	if !ok {
		t.Fatal("docs/testing.md has no account")
	}
	account, _, _ = strings.Cut(account, "\n## ")
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(account, -1) {
		if name := m[1]; !there[name] && (strings.HasPrefix(name, "Test") || regexp.MustCompile(`^[a-z0-9.]+(-[a-z0-9.]+)+$`).MatchString(name)) {
			t.Errorf("%s is not there", name)
		}
	}
	for _, m := range regexp.MustCompile(`\b(Test|Fuzz)[A-Z]\w+`).FindAllString(string(text), -1) {
		if !there[m] && m != "TestTools" {
			t.Errorf("there is no test %s", m)
		}
	}
}
