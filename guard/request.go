package guard

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"cordon/policy"
)

// Exports that somebody answers for. With `over: ask` a blocked statement files a request; those whom the rule names approve or deny it with `cordon exports`; the approved statement then runs, so many times, until the approval ends.
// Requests, answers and uses are lines of one file, which the running Cordon and the command read and write under a lock. What is over for long is taken out of it; the audit log has it.

// ExportEntry is one line of the file.
type ExportEntry struct {
	Do        string    `json:"do"` // request, approve, deny or use
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	Person    string    `json:"person,omitempty"`
	Login     string    `json:"login,omitempty"`
	Rule      string    `json:"rule,omitempty"`
	Statement string    `json:"statement,omitempty"`
	Tables    string    `json:"tables,omitempty"` // and views that it names, with their schemas
	Bind      string    `json:"bind,omitempty"`   // statement or shape
	Key       string    `json:"key,omitempty"`    // hash of what the approval is bound to
	Why       string    `json:"why,omitempty"`    // what stopped it
	By        string    `json:"by,omitempty"`
	Rows      int64     `json:"rows,omitempty"`
	Until     time.Time `json:"until,omitzero"`
	Uses      int       `json:"uses,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	Use       int       `json:"use,omitempty"` // which of its uses this is
}

// ExportRequest is one request with all that has become of it.
type ExportRequest struct {
	ExportEntry
	Approvals []ExportEntry
	Denial    *ExportEntry
	Used      int
}

// Needs is how many approvals the rule asks for now; 0 when there is no such rule any more.
func (q *ExportRequest) Needs(p *policy.Policy) int {
	if a := approvalOf(p, q.Rule); a != nil {
		return a.Needs
	}
	return 0
}

// Rows, Until and Uses of all approvals together: the least of each.
func (q *ExportRequest) allowed() (rows int64, until time.Time, uses int) {
	for i, a := range q.Approvals {
		if i == 0 {
			rows, until, uses = a.Rows, a.Until, a.Uses
			continue
		}
		rows, uses = min(rows, a.Rows), min(uses, a.Uses)
		if a.Until.Before(until) {
			until = a.Until
		}
	}
	return rows, until, uses
}

// State says in a word or two where the request stands.
func (q *ExportRequest) State(p *policy.Policy, now time.Time) string {
	_, until, uses := q.allowed()
	switch {
	case q.Denial != nil:
		return "denied by " + q.Denial.By
	case q.Needs(p) == 0:
		return "its rule asks no more"
	case len(q.Approvals) < q.Needs(p):
		if len(q.Approvals) > 0 {
			return "waits for a second approval"
		}
		return "waits"
	case q.Used >= uses:
		return "used"
	case !now.Before(until):
		return "ended"
	default:
		return "approved until " + until.UTC().Format(time.RFC3339)
	}
}

func approvalOf(p *policy.Policy, rule string) *policy.Approval {
	if p == nil {
		return nil
	}
	for _, r := range p.Rules {
		if r.Name == rule && r.Export != nil {
			return r.Export.Approval
		}
	}
	return nil
}

const (
	// maxWaiting bounds the requests of one person that wait for an answer.
	maxWaiting = 20
	// maxStatement bounds what of a statement is shown to those who approve.
	maxStatement = 8 << 10
	// maxWait is how long a request without an answer counts as waiting. No approval lasts longer.
	maxWait = 31 * 24 * time.Hour
	// keepOver is how long a request is kept when nothing can become of it any more.
	keepOver = 90 * 24 * time.Hour
	// roomyLines is how large those that are over but recent may leave the file.
	roomyLines = maxLines / 2
)

// Requests are those of one file.
type Requests struct {
	// Claim, when it is set, takes a name that only one of several Cordons can take. It is set before the first use.
	Claim func(name string) (taken bool, err error)

	mu     sync.Mutex // guards what follows
	lines  lines
	byID   map[string]*ExportRequest
	all    []*ExportRequest // in order
	fresh  []ExportEntry    // read, and not yet returned by Follow
	shrink int64            // the size of the file from which it is looked at for what is over
	roomy  int64            // roomyLines, but in a test
}

// OpenRequests reads the file, which need not be there yet.
func OpenRequests(path string, p *policy.Policy) (*Requests, error) {
	r := &Requests{lines: lines{path: path}, byID: map[string]*ExportRequest{}, shrink: shrinkAt, roomy: roomyLines}
	if _, err := r.Follow(p); err != nil {
		return nil, err
	}
	return r, nil
}

// Follow reads what has been written since, and returns it. Answers that the policy does not allow count for nothing.
func (r *Requests) Follow(p *policy.Policy) ([]ExportEntry, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.follow(p)
	fresh := r.fresh
	r.fresh = nil
	return fresh, err
}

// follow reads what has been written since. mu is held.
func (r *Requests) follow(p *policy.Policy) error {
	var before map[string]*ExportRequest
	return r.lines.follow(func() {
		before = r.byID
		r.byID, r.all = map[string]*ExportRequest{}, nil
	}, func(line []byte) {
		var e ExportEntry
		if json.Unmarshal(line, &e) == nil && r.check(e, p) == nil {
			r.apply(e)
			if !before[e.ID].has(e) {
				r.fresh = append(r.fresh, e)
			}
		}
	})
}

// has says that an entry was known before the file was read anew.
func (q *ExportRequest) has(e ExportEntry) bool {
	if q == nil {
		return false
	}
	switch e.Do {
	case "approve":
		return slices.ContainsFunc(q.Approvals, func(a ExportEntry) bool { return a.By == e.By })
	case "deny":
		return q.Denial != nil
	}
	return true
}

// over is when nothing could become of the request any more.
func (q *ExportRequest) over() time.Time {
	if q.Denial != nil {
		return q.Denial.At
	}
	end := q.At.Add(maxWait)
	for i, a := range q.Approvals {
		if i == 0 || a.Until.After(end) {
			end = a.Until
		}
	}
	return end
}

// Shrink takes out of the file what has been over for long, when it has grown; where little room is left, whatever is over. Requests go whole, with all that was written of them: so no
// use is forgotten of an approval that is kept.
func (r *Requests) Shrink(p *policy.Policy, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lines.size() < r.shrink {
		return nil
	}
	return r.locked(p, func(f *os.File) error {
		data, err := io.ReadAll(io.NewSectionReader(f, 0, maxLines+1))
		if err != nil {
			return err
		}
		var list [][]byte
		var ids []string
		sizes, left := map[string]int64{}, int64(0)
		for line := range bytes.Lines(data) {
			var e ExportEntry
			if !bytes.HasSuffix(line, []byte("\n")) || json.Unmarshal(line, &e) != nil || r.byID[e.ID] == nil {
				continue // it counted for nothing
			}
			list, ids = append(list, line), append(ids, e.ID)
			sizes[e.ID] += int64(len(line))
			left += int64(len(line))
		}
		ended := slices.Clone(r.all)
		slices.SortStableFunc(ended, func(a, b *ExportRequest) int { return a.over().Compare(b.over()) })
		for _, q := range ended {
			if end := q.over(); !end.Before(now) || left <= r.roomy && end.Add(keepOver).After(now) {
				break
			}
			left -= sizes[q.ID]
			delete(sizes, q.ID)
		}
		r.shrink = max(shrinkAt, 2*left)
		if left == int64(len(data)) {
			return nil
		}
		out := make([]byte, 0, left)
		for i, line := range list {
			if _, stays := sizes[ids[i]]; stays {
				out = append(out, line...)
			}
		}
		if err := r.lines.replace(f, out); err != nil {
			return err
		}
		return r.follow(p)
	})
}

// check says why an entry may not stand behind those that are there. mu is held.
func (r *Requests) check(e ExportEntry, p *policy.Policy) error {
	q := r.byID[e.ID]
	switch {
	case e.ID == "" || e.At.IsZero():
		return errors.New("the entry lacks an id or a time")
	case e.Do == "request":
		if q != nil || e.Person == "" || e.Rule == "" || e.Key == "" {
			return errors.New("this is no request")
		}
		return nil
	case q == nil:
		return fmt.Errorf("there is no request %s", e.ID)
	case e.Do == "use":
		return nil
	case e.Do != "approve" && e.Do != "deny":
		return fmt.Errorf("%q is none of approve and deny", e.Do)
	}
	a := approvalOf(p, q.Rule)
	switch {
	case a == nil:
		return fmt.Errorf("rule %q does not ask for approval any more", q.Rule)
	case !slices.Contains(a.By, e.By):
		return fmt.Errorf("%q may not answer for rule %q: %s may", e.By, q.Rule, strings.Join(a.By, ", "))
	case p.Users[e.By] == nil || p.Users[e.By].Disabled:
		return fmt.Errorf("%q is not one of the policy's users, or is disabled", e.By)
	case e.Do == "approve" && e.Rows > a.Rows:
		return fmt.Errorf("rule %q lets at most %d rows be approved", q.Rule, a.Rows)
	case e.Do == "approve" && e.Until.Sub(e.At) > a.Max:
		return fmt.Errorf("rule %q lets an approval last at most %s", q.Rule, a.Max)
	case e.By == "" || e.By == q.Person:
		return fmt.Errorf("%q may not answer for an export of their own", e.By)
	case q.Denial != nil:
		return fmt.Errorf("request %s has been denied by %s", e.ID, q.Denial.By)
	case e.Do == "approve" && (e.Rows < 1 || e.Uses < 1 || !e.Until.After(e.At) || strings.TrimSpace(e.Reason) == ""):
		return errors.New("an approval needs a number of rows, of uses, an end and a reason")
	case e.Do == "approve" && slices.ContainsFunc(q.Approvals, func(a ExportEntry) bool { return a.By == e.By }):
		return fmt.Errorf("%q has approved it already: the second must be somebody else", e.By)
	}
	return nil
}

func (r *Requests) apply(e ExportEntry) {
	q := r.byID[e.ID]
	switch e.Do {
	case "request":
		q = &ExportRequest{ExportEntry: e}
		r.byID[e.ID] = q
		r.all = append(r.all, q)
	case "approve":
		q.Approvals = append(q.Approvals, e)
	case "deny":
		q.Denial = &e
	case "use":
		q.Used++
	}
}

// locked has the file changed, with what others have written read. mu is held by the caller.
func (r *Requests) locked(p *policy.Policy, do func(f *os.File) error) error {
	return r.lines.locked(func(f *os.File) error {
		if err := r.follow(p); err != nil {
			return err
		}
		return do(f)
	})
}

func (r *Requests) write(f *os.File, p *policy.Policy, e ExportEntry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if err := r.lines.add(f, line); err != nil {
		return err
	}
	n := len(r.fresh)
	err = r.follow(p)
	r.fresh = r.fresh[:n] // whoever wrote it knows it
	return err
}

// Answer writes an approval or denial, when the policy allows it.
func (r *Requests) Answer(p *policy.Policy, e ExportEntry) (ExportRequest, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.locked(p, func(f *os.File) error {
		if err := r.check(e, p); err != nil {
			return err
		}
		return r.write(f, p, e)
	})
	if err != nil {
		return ExportRequest{}, err
	}
	return *r.byID[e.ID], nil
}

// File files a request. One that waits for the same already is not filed again; then the same id comes back, and fresh is false.
func (r *Requests) File(p *policy.Policy, e ExportEntry) (id string, fresh bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.Do = "request"
	if len(e.Statement) > maxStatement {
		shown := strings.ToValidUTF8(e.Statement[:maxStatement], "")
		e.Statement = fmt.Sprintf("%s\n… and %d bytes more: read them in the audit log before you answer", shown, len(e.Statement)-len(shown))
	}
	err = r.locked(p, func(f *os.File) error {
		waiting := 0
		for i := len(r.all) - 1; i >= 0; i-- {
			q := r.all[i]
			if q.Person != e.Person || q.Denial != nil || len(q.Approvals) >= max(1, q.Needs(p)) || e.At.Sub(q.At) > 7*24*time.Hour {
				continue
			}
			if q.Rule == e.Rule && q.Key == e.Key {
				id = q.ID
				return nil
			}
			if waiting++; waiting >= maxWaiting {
				return fmt.Errorf("%d requests of %s wait already", waiting, e.Person)
			}
		}
		b := make([]byte, 5)
		rand.Read(b)
		id = hex.EncodeToString(b)
		e.ID, fresh = id, true
		return r.write(f, p, e)
	})
	if err != nil {
		return "", false, err
	}
	return id, fresh, nil
}

// Approved is an approval that is being used.
type Approved struct {
	ID   string
	Use  int // the how manieth of the request's uses this is, from 1
	Rows int64
}

// Use takes an approval for what key stands for, and writes that it was used before it says so; nil when there is none.
func (r *Requests) Use(p *policy.Policy, now time.Time, person, rule, key string) (*Approved, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open(p, now, person, rule, key) == nil {
		return nil, nil
	}
	var out *Approved
	err := r.locked(p, func(f *os.File) error {
		q := r.open(p, now, person, rule, key)
		if q == nil {
			return nil
		}
		rows, _, uses := q.allowed()
		use, err := r.claim(q, uses)
		if err != nil || use == 0 {
			return err
		}
		if err := r.write(f, p, ExportEntry{Do: "use", ID: q.ID, At: now.UTC(), Use: use}); err != nil {
			return err
		}
		out = &Approved{ID: q.ID, Use: use, Rows: rows}
		return nil
	})
	return out, err
}

// claim takes one of the uses that nobody has taken, by its number from 1; 0 when the other Cordons have taken them all. The line that says so may be on its way here.
func (r *Requests) claim(q *ExportRequest, uses int) (use int, err error) {
	if r.Claim == nil {
		return q.Used + 1, nil
	}
	for use = q.Used + 1; use <= uses; use++ {
		taken, err := r.Claim(fmt.Sprintf("export %s use %d", q.ID, use))
		if err != nil {
			return 0, fmt.Errorf("an approved export runs once over all Cordons: %w", err)
		}
		if taken {
			return use, nil
		}
	}
	return 0, nil
}

// Approved says that a use is left of an approval for what key stands for.
func (r *Requests) Approved(p *policy.Policy, now time.Time, person, rule, key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open(p, now, person, rule, key) != nil
}

// open finds a request that is approved and not used up. mu is held.
func (r *Requests) open(p *policy.Policy, now time.Time, person, rule, key string) *ExportRequest {
	for i := len(r.all) - 1; i >= 0; i-- {
		q := r.all[i]
		if q.Person != person || q.Rule != rule || q.Key != key || q.Denial != nil {
			continue
		}
		_, until, uses := q.allowed()
		if n := q.Needs(p); n > 0 && len(q.Approvals) >= n && q.Used < uses && now.Before(until) {
			return q
		}
	}
	return nil
}

// All are the requests, the oldest first.
func (r *Requests) All() []ExportRequest {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]ExportRequest, len(r.all))
	for i, q := range r.all {
		out[i] = *q
		out[i].Approvals = slices.Clone(q.Approvals)
	}
	return out
}
