package rewrite_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cordon/internal/pgtest"
	"cordon/policy"
	"cordon/rewrite"
)

// The property: a form that loads rows through masks, changes some fields and saves all of them, in whatever way, leaves in the database what it would leave if it
// had sent the changed fields alone. Tables, masks, rows and saves are random; what ought to be there is kept in a second table, which is changed directly.
//
//	CORDON_RANDOM=2000 go test ./rewrite -run SavedForms -timeout 0
//	CORDON_RANDOM=1 CORDON_SEED=4711 go test ./rewrite -run SavedForms -v

const savedTables = 12 // in an ordinary run of the tests

// formTypes are column types with the masks that may stand over them; a mask that does not fit is left out, as the policy's check says.
var formTypes = []struct {
	typ    string
	masks  []string
	values func(r *rand.Rand) string
}{
	{"text", textMasks, randomText}, {"varchar(30)", textMasks, randomText}, {"char(24)", textMasks, randomText}, {"varchar", textMasks, randomText}, {"citizen", textMasks, randomText},
	{"date", dateMasks, randomDate}, {"timestamp", dateMasks, randomMoment}, {"timestamptz(3)", dateMasks, randomMoment}, {"timestamptz", dateMasks, randomMoment},
	{"numeric(14,2)", numberMasks, randomNumber}, {"numeric", numberMasks, randomNumber}, {"int", numberMasks, randomInt}, {"bigint", numberMasks, randomInt}, {"smallint", numberMasks, randomInt},
	{"float8", numberMasks, randomNumber}, {"real", numberMasks, randomNumber}, {"jsonb", jsonMasks, randomDocument}, {"json", jsonMasks, randomDocument},
	{"jsonb", jsonMasks[4:], randomDocument}, {"jsonb", jsonMasks[4:], randomDocument}, {"json", jsonMasks[4:], randomDocument},
	{"text[]", textMasks[:len(textMasks)-1], func(r *rand.Rand) string { return array(r, plainText) }}, {"numeric(14,2)[]", numberMasks, func(r *rand.Rand) string { return array(r, randomNumber) }},
	{"boolean", nullMask, func(r *rand.Rand) string { return strconv.FormatBool(r.IntN(2) == 0) }}, {"bytea", nullMask, func(r *rand.Rand) string { return fmt.Sprintf("\\x%08x", r.Uint32()) }},
	{"uuid", nullMask, func(r *rand.Rand) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", r.Uint32(), r.Uint32()) }},
	{"inet", nullMask, func(r *rand.Rand) string { return fmt.Sprintf("10.0.%d.%d", r.IntN(256), r.IntN(256)) }},
	{"interval", nullMask, func(r *rand.Rand) string { return fmt.Sprintf("%d days %d seconds", r.IntN(90), r.IntN(9000)) }},
	{"point", nullMask, func(r *rand.Rand) string { return fmt.Sprintf("(%d,%d)", r.IntN(9), r.IntN(9)) }},
	{"colour", nullMask, func(r *rand.Rand) string { return []string{"red", "green", "blue"}[r.IntN(3)] }},
}

var (
	nullMask  = []string{"{fixed: null}"}
	textMasks = []string{`{keep: {first: 3, last: 4, with: "*"}}`, `{keep: {first: 0, last: 2, with: "#"}}`, `{keep: {first: 1, last: 0, with: "*"}}`, "{email: {keep: 1}}", "{email: {keep: 0}}",
		"{fixed: null}", `{fixed: "[hidden]"}`, "{hash: {key_file: mask.key}}", `{sql: "pg_catalog.left(value, 1) || '**'"}`}
	dateMasks   = []string{"{date: year}", "{date: month}", "{date: hour}", "{date: quarter}", "{fixed: null}", `{fixed: "2000-01-01"}`}
	numberMasks = []string{"{round: 10}", "{round: 1000}", "{fixed: null}", "{fixed: 0}"}
	jsonMasks   = []string{"{json: {phone: phone, address.street: gone, emergency: drop}}", "{json: {phone: gone, pay: rough}}", "{json: {list: phone}}", "{fixed: null}",
		"{json: {items.phone: phone, items.pin: gone, items.pay: rough, items.ssn: drop, items.lines.pin: gone, items.lines.tel: phone}}", "{json: {items.pin: gone, items.lines.pay: rough}}", "{json: {items.phone: phone, items.lines: gone}}"}
)

func randomText(r *rand.Rand) string {
	n := r.IntN(16)
	var b strings.Builder
	for range n {
		b.WriteString([]string{"1", "2", "3", "a", "b", "Z", "@", ".", "é", "伟", "'", "\\", " ", "*", "\"", "%"}[r.IntN(16)])
	}
	if r.IntN(3) == 0 {
		return fmt.Sprintf("138%08d", r.IntN(100000000))
	} else if r.IntN(3) == 0 {
		return fmt.Sprintf("user%d@corp.cn", r.IntN(1000))
	}
	return strings.TrimRight(b.String(), " ")
}

func randomDate(r *rand.Rand) string {
	return time.Date(1950+r.IntN(80), 1, 1+r.IntN(365), 0, 0, 0, 0, time.UTC).Format("2006-01-02")
}

func randomMoment(r *rand.Rand) string {
	return randomDate(r) + fmt.Sprintf(" %02d:%02d:%02d.%06d", r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1000000))
}

