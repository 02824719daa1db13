package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a rule's zone must not depend on what the machine has installed

	"gopkg.in/yaml.v3"
)

// The keys of a rule.
var ruleKeys = []string{"name", "roles", "users", "logins", "tables", "allow", "rows", "mask", "unmask", "force", "read_only", "export", "when", "mode", "write_back", "on_request", "masked_insert", "references", "audit"}

func (l *loader) rule(n *yaml.Node) {
	r := &Rule{File: l.file, Line: n.Line, Col: n.Column, Index: len(l.p.Rules), Allow: OpSelect}
	l.p.Rules = append(l.p.Rules, r)
	if n.Kind != yaml.MappingNode {
		l.refuse(n, "a rule must be a mapping that begins with name, not %s", kindOf(n))
		return
	}
	what := fmt.Sprintf("rule %d", r.Index+1)
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "name" && n.Content[i+1].Kind == yaml.ScalarNode && n.Content[i+1].Value != "" {
			what = fmt.Sprintf("rule %q", n.Content[i+1].Value)
			break
		}
	}
	f := l.fields(n, what, ruleKeys...)
	l.ruleName(f, r)
	l.rulePeople(f, r)
	l.ruleTables(f, r, what)
	if n := f.get("allow"); n != nil {
		r.Allow = 0
		for _, item := range l.list(n, "allow") {
			if w, ok := l.oneOf(item, "an entry of allow", "select", "insert", "update", "delete", "truncate", "copy_from"); ok {
				for _, o := range opWords {
					if o.word == w {
						r.Allow |= o.op
					}
				}
			}
		}
	}
	if n := f.get("rows"); n != nil {
		r.Rows = l.expr(n, "rows", conditionUse)
	}
	if n := f.get("mask"); n != nil {
		l.ruleMasks(n, r)
	}
	if n := f.get("unmask"); n != nil {
		l.unmask(n, r)
	}
	l.ruleWrites(f, r)
	if n := f.get("export"); n != nil {
		r.Export = l.export(n)
	}
	if n := f.get("when"); n != nil {
		r.When = l.when(n)
	}
	if n := f.get("on_request"); n != nil {
		r.Request = l.onRequest(n)
	}
	if n := f.get("mode"); n != nil {
		w, _ := l.oneOf(n, "mode", "enforce", "observe")
		r.Observe = w == "observe"
	}
	if n := f.get("audit"); n != nil {
		w, _ := l.oneOf(n, "audit", "durable", "default")
		r.Durable = w == "durable"
	}
}

func (l *loader) ruleName(f fields, r *Rule) {
	n := f.get("name")
	if n == nil {
		l.refuse(f.node, "rule %d has no name: every refusal and every record names its rule", r.Index+1)
		return
	}
	if n.Kind != yaml.ScalarNode || isNull(n) || strings.TrimSpace(n.Value) == "" || checkText(n.Value) != nil || strings.ContainsAny(n.Value, "\r\n\t") {
		l.refuse(n, "the name of a rule must be a line of text, not %s", kindOf(n))
		return
	}
	if len(n.Value) > 200 {
		l.refuse(n, "the name of a rule must not be longer than 200 bytes")
		return
	}
	for _, other := range l.p.Rules[:r.Index] {
		if other.Name == n.Value {
			l.refuse(n, "two rules are named %q: the first one is in line %d", n.Value, other.Line)
			return
		}
	}
	r.Name = n.Value
}

func (l *loader) rulePeople(f fields, r *Rule) {
	read := func(key string) []Word {
		n := f.get(key)
		if n == nil {
			return nil
		}
		if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
			// `roles: []` reads like nobody, and would be everyone.
			l.refuse(n, "%s is empty: leave it out to mean everyone", key)
		}
		return l.words(n, key)
	}
	roles := read("roles")
	r.Roles = texts(roles)
	l.inRules = append(l.inRules, roles...)
	users := read("users")
	r.Users = texts(users)
	for _, w := range users {
		if l.p.Users[w.Text] == nil {
			l.refuseAt(w.Line, w.Col, "unknown user %q%s", w.Text, didYouMean(w.Text, keysOf(l.p.Users)))
		}
	}
	r.Logins = texts(read("logins")) // any database user: only logins that speak for others are declared
}

