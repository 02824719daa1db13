package policy

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Parse reads a policy. path is where the data came from: it stands in front of every mistake, and key files are looked for in its folder.
// The error is of type [Problems] and holds every mistake of the file at once.
func Parse(path string, data []byte) (*Policy, error) {
	return parsePolicy(path, data, readKeyFile, nil)
}

// ParseDirectory is Parse with more people, from a directory; nil when there is none.
func ParseDirectory(path string, data []byte, people *Directory) (*Policy, error) {
	return parsePolicy(path, data, readKeyFile, people)
}

// ParseWith is Parse with another way to read key files.
func ParseWith(path string, data []byte, readFile func(path string) ([]byte, error)) (*Policy, error) {
	return parsePolicy(path, data, readFile, nil)
}

func parsePolicy(path string, data []byte, readFile func(path string) ([]byte, error), people *Directory) (*Policy, error) {
	l := &loader{
		people:   people,
		reader:   reader{file: path},
		readFile: readFile,
		keys:     map[string][]byte{},
		known:    map[string]bool{},
		p: &Policy{
			Path: path, Digest: sha256.Sum256(data), Default: Denied,
			Users: map[string]*User{}, Logins: map[string]*Login{}, Roles: map[string]*Role{}, Masks: map[string]*Mask{}, Tags: map[string]*Tag{},
		},
	}
	if root := l.document(data); root != nil {
		l.load(root)
	}
	if len(l.problems) > 0 {
		l.problems.sort()
		return nil, l.problems
	}
	l.p.state = l.state()
	l.warnPowers()
	l.warnings.sort()
	l.p.Warnings = l.warnings
	return l.p, nil
}

// maxKeyFileBytes bounds what is read of a key file, or a file of people.
const maxKeyFileBytes = MaxFileBytes

// readKeyFile reads a key file that is a regular file of a sane size.
func readKeyFile(path string) ([]byte, error) {
	info, err := os.Stat(path) // before Open, which would wait for a writer at a FIFO
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxKeyFileBytes+1))
	if err == nil && len(data) > maxKeyFileBytes {
		err = fmt.Errorf("%s is over %d bytes long", path, maxKeyFileBytes)
	}
	return data, err
}

// loader fills a Policy from YAML.
type loader struct {
	reader
	p        *Policy
	people   *Directory
	readFile func(string) ([]byte, error)
	keys     map[string][]byte // hash keys by path
	known    map[string]bool   // roles that are declared, or that a user or login has
	inRules  []Word            // roles that rules name
	granted  []Word            // roles that users and logins have
	needs    []need            // attributes that expressions need, checked when users are known
}

// need is one use of an attribute in the file.
type need struct {
	expr *Expr
	ref  AttrRef
	use  attrUse
}

// state is what Grant.Key depends on beyond the file: a changed hash key changes every hash.
func (l *loader) state() [32]byte {
	h := sha256.New()
	h.Write([]byte("cordon policy 1\x00"))
	h.Write(l.p.Digest[:])
	paths := make([]string, 0, len(l.keys))
	for path := range l.keys {
		paths = append(paths, path)
	}
	sort.Strings(paths)
	for _, path := range paths {
		key := sha256.Sum256(l.keys[path])
		h.Write(key[:])
	}
	var s [32]byte
	h.Sum(s[:0])
	return s
}

// The sections of a policy.
var sections = []string{"version", "defaults", "users", "logins", "roles", "masks", "tags", "subjects", "rules", "watch", "users_file", "grants_file"}

