package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"cordon/audit"
	"cordon/parse"
)

// ocsfVersion is the version of OCSF's schema that testdata/ocsf.txt tells of, and that exports say they follow.
const ocsfVersion = "1.8.0"

// ocsfType is an event class or an object.
type ocsfType struct {
	number     int
	attributes map[string]ocsfAttribute
	atLeastOne []string
	profiles   []string
}

// ocsfAttribute is what may stand under a name.
type ocsfAttribute struct {
	kind             string // string, integer, …, {the name of an object}
	required         bool
	array            bool
	deprecated       bool
	profile, sibling string
	values           []int // the numbers that it may have; none: any
}

// String writes it as a line of the table has it.
func (a ocsfAttribute) String() string {
	var b strings.Builder
	b.WriteByte(':')
	if a.required {
		b.WriteString(" required")
	}
	b.WriteString(" " + a.kind)
	if a.array {
		b.WriteString(" list")
	}
	if a.deprecated {
		b.WriteString(" deprecated")
	}
	if a.profile != "" {
		b.WriteString(" profile=" + a.profile)
	}
	if a.sibling != "" {
		b.WriteString(" sibling=" + a.sibling)
	}
	if len(a.values) > 0 {
		b.WriteString(" : " + strings.Trim(fmt.Sprint(a.values), "[]"))
	}
	return b.String()
}

// ocsfSchema are the types by "event …" and "object …".
type ocsfSchema map[string]ocsfType

func readOCSFTable(t *testing.T) ocsfSchema {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "ocsf.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	schema := ocsfSchema{}
	name := ""
	for s := bufio.NewScanner(f); s.Scan(); {
		line := s.Text()
		first, rest, _ := strings.Cut(line, " ")
		now := schema[name]
		switch {
		case line == "" || first == "#":
			continue
		case first == "event" || first == "object":
			name, now = line, ocsfType{attributes: map[string]ocsfAttribute{}}
		case first == "number":
			if now.number, err = strconv.Atoi(rest); err != nil {
				t.Fatal(err)
			}
		case first == "profiles":
			now.profiles = strings.Fields(rest)
		case first == "at_least_one":
			now.atLeastOne = strings.Fields(rest)
			sort.Strings(now.atLeastOne)
		default:
			var a ocsfAttribute
			words, numbers, _ := strings.Cut(rest, " : ")
			for _, w := range strings.Fields(words) {
				switch key, value, _ := strings.Cut(w, "="); {
				case w == "required":
					a.required = true
				case w == "list":
					a.array = true
				case key == "profile":
					a.profile = value
				case key == "sibling":
					a.sibling = value
				case a.kind == "":
					a.kind = w
				default:
					t.Fatalf("%q: %q is not understood", line, w)
				}
			}
			for _, n := range strings.Fields(numbers) {
				v, err := strconv.Atoi(n)
				if err != nil {
					t.Fatal(err)
				}
				a.values = append(a.values, v)
			}
			attribute := strings.TrimSuffix(first, ":")
			if a.kind == "" || attribute == first || a.String() != ": "+rest {
				t.Fatalf("%q is not understood", line)
			}
			now.attributes[attribute] = a
		}
		schema[name] = now
	}
	return schema
}

// problem says what is wrong with an event, "" for nothing.
func (s ocsfSchema) problem(v map[string]any) string {
	class, _ := v["class_uid"].(float64)
	for name, of := range s {
		if !strings.HasPrefix(name, "event ") || of.number != int(class) {
			continue
		}
		activity, _ := v["activity_id"].(float64)
		metadata, _ := v["metadata"].(map[string]any)
		switch {
		case v["type_uid"] != class*100+activity:
			return "type_uid is not that of the class and the activity"
		case v["category_uid"] != float64(of.number/1000):
			return "category_uid is not that of the class"
		case metadata["version"] != ocsfVersion:
			return "metadata.version is not " + ocsfVersion
		}
		var profiles []string
		list, _ := metadata["profiles"].([]any)
		for _, p := range list {
			text, _ := p.(string)
			if !slices.Contains(of.profiles, text) {
				return fmt.Sprintf("the class has no profile %v", p)
			}
			profiles = append(profiles, text)
		}
		return s.look(strings.TrimPrefix(name, "event "), of, v, profiles)
	}
	return fmt.Sprintf("there is no class %v", v["class_uid"])
}