// keysOf are a map's keys in order.
func keysOf[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (l *loader) ruleTables(f fields, r *Rule, what string) {
	n := f.get("tables")
	if n == nil {
		l.refuse(f.node, "%s names no tables", what)
		return
	}
	if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		l.refuse(n, "tables is empty, so the rule fits nothing")
	}
	for _, w := range l.words(n, "tables") {
		p, err := parsePattern(w.Text)
		if err != nil {
			l.refuseAt(w.Line, w.Col, "%s", err)
			continue
		}
		p.Line, p.Col = w.Line, w.Col
		r.Tables = append(r.Tables, p)
	}
}

// column checks a column's name.
func (l *loader) column(n *yaml.Node, what string) (string, bool) {
	w, ok := l.word(n, what)
	if ok && len(w) > 63 {
		l.refuse(n, "%s is %d bytes long, and PostgreSQL's names have at most 63", what, len(w))
		return "", false
	}
	return w, ok
}

// columns is a list of columns.
func (l *loader) columns(n *yaml.Node, what string) []Word {
	var list []Word
	for _, w := range l.words(n, what) {
		if len(w.Text) > 63 {
			l.refuseAt(w.Line, w.Col, "an entry of %s is %d bytes long, and PostgreSQL's names have at most 63", what, len(w.Text))
			continue
		}
		list = append(list, w)
	}
	return list
}

func (l *loader) ruleMasks(n *yaml.Node, r *Rule) {
	for _, e := range l.entries(n, "mask") {
		m := RuleMask{Line: e.key.Line, Col: e.key.Column}
		if name, ok := strings.CutPrefix(e.name, "tag:"); ok {
			if m.Tag = l.p.Tags[name]; m.Tag == nil {
				l.refuse(e.key, "unknown tag %q%s", name, didYouMean(name, keysOf(l.p.Tags)))
				continue
			}
			l.checkTagReach(e.key, r, m.Tag)
		} else if m.Column, ok = l.column(e.key, "a column of mask"); !ok {
			continue
		}
		ref := e.value
		if hasKey(e.value, "with") || hasKey(e.value, "match") {
			f := l.fields(e.value, "mask of "+e.name, "with", "match", "tries", "per")
			m.Exact = l.exact(f)
			if ref = f.get("with"); ref == nil {
				l.refuse(e.value, "the mask of %s does not say with which mask: write with and the mask's name", e.name)
			}
		}
		if ref != nil {
			m.Mask = l.maskRef(ref)
		}
		r.Masks = append(r.Masks, m) // without a mask, too: unmask may name the column, and the policy is refused anyway
	}
	l.checkTagConflicts(r)
}

// exact reads match: exact with its budget.
func (l *loader) exact(f fields) *Exact {
	n := f.get("match")
	if n == nil {
		for _, key := range []string{"tries", "per"} {
			if n := f.get(key); n != nil {
				l.refuse(n, "%s has no meaning without match: exact", key)
			}
		}
		return nil
	}
	if _, ok := l.oneOf(n, "match", "exact"); !ok {
		return nil
	}
	x := &Exact{Tries: DefaultTries, Per: DefaultTriesPer}
	if n := f.get("tries"); n != nil {
		x.Tries, _ = l.count(n, "tries", 1, maxSubjects)
	}
	if n := f.get("per"); n != nil {
		x.Per, _ = l.duration(n, "per", time.Minute, 366*24*time.Hour)
	}
	return x
}

func sameExact(a, b *Exact) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// hasKey says whether a mapping has a key.
func hasKey(n *yaml.Node, key string) bool {
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return true
			}
		}
	}
	return false
}

// checkTagReach warns of a tag without a column in the rule's tables: it masks nothing there.
func (l *loader) checkTagReach(n *yaml.Node, r *Rule, tag *Tag) {
	for i := range r.Tables {
		for j := range tag.Columns {
			if a, b := &r.Tables[i], &tag.Columns[j].Table; a.covers(b) || b.covers(a) {
				return
			}
		}
	}
	l.warn(n.Line, n.Column, "no column of tag %q is in the tables of rule %q, so it masks nothing there", tag.Name, r.Name)
}

// checkTagConflicts refuses two tags of one rule that give one column two masks.
func (l *loader) checkTagConflicts(r *Rule) {
	for i, a := range r.Masks {
		for _, b := range r.Masks[:i] {
			if a.Tag == nil || b.Tag == nil || a.Mask == b.Mask && sameExact(a.Exact, b.Exact) {
				continue
			}
			for x := range a.Tag.Columns {
				for y := range b.Tag.Columns {
					c, d := &a.Tag.Columns[x], &b.Tag.Columns[y]
					named := slices.ContainsFunc(r.Masks, func(m RuleMask) bool { return m.Column == c.Column })
					if c.Column == d.Column && !named && (c.Table.covers(&d.Table) || d.Table.covers(&c.Table)) {
						l.refuseAt(a.Line, a.Col, "the tags %q and %q give %s.%s two masks: name the column in mask to choose one", b.Tag.Name, a.Tag.Name, c.Table.Text, c.Column)
						return
					}
				}
			}
		}
	}
}

