package finding

import (
	"cmp"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// shift is how far the onset of a finding may move when late data are judged
// again.
const shift = 28 * 24 * time.Hour

// Match gives the findings of a new judgement the names of those that they are
// the same as: same place and kind, rules of one family, and an onset not more
// than four weeks apart. So a finding keeps what people did about it, and one
// that was rejected does not come again. Records that are named exactly are
// not given away; of several the nearest onset counts. What is given is not
// changed.
func Match(known []Record, news []gtc.Finding) []gtc.Finding {
	out := slices.Clone(news)
	taken := map[string]bool{}
	ids := map[string]bool{}
	for i := range known {
		ids[known[i].ID] = true
	}
	for _, f := range out {
		if ids[f.ID] {
			taken[f.ID] = true
		}
	}
	for i := range out {
		if ids[out[i].ID] {
			continue
		}
		if id := nearest(known, out[i], taken); id != "" {
			out[i].ID, taken[id] = id, true
		}
	}
	return out
}

func nearest(known []Record, f gtc.Finding, taken map[string]bool) string {
	id, best := "", shift+1
	for i := range known {
		k := &known[i]
		apart := k.Onset.Sub(f.Onset).Abs()
		if !taken[k.ID] && like(k.Finding, f) && (apart < best || apart == best && k.ID < id) {
			id, best = k.ID, apart
		}
	}
	return id
}

// like reports whether two findings could be the same.
func like(a, b gtc.Finding) bool {
	return a.Site == b.Site && a.Meter == b.Meter && a.Equipment == b.Equipment && a.Kind == b.Kind && family(a.Rule) == family(b.Rule)
}

// family joins rules that say the same: whether a drift is called sudden may
// change with the days.
func family(rule string) string {
	if rule == "energy-sudden" {
		return "energy-drift"
	}
	return rule
}

// Rate is how a rule did in the field, as people judged it.
type Rate struct {
	Rule string `json:"rule"`
	// Found counts its findings, withdrawn ones left out; Decided those that a
	// person accepted or rejected.
	Found   int `json:"found"`
	Decided int `json:"decided"`
	// Rejected counts by class.
	Rejected map[Class]int `json:"rejected"`
	// FalseRate is the share of the decided ones that were rejected because
	// consumption was as it should be or because of the data; nil when nothing
	// is decided.
	FalseRate *float64 `json:"false_rate"`
}

// Rates counts by rule, in order of rule.
func Rates(records []Record) []Rate {
	byRule := map[string]*Rate{}
	for i := range records {
		r := &records[i]
		if r.Course() == Withdrawn && r.State == gtc.FindingNew {
			continue
		}
		if byRule[r.Rule] == nil {
			byRule[r.Rule] = &Rate{Rule: r.Rule, Rejected: map[Class]int{}}
		}
		rate := byRule[r.Rule]
		rate.Found++
		if r.State != gtc.FindingNew {
			rate.Decided++
		}
		if r.State == gtc.FindingRejected {
			rate.Rejected[r.Class]++
		}
	}
	out := make([]Rate, 0, len(byRule))
	for _, rate := range byRule {
		if rate.Decided > 0 {
			share := float64(rate.Rejected[ClassFalse]+rate.Rejected[ClassData]) / float64(rate.Decided)
			rate.FalseRate = &share
		}
		out = append(out, *rate)
	}
	slices.SortFunc(out, func(a, b Rate) int { return cmp.Compare(a.Rule, b.Rule) })
	return out
}
