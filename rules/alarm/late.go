package alarm

import (
	"fmt"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// The reasons of what is heard of late.
const (
	// reasonLate marks the events of an occurrence that was over when it was
	// heard of.
	reasonLate = "arrived late"
	// reasonUnknown marks those of one of which nobody knows how it went on.
	reasonUnknown = "arrived late; not known since"
	reasonBegan   = "arrived late: it began then"
	reasonOver    = "arrived late: it was over then, and came again"
	reasonToo     = "arrived late: it was so then too"
)

// mostSpans is how many occurrences of a life-safety alarm are remembered to
// know what of a backlog was told before. What is older than these is not
// judged again.
const mostSpans = 64

// span is one occurrence as its point showed it, from the first value that was
// true to the first that was not; to is zero while it goes on.
type span struct{ from, to time.Time }

// past is what a life-safety alarm remembers, so that each good value of its
// point is judged at its own instant, in whatever order values come.
type past struct {
	spans []span
	// floor is the instant up to which everything counts as judged.
	floor time.Time
	// quiet is the newest instant at which the point was known to be well,
	// before the present occurrence while there is one.
	quiet time.Time
	// seen is when the present occurrence was first seen, once it is known to
	// have begun before; else zero.
	seen time.Time
}

// begin remembers an occurrence.
func (h *past) begin(from time.Time) { h.add(span{from: from}) }

func (h *past) add(s span) {
	if len(h.spans) >= mostSpans {
		h.floor = later(h.floor, h.spans[0].to)
		h.spans = append(h.spans[:0], h.spans[1:]...)
	}
	h.spans = append(h.spans, s)
}

// end remembers that the present occurrence is over.
func (h *past) end(to time.Time) {
	if s := h.open(); s != nil {
		s.to = to
	}
	h.seen = time.Time{}
}

// open is the occurrence that goes on, nil when none does.
func (h *past) open() *span {
	for i := range h.spans {
		if h.spans[i].to.IsZero() {
			return &h.spans[i]
		}
	}
	return nil
}

// covers reports whether an instant belongs to an occurrence.
func (h *past) covers(at time.Time) bool {
	return slices.ContainsFunc(h.spans, func(s span) bool { return !at.Before(s.from) && (s.to.IsZero() || at.Before(s.to)) })
}

// cut ends at an instant what was not known to be over by then. It returns the
// occurrence that goes on, nil when none does.
func (h *past) cut(at time.Time) *span {
	for i := range h.spans {
		if s := &h.spans[i]; at.After(s.from) && at.Before(s.to) {
			s.to = at
		}
	}
	return h.open()
}

// late takes a sample that is not newer than the newest one of its point. It
// cannot change what is so now, but an alarm without delay that it shows after
// the last occurrence was over happened unseen.
func (p *reading) late(v gtc.Value, at time.Time) []gtc.Event {
	if at.Equal(p.at) || !p.value.Present() {
		return nil
	}
	var events []gtc.Event
	for _, t := range p.tracks {
		a := &t.alarm
		if t.class.LifeSafety {
			events = append(events, t.lateSafety(v, at)...)
			continue
		}
		if p.blind() || len(t.points) != 1 || t.class.OnDelay > 0 || a.Active() || t.class.When.remembers() || t.class.When.Missing > 0 {
			continue
		}
		if !at.After(a.Since) || !at.After(t.ended) {
			continue // part of the last occurrence, or before it
		}
		if t.class.When.holdsValue(v, false).holds {
			events = append(events, t.wasSo(at, p.at)...)
		}
	}
	return events
}

// wasSo raises the alarm and returns it: it was so unseen.
func (t *track) wasSo(from, to time.Time) []gtc.Event {
	t.since = from
	return because(reasonLate, append(t.change(true, from), t.change(false, to)...))
}

func because(reason string, events []gtc.Event) []gtc.Event {
	for i := range events {
		events[i].Reason = reason
	}
	return events
}

// judgeSafety judges a value of a life-safety point that is newer than the
// point's others, but not newer than what was said of the point.
func (t *track) judgeSafety(v gtc.Value, at time.Time) []gtc.Event {
	if at.Before(t.judged) {
		return t.lateSafety(v, at)
	}
	holds := t.class.When.holdsValue(v, false).holds
	if !holds && !t.alarm.Active() {
		t.past.quiet = later(t.past.quiet, at)
	}
	t.judged = at
	events := t.settle(holds, at)
	if t.points[0].blind() {
		return because(reasonUnknown, events)
	}
	return events
}

// lateSafety judges a good value of a life-safety point after a newer one, or
// after the point was doubtful at a later instant.
func (t *track) lateSafety(v gtc.Value, at time.Time) []gtc.Event {
	h := t.past
	if !at.After(h.floor) {
		return nil
	}
	switch holds := t.class.When.holdsValue(v, false).holds; {
	case !holds:
		return t.wasWell(at)
	case h.covers(at):
		return nil // told before
	case t.alarm.Active():
		return t.wasSoToo(at)
	}
	return t.wasSo(at, later(t.points[0].at, at))
}

// wasSoToo takes an instant before the present occurrence, or before others,
// while the alarm stands. People are called for it already, so it is noted, and
// is the beginning of the present occurrence unless that is known to be false.
func (t *track) wasSoToo(at time.Time) []gtc.Event {
	h := t.past
	if !at.After(h.quiet) {
		h.add(span{at, h.quiet})
		return []gtc.Event{t.note(reasonToo, at)}
	}
	if h.seen.IsZero() {
		h.seen = t.alarm.Since
	}
	t.alarm.Since = at
	if s := h.open(); s != nil {
		s.from = at
	}
	return []gtc.Event{t.note(reasonBegan, at)}
}

// wasWell takes an instant at which the point was well, perhaps in the midst of
// an occurrence: what came after it was another one.
func (t *track) wasWell(at time.Time) []gtc.Event {
	h := t.past
	open := h.cut(at)
	switch {
	case open == nil || !at.After(open.from):
		h.quiet = later(h.quiet, at)
		return nil
	case h.seen.IsZero() || !at.Before(h.seen):
		return t.cameAgain(at)
	}
	first := span{open.from, at}
	open.from, t.alarm.Since, h.quiet, h.seen = h.seen, h.seen, at, time.Time{}
	h.add(first)
	return []gtc.Event{t.note(reasonOver, at)}
}

// cameAgain takes an instant at which the point was well while the alarm stood,
// unseen: what stands now is another occurrence, and whoever has the first one
// in charge does not know of it.
func (t *track) cameAgain(at time.Time) []gtc.Event {
	p := t.points[0]
	if !at.Before(p.at) || !t.class.When.holdsValue(p.value, false).holds {
		return nil
	}
	over := t.change(false, at)
	t.past.quiet, t.since = at, p.at
	return because(reasonLate, append(over, t.change(true, p.at)...))
}

// note records something about an alarm that changes nothing of its state.
func (t *track) note(reason string, at time.Time) gtc.Event {
	ev := event(t.alarm, t.alarm.Process(), at)
	ev.ID = fmt.Sprintf("%s/%d/comment/%d", t.alarm.ID, t.alarm.Occurrence, at.UnixMilli())
	ev.Kind, ev.From, ev.To, ev.Reason, ev.Inhibited = gtc.EventComment, "", "comment", reason, ""
	return ev
}
