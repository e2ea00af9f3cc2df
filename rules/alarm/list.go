package alarm

import (
	"cmp"
	"slices"

	"github.com/cpas-charleroi/gtc"
)

// Alarms returns every alarm that was ever raised or is set aside, standing
// ones first, worst and newest first. All of them have to be stored: the count
// of occurrences of a normal alarm makes the ids of its next events. One at
// rest that is only suppressed by design is not among them: it is found again.
func (e *Engine) Alarms() []gtc.Alarm {
	out := slices.Clone(e.orphans)
	for _, t := range e.tracks {
		if t.alarm.Occurrence > 0 || t.setAside() {
			out = append(out, t.alarm)
		}
	}
	slices.SortFunc(out, worstFirst)
	return out
}

func worstFirst(a, b gtc.Alarm) int {
	return cmp.Or(
		cmp.Compare(rank(a.State), rank(b.State)),
		cmp.Compare(a.Priority, b.Priority),
		b.Since.Compare(a.Since),
		cmp.Compare(a.ID, b.ID),
	)
}

// rank orders states: what nobody has seen first, what is over after what is
// not, what is inhibited after what asks for somebody.
func rank(s gtc.AlarmState) int {
	order := [...]gtc.AlarmState{
		gtc.AlarmUnacknowledged, gtc.AlarmAcknowledged, gtc.AlarmLatchedUnacknowledged, gtc.AlarmReturned,
		gtc.AlarmLatched, gtc.AlarmShelved, gtc.AlarmSuppressed, gtc.AlarmOutOfService,
	}
	if i := slices.Index(order[:], s); i >= 0 {
		return i
	}
	return len(order)
}
