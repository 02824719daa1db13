package poll

import (
	"sync/atomic"
	"syscall"
	"time"
)

// One poller is cheaper than two: each of its waits brings more sockets, and it sleeps and is woken less often. So few sessions begin with the first poller, and only what is more than it can do goes to the next. What it can do is a matter of processor
// time: one that is kept from its work because others have the processors would not get more done by two. With a crowd of sessions each has enough to do, and they are shared out by number.

// load is what is known of how much a poller does.
type load struct {
	idle   atomic.Int64  // ns that it has waited, but for a wait that is under way
	period atomic.Uint32 // the interval that is under way
	active atomic.Int32  // pairs stepped in it
	give   atomic.Int32  // so many of the pairs that are stepped next go to another poller
	to     atomic.Pointer[Poller]

	long atomic.Int32 // steps in it that took long: see Long

	waited int64 // of watch: at the end of the last interval
}

// epoch is what the pollers' times count from. It lies before the first wait, so that no time is zero.
var epoch = time.Now().Add(-time.Second)

func clock() int64 { return int64(time.Since(epoch)) }

// sinceLast is what a poller has done in an interval that has just ended.
func (p *Poller) sinceLast(took time.Duration) share {
	waited := p.idle.Load()
	if since := p.turn.Load().since.Load(); since != 0 {
		waited += clock() - since
	}
	part := 1 - float64(waited-p.waited)/float64(took)
	p.waited = waited
	p.period.Add(1)
	return share{busy: min(1, max(0, part)), pairs: int(p.active.Swap(0)), long: time.Duration(p.long.Swap(0))*longStep > took/4}
}

// share is what one poller did in an interval.
type share struct {
	busy  float64 // part of the time
	pairs int     // that were stepped
	long  bool    // long steps were a good part of it
}

// interval is how often the pollers' loads are compared.
const interval = 100 * time.Millisecond

// A poller that is busy for more than tooBusy of the time gives sessions away, until it is busy for enough of it. With a crowd of sessions two pollers find several ready at each wait, as one does, so they share alike, from
// half of the time on. Two pollers that are busy for less than idle together become one, with a crowd for less than idleCrowd: both are less than what makes that one share again. More than the
// regular pollers help with long steps only: where statements are planned. One that is full with short ones still does most with least. They give back what they have when that makes each regular one busy for less than room.
const (
	tooBusy   = 0.90
	enough    = 0.80
	crowd     = 16
	half      = 0.55
	apart     = 0.35
	idle      = 0.65
	idleCrowd = 0.50
	room      = 0.70
	longStep  = 100 * time.Microsecond // about what planning a statement takes; a look-up that is planned has two steps of 5 to 15
	loose     = 0.25                   // busy for less, a poller is not bound any more; from half on it is
)

// bound takes from the pollers' shares the time in which they had work and no processor: together they have used no more than the process has, which is this part of the time. A crowd costs two pollers no more than one, and where processors
// are short two get more of them: its time is that of the clock.
func bound(shares []share, used float64) {
	sum, pairs := 0.0, 0
	for _, s := range shares {
		sum += s.busy
		pairs += s.pairs
	}
	if sum > used && pairs < crowd {
		for i := range shares {
			shares[i].busy *= used / sum
		}
	}
}

// processorTime is what the kernel has charged the process.
func processorTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u) // fails for no process's own
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// transfer says that so many pairs go from one poller to another.
type transfer struct{ from, to, pairs int }

// transfers says which pairs should move, by what the pollers have done. Each poller gives to one other at most.
func transfers(shares []share, regular int) (list []transfer) {
	all := 0.0
	for _, s := range shares {
		all += s.busy
	}
	for from := len(shares) - 1; from >= 0; from-- {
		for to := range shares {
			f, t := &shares[from], &shares[to]
			move := 0.0 // of from's work
			switch {
			case from == to || f.pairs == 0:
			case to < from && f.busy+t.busy < idleCrowd, to < from && f.busy+t.busy < idle && f.pairs+t.pairs < crowd:
				move = f.busy
			case from >= regular && to < regular && all < room*float64(regular) && t.busy < enough:
				move = min(f.busy, enough-t.busy)
			case from < regular && to < regular && f.pairs >= crowd && f.busy > half && f.busy-t.busy > apart:
				move = (f.busy - t.busy) / 2
			case f.busy > tooBusy && t.busy < enough && f.pairs > 1 && (to < regular || f.long): // one alone would have no more room there
				move = min(f.busy-enough, enough-t.busy)
			}
			if move > 0 {
				list = append(list, transfer{from, to, max(1, int(float64(f.pairs)*move/f.busy))})
				f.busy, t.busy = f.busy-move, t.busy+move
				break
			}
		}
	}
	return list
}

