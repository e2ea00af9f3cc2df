package alarm

import (
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// number is how the catalogue writes the number of a zone or partition.
const number = "<nn>"

// eachPart returns the number in a point of the condition's pattern.
func (c *Condition) eachPart(p gtc.PointID) (string, bool) {
	before, after, _ := strings.Cut(string(c.Each), number)
	part, ok := strings.CutPrefix(string(p), before)
	if ok {
		part, ok = strings.CutSuffix(part, after)
	}
	if !ok || part == "" || strings.Trim(part, "0123456789") != "" {
		return "", false
	}
	return part, true
}

// eachPoint is the point of a number.
func (c *Condition) eachPoint(part string) gtc.PointID {
	return gtc.PointID(strings.Replace(string(c.Each), number, part, 1))
}

// oneOfEach returns the reading of a point of which a class wants each one,
// made when it is first heard of; nil when no class does.
func (e *Engine) oneOfEach(s *site, sample *gtc.Sample) *reading {
	var r *reading
	for _, c := range e.each[s.kinds[sample.Equipment]] {
		if _, ok := c.When.eachPart(sample.Point); ok {
			r = e.eachTrack(s, c, sample.Equipment, sample.Point).points[0]
		}
	}
	return r
}

// eachTrack makes the track of one point of a pattern.
func (e *Engine) eachTrack(s *site, c *Class, eq gtc.EquipmentID, p gtc.PointID) *track {
	part, _ := c.When.eachPart(p)
	t := e.addTrack(s, c, eq, c.Kind, "-"+part)
	t.points = []*reading{e.reading(s.id, eq, p, t)}
	if c.LifeSafety {
		e.watchRead(s, eq, c.Kind, p, t.points[0])
	}
	return t
}

// tested marks the alarms of a panel while it is under test, or while a test
// of it was announced. What still holds when the test is over calls: it was
// not the test.
func (s *site) tested(eq gtc.EquipmentID, e *Engine, at time.Time) []gtc.Event {
	p := s.panels[eq]
	if p == nil {
		return nil
	}
	on := p.value.True() && !p.blind() || e.planned(s.id, eq, at)
	var events []gtc.Event
	for _, t := range s.tracks {
		if t.alarm.Equipment != eq || t.alarm.InTest == on {
			continue
		}
		t.alarm.InTest = on
		if on || !t.alarm.Active() {
			continue
		}
		from := t.alarm.State
		when := after(t.alarm.Changed, at)
		t.alarm = Next(t.alarm, Renew, t.class.Latch, "", when)
		t.alarm.Changed = when
		events = append(events, decided(t.alarm, from, t.alarm.State, "", "the test is over", when))
	}
	return events
}

// reportRule raises the fault of a rule whose expression cannot be computed,
// and ends it when all those of the equipment can.
func (e *Engine) reportRule(t *track, err error, at time.Time) []gtc.Event {
	if e.rule == nil || (err != nil) == t.broken {
		return nil
	}
	t.broken = err != nil
	fault := e.ruleTrack(t.site, t.alarm.Equipment)
	broken := false
	for _, o := range t.site.tracks {
		broken = broken || o.broken && o.alarm.Equipment == t.alarm.Equipment
	}
	events := fault.settle(broken, at)
	for i := range events {
		if err != nil {
			events[i].Reason = "class " + t.class.ID + ": " + err.Error()
		}
	}
	return events
}

func (e *Engine) ruleTrack(s *site, eq gtc.EquipmentID) *track {
	t := s.rules[eq]
	if t == nil {
		t = e.addTrack(s, e.rule, eq, s.kinds[eq], "")
		s.rules[eq] = t
	}
	return t
}

// label is the class's name, with the number of the zone that it is about.
func (c *Class) label(part string) gtc.Label {
	if part == "" {
		return c.Label
	}
	out := gtc.Label{}
	for lang, text := range c.Label {
		out[lang] = text + " " + strings.TrimPrefix(part, "-")
	}
	return out
}

// planned reports whether a test of a panel was announced for an instant.
func (e *Engine) planned(site gtc.SiteID, eq gtc.EquipmentID, at time.Time) bool {
	for _, w := range e.works {
		if w.Kind == WorkTest && w.Site == site && w.Equipment == eq && !at.Before(w.From) && at.Before(w.Until) {
			return true
		}
	}
	return false
}