func (l *loader) load(root *yaml.Node) {
	f := l.fields(root, "the policy", sections...)
	l.version(f)
	if n := f.get("defaults"); n != nil {
		d := l.fields(n, "defaults", "tables")
		if n := d.get("tables"); n != nil {
			if w, ok := l.oneOf(n, "defaults.tables", "allow", "deny"); ok && w == "allow" {
				l.p.Default = Raw
			}
		}
	}
	section := func(name string, read func(entry)) {
		n := f.get(name)
		if n == nil {
			return
		}
		for _, e := range l.entries(n, name) {
			if _, ok := l.word(e.key, "a key of "+name); ok {
				read(e)
			}
		}
	}
	section("roles", l.role)
	section("users", l.user)
	if n := f.get("users_file"); n != nil {
		l.usersFile(n)
	}
	if l.people != nil {
		l.directory(l.people)
	}
	section("logins", l.login)
	// Masks by name first: a json mask may use one that is written below it.
	var masks []entry
	section("masks", func(e entry) {
		l.p.Masks[e.name] = &Mask{Name: e.name, Line: e.key.Line, Col: e.key.Column}
		masks = append(masks, e)
	})
	for _, e := range masks {
		l.mask(e)
	}
	for _, m := range l.p.Masks {
		l.checkJSON(m)
	}
	section("tags", l.tag)
	section("subjects", l.subject)
	if n := f.get("rules"); n != nil && !isNull(n) {
		for _, item := range l.list(n, "rules") {
			l.rule(item)
		}
	}
	if n := f.get("watch"); n != nil && !isNull(n) {
		for _, item := range l.list(n, "watch") {
			l.watch(item)
		}
	}
	if n := f.get("grants_file"); n != nil {
		l.grantsFile(n)
	} else {
		for _, r := range l.p.Rules {
			if r.Request != nil {
				l.refuseAt(r.Request.Line, r.Request.Column, "on_request needs a place to keep grants: name a grants_file")
			}
		}
	}
	l.checkRoles()
	l.checkAttributes()
	l.checkReach()
}

func (l *loader) version(f fields) {
	n := f.get("version")
	switch {
	case n == nil:
		l.refuse(f.node, "the policy does not say its version: begin with version: 1")
	case n.Kind != yaml.ScalarNode || n.Value != "1":
		l.refuse(n, "version must be 1, not %s", kindOf(n))
	}
}

func (l *loader) role(e entry) {
	role := &Role{Name: e.name, Line: e.key.Line, Col: e.key.Column}
	what := fmt.Sprintf("role %q", e.name)
	f := l.fields(e.value, what, "may", "functions")
	if n := f.get("may"); n != nil {
		for _, item := range l.list(n, "may") {
			if w, ok := l.oneOf(item, "an entry of may", "ddl", "routine", "explain", "unparsed", "raised"); ok {
				for _, p := range powerWords {
					if p.word == w {
						role.May |= p.power
					}
				}
			}
		}
	}
	if n := f.get("functions"); n != nil {
		for _, w := range l.words(n, "functions") {
			p, err := parsePattern(w.Text)
			if err != nil {
				l.refuseAt(w.Line, w.Col, "%s", err)
				continue
			}
			p.Line, p.Col = w.Line, w.Col
			role.Functions = append(role.Functions, p)
		}
	}
	l.p.Roles[e.name] = role
	l.known[e.name] = true
}

func (l *loader) user(e entry) {
	u := &User{Name: e.name, Attributes: map[string]Value{}, Line: e.key.Line, Col: e.key.Column}
	what := fmt.Sprintf("user %q", e.name)
	f := l.fields(e.value, what, "roles", "attributes", "valid_until", "disabled", "os_user")
	if n := f.get("roles"); n != nil {
		roles := l.words(n, "roles")
		u.Roles = texts(roles)
		l.granted = append(l.granted, roles...)
	}
	if n := f.get("attributes"); n != nil {
		for _, a := range l.entries(n, "the attributes of "+what) {
			if _, ok := l.word(a.key, "an attribute"); !ok {
				continue
			}
			if v, ok := l.value(a.value, "attribute "+a.name); ok {
				u.Attributes[a.name] = v
			}
		}
	}
	if n := f.get("valid_until"); n != nil {
		t, err := parseMoment(n)
		if err != nil {
			l.refuse(n, "valid_until must be a date and time with its offset, such as 2026-12-31T18:00:00+08:00, not %s", kindOf(n))
		}
		u.ValidUntil = t
	}
	if n := f.get("os_user"); n != nil {
		u.OSUser, _ = l.word(n, "os_user")
	}
	if n := f.get("disabled"); n != nil {
		w, _ := l.oneOf(n, "disabled", "true", "false")
		u.Disabled = w != "false"
	}
	l.p.Users[e.name] = u
}

