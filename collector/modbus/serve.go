package modbus

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
	"github.com/cpas-charleroi/gtc/collector/profile"
)

func (s *Source) serve(ctx context.Context, u *unit, p pending, emit Emit) error {
	opened, err := s.connect(ctx)
	if err != nil || ctx.Err() != nil {
		return s.unreachable(ctx, err, emit)
	}
	s.refusals, s.retryAt = 0, time.Time{}
	if ok, err := s.identified(ctx, u, p, emit); !ok {
		return err
	}
	got, err := s.bus.Read(ctx, u.Unit, p.Request, u.Timeout)
	if err != nil && judge(err) == broken && !opened && !timedOut(err) && ctx.Err() == nil {
		// The device closed an idle connection, or something was on the line
		// that nobody asked for: that says nothing about it.
		if _, err := s.connect(ctx); err != nil {
			return s.unreachable(ctx, err, emit)
		}
		got, err = s.bus.Read(ctx, u.Unit, p.Request, u.Timeout)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return s.refused(ctx, u, p, err, emit)
	}
	got.At = stamp(got.At)
	u.Health.Answered(got.At, got.Took)
	u.pace.took(p.Request, got.Took)
	u.answered(p, s.clock.Now())
	if p.probe {
		u.Health.SetRefused(len(u.learned.points))
	}
	return s.decode(ctx, u, p.Request, got, emit)
}

// stamp is an instant as samples carry it.
func stamp(at time.Time) time.Time { return at.UTC().Truncate(time.Millisecond) }

// connect opens the connection unless it is open; opened tells whether it has
// not answered yet.
func (s *Source) connect(ctx context.Context) (opened bool, err error) {
	if s.bus.IsOpen() {
		return !s.bus.Used(), nil
	}
	again := s.bus.Opened() > 0
	if err := s.bus.Open(ctx); err != nil {
		return false, err
	}
	if again {
		for _, u := range s.units {
			u.Health.Reconnected()
		}
	}
	return true, s.clock.Sleep(ctx, s.afterConnect)
}

func (s *Source) decode(ctx context.Context, u *unit, r Request, got Reading, emit Emit) error {
	s.samples = s.samples[:0]
	for _, i := range r.Points {
		p := &u.Points[i]
		from, to := u.cells[i].From-int(r.Address), u.cells[i].To-int(r.Address)
		var v gtc.Value
		var q gtc.Quality
		if r.Table.Bits() {
			v, q = profile.DecodeBits(p.Register, got.Bits[from:to])
			if d := u.debounced[i]; d != nil && v.Present() {
				v = d.take(v, got.At, p.Register.Debounce)
			}
		} else {
			v, q = profile.Decode(p.Register, u.WordOrder, p.Type, got.Words[from:to])
		}
		u.quality[i] = q
		s.samples = append(s.samples, gtc.Sample{Series: p.Series, At: got.At, Value: v, Quality: q})
	}
	return emit(ctx, s.samples...)
}

// refused deals with a request that brought no values.
func (s *Source) refused(ctx context.Context, u *unit, p pending, err error, emit Emit) error {
	now := s.clock.Now()
	err = fmt.Errorf("read %s at %w", u.ID, err)
	var exception wire.Exception
	errors.As(err, &exception)
	u.Health.Count(timedOut(err), uint8(exception))
	why := judge(err)
	silent := why == broken && u.missed(p)
	if (why == broken || why == absent) && !silent {
		if u.failures == 0 {
			s.log.Warn().Str("device", string(u.ID)).Err(err).Msg("device does not answer")
		}
		u.Health.Lost(err)
		u.failed(now, rand.Float64()) //nolint:gosec // spreads attempts, guards nothing
		return s.lost(ctx, u, now, emit)
	}
	u.Health.Refused(err)
	points, quality := p.Points, gtc.QualityRefused
	switch {
	case silent:
		points, quality = u.refusedRange(p, now, true), gtc.QualityCommLost
	case why == refusedRange:
		points = u.refusedRange(p, now, false)
	case why == refusedAll:
		points = u.refuse(p, now, false)
	case why == busy:
		if u.busy(p, now) {
			return nil
		}
		quality = gtc.QualityCommLost
	default:
		u.failures, u.retryAt, u.alive = 0, time.Time{}, true
	}
	if len(points) == 0 {
		return nil
	}
	u.Health.SetRefused(len(u.learned.points))
	s.log.Warn().Str("device", string(u.ID)).Err(err).Msg("device refuses to be read")
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
		s.samples = append(s.samples, gtc.Sample{Series: u.Points[i].Series, At: stamp(at), Quality: q})
	}
	if len(s.samples) == 0 {
		return nil
	}
	return emit(ctx, s.samples...)
}
