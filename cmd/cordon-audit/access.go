package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cordon/audit"
)

// maxAccesses bounds the list of statements in one report; what is beyond is counted, and the report says so.
const maxAccesses = 100000

var wordCut = words{"Only the newest statements that fit are listed; the numbers above are of all of them. Narrow the time, or take cordon-audit search.", "列表只含其中一部分语句，上面的数字为全部。请缩短期间或使用 cordon-audit search。"}

// person writes what one person did.
func (r *report) person(ctx context.Context) error {
	if r.f.Person == "" {
		return usageError{"report person: give --person"}
	}
	r.begin(words{"What " + r.f.Person + " did", "人员访问报告：" + r.f.Person})
	all := &tally{}
	tables, rules, refusals, places, days := map[string]*tally{}, map[string]*tally{}, map[string]*tally{}, map[string]*tally{}, map[string]*tally{}
	subjects := map[audit.SubjectToken]bool{}
	many := false
	var list [][]string
	cut, bulk := false, int64(0)
	err := r.x.search(ctx, r.f, func(e *audit.Execution) error {
		rec, o := e.Record, e.Outcome
		if rec.Kind != "stmt.intent" && rec.Kind != "stmt.blocked" {
			return nil
		}
		all.add(e)
		tallies(days, rec.Time.UTC().Format("2006-01-02")).add(e)
		tallies(places, strings.Join([]string{rec.Login, rec.App, clientHost(rec.Client)}, "\x00")).add(e)
		for i := range rec.Tables {
			t := tallies(tables, rec.Tables[i].Name)
			if !slices.ContainsFunc(rec.Tables[:i], func(before audit.Relation) bool { return before.Name == rec.Tables[i].Name }) {
				t.add(e)
			}
			for _, c := range rec.Tables[i].Columns {
				if slices.Contains(rec.Tables[i].Masked, c) {
					t.masked[c] = true
				} else {
					t.raw[c] = true
				}
			}
		}
		for _, name := range rec.Rules {
			tallies(rules, name).add(e)
		}
		if rec.Kind == "stmt.blocked" {
			tallies(refusals, rec.SQLState+" "+rec.Message).add(e)
		}
		if o != nil {
			if o.Rows > 1000 {
				bulk++
			}
			for i := range o.Subjects {
				many = many || o.Subjects[i].Bulk
				for _, t := range o.Subjects[i].Tokens {
					if len(subjects) < 1<<20 {
						subjects[t] = true
					}
				}
			}
		}
		if len(list) == maxAccesses {
			list, cut = list[1:], true
		}
		raw, masked := columnsOf(rec, "")
		list = append(list, []string{stamp(rec.Time), rec.Login, rec.App, rec.Client, tableNames(rec), raw, masked, purposeOf(rec), rec.Decision, rowsOf(o), result(e), rec.Redacted, number(rec.Seq)})
		return nil
	})
	if err != nil {
		return err
	}
	if all.statements == 0 {
		r.none = r.x.none()
	}
	d := r.doc
	d.fact(wordPerson, "%s", r.f.Person)
	d.fact(wordCount, "%d", all.statements)
	d.fact(words{"refused", "被拒绝"}, "%d", all.refused)
	d.fact(words{"ended with an error, cancelled or stopped", "出错、取消或中止"}, "%d", all.failed)
	d.fact(words{"rows in all", "总行数"}, "%d", all.rows)
	d.fact(words{"statements over 1,000 rows", "超过 1000 行的语句"}, "%d", bulk)
	atLeast := ""
	if many || len(subjects) == 1<<20 {
		atLeast = "≥ "
	}
	d.fact(words{"people whose data is known to have been shown", "确知被查看数据的主体数"}, "%s%d", atLeast, len(subjects))
	g := d.grid(words{"By table", "按数据表"}, wordTables, wordCount, words{"refused", "被拒绝"}, wordRows, wordRaw, wordMasked)
	for _, name := range sorted(tables) {
		t := tables[name]
		g.add(name, number(t.statements), number(t.refused), number(t.rows), strings.Join(sorted(t.raw), ", "), strings.Join(sorted(t.masked), ", "))
	}
	g = d.grid(words{"By purpose (rule)", "按目的（规则）"}, wordPurpose, wordCount, wordRows)
	for _, name := range sorted(rules) {
		g.add(name, number(rules[name].statements), number(rules[name].rows))
	}
	g = d.grid(words{"Refused", "被拒绝的语句"}, wordResult, wordCount)
	for _, name := range sorted(refusals) {
		g.add(name, number(refusals[name].statements))
	}
	g = d.grid(words{"From where", "来源"}, wordLogin, wordApp, wordClient, wordCount)
	for _, name := range sorted(places) {
		g.add(append(strings.Split(name, "\x00"), number(places[name].statements))...)
	}
	g = d.grid(words{"By day (UTC)", "按日（UTC）"}, words{"day", "日期"}, wordCount, words{"refused", "被拒绝"}, wordRows)
	for _, name := range sorted(days) {
		g.add(name, number(days[name].statements), number(days[name].refused), number(days[name].rows))
	}
	g = d.grid(words{"Every statement", "逐条语句"}, wordWhen, wordLogin, wordApp, wordClient, wordTables, wordRaw, wordMasked, wordPurpose, wordDecision, wordRows, wordResult, wordStatement, wordRecord)
	g.rows, g.below = list, len(g.head)-2
	if cut {
		g.note = wordCut
	}
	return nil
}