func randomInt(r *rand.Rand) string { return strconv.Itoa(r.IntN(40000) - 8000) }

func randomNumber(r *rand.Rand) string {
	return fmt.Sprintf("%d.%0*d", r.IntN(200000)-20000, 1+r.IntN(2), r.IntN(10))
}

// plainText is one that no mask makes: in a list or document it means what it says.
func plainText(r *rand.Rand) string {
	return strings.NewReplacer("*", "x", "#", "y").Replace(randomText(r))
}

func randomDocument(r *rand.Rand) string {
	d := map[string]any{"city": plainText(r), "pay": r.IntN(90000)}
	if r.IntN(4) > 0 {
		d["phone"] = plainText(r)
	}
	if r.IntN(2) == 0 {
		d["address"] = map[string]any{"street": plainText(r), "city": plainText(r)}
	}
	if r.IntN(2) == 0 {
		d["emergency"] = []any{plainText(r), 1}
	}
	if r.IntN(3) == 0 {
		d["list"] = []any{plainText(r), plainText(r), nil}
	}
	if r.IntN(2) == 0 {
		var items []any
		for id := range r.IntN(5) {
			items = append(items, randomItem(r, id+1))
		}
		d["items"] = items
	}
	b, _ := json.Marshal(d)
	return string(b)
}

// withoutItems is a document without its list.
func withoutItems(document string) *string {
	var d map[string]any
	if json.Unmarshal([]byte(document), &d) != nil {
		return &document
	}
	delete(d, "items")
	b, _ := json.Marshal(d)
	out := string(b)
	return &out
}

// randomItem is an element of a list in a document: it is known by its id, and n is another for each.
func randomItem(r *rand.Rand, id int) map[string]any {
	e := map[string]any{"id": id, "n": r.IntN(1 << 30), "kind": []string{"home", "work"}[r.IntN(2)]}
	if r.IntN(4) > 0 {
		e["phone"], e["pin"] = plainText(r), plainText(r)
	}
	if r.IntN(3) > 0 {
		e["pay"], e["ssn"] = r.IntN(4000), plainText(r)
	}
	if r.IntN(3) == 0 {
		var lines []any
		for k := range r.IntN(4) {
			lines = append(lines, map[string]any{"id": k, "n": r.IntN(1 << 30), "pin": plainText(r), "tel": plainText(r), "pay": r.IntN(4000)})
		}
		e["lines"] = lines
	}
	return e
}

