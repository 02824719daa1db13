package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cordon/audit"
)

// reportLog is a small log with what reports tell apart.
func reportLog(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "audit")
	now := time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)
	log, err := audit.Open(context.Background(), audit.Options{Dir: dir, KeyFile: dir + ".key", Node: "n", Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := log.Tokens()
	if err != nil {
		t.Fatal(err)
	}
	s := audit.NewSession(audit.SessionInfo{ID: "s1", Login: "crm", Client: netip.MustParseAddrPort("10.0.0.9:4000"), Application: `=cmd|' /C calc'!A0 <b>`, TLS: "TLS 1.3"})
	log.Event(audit.Event{Kind: audit.SessionOpen, Session: s})
	log.Event(audit.Event{Kind: audit.PolicyLoad, Data: map[string]any{"digest": strings.Repeat("ab", 32)}})
	customers := audit.Relation{Name: "public.customers", Op: "select", Columns: []string{"name", "phone"}, Masked: []string{"phone"}, Tags: []string{"spi"}, Rule: "serve own customers"}
	one := audit.EncodeStatic(audit.Static{Kind: "select", Command: "SELECT", Decision: audit.Rewrite, Rules: []string{"serve own customers"}, Redacted: "SELECT name, phone FROM customers WHERE id = $?", Subjects: []string{"public.customers"}, Relations: []audit.Relation{customers, customers}})
	many := audit.EncodeStatic(audit.Static{Kind: "copy_to", Command: "COPY", Decision: audit.Rewrite, Rules: []string{"monthly statistics"}, Redacted: "COPY customers TO STDOUT", Subjects: []string{"public.customers"}, Relations: []audit.Relation{customers}})
	do := func(n uint64, person string, static []byte, o audit.Outcome) {
		ref, err := log.Intent(&audit.Intent{Session: s, Number: n, Time: now.Add(time.Duration(n) * time.Minute), Person: person, How: "setting", Static: static, SQL: "SELECT secret"})
		if err != nil {
			t.Fatal(err)
		}
		log.Outcome(ref, o)
	}
	token := tokens.Token("public.customers", []byte("123"))
	do(1, "alice", one, audit.Outcome{End: audit.Done, Rows: 1, Subjects: []audit.Subjects{{Of: "public.customers", Tokens: []audit.SubjectToken{token}, Whole: true}}})
	do(2, "bob", many, audit.Outcome{End: audit.Done, Rows: 5000, Subjects: []audit.Subjects{{Of: "public.customers", Bulk: true}}})
	do(3, "alice", one, audit.Outcome{End: audit.Failed, SQLState: "57014"})
	if err := log.Blocked(&audit.Intent{Session: s, Number: 4, Time: now.Add(4 * time.Minute), Person: "alice", Static: audit.EncodeStatic(audit.Static{Kind: "select", Decision: audit.Block, Redacted: "SELECT * FROM salaries"})}, audit.Refusal{SQLState: "42501", Message: "no"}); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// ask runs a command and returns what it says, without the first three facts of a report in CSV: when it was made, of which log, of which time.
func askReport(t *testing.T, args ...string) string {
	t.Helper()
	var out, bad bytes.Buffer
	if code := run(append([]string{"report"}, args...), &out, &bad); code != exitOK {
		t.Fatalf("%v: %d %s%s", args, code, out.String(), bad.String())
	}
	return out.String()
}

func withoutHead(s string) string {
	lines := strings.SplitAfter(strings.TrimPrefix(s, "\ufeff"), "\n")
	kept := lines[:0]
	for _, l := range lines {
		if !strings.Contains(l, ",made,") && !strings.Contains(l, ",生成时间,") && !strings.Contains(l, ",log,") && !strings.Contains(l, ",日志,") {
			kept = append(kept, l)
		}
	}
	return strings.Join(kept, "")
}

// Reports on people say what the log says. An application's name can be no formula and no markup.
func TestReportPerson(t *testing.T) {
	dir := reportLog(t)
	got := withoutHead(askReport(t, "person", "--dir", dir, "--person", "alice", "--format", "csv"))
	const want = `What alice did,period,2026-11-02T09:30:00Z – 2026-11-02T09:30:00Z
What alice did,person,alice
What alice did,statements,3
What alice did,refused,1
What alice did,"ended with an error, cancelled or stopped",1
What alice did,rows in all,1
What alice did,"statements over 1,000 rows",0
What alice did,people whose data is known to have been shown,1
By table,tables,statements,refused,rows,columns in clear,columns masked
By table,public.customers,2,0,1,name,phone
By purpose (rule),purpose (rule),statements,rows
By purpose (rule),serve own customers,2,1
Refused,result,statements
Refused,42501 no,1
From where,database login,application,client,statements
From where,crm,'=cmd|' /C calc'!A0 <b>,10.0.0.9,3
By day (UTC),day,statements,refused,rows
By day (UTC),2026-11-02,3,1,1
Every statement,time (UTC),database login,application,client,tables,columns in clear,columns masked,purpose (rule),decision,rows,result,statement (form),record
Every statement,2026-11-02 09:31:00,crm,'=cmd|' /C calc'!A0 <b>,10.0.0.9:4000,public.customers,customers.name,customers.phone,serve own customers,rewrite,1,ok,"SELECT name, phone FROM customers WHERE id = $?",4
Every statement,2026-11-02 09:33:00,crm,'=cmd|' /C calc'!A0 <b>,10.0.0.9:4000,public.customers,customers.name,customers.phone,serve own customers,rewrite,0,error 57014,"SELECT name, phone FROM customers WHERE id = $?",8
Every statement,2026-11-02 09:34:00,crm,'=cmd|' /C calc'!A0 <b>,10.0.0.9:4000,,,,–,block,,refused 42501,SELECT * FROM salaries,10
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if page := askReport(t, "person", "--dir", dir, "--person", "alice"); strings.Contains(page, "<b>") || strings.Contains(page, "secret") || !strings.Contains(page, "&lt;b&gt;") {
		t.Error(page)
	} else if !strings.Contains(page, "<tr><td class=\"w\" colspan=\"12\"><code>SELECT name, phone") { // beside the others it would be beyond the paper's edge
		t.Error(page)
	}
	if page := askReport(t, "person", "--dir", dir, "--person", "alice", "--lang", "zh"); !strings.Contains(page, "<html lang=\"zh-CN\">") || !strings.Contains(page, "<h2>逐条语句</h2>") {
		t.Error(page)
	}
}

// The subject's edition of a report names nobody who works there.
func TestReportSubject(t *testing.T) {
	dir := reportLog(t)
	args := []string{"subject", "--dir", dir, "--table", "public.customers", "--key", "123", "--format", "csv"}
	got := withoutHead(askReport(t, args...))
	const internal = `Who saw the data of one person (internal edition),period,2026-11-02T09:30:00Z – 2026-11-02T09:30:00Z
Who saw the data of one person (internal edition),table and key,"public.customers, 123"
Who saw the data of one person (internal edition),consultations known for certain,1
Who saw the data of one person (internal edition),"possible ones, of data of many people at once",1
By person,person,exact,possible
By person,alice,1,0
By person,bob,0,1
Every consultation,time (UTC),person,certainty,database login,application,client,columns in clear,columns masked,purpose (rule),rows,result,statement (form),record
Every consultation,2026-11-02 09:31:00,alice,exact,crm,'=cmd|' /C calc'!A0 <b>,10.0.0.9:4000,name,phone,serve own customers,1,ok,"SELECT name, phone FROM customers WHERE id = $?",4
Every consultation,2026-11-02 09:32:00,bob,possible,crm,'=cmd|' /C calc'!A0 <b>,10.0.0.9:4000,name,phone,monthly statistics,5000,ok,COPY customers TO STDOUT,6
`
	if got != internal {
		t.Errorf("got\n%s\nwant\n%s", got, internal)
	}
	got = withoutHead(askReport(t, append(args, "--edition", "subject", "--lang", "zh")...))
	const theirs = `您的个人信息被查阅的时间与目的,期间,2026-11-02T09:30:00Z – 2026-11-02T09:30:00Z
您的个人信息被查阅的时间与目的,数据表与主键,"public.customers, 123"
您的个人信息被查阅的时间与目的,确定的查阅次数,1
您的个人信息被查阅的时间与目的,可能涉及的批量查阅次数,1
逐次查阅,时间（UTC）,目的（规则）,明文查阅的数据种类,脱敏后查阅的数据种类,确定性
逐次查阅,2026-11-02 09:31:00,serve own customers,name,phone,确定
逐次查阅,2026-11-02 09:32:00,monthly statistics,name,phone,可能
`
	if got != theirs {
		t.Errorf("got\n%s\nwant\n%s", got, theirs)
	}
}

// Each number of the compliance report is what its command gives.
func TestReportCompliance(t *testing.T) {
	dir := reportLog(t)
	page := askReport(t, "compliance", "--dir", dir, "--key", dir+".key.pub", "--format", "csv", "--sign-off", "li")
	rows, err := csvRows(page)
	if err != nil {
		t.Fatal(err)
	}
	articles, searched := 0, 0
	states := map[string]string{}
	for _, r := range rows {
		if r[0] != "Articles" || r[1] == "article" {
			continue
		}
		articles++
		states[r[1]] = r[4] + " " + r[5]
		words := strings.Fields(strings.ReplaceAll(r[6], "'", ""))
		if words[1] != "search" || strings.HasSuffix(words[3], ".review") {
			continue
		}
		searched++
		var out, bad bytes.Buffer
		run(words[1:], &out, &bad)
		got := strings.TrimSpace(out.String())
		switch {
		case strings.HasSuffix(r[6], "--by tls"):
			got = r[4][strings.Index(r[4], "/")+1:] + "/" + r[4][strings.Index(r[4], "/")+1:] // every line but one of -
			if strings.Contains(out.String(), "-") {
				t.Error(out.String())
			}
		case strings.HasSuffix(r[6], "--by person,login"):
			got = strconv.Itoa(strings.Count(out.String(), "-  -"))
		case !strings.HasSuffix(r[6], "--count"):
			lines := slices.DeleteFunc(strings.Split(got, "\n"), func(l string) bool { return strings.HasSuffix(l, "  -") })
			got = strconv.Itoa(len(lines))
		}
		if got != r[4] {
			t.Errorf("%s: the report says %s, %s gives %s", r[1], r[4], r[6], out.String())
		}
	}
	if articles != 29 || searched != 17 {
		t.Errorf("%d articles, %d of them searched", articles, searched)
	}
	for law, want := range map[string]string{"PIPL 6, 19": "3 shown", "PIPL 28": "3 to judge", "PIPL 51 (3)": "1/1 shown", "GB/T 35273-2020 11.3, 11.7": "0 shown", "GB/T 22239-2019 8.1.4.3 d": "0 shown", "GB/T 22239-2019 8.1.4.3 b": "0 shown",
		"Network Data Regulations 9, 11, 12, 27, 28":      "1 to judge",
		"PIPL 54; audit measures of the CAC (2025-05-01)": "0 gap", "PIPL 51 (4)": "1 to judge", "PIPL 57": "1 to judge", "GDPR 25, 30": "1 shown"} {
		if states[law] != want {
			t.Errorf("%s: %q, not %q", law, states[law], want)
		}
	}
	for _, law := range []string{"PIPL 55, 56", "Cybersecurity Law 23 (until 2025: 21)"} { // a young log of which nothing was dropped is no gap
		if !regexp.MustCompile(`^\d+/0 (to judge|shown)$`).MatchString(states[law]) {
			t.Errorf("%s: %q", law, states[law])
		}
	}
	// The sign-off is a record, and the next report knows it.
	if rows, err = csvRows(askReport(t, "compliance", "--dir", dir, "--key", dir+".key.pub", "--format", "csv", "--lang", "zh")); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, r := range rows {
		found = found || strings.HasPrefix(r[1], "个人信息保护法 第五十四条") && r[4] == "1" && r[5] == "有证据"
	}
	if !found {
		t.Error(rows)
	}
}

func csvRows(page string) ([][]string, error) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(page, "\ufeff")))
	r.FieldsPerRecord = -1
	return r.ReadAll()
}