func (s ocsfSchema) look(at string, of ocsfType, v map[string]any, profiles []string) string {
	for name, a := range of.attributes {
		if a.required && (a.profile == "" || slices.Contains(profiles, a.profile)) && v[name] == nil {
			return at + " has no " + name
		}
	}
	if len(of.atLeastOne) > 0 && !slices.ContainsFunc(of.atLeastOne, func(name string) bool { return v[name] != nil }) {
		return at + " has none of " + strings.Join(of.atLeastOne, ", ")
	}
	for name, value := range v {
		a, ok := of.attributes[name]
		where := at + "." + name
		switch {
		case !ok:
			return where + " is not of the schema"
		case a.deprecated:
			return where + " is deprecated"
		case a.profile != "" && !slices.Contains(profiles, a.profile):
			return where + " is of the profile " + a.profile + ", which the event does not name"
		}
		list := []any{value}
		if a.array {
			if list, ok = value.([]any); !ok || len(list) == 0 {
				return where + " is no list, or an empty one"
			}
		}
		for _, one := range list {
			if why := s.value(where, a, one, profiles); why != "" {
				return why
			}
		}
		if n, ok := value.(float64); ok && n == 99 && a.sibling != "" && len(a.values) > 0 && (v[a.sibling] == nil || v[a.sibling] == "Other") {
			return where + " is 99, and " + a.sibling + " does not say what"
		}
	}
	return ""
}

// value holds one value against its type.
func (s ocsfSchema) value(where string, a ocsfAttribute, v any, profiles []string) string {
	n, number := v.(float64)
	text, isText := v.(string)
	ok := true
	switch a.kind {
	case "integer", "long", "timestamp":
		ok = number && n == float64(int64(n)) && (a.kind != "timestamp" || n > 1e12 && n < 1e13)
	case "port":
		ok = number && n >= 0 && n <= 65535
	case "boolean":
		_, ok = v.(bool)
	case "string", "username":
		ok = isText && text != ""
	case "ip":
		_, err := netip.ParseAddr(text)
		ok = isText && err == nil
	case "json":
		ok = v != nil
	case "object":
		_, ok = v.(map[string]any)
	default:
		of, known := s["object "+strings.Trim(a.kind, "{}")]
		o, isObject := v.(map[string]any)
		if !known || !isObject {
			return fmt.Sprintf("%s: %v is no %s", where, v, a.kind)
		}
		return s.look(where, of, o, profiles)
	}
	if !ok {
		return fmt.Sprintf("%s: %v is no %s", where, v, a.kind)
	}
	if len(a.values) > 0 && !slices.Contains(a.values, int(n)) {
		return fmt.Sprintf("%s cannot be %v", where, v)
	}
	return ""
}

// everyExecution makes what an export may meet: every kind of record that the log's source names, and statements of every class, decision and end, with much and with little known of them.
func everyExecution(t *testing.T) (list []*audit.Execution) {
	t.Helper()
	named := regexp.MustCompile(`(?m)^\s+\w+\s+(?:EventKind\s+)?= "([a-z_]+\.[a-z_]+)"`)
	paths, err := filepath.Glob("../../audit/*.go")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(path, "_test.go") {
			for _, m := range named.FindAllStringSubmatch(string(b), -1) {
				kinds[m[1]] = true
			}
		}
	}
	if len(kinds) < 40 || !kinds["stmt.blocked"] || !kinds["log.open"] || !kinds["session.auth_failed"] || !kinds["guard.release"] || !kinds["review.hold"] {
		t.Fatalf("%d kinds: %v", len(kinds), kinds)
	}
	at := time.Date(2026, 11, 2, 9, 30, 0, 123456789, time.UTC)
	little := func(kind string) *audit.Record {
		return &audit.Record{Seq: uint64(len(list)), Time: at, Kind: kind, Raw: []byte("{}")}
	}
	much := func(kind string) *audit.Record {
		r := little(kind)
		r.Session, r.Number, r.Login, r.Client, r.App, r.DB, r.PID, r.TLS, r.Person, r.How, r.Path, r.Portal = "s1", 7, "crm", "[fe80::1%eth0]:4000", "crm-web", "crm", 77, "TLS 1.3", "alice", "setting", "extended", "c1"
		r.Policy, r.SQLState, r.Rule, r.Message, r.Data = strings.Repeat("ab", 32), "42501", "own rows", "permission denied", json.RawMessage(`{"digest":"ab"}`)
		return r
	}
	for kind := range kinds {
		if kind == "stmt.intent" || kind == "stmt.outcome" || kind == "stmt.form" || kind == "stmt.progress" {
			continue
		}
		list = append(list, &audit.Execution{Record: little(kind)}, &audit.Execution{Record: much(kind)})
	}
	ends := []audit.End{audit.Unknown, audit.Done, audit.Failed, audit.Cancelled, audit.Stopped, audit.ClientGone, audit.UpstreamGone, audit.NotSent, audit.Skipped}
	classNames := []string{""}
	for k := parse.Unknown; k == parse.Unknown || k.String() != parse.Unknown.String(); k++ {
		classNames = append(classNames, audit.ClassName(k.String()))
	}
	for class := range classes {
		if !slices.Contains(classNames, class) {
			t.Errorf("no statement is of the class %s", class)
		}
	}
	for _, class := range classNames {
		for _, decision := range []audit.Decision{audit.Block, audit.Allow, audit.Rewrite, audit.Observe} {
			for i := range len(ends) + 1 {
				for _, record := range []func(string) *audit.Record{little, much} {
					r := record("stmt.intent")
					r.Class, r.Decision = class, decision.String()
					if r.DB != "" {
						r.Cmd, r.Redacted, r.Fingerprint, r.Rules, r.Reason = "SELECT", "SELECT $?", "9e3779b97f4a7c15", []string{"own rows"}, "Not allowed."
						r.Tables = []audit.Relation{{Name: "public.customers", Op: class, Rule: "own rows", Columns: []string{"id"}, Masked: []string{"phone"}, Tags: []string{"pii"}, Filter: "owner = 7", Via: "public.v"}}
					} else if i%2 == 1 {
						r.Redacted = "SELECT $?"
					}
					e := &audit.Execution{Record: r}
					if i < len(ends) {
						o := little("stmt.outcome")
						o.Of, o.End = r.Seq, ends[i].String()
						if r.DB != "" {
							o.Rows, o.Bytes, o.Micros, o.FirstMicros, o.SQLState = 12, 3456, 789, 123, "57014"
						}
						e.Outcome = o
					}
					list = append(list, e)
				}
			}
		}
	}
	return list
}

