package drift

import "github.com/cpas-charleroi/gtc/rules/energy/baseline"

// When a fault of the data in the baseline itself is a habit of the building.
const (
	// It recurs in so many separate runs, or in two that are this share of the
	// days, or it is the rule.
	habitRuns, habitShare, habitRule = 3, 0.05, 0.5
	// longerThan times the longest habitual run is a fault even so.
	longerThan = 2
	// A closure, or a week of one and the same small count, comes back within
	// closureApart days of the same time of the year, and lasts up to half as
	// long again.
	closureApart, closureLonger = 30, 1.5
)

// habit is what a data rule finds in the baseline itself.
type habit struct {
	// longest is the longest run in days where it recurs, 0 where it does not.
	longest int
	// closures are runs that may come back at the same time of year.
	closures []closure
}

// closure is a run of so many days about a day of the year.
type closure struct{ doy, days int }

// habitOf looks for a rule in the baseline's own days. A unit is never wrong
// and no day strange by habit.
func habitOf(r dataRule, train []judged) habit {
	var h habit
	if r.id == RuleUnit || r.id == RuleSpike {
		return h
	}
	runs, days, longest := 0, 0, 0
	for k := 0; k < len(train); k++ {
		level, ok := r.level(train, k)
		if !ok {
			continue
		}
		from := r.since(train, k, level)
		for k+1 < len(train) && r.goes(train[k+1], level) {
			k++
		}
		n := k + 1 - from
		runs, days, longest = runs+1, days+n, max(longest, n)
		h.closures = append(h.closures, closure{train[k-(n-1)/2].doy, n})
	}
	share := float64(days) / float64(len(train))
	if runs >= habitRuns || runs > 1 && share >= habitShare || share >= habitRule {
		h.longest = longest
	}
	return h
}

// excuses reports whether a run of so many days that reaches to a day of the
// year is as the building does.
func (h habit) excuses(doy, days int) bool {
	if days <= longerThan*h.longest {
		return true
	}
	for _, c := range h.closures {
		if baseline.Apart(doy, c.doy) <= closureApart+c.days/2 && float64(days) <= closureLonger*float64(c.days) {
			return true
		}
	}
	return false
}
