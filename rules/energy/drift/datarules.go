package drift

import (
	"math"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// The data rules.
const (
	// unitDays is the number of days after which a unit error is certain.
	unitDays = 7
	// zeroDays and stuckDays are the days of zero, or of one and the same
	// value, after which the meter is at fault and not the building.
	zeroDays, stuckDays = 3, 5
	// zeroShare of the baseline's mean must be expected for a zero to count.
	zeroShare = 0.3
	// unitSlack is the width, in decades, about a factor.
	unitSlack = 0.1
	// daySlack is how far one day may lie from the factor of its week.
	daySlack = 0.15
)

// unitFactor returns the factor that a ratio of observed to expected betrays:
// 11 (kWh against m³), 10 or 1000 and their inverses; 0 for none.
func unitFactor(ratio float64) float64 {
	if ratio <= 0 {
		return 0
	}
	x := math.Log10(ratio)
	for _, f := range [...]float64{11, 10, 1000} {
		if l := math.Log10(f); math.Abs(math.Abs(x)-l) <= unitSlack {
			return math.Pow(f, math.Copysign(1, x))
		}
	}
	return 0
}

// dataRule is one fault of the data: it holds on the days [k+1-days, k].
type dataRule struct {
	id   string
	days int
	// holds reports whether a run of days shows the fault.
	holds func(run []judged) bool
}

// dataRules returns the rules that say that the meter is not to be believed.
func dataRules(b baseline.Baseline) []dataRule {
	due := func(d judged) bool { return d.e > zeroShare*b.Metrics.Mean }
	every := func(run []judged, f func(judged) bool) bool {
		for _, d := range run {
			if !d.seen || !f(d) {
				return false
			}
		}
		return true
	}
	return []dataRule{
		{RuleZero, zeroDays, func(run []judged) bool {
			return every(run, func(d judged) bool { return d.y == 0 && due(d) })
		}},
		{RuleStuck, stuckDays, func(run []judged) bool {
			return run[0].y > 0 && every(run, func(d judged) bool { return d.y == run[0].y })
		}},
		{RuleUnit, unitDays, func(run []judged) bool {
			var y, e float64
			for _, d := range run {
				y, e = y+d.y, e+d.e
			}
			return e > 0 && unitFactor(y/e) != 0 && every(run, func(d judged) bool {
				return due(d) && math.Abs(math.Log10(d.y/d.e)-math.Log10(y/e)) < daySlack
			})
		}},
	}
}

// dataFindings judges the data and takes the days of a fault out of the
// timeline, from the first day of the fault on.
func dataFindings(b baseline.Baseline, w *watch, line []judged, o Options) []gtc.Finding {
	var out []gtc.Finding
	if b.Metrics.Mean <= 0 || b.Metrics.CVRMSE > baseline.BrokenCV {
		return nil
	}
	for _, rule := range dataRules(b) {
		if slices.Contains(w.habits, rule.id) {
			continue
		}
		out = append(out, rule.run(line, o)...)
	}
	return out
}

// habitual reports whether a rule holds somewhere in the baseline itself.
func habitual(train []judged, r dataRule) bool {
	for k := r.days; k <= len(train); k++ {
		if r.holds(train[k-r.days : k]) {
			return true
		}
	}
	return false
}

// run returns one finding for each stretch on which the rule holds.
func (r dataRule) run(line []judged, o Options) []gtc.Finding {
	var out []gtc.Finding
	open := false
	for k := r.days; k <= len(line); k++ {
		run := line[k-r.days : k]
		last := &line[k-1]
		if !r.holds(run) {
			if open && last.seen {
				out[len(out)-1].End = last.date
				open = false
			}
			continue
		}
		if !open {
			f := gtc.Finding{
				Site: o.Site, Meter: o.Meter, Carrier: o.Carrier, Rule: r.id, Kind: gtc.FindingData, State: gtc.FindingNew,
				Detected: last.date, Onset: run[0].date, Confidence: 1, Text: dataText(r.id, run[0].date, run),
			}
			f.ID = findingID(f)
			out = append(out, f)
			open = true
		}
		out[len(out)-1].Through = last.date
		for i := range run {
			run[i].ok = false
		}
	}
	return out
}

// dataText says what is wrong with the data.
func dataText(rule string, since time.Time, run []judged) gtc.Label {
	fr, nl, en := dateFR(since), dateNL(since), dateEN(since)
	switch rule {
	case RuleZero:
		return gtc.Label{
			"fr": "Compteur à zéro depuis le " + fr + " alors qu'une consommation est attendue : donnée absente ou compteur à l'arrêt.",
			"nl": "Meter staat op nul sinds " + nl + " hoewel verbruik verwacht wordt: ontbrekend gegeven of stilstaande meter.",
			"en": "Meter at zero since " + en + " although consumption is expected: absent data or a stopped meter.",
		}
	case RuleStuck:
		return gtc.Label{
			"fr": "Consommation identique jour après jour depuis le " + fr + " : compteur ou transmission figés.",
			"nl": "Elke dag hetzelfde verbruik sinds " + nl + ": meter of overdracht vastgelopen.",
			"en": "The same consumption day after day since " + en + ": meter or transmission stuck.",
		}
	}
	var y, e float64
	for _, d := range run {
		y, e = y+d.y, e+d.e
	}
	factor := decimal(unitFactor(y/e), 3)
	return gtc.Label{
		"fr": "Consommation multipliée par environ " + factor + " depuis le " + fr + " : erreur d'unité ou de facteur probable (m³ et kWh, Wh et kWh, facteur 10).",
		"nl": "Verbruik ongeveer maal " + factor + " sinds " + nl + ": waarschijnlijk een fout in eenheid of factor (m³ en kWh, Wh en kWh, factor 10).",
		"en": "Consumption about times " + factor + " since " + en + ": probably a wrong unit or factor (m³ and kWh, Wh and kWh, factor 10).",
	}
}
