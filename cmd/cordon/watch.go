package main

import (
	"fmt"
	"os"
	"time"

	"cordon/audit"
	"cordon/policy"
)

// fileWatch notices that files which people or grants come from have changed.
type fileWatch struct{ last string }

// watchEvery is how often it is looked: what changes is in force within a second.
const watchEvery = 500 * time.Millisecond

// changed says whether a file is another than when it was last asked.
func (w *fileWatch) changed(p *policy.Policy) bool {
	now := ""
	for _, path := range p.Files {
		if info, err := os.Stat(path); err == nil {
			now += fmt.Sprintf("%s %d %d %v\n", path, info.Size(), info.ModTime().UnixNano(), info.Mode())
		} else {
			now += path + " is not there\n"
		}
	}
	before := w.last
	w.last = now
	return now != before
}

// leaseLog records what becomes of temporary grants: their beginning, approval, revocation and end.
type leaseLog struct {
	trail *audit.Log
	told  map[string]string // what has been recorded of each
}

// follow records what is new. Called again and again, it tells each thing once; after a start it tells again of those in force.
func (l *leaseLog) follow(p *policy.Policy, now time.Time) {
	first := l.told == nil
	if first {
		l.told = map[string]string{}
	}
	for _, one := range p.Leases {
		state, kind := fmt.Sprintf("granted by %d", len(one.By)), audit.GrantIssue
		data := map[string]any{"id": one.ID, "user": one.User, "rule": one.Rule, "by": one.By, "from": one.From.Format(time.RFC3339), "until": one.Until.Format(time.RFC3339), "reason": one.Reason, "in_force": one.InForce(now)}
		switch {
		case !one.Revoked.IsZero():
			state, kind = "revoked", audit.GrantRevoke
			data["ended"], data["revoked_by"] = "revoked", one.RevokedBy
		case !now.Before(one.Until):
			state, kind = "ended", audit.GrantRevoke
			data["ended"] = "its time was over"
		}
		if l.told[one.ID] == state {
			continue
		}
		l.told[one.ID] = state
		if first && kind == audit.GrantRevoke {
			continue // over before this start
		}
		l.trail.Event(audit.Event{Kind: kind, Data: data, Durable: true})
	}
}
