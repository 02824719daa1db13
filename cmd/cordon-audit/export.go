package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"cordon/audit"
)

const exportHelp = `Prints the statements and events that fit the filters of search for other programs, one JSON object each line:

--format ocsf  OCSF 1.8.0: Datastore Activity (6005), Authentication (3002) for sessions, and Base Event for the rest
--format ecs   Elastic Common Schema 9
--format otel  OpenTelemetry log records with the semantic conventions of databases

Statements appear in their form, with $? for each literal; texts and parameters are never in it. Every object names its
record, so that cordon-audit prove shows where it comes from. That it was exported is recorded in the reviewers' log.
`

func exportCommand(fs *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	x := addFilters(fs)
	format := fs.String("format", "ocsf", "`one` of ocsf, ecs, otel")
	return func(ctx context.Context, args []string, stdout io.Writer) error {
		if len(args) > 0 {
			return usageError{fmt.Sprintf("%q is one word too many", args[0])}
		}
		f, err := x.filter()
		if err != nil {
			return err
		}
		if *x.reveal != "" || f.Text != "" {
			return usageError{"an export shows forms alone: --reveal and --text are of search"}
		}
		form, err := formatOf(*format)
		if err != nil {
			return err
		}
		if err := x.review.record(ctx, *x.dir, audit.ReviewExport, asked(fs)); err != nil {
			return err
		}
		w := bufio.NewWriter(stdout)
		err = audit.Search(ctx, *x.dir, f, func(e *audit.Execution) error {
			b, err := json.Marshal(form(e))
			if err == nil {
				_, err = w.Write(append(b, '\n'))
			}
			return err
		})
		if ferr := w.Flush(); err == nil {
			err = ferr
		}
		return err
	}
}

// members are those of an object of another program's schema.
type members map[string]any

func formatOf(name string) (func(*audit.Execution) members, error) {
	switch name {
	case "ocsf":
		return ocsf, nil
	case "ecs":
		return ecs, nil
	case "otel":
		return otel, nil
	default:
		return nil, usageError{fmt.Sprintf("--format: %q is none of ocsf, ecs, otel", name)}
	}
}

// put sets a member unless its value is empty.
func (f members) put(name string, value any) {
	switch v := value.(type) {
	case string:
		if v == "" {
			return
		}
	case []string:
		if len(v) == 0 {
			return
		}
	case int64:
		if v == 0 {
			return
		}
	case uint32:
		if v == 0 {
			return
		}
	case members:
		if len(v) == 0 {
			return
		}
	}
	f[name] = value
}

// what an execution is, in words that the schemas share.
type what struct {
	statement bool
	denied    bool
	modified  bool
	failed    bool
	unknown   bool // without an outcome
	ip        string
	port      int64
	leaf      string
}

func whatOf(e *audit.Execution) what {
	r := e.Record
	w := what{statement: r.Kind == "stmt.intent" || r.Kind == "stmt.blocked", denied: r.Kind == "stmt.blocked", modified: r.Decision == "rewrite"}
	if o := e.Outcome; o != nil {
		w.failed = o.End != "done"
		w.denied = w.denied || o.End == "stopped"
	} else {
		w.unknown = r.Kind == "stmt.intent"
	}
	w.failed = w.failed || w.denied || r.Kind == "session.auth_failed"
	if p, err := netip.ParseAddrPort(r.Client); err == nil {
		w.ip, w.port = p.Addr().String(), int64(p.Port())
	}
	h := tlog.RecordHash(r.Raw)
	w.leaf = base64.StdEncoding.EncodeToString(h[:])
	return w
}

// message is a line for people.
func message(e *audit.Execution) string {
	r := e.Record
	if r.Kind != "stmt.intent" && r.Kind != "stmt.blocked" {
		return r.Kind
	}
	verb := r.Cmd
	if verb == "" {
		verb = strings.ToUpper(r.Class)
	}
	return strings.Join(strings.Fields(verb+" "+tableNames(r)+" by "+person(r)+": "+result(e)), " ")
}

// cordon is what no schema has a field for.
func cordonFields(e *audit.Execution, w what) members {
	r := e.Record
	f := members{"seq": r.Seq, "leaf": w.leaf, "kind": r.Kind}
	var columns, masked, filters, tags []string
	for i := range r.Tables {
		t := &r.Tables[i]
		for _, c := range t.Columns {
			columns = append(columns, t.Name+"."+c)
		}
		for _, c := range t.Masked {
			masked = append(masked, t.Name+"."+c)
		}
		tags = append(tags, t.Tags...)
		if t.Filter != "" {
			filters = append(filters, t.Name+": "+t.Filter)
		}
	}
	f.put("person", r.Person)
	f.put("person_known_by", r.How)
	f.put("decision", r.Decision)
	f.put("reason", r.Reason)
	f.put("rules", r.Rules)
	f.put("columns", columns)
	f.put("masked", masked)
	f.put("tags", tags)
	f.put("row_filters", filters)
	f.put("fingerprint", r.Fingerprint)
	if len(r.Data) > 0 {
		f["data"] = r.Data
	}
	if o := e.Outcome; o != nil {
		f["rows"], f["outcome_seq"], f["end"] = o.Rows, o.Seq, o.End
		f.put("bytes", o.Bytes)
	}
	return f
}