// parseMoment reads a date and time with its offset.
func parseMoment(n *yaml.Node) (time.Time, error) {
	if n.Kind != yaml.ScalarNode {
		return time.Time{}, fmt.Errorf("not a scalar")
	}
	for _, form := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 Z07:00", "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(form, n.Value); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("no known form")
}

func (l *loader) login(e entry) {
	login := &Login{Name: e.name, Line: e.key.Line, Col: e.key.Column}
	what := fmt.Sprintf("login %q", e.name)
	f := l.fields(e.value, what, "on_behalf_of", "without_user")
	l.p.Logins[e.name] = login
	n := f.get("on_behalf_of")
	if n == nil {
		l.refuse(e.key, "login %q does not say how it carries the person: give it on_behalf_of: {setting: cordon.user}, or leave it out to make it the person of its own name", e.name)
		return
	}
	by := l.fields(n, "on_behalf_of", "setting", "comment", "application_name", "token")
	if len(by.entries) == 0 && n.Kind == yaml.MappingNode && len(n.Content) == 0 || isNull(n) {
		l.refuse(n, "on_behalf_of names no way to carry the person: give setting, comment, application_name or token")
	}
	if n := by.get("setting"); n != nil {
		login.Setting = l.ownSetting(n)
	}
	if n := by.get("comment"); n != nil {
		if w, ok := l.word(n, "comment"); ok {
			login.Comment = w
			if !isIdentifier(w) {
				l.refuse(n, "the key in the comment must be made of letters, digits and _, not %q", w)
			}
		}
	}
	if n := by.get("application_name"); n != nil {
		login.Application = l.pattern(n)
	}
	if n := by.get("token"); n != nil {
		l.token(n, login)
	}
	switch n := f.get("without_user"); {
	case n == nil:
	case n.Kind == yaml.MappingNode:
		w := l.fields(n, "without_user", "roles")
		if named := w.get("roles"); named != nil {
			roles := l.words(named, "roles")
			login.Batch, login.BatchRoles = true, texts(roles)
			l.granted = append(l.granted, roles...)
		} else if len(n.Content) == 0 {
			l.refuse(n, "without_user must be deny, or name roles as in {roles: [batch]}")
		}
	case n.Kind == yaml.ScalarNode && n.Value == "deny":
	default:
		l.refuse(n, "without_user must be deny, or name roles as in {roles: [batch]}, not %s", kindOf(n))
	}
}

// ownSetting reads the name of a setting of Cordon's, as PostgreSQL compares it; "" for a mistake.
func (l *loader) ownSetting(n *yaml.Node) string {
	w, ok := l.word(n, "setting")
	if !ok {
		return ""
	}
	name := strings.ToLower(w)
	if rest, ok := strings.CutPrefix(name, "cordon."); !ok || !isIdentifier(rest) {
		l.refuse(n, "the setting must begin with cordon., such as cordon.user: any other would reach the server, where everyone may set it, not %q", w)
	}
	return name
}

// isIdentifier says whether s is made of letters, digits and underscores, and begins with no digit.
func isIdentifier(s string) bool {
	for i, c := range s {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9' || i == 0) {
			return false
		}
	}
	return s != ""
}

func (l *loader) tag(e entry) {
	tag := &Tag{Name: e.name, Line: e.key.Line, Col: e.key.Column}
	l.p.Tags[e.name] = tag
	what := fmt.Sprintf("tag %q", e.name)
	for _, w := range l.words(e.value, what) {
		parts, err := splitName(w.Text)
		switch {
		case err != nil:
			l.refuseAt(w.Line, w.Col, "%s", err)
		case len(parts) != 3:
			l.refuseAt(w.Line, w.Col, "%q must be written schema.table.column", w.Text)
		case strings.IndexByte(parts[2], wildcardChar) >= 0:
			l.refuseAt(w.Line, w.Col, "%q has a * in its column: a tag names columns one by one", w.Text)
		default:
			tag.Columns = append(tag.Columns, TagColumn{
				Table:  TablePattern{Text: w.Text[:strings.LastIndexByte(w.Text, '.')], Schema: parts[0], Name: parts[1], Line: w.Line, Col: w.Col},
				Column: parts[2], Line: w.Line, Col: w.Col,
			})
		}
	}
}

