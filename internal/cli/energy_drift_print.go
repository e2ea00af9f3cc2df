package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// writeDrift prints findings as an aligned table under their baseline.
func writeDrift(out io.Writer, b baseline.Baseline, found []gtc.Finding, v energyDrift) error {
	if err := writeFit(out, b, v.Baseline); err != nil {
		return err
	}
	var t strings.Builder
	if b.Judgeable && v.ProvableKWh != nil {
		fmt.Fprintf(&t, "less than %.0f kWh%s a year cannot be proven on this meter\n", *v.ProvableKWh, amount(v.ProvableEUR, "EUR"))
	}
	fmt.Fprintf(&t, "judged: %d of %d days after the baseline%s\n", v.Judged.Days, v.Judged.Of, reason(v.Judged.Reason))
	switch {
	case v.Judged.Days == 0 && len(found) == 0:
		t.WriteString("\nnothing was judged: that there is no finding says nothing\n")
	case len(found) == 0:
		t.WriteString("\nno finding\n")
	default:
		findingsTable(&t, found, v)
	}
	_, err := io.WriteString(out, t.String())
	return err
}

// findingsTable writes a row and a text for each finding.
func findingsTable(t *strings.Builder, found []gtc.Finding, v energyDrift) {
	w := tabwriter.NewWriter(t, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "\nkind\trule\tonset\tdetected\tend\texcess\tof expected\tconfidence\tper week\tcauses") // a string takes everything
	for i, f := range found {
		end := "goes on"
		if !f.End.IsZero() {
			end = f.End.Format(time.DateOnly)
		}
		causes := make([]string, len(f.Causes))
		for k, c := range f.Causes {
			causes[k] = fmt.Sprintf("%s %.0f kWh", c.ID, c.KWh)
		}
		said := v.Findings[i]
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%+.0f kWh%s%s\t%+.1f ±%.1f %%\t%.1f %%\t%+.0f kWh\t%s\n",
			f.Kind, f.Rule, f.Onset.Format(time.DateOnly), f.Detected.Format(time.DateOnly), end,
			f.ExcessKWh, amount(said.ExcessEUR, "EUR"), amount(said.ExcessKgCO2, "kg CO2"),
			f.ExcessPct, f.BandPct, 100*f.Confidence, f.KWhPerWeek, strings.Join(causes, ", "))
	}
	_ = w.Flush() // a string takes everything
	for _, f := range found {
		t.WriteString(f.Text.In("fr") + "\n")
	}
}

// amount writes ", 12 EUR", or nothing when it is not known.
func amount(v *float64, unit string) string {
	if v == nil {
		return ""
	}
	return fmt.Sprintf(", %.0f %s", *v, unit)
}
