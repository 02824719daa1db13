package policy

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"cordon/internal/golden"
)

// The cases under testdata/decide show what people may do:
//
//	policy                                           a policy, for the cases that follow; its answer is ok, or the mistakes
//	decide user=… [login=…] [at=…] [from=…] table=…   what the person may do with a table
//	bind user=… [login=…] [at=…] [from=…]             what the person may do at all
//	same user=…,… …                                   whether these people share decisions
func TestDecide(t *testing.T) {
	var p *Policy
	golden.RunAll(t, "testdata/decide/*.case", func(t *testing.T, d *golden.Directive) string {
		if p == nil && d.Name != "policy" {
			t.Fatal("there is no policy")
		}
		switch d.Name {
		case "policy":
			var err error
			p, err = Parse("policy.yaml", []byte(d.Input))
			if err != nil {
				return err.Error()
			}
			return "ok"
		case "decide":
			g := p.Bind(subject(t, p, d, d.Arg("user")))
			schema, name, _ := strings.Cut(d.Arg("table"), ".")
			decision := g.Decide(TableName{schema, name})
			if again := g.Decide(TableName{schema, name}); again != decision {
				t.Error("asked again, Decide gives another decision")
			}
			return show(decision, "")
		case "bind":
			g := p.Bind(subject(t, p, d, d.Arg("user")))
			var out strings.Builder
			if g.Invalid != "" {
				fmt.Fprintf(&out, "invalid       %s\n", g.Invalid)
			}
			if !g.Until.IsZero() {
				fmt.Fprintf(&out, "until         %s\n", g.Until.UTC().Format(time.RFC3339))
			}
			fmt.Fprintf(&out, "may           %s\n", g.Powers())
			fmt.Fprintf(&out, "raw tables    %v\n", g.RawTables())
			fmt.Fprintf(&out, "unrestricted  %v\n", g.Unrestricted())
			for _, f := range d.Values("functions") {
				schema, name, _ := strings.Cut(f, ".")
				fmt.Fprintf(&out, "function      %s %v\n", f, g.Function(schema, name))
			}
			for _, n := range d.Values("names") {
				schema, name, _ := strings.Cut(n, ".")
				fmt.Fprintf(&out, "names         %s %v, itself %v\n", n, g.Names(TableName{schema, name}), g.NamesItself(TableName{schema, name}))
			}
			return out.String()
		case "same":
			keys := map[[32]byte]bool{}
			for _, user := range d.Values("users") {
				keys[p.Bind(subject(t, p, d, user)).Key] = true
			}
			return fmt.Sprintf("%d of %d keys\n", len(keys), len(d.Values("users")))
		default:
			t.Fatalf("%s: unknown directive %q", d.Pos(), d.Name)
			return ""
		}
	})
}

// subject is the person of a case, by default on a Wednesday noon from 10.1.2.3 over a login of their own name.
func subject(t *testing.T, p *Policy, d *golden.Directive, user string) Subject {
	now, client, login := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), netip.MustParseAddr("10.1.2.3"), user
	if at := d.Arg("at"); at != "" {
		var err error
		if now, err = time.Parse(time.RFC3339, at); err != nil {
			t.Fatal(err)
		}
	}
	switch from := d.Arg("from"); from {
	case "":
	case "socket":
		client = netip.Addr{}
	default:
		client = netip.MustParseAddr(from)
	}
	if l := d.Arg("login"); l != "" {
		login = l
	}
	return p.Subject(user, login, client, now)
}

