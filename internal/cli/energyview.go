package cli

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// energyPair is a figure of the heating and of the cooling side, null when
// the model has none.
type energyPair struct {
	Heating *float64 `json:"heating"`
	Cooling *float64 `json:"cooling"`
}

// energySplit is the model of one group of days.
type energySplit struct {
	Name          string     `json:"name"`
	Model         string     `json:"model"`
	BalancePoints energyPair `json:"balance_points_c"`
	Intercept     float64    `json:"intercept"`
	Slopes        energyPair `json:"slopes"`
	N             int        `json:"n"`
}

// energyFit is the JSON form of a baseline.
type energyFit struct {
	Model         string        `json:"model"`
	BalancePoints energyPair    `json:"balance_points_c"`
	Intercept     float64       `json:"intercept"`
	Slopes        energyPair    `json:"slopes"`
	R2            *float64      `json:"r2"`
	R2Adj         *float64      `json:"r2_adj"`
	CVRMSE        *float64      `json:"cvrmse"`
	NMBE          *float64      `json:"nmbe"`
	N             int           `json:"n"`
	NPrime        *float64      `json:"n_prime"`
	Rho           *float64      `json:"rho"`
	Eligible      bool          `json:"eligible"`
	Reason        string        `json:"reason"`
	Splits        []energySplit `json:"splits"`

	// Judgeable says that drift is judged against it, eligible or not; Shift is
	// the change of level in it, null when there is none.
	Judgeable bool         `json:"judgeable"`
	Shift     *energyShift `json:"shift"`

	// Split names the grouping, Lag the thermal inertia, CVRMSEOut the CV(RMSE)
	// of days that were not fitted.
	Split      string            `json:"split,omitempty"`
	Lag        float64           `json:"lag"`
	Robust     bool              `json:"robust"`
	Excluded   int               `json:"excluded,omitempty"`
	CVRMSEOut  *float64          `json:"cvrmse_out,omitempty"`
	Compatible *energyCompatible `json:"compatible,omitempty"`
	NormalYear *energyYear       `json:"normal_year,omitempty"`
	Hourly     *energyHourly     `json:"hourly,omitempty"`
}

// energyShift is a change of level: from that day on the consumption was so
// many times what it was before.
type energyShift struct {
	From  string  `json:"from"`
	Ratio float64 `json:"ratio"`
}

// energyCompatible is CalTRACK's model of the same days.
type energyCompatible struct {
	Model         string     `json:"model"`
	BalancePoints energyPair `json:"balance_points_c"`
	Intercept     float64    `json:"intercept"`
	Slopes        energyPair `json:"slopes"`
	R2Adj         *float64   `json:"r2_adj"`
	CVRMSE        *float64   `json:"cvrmse"`
}

// energyYear is the consumption of a normal year.
type energyYear struct {
	Days    int      `json:"days"`
	KWh     float64  `json:"kwh"`
	BandKWh *float64 `json:"band_kwh"`
}

// energyFinding is the JSON form of a finding.
type energyFinding struct {
	Kind      gtc.FindingKind `json:"kind"`
	Rule      string          `json:"rule"`
	Detected  string          `json:"detected"`
	Onset     string          `json:"onset"`
	End       *string         `json:"end"`
	ExcessKWh float64         `json:"excess_kwh"`
	// ExcessEUR and ExcessKgCO2 are there when a price and a factor are given.
	ExcessEUR   *float64    `json:"excess_eur,omitempty"`
	ExcessKgCO2 *float64    `json:"excess_kgco2,omitempty"`
	ExcessPct   float64     `json:"excess_pct"`
	BandPct     float64     `json:"band_pct"`
	Confidence  float64     `json:"confidence"`
	KWhPerWeek  float64     `json:"kwh_per_week"`
	Causes      []gtc.Cause `json:"causes"`
	Text        string      `json:"text"`
}

// energyDrift is the JSON form of a run of `gtc energy drift`.
type energyDrift struct {
	Baseline    energyFit       `json:"baseline"`
	Findings    []energyFinding `json:"findings"`
	ProvablePct *float64        `json:"provable_pct"`
	// ProvableKWh and ProvableEUR are the same of one year of the baseline; EUR
	// when a price is given.
	ProvableKWh *float64 `json:"provable_kwh_per_year"`
	ProvableEUR *float64 `json:"provable_eur_per_year,omitempty"`
	// Judged tells how many days no finding stands for.
	Judged energyJudged `json:"judged"`
}