func (l *loader) unmask(n *yaml.Node, r *Rule) {
	u := &Unmask{Line: n.Line, Col: n.Column}
	f := l.fields(n, "unmask", "columns", "when")
	r.Unmask = u
	if n.Kind != yaml.MappingNode {
		if isNull(n) {
			l.refuse(n, "unmask is empty: give columns and when")
		}
		return
	}
	if n := f.get("columns"); n == nil {
		l.refuse(f.node, "unmask names no columns")
	} else {
		u.Columns = l.columns(n, "columns")
		if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
			l.refuse(n, "columns is empty, so unmask has no effect")
		}
	}
	if n := f.get("when"); n == nil {
		l.refuse(f.node, "unmask does not say when: leave the columns out of mask to show them always")
	} else {
		u.When = l.expr(n, "unmask.when", conditionUse)
	}
	var masked []string
	for _, m := range r.Masks {
		if m.Tag == nil {
			masked = append(masked, m.Column)
			continue
		}
		for _, c := range m.Tag.Columns {
			masked = append(masked, c.Column)
		}
	}
	for _, w := range u.Columns {
		if !slices.Contains(masked, w.Text) {
			l.refuseAt(w.Line, w.Col, "unmask names %q, which the rule does not mask%s", w.Text, didYouMean(w.Text, masked))
		}
	}
}

// ruleWrites reads what the rule says of written values.
func (l *loader) ruleWrites(f fields, r *Rule) {
	if n := f.get("force"); n != nil {
		for _, e := range l.entries(n, "force") {
			name, ok := l.column(e.key, "a column of force")
			if !ok {
				continue
			}
			if v := l.expr(e.value, "force."+name, forceUse); v != nil {
				r.Force = append(r.Force, ForcedColumn{name, v, e.key.Line, e.key.Column})
			}
		}
	}
	if n := f.get("read_only"); n != nil {
		r.ReadOnly = l.columns(n, "read_only")
		for _, w := range r.ReadOnly {
			if slices.ContainsFunc(r.Force, func(c ForcedColumn) bool { return c.Column == w.Text }) {
				l.refuseAt(w.Line, w.Col, "%q is both forced and read-only: a forced column is never the client's to write", w.Text)
			}
		}
	}
	if n := f.get("write_back"); n != nil {
		if w, ok := l.oneOf(n, "write_back", "keep", "deny"); ok && w == "deny" {
			r.WriteBack = WriteBackDeny
		}
	}
	if n := f.get("masked_insert"); n != nil {
		if w, ok := l.oneOf(n, "masked_insert", "allow", "deny"); ok {
			r.MaskedInsertDeny = w == "deny"
		}
	}
	if n := f.get("references"); n != nil {
		switch w, _ := l.oneOf(n, "references", "check", "allow"); w {
		case "check":
			r.References = ReferencesCheckAll
		case "allow":
			r.References = ReferencesAllow
		}
	}
}

