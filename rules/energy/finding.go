package energy

import (
	"fmt"
	"math"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// begin makes the finding of an alarm.
func (t track) begin(a alarm) gtc.Finding {
	f := gtc.Finding{
		Site: t.opts.Site, Meter: t.opts.Meter, Carrier: t.opts.Carrier,
		Rule: RuleDrift, Kind: gtc.FindingDrift, State: gtc.FindingNew,
		Detected: t.line[a.detected].date, Onset: t.line[a.onset].date,
	}
	switch {
	case t.sign < 0:
		f.Rule, f.Kind = RuleSaving, gtc.FindingSaving
	case a.sudden:
		f.Rule = RuleSudden
	}
	f.ID = findingID(f)
	return f
}

// findingID returns site/meter/rule/onset.
func findingID(f gtc.Finding) string {
	return string(f.Site) + "/" + string(f.Meter) + "/" + f.Rule + "/" + f.Onset.Format(time.DateOnly)
}

// size fills what the days from the onset up to end say.
func (t track) size(f *gtc.Finding, a alarm, end int) {
	var r, e, v float64
	n := 0
	for _, d := range t.line[a.onset:end] {
		if d.ok {
			r, e, v, n = r+d.y-d.e, e+d.e, v+d.sigma*d.sigma, n+1
		}
	}
	f.Through = t.line[end-1].date
	f.ExcessKWh = r
	sd := math.Sqrt(v*t.scale.widest() + 0.02*0.02*e*e)
	if e > 0 {
		f.ExcessPct = 100 * r / e
		f.BandPct = 100 * z90 * sd / e
	}
	if sd > 0 {
		f.Confidence = 0.5 * math.Erfc(-math.Abs(r)/sd/math.Sqrt2)
	}
	var recent float64
	days := 0
	for k := end - 1; k >= max(a.onset, end-28); k-- {
		if d := t.line[k]; d.ok {
			recent, days = recent+d.y-d.e, days+1
		}
	}
	if days > 0 {
		f.KWhPerWeek = 7 * recent / float64(days)
	}
	t.explain(f, a, end)
}

// explain fills the causes, the words and the working of a finding.
func (t track) explain(f *gtc.Finding, a alarm, end int) {
	f.Causes = causesOf(t.base, t.line[a.onset:end], t.sign)
	f.Text = findingText(*f, a.sudden)
	side := 0
	if t.sign < 0 {
		side = 1
	}
	f.Inputs = map[string]string{
		"model":    t.base.Model,
		"split":    t.base.Split,
		"baseline": t.base.From.Format(time.DateOnly) + ".." + t.base.To.AddDate(0, 0, -1).Format(time.DateOnly),
		"cvrmse":   fmt.Sprintf("%.3f", t.base.Metrics.CVRMSE),
		"limit":    fmt.Sprintf("%.2f slow, %.2f sudden", t.scale.limitSlow[side], t.scale.limitFast[side]),
	}
}
