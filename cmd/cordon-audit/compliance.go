package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cordon/audit"
)

// Days that a log must reach back. Six natural months have up to 184 days, three years up to 1,096.
const (
	sixMonths  = 190
	threeYears = 1096
)

// state is what an article's evidence comes to.
type state uint8

const (
	judge state = iota // the article asks that it can be told, or has no bound: a person judges
	shown              // the log shows it
	gap                // the log shows the contrary, or nothing
)

func (s state) words() words {
	return []words{judge: {"to judge", "待判断"}, shown: {"shown", "有证据"}, gap: {"gap", "证据不足"}}[s]
}

// query is what answers an article: a command that anybody can run again, and its number.
type query struct {
	filter *audit.Filter // of statements and events; counted in one pass over the log
	review bool          // in the reviewers' log instead
	flags  string        // the filter as flags of search
	tool   string        // another command, and where it is that of search or verify, without the name of this program; value says its number
	value  func(f *evidence) (number string, is state)
	count  int64
}

// wants says what the number of a filter must be for the article to have its evidence.
type wants uint8

const (
	wantsAny  wants = iota // any number: the article asks that it can be told
	wantsSome              // above zero
	wantsNone              // zero
)

// article is one line of the compliance report.
type article struct {
	law, asks, shows words
	q                *query
	want             wants
}

// evidence is what the queries that are no filter look at.
type evidence struct {
	verify            *audit.Report
	keys              int
	oldest            time.Time
	now               time.Time
	sessions, secured int64
	nobody            int64 // statements of which neither person nor login is known
	encrypted         int64 // statements whose texts are there, encrypted
	recipients        map[string]bool
	tables            map[string]bool
}

// asks makes a query of a filter and the flags of search that say the same.
func asks(flags string, f audit.Filter) *query { return &query{flags: flags, filter: &f} }

// reviews makes a query of events in the reviewers' log.
func reviews(kind string) *query {
	return &query{flags: "--kind " + kind, filter: &audit.Filter{Kind: strings.Trim(kind, "'")}, review: true}
}

// is gives shown or gap.
func is(fine bool) state {
	if fine {
		return shown
	}
	return gap
}