// dayWords are the days as the policy writes them, from time.Sunday.
var dayWords = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func (l *loader) when(n *yaml.Node) *When {
	w := &When{Zone: time.UTC}
	f := l.fields(n, "when", "days", "hours", "tz", "from", "application", "certificate")
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 || isNull(n) {
		l.refuse(n, "when is empty: leave it out, or give days, hours, from, application or certificate")
	}
	if n := f.get("days"); n != nil {
		for _, item := range l.scalars(n, "days") {
			for _, part := range strings.Split(item.Value, ",") {
				l.days(item, strings.ToLower(strings.TrimSpace(part)), w)
			}
		}
	}
	if n := f.get("hours"); n != nil {
		for _, item := range l.scalars(n, "hours") {
			for _, part := range strings.Split(item.Value, ",") {
				if h, ok := parseHours(strings.TrimSpace(part)); ok {
					w.Hours = append(w.Hours, h)
				} else {
					l.refuse(item, `hours must be a span such as "08:00-20:00", not %s`, kindOf(item))
					break
				}
			}
		}
	}
	if n := f.get("tz"); n != nil {
		if name, ok := l.word(n, "tz"); ok {
			zone, err := time.LoadLocation(name)
			if err != nil || name == "Local" {
				l.refuse(n, "unknown time zone %q: write a name such as Asia/Shanghai, Europe/Berlin or UTC%s", name, didYouMean(name, commonZones))
			} else {
				w.Zone = zone
			}
		}
		if f.get("days") == nil && f.get("hours") == nil {
			l.refuse(f.key("tz"), "tz has no meaning without days or hours")
		}
	}
	if n := f.get("from"); n != nil {
		for _, item := range l.scalars(n, "from") {
			if p, err := parseNetwork(item.Value); err != nil {
				l.refuse(item, "from must be a network such as 10.0.0.0/8 or an address, not %s: %s", kindOf(item), err)
			} else {
				w.From = append(w.From, p)
			}
		}
	}
	globs := func(key string) (list []string) {
		if n := f.get(key); n != nil {
			for _, item := range l.scalars(n, key) {
				list = append(list, strings.ReplaceAll(item.Value, "*", string(wildcardChar)))
			}
		}
		return list
	}
	w.Application, w.Certificate = globs("application"), globs("certificate")
	l.p.ByApplication = l.p.ByApplication || len(w.Application) > 0
	return w
}

// commonZones are proposed for a slip in a zone's name.
var commonZones = strings.Fields(`UTC Asia/Shanghai Asia/Hong_Kong Asia/Tokyo Asia/Singapore Asia/Kolkata Asia/Dubai Australia/Sydney Europe/London Europe/Berlin Europe/Paris
	Europe/Madrid Europe/Rome Europe/Vienna Europe/Zurich Europe/Moscow America/New_York America/Chicago America/Denver America/Los_Angeles America/Sao_Paulo America/Toronto`)

// scalars are the items of a list, or one item that stands alone.
func (l *loader) scalars(n *yaml.Node, what string) []*yaml.Node {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		if items = n.Content; len(items) == 0 {
			l.refuse(n, "%s is empty: leave it out", what)
		}
	}
	var list []*yaml.Node
	for _, item := range items {
		if _, ok := l.word(item, "an entry of "+what); ok {
			list = append(list, item)
		}
	}
	return list
}

// days adds one day, or a span of days such as mon-fri or fri-mon.
func (l *loader) days(n *yaml.Node, text string, w *When) {
	from, to, span := strings.Cut(text, "-")
	if !span {
		to = from
	}
	first, last := slices.Index(dayWords, strings.TrimSpace(from)), slices.Index(dayWords, strings.TrimSpace(to))
	if first < 0 || last < 0 {
		bad := from
		if first >= 0 {
			bad = to
		}
		l.refuse(n, "days must be mon, tue, wed, thu, fri, sat, sun or a span such as mon-fri, not %q%s", text, didYouMean(bad, dayWords))
		return
	}
	for day := first; ; day = (day + 1) % 7 {
		w.Days[day] = true
		if day == last {
			return
		}
	}
}

// parseHours reads 08:00-20:00; 24:00 is the end of the day.
func parseHours(s string) (Hours, bool) {
	from, to, ok := strings.Cut(s, "-")
	if !ok {
		return Hours{}, false
	}
	start, ok1 := parseMinute(strings.TrimSpace(from))
	end, ok2 := parseMinute(strings.TrimSpace(to))
	return Hours{start, end}, ok1 && ok2 && start != end && start < 24*60
}

func parseMinute(s string) (int, bool) {
	hour, minute, ok := strings.Cut(s, ":")
	h, err1 := strconv.ParseUint(hour, 10, 8)
	m, err2 := strconv.ParseUint(minute, 10, 8)
	if !ok || err1 != nil || err2 != nil || len(hour) > 2 || len(minute) != 2 || m > 59 || h > 24 || h == 24 && m > 0 {
		return 0, false
	}
	return int(h*60 + m), true
}

// parseNetwork reads a CIDR block without host bits, or one address.
func parseNetwork(s string) (netip.Prefix, error) {
	if !strings.Contains(s, "/") {
		a, err := netip.ParseAddr(s)
		if err != nil || a.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("it is not an address")
		}
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	switch {
	case err != nil:
		return netip.Prefix{}, fmt.Errorf("it is not a network")
	case p.Addr().Is4In6():
		return netip.Prefix{}, fmt.Errorf("an IPv4 network must be written as such")
	case p != p.Masked():
		return netip.Prefix{}, fmt.Errorf("it has bits behind the prefix: %s is probably meant", p.Masked())
	}
	return p, nil
}
