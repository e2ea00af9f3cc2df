package notify

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

const (
	// patienceFirst and patienceUrgent are how long a message of priority 1 and
	// 2 may wait for its channel before the person is told by the next way.
	patienceFirst  = time.Minute
	patienceUrgent = 5 * time.Minute
	// silentFirst and silentUrgent are for how long nobody may know of an alarm
	// of priority 1 and 2 that calls.
	silentFirst  = 5 * time.Minute
	silentUrgent = 15 * time.Minute
)

// Slow is a message that was not handed over in time.
type Slow struct {
	Alarm string
	// Person is who was to be told, or the webhook.
	Person  string
	Channel Channel
	Made    time.Time
}

// Slow returns what was found too slow since it was last asked.
func (e *Engine) Slow() []Slow {
	out := e.slow
	e.slow = nil
	return out
}

// patience is how long a message of the case may wait, 0 for as long as it takes.
func (c *Case) patience() time.Duration {
	switch {
	case c.Subject.vital():
		return patienceFirst
	case c.Subject.urgent():
		return patienceUrgent
	}
	return 0
}

// overdue takes messages that wait too long for ones that did not arrive: they
// stay on their way, and the person is told by the next way meanwhile.
func (e *Engine) overdue(c *Case, now time.Time) []Message {
	patience := c.patience()
	if patience == 0 || !c.Stopped.IsZero() {
		return nil
	}
	var out []Message
	for _, told := range slices.Sorted(maps.Keys(c.Unsent)) {
		made := c.Unsent[told]
		if now.Sub(made) < patience || slices.Contains(c.Failed, told) {
			continue
		}
		id, by := whom(told)
		e.slow = append(e.slow, Slow{Alarm: c.Subject.Alarm.ID, Person: id, Channel: by, Made: made})
		out = append(out, e.missed(c, told, now)...)
	}
	return out
}

// Sent takes that a message was handed over. One that was too slow has arrived
// after all.
func (e *Engine) Sent(m *Message) {
	if m.Why != Raised {
		return
	}
	about := make(map[string]bool, len(m.Alarms))
	for i := range m.Alarms {
		about[m.Alarms[i].ID] = true
	}
	r := recipient{id: m.To.ID, channel: m.Channel}
	if m.Channel == Webhook {
		r.id = toWebhook + m.Webhook
	}
	for id, c := range e.cases {
		made, waits := c.Unsent[r.told()]
		// A message does not list all of very many alarms.
		about := about[id] || m.More > 0 && made.Equal(m.At) && !c.Subject.Alarm.LifeSafety
		if !waits || !about || m.At.Before(c.Opened) {
			continue
		}
		delete(c.Unsent, r.told())
		c.Failed = slices.DeleteFunc(c.Failed, func(t string) bool { return t == r.told() })
	}
}

// Unheard returns the case of priority 1 or 2 of which nobody knows for the
// longest time although it calls, and since when; false when there is none.
// Where nobody could be told it is enough that somebody knows of that.
func (e *Engine) Unheard(now time.Time) (Case, time.Time, bool) {
	var worst *Case
	var longest time.Time
	known := e.lastKnown()
	for _, c := range e.cases {
		limit := silentUrgent
		if c.Subject.vital() {
			limit = silentFirst
		}
		since := c.Asked
		if since.IsZero() {
			since = c.Nobody
		}
		if since.IsZero() || now.Sub(since) < limit || !c.Stopped.IsZero() || !c.Subject.urgent() || !c.Nobody.IsZero() && known || e.arrived(c) {
			continue
		}
		if worst == nil || cmp.Or(since.Compare(longest), cmp.Compare(c.Subject.Alarm.ID, worst.Subject.Alarm.ID)) < 0 {
			worst, longest = c, since
		}
	}
	if worst == nil {
		return Case{}, time.Time{}, false
	}
	return *worst, longest, true
}

// lastKnown reports whether somebody knows that people are not told.
func (e *Engine) lastKnown() bool {
	for _, c := range e.cases {
		if c.Subject.LastResort && (!c.Stopped.IsZero() || e.arrived(c)) {
			return true
		}
	}
	return false
}

// arrived reports whether a message of the case was handed over to a person, or
// to a program where it is for programs only.
func (e *Engine) arrived(c *Case) bool {
	r, _ := e.book.route(c.Subject.Alarm.Site, c.Subject.Discipline, c.Subject.Alarm.Priority)
	return slices.ContainsFunc(c.Told, func(told string) bool {
		return c.handed(told) && (!ofProgram(told) || r.programs())
	})
}
