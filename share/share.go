// Package share is what several Cordons in front of one database have in common, by NATS JetStream.
//
// Whoever uses it sees three things:
//
//   - [Node.Update] changes a value that all have, by compare and set: what windows and budgets are counted in.
//   - [Node.Claim] takes something that only one of all may take, once: the use of an approval.
//   - [Node.Mirror] keeps a file of lines the same on every node, to which lines are appended: grants, requests for exports and their answers, quarantine. The files are what a node knows; the stream only carries lines from one to the others. So a
//     node that is cut off knows what it knew, a new one learns all, and nothing that reads these files needs to know of others.
//
// [Node.Joined] says whether most nodes can be reached. Without them Update and Claim give [ErrLost], and lines wait in their files.
//
// # What travels
//
// Three streams: CORDON-COUNTS, in memory, holds the values of Update, each until it has not been changed for as long as it says; it may be lost, since each node writes what it has given again. CORDON-JOURNAL and CORDON-CLAIMS, on disk and synced, hold lines and
// claims.
// Names are keyed hashes and bodies are sealed (AES-256-GCM) with keys made of the one that the nodes share: whoever runs the cluster, or reads its disks, learns how much there is and when, and can change nothing unseen but leave out or repeat.
//
// # Where
//
// Without Servers each node runs a NATS server of its own in this process: it listens for the others on Listen, and on a port of the loopback interface with a password that only this process knows, since that server starts no cluster without.
// The servers know each other by a password made of the key, and by TLS where it is configured.
package share

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ErrLost says that too few of the others can be reached.
var ErrLost = errors.New("too few of the other Cordons can be reached")

// Options say who the nodes are.
type Options struct {
	Name string // of this node; each has its own, and keeps it
	Key  []byte // what all nodes and nobody else have, at least 32 bytes
	Dir  string // where the journal is kept; of this node alone

	Listen    string      // host:port for the others
	Peers     []string    // host:port of each of them
	Advertise string      // host:port by which others are told to reach this node; "" for the address that they see
	TLS       *tls.Config // between nodes, and to Servers; nil for none

	Servers     []string // of a cluster outside, instead of Listen and Peers
	Credentials string   // path of its credentials; "" for none
	Replicas    int      // of a cluster outside

	Timeout time.Duration // for one exchange with the others; 0 means a second
	Log     *slog.Logger
	Notify  func(joined bool, why string) // told of each change, from one goroutine; may be nil
}

// beatEvery is how often a node tells the others that it is there.
const beatEvery = time.Second

// Node is one of several Cordons.
type Node struct {
	o        Options
	keys     keys
	instance string // of this process
	log      *slog.Logger

	server *server.Server // nil with a cluster outside
	conn   *nats.Conn
	js     jetstream.JetStream
	made   bool // the streams; of Run
	values atomic.Pointer[jetstream.Stream]

	joined  atomic.Bool
	twin    atomic.Int64 // Unix time in ns at which another of this name was heard
	changes chan string  // asks Run to look again, with the reason
	mirrors []*mirror
	caught  atomic.Bool // the journal was read to its end since the start

	claiming   sync.Mutex
	unanswered map[string][]byte // guarded by claiming: claims that were asked for without an answer, as they were asked

	mu    sync.Mutex
	heard map[string]time.Time // guarded by mu: when each node was heard

	metrics metrics
}

// Open starts a node. It does not wait for the others: Run joins them.
func Open(o Options) (*Node, error) {
	if len(o.Key) < 32 {
		return nil, errors.New("the key of the nodes has less than 32 bytes")
	}
	if o.Timeout <= 0 {
		o.Timeout = time.Second
	}
	id := make([]byte, 8)
	rand.Read(id)
	n := &Node{o: o, instance: hex.EncodeToString(id), log: o.Log, changes: make(chan string, 1), heard: map[string]time.Time{}, unanswered: map[string][]byte{}, metrics: newMetrics()}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if n.keys, err = newKeys(o.Key); err != nil {
		return nil, err
	}
	settings := []nats.Option{nats.Name("cordon " + o.Name), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true), nats.ReconnectWait(250 * time.Millisecond), nats.ReconnectBufSize(-1), nats.Timeout(5 * time.Second)}
	url := ""
	if len(o.Servers) == 0 {
		secret := make([]byte, 32)
		rand.Read(secret)
		password := hex.EncodeToString(secret)
		if n.server, err = startServer(o, n.keys.routes, password, n.log); err != nil {
			return nil, err
		}
		settings = append(settings, nats.InProcessServer(n.server), nats.UserInfo("cordon", password))
	} else {
		for i, s := range o.Servers {
			if i > 0 {
				url += ","
			}
			url += s
		}
		if o.TLS != nil {
			settings = append(settings, nats.Secure(o.TLS))
		}
		if o.Credentials != "" {
			settings = append(settings, nats.UserCredentials(o.Credentials))
		}
	}
	if n.conn, err = nats.Connect(url, settings...); err == nil {
		n.js, err = jetstream.New(n.conn)
	}
	if err != nil {
		n.Close()
		return nil, fmt.Errorf("connect to the cluster of Cordons: %w", err)
	}
	return n, nil
}

