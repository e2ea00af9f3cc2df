// Package stamp decides whether the machine's clock may stamp samples, and
// corrects what was stamped while it might not. It knows no clock itself:
// every look at one is an argument.
//
// A small box has no clock of its own: without power it forgets the time, and
// until the network sets it, it starts in 1970 or at the hour of the last
// shutdown. The time since the start (monotonic) is always right, so an
// instant can be corrected as soon as the clock is set.
package stamp

import "time"

// Least is the difference from which on a change of the clock is a step and
// not its usual regulation.
const Least = 500 * time.Millisecond

// Reading is one look at the machine's clocks.
type Reading struct {
	// Wall is what the clock shows.
	Wall time.Time
	// Mono is the time since some fixed instant; it never steps.
	Mono time.Duration
	// Synchronised tells that the clock is set by a time server now.
	Synchronised bool
}

// base is the instant at which Mono was zero, by the clock of this reading.
func (r Reading) base() time.Time { return r.Wall.Round(0).UTC().Add(-r.Mono) }

// Step is one change of the clock.
type Step struct {
	// At is what the clock showed afterwards.
	At time.Time
	// By is how far it went, negative when backwards.
	By time.Duration
}

// Trust is what can be said of the clock.
type Trust int

// The degrees of trust.
const (
	// Good: instants are right.
	Good Trust = iota
	// Waiting: the clock is wrong and may be set soon; instants are kept to be
	// corrected.
	Waiting
	// Estimated: the clock is wrong and nobody sets it; instants are counted
	// from the latest one known.
	Estimated
)

// Options of a Keeper.
type Options struct {
	// Built is an instant before which no clock can rightly be.
	Built time.Time
	// Newest is the newest instant stored so far; a machine that starts before
	// it has a wrong clock, unless a time server sets it. Zero means none.
	Newest time.Time
	// Patience is how long a clock may be wrong before instants are estimated.
	Patience time.Duration
}

// Keeper follows a clock. It is used by one goroutine at a time.
type Keeper struct {
	o        Options
	seen     bool
	base     time.Time // at the last reading
	former   time.Time // before the last step
	estimate time.Time // the base of estimated instants
	trusted  bool
	givenUp  bool
	lost     time.Duration // when trust was lost, monotonic
	last     Reading
}

// New returns a keeper that has not looked yet.
func New(o Options) *Keeper { return &Keeper{o: o} }

// Look takes a reading and tells whether the clock stepped since the last one.
// Readings must be taken in order.
func (k *Keeper) Look(r Reading) (Step, bool) {
	base := r.base()
	if !k.seen {
		k.seen, k.base, k.former, k.last = true, base, base, r
		k.trusted = k.possible(r) && (r.Synchronised || !r.Wall.Before(k.o.Newest))
		if !k.trusted {
			k.lose(r, latest(k.o.Newest, k.o.Built).Add(time.Millisecond-r.Mono))
		}
		return Step{}, false
	}
	by := base.Sub(k.base)
	stepped := by.Abs() >= Least
	if stepped {
		k.former = k.base
	}
	switch {
	case !k.possible(r):
		if k.trusted {
			k.lose(r, k.base)
		}
	case stepped, r.Synchronised:
		// A wrong clock does not step by itself: somebody set it.
		k.trusted, k.givenUp = true, false
	}
	k.base, k.last = base, r
	return Step{At: r.Wall.UTC(), By: by}, stepped
}

// possible reports whether a clock can rightly show this.
func (k *Keeper) possible(r Reading) bool { return !r.Wall.Before(k.o.Built) }

func (k *Keeper) lose(r Reading, estimate time.Time) {
	k.trusted, k.givenUp, k.lost, k.estimate = false, false, r.Mono, estimate
}

// Trust tells how far the clock can be trusted at the last reading.
func (k *Keeper) Trust() Trust {
	switch {
	case k.trusted || !k.seen:
		return Good
	case k.givenUp || k.last.Mono-k.lost >= k.o.Patience:
		return Estimated
	default:
		return Waiting
	}
}

// GiveUp ends the waiting for a clock to be set.
func (k *Keeper) GiveUp() { k.givenUp = true }

// Base names the clock of the last reading: what is stamped by it is corrected
// with Correct.
func (k *Keeper) Base() time.Time { return k.base }

// Correct returns the instant of something that was stamped at when the clock
// was base. While Trust is Waiting it returns at itself.
func (k *Keeper) Correct(at, base time.Time) time.Time {
	switch k.Trust() {
	case Good:
		return at.Add(k.base.Sub(base))
	case Estimated:
		return at.Add(k.estimate.Sub(base))
	default:
		return at
	}
}

// Late corrects an instant that no right clock can have shown, of something
// that was on its way while the clock was set. It reports false when the
// instant cannot be corrected and is the present one instead.
func (k *Keeper) Late(at time.Time) (time.Time, bool) {
	if c := at.Add(k.base.Sub(k.former)); !c.Before(k.o.Built) && !c.After(k.last.Wall.Add(time.Minute)) {
		return c, true
	}
	return k.Now(), false
}

// Possible reports whether a right clock can have shown an instant.
func (k *Keeper) Possible(at time.Time) bool { return !at.Before(k.o.Built) }

// Now returns the present instant as well as it is known.
func (k *Keeper) Now() time.Time { return k.Correct(k.last.Wall.Round(0).UTC(), k.base) }

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
