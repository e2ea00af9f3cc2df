package alarm

import (
	"fmt"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Observe judges samples in the order given and returns the changes. The same
// samples again, or older ones than were seen, change nothing, except that a
// condition without delay that held while nobody could see it is reported as
// raised and returned. Samples of unknown sites and points are passed over.
//
// The samples of a site come in the order in which they were taken: a delay runs
// and a point is missing up to the newest of them, as nothing older is on its
// way. Samples that came ahead of others are for [Engine.ObserveLive].
func (e *Engine) Observe(samples []gtc.Sample) []gtc.Event { return e.observeAll(samples, true) }

// ObserveLive judges samples that came ahead of others, as Observe does. They
// make no delay run and no point missing: what has not come yet may show that
// the condition ended, or that the point was read.
func (e *Engine) ObserveLive(samples []gtc.Sample) []gtc.Event { return e.observeAll(samples, false) }

func (e *Engine) observeAll(samples []gtc.Sample, inOrder bool) []gtc.Event {
	var events []gtc.Event
	var last *site
	for i := range samples {
		s := e.sites[samples[i].Site]
		if s == nil {
			continue
		}
		if last != nil && last != s {
			events = append(events, last.elapse()...)
		}
		last = s
		events = append(events, e.observe(s, &samples[i], inOrder)...)
	}
	if last != nil {
		events = append(events, last.elapse()...)
	}
	return events
}

func (e *Engine) observe(s *site, sample *gtc.Sample, inOrder bool) []gtc.Event {
	p := e.points[pointKey{sample.Site, sample.Equipment, sample.Point}]
	if p == nil {
		p = e.oneOfEach(s, sample)
	}
	at := sample.At
	if !e.now.IsZero() && at.After(e.now.Add(ahead)) {
		// A clock that runs ahead must not make the engine deaf until then.
		at = e.now
		if p != nil && !at.After(p.at) {
			at = p.at.Add(time.Millisecond)
		}
	}
	if inOrder {
		s.hear(at)
	}
	if p == nil {
		return nil
	}
	if !trusted(sample.Quality) {
		return p.doubt(sample, at)
	}
	if !sample.Value.Present() {
		return nil // good again: the value is in a sample of its own
	}
	if !at.After(p.at) {
		return p.late(sample.Value, at)
	}
	if p.safety {
		p.rhythm(sample.Value, at, s.heard)
	}
	p.take(sample.Value, at)
	var events []gtc.Event
	for _, t := range p.tracks {
		if t.class.When.remembers() {
			t.memory.see(&t.class.When, sample.Value, at)
		}
		events = append(events, e.judge(t, at)...)
	}
	if s.panels[sample.Equipment] == p {
		events = append(events, s.tested(sample.Equipment, e, at)...)
	}
	return events
}

// trusted reports whether a value of that quality may raise and clear.
func trusted(q gtc.Quality) bool {
	return q == gtc.QualityGood || q == gtc.QualityManual || q == gtc.QualitySubstituted
}

// alarming reports whether a value of that quality, though doubtful, was read
// and is enough to raise a life-safety alarm. A stale value is an old one, and
// a point not yet accepted at commissioning calls nobody.
func alarming(q gtc.Quality) bool {
	switch q {
	case gtc.QualityUnknown, gtc.QualityOutOfRange, gtc.QualitySensorFault, gtc.QualityBadClock,
		gtc.QualityOutOfService:
		return true
	case gtc.QualityGood, gtc.QualityManual, gtc.QualitySubstituted, gtc.QualityStale, gtc.QualityCommLost,
		gtc.QualityRefused, gtc.QualityNotAccepted:
	}
	return false
}

// doubt takes a sample that says that the point is not known well.
func (p *reading) doubt(sample *gtc.Sample, at time.Time) []gtc.Event {
	if !at.After(p.at) {
		return nil
	}
	if !at.Before(p.doubted) {
		p.doubted, p.quality = at, sample.Quality
	}
	if !sample.Value.Present() || !alarming(sample.Quality) {
		return nil
	}
	var events []gtc.Event
	for _, t := range p.tracks {
		if !t.class.LifeSafety || t.alarm.Active() || !at.After(t.judged) {
			continue
		}
		if t.class.When.holdsValue(sample.Value, false).holds {
			t.judged, t.since = at, at
			events = append(events, t.change(true, at)...)
		}
	}
	return events
}

// judge looks at the newest readings after one of them changed at an instant.
func (e *Engine) judge(t *track, at time.Time) []gtc.Event {
	if t.class.LifeSafety {
		return t.judgeSafety(t.points[0].value, at)
	}
	if at.Before(t.judged) {
		return nil
	}
	if t.class.When.Missing > 0 {
		t.judged = at
		return t.settle(false, at)
	}
	v := t.verdict(at)
	events := e.reportRule(t, v.err, at)
	if !v.known {
		return events
	}
	t.judged, t.unsure = at, false
	return append(events, t.settle(v.holds, at)...)
}

// settle moves the alarm towards its condition, at once or after its delay.
func (t *track) settle(holds bool, at time.Time) []gtc.Event {
	if holds == t.alarm.Active() {
		t.forget()
		return nil
	}
	if t.since.IsZero() {
		t.begin(at)
	}
	due := t.due()
	if due.After(at) {
		return nil
	}
	return t.change(holds, due)
}

// due is when the alarm follows a condition that differs from it.
func (t *track) due() time.Time {
	if t.alarm.Active() {
		return t.since.Add(t.offDelay())
	}
	due := t.since.Add(t.class.OnDelay)
	if len(t.settling) > 0 {
		return t.settled(due)
	}
	return due
}

// begin starts the delay at an instant.
func (t *track) begin(at time.Time) {
	t.since = at
	if t.due().After(at) {
		t.site.pending = append(t.site.pending, t)
	}
}

// forget ends a running delay.
func (t *track) forget() {
	if t.since.IsZero() {
		return
	}
	t.since, t.unsure = time.Time{}, false
	t.site.pending = slices.DeleteFunc(t.site.pending, func(o *track) bool { return o == t })
}

// change makes the alarm follow its condition at an instant. The occurrence
// begins when the condition began to hold, not when the delay was over. The
// changes of one alarm are strictly in order of time.
func (t *track) change(holds bool, at time.Time) []gtc.Event {
	from, began := t.alarm.Process(), t.since
	t.forget()
	in := Clears
	if holds {
		in = Holds
		t.alarm.Priority = t.base
	} else {
		t.ended = at
	}
	if h := t.past; h != nil && holds {
		h.begin(began)
	} else if h != nil {
		h.end(at)
	}
	at = after(t.alarm.Changed, at)
	t.alarm = Next(t.alarm, in, t.class.Latch, "", at)
	if holds {
		t.alarm.Since = began
	}
	t.chatter(holds, at)
	ev := event(t.alarm, from, at)
	if len(t.points) > 0 {
		ev.Point = t.class.When.points[0]
		if v := t.points[0].value; v.Type == gtc.TypeFloat && t.class.When.expr == nil {
			ev.Value = &v.Num
		}
	}
	if holds && len(t.unread) > 0 {
		t.name(&ev)
	}
	return append([]gtc.Event{ev}, t.site.suppress(t.class.ID, at)...)
}

// hear notes that something came from the site at an instant. After a silence
// running delays need new samples of their own points.
func (s *site) hear(at time.Time) {
	if !at.After(s.heard) {
		return
	}
	if s.heard.IsZero() {
		s.first = at
	} else if at.Sub(s.heard) > silence {
		for _, t := range s.pending {
			t.unsure = true
		}
	}
	s.heard = at
}

// elapse lets the delays run out that were over by the time the site was last
// heard from: silence makes no delay run, and no point missing.
func (s *site) elapse() []gtc.Event {
	var events []gtc.Event
	for _, t := range s.missing {
		p := t.points[0]
		if p.at.IsZero() && !p.expected {
			continue
		}
		last := later(s.first, p.at)
		if !t.alarm.Active() && s.heard.Sub(last) >= t.class.When.Missing {
			t.since = last
			events = append(events, t.change(true, s.heard)...)
		}
	}
	if len(s.pending) == 0 {
		return events
	}
	for _, t := range slices.Clone(s.pending) {
		due := t.due()
		if t.since.IsZero() || t.unsure || t.blind() || due.After(s.heard) {
			continue
		}
		events = append(events, t.change(!t.alarm.Active(), due)...)
	}
	return events
}

// blind reports whether a point of the class could not be read last time.
func (t *track) blind() bool {
	if len(t.class.When.Any) > 0 {
		return !holdsAny(t.points).known
	}
	return slices.ContainsFunc(t.points, (*reading).blind)
}

// event records that an alarm came from a state of its process into its
// present one. Found out twice, it has the same id.
func event(a gtc.Alarm, from gtc.AlarmState, at time.Time) gtc.Event {
	ev := gtc.Event{
		ID:        fmt.Sprintf("%s/%d/%s", a.ID, a.Occurrence, a.Process()),
		Site:      a.Site,
		At:        at,
		Kind:      gtc.EventAlarm,
		Subject:   a.ID,
		From:      string(from),
		To:        string(a.Process()),
		Actor:     actor,
		Equipment: a.Equipment,
		Priority:  a.Priority,
		InTest:    a.InTest,
	}
	if a.State.Inhibits() {
		ev.Inhibited = a.State
	}
	return ev
}

// decided is the event of what a person or time decided: it may happen several
// times in one occurrence, so its instant is part of its id.
func decided(a gtc.Alarm, from, to gtc.AlarmState, by, reason string, at time.Time) gtc.Event {
	ev := event(a, from, at)
	ev.ID = fmt.Sprintf("%s/%d/%s/%d", a.ID, a.Occurrence, to, at.UnixMilli())
	ev.To, ev.Reason, ev.Inhibited = string(to), reason, ""
	if by != "" {
		ev.Actor = by
	}
	return ev
}