// Name is the node's own.
func (n *Node) Name() string { return n.o.Name }

// Joined says whether the others can be reached.
func (n *Node) Joined() bool { return n.joined.Load() }

// Ready says whether all that the others have written before is known: at the latest when this is true, a person in quarantine there is so here.
func (n *Node) Ready() bool { return n.Joined() && n.caught.Load() }

// Nodes is how many there are: those heard of lately, this one, and at least those of the configuration.
func (n *Node) Nodes() int { return max(n.live(), len(n.o.Peers)+1) }

func (n *Node) live() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	live := 1
	for name, at := range n.heard {
		if time.Since(at) > 10*beatEvery {
			delete(n.heard, name)
			continue
		}
		live++
	}
	return live
}

// Close ends the node, after Run has returned.
func (n *Node) Close() {
	if n.conn != nil {
		n.conn.Close()
	}
	if n.server != nil {
		n.server.Shutdown()
		n.server.WaitForShutdown()
	}
}

// Run joins the others, and keeps joined, until ctx ends.
func (n *Node) Run(ctx context.Context) {
	var helpers sync.WaitGroup
	defer helpers.Wait()
	sub, err := n.conn.Subscribe(subjectBeat, n.hear)
	if err != nil {
		n.log.Error("the other Cordons cannot be heard", "error", err)
	} else {
		defer sub.Unsubscribe()
	}
	helpers.Go(func() { n.carry(ctx) })
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		err := n.beat(ctx)
		if ctx.Err() != nil {
			n.joined.Store(false)
			return
		}
		n.become(err)
		select {
		case <-ctx.Done():
		case why := <-n.changes:
			n.tell(false, why)
		case <-tick.C:
		}
	}
}

// beat makes sure that most nodes take what this one writes, and tells the others that it is there.
func (n *Node) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, n.o.Timeout+beatEvery)
	defer cancel()
	if !n.made {
		if err := n.makeStreams(ctx); err != nil {
			return err
		}
	}
	if at := n.twin.Load(); at != 0 && time.Since(time.Unix(0, at)) < 10*beatEvery {
		return fmt.Errorf("another Cordon has the name %q too: give each a name of its own", n.o.Name)
	}
	me := []byte(n.o.Name + "\x00" + n.instance)
	n.conn.Publish(subjectBeat, n.keys.seal("beat", me))
	_, err := n.js.PublishMsg(ctx, &nats.Msg{Subject: subjectAlive + n.keys.token("alive", n.o.Name), Data: n.keys.seal("alive", me)}, jetstream.WithMsgTTL(time.Minute), jetstream.WithRetryAttempts(0))
	if err != nil && ctx.Err() == nil {
		n.made = false // they may have gone: look again
	}
	return err
}

// hear notes that another node is there.
func (n *Node) hear(m *nats.Msg) {
	text, err := n.keys.open("beat", m.Data)
	if err != nil {
		return
	}
	for i, c := range text {
		if c != 0 {
			continue
		}
		name, instance := string(text[:i]), string(text[i+1:])
		switch {
		case instance == n.instance:
		case name == n.o.Name:
			n.twin.Store(time.Now().UnixNano())
		default:
			n.mu.Lock()
			if len(n.heard) < maxNodes {
				n.heard[name] = time.Now()
			}
			n.mu.Unlock()
		}
		return
	}
}

// maxNodes bounds who is listened to.
const maxNodes = 100

// become notes whether the others can be reached.
func (n *Node) become(err error) {
	if err == nil {
		if n.joined.CompareAndSwap(false, true) {
			n.tell(true, "")
		}
		return
	}
	if n.joined.CompareAndSwap(true, false) {
		n.tell(false, err.Error())
	}
}

func (n *Node) tell(joined bool, why string) {
	if n.o.Notify != nil {
		n.o.Notify(joined, why)
	}
}

// lose notes that an exchange has failed, so that nobody else waits for the next.
func (n *Node) lose(err error) error {
	n.metrics.failures.Inc()
	if n.joined.CompareAndSwap(true, false) {
		select {
		case n.changes <- err.Error():
		default:
		}
	}
	return ErrLost
}
