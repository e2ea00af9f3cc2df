package modbus

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// FaultKind names what goes wrong.
type FaultKind string

// The faults.
const (
	FaultLate        FaultKind = "late"               // the answer comes after Delay
	FaultSlow        FaultKind = "slow"               // every answer takes Delay
	FaultHalf        FaultKind = "half"               // half an answer, then silence
	FaultTorn        FaultKind = "torn"               // half an answer, the rest after Delay
	FaultSilence     FaultKind = "silence"            // no answer
	FaultSwapped     FaultKind = "swapped"            // the answer comes after the next one
	FaultBehind      FaultKind = "behind"             // the answer comes right before the next one
	FaultHangUp      FaultKind = "hang-up"            // the connection is closed instead of an answer
	FaultClose       FaultKind = "close-after-accept" // connections are closed at once
	FaultOneSession  FaultKind = "one-session"        // a second connection is closed at once
	FaultException   FaultKind = "exception"          // refused with exception Count
	FaultHole        FaultKind = "hole-refused"       // reads across unused registers are refused with exception 2
	FaultMaxCount    FaultKind = "max-registers"      // reads of more than Count are refused with exception 3
	FaultFirst       FaultKind = "first-ignored"      // the first request of a connection is not answered
	FaultWrongUnit   FaultKind = "wrong-unit"         // answered as another unit
	FaultBitFlip     FaultKind = "bit-flip"           // one bit of the answer is wrong
	defaultLateness            = 300 * time.Millisecond
	defaultException           = 4
)

// Fault is one thing that goes wrong.
type Fault struct {
	Kind FaultKind
	// Unit it concerns, 0 for all.
	Unit uint8
	// Every makes it happen at each n-th request only; 0 means at each one.
	Every int
	Delay time.Duration
	// Count is the exception code or the number of registers.
	Count int
}

// ParseFault reads a fault by name, for example "late", "late:500ms",
// "exception:6", "max-registers:8,every=10" or "silence,unit=3".
func ParseFault(text string) (Fault, error) {
	head, rest, _ := strings.Cut(text, ",")
	name, value, _ := strings.Cut(head, ":")
	f := Fault{Kind: FaultKind(name), Delay: defaultLateness, Count: defaultException}
	if !slices.Contains(FaultKinds(), f.Kind) {
		return Fault{}, fmt.Errorf("fault %q: want one of %v", name, FaultKinds())
	}
	if value != "" {
		d, errDelay := time.ParseDuration(value)
		n, errCount := strconv.Atoi(value)
		switch {
		case errDelay == nil && value != "0":
			f.Delay = d
		case errCount == nil && n > 0:
			f.Count = n
		default:
			return Fault{}, fmt.Errorf("fault %s: %q is neither a duration nor a number", name, value)
		}
	}
	for rest != "" {
		var setting string
		setting, rest, _ = strings.Cut(rest, ",")
		key, value, _ := strings.Cut(setting, "=")
		n, err := strconv.Atoi(value)
		switch {
		case err == nil && key == "every" && n > 0:
			f.Every = n
		case err == nil && key == "unit" && n > 0 && n < 256:
			f.Unit = uint8(n)
		default:
			return Fault{}, fmt.Errorf("fault %s: unknown setting %q, want every=N or unit=N", name, setting)
		}
	}
	return f, nil
}

// FaultKinds lists the faults by name.
func FaultKinds() []FaultKind {
	return []FaultKind{
		FaultLate, FaultSlow, FaultHalf, FaultTorn, FaultSilence, FaultSwapped, FaultBehind, FaultHangUp, FaultClose,
		FaultOneSession, FaultException, FaultHole, FaultMaxCount, FaultFirst, FaultWrongUnit, FaultBitFlip,
	}
}

// faults are the faults of a server.
type faults struct {
	any   atomic.Bool
	mu    sync.Mutex
	list  []Fault
	seen  []int
	total map[FaultKind]int
}

// Inject adds faults to those that the server has.
func (s *Server) Inject(list ...Fault) {
	f := &s.faults
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, list...)
	f.seen = append(f.seen, make([]int, len(list))...)
	f.any.Store(len(f.list) > 0)
}

// Heal removes all faults.
func (s *Server) Heal() {
	f := &s.faults
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list, f.seen = nil, nil
	f.any.Store(false)
}

// Happened returns how often each fault has happened to a request.
func (s *Server) Happened() map[FaultKind]int {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return maps.Clone(s.faults.total)
}

// effect is what faults do to one request.
type effect struct {
	silent, half, swap, behind, wrongUnit, hangUp bool
	exception                                     uint8
	delay, torn                                   time.Duration
	flip                                          int
}

// pick tells what happens to the n-th request of a connection.
func (f *faults) pick(unit uint8, n int) effect {
	var e effect
	if !f.any.Load() {
		return e
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, fault := range f.list {
		if fault.Unit != 0 && fault.Unit != unit || fault.Kind == FaultFirst && n > 1 {
			continue
		}
		if f.seen[i]++; f.seen[i]%max(fault.Every, 1) != 0 {
			continue
		}
		if f.total == nil {
			f.total = map[FaultKind]int{}
		}
		if e == (effect{}) { // one at a time
			f.total[fault.Kind]++
			e.apply(fault, f.seen[i])
		}
	}
	return e
}

func (e *effect) apply(f Fault, seen int) {
	switch f.Kind {
	case FaultLate, FaultSlow:
		e.delay = f.Delay
	case FaultHalf:
		e.half = true
	case FaultTorn:
		e.torn = f.Delay
	case FaultSilence, FaultFirst:
		e.silent = true
	case FaultSwapped:
		e.swap = true
	case FaultBehind:
		e.behind = true
	case FaultHangUp:
		e.hangUp = true
	case FaultException:
		e.exception = uint8(f.Count) //nolint:gosec // a code
	case FaultWrongUnit:
		e.wrongUnit = true
	case FaultBitFlip:
		e.flip = seen
	case FaultClose, FaultOneSession, FaultHole, FaultMaxCount: // not of a request
	}
}

// refuses reports whether a connection is closed at once, when there are n.
func (f *faults) refuses(n int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(f.list, func(x Fault) bool {
		return x.Kind == FaultClose || x.Kind == FaultOneSession && n > 0
	})
}

// limits returns the exception for a read that the device does not take.
func (f *faults) limits(id uint8, u *Unit, function uint8, address uint16, count int) uint8 {
	if !f.any.Load() {
		return 0
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, x := range f.list {
		switch {
		case x.Unit != 0 && x.Unit != id:
		case x.Kind == FaultMaxCount && count > x.Count:
			return illegalValue
		case x.Kind == FaultHole && u.spansHole(function, address, count):
			return illegalAddress
		}
	}
	return 0
}

// spansHole reports whether a read covers a cell that no register uses.
func (u *Unit) spansHole(function uint8, address uint16, count int) bool {
	t := u.tables[function]
	for i := range count {
		if t == nil || len(t.cells[address+uint16(i)]) == 0 { //nolint:gosec // an address
			return true
		}
	}
	return false
}
