package alarm

import (
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

// The times that a class may say. Nothing is decided in less than a sample, and
// what nobody waits for is never raised.
const (
	shortest, longest             = time.Minute, 30 * 24 * time.Hour
	shortestDelay                 = time.Second
	longestSettle, longestSettles = 24 * time.Hour, 72 * time.Hour
)

// span refuses a time that is given and out of bounds.
func (p *parser) span(at string, y *classYAML, name string, d, from, to time.Duration) {
	if d > 0 && (d < from || d > to) {
		key := name[strings.LastIndexByte(name, '.')+1:]
		p.add(at+"."+key, "class %s: %s is %s to %s", y.ID, name, short(from), short(to))
	}
}

// short writes a time as a file does: 1m, 720h.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// spans checks every time that a class says.
func (p *parser) spans(at string, y *classYAML) {
	p.span(at, y, "on_delay", y.OnDelay, shortestDelay, longest)
	p.span(at, y, "off_delay", y.OffDelay, shortestDelay, longest)
	p.span(at, y, "time_to_act", y.TimeToAct, shortest, longest)
	p.span(at+".rise", y, "rise.after", y.Rise.After, shortest, longest)
	p.span(at+".settle", y, "settle.for", y.Settle.For, shortestDelay, longestSettle)
	p.span(at+".settle", y, "settle.at_most", y.Settle.AtMost, y.Settle.For, longestSettles)
	p.span(at+".when", y, "stuck", y.When.Stuck, shortest, longest)
	p.span(at+".when", y, "missing", y.When.Missing, shortest, longest)
	p.span(at+".when", y, "within", y.When.Within, shortest, longest)
}

// extremes are what a number in a unit of a building can be; false for a unit of
// which nothing is known.
func extremes(unit string) (low, high float64, ok bool) {
	switch unit {
	case "°C":
		return -60, 1000, true
	case "K":
		return -500, 500, true
	case "%":
		return 0, 150, true // a load may be more than all
	case "bar":
		return -1, 100, true
	case "mbar", "hPa":
		return -1000, 100_000, true
	case "Pa":
		return -100_000, 10_000_000, true
	case "ppm":
		return 0, 100_000, true
	case "lx":
		return 0, 200_000, true
	case "Hz":
		return 0, 1000, true
	case "V", "A":
		return -100_000, 100_000, true
	case "m/s":
		return 0, 100, true
	case "W/m²":
		return -100, 2000, true
	case "°":
		return -360, 360, true
	}
	return 0, 0, false
}

// limit refuses a limit that a point's value never passes, or always.
func (p *parser) limit(at string, y *classYAML, pt catalogue.Point, word string, limit float64) {
	low, high, ok := extremes(pt.Unit)
	never, always := limit >= high, limit < low
	if word == "below" {
		never, always = limit <= low, limit > high
	}
	switch {
	case ok && never:
		p.add(at, "class %s: %s is never %s %g %s", y.ID, pt.ID, word, limit, pt.Unit)
	case ok && always:
		p.add(at, "class %s: %s is always %s %g %s", y.ID, pt.ID, word, limit, pt.Unit)
	}
}

// limits checks the limits of a condition on a value.
func (p *parser) limits(at string, y *classYAML, c *Condition, pt catalogue.Point) {
	low, high, ok := extremes(pt.Unit)
	comesBack := true
	if c.Above != nil {
		p.limit(at+".above", y, pt, "above", *c.Above)
		comesBack = *c.Above-c.DeadBand >= low
	}
	if c.Below != nil {
		p.limit(at+".below", y, pt, "below", *c.Below)
		comesBack = *c.Below+c.DeadBand <= high
	}
	p.need(!ok || c.DeadBand == 0 || comesBack, at+".dead_band", "class %s: %s never comes back by %g %s", y.ID, pt.ID, c.DeadBand, pt.Unit)
}

// movement refuses one that a point's value never makes.
func (p *parser) movement(at string, y *classYAML, pt catalogue.Point, by float64) {
	low, high, ok := extremes(pt.Unit)
	p.need(!ok || by <= high-low && by >= low-high, at, "class %s: %s never moves by %g %s", y.ID, pt.ID, by, pt.Unit)
}

// movements checks how far a condition on the course of a point lets it go.
func (p *parser) movements(at string, y *classYAML, c *Condition, pt catalogue.Point) {
	p.movement(at+".rises", y, pt, c.Rises)
	p.movement(at+".falls", y, pt, c.Falls)
	p.movement(at+".tolerance", y, pt, c.Tolerance)
	for _, away := range []struct {
		key string
		by  *float64
	}{{".above", c.Above}, {".below", c.Below}, {".beyond", c.Beyond}} {
		if away.by != nil {
			p.movement(at+away.key, y, pt, *away.by)
		}
	}
}

// scope checks how far an alarm of the class explains others.
func (p *parser) scope(at string, y *classYAML) {
	p.need(y.Scope == ScopeEquipment || y.Scope == ScopeSite, at+".scope",
		"class %s: scope is %s, or is left out for the equipment alone", y.ID, ScopeSite)
	p.need(y.Scope == "" || y.When.Watch != WatchDevice, at+".scope", "class %s: a device explains what it serves and has no scope", y.ID)
	p.need(y.Settle.Step >= 0, at+".settle.step", "class %s: a step is not negative", y.ID)
}
