package modbus

import (
	"fmt"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/health"
	"github.com/cpas-charleroi/gtc/collector/profile"
)

// How a unit that fails or is busy is treated.
const (
	// backoffStep times the number of failures in a row is how long a unit is
	// left alone, up to backoffMax.
	backoffStep = 2 * time.Second
	backoffMax  = 300 * time.Second
	// busyPause is left before a unit that said it is busy is asked again, at
	// most busyTries times for one request.
	busyPause = 100 * time.Millisecond
	busyTries = 3
)

// Device is one unit behind a connection.
type Device struct {
	ID     gtc.DeviceID
	Unit   uint8
	Limits Limits
	// WordOrder is high or low.
	WordOrder string
	// PauseAfterConnect is left between connecting and the first request,
	// PauseBetween after each of the unit's requests.
	PauseAfterConnect time.Duration
	PauseBetween      time.Duration
	// Timeout is the least that the unit needs for an answer, 0 for what the
	// connection says.
	Timeout time.Duration
	Points  []Point
	// Identify are the registers that tell whether the device is what its
	// profile describes.
	Identify []profile.Identity
	// Health is where the unit's state is kept.
	Health *health.Device
}

// unit is a device's schedule and what was learned about it. It is pure: it
// is told the time and does no I/O.
type unit struct {
	Device
	line   Line
	groups []*group
	urgent []pending
	normal []pending
	// failures in a row; until retryAt the unit is left alone.
	failures int
	retryAt  time.Time
	// alive: the unit answered since it failed last.
	alive   bool
	learned learned
	pace    pace
	// known: the device was asked what it is since it was lost last.
	known bool
	// debounced is the state of the inputs that are slow to believe.
	debounced map[int]*debounced
	// quality of each point as last said, and the cells that it takes.
	quality []gtc.Quality
	cells   []Hole
}

// group is the requests of one poll class.
type group struct {
	class  string
	urgent bool
	period time.Duration
	next   time.Time
	// requests make up one round; waiting of them are queued.
	requests []Request
	waiting  int
	// found: something was learned that the next round's requests heed.
	found bool
}

type pending struct {
	group *group
	Request
	// part of a request that was refused, nil otherwise.
	part *division
	// probe: the request asks again for a point that was refused.
	probe bool
	// tries so far that the device was too busy for.
	tries int
}

func newUnit(d Device, line Line) (*unit, error) {
	u := &unit{Device: d, line: line, quality: make([]gtc.Quality, len(d.Points)), pace: newPace(line)}
	requests, err := Plan(u.Points, u.Limits, line)
	if err != nil {
		return nil, fmt.Errorf("device %s: %w", d.ID, err)
	}
	byClass := map[string]*group{}
	for _, r := range requests {
		g := byClass[r.Class]
		if g == nil {
			period := profile.PollPeriod(r.Class)
			g = &group{class: r.Class, urgent: period <= profile.PollAlarm, period: period}
			byClass[r.Class] = g
			u.groups = append(u.groups, g)
		}
		g.requests = append(g.requests, r)
	}
	for i := range u.Points {
		p := &u.Points[i]
		u.cells = append(u.cells, Hole{p.table(), p.start(), p.start() + p.width()})
		if p.Register.Debounce > 0 {
			if u.debounced == nil {
				u.debounced = map[int]*debounced{}
			}
			u.debounced[i] = &debounced{}
		}
	}
	return u, nil
}

// replan makes the requests of a group anew, with what was learned.
func (u *unit) replan(g *group) {
	var chosen []int
	for i := range u.Points {
		if _, refused := u.learned.points[i]; !refused && u.Points[i].Register.Poll == g.class {
			chosen = append(chosen, i)
		}
	}
	g.found = false
	g.requests = plan(u.Points, chosen, u.learned.limits(u.Limits, u.Points), u.line)
}

// enqueue queues the requests of the groups that are due.
func (u *unit) enqueue(now time.Time) {
	if waiting(now, u.retryAt, backoffMax) {
		return
	}
	if u.learned.expired(now) || u.pace.changed(&u.line) {
		for _, g := range u.groups {
			g.found = true
		}
	}
	for _, g := range u.groups {
		if g.next.Sub(now) > g.period { // the clock was set back
			g.next = now
		}
		if g.waiting > 0 || now.Before(g.next) {
			continue
		}
		if g.found {
			u.replan(g)
		}
		g.advance(now)
		for _, r := range g.requests {
			u.push(pending{group: g, Request: r})
		}
	}
	u.askAgain(now)
}

