package share

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The streams, and the subjects in them.
const (
	streamCounts  = "CORDON-COUNTS"
	streamJournal = "CORDON-JOURNAL"
	streamClaims  = "CORDON-CLAIMS"

	subjectBeat    = "cordon.beat" // in no stream
	subjectAlive   = "cordon.counts.alive."
	subjectCount   = "cordon.counts.value."
	subjectJournal = "cordon.journal."
	subjectClaim   = "cordon.claim."
)

const (
	maxValue   = 1 << 20   // bytes of one value or line
	maxCounts  = 256 << 20 // bytes of all values
	maxJournal = 64 << 20  // and of all lines: beyond it, the oldest are in the files alone
	maxClaims  = 64 << 20
	keepClaims = 62 * 24 * time.Hour // no approval lasts half as long
)

// makeStreams makes the streams, or finds them.
func (n *Node) makeStreams(ctx context.Context) error {
	replicas := n.o.Replicas
	if n.server != nil {
		replicas = min(3, len(n.o.Peers)+1)
	}
	counts, err := n.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: streamCounts, Subjects: []string{subjectCount + "*", subjectAlive + "*"}, Storage: jetstream.MemoryStorage, Replicas: replicas,
		MaxMsgsPerSubject: 1, MaxBytes: maxCounts, MaxMsgSize: maxValue, Discard: jetstream.DiscardNew, AllowMsgTTL: true,
	})
	if err != nil {
		return fmt.Errorf("make the stream %s: %w", streamCounts, err)
	}
	for _, c := range []jetstream.StreamConfig{
		{Name: streamJournal, Subjects: []string{subjectJournal + "*"}, MaxBytes: maxJournal, Discard: jetstream.DiscardOld},
		{Name: streamClaims, Subjects: []string{subjectClaim + "*"}, MaxBytes: maxClaims, Discard: jetstream.DiscardNew, AllowMsgTTL: true},
	} {
		c.Storage, c.Replicas, c.MaxMsgSize = jetstream.FileStorage, replicas, maxValue
		if _, err := n.js.CreateOrUpdateStream(ctx, c); err != nil {
			return fmt.Errorf("make the stream %s: %w", c.Name, err)
		}
	}
	n.values.Store(&counts)
	n.made = true
	return nil
}

// maxRaces is how often a change begins anew because another node was faster.
const maxRaces = 30

// Update changes the value of a key that all nodes have: change is given what it is now, nil for nothing, and returns what it is to be; nil leaves it as it is. It may be called several times, as other nodes change the value meanwhile.
// The value is forgotten when it has not been changed for keep. ErrLost says that it is not known whether the value was changed.
func (n *Node) Update(key string, keep time.Duration, change func(old []byte) []byte) error {
	values := n.values.Load()
	if values == nil || !n.Joined() {
		return ErrLost
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), n.o.Timeout)
	defer cancel()
	subject := subjectCount + n.keys.token("value", key)
	for range maxRaces {
		var old []byte
		var sequence uint64
		m, err := (*values).GetLastMsgForSubject(ctx, subject)
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
		case err != nil:
			return n.lose(fmt.Errorf("read a count: %w", err))
		default:
			sequence = m.Sequence
			if old, err = n.keys.open(subject, m.Data); err != nil {
				return n.lose(fmt.Errorf("read a count: %w", err))
			}
		}
		next := change(old)
		if next == nil {
			return nil
		}
		_, err = n.js.PublishMsg(ctx, &nats.Msg{Subject: subject, Data: n.keys.seal(subject, next)},
			jetstream.WithExpectLastSequencePerSubject(sequence), jetstream.WithMsgTTL(max(time.Minute, keep).Round(time.Second)), jetstream.WithRetryAttempts(0))
		if err == nil {
			n.metrics.updates.Observe(time.Since(began).Seconds())
			return nil
		}
		if !raced(err) {
			return n.lose(fmt.Errorf("write a count: %w", err))
		}
		n.metrics.races.Inc()
		time.Sleep(time.Duration(rand.Int64N(int64(2 * time.Millisecond))))
	}
	return n.lose(errors.New("write a count: the others were always faster"))
}

// raced says that a write came too late: another has written since the read.
func raced(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// Claim takes a name that only one of all nodes can take, and for two months. ErrLost says that it is not known who has it: then nobody gets it here, until this node has asked again and read that it was its own question that took it.
func (n *Node) Claim(name string) (taken bool, err error) {
	if !n.Joined() {
		return false, ErrLost
	}
	ctx, cancel := context.WithTimeout(context.Background(), n.o.Timeout)
	defer cancel()
	subject := subjectClaim + n.keys.token("claim", name)
	n.claiming.Lock()
	defer n.claiming.Unlock()
	mine := n.unanswered[subject]
	if mine == nil {
		mine = n.keys.seal(subject, []byte(n.o.Name)) // no other seal is the same
	}
	_, err = n.js.PublishMsg(ctx, &nats.Msg{Subject: subject, Data: mine}, jetstream.WithExpectLastSequencePerSubject(0), jetstream.WithMsgTTL(keepClaims), jetstream.WithRetryAttempts(0))
	if taken = err == nil; raced(err) {
		if err = nil; n.unanswered[subject] != nil {
			taken, err = n.holds(ctx, subject, mine)
		}
	}
	if err != nil {
		if len(n.unanswered) < maxUnanswered {
			n.unanswered[subject] = mine
		}
		return false, n.lose(fmt.Errorf("take a claim: %w", err))
	}
	delete(n.unanswered, subject)
	return taken, nil
}

// maxUnanswered bounds the claims of which a node remembers that it has asked and got no answer.
const maxUnanswered = 1000

// holds says whether a claim was taken by this very question.
func (n *Node) holds(ctx context.Context, subject string, question []byte) (bool, error) {
	s, err := n.js.Stream(ctx, streamClaims)
	if err != nil {
		return false, err
	}
	m, err := s.GetLastMsgForSubject(ctx, subject)
	return err == nil && bytes.Equal(m.Data, question), err
}
