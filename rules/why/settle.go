package why

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/cpas-charleroi/gtc"
)

// leastCause is the share of an excess below which a cause is not named.
const leastCause = 0.15

// What findings say of each other in their inputs: the one that says why, and
// those that it says why of, in order of name.
const (
	inputExplainedBy = "explained_by"
	inputExplains    = "explains"
)

// Settle puts the findings of one site together, those of the drift detector
// and those of the rules. What another finding explains is not said beside it: an
// energy finding that began on a meter or equipment whose data were known to be at
// fault, and what shows that a plant does not heat beside the one that names it.
// It is left out, and one that was open by then is over on the day on which the
// other was detected; the other lists them all. A plant that does not heat is so
// for as long as what shows it. A drift gets the causes that findings of the rules
// support, each with its kWh. The findings given are not changed.
func Settle(all []gtc.Finding, rules Set) []gtc.Finding {
	s := settle(all, rules)
	under := make([][]gtc.Finding, len(all))
	for i, by := range s.by {
		if by != none {
			under[s.root(i)] = append(under[s.root(i)], all[i])
		}
	}
	var out []gtc.Finding
	for i, f := range all {
		switch by := s.by[i]; {
		case by == none:
			out = append(out, s.lead(f, under[i]))
		case all[by].Detected.After(f.Detected):
			f.End = all[by].Detected
			out = append(out, noting(f, inputExplainedBy, all[s.root(i)].ID))
		}
	}
	for i := range out {
		if f := &out[i]; f.Kind == gtc.FindingDrift && !Owns(*f) {
			f.Causes = causes(*f, out, rules)
		}
	}
	return out
}

// Explained returns, by name, of which kind the finding is that explains another.
func Explained(settled []gtc.Finding) map[string]gtc.FindingKind {
	out := map[string]gtc.FindingKind{}
	for _, f := range settled {
		for _, id := range listed(f) {
			out[id] = f.Kind
		}
	}
	return out
}

// listed are the names of what a finding explains.
func listed(f gtc.Finding) []string {
	return strings.FieldsFunc(f.Inputs[inputExplains], func(r rune) bool { return r == ' ' })
}

// noting returns a finding with one more input.
func noting(f gtc.Finding, name, value string) gtc.Finding {
	f.Inputs = maps.Clone(f.Inputs)
	if f.Inputs == nil {
		f.Inputs = map[string]string{}
	}
	f.Inputs[name] = value
	return f
}

// lead returns a finding with what it explains. What it listed before and is not
// given is listed still: a hub that starts again does not know all findings yet.
func (s *settling) lead(f gtc.Finding, under []gtc.Finding) gtc.Finding {
	var ids []string
	for _, id := range listed(f) {
		if !slices.ContainsFunc(s.all, func(x gtc.Finding) bool { return x.ID == id }) {
			ids = append(ids, id)
		}
	}
	for _, x := range under {
		ids = append(ids, x.ID)
	}
	slices.Sort(ids)
	if len(ids) > 0 || f.Inputs[inputExplains] != "" {
		f = noting(f, inputExplains, strings.Join(ids, " "))
	}
	return s.last(f, under)
}

// last lets a cause last while findings of its kind that it explains do.
func (s *settling) last(f gtc.Finding, under []gtc.Finding) gtc.Finding {
	r := s.rules.Rule(f.Rule)
	for again := r != nil && r.Kind == gtc.FindingDrift; again; {
		again = false
		for _, x := range under {
			q := s.rules.Rule(x.Rule)
			if f.End.IsZero() || q == nil || q.Cause != r.Cause || !x.Onset.Before(f.End) || !x.End.IsZero() && !x.End.After(f.End) {
				continue
			}
			f.End, f.Through, again = x.End, x.Through, true
		}
	}
	return f
}

// concerns reports whether a finding on data can explain another: its rule
// explains that of the other, and it is on the same meter, or on the equipment
// that the other looked at. A meter that the detector says is at fault explains
// all that was seen of it but a danger to people, which is never muted.
func concerns(d, f gtc.Finding, rules Set) bool {
	if d.Site != f.Site || d.Equipment != f.Equipment || d.Meter != f.Meter {
		return false
	}
	r := rules.Rule(d.Rule)
	if r == nil {
		return !Dangerous(f)
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
