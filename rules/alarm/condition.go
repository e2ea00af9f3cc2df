package alarm

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/expr-lang/expr/vm"

	"github.com/cpas-charleroi/gtc"
)

// togetherWithin bounds how far apart two points may have been read and still
// be judged together.
const togetherWithin = 30 * time.Minute

// reading is the newest trustworthy value of one point.
type reading struct {
	at    time.Time
	value gtc.Value
	// doubted is when the point was last said not to be known well.
	doubted time.Time
	// quality is what was said then.
	quality gtc.Quality
	// safety says that the point concerns life safety. Of these it is known how
	// often they came unchanged one after the other, and how far the site had
	// been heard when they came last.
	safety bool
	steady int
	taken  time.Time
	// expected says that the configuration promises the point.
	expected bool
	tracks   []*track
	// settling are the classes that wait after a change of the point.
	settling []*settling
}

// take keeps a newer value.
func (p *reading) take(v gtc.Value, at time.Time) {
	p.at, p.value = at, v
	for _, s := range p.settling {
		s.see(v, at)
	}
}

// blind reports whether the point could not be read well since its value.
func (p *reading) blind() bool { return p.doubted.After(p.at) }

// verdict is what was found about a condition.
type verdict struct {
	holds bool
	// known is false when a value is missing.
	known bool
	// err says that an expression could not be computed.
	err error
}

func known(holds bool) verdict { return verdict{holds: holds, known: true} }

// judge judges the class's condition on the newest readings, in the order of
// the condition's points. An active alarm has its dead-band.
func (t *track) verdict(at time.Time) verdict {
	c, active := &t.class.When, t.alarm.Active()
	if len(c.Any) > 0 {
		return holdsAny(t.points)
	}
	if !together(t.points) {
		return verdict{}
	}
	v := t.points[0].value
	switch {
	case c.expr != nil:
		return c.holdsExpr(t.points, active, t.env)
	case c.remembers():
		return known(t.memory.holds(c, v, at))
	case c.From != "":
		return known(c.deviates(v.Num-t.points[1].value.Num, active))
	}
	return c.holdsValue(v, active)
}

// holdsValue judges a condition on one point.
func (c *Condition) holdsValue(v gtc.Value, active bool) verdict {
	switch v.Type {
	case gtc.TypeBool:
		return known(v.True())
	case gtc.TypeEnum:
		return known(slices.Contains(c.In, int(v.Num)))
	case gtc.TypeFloat:
		if c.Above != nil || c.Below != nil {
			return known(c.deviates(v.Num, active))
		}
	case gtc.TypeNone:
	}
	return verdict{}
}

// deviates judges a number against the condition's limits.
func (c *Condition) deviates(x float64, active bool) bool {
	back := 0.0
	if active {
		back = c.DeadBand
	}
	switch {
	case c.Above != nil && x > *c.Above-back, c.Below != nil && x < *c.Below+back:
		return true
	}
	return c.Beyond != nil && math.Abs(x) > *c.Beyond-back
}

// holdsAny judges a condition of which one true point is enough. It is over
// only when every point that was ever read is known to be false.
func holdsAny(points []*reading) verdict {
	seen, blind := false, false
	for _, p := range points {
		if p.blind() {
			blind = true
			continue
		}
		if p.value.True() {
			return known(true)
		}
		seen = seen || p.value.Present()
	}
	return verdict{known: seen && !blind}
}

func (c *Condition) holdsExpr(points []*reading, active bool, env map[string]any) verdict {
	for i, p := range points {
		env[string(c.points[i])] = operand(p.value)
	}
	if active && c.clearIf != nil {
		v := run(c.clearIf, env)
		v.holds = !v.holds
		return v
	}
	return run(c.expr, env)
}

// run computes an expression. One that cannot be computed says nothing about
// the plant, and something about the rule.
func run(program *vm.Program, env map[string]any) verdict {
	out, err := vm.Run(program, env)
	if err != nil {
		return verdict{err: err}
	}
	result, ok := out.(bool)
	if !ok {
		return verdict{err: fmt.Errorf("result %v is not true or false", out)}
	}
	return known(result)
}

func operand(v gtc.Value) any {
	switch v.Type {
	case gtc.TypeBool:
		return v.True()
	case gtc.TypeEnum:
		return int(v.Num)
	case gtc.TypeFloat, gtc.TypeNone:
	}
	return v.Num
}

// together reports whether every point is known and was read at about the same
// time as the others.
func together(points []*reading) bool {
	if len(points) == 0 {
		return false
	}
	oldest, newest := points[0].at, points[0].at
	for _, p := range points {
		if p.blind() || !p.value.Present() {
			return false
		}
		if p.at.Before(oldest) {
			oldest = p.at
		}
		newest = later(newest, p.at)
	}
	return newest.Sub(oldest) <= togetherWithin
}
