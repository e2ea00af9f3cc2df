package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy"
)

// energyPair is a figure of the heating and of the cooling side, absent when
// the model has none.
type energyPair struct {
	Heating *float64 `json:"heating,omitempty"`
	Cooling *float64 `json:"cooling,omitempty"`
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
}

// energyFinding is the JSON form of a finding.
type energyFinding struct {
	Kind       gtc.FindingKind `json:"kind"`
	Rule       string          `json:"rule"`
	Detected   string          `json:"detected"`
	Onset      string          `json:"onset"`
	End        *string         `json:"end"`
	ExcessKWh  float64         `json:"excess_kwh"`
	ExcessPct  float64         `json:"excess_pct"`
	BandPct    float64         `json:"band_pct"`
	Confidence float64         `json:"confidence"`
	KWhPerWeek float64         `json:"kwh_per_week"`
	Causes     []gtc.Cause     `json:"causes"`
	Text       string          `json:"text"`
}

// energyDrift is the JSON form of a run of `gtc energy drift`.
type energyDrift struct {
	Baseline    energyFit       `json:"baseline"`
	Findings    []energyFinding `json:"findings"`
	ProvablePct *float64        `json:"provable_pct"`
}

// pairs returns the balance points and slopes of a model.
func pairs(s energy.Segment) (points, slopes energyPair) {
	if s.Model == energy.ModelHeating || s.Model == energy.ModelBoth {
		points.Heating, slopes.Heating = &s.HeatingBP, &s.Heating
	}
	if s.Model == energy.ModelCooling || s.Model == energy.ModelBoth {
		points.Cooling, slopes.Cooling = &s.CoolingBP, &s.Cooling
	}
	return points, slopes
}

// fitView returns the JSON form of a baseline.
func fitView(b energy.Baseline) energyFit {
	m := b.Metrics
	points, slopes := pairs(b.Whole)
	v := energyFit{
		Model: b.Model, BalancePoints: points, Intercept: b.Whole.Intercept, Slopes: slopes,
		R2: finite(m.R2), R2Adj: finite(m.R2Adj), CVRMSE: finite(m.CVRMSE), NMBE: finite(m.NMBE),
		N: m.N, NPrime: finite(m.NPrime), Rho: finite(m.Rho),
		Eligible: b.Eligible, Reason: b.Reason, Splits: []energySplit{},
	}
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
func driftView(b energy.Baseline, found []gtc.Finding) energyDrift {
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
func writeFit(out io.Writer, b energy.Baseline) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	m := b.Metrics
	row := func(name, format string, args ...any) {
		_, _ = fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) // Flush returns the error
	}
	row("period", "%s to %s, %d days", b.From.Format(time.DateOnly), b.To.AddDate(0, 0, -1).Format(time.DateOnly), m.N)
	row("model", "%s (%s), split %s", b.Model, b.Mode, b.Split)
	row("whole", "%s", describe(b.Whole))
	if len(b.Segments) > 1 {
		for _, s := range b.Segments {
			row("  "+s.Name, "%s (%d days)", describe(s), s.N)
		}
	}
	row("R²", "%.3f (adjusted %.3f)", m.R2, m.R2Adj)
	row("CV(RMSE)", "%.1f %%", 100*m.CVRMSE)
	row("NMBE", "%.2f %%", 100*m.NMBE)
	row("autocorrelation", "%.2f: %d days are worth %.0f", m.Rho, m.N, m.NPrime)
	row("provable", "%.1f %% of one year", b.ProvablePct())
	row("eligible", "%t%s", b.Eligible, reason(b.Reason))
	return w.Flush()
}

// reason returns ": why" or nothing.
func reason(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

// describe writes a model as a formula.
func describe(s energy.Segment) string {
	var t strings.Builder
	fmt.Fprintf(&t, "%.1f kWh/d", s.Intercept)
	if s.Heating != 0 {
		fmt.Fprintf(&t, " + %.2f kWh/°C·d below %.1f °C", s.Heating, s.HeatingBP)
	}
	if s.Cooling != 0 {
		fmt.Fprintf(&t, " + %.2f kWh/°C·d above %.1f °C", s.Cooling, s.CoolingBP)
	}
	return t.String()
}

// writeDrift prints findings as an aligned table under their baseline.
func writeDrift(out io.Writer, b energy.Baseline, found []gtc.Finding) error {
	if err := writeFit(out, b); err != nil {
		return err
	}
	if len(found) == 0 {
		_, err := fmt.Fprintln(out, "\nno finding")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "\nkind\trule\tonset\tdetected\tend\texcess\tof expected\tconfidence\tper week\tcauses") // Flush returns the error
	for _, f := range found {
		end := "goes on"
		if !f.End.IsZero() {
			end = f.End.Format(time.DateOnly)
		}
		causes := make([]string, len(f.Causes))
		for i, c := range f.Causes {
			causes[i] = fmt.Sprintf("%s %.0f kWh", c.ID, c.KWh)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%+.0f kWh\t%+.1f ±%.1f %%\t%.1f %%\t%+.0f kWh\t%s\n",
			f.Kind, f.Rule, f.Onset.Format(time.DateOnly), f.Detected.Format(time.DateOnly), end,
			f.ExcessKWh, f.ExcessPct, f.BandPct, 100*f.Confidence, f.KWhPerWeek, strings.Join(causes, ", "))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, f := range found {
		if _, err := fmt.Fprintln(out, f.Text.In("fr")); err != nil {
			return err
		}
	}
	return nil
}
