package poll

import (
	"runtime"
	"syscall"
	"unsafe"
)

// A poller that has much to do is bound to one processor. The kernel's scheduler would take its thread to whichever is idle at each wake-up; so it wakes where its caches are, and what it wakes goes around it. With little to do the first processor that is idle is the best.

// processors is a set of them, as sched_setaffinity(2) has it.
type processors [16]uint64

var none processors

// allowed are those that a thread may use, 0 for the one that runs.
func allowed(thread int) (all processors) {
	syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY, uintptr(thread), unsafe.Sizeof(all), uintptr(unsafe.Pointer(&all)))
	return all
}

// each is the set of one for each processor of a set.
func (s processors) each() (list []processors) {
	for i := range len(s) * 64 {
		if s[i/64]>>(i%64)&1 == 1 {
			var one processors
			one[i/64] = 1 << (i % 64)
			list = append(list, one)
		}
	}
	return list
}

// rebind has a thread run on other processors. It returns false, and leaves the thread alone, when somebody has bound it meanwhile, or the kernel does not want it.
func rebind(thread int, from, to processors) bool {
	if allowed(thread) != from {
		return false
	}
	_, _, errno := syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, uintptr(thread), unsafe.Sizeof(to), uintptr(unsafe.Pointer(&to)))
	return errno == 0
}

// bindable says which processors n pollers may be bound to; nil for none. A process that is to use less than all that it sees, as in a container with a quota, shares them with others.
func (g *Group) bindable(n int) []processors {
	g.all = allowed(0)
	each := g.all.each()
	if runtime.GOMAXPROCS(0) != len(each) || n > len(each) {
		return nil
	}
	return each[:n]
}

// bind locks the goroutine whose turn it is to its thread, and binds this to the poller's processor, until the turn is lost; or undoes both. Only behind a lock does Go start new threads from one that is not bound: they would be as it is.
func (p *Poller) bind(t *turn, bound bool) {
	if bound {
		runtime.LockOSThread()
	} else {
		defer runtime.UnlockOSThread()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !bound:
		p.letGo(t)
	case !t.lost:
		if thread := syscall.Gettid(); rebind(thread, p.group.all, p.own) {
			t.thread = thread
		}
	}
}

// letGo lets the thread of a turn run where it likes. mu is held.
func (p *Poller) letGo(t *turn) {
	if t.thread != 0 {
		rebind(t.thread, p.own, p.group.all)
		t.thread = 0
	}
}
