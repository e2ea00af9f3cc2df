package alarm

import (
	"fmt"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// WorkKind is what is being done to an equipment.
type WorkKind string

// The kinds of works.
const (
	// WorkMaintenance takes alarms out of service while somebody works on the
	// plant. Those of life safety stay in service.
	WorkMaintenance WorkKind = "maintenance"
	// WorkTest announces the test of a panel: what it reports is shown at once,
	// named as a test.
	WorkTest WorkKind = "test"
)

// Work is a time during which somebody works on an equipment or tests a panel.
type Work struct {
	ID   string     `json:"id"`
	Kind WorkKind   `json:"kind"`
	Site gtc.SiteID `json:"site"`
	// Equipment is what is worked on, "" for the whole site.
	Equipment gtc.EquipmentID `json:"equipment,omitempty"`
	// Alarm limits a maintenance to one alarm, by id.
	Alarm string `json:"alarm,omitempty"`
	// By is who answers for it and holds the permit.
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	// Begun says that its beginning was applied.
	Begun bool `json:"begun"`
}

func (w Work) covers(a gtc.Alarm) bool {
	return w.Site == a.Site && (w.Equipment == "" || w.Equipment == a.Equipment) && (w.Alarm == "" || w.Alarm == a.ID)
}

// Works returns the works that are planned or under way, in order of id. They
// have to be stored with the alarms.
func (e *Engine) Works() []Work { return slices.Clone(e.works) }

// RestoreWorks takes over the works of an earlier engine.
func (e *Engine) RestoreWorks(works []Work) { e.works = slices.Clone(works) }

// TakeWorks goes on with the works as another engine has them, which said what
// became of them: those that began there set aside what they cover here too, and
// those that are gone let it speak again, without an event.
func (e *Engine) TakeWorks(works []Work, at time.Time) {
	had := e.works
	e.works = slices.Clone(works)
	same := func(w Work) func(Work) bool { return func(o Work) bool { return o.ID == w.ID && o.Begun == w.Begun } }
	for _, w := range works {
		if w.Begun && !slices.ContainsFunc(had, same(w)) {
			e.begin(w, at)
		}
	}
	for _, w := range had {
		if w.Begun && !slices.ContainsFunc(works, func(o Work) bool { return o.ID == w.ID }) {
			e.finish(w, "", at)
		}
	}
}

// Plan announces a maintenance or a test. It begins at the first Tick after
// its From, ends by itself, and is refused without a reason, a name, or an end
// within the longest time allowed.
func (e *Engine) Plan(w Work, at time.Time) ([]gtc.Event, error) {
	if err := e.mayPlan(w, at); err != nil {
		return nil, fmt.Errorf("plan %s of %s/%s: %w", w.Kind, w.Site, w.Equipment, err)
	}
	w.ID = fmt.Sprintf("%s/%s/%s/%d", w.Site, w.Equipment, w.Kind, w.From.UnixMilli())
	w.Begun = false
	e.works = append(slices.DeleteFunc(e.works, func(o Work) bool { return o.ID == w.ID }), w)
	slices.SortFunc(e.works, func(a, b Work) int { return a.From.Compare(b.From) })
	events := []gtc.Event{w.event("planned", w.By, at)}
	return append(events, e.finishWorks(later(e.now, at))...), nil
}

func (e *Engine) mayPlan(w Work, at time.Time) error {
	s := e.sites[w.Site]
	longest := LongestOutOfService
	switch {
	case w.By == "":
		return ErrNobody
	case s == nil:
		return fmt.Errorf("site %s: %w", w.Site, ErrUnknown)
	case w.Equipment != "" && s.kinds[w.Equipment] == "":
		return fmt.Errorf("equipment %s: %w", w.Equipment, ErrUnknown)
	case w.Kind == WorkTest:
		if s.panels[w.Equipment] == nil {
			return fmt.Errorf("no panel to test: %w", ErrUnknown)
		}
		longest = LongestTest
	case w.Alarm != "":
		t := e.tracks[w.Alarm]
		if t == nil {
			return ErrUnknown
		}
		return mayInhibit(t.class.LifeSafety, w.Reason, later(at, w.From), w.Until, longest)
	}
	return mayInhibit(false, w.Reason, later(at, w.From), w.Until, longest)
}

// Finish ends a work before its time.
func (e *Engine) Finish(id, by string, at time.Time) ([]gtc.Event, error) {
	i := slices.IndexFunc(e.works, func(w Work) bool { return w.ID == id })
	switch {
	case by == "":
		return nil, fmt.Errorf("finish %s: %w", id, ErrNobody)
	case i < 0:
		return nil, fmt.Errorf("finish %s: %w", id, ErrUnknown)
	}
	w := e.works[i]
	e.works = slices.Delete(e.works, i, i+1)
	return e.finish(w, by, at), nil
}

// finishWorks begins and ends what is due.
func (e *Engine) finishWorks(now time.Time) []gtc.Event {
	var events []gtc.Event
	for i := range e.works {
		if w := &e.works[i]; !w.Begun && !now.Before(w.From) {
			w.Begun = true
			events = append(events, e.begin(*w, now)...)
		}
	}
	for _, w := range slices.Clone(e.works) {
		if !now.Before(w.Until) {
			e.works = slices.DeleteFunc(e.works, func(o Work) bool { return o.ID == w.ID })
			events = append(events, e.finish(w, "", w.Until)...)
		}
	}
	return events
}

func (e *Engine) begin(w Work, at time.Time) []gtc.Event {
	events := []gtc.Event{w.event("begun", w.By, at)}
	s := e.sites[w.Site]
	if s == nil {
		return events
	}
	if w.Kind == WorkTest {
		return append(events, s.tested(w.Equipment, e, at)...)
	}
	for _, t := range s.tracks {
		if !w.covers(t.alarm) || t.class.LifeSafety {
			continue
		}
		i := gtc.Inhibition{State: gtc.AlarmOutOfService, By: w.By, Reason: w.Reason, Since: at, Until: w.Until}
		shown := t.alarm.Process() != gtc.AlarmNormal
		if ev := t.inhibit(i, after(t.alarm.Changed, at)); shown {
			events = append(events, ev...)
		}
	}
	return events
}

func (e *Engine) finish(w Work, by string, at time.Time) []gtc.Event {
	events := []gtc.Event{w.event("finished", by, at)}
	s := e.sites[w.Site]
	if s == nil {
		return events
	}
	if w.Kind == WorkTest {
		return append(events, s.tested(w.Equipment, e, at)...)
	}
	for _, t := range s.tracks {
		i, is := Inhibited(t.alarm, gtc.AlarmOutOfService)
		if !is || !w.covers(t.alarm) || !i.Until.Equal(w.Until) {
			continue
		}
		events = append(events, t.backInService(by, at)...)
	}
	return events
}

// backInService ends that the alarm is out of service. Of one at rest it is no
// event.
func (t *track) backInService(by string, at time.Time) []gtc.Event {
	shown := t.alarm.Process() != gtc.AlarmNormal
	events := t.release(gtc.AlarmOutOfService, by, "works are over", at)
	if !shown {
		return nil
	}
	return events
}

// event records what became of a work.
func (w Work) event(to, by string, at time.Time) gtc.Event {
	if by == "" {
		by = actor
	}
	return gtc.Event{
		ID: fmt.Sprintf("work/%s/%s/%d", w.ID, to, at.UnixMilli()), Site: w.Site, At: at, Kind: gtc.EventWork, Subject: w.ID, To: to,
		Actor: by, Reason: w.Reason, Equipment: w.Equipment, Until: w.Until,
	}
}
