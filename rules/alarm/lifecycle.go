package alarm

import (
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Next returns the alarm after its condition was found to hold, or not to
// hold, at an instant. It is the whole life cycle but for [Acknowledge]:
//
//	state                    holds                     does not hold
//	normal                   unacknowledged, new       normal
//	unacknowledged           unacknowledged            returned_unacknowledged
//	acknowledged             acknowledged              normal
//	returned_unacknowledged  unacknowledged, new       returned_unacknowledged
//
// "New" is a new occurrence: it is counted, begins at that instant and has not
// been seen by anybody. In every other case the occurrence keeps its start. An
// alarm without a state is normal.
func Next(a gtc.Alarm, holds bool, at time.Time) gtc.Alarm {
	switch {
	case holds && !a.Active():
		a.State = gtc.AlarmUnacknowledged
		a.Since, a.Changed = at, at
		a.Occurrence++
		a.By = ""
	case !holds && a.State == gtc.AlarmUnacknowledged:
		a.State = gtc.AlarmReturned
		a.Changed = later(a.Changed, at)
	case !holds && a.State == gtc.AlarmAcknowledged:
		a.State = gtc.AlarmNormal
		a.Changed = later(a.Changed, at)
	case a.State == "":
		a.State = gtc.AlarmNormal
	}
	return a
}

// Acknowledge returns the alarm after a person took it in charge. It says
// nothing about the condition: an unacknowledged alarm becomes acknowledged, a
// returned one becomes normal, any other stays as it is. The occurrence keeps
// its start.
func Acknowledge(a gtc.Alarm, by string, at time.Time) gtc.Alarm {
	switch a.State {
	case gtc.AlarmUnacknowledged:
		a.State = gtc.AlarmAcknowledged
	case gtc.AlarmReturned:
		a.State = gtc.AlarmNormal
	case gtc.AlarmNormal, gtc.AlarmAcknowledged:
		return a
	default:
		a.State = gtc.AlarmNormal
		return a
	}
	a.By = by
	a.Changed = later(a.Changed, at)
	return a
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
