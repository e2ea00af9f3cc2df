package alarm

import (
	"slices"
	"strings"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

// onPoint checks a condition on one point.
func (p *parser) onPoint(at string, y *classYAML, c *Condition) {
	pt, ok := p.point(at+".point", y, c.Point)
	if !ok {
		return
	}
	c.points = []gtc.PointID{c.Point}
	p.need(c.Clear == "", at+".clear", "class %s: clear goes with expr", y.ID)
	if c.remembers() || c.Missing > 0 || c.From != "" {
		p.onCourse(at, y, c, pt)
		return
	}
	p.onValue(at, y, c, pt)
}

// onValue checks a condition on the value of a point.
func (p *parser) onValue(at string, y *classYAML, c *Condition, pt catalogue.Point) {
	limits := 0
	for _, is := range []bool{c.Above != nil, c.Below != nil} {
		if is {
			limits++
		}
	}
	p.need(c.Within == 0 && c.Beyond == nil && c.Tolerance == 0, at, "class %s: within, beyond and tolerance say something of a course or a deviation", y.ID)
	switch pt.Type {
	case gtc.TypeBool:
		p.need(limits == 0 && c.In == nil, at, "class %s: %s is two-state and needs no limit", y.ID, c.Point)
	case gtc.TypeEnum:
		p.need(limits == 0 && len(c.In) > 0, at, "class %s: %s is an enumeration: say in: [state, …]", y.ID, c.Point)
		for _, e := range c.In {
			p.need(pt.Enum[e] != nil, at+".in", "class %s: %s has no state %d", y.ID, c.Point, e)
		}
	case gtc.TypeFloat:
		p.need(limits == 1 && c.In == nil, at, "class %s: %s is a number: say above or below", y.ID, c.Point)
		p.need(c.DeadBand >= 0, at+".dead_band", "class %s: a dead-band is not negative", y.ID)
		p.limits(at, y, c, pt)
	case gtc.TypeNone:
	}
	p.need(pt.Type == gtc.TypeFloat || c.DeadBand == 0, at+".dead_band", "class %s: a dead-band is for numbers", y.ID)
	p.need(!pt.LifeSafety || y.LifeSafety, at+".point", "class %s: %s concerns life safety: say life_safety: true", y.ID, c.Point)
	p.need(pt.LifeSafety || !y.LifeSafety, at+".point", "class %s: %s does not concern life safety", y.ID, c.Point)
}

// onCourse checks a condition on how a point goes on: stuck, missing, moving,
// starting, or away from its set point.
func (p *parser) onCourse(at string, y *classYAML, c *Condition, pt catalogue.Point) {
	p.need(!y.LifeSafety, at, "class %s: life safety rests on a state, not on a course", y.ID)
	kinds := 0
	for _, is := range []bool{c.Stuck != 0, c.Missing != 0, c.Rises != 0 || c.Falls != 0, c.Starts != 0, c.From != ""} {
		if is {
			kinds++
		}
	}
	p.need(kinds == 1, at, "class %s: say one of stuck, missing, rises/falls, starts, from", y.ID)
	p.need(c.Stuck >= 0 && c.Missing >= 0 && c.Rises >= 0 && c.Falls >= 0 && c.Starts >= 0 && c.Tolerance >= 0, at, "class %s: nothing here is negative", y.ID)
	timed := c.Rises > 0 || c.Falls > 0 || c.Starts > 0
	p.need(timed == (c.Within > 0), at+".within", "class %s: within goes with rises, falls and starts", y.ID)
	p.need(c.Tolerance == 0 || c.Stuck > 0, at+".tolerance", "class %s: tolerance goes with stuck", y.ID)
	switch {
	case c.Starts > 0:
		p.need(pt.Type == gtc.TypeBool, at+".starts", "class %s: %s is not two-state and has no starts", y.ID, c.Point)
	case c.Missing > 0:
	default:
		p.need(pt.Type == gtc.TypeFloat, at+".point", "class %s: %s is not a number", y.ID, c.Point)
	}
	p.movements(at, y, c, pt)
	if c.From != "" {
		p.onDeviation(at, y, c, pt)
		return
	}
	p.need(c.Above == nil && c.Below == nil && c.Beyond == nil && c.In == nil && c.DeadBand == 0, at, "class %s: limits go with a value, not with its course", y.ID)
}

// onDeviation checks a condition on the distance from a set point.
func (p *parser) onDeviation(at string, y *classYAML, c *Condition, pt catalogue.Point) {
	sp, ok := p.point(at+".from", y, c.From)
	if !ok {
		return
	}
	c.points = append(c.points, c.From)
	p.need(sp.Unit == pt.Unit, at+".from", "class %s: %s is in %s and %s in %s", y.ID, c.Point, pt.Unit, c.From, sp.Unit)
	limits := 0
	for _, limit := range []*float64{c.Above, c.Below, c.Beyond} {
		if limit != nil {
			limits++
		}
	}
	p.need(limits == 1 && c.In == nil, at, "class %s: say how far %s may be from %s: above, below or beyond", y.ID, c.Point, c.From)
	p.need(c.DeadBand >= 0, at+".dead_band", "class %s: a dead-band is not negative", y.ID)
}

// onEach checks a condition on every point of a pattern.
func (p *parser) onEach(at string, y *classYAML, c *Condition) {
	p.need(strings.Contains(string(c.Each), number), at+".each", "class %s: each takes a pattern such as zone_%s_alarm", y.ID, number)
	pt, ok := p.point(at+".each", y, c.eachPoint("01"))
	if !ok {
		return
	}
	c.points = []gtc.PointID{c.Each}
	p.need(pt.Type == gtc.TypeBool, at+".each", "class %s: %s is not two-state", y.ID, c.Each)
	p.need(c.Above == nil && c.Below == nil && c.In == nil && c.DeadBand == 0 && c.Clear == "", at, "class %s: each takes two-state points and nothing else", y.ID)
	p.need(pt.LifeSafety == y.LifeSafety, at+".each", "class %s: life_safety is not as for %s", y.ID, c.Each)
}

// behaviour checks what surrounds the condition.
func (p *parser) behaviour(at string, y *classYAML) {
	p.need(y.TimeToAct >= 0, at+".time_to_act", "class %s: a time is not negative", y.ID)
	p.need((len(y.Settle.Points) > 0) == (y.Settle.For > 0), at+".settle", "class %s: settle says points and for", y.ID)
	for _, id := range y.Settle.Points {
		p.point(at+".settle.points", y, id)
	}
	if y.LifeSafety {
		p.need(len(y.SuppressedBy) == 0, at+".suppressed_by", "class %s: life safety is never suppressed", y.ID)
		p.need(len(y.Settle.Points) == 0, at+".settle", "class %s: life safety is never delayed", y.ID)
		p.need(y.OffDelay == 0, at+".off_delay", "class %s: life safety is as the plant says", y.ID)
		p.need(!y.OfficeHours, at+".office_hours", "class %s: life safety does not wait", y.ID)
	}
	if y.Rise != (riseYAML{}) {
		p.need(y.Rise.Priority >= gtc.PriorityHigh && y.Rise.Priority < y.Priority, at+".rise.priority", "class %s: an alarm rises to a priority above its own, at most 2", y.ID)
		p.need(y.Rise.After > 0 || y.Rise.OutsideHours, at+".rise", "class %s: say after or outside_hours", y.ID)
	}
	p.need(!slices.Contains(y.SuppressedBy, y.ID), at+".suppressed_by", "class %s: suppresses itself", y.ID)
}
