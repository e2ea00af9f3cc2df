package notify

import (
	"time"

	"github.com/cpas-charleroi/gtc"
)

const (
	// sameWithin is how long the occurrences of one alarm count together, and
	// sameUrgent that of an alarm of priority 1 or 2: a heating that fails again
	// in the night is not old news.
	sameWithin = 8 * time.Hour
	sameUrgent = time.Hour
	// atOnce is how often an urgent alarm calls at once in that time; a further
	// occurrence calls when it stood for standsFor. Nobody is unaware of what
	// stands, and what comes and goes does not ring each time.
	atOnce    = 2
	standsFor = 15 * time.Minute
)

// open opens a case, or takes another occurrence of one that people know.
func (e *Engine) open(s Subject, ev gtc.Event, now time.Time) {
	c := e.cases[s.Alarm.ID]
	if c == nil || !c.knows(&s, now) {
		e.cases[s.Alarm.ID] = &Case{Subject: s, Number: e.number(), Event: ev.ID, Opened: now}
		return
	}
	calling := c.Stopped.IsZero() && c.Subject.Alarm.Active()
	c.Subject = s
	c.Again++
	switch {
	case calling: // whoever is called for the last one is called for this one
	case s.urgent() && c.Calls < atOnce-1:
		e.callAgain(c, Held{Event: ev.ID, Since: now}, now)
	default:
		c.Held = &Held{Event: ev.ID, Since: now}
	}
}

// knows reports whether another occurrence is part of the case.
func (c *Case) knows(s *Subject, now time.Time) bool {
	was := &c.Subject.Alarm
	return !s.Alarm.LifeSafety && len(c.Told) > 0 && now.Sub(c.first()) < s.together() &&
		s.Alarm.Occurrence > was.Occurrence && s.Alarm.Priority >= was.Priority
}

// together is how long the occurrences of the alarm count together.
func (s *Subject) together() time.Duration {
	if s.urgent() {
		return sameUrgent
	}
	return sameWithin
}

// resume calls for an occurrence that was held back, when its time has come:
// what is urgent stood for a while, of the others the time of the first one is
// over.
func (e *Engine) resume(c *Case, now time.Time) *Case {
	switch {
	case c.Held == nil:
		return c
	case c.Subject.urgent():
		if now.Sub(c.Held.Since) < standsFor {
			return c
		}
	case now.Sub(c.first()) < sameWithin:
		return c
	}
	return e.callAgain(c, *c.Held, now)
}

// callAgain begins the call anew. The number stays: it names the same alarm in
// the messages that people have.
func (e *Engine) callAgain(c *Case, h Held, now time.Time) *Case {
	next := &Case{
		Subject: c.Subject, Number: c.Number, Event: h.Event, Opened: now, Heard: h.Since,
		First: c.first(), Calls: c.Calls + 1, Again: c.Again,
	}
	if now.Sub(next.First) >= c.Subject.together() {
		next.First, next.Calls = time.Time{}, 0
	}
	e.cases[c.Subject.Alarm.ID] = next
	return next
}
