package modbus

import (
	"fmt"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/health"
	"github.com/cpas-charleroi/gtc/collector/profile"
)

// How a unit that fails or refuses is treated.
const (
	// backoffStep times the number of failures in a row is how long a unit is
	// left alone, up to backoffMax.
	backoffStep = 2 * time.Second
	backoffMax  = 300 * time.Second
	// relearn is how long what a unit refused is left out of its requests.
	relearn = time.Hour
)

// Device is one unit behind a connection.
type Device struct {
	ID     gtc.DeviceID
	Unit   uint8
	Limits Limits
	// WordOrder is high or low.
	WordOrder string
	// PauseAfterConnect is left between connecting and the first request.
	PauseAfterConnect time.Duration
	Points            []Point
	// Health is where the unit's state is kept.
	Health *health.Device
}

// unit is a device's schedule and what was learned about it. It is pure: it
// is told the time and does no I/O.
type unit struct {
	Device
	groups []*group
	urgent []pending
	normal []pending
	// failures in a row; until retryAt the unit is left alone.
	failures int
	retryAt  time.Time
	// relearnAt is when refused points are tried again, zero when none are.
	relearnAt time.Time
	// quality of each point as last said.
	quality []gtc.Quality
}

// group is the requests of one poll class.
type group struct {
	urgent bool
	period time.Duration
	next   time.Time
	// requests make up one round; waiting of them are queued.
	requests []Request
	waiting  int
	// points still asked for; refused ones are removed.
	points []int
	// found: a point was refused in this round. replanned: requests were
	// already merged again once after that.
	found, replanned bool
}

type pending struct {
	group *group
	Request
}

func newUnit(d Device) (*unit, error) {
	u := &unit{Device: d, quality: make([]gtc.Quality, len(d.Points))}
	if err := u.replan(time.Time{}); err != nil {
		return nil, fmt.Errorf("device %s: %w", d.ID, err)
	}
	return u, nil
}

// replan forgets what was learned and plans all points, due at once.
func (u *unit) replan(now time.Time) error {
	requests, err := Plan(u.Points, u.Limits)
	if err != nil {
		return err
	}
	byClass := map[string]*group{}
	u.groups, u.urgent, u.normal, u.relearnAt = nil, nil, nil, time.Time{}
	for _, r := range requests {
		g := byClass[r.Class]
		if g == nil {
			period := profile.PollPeriod(r.Class)
			g = &group{urgent: period <= profile.PollAlarm, period: period, next: now}
			byClass[r.Class] = g
			u.groups = append(u.groups, g)
		}
		g.requests = append(g.requests, r)
		g.points = append(g.points, r.Points...)
	}
	return nil
}

// enqueue queues the requests of the groups that are due.
func (u *unit) enqueue(now time.Time) error {
	if waiting(now, u.retryAt, backoffMax) {
		return nil
	}
	if !u.relearnAt.IsZero() && !now.Before(u.relearnAt) {
		if err := u.replan(now); err != nil {
			return err
		}
	}
	for _, g := range u.groups {
		if g.next.Sub(now) > g.period { // the clock was set back
			g.next = now
		}
		if g.waiting > 0 || now.Before(g.next) {
			continue
		}
		g.advance(now)
		for _, r := range g.requests {
			u.push(pending{g, r})
		}
	}
	return nil
}

// advance sets the next round on the group's own grid, leaving out rounds
// that were missed.
func (g *group) advance(now time.Time) {
	if g.next.IsZero() {
		g.next = now
	}
	g.next = g.next.Add(g.period)
	if !g.next.After(now) {
		g.next = now.Add(g.period - now.Sub(g.next)%g.period)
	}
}

func (u *unit) push(p pending) {
	p.group.waiting++
	if p.group.urgent {
		u.urgent = append(u.urgent, p)
		return
	}
	u.normal = append(u.normal, p)
}

// take removes the first queued request of the urgent or the other queue.
func (u *unit) take(urgent bool) (pending, bool) {
	q := &u.normal
	if urgent {
		q = &u.urgent
	}
	if len(*q) == 0 {
		return pending{}, false
	}
	p := (*q)[0]
	*q = (*q)[:copy(*q, (*q)[1:])]
	p.group.waiting--
	return p, true
}

// nextDue is the next instant at which the unit has something to ask.
func (u *unit) nextDue() time.Time {
	var due time.Time
	for _, g := range u.groups {
		if due.IsZero() || g.next.Before(due) {
			due = g.next
		}
	}
	if !u.relearnAt.IsZero() && (due.IsZero() || u.relearnAt.Before(due)) {
		due = u.relearnAt
	}
	if due.Before(u.retryAt) {
		return u.retryAt
	}
	return due
}

// answered records that the unit is alive and, at the end of a round in which
// a point was refused, merges what is left of the group's requests.
func (u *unit) answered(g *group) {
	u.failures, u.retryAt = 0, time.Time{}
	if g.waiting > 0 || !g.found || g.replanned {
		return
	}
	l := u.Limits
	l.MaxHole = 0 // a refused register may lie in any hole
	g.found, g.replanned = false, true
	g.requests = plan(u.Points, g.points, l)
}

// refusedRange deals with an illegal address in a request: the parts of the
// request are asked next and from now on; a point that is alone is dropped
// until relearn. It returns the points that were refused.
func (u *unit) refusedRange(p pending, now time.Time) []int {
	parts := Split(u.Points, p.Request, u.Limits)
	at := slices.IndexFunc(p.group.requests, func(r Request) bool { return slices.Equal(r.Points, p.Points) })
	if at >= 0 {
		p.group.requests = slices.Replace(p.group.requests, at, at+1, parts...)
	}
	if len(parts) == 0 {
		u.drop(p, now)
		return p.Points
	}
	for _, r := range parts {
		u.push(pending{p.group, r})
	}
	return nil
}

// refusedAll drops every point of a request until relearn.
func (u *unit) refusedAll(p pending, now time.Time) {
	p.group.requests = slices.DeleteFunc(p.group.requests, func(r Request) bool { return slices.Equal(r.Points, p.Points) })
	u.drop(p, now)
}

func (u *unit) drop(p pending, now time.Time) {
	p.group.found = true
	p.group.points = slices.DeleteFunc(p.group.points, func(i int) bool { return slices.Contains(p.Points, i) })
	if u.relearnAt.IsZero() {
		u.relearnAt = now.Add(relearn)
	}
}

// failed records that the unit did not answer: its queue is dropped and it is
// left alone for longer each time. Jitter, 0 to 1, spreads the attempts.
func (u *unit) failed(now time.Time, jitter float64) {
	u.failures++
	u.retryAt = now.Add(backoff(u.failures, backoffMax, jitter))
	u.clear(u.retryAt)
}

// clear drops what is queued; every group, whatever its period, is due again
// at next, because none of its points can be read until then.
func (u *unit) clear(next time.Time) {
	u.urgent, u.normal = u.urgent[:0], u.normal[:0]
	for _, g := range u.groups {
		g.waiting, g.next = 0, next
	}
}

// waiting reports whether now is before until. An instant further away than a
// back-off can be means that the clock was set back: then it is not.
func waiting(now, until time.Time, limit time.Duration) bool {
	return now.Before(until) && until.Sub(now) <= 2*limit
}

// backoff is 2 s a failure up to limit, ± 10 % by jitter (0 to 1).
func backoff(failures int, limit time.Duration, jitter float64) time.Duration {
	d := min(time.Duration(failures)*backoffStep, limit)
	return time.Duration(float64(d) * (0.9 + 0.2*jitter))
}
