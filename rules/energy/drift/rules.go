package drift

import (
	"strconv"

	"github.com/cpas-charleroi/gtc"
)

// Rule describes a rule that makes findings, for those who want to know what
// is active.
type Rule struct {
	ID    string
	Kind  gtc.FindingKind
	Label gtc.Label
	// Parameters are what it is set to, in the order of the method.
	Parameters []Parameter
	// Source is the file that holds it.
	Source string
}

// Parameter is one setting of a rule. Unit is "%", "d" or "".
type Parameter struct {
	Name  string
	Value float64
	Unit  string
}

// String returns name=value unit.
func (p Parameter) String() string {
	s := p.Name + "=" + strconv.FormatFloat(p.Value, 'g', 6, 64)
	if p.Unit != "" {
		s += " " + p.Unit
	}
	return s
}

// Rules lists the rules of [Detector.Detect] with what they are set to.
func Rules() []Rule {
	t := standard()
	slow := []Parameter{
		{"least_excess", 100 * t.least, "%"},
		{"least_worth", t.worth, "d"},
		{"longest_window", longest, "d"},
		{"false_budget", 100 * t.slow, "%"},
		{"close_window", closeDays, "d"},
	}
	worse := append([]Parameter{{"least_rise", 100 * t.leastWorse, "%"}}, slow[1:]...)
	return []Rule{
		{
			RuleDrift, gtc.FindingDrift,
			gtc.Label{"fr": "Dérive progressive", "nl": "Geleidelijke afwijking", "en": "Drift"},
			slow, "rules/energy/drift/tuning.go",
		},
		{
			RuleSudden, gtc.FindingDrift,
			gtc.Label{"fr": "Dérive subite", "nl": "Plotse afwijking", "en": "Sudden drift"},
			[]Parameter{
				{"least_excess", 100 * t.leastSudden, "%"}, {"least_worth", t.worthSudden, "d"}, {"false_budget", 100 * t.fast, "%"},
			},
			"rules/energy/drift/tuning.go",
		},
		{
			RuleWorse, gtc.FindingDrift,
			gtc.Label{"fr": "Dérive aggravée", "nl": "Grotere afwijking", "en": "Greater drift"},
			worse, "rules/energy/drift/tuning.go",
		},
		{
			RuleSaving, gtc.FindingSaving,
			gtc.Label{"fr": "Économie", "nl": "Besparing", "en": "Saving"},
			slow, "rules/energy/drift/tuning.go",
		},
		{
			RuleZero, gtc.FindingData,
			gtc.Label{"fr": "Compteur à zéro", "nl": "Meter op nul", "en": "Meter at zero"},
			[]Parameter{{"days", zeroDays, "d"}, {"least_expected", 100 * zeroShare, "%"}},
			"rules/energy/drift/datarules.go",
		},
		{
			RuleStuck, gtc.FindingData,
			gtc.Label{"fr": "Compteur figé", "nl": "Vastgelopen meter", "en": "Meter stuck"},
			[]Parameter{{"days", stuckDays, "d"}},
			"rules/energy/drift/datarules.go",
		},
		{
			RuleUnit, gtc.FindingData,
			gtc.Label{"fr": "Erreur d’unité ou de facteur", "nl": "Fout in eenheid of factor", "en": "Wrong unit or factor"},
			[]Parameter{{"days", unitDays, "d"}, {"days_little_expected", unitDaysLow, "d"}},
			"rules/energy/drift/datarules.go",
		},
		{
			RuleSpike, gtc.FindingData,
			gtc.Label{"fr": "Jour aberrant ou rattrapage", "nl": "Onmogelijke of ingehaalde dag", "en": "Impossible or catch-up day"},
			[]Parameter{{"least_expected", 100 * spikeTimes, "%"}, {"interquartile_ranges", spikeRange, ""}},
			"rules/energy/drift/spike.go",
		},
	}
}
