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
		told := recipient{id: person, channel: by}.told()
		if c == nil || !c.Stopped.IsZero() || made.Before(c.Opened) || !slices.Contains(c.Told, told) {
			continue
		}
		delete(c.Unsent, told) // it is not on its way any more
		if slices.Contains(c.Failed, told) {
			continue
		}
		out = append(out, e.missed(c, told, now)...)
	}
	return out
}

// missed notes that a message did not reach somebody, and returns what is said
// instead.
func (e *Engine) missed(c *Case, told string, now time.Time) []Message {
	c.Failed = append(c.Failed, told)
	person, _ := whom(told)
	if m, ok := e.instead(c, person, now); ok {
		return []Message{m}
	}
	if !slices.ContainsFunc(c.Told, c.reached) {
		c.Hurried = c.Next + 1
	}
	return nil
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
	for _, by := range personal() {
		r := recipient{id: person, person: p, channel: by, onCall: onCall}
		if slices.Contains(c.Told, r.told()) || !p.reaches(by) || by == c.Subject.Avoid || c.quiet(r, now.In(loc)) {
			continue
		}
		c.tell(r.told(), now)
		return c.message(Raised, r, max(c.Next-1, 0), now), true
	}
	return Message{}, false
}