// articles are the laws, in the numbering in force since 2026-01-01, with what a proxy can show of each.
func articles(sensitive string) []article {
	verified := func() *query {
		return &query{tool: "verify --key audit.key.pub", value: func(f *evidence) (string, state) {
			return number(len(f.verify.Problems) + f.verify.More), is(f.verify.OK())
		}}
	}
	tls := func() *query {
		return &query{tool: "search --kind session.open --by tls", value: func(f *evidence) (string, state) {
			return fmt.Sprintf("%d/%d", f.secured, f.sessions), is(f.sessions > 0 && f.secured == f.sessions)
		}}
	}
	// A log that is young, and of which nothing was dropped, is no breach, and no evidence yet.
	reaches := func(least int64) *query {
		return &query{tool: "verify --key audit.key.pub", value: func(f *evidence) (string, state) {
			days := int64(0)
			if !f.oldest.IsZero() {
				days = int64(f.now.Sub(f.oldest).Hours() / 24)
			}
			s := is(days >= least)
			if s == gap && f.verify.OK() && f.verify.Pruned == 0 {
				s = judge
			}
			return fmt.Sprintf("%d/%d", days, f.verify.Pruned), s
		}}
	}
	days := words{"days since the oldest record / records dropped before it", "最早记录距今天数／其前已清除的记录数"}
	rewritten := func() *query { return asks("--decision rewrite", audit.Filter{Decision: "rewrite"}) }
	refused := func() *query { return asks("--decision block", audit.Filter{Decision: "block"}) }
	events := func(kind string) *query { return asks("--kind "+kind, audit.Filter{Kind: kind}) }
	return []article{
		{words{"PIPL 6, 19", "个人信息保护法 第六、十九条"}, words{"least data, shortest retention", "最小必要；最短保存期限"}, words{"statements that ran with filters or masks", "经过滤或脱敏后执行的语句"}, rewritten(), wantsSome},
		{words{"PIPL 28", "个人信息保护法 第二十八条"}, words{"sensitive personal information: strict protection", "敏感个人信息：严格保护措施"}, words{"statements that touched columns tagged " + sensitive, "涉及标签 " + sensitive + " 列的语句"}, asks("--tag "+shellWord(sensitive), audit.Filter{Tag: sensitive}), wantsAny},
		{words{"PIPL 45, 50", "个人信息保护法 第四十五、五十条"}, words{"access and copy on request", "响应个人查阅、复制其个人信息的请求"}, words{"look-ups of who saw one person's data, and reports on it", "按个人查询其信息被谁查阅的次数（含报告）"}, reviews("review.subject"), wantsAny},
		{words{"PIPL 47", "个人信息保护法 第四十七条"}, words{"deletion", "删除"}, words{"day keys destroyed: their literals cannot be read any more", "已销毁的日密钥（其加密的字面值与参数不可再读）"}, events("dek.destroy"), wantsAny},
		{words{"PIPL 51 (2)", "个人信息保护法 第五十一条第（二）项"}, words{"classified management", "个人信息分类管理"}, words{"policies put in force", "已生效的访问策略（次）"}, events("policy.load"), wantsSome},
		{words{"PIPL 51 (3)", "个人信息保护法 第五十一条第（三）项"}, words{"encryption, de-identification", "加密、去标识化等安全技术措施"}, words{"sessions with TLS, of all", "使用 TLS 的会话／全部会话"}, tls(), wantsSome},
		{words{"PIPL 51 (4)", "个人信息保护法 第五十一条第（四）项"}, words{"operating permissions; no unauthorised access", "合理确定操作权限；防止未经授权的访问"}, words{"statements refused", "被拒绝的语句"}, refused(), wantsAny},
		{words{"PIPL 54; audit measures of the CAC (2025-05-01)", "个人信息保护法 第五十四条；个人信息保护合规审计管理办法（2025-05-01 起施行）"}, words{"periodic compliance audit", "定期合规审计"}, words{"reports signed off", "已签署确认的报告"}, reviews("review.signoff"), wantsSome},
		{words{"PIPL 55, 56", "个人信息保护法 第五十五、五十六条"}, words{"processing records kept for three years", "处理情况记录至少保存三年"}, days, reaches(threeYears), wantsSome},
		{words{"PIPL 57", "个人信息保护法 第五十七条"}, words{"breach: what, whom, how much", "泄露事件：信息种类、涉及的个人、范围"}, words{"statements that gave over 1,000 rows", "返回超过 1000 行的语句"}, asks("--rows-over 1000", audit.Filter{HasRows: true, RowsOver: 1000}), wantsAny},
		{words{"Cybersecurity Law 23 (until 2025: 21)", "网络安全法 第二十三条（2025 年以前为第二十一条）"}, words{"network logs kept for at least six months", "网络日志留存不少于六个月"}, days, reaches(sixMonths), wantsSome},
		{words{"Data Security Law 21, 27", "数据安全法 第二十一、二十七条"}, words{"graded protection", "数据分类分级保护"}, words{"executions stopped by export limits", "因超出导出限制而中止的执行"}, events("guard.block"), wantsAny},
		{words{"Data Security Law 29, 30", "数据安全法 第二十九、三十条"}, words{"risk monitoring", "风险监测"}, words{"alerts of the policy's watches", "监测规则发出的告警"}, events("guard.alert"), wantsAny},
		{words{"Network Data Regulations 9, 11, 12, 27, 28", "网络数据安全管理条例 第九、十一、十二、二十七、二十八条"}, words{"records of provision and entrustment kept for three years", "提供、委托处理的记录至少保存三年"}, words{"exports by COPY", "以 COPY 导出数据的语句"}, asks("--class copy_to", audit.Filter{Class: "copy_to"}), wantsAny},
		{words{"GB/T 35273-2020 7.1 a", "GB/T 35273-2020 7.1 a"}, words{"least privilege", "最小授权"}, words{"temporary grants issued", "签发的临时授权"}, events("grant.issue"), wantsAny},
		{words{"GB/T 35273-2020 7.1 b", "GB/T 35273-2020 7.1 b"}, words{"approval of bulk copies and downloads", "批量复制、下载等重要操作的内部审批"}, words{"exports approved", "已批准的导出申请"}, events("export.approve"), wantsAny},
		{words{"GB/T 35273-2020 7.2", "GB/T 35273-2020 7.2"}, words{"display masked", "个人信息的展示限制（脱敏）"}, words{"statements that ran with filters or masks", "经过滤或脱敏后执行的语句"}, rewritten(), wantsSome},
		{words{"GB/T 35273-2020 6.2, 6.3", "GB/T 35273-2020 6.2、6.3"}, words{"de-identified, encrypted in transit and storage", "去标识化；敏感个人信息的传输与存储加密"}, words{"statements whose text is stored encrypted", "原文加密存储的语句"}, &query{tool: "verify --key audit.key.pub --texts", value: func(f *evidence) (string, state) { return number(f.encrypted), is(f.encrypted > 0) }}, wantsSome},
		{words{"GB/T 35273-2020 11.3, 11.7", "GB/T 35273-2020 11.3、11.7"}, words{"automatic audit; records not altered or deleted", "自动化审计；防止审计记录被非法篡改、删除"}, words{"problems that verifying found", "校验发现的问题"}, verified(), wantsNone},
		{words{"GB/T 22239-2019 8.1.4.3 a", "GB/T 22239-2019 8.1.4.3 a"}, words{"audit covers every user and event", "审计覆盖每个用户，对重要行为和安全事件进行审计"}, words{"intents without an outcome", "已记录执行意图、尚无结果的语句"}, &query{tool: "verify --key audit.key.pub", value: func(f *evidence) (string, state) { return number(f.verify.Pending), judge }}, wantsAny},
		{words{"GB/T 22239-2019 8.1.4.3 b", "GB/T 22239-2019 8.1.4.3 b"}, words{"date, user, event, result", "记录日期时间、用户、事件类型、是否成功"}, words{"statements of which neither person nor login is known", "人员与登录名均未知的语句"}, &query{tool: "search --statements --by person,login", value: func(f *evidence) (string, state) { return number(f.nobody), is(f.nobody == 0) }}, wantsNone},
		{words{"GB/T 22239-2019 8.1.4.3 c", "GB/T 22239-2019 8.1.4.3 c"}, words{"records protected, backed up", "保护审计记录，定期备份"}, words{"records sealed by a signed checkpoint, of all", "已由签名检查点封存的记录／全部记录"}, &query{tool: "verify --key audit.key.pub", value: func(f *evidence) (string, state) {
			return fmt.Sprintf("%d/%d", f.verify.Sealed, f.verify.Records), is(f.verify.OK() && f.verify.Sealed > 0)
		}}, wantsSome},
		{words{"GB/T 22239-2019 8.1.4.3 d", "GB/T 22239-2019 8.1.4.3 d"}, words{"the audit process cannot be interrupted", "保护审计进程，防止未经授权的中断"}, words{"times that statements ran unrecorded", "未经记录即执行的时段（次）"}, events("audit.gap"), wantsNone},
		{words{"GB/T 22239-2019 8.1.4.2", "GB/T 22239-2019 8.1.4.2"}, words{"access control by user and table", "访问控制粒度：主体为用户级，客体为数据库表级"}, words{"tables that statements named", "语句涉及的数据表"}, &query{tool: "search --statements --by table", value: func(f *evidence) (string, state) { return number(len(f.tables)), is(len(f.tables) > 0) }}, wantsSome},
		{words{"GB/T 22239-2019 8.1.4.7, 8.1.4.8", "GB/T 22239-2019 8.1.4.7、8.1.4.8"}, words{"integrity and confidentiality of audit data", "重要审计数据的完整性、保密性"}, words{"day keys there", "现存的日密钥"}, &query{tool: "ls", value: func(f *evidence) (string, state) { return number(f.keys), is(f.keys > 0) }}, wantsSome},
		{words{"GB/T 22239-2019 8.1.5.2, 8.1.5.4 d", "GB/T 22239-2019 8.1.5.2、8.1.5.4 d"}, words{"audit administrators are audited", "对审计管理员的操作进行审计"}, words{"records of reviewers", "审计人员的操作记录"}, reviews("'review.*'"), wantsSome},
		{words{"GDPR 5(1)(c), (e), (f), 5(2)", "GDPR 第 5(1)(c)(e)(f)、5(2) 条"}, words{"minimisation, integrity, accountability", "数据最小化、完整性、问责"}, words{"problems that verifying found", "校验发现的问题"}, verified(), wantsNone},
		{words{"GDPR 15; CJEU C-579/21", "GDPR 第 15 条；欧盟法院 C-579/21"}, words{"dates and purposes of consultations to the subject", "向数据主体告知其数据被查阅的日期与目的"}, words{"look-ups of who saw one person's data, and reports on it", "按个人查询其信息被谁查阅的次数（含报告）"}, reviews("review.subject"), wantsAny},
		{words{"GDPR 25, 30", "GDPR 第 25、30 条"}, words{"by design; record of processing: recipients", "通过设计保护数据；处理活动记录：接收方"}, words{"logins and applications that received rows", "收到数据的登录名与应用"}, &query{tool: "search --statements --rows-over 0 --by login,app", value: func(f *evidence) (string, state) { return number(len(f.recipients)), is(len(f.recipients) > 0) }}, wantsSome},
	}
}

