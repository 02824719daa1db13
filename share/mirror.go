package share

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// mirror is one file that every node has. Lines are known by their hash: a line that is there already is not written again, whoever sent it.
type mirror struct {
	name    string // the same on every node
	path    string
	fresh   func() // called when lines of others have come
	subject string

	file  *os.File // that was read; open, so that no other can have its number
	read  int64    // of it
	here  map[lineID]struct{}
	there map[lineID]struct{} // lines that the stream has
	out   [][]byte            // lines of the file that it has not
	bad   string              // what failed last; told once
}

type lineID [16]byte

func idOf(line []byte) (id lineID) {
	h := sha256.Sum256(line)
	copy(id[:], h[:])
	return id
}

const (
	lookEvery   = 100 * time.Millisecond // at the files
	maxFile     = 64 << 20               // bytes of a file that are read
	fetchLines  = 256
	fetchWait   = 5 * time.Second
	fetchAlive  = 400 * time.Millisecond // the server that reads for us says so often that it is there: one that has gone is noticed within a second
	idleFetches = 10
)

// Mirror keeps a file of lines the same on all nodes: each line that somebody appends on one is appended on the others. name is the same on every node; fresh is called when lines have come. It is called before Run.
func (n *Node) Mirror(name, path string, fresh func()) {
	n.mirrors = append(n.mirrors, &mirror{name: name, path: path, fresh: fresh, subject: subjectJournal + n.keys.token("journal", name), here: map[lineID]struct{}{}, there: map[lineID]struct{}{}})
}

// carry carries lines between the files and the stream until ctx ends.
func (n *Node) carry(ctx context.Context) {
	if len(n.mirrors) == 0 {
		n.caught.Store(true)
		return
	}
	come := make(chan jetstream.Msg)
	done := make(chan struct{})
	go func() { defer close(done); n.fetch(ctx, come) }()
	defer func() {
		for {
			select {
			case <-come:
			case <-done:
				return
			}
		}
	}()
	defer func() {
		for _, m := range n.mirrors {
			m.close()
		}
	}()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		var took *mirror
		select {
		case <-ctx.Done():
			return
		case m := <-come:
			if m != nil {
				took = n.take(m)
			}
		case <-tick.C:
		}
		if took != nil && took.fresh != nil {
			took.fresh()
		}
		for _, m := range n.mirrors {
			if err := m.look(); err != nil {
				n.mirrorFailed(m, err)
			}
			if n.Ready() {
				n.send(ctx, m)
			}
		}
	}
}

func (n *Node) mirrorFailed(m *mirror, err error) {
	if text := err.Error(); text != m.bad {
		m.bad = text
		n.log.Error("a file cannot be shared with the other Cordons", "file", m.path, "error", err)
	}
	n.metrics.failures.Inc()
}

