package why

import (
	"maps"
	"slices"

	"github.com/cpas-charleroi/gtc"
)

// Version names the way the rules judge; it is part of every finding.
const Version = "why/1"

// Sensitivity sets how easily a rule speaks.
type Sensitivity string

// The sensitivities: at low a parameter is its low value, which speaks less
// often, at high its high value, which speaks sooner.
const (
	Low    Sensitivity = "low"
	Normal Sensitivity = "normal"
	High   Sensitivity = "high"
)

// Param is one parameter of a rule.
type Param struct {
	Value float64
	// Unit is as written for people: "%", "K", "min", "" …
	Unit string
	// Low and High are the values at the other sensitivities.
	Low, High float64
}

// at returns the value at a sensitivity.
func (p Param) at(s Sensitivity) float64 {
	switch s {
	case Low:
		return p.Low
	case High:
		return p.High
	case Normal:
	}
	return p.Value
}

// Need is what a rule cannot do without: points of a kind of equipment, or
// the hours of a meter.
type Need struct {
	Kind   gtc.Kind
	Points []gtc.PointID
	// Optional points are used when they are there.
	Optional []gtc.PointID
	// Meter is "heat" (gas, oil or heat), "electricity" or "any"; "" for none.
	Meter string
	// Baseline says that the meter must have one.
	Baseline bool
}

// Rate is how a rule did on a park of simulated buildings.
type Rate struct {
	// False counts the new findings for a building and a year without faults.
	False float64
	// Found is the share of the faults it is for that it found, of Faults; -1
	// where no fault of the simulation shows it.
	Found  float64
	Faults int
	// Delay is the median number of days to the finding.
	Delay int
	// Where says how it was measured, "" when it was not.
	Where string
}

// Measured reports whether the rate of false findings is known.
func (r Rate) Measured() bool { return r.Where != "" }

// Rule is one rule as it is set.
type Rule struct {
	ID   string
	Name gtc.Label
	Kind gtc.FindingKind
	// Cause is what a drift that the rule explains is put down to: night,
	// weekend, slope, base, summer or control; "" for a rule on data.
	Cause string
	// Enabled says that it makes findings.
	Enabled bool
	// By are the rules of the drift detector that do its work, when it has no
	// evaluation of its own.
	By []string
	// Explains are the rules whose findings this one explains: bad data those on
	// the same meter or equipment, a plant that does not heat those that show it.
	Explains []string
	// Needs is what has to be read.
	Needs []Need
	// A finding opens when Open of the last Within days are bad, and closes
	// after Clear known days in a row that are good.
	Open, Within, Clear int
	// Params always hold "threshold", which a measure must reach, and "reset",
	// below which a day is good.
	Params      map[string]Param
	Sensitivity Sensitivity
	// Text says what was found, in a person's words; {value}, {threshold},
	// {since}, {days}, {kwh} and {equipment} are replaced.
	Text gtc.Label
	// Check is what to look at next.
	Check gtc.Label
	Rate  Rate
	// Source is the file that last set it.
	Source string
}

// Param returns the value of a parameter at the rule's sensitivity, 0 when
// there is none of that name.
func (r *Rule) Param(name string) float64 { return r.Params[name].at(r.Sensitivity) }

// ParamNames lists the parameters, the threshold first.
func (r *Rule) ParamNames() []string {
	names := slices.Sorted(maps.Keys(r.Params))
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	return names
}

func rank(param string) int {
	switch param {
	case paramThreshold:
		return 0
	case paramReset:
		return 1
	}
	return 2
}

// The parameters that every rule with an evaluation has.
const (
	paramThreshold = "threshold"
	paramReset     = "reset"
)

// Set is all rules, in the order of the library.
type Set []Rule

// Rule returns the rule of an id, nil when there is none.
func (s Set) Rule(id string) *Rule {
	if i := slices.IndexFunc(s, func(r Rule) bool { return r.ID == id }); i >= 0 {
		return &s[i]
	}
	return nil
}

// Owns reports whether a finding was made by one of the rules' own
// evaluations and not by the drift detector.
func Owns(f gtc.Finding) bool { _, ok := evaluators()[f.Rule]; return ok }