// balance has sessions moved, when an interval has ended.
func (g *Group) balance(took time.Duration) {
	shares := make([]share, len(g.pollers))
	for i, p := range g.pollers {
		shares[i] = p.sinceLast(took)
		p.give.Store(0)
		if p.own != none && shares[i].busy > half {
			p.bound.Store(true)
		} else if shares[i].busy < loose {
			p.bound.Store(false)
		}
	}
	now := processorTime()
	bound(shares, float64(now-g.used)/float64(took))
	g.used = now
	for _, t := range transfers(shares, g.regular) {
		g.pollers[t.from].hand(g.pollers[t.to], t.pairs)
	}
}

// least is the poller that a new session begins with: the one that has the fewest, of as many regular ones as there are crowds for.
func (g *Group) least() *Poller {
	all := 0
	for _, p := range g.pollers {
		all += int(p.pairs.Load())
	}
	least := g.pollers[0]
	for _, p := range g.pollers[:min(g.regular, 1+all/crowd)] {
		if p.pairs.Load() < least.pairs.Load() {
			least = p
		}
	}
	return least
}

// forget begins an interval.
func (g *Group) forget() {
	for _, p := range g.pollers {
		p.sinceLast(interval)
		p.bound.Store(false)
	}
	g.used = processorTime()
}

// hand has a poller give so many of its sessions, those that are stepped next, to another.
func (p *Poller) hand(to *Poller, pairs int) {
	p.to.Store(to)
	p.give.Store(int32(pairs))
}

// stepped is called behind each step, with the pair held, by the goroutine that has made it.
func (p *Poller) stepped(pr *Pair) {
	if now := p.period.Load(); pr.seen != now {
		pr.seen = now
		p.active.Add(1)
	}
	if p.give.Load() > 0 && !pr.closed && pr.poller.Load() == p && p.give.Add(-1) >= 0 {
		pr.move(p.to.Load())
	}
}

// move gives a pair that is held to another poller. What the old one has found ready of it is stepped by that one still, and finds nothing more to read.
func (pr *Pair) move(to *Poller) {
	if pr.fds[Upstream] < 0 {
		return // it is not connected yet
	}
	for side, fd := range pr.fds {
		if err := to.control(syscall.EPOLL_CTL_ADD, fd, syscall.EPOLLONESHOT); err != nil { // for want of the kernel's memory: it stays
			if side == 1 {
				to.control(syscall.EPOLL_CTL_DEL, pr.fds[0], 0)
			}
			return
		}
	}
	from := pr.poller.Load()
	from.leave(pr)
	to.enter(pr)
	pr.poller.Store(to)
	pr.known = [2]bool{true, true}
	for side := range pr.off {
		pr.off[side].Store(true)
	}
	pr.disarmed.Store(true) // so Release waits for them
}

// enter notes whose a pair's sockets are.
func (p *Poller) enter(pr *Pair) {
	p.pairs.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	for side, fd := range pr.fds {
		if fd >= 0 {
			p.note(fd, sock{pair: pr, side: Side(side)})
		}
	}
}

// note notes whose a socket is. mu is held.
func (p *Poller) note(fd int, s sock) {
	if fd >= len(p.socks) {
		p.socks = append(p.socks, make([]sock, fd+1-len(p.socks))...)
	}
	p.socks[fd] = s
}

// leave forgets a pair's sockets.
func (p *Poller) leave(pr *Pair) {
	p.pairs.Add(-1)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, fd := range pr.fds {
		if fd >= 0 {
			p.socks[fd] = sock{}
			p.control(syscall.EPOLL_CTL_DEL, fd, 0)
		}
	}
}