// fetch reads the stream from its beginning and follows it.
func (n *Node) fetch(ctx context.Context, come chan<- jetstream.Msg) {
	give := func(m jetstream.Msg) bool {
		select {
		case come <- m:
			return true
		case <-ctx.Done():
			return false
		}
	}
	next := uint64(1)
	for ctx.Err() == nil {
		if !n.Joined() {
			sleep(ctx, lookEvery)
			continue
		}
		made, cancel := context.WithTimeout(ctx, n.o.Timeout+5*time.Second)
		c, err := n.js.CreateConsumer(made, streamJournal, jetstream.ConsumerConfig{
			DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: next, AckPolicy: jetstream.AckNonePolicy, FilterSubject: subjectJournal + "*",
			MemoryStorage: true, Replicas: 1, InactiveThreshold: 30 * time.Second,
		})
		cancel()
		if err != nil {
			sleep(ctx, 2*lookEvery)
			continue
		}
		if c.CachedInfo().NumPending == 0 {
			n.caught.Store(true)
		}
		for idle := 0; idle < idleFetches && ctx.Err() == nil; idle++ {
			batch, err := c.Fetch(fetchLines, jetstream.FetchMaxWait(fetchWait), jetstream.FetchHeartbeat(fetchAlive))
			if err != nil {
				break
			}
			for m := range batch.Messages() {
				meta, err := m.Metadata()
				if err != nil || !give(m) {
					continue
				}
				next, idle = meta.Sequence.Stream+1, 0
				if meta.NumPending == 0 {
					if !give(nil) { // when it has been taken, all before it have been dealt with
						return
					}
					n.caught.Store(true)
				}
			}
			if batch.Error() != nil {
				break
			}
		}
		gone, cancel := context.WithTimeout(context.WithoutCancel(ctx), n.o.Timeout)
		n.js.DeleteConsumer(gone, streamJournal, c.CachedInfo().Name)
		cancel()
	}
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// take appends a line of the stream to its file, when it is not there. It returns the file that has grown.
func (n *Node) take(msg jetstream.Msg) *mirror {
	for _, m := range n.mirrors {
		if m.subject != msg.Subject() {
			continue
		}
		line, err := n.keys.open(m.subject, msg.Data())
		if err == nil && (len(line) == 0 || bytes.ContainsAny(line, "\r\n")) {
			err = errors.New("it is no line")
		}
		if err != nil {
			n.mirrorFailed(m, fmt.Errorf("a line of another node counts for nothing: %w", err))
			return nil
		}
		id := idOf(line)
		m.there[id] = struct{}{}
		if err := m.look(); err != nil { // it may have been written meanwhile
			n.mirrorFailed(m, err)
		}
		if _, has := m.here[id]; has {
			return nil
		}
		if err := m.append(line); err != nil {
			n.mirrorFailed(m, err)
			return nil
		}
		m.bad = ""
		n.metrics.lines.WithLabelValues("in").Inc()
		return m
	}
	return nil
}

// look reads what the file has got since. What is over may be taken out of it by putting another in its place, which is read anew: what was taken out stays so, since the stream is not.
func (m *mirror) look() error {
	now, err := os.Stat(m.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if m.file != nil {
		was, err := m.file.Stat()
		if err != nil {
			return err
		}
		if !os.SameFile(was, now) || now.Size() < m.read {
			m.close()
		}
	}
	if m.file == nil {
		if m.file, err = os.Open(m.path); err != nil {
			return err
		}
		m.read, m.out = 0, nil
		clear(m.here)
	}
	if now.Size() == m.read {
		return nil
	}
	data, err := io.ReadAll(io.NewSectionReader(m.file, m.read, maxFile))
	if err != nil {
		return err
	}
	for {
		line, rest, whole := bytes.Cut(data, []byte("\n"))
		if !whole {
			return nil
		}
		m.read += int64(len(line)) + 1
		data = rest
		line = bytes.TrimRight(line, "\r")
		if len(bytes.TrimSpace(line)) == 0 || len(line) > maxValue-1024 {
			continue
		}
		id := idOf(line)
		m.here[id] = struct{}{}
		if _, has := m.there[id]; !has {
			m.out = append(m.out, bytes.Clone(line))
		}
	}
}

func (m *mirror) close() {
	if m.file != nil {
		m.file.Close()
		m.file = nil
	}
}

// append writes one line at the end of the file, under the lock that everybody takes who writes it. It is on disk when this returns.
func (m *mirror) append(line []byte) error {
	for {
		_, statErr := os.Stat(m.path)
		f, err := os.OpenFile(m.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o660)
		if err != nil {
			return err
		}
		again, err := m.appendTo(f, line)
		f.Close()
		if again {
			continue
		}
		if err == nil && statErr != nil {
			var d *os.File
			if d, err = os.Open(filepath.Dir(m.path)); err == nil {
				err = d.Sync()
				d.Close()
			}
		}
		return err
	}
}

// appendTo says again when the file was replaced while this waited for the lock.
func (m *mirror) appendTo(f *os.File, line []byte) (again bool, err error) {
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return false, fmt.Errorf("lock %s: %w", m.path, err)
	}
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	now, err := os.Stat(m.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(info, now) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	size := info.Size()
	if size+int64(len(line)) > maxFile {
		return false, fmt.Errorf("%s is full", m.path)
	}
	var b []byte
	if size > 0 {
		last := []byte{0}
		if _, err := f.ReadAt(last, size-1); err != nil {
			return false, err
		}
		if last[0] != '\n' {
			b = append(b, '\n') // somebody died in the middle of a line
		}
	}
	b = append(append(b, line...), '\n')
	if _, err := f.Write(b); err != nil {
		return false, err
	}
	return false, f.Sync()
}

// send gives the stream what it has not.
func (n *Node) send(ctx context.Context, m *mirror) {
	for len(m.out) > 0 {
		line := m.out[0]
		id := idOf(line)
		if _, has := m.there[id]; !has {
			sending, cancel := context.WithTimeout(ctx, n.o.Timeout)
			_, err := n.js.PublishMsg(sending, &nats.Msg{Subject: m.subject, Data: n.keys.seal(m.subject, line)}, jetstream.WithRetryAttempts(0))
			cancel()
			if err != nil {
				n.mirrorFailed(m, fmt.Errorf("send a line: %w", err))
				return // the next look tries again
			}
			m.there[id], m.bad = struct{}{}, ""
			n.metrics.lines.WithLabelValues("out").Inc()
		}
		m.out = m.out[1:]
	}
	m.out = nil
}
