package modbus

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
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
	// not noticed.
	idle = 10 * time.Second
)

// Options of a Source.
type Options struct {
	// URL is modbus://host:port.
	URL string
	// Timeout of one request, 0 for [DefaultTimeout]; Pause between two.
	Timeout time.Duration
	Pause   time.Duration
	Devices []Device
	Clock   clock.Clock
	Log     zerolog.Logger
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
	bus, err := NewBus(o.URL, o.Timeout, o.Log)
	if err != nil {
		return nil, err
	}
	s := &Source{bus: bus, clock: o.Clock, log: o.Log, pause: o.Pause}
	for _, d := range o.Devices {
		u, err := newUnit(d)
		if err != nil {
			return nil, err
		}
		s.units = append(s.units, u)
		s.afterConnect = max(s.afterConnect, d.PauseAfterConnect)
	}
	return s, nil
}

// Run polls until ctx ends and then returns nil. It emits from one goroutine,
// the samples of one request at a time. A request under way when ctx ends is
// waited for (its timeout, or 5 s for a connection being opened).
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
	now := s.clock.Now()
	if waiting(now, s.retryAt, reconnectMax) {
		return s.clock.Sleep(ctx, min(s.retryAt.Sub(now), idle))
	}
	for _, u := range s.units {
		if err := u.enqueue(now); err != nil {
			return fmt.Errorf("device %s: %w", u.ID, err)
		}
	}
	u, p, ok := s.pick()
	if !ok {
		return s.clock.Sleep(ctx, min(s.untilDue(now), idle))
	}
	if err := s.serve(ctx, u, p, emit); err != nil {
		return err
	}
	return s.clock.Sleep(ctx, s.pause)
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
func (s *Source) pick() (*unit, pending, bool) {
	first := s.urgent < urgentRun
	for _, urgent := range [2]bool{first, !first} {
		for i := range s.units {
			n := (s.last + 1 + i) % len(s.units)
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

func (s *Source) serve(ctx context.Context, u *unit, p pending, emit Emit) error {
	opened, err := s.connect(ctx)
	if err != nil || ctx.Err() != nil {
		return s.unreachable(ctx, err, emit)
	}
	s.refusals, s.retryAt = 0, time.Time{}
	got, err := s.read(u, p)
	if err != nil && judge(err) == broken && !opened && !timedOut(err) {
		// The device closed an idle connection: that says nothing about it.
		if _, err := s.connect(ctx); err != nil {
			return s.unreachable(ctx, err, emit)
		}
		got, err = s.read(u, p)
	}
	if err != nil {
		return s.refused(ctx, u, p, err, emit)
	}
	u.Health.Answered(got.at, got.took)
	u.answered(p.group)
	return s.decode(ctx, u, p.Request, got, emit)
}

// connect opens the connection unless it is open; opened tells which.
func (s *Source) connect(ctx context.Context) (opened bool, err error) {
	if s.bus.IsOpen() {
		return !s.bus.Used(), nil
	}
	if err := s.bus.Open(); err != nil {
		return false, err
	}
	return true, s.clock.Sleep(ctx, s.afterConnect)
}

// answer is a reading and the instant of its request, taken right before it,
// to the millisecond.
type answer struct {
	Reading
	at   time.Time
	took time.Duration
}

func (s *Source) read(u *unit, p pending) (answer, error) {
	got := answer{at: s.clock.Now().Truncate(time.Millisecond)}
	began := time.Now()
	var err error
	got.Reading, err = s.bus.Read(u.Unit, p.Request)
	got.took = time.Since(began)
	return got, err
}

func (s *Source) decode(ctx context.Context, u *unit, r Request, got answer, emit Emit) error {
	s.samples = s.samples[:0]
	for _, i := range r.Points {
		p := &u.Points[i]
		offset := p.start() - int(r.Address)
		var v gtc.Value
		q := gtc.QualityGood
		if p.table().Bits() {
			v = profile.DecodeBit(p.Register, got.Bits[offset])
		} else {
			v, q = profile.Decode(p.Register, u.WordOrder, p.Type, got.Words[offset:offset+p.width()])
		}
		u.quality[i] = q
		s.samples = append(s.samples, gtc.Sample{Series: p.Series, At: got.at, Value: v, Quality: q})
	}
	return emit(ctx, s.samples...)
}

// refused deals with a request that brought no values.
func (s *Source) refused(ctx context.Context, u *unit, p pending, err error, emit Emit) error {
	now := s.clock.Now()
	err = fmt.Errorf("read %s at %w", u.ID, err)
	why := judge(err)
	if why == broken || why == absent {
		if u.failures == 0 {
			s.log.Warn().Str("device", string(u.ID)).Err(err).Msg("device does not answer")
		}
		u.Health.Lost(err)
		u.failed(now, rand.Float64()) //nolint:gosec // spreads attempts, guards nothing
		return s.lost(ctx, u, now, emit)
	}
	u.Health.Refused(err)
	points, quality := p.Points, gtc.QualityRefused
	switch why {
	case refusedRange:
		if points = u.refusedRange(p, now); len(points) == 0 {
			return nil
		}
	case refusedAll:
		u.refusedAll(p, now)
	case busy:
		quality = gtc.QualityCommLost
	case faulty, broken, absent:
	}
	s.log.Warn().Str("device", string(u.ID)).Err(err).Msg("device refuses to be read")
	u.answered(p.group)
	return s.say(ctx, u, points, quality, now, emit)
}

// unreachable deals with a connection that could not be opened: no device
// behind it can be read.
func (s *Source) unreachable(ctx context.Context, err error, emit Emit) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	now := s.clock.Now()
	if s.refusals == 0 {
		s.log.Warn().Err(err).Msg("connection refused")
	}
	s.refusals++
	s.retryAt = now.Add(backoff(s.refusals, reconnectMax, rand.Float64())) //nolint:gosec // spreads attempts, guards nothing
	for _, u := range s.units {
		u.clear(s.retryAt)
		u.Health.Lost(err)
		if err := s.lost(ctx, u, now, emit); err != nil {
			return err
		}
	}
	return nil
}

// lost says that no point of a unit can be read.
func (s *Source) lost(ctx context.Context, u *unit, now time.Time, emit Emit) error {
	all := make([]int, len(u.Points))
	for i := range all {
		all[i] = i
	}
	return s.say(ctx, u, all, gtc.QualityCommLost, now, emit)
}

// say emits absent values with a quality for those points that had another.
func (s *Source) say(ctx context.Context, u *unit, points []int, q gtc.Quality, at time.Time, emit Emit) error {
	s.samples = s.samples[:0]
	for _, i := range points {
		if u.quality[i] == q {
			continue
		}
		u.quality[i] = q
		s.samples = append(s.samples, gtc.Sample{Series: u.Points[i].Series, At: at.Truncate(time.Millisecond), Quality: q})
	}
	if len(s.samples) == 0 {
		return nil
	}
	return emit(ctx, s.samples...)
}
