// Package clock makes time an argument of the parts that run: the wall clock
// in production, a faster clock where a recorded history is played.
package clock

import (
	"context"
	"sync"
	"time"
)

// Clock tells the time and waits in it.
type Clock interface {
	// Now returns the present instant of this clock, in UTC.
	Now() time.Time
	// Sleep waits until d has passed on this clock or ctx ends.
	Sleep(ctx context.Context, d time.Duration) error
}

// Wall is the machine's clock.
type Wall struct{}

// Now returns the machine's time.
func (Wall) Now() time.Time { return time.Now().UTC() }

// Sleep waits d or until ctx ends.
func (Wall) Sleep(ctx context.Context, d time.Duration) error { return Sleep(ctx, d) }

// Sleep waits d of the machine's time or until ctx ends, and then returns why.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Fast runs faster than the wall clock from a start in the past until it has
// caught up with the wall clock, then runs with it. Until Go it stands still.
// While it has a reader it runs no further than the reader follows.
type Fast struct {
	going chan struct{}

	mu     sync.Mutex
	start  time.Time // on this clock
	wall   time.Time // the wall instant at which it showed start
	factor float64   // 0 while it stands still
	// limit is how far it runs before its reader looks again, zero without one.
	limit  time.Time
	caught bool // up with the wall clock, once and for all
}

// NewFast returns a clock that shows start now and is going, factor times as
// fast as the wall clock.
func NewFast(start time.Time, factor float64) *Fast {
	f := NewHeld(start)
	f.Go(factor)
	return f
}

// NewHeld returns a clock that stands still at start.
func NewHeld(start time.Time) *Fast {
	return &Fast{going: make(chan struct{}), start: start.UTC()}
}

// Go sets the clock going, factor (at least 1) times as fast as the wall
// clock. It may be called once.
func (f *Fast) Go(factor float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wall, f.factor = time.Now(), max(factor, 1)
	close(f.going)
}

// Now returns the clock's instant, never later than the wall clock's.
func (f *Fast) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at(time.Now())
}

// at returns the clock's instant at a wall instant.
func (f *Fast) at(wall time.Time) time.Time {
	switch {
	case f.caught:
		return wall.UTC()
	case f.factor == 0:
		return f.start
	}
	now := f.start.Add(time.Duration(float64(wall.Sub(f.wall)) * f.factor))
	if !f.limit.IsZero() && now.After(f.limit) {
		now = f.limit
	}
	if f.caught = !now.Before(wall); f.caught {
		return wall.UTC()
	}
	return now
}

// Reader returns the same clock for the one that must miss nothing, however
// busy the machine is: between two looks of the reader no more than lead
// passes, until the wall clock is reached.
func (f *Fast) Reader(lead time.Duration) Clock { return reader{f, lead} }

type reader struct {
	*Fast
	lead time.Duration
}

// Now returns the clock's instant and lets the clock run on.
func (r reader) Now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	wall := time.Now()
	now := r.at(wall)
	r.start, r.wall, r.limit = now, wall, now.Add(r.lead)
	return now
}

// CaughtUp reports whether the clock runs with the wall clock.
func (f *Fast) CaughtUp() bool { return time.Since(f.Now()) < time.Second }

// Sleep waits until d has passed on this clock or ctx ends. What lies in the
// past passes at the fast pace, the rest at the wall clock's.
func (f *Fast) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-f.going:
	}
	past := min(max(time.Since(f.Now()), 0), d)
	return Sleep(ctx, time.Duration(float64(past)/f.factor)+d-past)
}
