package drift

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// finding makes the finding of an alarm.
func (t *track) finding(a alarm, sign float64, worse bool) gtc.Finding {
	f := gtc.Finding{
		Site: t.opts.Site, Meter: t.opts.Meter, Carrier: t.opts.Carrier,
		Rule: RuleDrift, Kind: gtc.FindingDrift, State: gtc.FindingNew,
		Detected: t.line[a.detected].date, Onset: t.line[a.onset].date,
	}
	switch {
	case sign < 0:
		f.Rule, f.Kind = RuleSaving, gtc.FindingSaving
	case worse:
		f.Rule = RuleWorse
	case a.sudden:
		f.Rule = RuleSudden
	}
	if t.pool != nil {
		f.Rule = RulePoolDrift
		if sign < 0 {
			f.Rule = RulePoolSaving
		}
	}
	f.ID = findingID(f)
	return f
}

// findingID returns site/meter/rule/onset.
func findingID(f gtc.Finding) string {
	return string(f.Site) + "/" + string(f.Meter) + "/" + f.Rule + "/" + f.Onset.Format(time.DateOnly)
}

// size fills what the days from the onset up to end say of a layer's finding.
func (t *track) size(l layer, sign float64, end int) {
	f := &t.found[l.index]
	line := t.own(l, end)
	var r, e, v float64
	for _, d := range line {
		if d.ok {
			r, e, v = r+d.y-d.e, e+d.e, v+d.sigma*d.sigma
		}
	}
	f.Through = t.line[end-1].date
	f.ExcessKWh = onSide(r, sign)
	sd := math.Hypot(math.Sqrt(v*t.scale.widest()), t.scale.tuning.modelError*e)
	if e > 0 {
		f.ExcessPct = 100 * f.ExcessKWh / e
		f.BandPct = 100 * baseline.Z90 * sd / e
	}
	if sd > 0 {
		f.Confidence = 0.5 * math.Erfc(-sign*r/sd/math.Sqrt2)
	}
	var recent float64
	days := 0
	for _, d := range line[max(0, len(line)-28):] {
		if d.ok {
			recent, days = recent+d.y-d.e, days+1
		}
	}
	if days > 0 {
		f.KWhPerWeek = onSide(7*recent/float64(days), sign)
	}
	t.explain(f, l, line, sign)
}

// onSide returns an excess, 0 for one of the other direction: a drift is never
// less than expected, nor a saving more.
func onSide(kwh, sign float64) float64 {
	if kwh*sign <= 0 {
		return 0
	}
	return kwh
}

// own returns the days of a layer up to end, set against what its finding
// exceeds and without what worsenings have of them.
func (t *track) own(l layer, end int) []judged {
	out := slices.Clone(t.line[l.on.onset:end])
	for _, s := range l.above {
		for k := s.from; k < min(s.to, end); k++ {
			d := &out[k-l.on.onset]
			d.y = s.level * d.e
		}
	}
	for i := range out {
		out[i].e *= l.level
	}
	return out
}

// explain fills the causes, the words and the working of a finding.
func (t *track) explain(f *gtc.Finding, l layer, line []judged, sign float64) {
	if t.pool != nil {
		t.explainPool(f, sign)
		return
	}
	if f.Causes = nil; f.ExcessKWh != 0 {
		f.Causes = causesOf(t.base, line, sign)
	}
	f.Text = findingText(*f, l.on.sudden, l.level != 1)
	f.Inputs = map[string]string{
		"model":    t.base.Model,
		"split":    t.split,
		"baseline": t.base.From.Format(time.DateOnly) + ".." + t.base.To.AddDate(0, 0, -1).Format(time.DateOnly),
		"cvrmse":   fmt.Sprintf("%.3f", t.base.Metrics.CVRMSE),
		"limit":    t.scale.inputs(sign),
	}
	if share, odd := t.suspect(l.on); odd && sign < 0 && l.level == 1 {
		blameMeter(f, share)
	}
	if s := t.base.Shift; s != nil {
		doubt(f, *s)
	}
	if l.level != 1 {
		f.Inputs["level"] = fmt.Sprintf("%.3f", l.level)
	}
}

// inputs writes the limits of one direction, by the days of the window.
func (s scale) inputs(sign float64) string {
	var parts []string
	for _, w := range s.windows {
		if !w.fast || sign > 0 {
			parts = append(parts, fmt.Sprintf("%dd %.2f", w.days, w.limit[side(sign)]))
		}
	}
	return strings.Join(parts, ", ")
}