// energyJudged counts the days after the baseline that could be judged.
type energyJudged struct {
	Days int `json:"days"`
	// Of are the calendar days from the baseline's end to the file's last day.
	Of int `json:"of"`
	// Reason says why days are missing, "" when none is.
	Reason string `json:"reason"`
}

// judgedDays counts the days that are judged against a baseline.
func judgedDays(b baseline.Baseline, days []baseline.Day) energyJudged {
	var j energyJudged
	for _, d := range days {
		if d.Date.Before(b.To) {
			continue
		}
		j.Of = int(math.Round(d.Date.Sub(b.To).Hours()/24)) + 1
		if b.Judgeable && d.HasKWh && d.HasTemp {
			j.Days++
		}
	}
	switch {
	case j.Of == 0:
		j.Reason = "the file ends with the baseline"
	case !b.Judgeable:
		j.Reason = "the baseline cannot be used: " + b.Reason
	case j.Days < j.Of:
		j.Reason = "the others lack a consumption or a temperature"
	}
	return j
}

// price says the findings in EUR and kg CO2, and what can be proven in kWh and
// EUR a year.
func (v *energyDrift) price(b baseline.Baseline, eurPerKWh, kgPerKWh float64) {
	for i := range v.Findings {
		f := &v.Findings[i]
		if eurPerKWh > 0 {
			f.ExcessEUR = new(f.ExcessKWh * eurPerKWh)
		}
		if kgPerKWh > 0 {
			f.ExcessKgCO2 = new(f.ExcessKWh * kgPerKWh)
		}
	}
	if v.ProvablePct == nil {
		return
	}
	v.ProvableKWh = new(*v.ProvablePct / 100 * b.Metrics.Mean * baseline.DaysPerYear)
	if eurPerKWh > 0 {
		v.ProvableEUR = new(*v.ProvableKWh * eurPerKWh)
	}
}

// pairs returns the balance points and slopes of a model.
func pairs(s baseline.Segment) (points, slopes energyPair) {
	if s.Heating != 0 || s.Model == baseline.ModelHeating || s.Model == baseline.ModelBoth {
		points.Heating, slopes.Heating = &s.HeatingBP, &s.Heating
	}
	if s.Cooling != 0 || s.Model == baseline.ModelCooling || s.Model == baseline.ModelBoth {
		points.Cooling, slopes.Cooling = &s.CoolingBP, &s.Cooling
	}
	return points, slopes
}

// fitView returns the JSON form of a baseline.
func fitView(b baseline.Baseline) energyFit {
	m := b.Metrics
	points, slopes := pairs(b.Whole)
	v := energyFit{
		Model: b.Model, BalancePoints: points, Intercept: b.Whole.Intercept, Slopes: slopes,
		R2: finite(m.R2), R2Adj: finite(m.R2Adj), CVRMSE: finite(m.CVRMSE), NMBE: finite(m.NMBE),
		N: m.N, NPrime: finite(m.NPrime), Rho: finite(m.Rho),
		Eligible: b.Eligible, Reason: b.Reason, Splits: []energySplit{},
		Split: b.Split, Lag: b.Lag, Robust: b.Robust, Excluded: b.Excluded,
	}
	v.Judgeable = b.Judgeable
	if b.Shift != nil {
		v.Shift = &energyShift{From: b.Shift.From.Format(time.DateOnly), Ratio: b.Shift.Ratio}
	}
	c := b.Compatible
	v.Compatible = &energyCompatible{Model: c.Whole.Model, Intercept: c.Whole.Intercept, R2Adj: finite(c.R2Adj), CVRMSE: finite(c.CVRMSE)}
	v.Compatible.BalancePoints, v.Compatible.Slopes = pairs(c.Whole)
	if len(b.Segments) < 2 {
		return v
	}
	for _, s := range b.Segments {
		p, k := pairs(s)
		v.Splits = append(v.Splits, energySplit{Name: s.Name, Model: s.Model, BalancePoints: p, Intercept: s.Intercept, Slopes: k, N: s.N})
	}
	return v
}

