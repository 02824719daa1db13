package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cordon/internal/pgtest"
	"cordon/policy"
	"cordon/wire"
)

const bobLine = "bob: {roles: [sales], attributes: {employee_id: 8}}"

// Who is disabled, removed or out of time loses sessions and running statements; on a shared login only what is theirs.
func TestLeaving(t *testing.T) {
	for what, change := range map[string]struct{ line, own, shared, after string }{
		"disabled": {"bob: {roles: [sales], disabled: true}", `user "bob" is disabled`, `user "bob" is disabled`, `user "bob" is disabled`},
		"removed":  {"zoe: {}", `user "bob" is no longer one of the policy's`, `user "bob" is no longer one of the policy's`, `the policy has no user "bob"`},
		"expired": {"bob: {roles: [sales], valid_until: 2020-01-01T00:00:00Z}", `user "bob" was valid until 2020-01-01T00:00:00Z`, `user "bob" was valid until 2020-01-01T00:00:00Z`,
			`user "bob" was valid until 2020-01-01T00:00:00Z`},
	} {
		t.Run(what, func(t *testing.T) {
			f, _, db := crm(t, nil)
			ctx := context.Background()
			own, idle, shared, other := f.connect(t, "bob", db, ""), f.connect(t, "bob", db, ""), f.connect(t, "app", db, ""), f.connect(t, "app", db, "")
			m := pgx.QueryExecModeSimpleProtocol
			expect(t, show(shared, m, "SET cordon.user = 'bob'"), "SET")
			expect(t, show(other, m, "SET cordon.user = 'alice'"), "SET")
			slow := "SELECT count(*) FROM plain a, plain b, plain c, plain d"
			answer := make(chan string, 3)
			run := func(c *pgx.Conn, sql string) { answer <- show(c, m, sql) }
			go run(own, slow)
			go run(shared, slow)
			long := make(chan string, 1)
			go func() { long <- show(other, m, "SELECT count(*) FROM plain a, plain b, generate_series(1, 20)") }()
			for deadline, running := time.Now().Add(time.Minute), 0; running < 3 && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
				running = 0
				for _, s := range f.all() {
					s.pending.mu.Lock()
					if s.pending.running() != nil {
						running++
					}
					s.pending.mu.Unlock()
				}
			}
			f.SetPolicy(parsePolicy(t, strings.Replace(crmPolicy, bobLine, change.line, 1)))
			got := map[string]bool{<-answer: true, <-answer: true}
			want := map[string]bool{"FATAL 57P01: terminating connection: " + change.own: true, "ERROR 28000: canceling statement: " + change.shared: true}
			expect(t, fmt.Sprint(got), fmt.Sprint(want))
			if err := idle.Ping(ctx); err == nil {
				t.Error("an idle session of bob's goes on")
			}
			// The shared login goes on, for the others.
			expect(t, show(shared, m, count), "ERROR 28000: "+change.after)
			expect(t, show(shared, m, "/*user='alice'*/ "+count), `ERROR 28000: the setting cordon.user says "bob", and the comment says "alice"`)
			expect(t, show(shared, m, "SET cordon.user = 'alice'"), "SET")
			expect(t, show(shared, m, count), "110\nSELECT 1")
			expect(t, <-long, "20000000\nSELECT 1")
			if what != "removed" { // a login that the policy does not know is a person without roles
				_, err := pgconn.Connect(ctx, "postgres://bob@"+f.addr+"/"+db+"?sslmode=disable")
				if e := pgError(err); e == nil || e.Code != "28000" || e.Message != change.own {
					t.Error(err)
				}
			}
		})
	}
}

// valid_until acts on a running statement at its moment, without a reload.
func TestValidUntilOnASharedLogin(t *testing.T) {
	f, _, db := crm(t, nil)
	end := time.Now().Add(9 * time.Second).UTC().Truncate(time.Second).Add(time.Second).Format(time.RFC3339)
	f.SetPolicy(parsePolicy(t, strings.Replace(crmPolicy, bobLine, "bob: {roles: [sales], attributes: {employee_id: 8}, valid_until: "+end+"}", 1)))
	c := f.connect(t, "app", db, "")
	m := pgx.QueryExecModeSimpleProtocol
	expect(t, show(c, m, "SET cordon.user = 'bob'"), "SET")
	expect(t, show(c, m, count), "10\nSELECT 1")
	expect(t, show(c, m, "SELECT count(*) FROM generate_series(1, 1000) a, generate_series(1, 1000) b, generate_series(1, 1000) c, generate_series(1, 1000) d"), `ERROR 28000: canceling statement: user "bob" was valid until `+end)
	expect(t, show(c, m, count), `ERROR 28000: user "bob" was valid until `+end)
}

