package alarm

import (
	"cmp"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Input is what can happen to an alarm.
type Input int

// The inputs. The first two come from the process, the others from a person,
// from design or from time.
const (
	// Holds and Clears say what was found about the condition.
	Holds Input = iota
	Clears
	// Acknowledge is a person who took the alarm in charge.
	Acknowledge
	// Reset is a person who looked and lets a latched alarm go.
	Reset
	// Renew calls again for an alarm in charge: its priority rose, or it still
	// holds when its shelving ends.
	Renew
)

// Inputs lists all inputs.
func Inputs() []Input { return []Input{Holds, Clears, Acknowledge, Reset, Renew} }

// step is a move of the life cycle. Fresh begins a new occurrence.
type step struct {
	to    gtc.AlarmState
	fresh bool
}

// move returns what becomes of a state, not ok when the input changes nothing.
// It is the whole life cycle; inhibition lies over it and never changes it.
//
//	state                    holds   clears                    acknowledge   reset   renew
//	normal                   unack*  –                         –             –       –
//	unacknowledged           –       returned, latched_unack   acknowledged  –       –
//	acknowledged             –       normal, latched           –             –       unack
//	returned_unacknowledged  unack*  –                         normal        –       –
//	latched_unacknowledged   unack*  –                         latched       –       –
//	latched                  unack*  –                         –             normal  –
//
// * is a new occurrence; the second word after a comma is for a class that
// latches.
func move(s gtc.AlarmState, in Input, latches bool) (step, bool) {
	over := func(plain, latched gtc.AlarmState) (step, bool) {
		if latches {
			return step{to: latched}, true
		}
		return step{to: plain}, true
	}
	switch s {
	case gtc.AlarmUnacknowledged:
		switch in {
		case Clears:
			return over(gtc.AlarmReturned, gtc.AlarmLatchedUnacknowledged)
		case Acknowledge:
			return step{to: gtc.AlarmAcknowledged}, true
		case Holds, Reset, Renew:
		}
		return step{}, false
	case gtc.AlarmAcknowledged:
		switch in {
		case Clears:
			return over(gtc.AlarmNormal, gtc.AlarmLatched)
		case Renew:
			return step{to: gtc.AlarmUnacknowledged}, true
		case Holds, Acknowledge, Reset:
		}
		return step{}, false
	default: // the condition does not hold
		return moveResting(s, in)
	}
}

// moveResting is move for the states in which the condition does not hold.
func moveResting(s gtc.AlarmState, in Input) (step, bool) {
	switch {
	case in == Holds:
		return step{to: gtc.AlarmUnacknowledged, fresh: true}, true
	case s == gtc.AlarmReturned && in == Acknowledge, s == gtc.AlarmLatched && in == Reset:
		return step{to: gtc.AlarmNormal}, true
	case s == gtc.AlarmLatchedUnacknowledged && in == Acknowledge:
		return step{to: gtc.AlarmLatched}, true
	}
	return step{}, false
}

// Next returns the alarm after an input at an instant; by is the person, ""
// for the process. Latches says whether its class does. A new occurrence is
// counted, begins at that instant and has not been seen by anybody; in every
// other case the occurrence keeps its start. An alarm without a state is
// normal.
func Next(a gtc.Alarm, in Input, latches bool, by string, at time.Time) gtc.Alarm {
	process := cmp.Or(a.Process(), gtc.AlarmNormal)
	a = show(a, process)
	s, ok := move(process, in, latches)
	if !ok {
		return a
	}
	if s.fresh {
		a.Since, a.By = at, ""
		a.Occurrence++
	}
	if in == Acknowledge || in == Reset {
		a.By = by
	}
	a.Changed = later(a.Changed, at)
	return show(a, s.to)
}

// show sets the state of the process and what is to be seen of it.
func show(a gtc.Alarm, process gtc.AlarmState) gtc.Alarm {
	a.State, a.Under = process, ""
	if len(a.Inhibitions) > 0 {
		a.State, a.Under = a.Inhibitions[0].State, process
	}
	return a
}

// Inhibit returns the alarm with one more inhibition, in the place of one of
// the same state. The condition goes on being judged beneath it. It changes
// nothing of an alarm that concerns life safety.
func Inhibit(a gtc.Alarm, i gtc.Inhibition) gtc.Alarm {
	if a.LifeSafety || !i.State.Inhibits() {
		return a
	}
	process := cmp.Or(a.Process(), gtc.AlarmNormal)
	a.Inhibitions = append(without(a.Inhibitions, i.State), i)
	slices.SortFunc(a.Inhibitions, func(x, y gtc.Inhibition) int { return cmp.Compare(weight(x.State), weight(y.State)) })
	a.Changed = later(a.Changed, i.Since)
	return show(a, process)
}

// Release returns the alarm without the inhibition of a state. An alarm in
// charge that holds and is no longer inhibited at all is unacknowledged again,
// so that somebody looks: what was true when it was set aside may not be true
// any more.
func Release(a gtc.Alarm, state gtc.AlarmState, at time.Time) gtc.Alarm {
	left := without(a.Inhibitions, state)
	if len(left) == len(a.Inhibitions) {
		return a
	}
	process := a.Process()
	a.Inhibitions = left
	a.Changed = later(a.Changed, at)
	a = show(a, process)
	if len(left) == 0 && state != gtc.AlarmSuppressed {
		return Next(a, Renew, false, "", at)
	}
	return a
}

// Inhibited returns the inhibition of a state.
func Inhibited(a gtc.Alarm, state gtc.AlarmState) (gtc.Inhibition, bool) {
	for _, i := range a.Inhibitions {
		if i.State == state {
			return i, true
		}
	}
	return gtc.Inhibition{}, false
}

func without(in []gtc.Inhibition, state gtc.AlarmState) []gtc.Inhibition {
	var out []gtc.Inhibition
	for _, i := range in {
		if i.State != state {
			out = append(out, i)
		}
	}
	return out
}

// weight orders inhibitions: what was taken out of service says more than that
// it is suppressed, and that more than that it was shelved.
func weight(s gtc.AlarmState) int {
	switch s {
	case gtc.AlarmOutOfService:
		return 0
	case gtc.AlarmSuppressed:
		return 1
	default:
		return 2
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// after returns at, or the millisecond after before if at is not later.
func after(before, at time.Time) time.Time {
	if at.After(before) {
		return at
	}
	return before.Add(time.Millisecond)
}
