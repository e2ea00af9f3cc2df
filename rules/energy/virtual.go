package energy

import (
	"math"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// The sources of a value, the best proven first.
const (
	SourceMetered   = "metered"
	SourceManual    = "manual"
	SourceInvoice   = "invoice"
	SourceEstimated = "estimated"
	SourceAllocated = "allocated"
)

// rank orders the sources by how little they prove.
func rank(source string) int {
	return slices.Index([]string{"", SourceMetered, SourceManual, SourceInvoice, SourceEstimated, SourceAllocated}, source)
}

// WeightAt returns the weight of a term that holds at an instant; false before
// its first one.
func WeightAt(weights []gtc.Weight, at time.Time) (float64, bool) {
	w, ok := 0.0, false
	for _, x := range weights {
		if x.From.After(at) {
			break
		}
		w, ok = x.Value, true
	}
	return w, ok
}

// Combine sums the terms of a virtual meter over their hours or days, each
// list in order of time and starting at the same instants. Where one term is
// absent the sum is: absent is not zero. The coverage is the least of the
// parts, the source the least proven; shares are allocated.
func Combine(m gtc.Meter, parts [][]Interval) []Interval {
	if len(parts) == 0 || len(parts) != len(m.Terms) {
		return nil
	}
	next := make([]int, len(parts))
	var out []Interval
	for _, first := range parts[0] {
		sum := Interval{Start: first.Start, Coverage: 1}
		whole := true
		for k, part := range parts {
			for next[k] < len(part) && part[next[k]].Start.Before(first.Start) {
				next[k]++
			}
			if next[k] == len(part) || !part[next[k]].Start.Equal(first.Start) || !sum.take(part[next[k]], m.Terms[k]) {
				whole = false
				break
			}
		}
		if !whole {
			continue
		}
		if m.Allocated {
			sum.Source = SourceAllocated
		}
		out = append(out, sum)
	}
	return out
}

// take adds one term; false when nothing is known of it.
func (i *Interval) take(part Interval, t gtc.MeterTerm) bool {
	w, ok := WeightAt(t.Weights, part.Start)
	if !ok || part.NoEnergy {
		return false
	}
	i.KWh += w * part.KWh
	i.Coverage = math.Min(i.Coverage, part.Coverage)
	i.Estimated = i.Estimated || part.Estimated
	if part.Source != SourceMetered && rank(part.Source) > rank(i.Source) {
		i.Source = part.Source
	}
	return true
}
