package drift

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// The causes that residuals alone can tell apart.
const (
	CauseBase    = "base"
	CauseSlope   = "slope"
	CauseWeekend = "weekend"
	CauseSummer  = "summer"
)

// leastCause is the share of the excess below which a cause is not named.
const leastCause = 0.15

// excess is a finding's excess, divided.
type excess struct {
	total, weekend, summer, base, slope float64
	weekendDays, days                   int
}

// causesOf divides the excess of the days among the causes that the
// residuals support, the largest first. A cause is a part of the whole: the
// weekend's and the summer's share beyond that of other days, and of the rest
// what is the same every day (base) and what grows with the cold (slope).
func causesOf(b baseline.Baseline, line []judged, sign float64) []gtc.Cause {
	x := divide(b, line)
	least := leastCause * math.Abs(x.total)
	var out []gtc.Cause
	add := func(id string, kwh float64) {
		if sign*kwh >= least && kwh != 0 {
			out = append(out, gtc.Cause{ID: id, KWh: math.Round(kwh), Label: causeLabel(id)})
		}
	}
	add(CauseWeekend, x.weekend)
	add(CauseSummer, x.summer)
	add(CauseBase, x.base)
	add(CauseSlope, x.slope)
	slices.SortStableFunc(out, func(a, b gtc.Cause) int { return cmp.Compare(math.Abs(b.KWh), math.Abs(a.KWh)) })
	return out
}

// divide sums residuals by cause.
func divide(b baseline.Baseline, line []judged) excess {
	var x excess
	var weekend, summer float64 // residuals of those days
	var summerDays int
	for _, d := range line {
		if !d.ok {
			continue
		}
		r := d.y - d.e
		x.total += r
		x.days++
		if isWeekend(d.date) {
			weekend += r
			x.weekendDays++
		}
		if heatingDegrees(b, d.temp) == 0 {
			summer += r
			summerDays++
		}
	}
	x.weekend = beyond(weekend, x.total, x.weekendDays, x.days)
	if b.Whole.Heating > 0 {
		x.summer = beyond(summer, x.total, summerDays, x.days)
	}
	x.base, x.slope = baseAndSlope(b, line)
	rest := x.total - x.weekend - x.summer
	if sum := x.base + x.slope; math.Abs(sum) > 1e-9 {
		x.base, x.slope = x.base/sum*rest, x.slope/sum*rest
	}
	return x
}

// beyond returns what a group of days has in excess of the other days' rate,
// when that is the larger part of the group's own and of the whole.
func beyond(group, total float64, n, all int) float64 {
	if n < 4 || all-n < 4 {
		return 0
	}
	extra := group - (total-group)/float64(all-n)*float64(n)
	if extra*total <= 0 || math.Abs(extra) < 0.5*math.Abs(group) || math.Abs(extra) < 0.3*math.Abs(total) {
		return 0
	}
	return extra
}

// baseAndSlope divides the excess into a part that is the same every day and
// a part that grows with the degree-days. One of the two takes all unless
// both are clearly better, and neither goes against the whole.
func baseAndSlope(b baseline.Baseline, line []judged) (base, slope float64) {
	var n, h, hh, r, hr, rr float64
	for _, d := range line {
		if !d.ok {
			continue
		}
		x, y := heatingDegrees(b, d.temp), d.y-d.e
		n, h, hh, r, hr, rr = n+1, h+x, hh+x*x, r+y, hr+x*y, rr+y*y
	}
	det := n*hh - h*h
	if !(det > 1e-9*n*hh) {
		return r, 0
	}
	k := (n*hr - h*r) / det
	slope, base = k*h, r-k*h
	sseBoth := rr - k*hr - base/n*r
	sseBase, sseSlope := rr-r*r/n, rr-hr*hr/hh
	clear := math.Min(sseBase, sseSlope)-sseBoth > clearly*sseBoth/math.Max(1, n-2)
	if clear && base*r >= 0 && slope*r >= 0 {
		return base, slope
	}
	if sseSlope < sseBase {
		return 0, r
	}
	return r, 0
}

// clearly is how many times the remaining variance a second cause must
// explain to be told from the first.
const clearly = 6.0

// heatingDegrees returns the degree-days of a day on the baseline's own
// balance point.
func heatingDegrees(b baseline.Baseline, t float64) float64 {
	if b.Whole.Heating <= 0 {
		return 0
	}
	return math.Max(0, b.Whole.HeatingBP-t)
}

func isWeekend(t time.Time) bool {
	return t.Weekday() == time.Saturday || t.Weekday() == time.Sunday
}

// causeLabel names a cause.
func causeLabel(id string) gtc.Label {
	switch id {
	case CauseWeekend:
		return gtc.Label{"fr": "week-end", "nl": "weekend", "en": "weekend"}
	case CauseMeter:
		return gtc.Label{"fr": "compteur ou impulsions", "nl": "meter of impulsen", "en": "meter or pulses"}
	case CauseSummer:
		return gtc.Label{"fr": "hors saison de chauffe", "nl": "buiten het stookseizoen", "en": "outside the heating season"}
	case CauseSlope:
		return gtc.Label{"fr": "pente de chauffage (régulation, bâti)", "nl": "verwarmingshelling (regeling, schil)", "en": "heating slope (control, envelope)"}
	default:
		return gtc.Label{"fr": "talon (consommation de base)", "nl": "basisverbruik", "en": "base load"}
	}
}