// compliance writes which article has which evidence now.
func (r *report) compliance(ctx context.Context) error {
	if r.key == "" {
		return usageError{"report compliance: give --key, the file of the verifier key, for the log is verified first"}
	}
	if r.f.From != 0 || r.f.Person != "" || r.f.Table != "" {
		return usageError{"report compliance is of the whole log: only --since and --until bound it"}
	}
	key, err := audit.ReadVerifier(r.key)
	if err != nil {
		return err
	}
	dir := *r.x.dir
	if err := r.x.record(ctx); err != nil {
		return err
	}
	f := &evidence{now: time.Now(), recipients: map[string]bool{}, tables: map[string]bool{}}
	if f.verify, err = audit.Verify(ctx, dir, audit.VerifyOptions{Keys: []string{key}}); err != nil {
		return err
	}
	if f.keys, err = countKeys(dir); err != nil {
		return err
	}
	f.oldest, _ = time.Parse(time.RFC3339Nano, f.verify.First)
	var list []article
	for i, tag := range r.sensitive {
		for _, a := range articles(tag) {
			if i == 0 || a.q.filter != nil && a.q.filter.Tag != "" {
				list = append(list, a)
			}
		}
	}
	bounds := audit.Filter{Since: r.f.Since, Until: r.f.Until}
	pass := func(folder string, review bool) error {
		return audit.Search(ctx, folder, bounds, func(e *audit.Execution) error {
			for _, a := range list {
				if a.q.filter != nil && a.q.review == review && a.q.filter.Fits(e.Record, e.Outcome) {
					a.q.count++
				}
			}
			if !review {
				f.look(e)
			}
			return nil
		})
	}
	if err := pass(dir, false); err != nil {
		return err
	}
	if err := pass(r.x.review.folder(dir), true); err != nil {
		return err
	}
	r.begin(words{"Compliance: articles and their evidence", "合规报告：条款与证据"})
	d := r.doc
	d.fact(words{"verified", "校验"}, "%s", map[bool]words{true: {"whole and unchanged", "完整且未被更改"}, false: {"NOT as it was written", "与写入时不符"}}[f.verify.OK()].in(d.lang))
	d.fact(words{"records, of them sealed", "记录数，其中已封存"}, "%d, %d", f.verify.Records, f.verify.Sealed)
	d.fact(words{"intents, outcomes, refused", "执行前记录、执行结果、被拒绝的语句"}, "%d, %d, %d", f.verify.Intents, f.verify.Outcomes, f.verify.Blocked)
	g := d.grid(words{"Articles", "条款"}, words{"article", "条款"}, words{"what it asks", "要求"}, words{"evidence", "证据"}, words{"number", "数值"}, words{"state", "状态"}, words{"command", "查询命令"})
	g.code = len(g.head) - 1
	states := map[state]int{}
	g.note = words{"\"shown\": the log shows it. \"gap\": the log shows the contrary, or nothing. \"to judge\": a number without a bound, for a person to judge. The report tells what the log shows, and replaces no legal opinion.", "“有证据”：日志可证明；“证据不足”：日志显示相反情况，或没有相应记录；“待判断”：数值无固定界限，由人员判断。本报告只说明日志内容，不构成法律意见。"}
	window := ""
	if r.x.since != "" {
		window += " --since " + shellWord(r.f.Since.UTC().Format(time.RFC3339Nano))
	}
	if r.x.until != "" {
		window += " --until " + shellWord(r.f.Until.UTC().Format(time.RFC3339Nano))
	}
	for _, a := range list {
		value, is, command := "", judge, ""
		switch {
		case a.q.filter != nil:
			value = number(a.q.count)
			if a.want != wantsAny {
				is = gap
				if a.q.count > 0 == (a.want == wantsSome) {
					is = shown
				}
			}
			folder := dir
			if a.q.review {
				folder = r.x.review.folder(dir)
			}
			command = "cordon-audit search --dir " + shellWord(folder) + " " + a.q.flags + window + " --count"
		case a.q.tool == "ls":
			value, is = a.q.value(f)
			command = "ls " + shellWord(filepath.Join(dir, "keys")) + " | grep -vc subject"
		default:
			value, is = a.q.value(f)
			verb, rest, _ := strings.Cut(a.q.tool, " ")
			command = "cordon-audit " + verb + " --dir " + shellWord(dir) + " " + strings.Replace(rest, "audit.key.pub", shellWord(r.key), 1)
			if verb == "search" {
				command += window
			}
		}
		g.add(a.law.in(d.lang), a.asks.in(d.lang), a.shows.in(d.lang), value, is.words().in(d.lang), command)
		states[is]++
	}
	d.fact(words{"articles: shown, gap, to judge", "条款：有证据、证据不足、待判断"}, "%d, %d, %d", states[shown], states[gap], states[judge])
	return nil
}

// shellWord quotes what a shell would read otherwise.
func shellWord(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:+,@", r))
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// look counts what no filter of search says.
func (f *evidence) look(e *audit.Execution) {
	r := e.Record
	switch r.Kind {
	case "session.open":
		f.sessions++
		if r.TLS != "" {
			f.secured++
		}
	case "stmt.intent", "stmt.blocked":
		if r.Person == "" && r.Login == "" {
			f.nobody++
		}
		if r.HasTexts() {
			f.encrypted++
		}
		for i := range r.Tables {
			f.tables[r.Tables[i].Name] = true
		}
		if e.Outcome != nil && e.Outcome.Rows > 0 && len(f.recipients) < 1<<20 {
			f.recipients[r.Login+"\x00"+r.App] = true
		}
	}
}

// countKeys counts the day keys that are there.
func countKeys(dir string) (int, error) {
	entries, err := os.ReadDir(filepath.Join(dir, "keys"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	n := 0
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".key") && e.Name() != "subject.key" {
			n++
		}
	}
	return n, err
}
