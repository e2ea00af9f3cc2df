package collector

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/stamp"
)

const (
	// clockPatience is how long samples wait for a wrong clock to be set.
	clockPatience = 2 * time.Minute
	// heldMost bounds how many samples wait for it.
	heldMost = 20_000
)

// Timekeeping makes a collector look after the machine's clock.
type Timekeeping struct {
	// Read looks at the machine's clocks.
	Read func() stamp.Reading
	// Built and Newest are the instants before which the clock is wrong: when
	// the program was made, and the newest instant that the queue has.
	Built, Newest time.Time
}

// timekeeper holds samples while the clock is wrong. It is used under the
// batcher's lock, except for what is atomic.
type timekeeper struct {
	read   func() stamp.Reading
	keeper *stamp.Keeper
	held   []heldSamples
	count  int
	// waiting are told when what is held has left.
	waiting []chan struct{}

	trust     atomic.Int32
	corrected atomic.Uint64
	estimated atomic.Uint64
	steps     atomic.Uint64

	mu      sync.Mutex
	stepped []stamp.Step // not yet told
}

// heldSamples are samples stamped by the clock named base.
type heldSamples struct {
	samples []gtc.Sample
	base    time.Time
}

func newTimekeeper(t *Timekeeping) *timekeeper {
	if t == nil {
		return nil
	}
	k := &timekeeper{
		read:   t.Read,
		keeper: stamp.New(stamp.Options{Built: t.Built, Newest: t.Newest, Patience: clockPatience}),
	}
	k.look()
	return k
}

// look compares the clocks.
func (k *timekeeper) look() stamp.Trust {
	if step, ok := k.keeper.Look(k.read()); ok {
		k.steps.Add(1)
		k.mu.Lock()
		k.stepped = append(k.stepped, step)
		k.mu.Unlock()
	}
	trust := k.keeper.Trust()
	k.trust.Store(int32(trust)) //nolint:gosec // three values
	return trust
}

// hold takes samples while the clock may still be set. It reports whether it
// took them.
func (k *timekeeper) hold(samples []gtc.Sample) bool {
	if k.keeper.Trust() != stamp.Waiting {
		return false
	}
	k.held = append(k.held, heldSamples{slices.Clone(samples), k.keeper.Base()})
	if k.count += len(samples); k.count > heldMost {
		k.keeper.GiveUp()
	}
	return true
}

// correct puts samples right that were stamped by the clock named base.
func (k *timekeeper) correct(samples []gtc.Sample, base time.Time) {
	estimated := k.keeper.Trust() == stamp.Estimated
	for i := range samples {
		s := &samples[i]
		s.At = k.keeper.Correct(s.At, base)
		k.corrected.Add(1)
		if estimated {
			s.Quality = doubtful(s.Quality)
			k.estimated.Add(1)
		}
	}
}

// late puts right what was on its way while the clock was set.
func (k *timekeeper) late(s *gtc.Sample) {
	if k.keeper.Possible(s.At) {
		return
	}
	at, ok := k.keeper.Late(s.At)
	s.At = at
	k.corrected.Add(1)
	if !ok {
		s.Quality = doubtful(s.Quality)
		k.estimated.Add(1)
	}
}

// doubtful is the quality of a value whose instant is an estimate.
func doubtful(q gtc.Quality) gtc.Quality {
	if q == gtc.QualityGood {
		return gtc.QualityBadClock
	}
	return q
}

// takeSteps returns the steps that nobody was told of.
func (k *timekeeper) takeSteps() []stamp.Step {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := k.stepped
	k.stepped = nil
	return out
}

// keepTime follows the clock every second: what waits for it leaves when it is
// set, and every step becomes an event.
func (c *Collector) keepTime(ctx context.Context) {
	tick := time.NewTicker(clockPause)
	defer tick.Stop()
	var untold []gtc.Event
	n, was := 0, stamp.Good
	for {
		trust := c.batcher.lookAtClock()
		for _, s := range c.batcher.time.takeSteps() {
			n++
			untold = append(untold, c.stepEvent(n, s))
			c.log.Warn().Dur("by", s.By).Time("to", s.At).Msg("the clock was set")
		}
		if trust != was {
			c.log.Warn().Bool("right", trust == stamp.Good).Bool("estimated", trust == stamp.Estimated).Msg("trust in the clock changed")
			was = trust
		}
		for trust != stamp.Waiting && len(untold) > 0 {
			if err := c.queue.PublishEvent(ctx, untold[0]); err != nil {
				break // again at the next turn
			}
			untold = untold[1:]
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// EventClockStep is what an event of kind edge and subject clock says when the
// machine's clock was set; its value is by how many seconds.
const EventClockStep = "clock_step"

func (c *Collector) stepEvent(n int, s stamp.Step) gtc.Event {
	by := s.By.Seconds()
	return gtc.Event{
		ID:   fmt.Sprintf("%s/clock/%d/%d", c.site, s.At.UnixMilli(), n),
		Site: c.site, At: s.At.Truncate(time.Millisecond), Kind: gtc.EventEdge, Subject: "clock", To: EventClockStep,
		Actor: "collector", Reason: fmt.Sprintf("%+.3f s", by), Value: &by,
	}
}

// Dropped returns the number of lines that were dropped because the queue took
// nothing for too long, in this run.
func (c *Collector) Dropped() uint64 { return c.batcher.dropped.Load() }

// Now returns the present instant as well as it is known, to the millisecond.
func (c *Collector) Now() time.Time {
	if c.batcher.time == nil {
		return c.clock.Now().Truncate(time.Millisecond)
	}
	return c.batcher.now().Truncate(time.Millisecond)
}

// mayStamp reports whether an instant can be told at all.
func (c *Collector) mayStamp() bool { return c.batcher.time == nil || c.ClockTrust() != stamp.Waiting }

// ClockTrust tells how far the machine's clock is trusted.
func (c *Collector) ClockTrust() stamp.Trust {
	if c.batcher.time == nil {
		return stamp.Good
	}
	return stamp.Trust(c.batcher.time.trust.Load())
}
