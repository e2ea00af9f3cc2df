package replay

import (
	"cmp"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

const (
	// WarmUp is how long before the period a history begins to be played: what
	// a class remembers and what stood already is known then.
	WarmUp = 24 * time.Hour
	// tick is how often the engine is told the time: it bounds by how much a
	// priority rises late.
	tick = time.Minute
	// lateBy is how much older than the newest sample of its site a sample is
	// that arrived late.
	lateBy = time.Minute
	// longGap is from how long on a silence is reported.
	longGap = time.Hour
)

// Options say what is played.
type Options struct {
	// Classes as [alarm.Load] gives them.
	Classes []alarm.Class
	Site    gtc.Site
	// Expect are the points that the configuration promises: only of these can
	// one be missing that was never heard.
	Expect []gtc.Series
	// From and To bound the period that is reported, To excluded.
	From, To time.Time
}

// Occurrence is one time an alarm was raised.
type Occurrence struct {
	Alarm     string          `json:"alarm"`
	Class     string          `json:"class"`
	Site      gtc.SiteID      `json:"site"`
	Equipment gtc.EquipmentID `json:"equipment"`
	// Priority is the highest it reached.
	Priority gtc.Priority `json:"priority"`
	// From is when it was raised, To when it returned, zero while it held at
	// the end of the history.
	From time.Time `json:"from"`
	To   time.Time `json:"to,omitzero"`
	// Value is that of the point when it was raised, nil where it has none.
	Value *float64 `json:"value,omitempty"`
	// Suppressed was raised while another alarm explained it: it called nobody.
	Suppressed bool `json:"suppressed,omitempty"`
	// Late was over when it was heard of.
	Late bool `json:"late,omitempty"`
	// InTest was raised while the panel was under test.
	InTest bool `json:"in_test,omitempty"`
	// Chattering came so often that it is one of a series.
	Chattering bool `json:"chattering,omitempty"`
}

// Lasted is how long it held up to the end of the period.
func (o *Occurrence) Lasted(end time.Time) time.Duration {
	if o.To.IsZero() || o.To.After(end) {
		return end.Sub(o.From)
	}
	return o.To.Sub(o.From)
}

// Run is what became of a site.
type Run struct {
	Site        gtc.SiteID
	Occurrences []Occurrence
	// Events are those of the period.
	Events []gtc.Event
	// Samples were played, Late of them arrived late; Outside lay outside the
	// history, Unwatched were of a point that no class reads.
	Samples, Late, Outside, Unwatched int
	// Watched are the alarms that could be judged by class: one an equipment,
	// Unheard those of them of whose points no sample came.
	Watched, Unheard map[string]int
	// Gaps are the times of more than an hour in which nothing came.
	Gaps time.Duration
}

// Player plays the samples of one site. One goroutine uses it.
type Player struct {
	o      Options
	engine *alarm.Engine
	open   map[string]int
	run    Run
	now    time.Time
	newest time.Time
	// heard are the points of which something came, watched those that a class
	// reads.
	heard   map[point]bool
	classes map[gtc.Kind][]*alarm.Class
	kinds   map[gtc.EquipmentID]gtc.Kind
}

type point struct {
	equipment gtc.EquipmentID
	id        gtc.PointID
}

// Plays reports whether a class can be replayed: it watches points.
func Plays(c *alarm.Class) bool { return c.When.Watch == "" }

// New returns a player at the beginning of the warm-up.
func New(o Options) *Player {
	p := &Player{
		o: o, open: map[string]int{}, heard: map[point]bool{}, classes: map[gtc.Kind][]*alarm.Class{}, kinds: map[gtc.EquipmentID]gtc.Kind{},
		now: o.From.Add(-WarmUp).Truncate(tick), run: Run{Site: o.Site.ID, Watched: map[string]int{}, Unheard: map[string]int{}},
	}
	var classes []alarm.Class
	for i := range o.Classes {
		// A rule that cannot be computed is a fault that the replay shows.
		if c := &o.Classes[i]; Plays(c) || c.When.Watch == alarm.WatchRule {
			classes = append(classes, *c)
		}
	}
	for i := range classes {
		p.classes[classes[i].Kind] = append(p.classes[classes[i].Kind], &classes[i])
	}
	for _, e := range o.Site.Equipment {
		p.kinds[e.ID] = e.Kind
	}
	p.engine = alarm.New(classes, []gtc.Site{o.Site}, nil)
	p.engine.Expect(o.Expect)
	p.collect(p.engine.Tick(p.now))
	return p
}

// Hear notes that the site was heard at some instant, as a heartbeat does:
// nothing older is on its way.
func (p *Player) Hear(at time.Time) {
	if at.Before(p.o.From.Add(-WarmUp)) || !at.Before(p.o.To) {
		return
	}
	p.reach(at)
	p.collect(p.engine.Health(alarm.Health{Site: p.o.Site.ID, At: at}))
}

// Observe plays samples in the order in which they arrived. Those of one
// instant that follow each other are judged together, as they came in one
// message.
func (p *Player) Observe(samples []gtc.Sample) {
	for len(samples) > 0 {
		n := 1
		for n < len(samples) && samples[n].At.Equal(samples[0].At) {
			n++
		}
		p.observe(samples[:n])
		samples = samples[n:]
	}
}

func (p *Player) observe(together []gtc.Sample) {
	at := together[0].At
	if at.Before(p.o.From.Add(-WarmUp)) || !at.Before(p.o.To) {
		p.run.Outside += len(together)
		return
	}
	p.run.Samples += len(together)
	for i := range together {
		if !p.watched(&together[i]) {
			p.run.Unwatched++
		}
	}
	if at.Add(lateBy).Before(p.newest) {
		p.run.Late += len(together)
	}
	p.reach(at)
	p.collect(p.engine.Observe(together))
}

// watched notes that something came of a point and reports whether a class
// reads it.
func (p *Player) watched(s *gtc.Sample) bool {
	kind := p.kinds[s.Equipment]
	if !slices.ContainsFunc(p.classes[kind], func(c *alarm.Class) bool { return c.Reads(s.Point) }) {
		return false
	}
	if s.Value.Present() {
		p.heard[point{s.Equipment, s.Point}] = true
	}
	return true
}

// reach lets the time come up to an instant and notes what is missing.
func (p *Player) reach(at time.Time) {
	if at.After(p.newest) {
		if gap := at.Sub(p.newest); !p.newest.IsZero() && gap > longGap {
			p.run.Gaps += gap
		}
		p.newest = at
	}
	for next := p.now.Add(tick); !next.After(at); next = next.Add(tick) {
		p.now = next
		p.collect(p.engine.Tick(next))
	}
}

// collect turns events into occurrences.
func (p *Player) collect(events []gtc.Event) {
	for i := range events {
		ev := &events[i]
		if ev.Kind != gtc.EventAlarm {
			continue
		}
		if !ev.At.Before(p.o.From) && ev.At.Before(p.o.To) {
			p.run.Events = append(p.run.Events, *ev)
		}
		if k, is := p.open[ev.Subject]; is {
			o := &p.run.Occurrences[k]
			o.Priority = min(o.Priority, ev.Priority)
			if !active(gtc.AlarmState(ev.To)) && active(gtc.AlarmState(ev.From)) {
				o.To = ev.At
				delete(p.open, ev.Subject)
			}
			continue
		}
		if ev.To == string(gtc.AlarmUnacknowledged) && rests(gtc.AlarmState(ev.From)) {
			p.raise(ev)
		}
	}
}

func (p *Player) raise(ev *gtc.Event) {
	a, _ := p.engine.Alarm(ev.Subject)
	p.open[ev.Subject] = len(p.run.Occurrences)
	p.run.Occurrences = append(p.run.Occurrences, Occurrence{
		Alarm: ev.Subject, Class: a.Class, Site: ev.Site, Equipment: ev.Equipment, Priority: ev.Priority, From: ev.At, Value: ev.Value,
		Suppressed: ev.Inhibited != "", Late: ev.Reason != "" && !a.Active(), InTest: ev.InTest, Chattering: a.Chattering,
	})
}

// active tells the states of the process in which the condition holds.
func active(s gtc.AlarmState) bool {
	return s == gtc.AlarmUnacknowledged || s == gtc.AlarmAcknowledged
}

// rests tells those in which it does not.
func rests(s gtc.AlarmState) bool {
	switch s {
	case gtc.AlarmNormal, gtc.AlarmReturned, gtc.AlarmLatched, gtc.AlarmLatchedUnacknowledged:
		return true
	default:
		return false
	}
}

// Finish lets the rest of the period pass and returns what became of the site.
// The time after the last sample shows nothing but priorities that rise.
func (p *Player) Finish() Run {
	for next := p.now.Add(tick); next.Before(p.o.To); next = next.Add(tick) {
		p.now = next
		p.collect(p.engine.Tick(next))
	}
	if !p.newest.IsZero() && p.o.To.Sub(p.newest) > longGap {
		p.run.Gaps += p.o.To.Sub(p.newest)
	}
	p.run.Occurrences = slices.DeleteFunc(p.run.Occurrences, func(o Occurrence) bool {
		return !o.To.IsZero() && !o.To.After(p.o.From) // over before the period
	})
	slices.SortStableFunc(p.run.Occurrences, inOrder)
	for _, e := range p.o.Site.Equipment {
		for _, c := range p.classes[e.Kind] {
			if !Plays(c) {
				continue
			}
			p.run.Watched[c.ID]++
			if !p.anyHeard(c, e.ID) {
				p.run.Unheard[c.ID]++
			}
		}
	}
	return p.run
}

func (p *Player) anyHeard(c *alarm.Class, eq gtc.EquipmentID) bool {
	if c.When.Missing > 0 {
		return true // silence is what it judges
	}
	for h := range p.heard {
		if h.equipment == eq && c.Reads(h.id) {
			return true
		}
	}
	return false
}

func inOrder(a, b Occurrence) int {
	return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Alarm, b.Alarm))
}
