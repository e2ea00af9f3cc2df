package drift

import (
	"math"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// The data rules.
const (
	// unitDays is the number of days after which a unit error is certain;
	// unitDaysLow that where little is expected, or days scatter, and too little
	// is counted, as in an empty building.
	unitDays, unitDaysLow = 7, 14
	// zeroDays and stuckDays are the days of zero, or of one and the same
	// value, after which the meter is at fault and not the building.
	zeroDays, stuckDays = 3, 5
	// zeroShare of the baseline's mean is due on a day on which a fault shows,
	// or dueSigma standard deviations of the day itself: in summer the whole
	// use lies below that share.
	zeroShare, dueSigma = 0.3, 3.0
	// unitSlack is the width, in decades, about a factor.
	unitSlack = 0.1
	// daySlack is how far, in decades, one day may lie from the factor of its
	// week; slackSigma of its own noise, up to mostSlack, where that is allowed.
	daySlack, mostSlack, slackSigma = 0.15, 0.30, 2.0
	// nearFactor is the part of the way from a factor back to 1, in decades,
	// within which a day goes on as the days before it.
	nearFactor = 0.4
)

// unitFactor returns the factor that a ratio of observed to expected betrays:
// 11 (kWh against m³), 10 or 1000 and their inverses; 0 for none. Slack is in
// decades.
func unitFactor(ratio, slack float64) float64 {
	if ratio <= 0 {
		return 0
	}
	x := math.Log10(ratio)
	for _, f := range [...]float64{11, 10, 1000} {
		if l := math.Log10(f); math.Abs(math.Abs(x)-l) <= slack {
			return math.Pow(f, math.Copysign(1, x))
		}
	}
	return 0
}

// dataRule is one fault of the data.
type dataRule struct {
	id string
	// days is how many it takes to show.
	days int
	// level returns what the days of the run that ends with day k have in
	// common, false when they do not show the fault. It looks at no later day.
	level func(line []judged, k int) (level float64, ok bool)
	// goes reports whether a day before or after such a run has the same fault.
	goes func(d judged, level float64) bool
}

// dataRules returns the rules that say that the meter is not to be believed.
func dataRules(b baseline.Baseline) []dataRule {
	f := faults{mean: b.Metrics.Mean}
	return []dataRule{
		{RuleZero, zeroDays, f.zero, func(d judged, _ float64) bool { return d.y == 0 }},
		{RuleStuck, stuckDays, stuck, func(d judged, level float64) bool { return d.y == level }},
		{RuleUnit, unitDays, f.unit, scaled},
		{
			RuleSpike, 1, func(line []judged, k int) (float64, bool) { return 0, line[k].spike },
			func(d judged, _ float64) bool { return d.spike },
		},
	}
}

// faults judge days of a baseline of so many kWh a day.
type faults struct{ mean float64 }

// due reports whether enough is expected of a day for a fault to show.
func (f faults) due(d judged) bool {
	return d.e > zeroShare*f.mean || d.e > dueSigma*d.sigma
}

// every reports whether all of so many days up to k are seen and fit; there must
// be as many.
func every(line []judged, k, days int, fits func(judged) bool) bool {
	if k+1 < days {
		return false
	}
	for _, d := range line[k+1-days : k+1] {
		if !d.seen || !fits(d) {
			return false
		}
	}
	return true
}

func (f faults) zero(line []judged, k int) (float64, bool) {
	return 0, every(line, k, zeroDays, func(d judged) bool { return d.y == 0 && f.due(d) })
}

func stuck(line []judged, k int) (float64, bool) {
	y := line[k].y
	return y, y > 0 && every(line, k, stuckDays, func(d judged) bool { return d.y == y })
}

// unit returns the ratio of observed to expected. Ten times too much is no
// building's; a tenth may be an empty one's, and takes longer where it is not
// clear.
func (f faults) unit(line []judged, k int) (float64, bool) {
	level, ok := f.unitOver(line, k, unitDays, func(d judged) bool { return d.e > zeroShare*f.mean }, daySlack)
	if !ok && level > 1 {
		level, ok = f.unitOver(line, k, unitDays, f.due, mostSlack)
	}
	if !ok {
		level, ok = f.unitOver(line, k, unitDaysLow, f.due, mostSlack)
	}
	return level, ok
}

// unitOver looks for a factor over so many days on which enough is due.
func (f faults) unitOver(line []judged, k, days int, due func(judged) bool, most float64) (level float64, ok bool) {
	if k+1 < days {
		return 0, false
	}
	var y, e float64
	for _, d := range line[k+1-days : k+1] {
		y, e = y+d.y, e+d.e
	}
	if e <= 0 || unitFactor(y/e, unitSlack) == 0 {
		return 0, false
	}
	level = y / e
	return level, every(line, k, days, func(d judged) bool {
		return due(d) && math.Abs(math.Log10(d.y/d.e)-math.Log10(level)) < slack(d, most)
	})
}

// slack is how far a day may lie from the factor of its week, in decades.
func slack(d judged, most float64) float64 {
	return min(most, max(daySlack, math.Log10(1+slackSigma*d.sigma/d.e)))
}

// scaled reports whether a day's consumption is near a factor times what is
// expected, and not near that itself.
func scaled(d judged, factor float64) bool {
	if d.y <= 0 || d.e <= 0 {
		return false
	}
	f := math.Log10(factor)
	return math.Abs(math.Log10(d.y/d.e)-f) < nearFactor*math.Abs(f)
}

// dataFindings judges the data and takes the days of a fault out of the
// timeline, from the first day of the fault on.
func dataFindings(b baseline.Baseline, w *watch, line []judged, o Options) []gtc.Finding {
	var out []gtc.Finding
	if b.Metrics.Mean <= 0 || b.Metrics.CVRMSE > baseline.BrokenCV {
		return nil
	}
	w.spikes(line)
	for _, rule := range dataRules(b) {
		out = append(out, rule.run(line, w.habits[rule.id], o)...)
	}
	return out
}

// run returns one finding for each stretch on which the rule holds.
func (r dataRule) run(line []judged, h habit, o Options) []gtc.Finding {
	var out []gtc.Finding
	var level float64
	open := false
	for k := range line {
		d := &line[k]
		switch {
		case !d.seen: // what an absent day had is not known
		case open && r.goes(*d, level):
			out[len(out)-1].Through = d.date
			d.distrust(r.id)
		case open:
			out[len(out)-1].End, open = d.date, false
		default:
			if level, open = r.level(line, k); !open {
				continue
			}
			from := r.since(line, k, level)
			if open = !h.excuses(d.doy, k+1-from); open {
				out = append(out, r.finding(line, from, k, o))
				for i := from; i <= k; i++ {
					line[i].distrust(r.id)
				}
			}
		}
	}
	return out
}

// distrust takes a day out of what is judged. One in a wrong unit is no spike.
func (d *judged) distrust(rule string) {
	d.ok = false
	d.spike = d.spike && rule != RuleUnit
}

// since returns the first day of the fault that shows on day k. A day of which
// hardly anything is expected does not tell.
func (r dataRule) since(line []judged, k int, level float64) int {
	from := k + 1 - r.days
	for from > 0 {
		d := line[from-1]
		if !d.seen || !r.goes(d, level) || r.id != RuleStuck && d.e <= d.sigma {
			break
		}
		from--
	}
	return from
}

// finding makes the finding of a fault that is known on day k.
func (r dataRule) finding(line []judged, from, k int, o Options) gtc.Finding {
	f := gtc.Finding{
		Site: o.Site, Meter: o.Meter, Carrier: o.Carrier, Rule: r.id, Kind: gtc.FindingData, State: gtc.FindingNew,
		Detected: line[k].date, Onset: line[from].date, Through: line[k].date, Confidence: 1, Text: dataText(r.id, line, from, k),
	}
	f.ID = findingID(f)
	return f
}
