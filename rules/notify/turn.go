package notify

import (
	"slices"
	"time"
)

// farTurn is how far ahead a change of who is on call is looked for, in days.
const farTurn = 400

// OnCallUntil returns when somebody else than at an instant, or nobody, or
// again somebody, is on call in a rota; zero when that is not within 400 days.
func (b *Book) OnCallUntil(rota string, at time.Time, loc *time.Location) time.Time {
	r, ok := b.rota(rota)
	if !ok {
		return time.Time{}
	}
	now, somebody := b.OnCall(rota, at, loc)
	for _, t := range b.turnsAfter(r, at, loc) {
		if next, ok := b.OnCall(rota, t, loc); ok != somebody || next.ID != now.ID {
			return t
		}
	}
	return time.Time{}
}

// turnsAfter are the instants at which somebody else can be on call: the hour
// of the turns of each day, and where exceptions and leave begin and end.
func (b *Book) turnsAfter(r Rota, at time.Time, loc *time.Location) []time.Time {
	var out []time.Time
	start, today := r.Start.In(loc), at.In(loc)
	for day := range farTurn {
		out = append(out, time.Date(today.Year(), today.Month(), today.Day()+day, start.Hour(), start.Minute(), 0, 0, loc))
	}
	for _, s := range slices.Concat(r.Exceptions, b.Leave) {
		out = append(out, s.From, s.Until)
	}
	out = slices.DeleteFunc(out, func(t time.Time) bool { return !t.After(at) })
	slices.SortFunc(out, time.Time.Compare)
	return out
}