// show prints a decision.
func show(d *Decision, indent string) string {
	var out strings.Builder
	line := func(key, format string, args ...any) {
		fmt.Fprintf(&out, "%s%-11s %s\n", indent, key, fmt.Sprintf(format, args...))
	}
	line("verdict", "%s", d.Verdict)
	if d.Rule != nil {
		line("rule", "%q %s", d.Rule.Name, d.Rule.Position())
	}
	if d.Reason != "" {
		line("reason", "%s", d.Reason)
	}
	if d.Verdict != Denied {
		line("allow", "%s", d.Allow)
	}
	if d.Rows != nil {
		line("rows", "%s", d.RowsSQL())
	}
	for _, m := range d.Masks {
		text := m.Mask.Title()
		if m.Exact != nil {
			text += ", match exact"
			if *m.Exact != (Exact{DefaultTries, DefaultTriesPer}) {
				text += fmt.Sprintf(" (%d per %s)", m.Exact.Tries, m.Exact.Per)
			}
		}
		if m.Unless != nil {
			text += ", unless " + d.SQL(m.Unless)
		}
		if m.Mask.SQL != nil {
			text += ": " + d.SQL(m.Mask.SQL)
		}
		line("mask", "%s: %s", m.Column, text)
	}
	for _, f := range d.Force {
		line("force", "%s = %s", f.Column, d.SQL(f.Value))
	}
	if len(d.ReadOnly) > 0 {
		line("read only", "%s", strings.Join(d.ReadOnly, ", "))
	}
	if e := d.Export; e != nil {
		line("export", "%s, over: %s", strings.Join(e.Words(), ", "), e.Over)
	}
	if d.WriteBackDeny {
		line("write back", "deny")
	}
	if d.MaskedInsertDeny {
		line("masked insert", "deny")
	}
	switch d.References {
	case ReferencesCheckAll:
		line("references", "check")
	case ReferencesAllow:
		line("references", "allow")
	}
	if d.Observe {
		line("observe", "true")
	}
	if d.Observed != nil {
		line("observed", "")
		out.WriteString(show(d.Observed, indent+"    "))
	}
	return out.String()
}

func TestDecideDoesNotAllocateAgain(t *testing.T) {
	p, err := Parse("policy.yaml", []byte("version: 1\nrules:\n  - {name: r, tables: [public.*], rows: a = 1}\n"))
	if err != nil {
		t.Fatal(err)
	}
	g := p.Bind(p.Subject("x", "x", netip.Addr{}, time.Unix(0, 0)))
	table := TableName{"public", "t"}
	g.Decide(table)
	if n := testing.AllocsPerRun(100, func() { g.Decide(table) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	for i := range maxDecisions * 2 {
		g.Decide(TableName{"public", fmt.Sprint(i)})
	}
	if len(g.decisions) > maxDecisions {
		t.Errorf("%d decisions are remembered", len(g.decisions))
	}
}

// The zero values deny.
func TestZeroDenies(t *testing.T) {
	var g Grant
	if d := g.Decide(TableName{"public", "t"}); d.Verdict != Denied || d.Reason != "no policy is in force" {
		t.Errorf("the zero grant gives %v, %q", d.Verdict, d.Reason)
	}
	if g.Unrestricted() || g.RawTables() || g.May(MayDDL) || g.May(0) || g.Function("public", "f") {
		t.Error("the zero grant grants")
	}
	if new(Decision).Verdict != Denied {
		t.Error("the zero decision does not deny")
	}
}

func BenchmarkBind(b *testing.B) {
	var rules strings.Builder
	for i := range 50 {
		fmt.Fprintf(&rules, "  - {name: r%d, roles: [sales], tables: [public.t%d], rows: owner_id = me.employee_id, when: {days: mon-fri, hours: \"08:00-20:00\", tz: Asia/Shanghai}}\n", i, i)
	}
	p, err := Parse("policy.yaml", []byte("version: 1\nusers: {alice: {roles: [sales], attributes: {employee_id: 7}}}\nrules:\n"+rules.String()))
	if err != nil {
		b.Fatal(err)
	}
	s := p.Subject("alice", "alice", netip.Addr{}, time.Unix(1_800_000_000, 0))
	b.ReportAllocs()
	for b.Loop() {
		p.Bind(s)
	}
}

func BenchmarkDecide(b *testing.B) {
	p, err := Parse("policy.yaml", []byte("version: 1\nrules:\n  - {name: r, tables: [public.*], rows: a = 1}\n"))
	if err != nil {
		b.Fatal(err)
	}
	g := p.Bind(p.Subject("x", "x", netip.Addr{}, time.Unix(0, 0)))
	b.ReportAllocs()
	for b.Loop() {
		g.Decide(TableName{"public", "t"})
	}
}
