// Package measure holds the alarms of some days against what people can
// follow: EEMUA 191 (2013) and ISA-18.2, per person who answers them.
//
//	events → Of → Load
//
// It counts calls: an alarm that becomes unacknowledged while nothing inhibits
// it. What is shelved, suppressed or out of service calls nobody. Time is an
// argument; the same events give the same figures.
package measure

import (
	"cmp"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

const (
	// Bin is the span in which alarms are counted.
	Bin = 10 * time.Minute
	// FloodAbove is how many alarms in a Bin begin a flood: more than ten (EEMUA
	// 191).
	FloodAbove = 10
	// FloodBelow is with how few alarms in a Bin it ends: fewer than five.
	FloodBelow = 5
	// topSources is how many of the most frequent alarms are named.
	topSources = 10
)

// Load is what alarms asked of people from From on, until To.
type Load struct {
	From, To time.Time
	// Counts are the calls in each Bin from From on; the last may be shorter.
	Counts []int
	// Floods in order of time.
	Floods []Flood
	// Mix counts the calls by priority 1 to 4, index 0 unused.
	Mix [5]int
	// Top are the alarms that called most often, at most ten, the most frequent
	// first.
	Top []Source
	// Taken says by priority, index 0 unused, how fast alarms were taken in
	// charge.
	Taken [5]Taken
}

// Flood is a span with more calls than a person can follow.
type Flood struct {
	From, To time.Time
	// Count is how many alarms called in it.
	Count int
}

// Source is how often an alarm called.
type Source struct {
	Alarm string
	Count int
}

// Taken is how long it took to take alarms in charge.
type Taken struct {
	// Count were taken in charge, Waiting not yet although nothing else became
	// of them.
	Count, Waiting int
	// Median and P95 are the times within which half and 95 % of Count were,
	// by nearest rank.
	Median, P95 time.Duration
}

// call is one time an alarm called.
type call struct {
	at       time.Time
	alarm    string
	priority gtc.Priority
}

// Of measures events between two instants. They are taken at the instant the
// hub received them: only then could anybody act. Their order is free; the same
// event twice counts once.
func Of(events []gtc.Event, from, to time.Time) Load {
	l := Load{From: from, To: to, Counts: make([]int, bins(from, to))}
	sorted := slices.Clone(events)
	slices.SortStableFunc(sorted, func(a, b gtc.Event) int { return cmp.Or(when(a).Compare(when(b)), cmp.Compare(a.ID, b.ID)) })
	sorted = slices.CompactFunc(sorted, func(a, b gtc.Event) bool { return a.ID == b.ID && a.ID != "" })
	var calls []call
	count := map[string]int{}
	open := map[string]call{}
	var took [5][]time.Duration
	for i := range sorted {
		ev := &sorted[i]
		at := when(*ev)
		if ev.Kind != gtc.EventAlarm || at.Before(from) || !at.Before(to) {
			continue
		}
		switch {
		case Calls(ev):
			c := call{at, ev.Subject, ev.Priority}
			calls = append(calls, c)
			count[c.alarm]++
			open[c.alarm] = c
			l.Counts[int(at.Sub(from)/Bin)]++
			if valid(c.priority) {
				l.Mix[c.priority]++
			}
		case takes(ev):
			c, ok := open[ev.Subject]
			if ok && valid(c.priority) {
				took[c.priority] = append(took[c.priority], at.Sub(c.at))
			}
			delete(open, ev.Subject)
		case gtc.AlarmState(ev.To).Inhibits():
			delete(open, ev.Subject) // nobody is asked any more
		}
	}
	for _, c := range open {
		if valid(c.priority) {
			l.Taken[c.priority].Waiting++
		}
	}
	for p := range took {
		l.Taken[p].of(took[p])
	}
	l.Floods = floods(calls)
	l.Top = top(count)
	return l
}

// Calls reports whether an event asks for somebody.
func Calls(ev *gtc.Event) bool {
	return ev.Kind == gtc.EventAlarm && ev.To == string(gtc.AlarmUnacknowledged) && ev.Inhibited == ""
}

// takes reports whether an event is a person taking an alarm in charge.
func takes(ev *gtc.Event) bool {
	from, to := gtc.AlarmState(ev.From), gtc.AlarmState(ev.To)
	switch from {
	case gtc.AlarmUnacknowledged:
		return to == gtc.AlarmAcknowledged
	case gtc.AlarmReturned:
		return to == gtc.AlarmNormal
	case gtc.AlarmLatchedUnacknowledged:
		return to == gtc.AlarmLatched
	default:
		return false
	}
}

func when(ev gtc.Event) time.Time {
	if ev.Received.IsZero() {
		return ev.At
	}
	return ev.Received
}

func valid(p gtc.Priority) bool { return p >= gtc.PriorityCritical && p <= gtc.PriorityDrift }

func bins(from, to time.Time) int { return max(0, int((to.Sub(from)+Bin-1)/Bin)) }

// of fills in the times.
func (t *Taken) of(took []time.Duration) {
	t.Count = len(took)
	if len(took) == 0 {
		return
	}
	slices.Sort(took)
	rank := func(share int) time.Duration { return took[(len(took)*share+99)/100-1] }
	t.Median, t.P95 = rank(50), rank(95)
}

// floods finds the spans that begin when more than FloodAbove alarms called
// within a Bin and end when fewer than FloodBelow did.
func floods(calls []call) []Flood {
	var out []Flood
	first := 0 // of the calls within a Bin before the one looked at
	var begun int
	in := false
	for i := range calls {
		for calls[i].at.Sub(calls[first].at) >= Bin {
			first++
		}
		within := i - first + 1
		switch {
		case !in && within > FloodAbove:
			in, begun = true, first
		case in && within < FloodBelow:
			out = append(out, Flood{calls[begun].at, calls[i-1].at, i - begun})
			in = false
		}
	}
	if in {
		out = append(out, Flood{calls[begun].at, calls[len(calls)-1].at, len(calls) - begun})
	}
	return out
}

func top(count map[string]int) []Source {
	out := make([]Source, 0, len(count))
	for alarm, n := range count {
		out = append(out, Source{alarm, n})
	}
	slices.SortFunc(out, func(a, b Source) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Alarm, b.Alarm)) })
	return out[:min(len(out), topSources)]
}
