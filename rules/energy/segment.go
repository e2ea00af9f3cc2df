package energy

import (
	"math"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// lookAhead is how many of the following readings may show that one reading
// was a spike and not a new beginning of the index.
const lookAhead = 3

// rolloverShare is the share of the register above which a falling index is a
// rollover and below which it is a reset.
const rolloverShare = 0.9

// segment is the rise of an index between two instants.
type segment struct {
	from, to time.Time
	rise     float64
	// gap says that the course between the two instants is not known.
	gap bool
	// known is false when even the rise is not known: after a reset, or when
	// the rise is more than the meter can count.
	known bool
}

// segmentsOf resolves readings into segments in order of time.
func segmentsOf(m gtc.Meter, readings []Reading) []segment {
	rs := plausible(m, tidy(readings))
	if len(rs) < 2 {
		return nil
	}
	out := make([]segment, 0, len(rs)-1)
	for i := 1; i < len(rs); i++ {
		out = append(out, between(m, rs[i-1], rs[i])...)
	}
	return out
}

// tidy sorts a copy by time, drops what is not a number or below zero, and
// keeps the last of several readings of one instant.
func tidy(readings []Reading) []Reading {
	rs := make([]Reading, 0, len(readings))
	for _, r := range readings {
		if !math.IsNaN(r.Index) && !math.IsInf(r.Index, 0) && r.Index >= 0 {
			rs = append(rs, r)
		}
	}
	slices.SortStableFunc(rs, func(a, b Reading) int { return a.At.Compare(b.At) })
	out := rs[:0]
	for _, r := range rs {
		if n := len(out); n > 0 && out[n-1].At.Equal(r.At) {
			out[n-1] = r
			continue
		}
		out = append(out, r)
	}
	return out
}

// plausible drops single readings that do not fit between their neighbours,
// such as a meter that answers 0 and then its total.
func plausible(m gtc.Meter, rs []Reading) []Reading {
	out := make([]Reading, 0, len(rs))
	for i, r := range rs {
		n := len(out)
		if n == 0 || possible(m, out[n-1], r) {
			out = append(out, r)
			continue
		}
		if n > 1 && r.Index < out[n-1].Index && possible(m, out[n-2], r) {
			out[n-1] = r // the one before was the spike
			continue
		}
		if spike(m, out[n-1], rs[i+1:]) {
			continue
		}
		out = append(out, r) // a new beginning
	}
	return out
}

// spike reports whether one of the next readings follows last as if the
// reading between had not been.
func spike(m gtc.Meter, last Reading, next []Reading) bool {
	for _, r := range next[:min(lookAhead, len(next))] {
		if possible(m, last, r) {
			return true
		}
	}
	return false
}

// possible reports whether the rise from a to b is one the meter can count.
func possible(m gtc.Meter, a, b Reading) bool {
	for _, s := range between(m, a, b) {
		if !s.known {
			return false
		}
	}
	return true
}

// between returns the segments from a to b, cut where the meter was swapped.
func between(m gtc.Meter, a, b Reading) []segment {
	var out []segment
	gap := b.At.Sub(a.At) > maxStep
	at := a
	for _, s := range m.Swaps {
		if !s.At.After(at.At) || s.At.After(b.At) {
			continue
		}
		out = append(out, rise(m, at, Reading{s.At, s.OldIndex}, gap))
		at = Reading{s.At, s.NewIndex}
	}
	if b.At.After(at.At) {
		out = append(out, rise(m, at, b, gap))
	}
	return out
}

// rise returns the segment from a to b of one and the same meter.
func rise(m gtc.Meter, a, b Reading, gap bool) segment {
	s := segment{from: a.At, to: b.At, rise: b.Index - a.Index, gap: gap, known: true}
	if s.rise < 0 && a.Index > rolloverShare*m.RolloverAt && m.RolloverAt >= a.Index {
		s.rise += m.RolloverAt
	}
	limit := math.Inf(1)
	if m.MaxPerHour > 0 {
		// A register counts in steps: one hour's worth may show at once.
		limit = m.MaxPerHour * math.Max(1, b.At.Sub(a.At).Hours())
	}
	if s.rise < 0 || s.rise > limit {
		s.rise, s.known = 0, false
	}
	return s
}

// Broken returns the spans in which the consumption of a meter is not known
// although it was read: a reset of the index, or a rise that the meter cannot
// count. They are named so that no hour is missing without a reason.
func Broken(m gtc.Meter, readings []Reading) []Span {
	var out []Span
	for _, s := range segmentsOf(m, readings) {
		if !s.known {
			out = append(out, Span{From: s.from, To: s.to})
		}
	}
	return out
}

// Span is the time from From (included) to To (excluded).
type Span struct{ From, To time.Time }