// classes say what a statement does to data: activity_id of OCSF's Datastore Activity (Query where there is none), and event.type of ECS (info where there is none).
var classes = map[string]struct {
	activity int
	types    []string
}{
	"select": {1, access}, "copy_to": {1, access}, "fetch": {1, access}, "declare_cursor": {0, access}, "explain": {0, access}, "show": {0, access},
	"update": {2, change}, "merge": {2, change}, "insert": {5, change}, "copy_from": {5, change}, "delete": {7, change}, "truncate": {7, change},
	"select_into": {6, both}, "create_table_as": {6, both}, "view": {6, change}, "function": {6, change}, "ddl": {0, change}, "grant": {0, change}, "role": {0, change}, "system": {0, change},
	"comment": {0, change}, "reindex": {0, change}, "cluster": {0, change}, "vacuum": {0, change},
	"execute": {0, both}, "do": {0, both}, "call": {0, both}, "unknown": {0, both}, // whatever they run
}

var access, change, both = []string{"access"}, []string{"change"}, []string{"access", "change"}

// ocsf gives an event of OCSF 1.8.0.
func ocsf(e *audit.Execution) members {
	r, w := e.Record, whatOf(e)
	class, category, activity := 0, 0, 99
	switch r.Kind {
	case "stmt.intent", "stmt.blocked":
		class, category = 6005, 6
		if activity = classes[r.Class].activity; activity == 0 {
			activity = 4
		}
	case "session.open", "session.auth_failed":
		class, category, activity = 3002, 3, 1
	case "session.close":
		class, category, activity = 3002, 3, 2
	}
	f := members{
		"class_uid": class, "category_uid": category, "activity_id": activity, "type_uid": class*100 + activity, "severity_id": 1, "time": r.Time.UnixMilli(),
		"message": message(e),
		"metadata": members{
			"version": "1.8.0", "product": members{"name": "Cordon", "vendor_name": "Cordon"}, "profiles": []string{"security_control"}, "uid": strconv.FormatUint(r.Seq, 10), "sequence": r.Seq,
			"log_name": "audit", "event_code": r.Kind, "original_time": r.Time.UTC().Format(time.RFC3339Nano),
		},
		"unmapped": members{"cordon": cordonFields(e, w)},
	}
	if activity == 99 {
		f["activity_name"] = r.Kind
	}
	switch {
	case w.unknown:
		f["status_id"] = 0
	case w.failed:
		f["status_id"] = 2
	default:
		f["status_id"] = 1
	}
	state := r.SQLState
	if o := e.Outcome; o != nil {
		state = o.SQLState
		f.put("duration", o.Micros/1000)
	}
	f.put("status_code", state)
	if r.Person != "" && r.Person != r.Login { // the schema has no place for whom a login speaks for
		f["enrichments"] = []members{{"name": "end_user", "value": r.Person, "data": members{"known_by": r.How}}}
	}
	user := members{"name": r.Login}
	if r.Login == "" {
		user["name"] = "unknown"
	}
	session := members{}
	session.put("uid", r.Session)
	end := members{}
	end.put("ip", w.ip)
	end.put("port", w.port)
	if len(end) == 0 {
		end["name"] = "unknown"
	}
	if class == 3002 {
		f["user"] = user
		f.put("session", session)
		f["src_endpoint"], f["dst_endpoint"] = end, members{"svc_name": "postgresql"}
		if r.TLS != "" {
			f["is_cleartext"] = false
		}
	}
	if class != 6005 {
		f.securityControl(w, r)
		return f
	}
	actor := members{"user": user}
	actor.put("session", session)
	actor.put("app_name", r.App)
	f["actor"], f["src_endpoint"] = actor, end
	if r.DB != "" {
		f["database"] = members{"name": r.DB, "type_id": 1}
	}
	if len(r.Tables) > 0 {
		f["table"], f["type_id"] = members{"name": r.Tables[0].Name}, 3
	} else {
		f["type_id"] = 1
		if r.DB == "" {
			f["database"] = members{"name": "unknown", "type_id": 1}
		}
	}
	if r.Redacted != "" {
		q := members{"query_string": r.Redacted}
		q["uid"] = r.Fingerprint
		if r.Fingerprint == "" {
			q["uid"] = strconv.FormatUint(r.Seq, 10) // it must have one
		}
		if e.Outcome != nil {
			q.put("bytes", e.Outcome.Bytes)
		}
		f["query_info"] = q
	}
	f.securityControl(w, r)
	return f
}

