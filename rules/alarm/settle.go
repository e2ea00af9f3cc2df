package alarm

import (
	"math"
	"time"

	"github.com/cpas-charleroi/gtc"
)

const (
	// settleStep is from what change on, in the point's unit, a class waits
	// unless it says otherwise: a set point that follows the weather moves by
	// less all day long.
	settleStep = 1
	// settleTimes is how many times its span a class waits at most, unless it
	// says otherwise.
	settleTimes = 2
)

// settling is a point after whose change a class waits.
type settling struct {
	step float64
	// last is the value from which a change is counted, moved when it last
	// changed by a step, zero before it did.
	last  gtc.Value
	moved time.Time
}

// see takes a newer value. Small changes add up to a step.
func (s *settling) see(v gtc.Value, at time.Time) {
	switch {
	case !s.last.Present():
	case v.Type != gtc.TypeFloat && v == s.last, v.Type == gtc.TypeFloat && math.Abs(v.Num-s.last.Num) < s.step:
		return
	default:
		s.moved = at
	}
	s.last = v
}

// settled is when the plant had its time, at the latest the class's longest
// wait after due.
func (t *track) settled(due time.Time) time.Time {
	end := due
	for _, s := range t.settling {
		if !s.moved.IsZero() {
			end = later(end, s.moved.Add(t.class.Settle.For))
		}
	}
	if last := due.Add(t.class.Settle.AtMost); end.After(last) {
		return last
	}
	return end
}