// A rule's when by application and certificate is followed inside the session.
func TestWhenByApplicationAndCertificate(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	if err := pgtest.WriteCertificates(file("ca.crt"), file("server.crt"), file("server.key")); err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(file("server.crt"), file("server.key"))
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(file("ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	f, _, db := crm(t, func(s *Server) {
		s.TLS = ClientTLS{Mode: TLSAllow, Config: &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: pool}}
	})
	text := strings.Replace(crmPolicy, "rules:\n", `rules:
  - {name: from the report, roles: [sales], tables: [public.customers], rows: "true", when: {application: ["report*"]}}
  - {name: with a certificate, roles: [sales], tables: [public.customers], rows: id <= 3, when: {certificate: [localhost]}}
`, 1)
	f.SetPolicy(parsePolicy(t, text))
	m := pgx.QueryExecModeSimpleProtocol
	c := f.connect(t, "bob", db, "")
	for range 2 {
		expect(t, show(c, m, count), "10\nSELECT 1")
		expect(t, show(c, m, "SET application_name = 'report 7'"), "SET")
		expect(t, show(c, m, count), "600\nSELECT 1")
		expect(t, show(c, m, "RESET application_name"), "RESET")
	}
	expect(t, show(f.connect(t, "bob", db, "&application_name=reports"), m, count), "600\nSELECT 1")
	config, err := pgx.ParseConfig("postgres://bob@" + f.addr + "/" + db + "?sslmode=require")
	if err != nil {
		t.Fatal(err)
	}
	config.TLSConfig = &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{pair}}
	with, err := pgx.ConnectConfig(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer with.Close(context.Background())
	expect(t, show(with, m, count), "3\nSELECT 1")
	// Without a certificate, and with one of somebody's own making.
	if err := pgtest.WriteCertificates(file("other-ca.crt"), file("other.crt"), file("other.key")); err != nil {
		t.Fatal(err)
	}
	other, err := tls.LoadX509KeyPair(file("other.crt"), file("other.key"))
	if err != nil {
		t.Fatal(err)
	}
	config.TLSConfig = &tls.Config{InsecureSkipVerify: true}
	without, err := pgx.ConnectConfig(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer without.Close(context.Background())
	expect(t, show(without, m, count), "10\nSELECT 1")
	config.TLSConfig = &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{other}}
	if forged, err := pgx.ConnectConfig(context.Background(), config); err == nil {
		forged.Close(context.Background())
		t.Error("a certificate of another authority is let in")
	}
}

// A request to cancel that comes while Cordon asks the server something of its own, for the client's statement, cancels the statement.
func TestCancelOfOwnQuestion(t *testing.T) {
	f, pg, db := crm(t, func(s *Server) { s.Limits.CatalogCheck = time.Nanosecond }) // it is asked for each time
	ctx := context.Background()
	c := f.connect(t, "bob", db, "")
	m := pgx.QueryExecModeSimpleProtocol
	blocker, err := pgx.Connect(ctx, pg.DSN(db))
	if err != nil {
		t.Fatal(err)
	}
	defer blocker.Close(ctx)
	expect(t, show(blocker, m, "BEGIN"), "BEGIN")
	expect(t, show(blocker, m, "LOCK pg_catalog.pg_class IN ACCESS EXCLUSIVE MODE"), "LOCK TABLE")
	answer := make(chan string, 1)
	go func() { answer <- show(c, m, count) }()
	for waiting, end := "", time.Now().Add(20*time.Second); waiting != "true\nSELECT 1" && time.Now().Before(end); {
		waiting = show(blocker, m, "SELECT pg_catalog.count(*) > 0 FROM pg_catalog.pg_locks WHERE NOT granted")
	}
	if err := c.PgConn().CancelRequest(ctx); err != nil {
		t.Fatal(err)
	}
	expect(t, <-answer, "ERROR 57014: canceling statement due to user request")
	expect(t, show(blocker, m, "ROLLBACK"), "ROLLBACK")
	expect(t, show(c, m, count), "10\nSELECT 1")
}

// waitRunning waits until a session of the login runs a statement.
func waitRunning(t *testing.T, f *front, login string) *session {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		for _, s := range f.all() {
			s.pending.mu.Lock()
			running := s.login == login && s.pending.running() != nil
			s.pending.mu.Unlock()
			if running {
				return s
			}
		}
	}
	t.Fatal("nothing runs")
	return nil
}

// waitGone waits until a session has ended.
func waitGone(t *testing.T, f *front, s *session) {
	t.Helper()
	for end := time.Now().Add(time.Minute); slices.Contains(f.all(), s); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the session goes on")
		}
	}
}

const forHours = "SELECT count(*) FROM plain a, plain b, plain c, plain d"