// securityControl fills OCSF's profile of that name.
func (f members) securityControl(w what, r *audit.Record) {
	switch {
	case w.denied:
		f["action_id"], f["disposition_id"] = 2, 2
	case w.modified:
		f["action_id"], f["disposition_id"] = 4, 11
	case r.Decision == "observe":
		f["action_id"], f["disposition_id"] = 3, 17
	case w.statement:
		f["action_id"], f["disposition_id"] = 1, 1
	default:
		f["action_id"], f["disposition_id"] = 3, 17
	}
	f["is_alert"] = w.denied
	if r.Policy != "" {
		f["policy"] = members{"uid": r.Policy, "is_applied": true}
	}
	if r.Rule != "" {
		f["firewall_rule"] = members{"name": r.Rule}
	} else if len(r.Rules) > 0 {
		f["firewall_rule"] = members{"name": r.Rules[0]}
	}
}

// ecs gives an event of the Elastic Common Schema.
func ecs(e *audit.Execution) members {
	r, w := e.Record, whatOf(e)
	event := members{"kind": "event", "category": []string{"database"}, "action": r.Kind, "id": strconv.FormatUint(r.Seq, 10), "sequence": r.Seq, "hash": w.leaf, "dataset": "cordon.audit", "module": "cordon", "outcome": "success"}
	switch {
	case w.unknown:
		event["outcome"] = "unknown"
	case w.failed:
		event["outcome"] = "failure"
	}
	switch {
	case strings.HasPrefix(r.Kind, "session."):
		event["category"], event["type"] = []string{"authentication", "session"}, []string{map[string]string{"session.open": "start", "session.close": "end"}[r.Kind]}
		if event["type"].([]string)[0] == "" {
			event["type"] = []string{"info"}
		}
	case !w.statement:
		event["category"], event["type"] = []string{"configuration"}, []string{"info"}
	default:
		if event["type"] = classes[r.Class].types; classes[r.Class].types == nil {
			event["type"] = []string{"info"}
		}
	}
	if w.denied {
		event["kind"] = "alert" // not the type "denied": the schema does not have it for databases
	}
	event.put("reason", r.Reason)
	f := members{"@timestamp": r.Time.UTC().Format(time.RFC3339Nano), "ecs": members{"version": "9.0.0"}, "event": event, "message": message(e), "observer": members{"type": "proxy", "product": "Cordon"}, "cordon": cordonFields(e, w)}
	if o := e.Outcome; o != nil {
		event["duration"], event["end"] = o.Micros*1000, o.Time.UTC().Format(time.RFC3339Nano)
	}
	user := members{}
	user.put("name", r.Person)
	if r.Person == "" {
		user.put("name", r.Login)
	} else if r.Login != "" && r.Login != r.Person {
		user["effective"] = members{"name": r.Login}
	}
	f.put("user", user)
	client := members{}
	client.put("ip", w.ip)
	client.put("address", w.ip)
	client.put("port", w.port)
	f.put("client", client)
	if len(r.Rules) > 0 || r.Rule != "" {
		rule := members{"name": append(append([]string{}, r.Rules...), r.Rule)[0]}
		rule.put("ruleset", r.Policy)
		f["rule"] = rule
	}
	if r.App != "" {
		f["labels"] = members{"application_name": r.App}
	}
	return f
}

// otel gives a log record of OpenTelemetry, with JSON names as OTLP has them.
func otel(e *audit.Execution) members {
	r, w := e.Record, whatOf(e)
	severity, text := 9, "INFO"
	if w.denied {
		severity, text = 13, "WARN"
	}
	var attributes []members
	add := func(key string, value any) {
		v := members{}
		switch value := value.(type) {
		case string:
			if value == "" {
				return
			}
			v["stringValue"] = value
		case int64:
			v["intValue"] = strconv.FormatInt(value, 10) // OTLP writes 64 bits as text
		case bool:
			v["boolValue"] = value
		}
		attributes = append(attributes, members{"key": key, "value": v})
	}
	if w.statement {
		add("db.system.name", "postgresql")
		add("db.namespace", r.DB)
		add("db.operation.name", r.Cmd)
		add("db.query.text", r.Redacted)
		if len(r.Tables) == 1 {
			add("db.collection.name", r.Tables[0].Name)
		}
		add("cordon.decision", r.Decision)
		add("cordon.rules", strings.Join(r.Rules, "; "))
		add("cordon.fingerprint", r.Fingerprint)
	}
	state := r.SQLState
	if o := e.Outcome; o != nil {
		state = o.SQLState
		add("db.response.returned_rows", o.Rows)
		add("cordon.duration_us", o.Micros)
		add("cordon.end", o.End)
	}
	add("db.response.status_code", state)
	if w.failed {
		add("error.type", map[bool]string{true: state, false: "_OTHER"}[state != ""])
	}
	add("user.name", r.Login)
	add("enduser.id", r.Person)
	add("session.id", r.Session)
	add("client.address", w.ip)
	if w.port > 0 {
		add("client.port", w.port)
	}
	add("cordon.seq", int64(r.Seq))
	add("cordon.leaf", w.leaf)
	return members{"timeUnixNano": strconv.FormatInt(r.Time.UnixNano(), 10), "severityNumber": severity, "severityText": text, "eventName": "cordon." + r.Kind, "body": members{"stringValue": message(e)}, "attributes": attributes}
}
