package why

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/cpas-charleroi/gtc"
)

// leastCause is the share of an excess below which a cause is not named.
const leastCause = 0.15

// Settle puts the findings of one site together, those of the drift detector
// and those of the rules. What bad data explain is not said: an energy finding
// that began on a meter or equipment whose data were known to be at fault is
// left out, and one that was open when the data were found at fault is over on
// that day. A drift gets the causes that findings of the rules support, each
// with its kWh. The findings given are not changed.
func Settle(all []gtc.Finding, rules Set) []gtc.Finding {
	var out []gtc.Finding
	for _, f := range all {
		if f.Kind != gtc.FindingData {
			var explained bool
			if f, explained = suppress(f, all, rules); explained {
				continue
			}
		}
		out = append(out, f)
	}
	for i := range out {
		if f := &out[i]; f.Kind == gtc.FindingDrift && !Owns(*f) {
			f.Causes = causes(*f, out, rules)
		}
	}
	return out
}

// suppress looks for bad data behind a finding.
func suppress(f gtc.Finding, all []gtc.Finding, rules Set) (gtc.Finding, bool) {
	for _, d := range all {
		if d.Kind != gtc.FindingData || !concerns(d, f, rules) || !d.End.IsZero() && !d.End.After(f.Onset) {
			continue
		}
		if !d.Detected.After(f.Detected) {
			return f, true
		}
		if !d.Onset.After(f.Detected) && (f.End.IsZero() || f.End.After(d.Detected)) {
			f.End = d.Detected
			f.Inputs = maps.Clone(f.Inputs)
			if f.Inputs == nil {
				f.Inputs = map[string]string{}
			}
			f.Inputs["explained_by"] = d.ID
		}
	}
	return f, false
}

// concerns reports whether a finding on data can explain another: its rule
// explains that of the other, and it is on the same meter, or on the equipment
// that the other looked at. A meter that the detector says is at fault explains
// all that was seen of it but gas that flows at night, which is never muted.
func concerns(d, f gtc.Finding, rules Set) bool {
	if d.Site != f.Site || d.Equipment != f.Equipment || d.Meter != f.Meter {
		return false
	}
	r := rules.Rule(d.Rule)
	if r == nil {
		return f.Rule != ruleGas
	}
	return slices.Contains(r.Explains, f.Rule)
}

// ruleGas is the suspicion of a leak.
const ruleGas = "G1"

// causes divides a drift's excess among what the rules say and, for the rest,
// what its residuals say.
func causes(f gtc.Finding, all []gtc.Finding, rules Set) []gtc.Cause {
	total := math.Abs(f.ExcessKWh)
	said := map[string]gtc.Cause{}
	for _, x := range all {
		r := rules.Rule(x.Rule)
		if x.Kind != gtc.FindingDrift || !Owns(x) || r == nil || r.Cause == "" || x.Meter != f.Meter || !overlap(f, x) {
			continue
		}
		c := said[r.Cause]
		kwh := math.Max(0, x.ExcessKWh*shared(f, x))
		if c.ID == "" || kwh > c.KWh {
			said[r.Cause] = gtc.Cause{ID: r.Cause, KWh: kwh, Label: r.Name}
		}
	}
	sum := 0.0
	for _, id := range slices.Sorted(maps.Keys(said)) {
		sum += said[id].KWh
	}
	scale := 1.0
	if sum > total && sum > 0 {
		scale = total / sum
	}
	left := 1 - math.Min(1, sum*scale/math.Max(total, 1e-9))
	var out []gtc.Cause
	for _, c := range f.Causes { // what the residuals say keeps the rest
		if own, ok := said[c.ID]; ok {
			own.KWh = math.Max(own.KWh*scale, c.KWh*left)
			said[c.ID] = own
			continue
		}
		c.KWh = math.Round(c.KWh * left)
		if math.Abs(c.KWh) >= leastCause*total {
			out = append(out, c)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(said)) {
		c := said[id]
		c.KWh = math.Round(c.KWh * scale)
		out = append(out, c) // without kWh too: the evidence is there
	}
	slices.SortStableFunc(out, func(a, b gtc.Cause) int { return cmp.Compare(math.Abs(b.KWh), math.Abs(a.KWh)) })
	return out
}

// overlap reports whether two findings lasted at the same time.
func overlap(a, b gtc.Finding) bool {
	return (a.End.IsZero() || b.Onset.Before(a.End)) && (b.End.IsZero() || a.Onset.Before(b.End))
}

// shared is the share of the days of x that lie in f.
func shared(f, x gtc.Finding) float64 {
	days := x.Through.Sub(x.Onset).Hours()/24 + 1
	from, to := x.Onset, x.Through
	if f.Onset.After(from) {
		from = f.Onset
	}
	if f.Through.Before(to) {
		to = f.Through
	}
	return math.Max(0, math.Min(1, (to.Sub(from).Hours()/24+1)/math.Max(1, days)))
}
