// Package modbus reads devices over Modbus TCP, RTU over TCP and serial RTU.
// [Plan] turns the points of a device into the requests that take its line
// least; [Bus] owns one connection and cannot write; [Source] shares the
// connection fairly among the devices behind it, keeps dead ones from slowing
// the others and learns what a device refuses. [Writer] is the one type that
// writes, and there is none for the endpoint of fire and intrusion equipment.
//
// A value that could not be read is never a value: it is an absent value with
// a quality. Every sample carries the instant at which its own request left. A
// late answer is never taken for that to another request.
package modbus

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/clock"
)

const (
	// urgentRun is how many alarm-class requests may pass before another one
	// gets its turn.
	urgentRun = 4
	// reconnectMax bounds the pause between attempts to connect: unlike a
	// silent unit, a refused connection costs nobody else anything.
	reconnectMax = 30 * time.Second
	// idle is the longest sleep; it bounds how long a clock that was set is
	// not noticed. attentive is the same where orders may arrive.
	idle      = 10 * time.Second
	attentive = 100 * time.Millisecond
)

// Options of a Source.
type Options struct {
	// URL is a Modbus URL, see [endpoint.Parse].
	URL      string
	Timeouts Timeouts
	// Pause between two requests.
	Pause time.Duration
	// IdleClose, when given, closes the connection when nothing is due for
	// that long, for devices with one session that others want as well.
	IdleClose time.Duration
	Devices   []Device
	Clock     clock.Clock
	Log       zerolog.Logger
}

// Emit takes the samples of one request. It blocks while they cannot be
// taken, returns an error only when ctx ended, and does not keep the slice.
type Emit = func(ctx context.Context, samples ...gtc.Sample) error

// Source reads the devices behind one connection.
type Source struct {
	bus   *Bus
	units []*unit
	clock clock.Clock
	log   zerolog.Logger
	pause time.Duration
	// afterConnect is the longest pause after connecting that a unit asks for.
	afterConnect time.Duration
	idleClose    time.Duration
	// orders are what else is to be done on the connection between two
	// requests; nil where nothing else ever is.
	orders chan func(ctx context.Context)

	last   int // unit served last
	urgent int // urgent requests served in a row
	// refusals of the connection itself in a row; until retryAt none is tried.
	refusals int
	retryAt  time.Time
	samples  []gtc.Sample
}

// NewSource plans the requests of every device. It does no I/O; it returns an
// error when a point cannot be read within its device's limits.
func NewSource(o Options) (*Source, error) {
	bus, err := NewBus(o.URL, o.Timeouts)
	if err != nil {
		return nil, err
	}
	return newSource(bus, o)
}

func newSource(bus *Bus, o Options) (*Source, error) {
	s := &Source{bus: bus, clock: o.Clock, log: o.Log, pause: o.Pause, idleClose: o.IdleClose}
	bus.link.now = o.Clock.Now
	for _, d := range o.Devices {
		u, err := newUnit(d, LineOf(bus.Endpoint()))
		if err != nil {
			return nil, err
		}
		s.units = append(s.units, u)
		s.afterConnect = max(s.afterConnect, d.PauseAfterConnect)
		bus.KeepInStep(d.Unit, u.distinct())
	}
	return s, nil
}

// Run polls until ctx ends and then returns nil. It emits from one goroutine,
// the samples of one request at a time.
func (s *Source) Run(ctx context.Context, emit Emit) error {
	defer s.bus.Close()
	for ctx.Err() == nil {
		if err := s.step(ctx, emit); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// step serves one request, or waits for the next one to be due.
func (s *Source) step(ctx context.Context, emit Emit) error {
	select {
	case do := <-s.orders: // never where there are none
		do(ctx)
	default:
	}
	now := s.clock.Now()
	if waiting(now, s.retryAt, reconnectMax) {
		return s.sleep(ctx, s.retryAt.Sub(now))
	}
	for _, u := range s.units {
		u.enqueue(now)
	}
	u, p, ok := s.pick(now)
	if !ok {
		wait := s.untilDue(now)
		if s.idleClose > 0 && wait > s.idleClose {
			s.bus.Close()
		}
		return s.sleep(ctx, wait)
	}
	if err := s.serve(ctx, u, p, emit); err != nil {
		return err
	}
	return s.clock.Sleep(ctx, max(s.pause, u.PauseBetween))
}

func (s *Source) sleep(ctx context.Context, d time.Duration) error {
	if s.orders != nil {
		d = min(d, attentive)
	}
	return s.clock.Sleep(ctx, min(d, idle))
}

func (s *Source) untilDue(now time.Time) time.Duration {
	wait := idle
	for _, u := range s.units {
		if due := u.nextDue(); !due.IsZero() {
			wait = min(wait, due.Sub(now))
		}
	}
	return wait
}

// pick takes one request: units in turn, alarm class first, but not for ever.
func (s *Source) pick(now time.Time) (*unit, pending, bool) {
	first := s.urgent < urgentRun
	for _, urgent := range [2]bool{first, !first} {
		for i := range s.units {
			n := (s.last + 1 + i) % len(s.units)
			if s.units[n].resting(now) {
				continue
			}
			p, ok := s.units[n].take(urgent)
			if !ok {
				continue
			}
			s.last = n
			s.urgent++
			if !urgent {
				s.urgent = 0
			}
			return s.units[n], p, true
		}
	}
	s.urgent = 0
	return nil, pending{}, false
}