// decoded is an exported event as its reader has it.
func decoded(t *testing.T, m members) map[string]any {
	t.Helper()
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Every event that can be exported fits OCSF; what does not fit it is found.
func TestExportOCSF(t *testing.T) {
	schema := readOCSFTable(t)
	for _, e := range everyExecution(t) {
		if why := schema.problem(decoded(t, ocsf(e))); why != "" {
			t.Errorf("%s: %v", why, decoded(t, ocsf(e)))
		}
	}
	for _, dir := range []string{reportLog(t), writeLog(t, 100)} {
		for _, v := range exported(t, dir, "ocsf") {
			if why := schema.problem(v); why != "" {
				t.Errorf("%s: %v", why, v)
			}
		}
	}
	var statement *audit.Execution
	for _, e := range everyExecution(t) {
		if e.Record.Kind == "stmt.intent" && e.Record.DB != "" && e.Outcome != nil {
			statement = e
		}
	}
	inside := func(v map[string]any, path ...string) map[string]any {
		for _, p := range path {
			v = v[p].(map[string]any)
		}
		return v
	}
	for _, c := range []struct {
		change func(map[string]any)
		want   string
	}{
		{func(map[string]any) {}, ""},
		{func(v map[string]any) { v["class_uid"] = 7.0 }, "there is no class 7"},
		{func(v map[string]any) { v["activity_id"] = 11.0; v["type_uid"] = 600511.0 }, "datastore_activity.activity_id cannot be 11"},
		{func(v map[string]any) { v["activity_id"] = 2.0 }, "type_uid is not that of the class and the activity"},
		{func(v map[string]any) { v["category_uid"] = 3.0 }, "category_uid is not that of the class"},
		{func(v map[string]any) { inside(v, "metadata")["version"] = "1.7.0" }, "metadata.version is not 1.8.0"},
		{func(v map[string]any) { delete(v, "time") }, "datastore_activity has no time"},
		{func(v map[string]any) { v["time"] = 1793611920.0 }, "datastore_activity.time: 1.79361192e+09 is no timestamp"},
		{func(v map[string]any) { v["rows"] = 1.0 }, "datastore_activity.rows is not of the schema"},
		{func(v map[string]any) { v["action_id"] = 5.0 }, "datastore_activity.action_id cannot be 5"},
		{func(v map[string]any) { v["action_id"] = 99.0 }, "datastore_activity.action_id is 99, and action does not say what"},
		{func(v map[string]any) { v["message"] = "" }, "datastore_activity.message:  is no string"},
		{func(v map[string]any) { v["is_alert"] = 1.0 }, "datastore_activity.is_alert: 1 is no boolean"},
		{func(v map[string]any) { delete(inside(v, "metadata"), "profiles") }, " is of the profile security_control, which the event does not name"},
		{func(v map[string]any) { inside(v, "metadata")["profiles"] = []any{"trace"} }, "the class has no profile trace"},
		{func(v map[string]any) { inside(v, "src_endpoint")["ip"] = "10.0.0" }, "datastore_activity.src_endpoint.ip: 10.0.0 is no ip"},
		{func(v map[string]any) { inside(v, "src_endpoint")["port"] = 65536.0 }, "datastore_activity.src_endpoint.port: 65536 is no port"},
		{func(v map[string]any) { inside(v, "actor")["user"] = "crm" }, "datastore_activity.actor.user: crm is no {user}"},
		{func(v map[string]any) { delete(inside(v, "actor", "user"), "name") }, "datastore_activity.actor.user has none of account, name, uid"},
		{func(v map[string]any) { delete(inside(v, "query_info"), "uid") }, "datastore_activity.query_info has none of name, uid"},
		{func(v map[string]any) { delete(v, "table"); delete(v, "database") }, "datastore_activity has none of database, databucket, table"},
	} {
		v := decoded(t, ocsf(statement))
		c.change(v)
		if got := schema.problem(v); got != c.want && (c.want == "" || !strings.HasSuffix(got, c.want)) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
