package notify

import (
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// settle finds whether anybody could be told of a case, and tells whoever can be
// told now when nobody could before: somebody who is back, or, of what is vital,
// everybody. Passed says that no step is left, or none that is not held back.
func (e *Engine) settle(c *Case, r Route, passed bool, now time.Time) []Message {
	if !passed || !e.mustTell(c, r) || e.known(c, r) {
		c.Nobody = time.Time{}
		return nil
	}
	out := e.retry(c, r, now)
	if len(out) == 0 && (c.Subject.vital() || c.Subject.LastResort) {
		out = e.tellAll(c, len(r.Steps), now)
	}
	switch {
	case slices.ContainsFunc(c.Told, c.reached):
		c.Nobody = time.Time{}
	case c.Nobody.IsZero():
		c.Nobody = now
	}
	return out
}

// mustTell reports whether it is a fault that nobody is told: not of little
// urgency where no route wants it told, and not while there is nobody to tell
// of anything.
func (e *Engine) mustTell(c *Case, r Route) bool {
	p := c.Subject.Alarm.Priority
	routed := len(r.Steps) > 0
	return len(e.book.People)+len(e.book.Routes) > 0 && p < gtc.PriorityDrift && (routed || p <= gtc.PriorityHigh)
}

// known reports whether somebody was told, or a program where the route names
// programs only and nobody's life is at stake.
func (e *Engine) known(c *Case, r Route) bool {
	return slices.ContainsFunc(c.Told, func(told string) bool {
		if ofProgram(told) {
			return r.programs() && !c.Subject.vital() && !slices.Contains(c.Failed, told)
		}
		return c.reached(told)
	})
}

// programs reports whether a route names programs only.
func (r Route) programs() bool {
	for _, s := range r.Steps {
		if slices.ContainsFunc(s.To, func(to string) bool { return !strings.HasPrefix(to, toWebhook) }) {
			return false
		}
	}
	return true
}

// retry tells the first step of those that passed which reaches somebody now.
func (e *Engine) retry(c *Case, r Route, now time.Time) []Message {
	for i, step := range r.Steps[:min(c.Next, len(r.Steps))] {
		if e.waits(&c.Subject, step, now) {
			continue
		}
		if out := e.say(c, e.calledBy(c, step, now), i, now); len(out) > 0 {
			return out
		}
	}
	return nil
}

// tellAll tells everybody of the book who is not on leave, and when all are,
// everybody, by each way, quiet hours or not.
func (e *Engine) tellAll(c *Case, step int, now time.Time) []Message {
	for _, also := range []bool{false, true} {
		var all []recipient
		for _, p := range e.book.People {
			for _, by := range personal() {
				if p.reaches(by) && by != c.Subject.Avoid && (also || !e.book.away(p.ID, now)) {
					all = append(all, recipient{id: p.ID, person: p, channel: by})
				}
			}
		}
		if out := e.say(c, all, step, now); len(out) > 0 {
			return out
		}
	}
	return nil
}

// say makes the messages to those who were not told yet.
func (e *Engine) say(c *Case, to []recipient, step int, now time.Time) []Message {
	var out []Message
	for _, r := range to {
		if slices.Contains(c.Told, r.told()) {
			continue
		}
		out = append(out, c.message(Raised, r, step, now))
		c.tell(r.told(), now)
	}
	return out
}

// personal lists the ways to people in the order in which one stands in for
// another.
func personal() []Channel { return []Channel{SMS, Push, Email} }
