package policy

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"gopkg.in/yaml.v3"
)

// Watch is one entry of the watch section: what is unusual, and what happens then. Exactly one of Errors, Lookups, First, When and Times is set.
type Watch struct {
	Name         string
	File         string
	Line, Col    int
	Roles, Users []string // whom it watches; both empty: everyone

	Errors  int64         // more failed statements than this within Per
	Lookups int64         // more different subjects looked up by their key than this within Per
	Per     time.Duration // of Errors and Lookups
	First   bool          // a table that the person has not touched before
	When    *When         // a statement at such a time
	Times   int64         // more rows today than so many times the person's own days of the last thirty bring on average
	Rows    int64         // and more than this, with Times

	Action Action
	By     []string // with ActionQuarantine: who may release
}

// Position is `policy.yaml:41`.
func (w *Watch) Position() string { return fmt.Sprintf("%s:%d", filepath.Base(w.File), w.Line) }

// Action is what happens when a watch has found something.
type Action uint8

const (
	ActionAlert      Action = iota // it is told
	ActionSlow                     // and for an hour each statement of the person waits a second
	ActionQuarantine               // and all of the person's statements are refused until somebody releases them
)

func (a Action) String() string {
	switch a {
	case ActionSlow:
		return "slow"
	case ActionQuarantine:
		return "quarantine"
	default:
		return "alert"
	}
}

// Watches says whether the watch is about a person.
func (w *Watch) Watches(p *Policy, person string) bool {
	if len(w.Roles) == 0 && len(w.Users) == 0 || slices.Contains(w.Users, person) {
		return true
	}
	u := p.Users[person]
	return u != nil && slices.ContainsFunc(w.Roles, func(r string) bool { return slices.Contains(u.Roles, r) })
}

// At says whether a moment is one of the watch's.
func (w *Watch) At(now time.Time) bool {
	if w.When == nil {
		return false
	}
	holds, _ := w.When.at(now)
	return holds
}

// maxWatches bounds the section: each statement is held against all of it.
const maxWatches = 50

func (l *loader) watch(n *yaml.Node) {
	w := &Watch{File: l.file, Line: n.Line, Col: n.Column}
	f := l.fields(n, "an entry of watch", "name", "roles", "users", "errors", "lookups", "per", "first", "when", "times", "rows", "action", "by")
	if m := f.get("name"); m == nil {
		l.refuse(n, "an entry of watch has no name: every alert names it")
	} else if w.Name, _ = l.word(m, "name"); len(w.Name) > 200 {
		l.refuse(m, "the name of a watch must not be longer than 200 bytes")
	}
	if slices.ContainsFunc(l.p.Watches, func(o *Watch) bool { return o.Name == w.Name }) {
		l.refuse(n, "two entries of watch are named %q", w.Name)
	}
	if len(l.p.Watches) == maxWatches {
		l.refuse(n, "watch has more than %d entries", maxWatches)
		return
	}
	l.p.Watches = append(l.p.Watches, w)
	if m := f.get("roles"); m != nil {
		words := l.words(m, "roles")
		w.Roles = texts(words)
		l.inRules = append(l.inRules, words...)
	}
	people := func(key string) (list []string) {
		m := f.get(key)
		if m == nil {
			return nil
		}
		for _, u := range l.words(m, key) {
			if l.p.Users[u.Text] == nil {
				l.refuseAt(u.Line, u.Col, "unknown user %q%s", u.Text, didYouMean(u.Text, keysOf(l.p.Users)))
			}
			list = append(list, u.Text)
		}
		return list
	}
	w.Users, w.By = people("users"), people("by")
	kinds := 0
	if m := f.get("errors"); m != nil {
		kinds++
		w.Errors, _ = l.count(m, "errors", 1, 100_000)
	}
	if m := f.get("lookups"); m != nil {
		kinds++
		w.Lookups, _ = l.count(m, "lookups", 1, maxSubjects)
		if len(l.p.SubjectKeys) == 0 {
			l.refuse(m, "nothing tells subjects apart: name the key of each table under subjects, at the top of the policy")
		}
	}
	if m := f.get("first"); m != nil {
		kinds++
		word, _ := l.oneOf(m, "first", "table")
		w.First = word == "table"
	}
	if m := f.get("when"); m != nil {
		kinds++
		if w.When = l.when(m); !w.When.timed() {
			l.refuse(m, "when of a watch needs days or hours")
		}
	}
	if m := f.get("times"); m != nil {
		kinds++
		w.Times, _ = l.count(m, "times", 2, 1000)
		if r := f.get("rows"); r != nil {
			w.Rows, _ = l.count(r, "rows", 1, maxRows)
		} else {
			l.refuse(m, "times needs rows: below so many a day nothing is unusual")
		}
	} else if r := f.get("rows"); r != nil {
		l.refuse(r, "rows has no meaning without times")
	}
	if kinds != 1 {
		l.refuse(n, "an entry of watch must have exactly one of errors, lookups, first, when and times")
	}
	if m := f.get("per"); m != nil {
		w.Per, _ = l.duration(m, "per", time.Second, 31*24*time.Hour)
		if w.Errors == 0 && w.Lookups == 0 && kinds == 1 {
			l.refuse(m, "per has no meaning without errors or lookups")
		}
	} else if w.Errors > 0 || w.Lookups > 0 {
		l.refuse(n, "the entry does not say per what time: give per, such as 10m")
	}
	if m := f.get("action"); m != nil {
		switch word, _ := l.oneOf(m, "action", "alert", "slow", "quarantine"); word {
		case "slow":
			w.Action = ActionSlow
		case "quarantine":
			w.Action = ActionQuarantine
		}
	}
	if w.Action == ActionQuarantine && len(w.By) == 0 {
		l.refuse(n, "quarantine needs by: name those who may release people")
	}
}