// errTooMany ends a list that has grown too long to be a report.
var errTooMany = errors.New("too many")

// subject writes who saw one person's data.
func (r *report) subject(ctx context.Context) error {
	of := r.f.Table
	if of == "" || r.key == "" {
		return usageError{"report subject: give --table and --key"}
	}
	internal := r.edition == "internal"
	if !internal && r.edition != "subject" {
		return usageError{fmt.Sprintf("--edition: %q is none of internal, subject", r.edition)}
	}
	var list []sighting
	err := r.x.sightings(ctx, r.f, r.key, false, func(s sighting) error {
		if s.Outcome != nil && s.Outcome.Rows == 0 && !s.exact {
			return nil
		}
		if len(list) == maxAccesses {
			return errTooMany
		}
		s.Execution = &audit.Execution{Record: s.Record, Outcome: s.Outcome}
		list = append(list, s)
		return nil
	})
	if errors.Is(err, errTooMany) {
		return fmt.Errorf("more than %d statements fit; narrow the time with --since and --until", maxAccesses)
	}
	if err != nil {
		return err
	}
	if len(list) == 0 {
		r.none = r.x.nobody(of, false)
	}
	d := r.doc
	certainty := func(s sighting) string {
		if s.exact {
			return words{"exact", "确定"}.in(d.lang)
		}
		return words{"possible", "可能"}.in(d.lang)
	}
	exact := 0
	for _, s := range list {
		if s.exact {
			exact++
		}
	}
	if internal {
		r.begin(words{"Who saw the data of one person (internal edition)", "个人信息查阅报告（内部版）"})
	} else {
		r.begin(words{"When and why your data was consulted", "您的个人信息被查阅的时间与目的"})
		d.facts = slices.DeleteFunc(d.facts, func(f fact) bool { return f.name == wordLog })
	}
	d.fact(words{"table and key", "数据表与主键"}, "%s, %s", of, r.key)
	d.fact(words{"consultations known for certain", "确定的查阅次数"}, "%d", exact)
	d.fact(words{"possible ones, of data of many people at once", "可能涉及的批量查阅次数"}, "%d", len(list)-exact)
	if internal {
		people := map[string]*tally{}
		for _, s := range list {
			t := tallies(people, person(s.Record))
			t.add(s.Execution)
			if s.exact {
				t.refused++ // counts the certain ones here
			}
		}
		g := d.grid(words{"By person", "按人员"}, wordPerson, words{"exact", "确定"}, words{"possible", "可能"})
		for _, name := range sorted(people) {
			g.add(name, number(people[name].refused), number(people[name].statements-people[name].refused))
		}
		g = d.grid(words{"Every consultation", "逐次查阅"}, wordWhen, wordPerson, wordCertainty, wordLogin, wordApp, wordClient, wordRaw, wordMasked, wordPurpose, wordRows, wordResult, wordStatement, wordRecord)
		g.below = len(g.head) - 2
		for _, s := range list {
			raw, masked := columnsOf(s.Record, of)
			raw = strings.ReplaceAll(raw, "(any)", words{"(any)", "（任意列）"}.in(d.lang))
			g.add(stamp(s.Record.Time), person(s.Record), certainty(s), s.Record.Login, s.Record.App, s.Record.Client, raw, masked, purposeOf(s.Record), rowsOf(s.Outcome), result(s.Execution), s.Record.Redacted, number(s.Record.Seq))
		}
		return nil
	}
	// No name, login, address or statement: whom the controller employs is theirs, when and why is the subject's (GDPR 15, CJEU C-579/21).
	g := d.grid(words{"Every consultation", "逐次查阅"}, wordWhen, wordPurpose, words{"kinds of data, in clear", "明文查阅的数据种类"}, words{"kinds of data, masked", "脱敏后查阅的数据种类"}, wordCertainty)
	g.note = words{"\"exact\" says that your data came back or was looked up; \"possible\", that data of many people was worked on at once, and nobody can say whether yours was among it.", "“确定”表示返回或按主键查询了您的数据；“可能”表示一次处理了多人的数据，无法判断是否包含您的数据。"}
	for _, s := range list {
		raw, masked := columnsOf(s.Record, of)
		raw = strings.ReplaceAll(raw, "(any)", words{"(any)", "（任意列）"}.in(d.lang))
		g.add(stamp(s.Record.Time), purposeOf(s.Record), raw, masked, certainty(s))
	}
	return nil
}

// purposeOf is what an access was for: the names of the rules that allowed it.
func purposeOf(r *audit.Record) string {
	if len(r.Rules) > 0 {
		return strings.Join(r.Rules, "; ")
	}
	return "–"
}

func tableNames(r *audit.Record) string {
	var list []string
	for i := range r.Tables {
		if !slices.Contains(list, r.Tables[i].Name) {
			list = append(list, r.Tables[i].Name)
		}
	}
	return strings.Join(list, ", ")
}

func rowsOf(o *audit.Record) string {
	if o == nil {
		return ""
	}
	return number(o.Rows)
}