func array(r *rand.Rand, value func(*rand.Rand) string) string {
	var parts []string
	for range r.IntN(4) {
		parts = append(parts, `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value(r))+`"`)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func quoted(s *string) string {
	if s == nil {
		return "NULL"
	}
	return "'" + strings.ReplaceAll(*s, "'", "''") + "'"
}

// A form is one random table.
type form struct {
	*rand.Rand
	t      *testing.T
	d      *database
	table  string
	typ    []string // of the columns c0, c1 …
	values []func(*rand.Rand) string
	masks  []string // "" for none
	unmask bool     // c0 is shown to her in rows with an even key
	rule   string
	grant  *policy.Grant
	key    string          // the columns of the primary key
	mixed  map[string]bool // rows in whose lists elements have both changed and moved, come or gone: these may be refused
	counts struct{ lists, mixed, refused int }
}

func newForm(t *testing.T, d *database, seed uint64) *form {
	f := &form{Rand: rand.New(rand.NewPCG(seed, 11)), t: t, d: d, table: fmt.Sprintf("form%d", seed)}
	var columns []string
	for k := range 3 + f.IntN(6) {
		ty := formTypes[f.IntN(len(formTypes))]
		f.typ, f.values = append(f.typ, ty.typ), append(f.values, ty.values)
		mask := ""
		if f.IntN(5) > 0 {
			mask = ty.masks[f.IntN(len(ty.masks))]
		}
		f.masks = append(f.masks, mask)
		columns = append(columns, fmt.Sprintf("c%d %s", k, ty.typ))
	}
	f.key = []string{"id", "id, owner_id", "owner_id, id"}[f.IntN(3)]
	d.lines(t, fmt.Sprintf("CREATE TABLE %[1]s (id int, owner_id int, %[2]s, PRIMARY KEY (%[3]s)); CREATE TABLE want_%[1]s (LIKE %[1]s); CREATE TABLE old_%[1]s (LIKE %[1]s)", f.table, strings.Join(columns, ", "), f.key))
	d.reload(t)
	unmask := ""
	if f.unmask = f.IntN(3) == 0; f.unmask {
		unmask = ", unmask: {columns: [c0], when: id % 2 = 0}"
	}
	for {
		f.bind(unmask)
		if !f.dropUnfit() {
			return f
		}
	}
}

// bind makes the policy of the masks.
func (f *form) bind(unmask string) {
	var masks, columns []string
	for k, m := range f.masks {
		if m != "" {
			masks = append(masks, fmt.Sprintf("  m%d: %s\n", k, m))
			columns = append(columns, fmt.Sprintf("c%d: m%d", k, k))
		}
	}
	if f.masks[0] == "" {
		unmask = ""
	}
	f.rule = fmt.Sprintf("  - {name: form, tables: [public.%s], allow: [select, insert, update], rows: owner_id = 7, mask: {%s}%s}\n", f.table, strings.Join(columns, ", "), unmask)
	yaml := "version: 1\ndefaults: {tables: allow}\nmasks:\n  phone: {keep: {first: 1, last: 2, with: \"*\"}}\n  gone: {fixed: null}\n  rough: {round: 1000}\n" + strings.Join(masks, "") + "rules:\n" + f.rule
	p, err := policy.ParseWith("policy.yaml", []byte(yaml), func(string) ([]byte, error) { return []byte("0123456789abcdef0123456789abcdef\n"), nil })
	if err != nil {
		f.t.Fatalf("%s: %v", yaml, err)
	}
	f.grant = p.Bind(p.Subject("alice", "alice", netip.MustParseAddr("127.0.0.1"), time.Unix(1790000000, 0)))
	var unfit []string
	for _, problem := range rewrite.Check(p, f.d.cat) {
		unfit = append(unfit, problem.String())
	}
	f.rule = strings.Join(unfit, "\n")
}

// dropUnfit takes out a mask that its column's type cannot have.
func (f *form) dropUnfit() bool {
	if f.rule == "" {
		return false
	}
	for k := range f.masks {
		if strings.Contains(f.rule, fmt.Sprintf("%s.c%d:", f.table, k)) && f.masks[k] != "" {
			f.masks[k] = ""
			return true
		}
	}
	f.t.Fatalf("the policy does not fit: %s", f.rule)
	return false
}

func (f *form) describe() string {
	var b strings.Builder
	for k := range f.typ {
		fmt.Fprintf(&b, "c%d %s %s\n", k, f.typ[k], f.masks[k])
	}
	return b.String()
}

// value is a random one of a column, nil for NULL.
func (f *form) value(k int) *string {
	if f.IntN(6) == 0 {
		return nil
	}
	v := f.values[k](f.Rand)
	return &v
}

func (f *form) fill() {
	var rows []string
	for id := range 12 {
		parts := []string{strconv.Itoa(id + 1), []string{"7", "7", "8"}[id%3]}
		for k := range f.typ {
			parts = append(parts, quoted(f.value(k)))
		}
		rows = append(rows, "("+strings.Join(parts, ", ")+")")
	}
	for _, table := range []string{f.table, "want_" + f.table} {
		f.d.lines(f.t, "TRUNCATE "+table+"; INSERT INTO "+table+" VALUES "+strings.Join(rows, ", "))
	}
}

func (f *form) rewritten(sql string) *rewrite.Plan {
	plans, err := plan(f.d, f.grant, sql)
	if err != nil {
		f.t.Fatalf("%s: %v\n%s", sql, err, f.describe())
	}
	return plans[0]
}

// load gives the rows as the person sees them, in text or binary.
func (f *form) load(format int16) [][][]byte {
	r := f.d.conn.ExecParams(context.Background(), f.rewritten("SELECT * FROM "+f.table+" ORDER BY id").SQL, nil, nil, nil, []int16{format}).Read()
	if r.Err != nil {
		f.t.Fatalf("load: %v\n%s", r.Err, f.describe())
	}
	return r.Rows
}

// binary turns a column's value from text.
func (f *form) binary(k int, v []byte) []byte {
	if v == nil {
		return nil
	}
	r := f.d.conn.ExecParams(context.Background(), "SELECT CAST($1 AS "+f.typ[k]+")", [][]byte{v}, nil, nil, []int16{1}).Read()
	if r.Err != nil {
		f.t.Fatal(r.Err)
	}
	return r.Rows[0][0]
}

// A save is a set of rows as they are to be sent: id, owner and all columns, in text.
type save struct {
	rows   [][][]byte
	format int16 // of the rows
}

// change changes some fields of the loaded rows, and does the same in the table of what ought to be.
func (f *form) change(rows [][][]byte, format int16) {
	for _, row := range rows {
		for k := range f.typ {
			if f.IntN(4) > 0 {
				continue
			}
			id := f.id(row, format)
			if strings.HasPrefix(f.typ[k], "json") && row[k+2] != nil && strings.Contains(string(row[k+2]), `"items": [{`) && f.IntN(4) > 0 {
				row[k+2] = f.editItems(k, id, row[k+2], format)
				continue
			}
			if strings.HasSuffix(f.typ[k], "[]") && len(row[k+2]) > 2 && format == 0 && f.IntN(2) == 0 {
				row[k+2] = f.editArray(k, id, row[k+2])
				continue
			}
			if strings.HasPrefix(f.typ[k], "json") && row[k+2] != nil && f.IntN(2) == 0 {
				row[k+2] = f.edit(k, id, row[k+2], format)
				continue
			}
			v := f.value(k)
			var text []byte
			if v != nil && strings.Contains(f.masks[k], "items") { // a list in a new document is held against the one there was: that is editItems' part
				v = withoutItems(*v)
			}
			if v != nil {
				text = []byte(*v)
			}
			new := text
			if format == 1 {
				new = f.binary(k, text)
			}
			if f.same(k, row[k+2], new, format) { // it is what was shown, which says: leave it
				continue
			}
			row[k+2] = new
			want := quoted(v)
			if v != nil && strings.Contains(f.masks[k], "emergency: drop") && !(f.unmask && k == 0 && row[0][len(row[0])-1]%2 == 0) { // what she was not shown, and does not name, stays
				want = fmt.Sprintf("CASE WHEN jsonb_typeof(c%[1]d::jsonb) = 'object' AND c%[1]d::jsonb ? 'emergency' AND NOT %[2]s::jsonb ? 'emergency' THEN (%[2]s::jsonb || jsonb_build_object('emergency', c%[1]d::jsonb->'emergency'))::%[3]s ELSE %[2]s::%[3]s END", k, want, f.typ[k])
			}
			f.d.lines(f.t, fmt.Sprintf("UPDATE want_%s SET c%d = %s WHERE id = %s", f.table, k, want, id))
		}
	}
}

// id is a row's key.
func (f *form) id(row [][]byte, format int16) string {
	if format == 1 {
		return strconv.Itoa(int(row[0][3]))
	}
	return string(row[0])
}

// An element of a list is as it was shown, and as it is stored.
type element struct{ shown, stored any }

func (e element) set(key string, v any) {
	e.shown.(map[string]any)[key], e.stored.(map[string]any)[key] = v, v
}

// editItems changes, moves, adds and takes out documents of a list in a document, as it was shown and as it is stored.
func (f *form) editItems(k int, id string, document []byte, format int16) []byte {
	f.counts.lists++
	var shown, stored map[string]any
	if format == 1 && f.typ[k] == "jsonb" {
		document = document[1:]
	}
	raw := f.d.conn.ExecParams(context.Background(), fmt.Sprintf("SELECT c%d FROM want_%s WHERE id = %s", k, f.table, id), nil, nil, nil, nil).Read()
	if raw.Err != nil || json.Unmarshal(document, &shown) != nil || json.Unmarshal(raw.Rows[0][0], &stored) != nil {
		f.t.Fatalf("not documents: %s, %v", document, raw)
	}
	items := pairs(shown["items"].([]any), stored["items"].([]any))
	items, kinds := f.editList(items, func(e element) {
		lines, ok := e.shown.(map[string]any)["lines"].([]any)
		if !ok || len(lines) == 0 || f.IntN(2) == 0 {
			e.set([]string{"n", "n", "n", "phone", "pin", "pay"}[f.IntN(6)], f.IntN(1<<30))
			return
		}
		inner, kinds := f.editList(pairs(lines, e.stored.(map[string]any)["lines"].([]any)), func(e element) { e.set("n", f.IntN(1<<30)) }, func(id int) any { return map[string]any{"id": id, "n": f.IntN(1 << 30), "pin": nil} })
		if kinds > 1 {
			f.mixed[id] = true
		}
		e.shown.(map[string]any)["lines"], e.stored.(map[string]any)["lines"] = lists(inner)
	}, func(id int) any { return map[string]any{"id": id, "n": f.IntN(1 << 30), "pin": nil, "phone": "139"} })
	if kinds > 1 {
		f.mixed[id] = true
		f.counts.mixed++
	}
	shown["items"], stored["items"] = lists(items)
	a, _ := json.Marshal(shown)
	b, _ := json.Marshal(stored)
	want := string(b)
	f.d.lines(f.t, fmt.Sprintf("UPDATE want_%s SET c%d = %s WHERE id = %s", f.table, k, quoted(&want), id))
	if format == 1 && f.typ[k] == "jsonb" {
		a = append([]byte{1}, a...)
	}
	return a
}

func pairs(shown, stored []any) []element {
	out := make([]element, len(shown))
	for i := range shown {
		out[i] = element{shown[i], stored[i]}
	}
	return out
}

func lists(l []element) (shown, stored []any) {
	shown, stored = []any{}, []any{}
	for _, e := range l {
		shown, stored = append(shown, e.shown), append(stored, e.stored)
	}
	return shown, stored
}

// editList edits a list in one to three kinds of ways, and tells how many.
func (f *form) editList(l []element, change func(element), added func(id int) any) ([]element, int) {
	kinds := map[int]bool{}
	for range 1 + f.IntN(3) {
		if f.IntN(3) == 0 || len(kinds) == 0 {
			kinds[f.IntN(4)] = true
		}
	}
	ways := 0
	for kind := range 4 {
		if !kinds[kind] {
			continue
		}
		ways++
		for range 1 + f.IntN(2) {
			switch i := f.IntN(max(len(l), 1)); {
			case kind == 0 && len(l) > 0:
				change(l[i])
			case kind == 1 && len(l) > 1:
				j := f.IntN(len(l))
				l[i], l[j] = l[j], l[i]
			case kind == 2 && len(l) > 0:
				l = slices.Delete(l, i, i+1)
			case kind == 3:
				e := added(100 + f.IntN(1<<20))
				l = slices.Insert(l, i, element{e, e})
			}
		}
	}
	return l, ways
}

// editArray moves, adds or takes out elements of a list of texts or numbers.
func (f *form) editArray(k int, id string, shown []byte) []byte {
	f.counts.lists++
	l := func(sql string, args ...[]byte) []any {
		r := f.d.conn.ExecParams(context.Background(), "SELECT unnest("+sql+")", args, nil, nil, nil).Read()
		if r.Err != nil {
			f.t.Fatal(r.Err)
		}
		var out []any
		for _, row := range r.Rows {
			if row[0] == nil {
				out = append(out, nil)
			} else {
				out = append(out, string(row[0]))
			}
		}
		return out
	}
	old := pairs(l("$1::"+f.typ[k], shown), l(fmt.Sprintf("(SELECT c%d FROM want_%s WHERE id = %s)", k, f.table, id)))
	alike := false
	for i := range old {
		for j := range i {
			alike = alike || old[i].shown == old[j].shown && old[i].stored != old[j].stored
		}
	}
	kind := 1 + f.IntN(3)
	if alike && kind > 1 { // who of those shown alike has gone nobody can tell; the new one may look like them, too
		f.mixed[id] = true
	}
	was := slices.Clone(old)
	for range 1 + f.IntN(3) {
		switch i := f.IntN(max(len(old), 1)); {
		case kind == 1 && len(old) > 1:
			j := f.IntN(len(old))
			old[i], old[j] = old[j], old[i]
		case kind == 2 && len(old) > 0:
			old = slices.Delete(old, i, i+1)
		case kind == 3:
			v := any(strconv.Itoa(100000 + f.IntN(100000)))
			old = slices.Insert(old, i, element{v, v})
		}
	}
	if kind == 1 { // those shown alike stay in their order
		for i := range old {
			for j := range was {
				if was[j].shown == old[i].shown && was[j].shown != nil {
					old[i].stored = was[j].stored
					was[j].shown = nil
					break
				}
			}
		}
	}
	text := func(l []any) string {
		var parts []string
		for _, v := range l {
			if v == nil {
				parts = append(parts, "NULL")
				continue
			}
			parts = append(parts, `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v.(string))+`"`)
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	a, b := lists(old)
	want := text(b)
	f.d.lines(f.t, fmt.Sprintf("UPDATE want_%s SET c%d = %s WHERE id = %s", f.table, k, quoted(&want), id))
	return []byte(text(a))
}

// edit changes one key of a document, and gives it back with all its masks.
func (f *form) edit(k int, id string, document []byte, format int16) []byte {
	if format == 1 && f.typ[k] == "jsonb" { // a version goes before the text
		document = document[1:]
	}
	var d map[string]any
	if json.Unmarshal(document, &d) != nil || d == nil {
		f.t.Fatalf("not a document: %s", document)
	}
	city := plainText(f.Rand)
	d["city"], d["added"] = city, 1
	edited, _ := json.Marshal(d)
	key, _ := json.Marshal(map[string]any{"city": city, "added": 1})
	as := string(key)
	f.d.lines(f.t, fmt.Sprintf("UPDATE want_%[1]s SET c%[2]d = (c%[2]d::jsonb || %[3]s)::%[4]s WHERE id = %[5]s", f.table, k, quoted(&as), f.typ[k], id))
	if format == 1 && f.typ[k] == "jsonb" {
		edited = append([]byte{1}, edited...)
	}
	return edited
}

// stored shows what a table holds; of json, which keeps white space and the order of keys, the document.
func (f *form) stored(table string) string {
	cols := []string{"id", "owner_id"}
	for k := range f.typ {
		c := fmt.Sprintf("c%d", k)
		if f.typ[k] == "json" {
			c += "::jsonb"
		}
		cols = append(cols, c)
	}
	return f.d.lines(f.t, "SELECT "+strings.Join(cols, ", ")+" FROM "+table+" ORDER BY id")
}

// same says that two values of a column are the same to PostgreSQL, or cannot be told apart by it.
func (f *form) same(k int, a, b []byte, format int16) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	sql := fmt.Sprintf("SELECT CAST(CAST($1 AS %s) AS %s) = CAST(CAST($2 AS %s) AS %s)", f.typ[k], f.typ[k], f.typ[k], f.typ[k])
	if f.typ[k] == "json" || f.typ[k] == "point" {
		sql = fmt.Sprintf("SELECT CAST(CAST($1 AS %s) AS text) = CAST(CAST($2 AS %s) AS text)", f.typ[k], f.typ[k])
	}
	r := f.d.conn.ExecParams(context.Background(), sql, [][]byte{a, b}, nil, []int16{format, format}, nil).Read()
	if r.Err != nil {
		f.t.Fatal(r.Err)
	}
	return string(r.Rows[0][0]) == "t"
}

var saveWays = []string{"parameters", "binary parameters", "literals", "casts", "VALUES", "EXCLUDED", "EXCLUDED parameters", "row", "recordset", "WITH"}

// save sends the rows, all columns of each.
func (f *form) save(way string) {
	format := int16(0)
	if way == "binary parameters" || way == "EXCLUDED parameters" && f.IntN(2) == 0 {
		format = 1
	}
	f.d.lines(f.t, fmt.Sprintf("TRUNCATE old_%[1]s; INSERT INTO old_%[1]s TABLE want_%[1]s", f.table))
	f.mixed = map[string]bool{}
	rows := f.load(format)
	f.change(rows, format)
	var names, excluded, sets, typed []string
	for k := range f.typ {
		c := fmt.Sprintf("c%d", k)
		names, excluded = append(names, c), append(excluded, c+" = EXCLUDED."+c)
		sets, typed = append(sets, fmt.Sprintf("%s = $%d", c, k+2)), append(typed, c+" "+f.typ[k])
	}
	all := strings.Join(names, ", ")
	switch way {
	case "parameters", "binary parameters", "row":
		sql := "UPDATE " + f.table + " SET " + strings.Join(sets, ", ") + " WHERE id = $1"
		if way == "row" {
			var values []string
			for k := range f.typ {
				values = append(values, fmt.Sprintf("$%d", k+2))
			}
			sql = "UPDATE " + f.table + " AS t SET (" + all + ") = ROW(" + strings.Join(values, ", ") + ") WHERE t.id = $1"
		}
		for _, row := range rows {
			f.run(f.id(row, format), sql, append([][]byte{row[0]}, row[2:]...), format)
		}
	case "EXCLUDED parameters":
		values := []string{"$1", "$2"}
		for k := range f.typ {
			values = append(values, fmt.Sprintf("$%d", k+3))
		}
		for _, row := range rows {
			f.run(f.id(row, format), "INSERT INTO "+f.table+" VALUES ("+strings.Join(values, ", ")+") ON CONFLICT ("+f.key+") DO UPDATE SET "+strings.Join(excluded, ", "), row, format)
		}
	case "literals", "casts":
		for _, row := range rows {
			var list []string
			for k := range f.typ {
				v := literalOf(row[k+2])
				if way == "casts" {
					v += "::" + f.typ[k]
				}
				list = append(list, fmt.Sprintf("c%d = %s", k, v))
			}
			f.run(f.id(row, 0), "UPDATE "+f.table+" SET "+strings.Join(list, ", ")+" WHERE id = "+string(row[0]), nil, 0)
		}
	case "VALUES", "WITH", "EXCLUDED", "recordset":
		var tuples []string
		var documents []map[string]*string
		for _, row := range rows {
			parts := []string{string(row[0]), string(row[1])}
			document := map[string]*string{"id": text1(row[0])}
			for k := range f.typ {
				v := literalOf(row[k+2])
				if way != "EXCLUDED" {
					v = "CAST(" + v + " AS " + f.typ[k] + ")"
				}
				parts = append(parts, v)
				document[fmt.Sprintf("c%d", k)] = text1(row[k+2])
			}
			tuples, documents = append(tuples, "("+strings.Join(parts, ", ")+")"), append(documents, document)
		}
		from := "(VALUES " + strings.Join(tuples, ", ") + ") AS v(id, owner_id, " + all + ")"
		var set []string
		for _, c := range names {
			set = append(set, c+" = v."+c)
		}
		switch way {
		case "EXCLUDED":
			f.run("", "INSERT INTO "+f.table+" (id, owner_id, "+all+") VALUES "+strings.Join(tuples, ", ")+" ON CONFLICT ("+f.key+") DO UPDATE SET "+strings.Join(excluded, ", "), nil, 0)
			return
		case "recordset":
			if slices.ContainsFunc(f.typ, func(ty string) bool { return strings.Contains(ty, "[") || strings.HasPrefix(ty, "json") }) {
				break // in a document these are documents, not strings
			}
			b, _ := json.Marshal(documents)
			from = "jsonb_to_recordset('" + strings.ReplaceAll(string(b), "'", "''") + "') AS v(id int, " + strings.Join(typed, ", ") + ")"
		case "WITH":
			f.run("", "WITH v(id, owner_id, "+all+") AS (VALUES "+strings.Join(tuples, ", ")+"), u AS (UPDATE "+f.table+" SET "+strings.Join(set, ", ")+" FROM v WHERE v.id = "+f.table+".id RETURNING v.id) SELECT count(*) FROM u", nil, 0)
			return
		}
		f.run("", "UPDATE "+f.table+" SET "+strings.Join(set, ", ")+" FROM "+from+" WHERE "+f.table+".id = v.id", nil, 0)
	}
}

func text1(b []byte) *string {
	if b == nil {
		return nil
	}
	s := string(b)
	return &s
}

func literalOf(b []byte) string { return quoted(text1(b)) }

// run runs a statement that saves the row of this id, or all rows when it is "". One that is refused leaves all as it was.
func (f *form) run(id, sql string, params [][]byte, format int16) {
	formats := []int16{format}
	if params == nil {
		formats = nil
	}
	p := f.rewritten(sql)
	r := f.d.conn.ExecParams(context.Background(), p.SQL, params, nil, formats, nil).Read()
	if r.Err == nil {
		return
	}
	ambiguous := len(p.RowChecks) > 0 && strings.Contains(r.Err.Error(), "cordon: row check")
	if !ambiguous || !f.mixed[id] && (id != "" || len(f.mixed) == 0) {
		f.t.Fatalf("%s: %v\n%s\nsaved: %s\nstored: %s\nrewritten: %s", sql, r.Err, f.describe(), params, f.stored("old_"+f.table), p.SQL)
	}
	f.counts.refused++
	where := "true"
	if id != "" {
		where = "id = " + id
	}
	f.d.lines(f.t, fmt.Sprintf("DELETE FROM want_%[1]s WHERE %[2]s; INSERT INTO want_%[1]s SELECT * FROM old_%[1]s WHERE %[2]s", f.table, where))
}

func TestSavedFormsLoseNothing(t *testing.T) {
	s := pgtest.Shared(t)
	name := s.CreateDatabase(t)
	s.Exec(t, name, `CREATE DOMAIN citizen AS text CHECK (length(VALUE) < 100); CREATE TYPE colour AS ENUM ('red', 'green', 'blue')`)
	d := connect(t, name)
	d.lines(t, "SET TimeZone = 'Asia/Shanghai'; SET jit = off")
	n, first := environment("CORDON_RANDOM", savedTables), environment("CORDON_SEED", 1)
	end := time.Now().Add(20 * time.Second)
	saves, masks := map[string]int{}, 0
	var lists, mixed, refused int
	for seed := first; seed < first+n && (time.Now().Before(end) || os.Getenv("CORDON_RANDOM") != ""); seed++ {
		f := newForm(t, d, seed)
		for _, way := range saveWays {
			f.fill()
			f.save(way)
			saves[way]++
			got, want := f.stored(f.table), f.stored("want_"+f.table)
			if got != want {
				a, b := firstDifference(got, want)
				t.Fatalf("seed %d, saved by %s: a value is lost:\n%s\ngot:\n%s\nwant:\n%s", seed, way, f.describe(), a, b)
			}
		}
		for _, m := range f.masks {
			if m != "" {
				masks++
			}
		}
		lists, mixed, refused = lists+f.counts.lists, mixed+f.counts.mixed, refused+f.counts.refused
		d.lines(t, "DROP TABLE "+f.table+", want_"+f.table+", old_"+f.table)
	}
	t.Logf("%d masks, saved %v; lists edited: %d, %d of them in several ways at once, %d statements refused", masks, saves, lists, mixed, refused)
}