// driftView returns the JSON form of findings.
func driftView(b baseline.Baseline, found []gtc.Finding) energyDrift {
	v := energyDrift{Baseline: fitView(b), Findings: []energyFinding{}, ProvablePct: finite(b.ProvablePct())}
	for _, f := range found {
		e := energyFinding{
			Kind: f.Kind, Rule: f.Rule, Detected: f.Detected.Format(time.DateOnly), Onset: f.Onset.Format(time.DateOnly),
			ExcessKWh: f.ExcessKWh, ExcessPct: f.ExcessPct, BandPct: f.BandPct, Confidence: f.Confidence,
			KWhPerWeek: f.KWhPerWeek, Causes: f.Causes, Text: f.Text.In("fr"),
		}
		if e.Causes == nil {
			e.Causes = []gtc.Cause{}
		}
		if !f.End.IsZero() {
			end := f.End.Format(time.DateOnly)
			e.End = &end
		}
		v.Findings = append(v.Findings, e)
	}
	return v
}

// writeFit prints a baseline as aligned text.
func writeFit(out io.Writer, b baseline.Baseline, v energyFit) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	m := b.Metrics
	row := func(name, format string, args ...any) {
		_, _ = fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) // Flush returns the error
	}
	unit := "days"
	if b.Billing() {
		unit = "periods"
	}
	row("period", "%s to %s, %d %s", b.From.Format(time.DateOnly), b.To.AddDate(0, 0, -1).Format(time.DateOnly), m.N, unit)
	row("model", "%s (%s), split %s%s", b.Model, b.Mode, b.Split, refinements(b))
	row("whole", "%s", describe(b.Whole))
	if len(b.Segments) > 1 {
		for _, s := range b.Segments {
			row("  "+s.Name, "%s (%d days)", describe(s), s.N)
		}
	}
	row("R²", "%.3f (adjusted %.3f)", m.R2, m.R2Adj)
	row("CV(RMSE)", "%.1f %%%s", 100*m.CVRMSE, outside(v.CVRMSEOut))
	if b.Mode == baseline.Native {
		row("CalTRACK", "%s, CV(RMSE) %.1f %%", describe(b.Compatible.Whole), 100*b.Compatible.CVRMSE)
	}
	row("NMBE", "%.2f %%", 100*m.NMBE)
	row("autocorrelation", "%.2f: %d %s are worth %.0f", m.Rho, m.N, unit, m.NPrime)
	row("provable", "%s", provable(b.ProvablePct()))
	if y := v.NormalYear; y != nil {
		row("normal year", "%.0f kWh%s (%d days)", y.KWh, margin(y.BandKWh), y.Days)
	}
	row("eligible", "%t%s", b.Eligible, reason(b.Reason))
	return w.Flush()
}

// provable says the smallest change of a year that can be proven.
func provable(pct float64) string {
	if math.IsNaN(pct) {
		return "–"
	}
	return fmt.Sprintf("%.1f %% of one year", pct)
}

// margin writes " ± 12", or nothing when the band is not known.
func margin(kWh *float64) string {
	if kWh == nil {
		return ""
	}
	return fmt.Sprintf(" ± %.0f", *kWh)
}

// refinements names what a model has beside its form.
func refinements(b baseline.Baseline) string {
	var s string
	if b.Lag > 0 {
		s += fmt.Sprintf(", inertia %.1f", b.Lag)
	}
	if b.Robust {
		s += ", robust"
	}
	return s
}

// outside tells the CV(RMSE) of days that were not fitted.
func outside(cv *float64) string {
	if cv == nil {
		return ""
	}
	return fmt.Sprintf(", of days not fitted %.1f %%", 100**cv)
}

// reason returns ": why" or nothing.
func reason(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

// describe writes a model as a formula.
func describe(s baseline.Segment) string {
	var t strings.Builder
	fmt.Fprintf(&t, "%.1f kWh/d", s.Intercept)
	if s.Heating != 0 {
		fmt.Fprintf(&t, " + %.2f kWh/°C·d below %.1f °C", s.Heating, s.HeatingBP)
	}
	if s.Cooling != 0 {
		sign := '+'
		if s.Cooling < 0 {
			sign = '−'
		}
		fmt.Fprintf(&t, " %c %.2f kWh/°C·d above %.1f °C", sign, math.Abs(s.Cooling), s.CoolingBP)
	}
	return t.String()
}