// askAgain queues one of the refused points when its time has come.
func (u *unit) askAgain(now time.Time) {
	i, ok, _ := u.learned.due(now)
	if !ok {
		return
	}
	for _, g := range u.groups {
		if g.class == u.Points[i].Register.Poll {
			u.learned.refuse(i, now, relearnFirst) // until it answers
			u.push(pending{group: g, Request: request(u.Points, []int{i}), probe: true})
		}
	}
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
	if len(u.urgent)+len(u.normal) > 0 {
		return u.retryAt // resting: served otherwise
	}
	var due time.Time
	for _, g := range u.groups {
		if due.IsZero() || g.next.Before(due) {
			due = g.next
		}
	}
	if _, _, again := u.learned.due(due); !again.IsZero() && (due.IsZero() || again.Before(due)) {
		due = again
	}
	if due.Before(u.retryAt) {
		return u.retryAt
	}
	return due
}

// resting reports whether the unit said that it is busy.
func (u *unit) resting(now time.Time) bool {
	return u.failures == 0 && waiting(now, u.retryAt, busyPause)
}

// answered records an answer to a request.
func (u *unit) answered(p pending, now time.Time) {
	u.failures, u.retryAt, u.alive = 0, time.Time{}, true
	delete(u.learned.unanswered, p.key())
	if u.learned.conclude(p.part, true, now) {
		p.group.found = true
	}
	if p.probe {
		for _, i := range p.Points {
			delete(u.learned.points, i)
		}
		p.group.found = true
	}
}

// refusedRange deals with an illegal address in a request: the parts of the
// request are asked next and from now on; points that are alone are left out
// for a while. It returns the points that were refused.
func (u *unit) refusedRange(p pending, now time.Time, silent bool) []int {
	u.alive = u.alive || !silent
	u.learned.conclude(p.part, false, now)
	parts, between := Split(u.Points, p.Request)
	at := slices.IndexFunc(p.group.requests, p.same)
	if at >= 0 && !p.probe {
		p.group.requests = slices.Replace(p.group.requests, at, at+1, parts...)
	}
	if len(parts) == 0 {
		return u.refuse(p, now, silent)
	}
	d := &division{between: between, open: len(parts), silent: silent}
	for _, r := range parts {
		d.longest = max(d.longest, r.Count)
	}
	for _, r := range parts {
		u.push(pending{group: p.group, Request: r, part: d})
	}
	return nil
}

// refuse leaves out every point of a request for a while.
func (u *unit) refuse(p pending, now time.Time, silent bool) []int {
	p.group.found = true
	first := relearnFirst
	if silent {
		first = relearnSilent
	}
	for _, i := range p.Points {
		if !p.probe { // a probe's next turn is set already
			u.learned.refuse(i, now, first)
		}
	}
	return p.Points
}

// busy lets a unit rest that said it is busy and queues the request again; it
// reports false when the request was tried often enough.
func (u *unit) busy(p pending, now time.Time) bool {
	u.failures, u.alive = 0, true
	u.retryAt = now.Add(busyPause)
	if p.tries++; p.tries > busyTries {
		return false
	}
	u.push(p)
	return true
}

// failed records that the unit did not answer: its queue is dropped and it is
// left alone for longer each time. Jitter, 0 to 1, spreads the attempts.
func (u *unit) failed(now time.Time, jitter float64) {
	u.failures++
	u.alive = false
	u.retryAt = now.Add(backoff(u.failures, backoffMax, jitter))
	u.clear(u.retryAt)
}

// missed counts a request without an answer. It reports true when the unit
// answers others and never this one, which is then taken for refused.
func (u *unit) missed(p pending) bool {
	if !u.alive {
		return false
	}
	// Asked last from now on, so that it keeps nothing else from being read.
	at := slices.IndexFunc(p.group.requests, p.same)
	if at >= 0 {
		p.group.requests = append(slices.Delete(p.group.requests, at, at+1), p.Request)
	}
	return u.learned.missed(p.Request)
}

// clear drops what is queued; every group, whatever its period, is due again
// at next, because none of its points can be read until then.
func (u *unit) clear(next time.Time) {
	u.known = false
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

// distinct returns reads of the unit whose answers look different from each
// other on the wire, the shortest first.
func (u *unit) distinct() []Request {
	var all, out []Request
	for i := range u.Points {
		all = append(all, request(u.Points, []int{i}))
	}
	for _, g := range u.groups {
		all = append(all, g.requests...)
	}
	slices.SortStableFunc(all, func(a, b Request) int { return int(a.Count) - int(b.Count) })
	seen := map[look]bool{}
	for _, r := range all {
		if l := r.look(); !seen[l] {
			seen[l] = true
			out = append(out, r)
		}
	}
	return out
}
