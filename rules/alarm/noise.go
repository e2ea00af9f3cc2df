package alarm

import (
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Chattering (EEMUA 191, ISA-18.2): raised three times within a minute, or
// five times within ten.
const (
	chatterShort, chatterShortTimes = time.Minute, 3
	chatterLong, chatterLongTimes   = 10 * time.Minute, 5
	// chatterQuiet is how long a chattering alarm must be over before it
	// returns: it stays on the list instead of coming and going.
	chatterQuiet = 10 * time.Minute
)

// chatter keeps count of how often the alarm is raised.
func (t *track) chatter(raised bool, at time.Time) {
	if !raised {
		if t.ended.Sub(t.alarm.Since) >= chatterQuiet {
			t.alarm.Chattering = false
		}
		return
	}
	t.raised = append(t.raised, at)
	if n := len(t.raised) - chatterLongTimes; n > 0 {
		t.raised = t.raised[n:]
	}
	within := func(d time.Duration, times int) bool {
		n := len(t.raised)
		return n >= times && at.Sub(t.raised[n-times]) <= d
	}
	t.alarm.Chattering = within(chatterShort, chatterShortTimes) || within(chatterLong, chatterLongTimes)
}

// offDelay is how long the condition must be over before the alarm returns.
// Life safety is as the plant says, always.
func (t *track) offDelay() time.Duration {
	if t.alarm.Chattering && !t.class.LifeSafety {
		return max(t.class.OffDelay, chatterQuiet)
	}
	return t.class.OffDelay
}

// suppress inhibits the alarms that a class of the site explains, or lets them
// speak again, after one of that class changed.
func (s *site) suppress(class string, at time.Time) []gtc.Event {
	var events []gtc.Event
	for _, t := range s.children[class] {
		by := s.explains(t)
		was, is := Inhibited(t.alarm, gtc.AlarmSuppressed)
		switch {
		case by != "" && (!is || was.By != by):
			events = append(events, t.inhibit(gtc.Inhibition{State: gtc.AlarmSuppressed, By: by, Since: at}, at)...)
		case by == "" && is:
			events = append(events, t.release(gtc.AlarmSuppressed, "", was.By+" is over", at)...)
		}
	}
	return events
}

// explains returns the id of the active alarm that suppresses t, "" for none.
// One that a person set aside calls nobody, so it explains nothing.
func (s *site) explains(t *track) string {
	for _, parent := range t.class.SuppressedBy {
		for _, o := range s.ofClass[parent] {
			if o != t && o.alarm.Active() && !o.setAside() && o.reaches(t.alarm.Equipment) {
				return o.alarm.ID
			}
		}
	}
	return ""
}

// reaches reports whether what the alarm is about concerns an equipment: its
// own, all of the site where the class says so, and of a device that does not
// answer what it serves.
func (t *track) reaches(eq gtc.EquipmentID) bool {
	if t.class.When.Watch == WatchDevice {
		return slices.Contains(t.serves, eq)
	}
	return t.class.Scope == ScopeSite || t.alarm.Equipment == eq
}

// resume suppresses what the restored alarms explain; it was said before.
func (s *site) resume() {
	for _, t := range s.tracks {
		if len(t.class.SuppressedBy) == 0 {
			continue
		}
		if _, is := Inhibited(t.alarm, gtc.AlarmSuppressed); is {
			continue
		}
		if by := s.explains(t); by != "" {
			t.inhibit(gtc.Inhibition{State: gtc.AlarmSuppressed, By: by, Since: s.changed(by)}, t.alarm.Changed)
		}
	}
}

// changed is when an alarm of the site last changed.
func (s *site) changed(id string) time.Time {
	for _, t := range s.tracks {
		if t.alarm.ID == id {
			return t.alarm.Changed
		}
	}
	return time.Time{}
}

// inhibit sets the alarm aside: if a person does, what it would explain speaks
// for itself.
func (t *track) inhibit(i gtc.Inhibition, at time.Time) []gtc.Event {
	events := t.putAside(i, at)
	if i.State == gtc.AlarmSuppressed {
		return events
	}
	return append(events, t.site.suppress(t.class.ID, at)...)
}

// putAside is inhibit for the alarm alone. What nobody sees is not an event: an
// alarm at rest that is suppressed by design.
func (t *track) putAside(i gtc.Inhibition, at time.Time) []gtc.Event {
	from := t.alarm.State
	rest := t.alarm.Process() == gtc.AlarmNormal
	t.alarm = Inhibit(t.alarm, i)
	if rest && i.State == gtc.AlarmSuppressed || t.class.LifeSafety {
		return nil
	}
	ev := decided(t.alarm, from, i.State, i.By, i.Reason, at)
	ev.Until = i.Until
	if i.State == gtc.AlarmSuppressed {
		ev.Actor, ev.Reason = actor, i.By
	}
	return []gtc.Event{ev}
}

// release ends one inhibition.
func (t *track) release(state gtc.AlarmState, by, reason string, at time.Time) []gtc.Event {
	events := t.takeBack(state, by, reason, at)
	if state == gtc.AlarmSuppressed {
		return events
	}
	return append(events, t.site.suppress(t.class.ID, at)...)
}

// takeBack is release for the alarm alone.
func (t *track) takeBack(state gtc.AlarmState, by, reason string, at time.Time) []gtc.Event {
	from := t.alarm.State
	rest := t.alarm.Process() == gtc.AlarmNormal
	at = after(t.alarm.Changed, at)
	t.alarm = Release(t.alarm, state, at)
	if rest && state == gtc.AlarmSuppressed {
		return nil
	}
	return []gtc.Event{decided(t.alarm, from, t.alarm.State, by, reason, at)}
}

// rise makes an active alarm more urgent when its class says so. It calls
// again, whoever had it in charge or had shelved it as it was.
func (t *track) rise(now time.Time) []gtc.Event {
	r := t.class.Rise
	if r.Priority == 0 || !t.alarm.Active() || t.alarm.Priority <= r.Priority {
		return nil
	}
	long := r.After > 0 && now.Sub(t.alarm.Since) >= r.After
	alone := r.OutsideHours && !gtc.Staffed(now, t.site.location)
	if !long && !alone {
		return nil
	}
	from := t.alarm.State
	at := after(t.alarm.Changed, now)
	t.alarm.Priority = r.Priority
	reason := "priority rises"
	_, shelved := Inhibited(t.alarm, gtc.AlarmShelved)
	if shelved {
		t.alarm, reason = Release(t.alarm, gtc.AlarmShelved, at), "priority rises, shelving ends"
	}
	t.alarm = Next(t.alarm, Renew, t.class.Latch, "", at)
	t.alarm.Changed = at
	events := []gtc.Event{decided(t.alarm, from, t.alarm.State, "", reason, at)}
	if shelved {
		events = append(events, t.site.suppress(t.class.ID, at)...)
	}
	return events
}
