package smithtest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"cordon/internal/instance"
	"cordon/internal/pgtest"
)

// canary stands in every hidden row and behind every mask; canaryNumber behind the masks of numbers.
const (
	canary       = "CANARY"
	canaryNumber = "7654321.98"
)

// defect is in every answer that a fault of Cordon's own is behind.
const defect = "This is a defect of Cordon"

const hide = `
UPDATE customers SET name = 'CANARY' || id, phone = 'CANARY' || id, email = 'CANARY' || id || '@x', note = 'CANARY' || id, profile = '{"phone": "CANARY"}', tags = '{CANARY}' WHERE owner_id IS DISTINCT FROM 7;
UPDATE customers SET phone = '138CANARY' || right(phone, 4), email = 'uCANARY@corp.cn', id_card = 'CANARY',
	profile = profile || '{"phone": "139CANARY1234", "emergency": "CANARY", "address": {"street": "CANARY", "city": "x"}}' WHERE owner_id = 7;
UPDATE events SET kind = 'CANARY', payload = '"CANARY"' WHERE owner_id <> 7;
UPDATE orders SET status = 'CANARY' WHERE customer_id NOT IN (SELECT id FROM customers WHERE owner_id = 7);
UPDATE "Odd Names" SET "a.b" = 'CANARY';
UPDATE "Odd Names" SET "select" = 'CANARY' WHERE owner_id <> 7;
UPDATE secrets SET what = 'CANARY';
UPDATE employees SET salary = 7654321.98;
REFRESH MATERIALIZED VIEW customer_copy;
ANALYZE;
CREATE ROLE alice LOGIN;
GRANT ALL ON ALL TABLES IN SCHEMA public TO alice;
GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO alice;
`

// TestNoHiddenValueInTraffic runs for CORDON_SQLSMITH, such as 10m; without it, or without the program, it only makes sure that the canaries are where they would be seen.
func TestNoHiddenValueInTraffic(t *testing.T) {
	schema, err := os.ReadFile("../../rewrite/testdata/schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	policy, err := os.ReadFile("../../rewrite/testdata/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	server := pgtest.Start(t)
	server.Exec(t, "postgres", "CREATE DATABASE smith")
	server.Exec(t, "smith", string(schema))
	server.Exec(t, "smith", hide)

	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "policy.yaml"), policy, 0o600); err != nil {
		t.Fatal(err)
	}
	program, err := instance.Build(t.Context(), dir, "cordon/cmd/cordon")
	if err != nil {
		t.Fatal(err)
	}
	proxy, err := instance.Start(t.Context(), program, dir, server.Addr(), func(listen, upstream, admin string) string {
		return fmt.Sprintf("listen: %s\nupstream: %s\nupstream_tls: {mode: disable}\npolicy: policy.yaml\naudit: {dir: audit, key: audit.key}\nadmin: {listen: %s}\n", listen, upstream, admin)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := proxy.Stop(); err != nil { // it also ends with an error when it crashed
			t.Errorf("%v\n%s", err, proxy.Log())
		}
	}()

	if got := everything(t, server.Addr()); !bytes.Contains(got, []byte(canary)) || !bytes.Contains(got, []byte(canaryNumber)) {
		t.Fatal("the hidden values are not seen directly either: the test would find nothing")
	}
	tap := listen(t, proxy.Addr)
	everything(t, tap.addr)
	limit, err := time.ParseDuration(os.Getenv("CORDON_SQLSMITH"))
	if smith, missing := exec.LookPath("sqlsmith"); err == nil && missing == nil {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		host, port, _ := net.SplitHostPort(tap.addr)
		cmd := exec.CommandContext(ctx, smith, "--target=host="+host+" port="+port+" user=alice dbname=smith sslmode=disable", "--seed="+cmp.Or(os.Getenv("CORDON_SEED"), "1"))
		out, err := cmd.CombinedOutput()
		if ctx.Err() == nil {
			t.Errorf("sqlsmith ended before its time: %v\n%s", err, out)
		}
	}
	everything(t, tap.addr) // it still serves
	seen := tap.end()
	for _, hidden := range []string{canary, canaryNumber} {
		if i := bytes.Index(seen, []byte(hidden)); i >= 0 {
			t.Errorf("a hidden value came through: %q", seen[max(0, i-200):min(len(seen), i+100)])
		}
	}
	for _, d := range tap.defects {
		t.Errorf("a defect came to light: %s", d)
	}
	t.Logf("%d bytes read", len(seen))
}

// everything reads every table as alice, and gives what she saw.
func everything(t *testing.T, addr string) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, table := range []string{"customers", "orders", "events", `"Odd Names"`, "employees", "customer_orders", "nested_view"} {
		out, err := pgtest.Psql(pgtest.DSN(addr, "alice", "", "smith"), "SELECT * FROM "+table)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		b.WriteString(out)
	}
	return b.Bytes()
}

// A tap stands before an address and keeps what comes from it.
type tap struct {
	addr string
	l    net.Listener
	wg   sync.WaitGroup

	mu      sync.Mutex
	seen    bytes.Buffer // guarded by mu, as is the next
	defects []string     // answers that call themselves a defect of Cordon, each with what the client had sent
}

// A dialogue is one connection's: a client that asks, waits for the answer, and asks again.
type dialogue struct {
	tap      *tap
	mu       sync.Mutex
	question []byte // guarded by mu, as is the next
	answer   []byte // to it, so far
}

// ask keeps what the client sends.
func (d *dialogue) ask(b []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.answer) > 0 {
		d.question, d.answer = nil, nil
	}
	d.question = append(d.question, b...)
}

// Write keeps what comes back.
func (d *dialogue) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	from := max(0, len(d.answer)-len(defect)) // it may come in two parts
	d.answer = append(d.answer, b...)
	d.tap.mu.Lock()
	defer d.tap.mu.Unlock()
	if bytes.Contains(d.answer[from:], []byte(defect)) {
		d.tap.defects = append(d.tap.defects, fmt.Sprintf("%q\nto\n%s", d.answer, d.question))
	}
	return d.tap.seen.Write(b)
}

// An asker keeps what passes to the server.
type asker struct{ *dialogue }

func (a asker) Write(b []byte) (int, error) {
	a.ask(b)
	return len(b), nil
}

func listen(t *testing.T, addr string) *tap {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{addr: l.Addr().String(), l: l}
	p.wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", addr)
			if err != nil {
				client.Close()
				continue
			}
			d := &dialogue{tap: p}
			p.wg.Go(func() {
				io.Copy(io.MultiWriter(asker{d}, upstream), client)
				upstream.Close()
			})
			p.wg.Go(func() {
				io.Copy(io.MultiWriter(d, client), upstream)
				client.Close()
			})
		}
	})
	return p
}

// end gives all that came back.
func (p *tap) end() []byte {
	p.l.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Clone(p.seen.Bytes())
}