// subject reads one table's subject key: schema.table: column, or schema.table: {column: …, of: schema.table}.
func (l *loader) subject(e entry) {
	table, ok := l.oneTable(e.key, "a table of subjects")
	key := SubjectKey{Table: table, Of: table, Line: e.key.Line, Col: e.key.Column}
	if e.value.Kind == yaml.MappingNode {
		f := l.fields(e.value, "the subject of "+e.name, "column", "of")
		column := f.get("column")
		if column == nil {
			l.refuse(e.key, "the subject of %s has no column", e.name)
			return
		}
		if of := f.get("of"); of != nil {
			var named bool
			key.Of, named = l.oneTable(of, "of")
			ok = ok && named
		}
		key.Line, key.Col = column.Line, column.Column
		key.Column, _ = l.word(column, "the column of a subject")
	} else {
		key.Line, key.Col = e.value.Line, e.value.Column
		key.Column, _ = l.word(e.value, "the column of a subject")
	}
	if ok && key.Column != "" {
		l.p.SubjectKeys = append(l.p.SubjectKeys, key)
	}
}

// oneTable reads the name of one table, schema.table.
func (l *loader) oneTable(n *yaml.Node, what string) (TableName, bool) {
	w, ok := l.word(n, what)
	if !ok {
		return TableName{}, false
	}
	p, err := parsePattern(w)
	if err != nil {
		l.refuse(n, "%s", err)
		return TableName{}, false
	}
	t, one := p.Exact()
	if !one {
		l.refuse(n, "%s must name one table, without *: %q", what, w)
	}
	return t, one
}

// expr reads an expression. It is nil when there are mistakes in it.
func (l *loader) expr(n *yaml.Node, what string, use exprUse) *Expr {
	text := n.Value
	switch {
	case n.Kind != yaml.ScalarNode:
		l.refuse(n, "%s must be SQL, not %s", what, kindOf(n))
		return nil
	case isNull(n) && use == forceUse:
		text = "NULL"
	case isNull(n):
		l.refuse(n, "%s is empty: leave it out, or write SQL", what)
		return nil
	case n.Tag == "!!int" || n.Tag == "!!float":
		v, ok := l.value(n, what)
		if !ok {
			return nil
		}
		text = v.SQL
	}
	e, uses, problems := parseExpr(text, use)
	at := &Expr{Text: text, Line: n.Line, Col: n.Column, lines: l.textLines(n)}
	if len(problems) > 0 {
		for _, p := range problems {
			line, col := at.At(p.offset)
			l.refuseAt(line, col, "%s: %s", what, p.text)
		}
		return nil
	}
	e.Line, e.Col, e.lines = at.Line, at.Col, at.lines
	for i, a := range e.Attrs {
		l.needs = append(l.needs, need{e, a, uses[i]})
	}
	return e
}

// checkRoles refuses a role that only one place of the file knows: a slip of the pen on one side.
func (l *loader) checkRoles() {
	inRules := map[string]bool{}
	for _, w := range l.inRules {
		inRules[w.Text] = true
	}
	granted := map[string]bool{}
	for _, w := range l.granted {
		granted[w.Text] = true
	}
	var all []string
	for _, set := range []map[string]bool{l.known, inRules, granted} {
		for name := range set {
			all = append(all, name)
		}
	}
	others := func(word string, sets ...map[string]bool) []string {
		var list []string
		for _, name := range all {
			for _, set := range sets {
				if set[name] && name != word {
					list = append(list, name)
				}
			}
		}
		return list
	}
	for _, w := range l.inRules {
		if !l.known[w.Text] && !granted[w.Text] {
			l.refuseAt(w.Line, w.Col, "unknown role %q: no user has it, and roles does not declare it%s", w.Text, didYouMean(w.Text, others(w.Text, l.known, granted)))
		}
	}
	for _, w := range l.granted {
		if !l.known[w.Text] && !inRules[w.Text] {
			l.refuseAt(w.Line, w.Col, "unknown role %q: no rule names it, and roles does not declare it%s", w.Text, didYouMean(w.Text, others(w.Text, l.known, inRules)))
		}
	}
}