// What another person has sent behind the statement of somebody who leaves is not hit: the server is not given it before that is over. In simple and extended queries.
func TestLeavingHitsNobodyElse(t *testing.T) {
	f, _, db := crm(t, nil)
	bobs, alices := forHours+" /*user='bob'*/", count+" /*user='alice'*/"
	run := func(sql string) []byte { return frames(p("", sql), b("", ""), x("", 0), sy()) }
	after := strings.Replace(crmPolicy, bobLine, "bob: {roles: [sales], disabled: true}", 1)
	for range 5 {
		for what, sent := range map[string][]byte{"simple": frames(q(bobs), q(alices), q(alices)), "extended": frames(run(bobs), run(alices), run(alices)), "mixed": frames(q(bobs), run(alices), q(alices))} {
			f.SetPolicy(parsePolicy(t, crmPolicy))
			conn := login(t, f.addr, "app", db)
			if _, err := conn.Write(sent); err != nil {
				t.Fatal(err)
			}
			s := waitRunning(t, f, "app")
			s.pending.mu.Lock()
			sent := 0
			for i := range s.pending.n {
				if s.pending.at(i).run != nil {
					sent++
				}
			}
			s.pending.mu.Unlock()
			expect(t, fmt.Sprint(what, ": ", sent, " sent"), what+": 1 sent")
			f.SetPolicy(parsePolicy(t, after))
			var got []string
			for range 3 {
				for _, one := range until(t, conn, 'Z') {
					switch one.typ {
					case 'E':
						r, _ := wire.DecodeReport(nil, one.body)
						got = append(got, string(r.Get('M')))
					case 'D':
						got = append(got, string(one.body[6:]))
					}
				}
			}
			expect(t, what+": "+strings.Join(got, ", "), what+`: canceling statement: user "bob" is disabled, 110, 110`)
			conn.Close()
			waitGone(t, f, s)
		}
	}
}

// A client that does not read keeps nobody in: the server cannot notice the request to cancel while it waits to be read, so the session ends, after a number of looks that fit into a second.
func TestLeavingOfASlowReader(t *testing.T) {
	if whole := watchEvery * (1 + defaultPatience); whole > time.Second {
		t.Errorf("people who have left are let be for %v", whole)
	}
	f, pg, db := crm(t, func(s *Server) { s.patience = defaultPatience })
	conn := login(t, f.addr, "app", db)
	if _, err := conn.Write(q("SELECT repeat('x', 1000) FROM plain a, plain b, plain c, plain d /*user='bob'*/")); err != nil {
		t.Fatal(err)
	}
	s := waitRunning(t, f, "app")
	for fmt.Sprint(pg.Query(t, db, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'ClientWrite'")) != "[[1]]" {
		time.Sleep(10 * time.Millisecond)
	}
	f.SetPolicy(parsePolicy(t, strings.Replace(crmPolicy, bobLine, "bob: {roles: [sales], disabled: true}", 1)))
	waitGone(t, f, s)
}

// A token that expires while its statement runs, or whose person is taken out of the policy, ends the statement, and with it what follows.
func TestLeavingByToken(t *testing.T) {
	f, _, db := crm(t, nil)
	i := newIssuer(t)
	m := pgx.QueryExecModeSimpleProtocol
	both := i.policy(t, fromClaims)
	f.SetPolicy(both)
	c := f.connect(t, "app", db, "")
	short := i.sign(t, jwt.SigningMethodRS256, i.rsa, "r", i.claims("zoe", map[string]any{"exp": float64(time.Now().Add(2*time.Second).UnixMilli()) / 1000}))
	expect(t, show(c, m, "SET cordon.token = '"+short+"'"), "SET")
	expect(t, show(c, m, forHours), "ERROR 28000: canceling statement: the token of the statement has expired")
	expect(t, show(c, m, count), "ERROR 28000: the token in cordon.token is not accepted: it has expired")

	// zoe is known by her token alone; bob is one of the policy's too, until he is not.
	token := func(person string) string {
		return i.sign(t, jwt.SigningMethodRS256, i.rsa, "r", i.claims(person, nil))
	}
	without := *both
	without.Users = maps.Clone(both.Users)
	delete(without.Users, "bob")
	expect(t, show(c, m, "SET cordon.token = '"+token("bob")+"'"), "SET")
	expect(t, show(c, m, count), "110\nSELECT 1")
	answer := make(chan string, 1)
	go func() { answer <- show(c, m, forHours) }()
	waitRunning(t, f, "app")
	f.SetPolicy(&without)
	expect(t, <-answer, `ERROR 28000: canceling statement: user "bob" is no longer one of the policy's`)
	expect(t, show(c, m, count), `ERROR 28000: user "bob" is no longer one of the policy's`)
	expect(t, show(c, m, "SET cordon.token = '"+token("zoe")+"'"), "SET")
	expect(t, show(c, m, count), "110\nSELECT 1")
	f.SetPolicy(parsePolicyAgain(&without))
	expect(t, show(c, m, "SET cordon.token = '"+token("bob")+"'"), "SET")
	expect(t, show(c, m, count), `ERROR 28000: user "bob" is no longer one of the policy's`)
	f.SetPolicy(both)
	expect(t, show(c, m, count), "110\nSELECT 1")
}

// parsePolicyAgain is the same policy after a reload.
func parsePolicyAgain(p *policy.Policy) *policy.Policy {
	again := *p
	return &again
}
