package notify

import (
	"slices"
	"strings"
	"time"
)

// Undelivered takes that a message which called a person for alarms, made at
// made, did not arrive. It returns what is to be said at once by the person's
// next way; when nobody who was called is left, the next step does not wait for
// its time. The same message again changes nothing, nor does one of a case that
// is over.
func (e *Engine) Undelivered(alarms []string, person string, by Channel, made, now time.Time) []Message {
	var out []Message
	for _, id := range alarms {
		c := e.cases[id]
		told := person + " " + string(by)
		if c == nil || !c.Stopped.IsZero() || made.Before(c.Opened) || !slices.Contains(c.Told, told) || slices.Contains(c.Failed, told) {
			continue
		}
		c.Failed = append(c.Failed, told)
		if m, ok := e.instead(c, person, now); ok {
			out = append(out, m)
			continue
		}
		if !slices.ContainsFunc(c.Told, c.reached) {
			c.Hurried = c.Next + 1
		}
	}
	return out
}

// reached reports whether one who was told is a person of whom nothing says that
// the message did not arrive.
func (c *Case) reached(told string) bool {
	return !strings.HasPrefix(told, toWebhook) && !slices.Contains(c.Failed, told)
}

// instead returns a person's message by a way that was not used yet; false when
// there is none, or when another message did arrive.
func (e *Engine) instead(c *Case, person string, now time.Time) (Message, bool) {
	p, ok := e.book.person(person)
	if !ok || slices.ContainsFunc(c.Told, func(t string) bool { return strings.HasPrefix(t, person+" ") && c.reached(t) }) {
		return Message{}, false
	}
	loc := e.locate(c.Subject.Alarm.Site)
	onCall := slices.ContainsFunc(e.book.Rotas, func(r Rota) bool {
		has, ok := e.book.OnCall(r.ID, now, loc)
		return ok && has.ID == person
	})
	for _, by := range []Channel{SMS, Push, Email} {
		told := person + " " + string(by)
		r := recipient{id: person, person: p, channel: by, onCall: onCall}
		if slices.Contains(c.Told, told) || !p.reaches(by) || by == c.Subject.Avoid || c.quiet(r, now.In(loc)) {
			continue
		}
		c.Told = append(c.Told, told)
		return c.message(Raised, r, c.Next-1, now), true
	}
	return Message{}, false
}