// checkAttributes holds what expressions need against what people have.
func (l *loader) checkAttributes() {
	var names []string
	users := make([]*User, 0, len(l.p.Users))
	for _, u := range l.p.Users {
		users = append(users, u)
		for name := range u.Attributes {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	sort.Slice(users, func(i, j int) bool {
		return users[i].Line < users[j].Line || users[i].Line == users[j].Line && users[i].Col < users[j].Col
	})
	for _, need := range l.needs {
		line, col := need.expr.At(need.ref.Start)
		if !slices.Contains(names, need.ref.Name) {
			if hint := didYouMean(need.ref.Name, names); hint != "" {
				l.refuseAt(line, col, "no user has an attribute %q%s", need.ref.Name, hint)
			} else {
				l.warn(line, col, "no user has an attribute %q: the rule denies everyone until someone does", need.ref.Name)
			}
			continue
		}
		for _, u := range users {
			v, ok := u.Attributes[need.ref.Name]
			if !ok || need.use == anyAttr || v.List == (need.use == listAttr) {
				continue
			}
			if v.List {
				l.refuseAt(line, col, "me.%s is a list for user %q: compare with = ANY(me.%s), or cast it to compare whole arrays", need.ref.Name, u.Name, need.ref.Name)
			} else {
				l.refuseAt(line, col, "me.%s is one value for user %q, and ANY and ALL need a list: write the attribute as [%s]", need.ref.Name, u.Name, v.Text)
			}
			break
		}
	}
}

// checkReach refuses a rule that can never decide, because one before it always does.
func (l *loader) checkReach() {
	for i, later := range l.p.Rules {
		for _, earlier := range l.p.Rules[:i] {
			if earlier.When == nil && earlier.Request == nil && earlier.Observe == later.Observe && l.coversPeople(earlier, later) && coversTables(earlier, later) {
				l.refuseAt(later.Line, later.Col, "rule %q is never reached: rule %q in line %d comes first for everyone and every table it is about", later.Name, earlier.Name, earlier.Line)
				break
			}
		}
	}
}

// coversPeople says whether everyone whom the later rule fits is fitted by the earlier one.
func (l *loader) coversPeople(earlier, later *Rule) bool {
	if len(earlier.Roles)+len(earlier.Users)+len(earlier.Logins) == 0 {
		return true
	}
	if len(later.Roles)+len(later.Users)+len(later.Logins) == 0 {
		return false
	}
	for _, w := range later.Roles {
		if !slices.Contains(earlier.Roles, w) {
			return false
		}
	}
	for _, w := range later.Logins {
		if !slices.Contains(earlier.Logins, w) {
			return false
		}
	}
	for _, w := range later.Users {
		has := func(role string) bool { return l.p.Users[w] != nil && slices.Contains(l.p.Users[w].Roles, role) }
		if !slices.Contains(earlier.Users, w) && !slices.ContainsFunc(earlier.Roles, has) {
			return false
		}
	}
	return true
}

// coversTables says whether each pattern of the later rule lies within one of the earlier's.
func coversTables(earlier, later *Rule) bool {
	if len(later.Tables) == 0 {
		return false
	}
	for i := range later.Tables {
		if !slices.ContainsFunc(earlier.Tables, func(p TablePattern) bool { return p.covers(&later.Tables[i]) }) {
			return false
		}
	}
	return true
}

// resolve is a file name of the policy, taken from the policy's folder.
func (l *loader) resolve(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(l.file), name)
}
