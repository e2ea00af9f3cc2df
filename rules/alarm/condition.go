package alarm

import (
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
	tracks  []*track
}

// blind reports whether the point could not be read well since its value.
func (p *reading) blind() bool { return p.doubted.After(p.at) }

// holds judges the condition on the newest readings, in the order of the
// condition's points. Active tells whether the alarm stands as true, which is
// when the dead-band counts. The result is not ok when a value is missing.
func (c *Condition) holds(points []*reading, active bool, env map[string]any) (holds, ok bool) {
	if len(c.Any) > 0 {
		return holdsAny(points)
	}
	if !together(points) {
		return false, false
	}
	if c.expr != nil {
		return c.holdsExpr(points, active, env)
	}
	return c.holdsValue(points[0].value, active)
}

// holdsValue judges a condition on one point.
func (c *Condition) holdsValue(v gtc.Value, active bool) (holds, ok bool) {
	switch v.Type {
	case gtc.TypeBool:
		return v.True(), true
	case gtc.TypeEnum:
		return slices.Contains(c.In, int(v.Num)), true
	case gtc.TypeFloat:
		back := 0.0
		if active {
			back = c.DeadBand
		}
		if c.Above != nil {
			return v.Num > *c.Above-back, true
		}
		if c.Below != nil {
			return v.Num < *c.Below+back, true
		}
	case gtc.TypeNone:
	}
	return false, false
}

// holdsAny judges a condition of which one true point is enough. It is over
// only when every point that was ever read is known to be false.
func holdsAny(points []*reading) (holds, ok bool) {
	known, blind := false, false
	for _, p := range points {
		if p.blind() {
			blind = true
			continue
		}
		if p.value.True() {
			return true, true
		}
		known = known || p.value.Present()
	}
	return false, known && !blind
}

func (c *Condition) holdsExpr(points []*reading, active bool, env map[string]any) (holds, ok bool) {
	for i, p := range points {
		env[string(c.points[i])] = operand(p.value)
	}
	if active && c.clearIf != nil {
		cleared, ok := run(c.clearIf, env)
		return !cleared, ok
	}
	return run(c.expr, env)
}

func run(program *vm.Program, env map[string]any) (result, ok bool) {
	out, err := vm.Run(program, env)
	if err != nil {
		return false, false // a division by zero says nothing about the plant
	}
	result, ok = out.(bool)
	return result, ok
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
