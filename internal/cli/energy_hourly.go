package cli

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// energyBins are the slopes of the parts of the temperature of one mode.
type energyBins struct {
	EndsC  []float64 `json:"ends_c"`
	Slopes []float64 `json:"slopes"`
}

// energyHourly is what an hourly baseline has beside the keys of every fit.
type energyHourly struct {
	// OccupiedHours counts the hours of the week that are occupied.
	OccupiedHours int        `json:"occupied_hours"`
	Occupied      energyBins `json:"occupied"`
	Unoccupied    energyBins `json:"unoccupied"`
	// Week are the kWh of the hours of the week from Sunday 0 h, without what
	// the temperature adds.
	Week        []float64 `json:"week"`
	CVRMSEDaily *float64  `json:"cvrmse_daily"`
	ProvablePct *float64  `json:"provable_pct"`
}

// runHourly fits the hours of a file.
func (f *fitFlags) runHourly(file string, out, errOut io.Writer) error {
	in, err := f.read(file, errOut)
	if err != nil {
		return err
	}
	o, err := f.options(in)
	if err != nil {
		return err
	}
	m, err := baseline.FitHourly(in.table.Hours, o)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrInput, file, err)
	}
	if f.json {
		return writeJSON(out, hourlyView(m))
	}
	return writeHourly(out, m)
}

// hourlyView returns the JSON form of an hourly baseline.
func hourlyView(m baseline.Hourly) energyFit {
	k := m.Metrics
	v := energyFit{
		Model: baseline.ModelTOWT, R2: finite(k.R2), R2Adj: finite(k.R2Adj), CVRMSE: finite(k.CVRMSE), NMBE: finite(k.NMBE),
		N: k.N, NPrime: finite(k.NPrime), Rho: finite(k.Rho), Eligible: m.Eligible, Reason: m.Reason, Splits: []energySplit{},
		Hourly: &energyHourly{
			Unoccupied: binsView(m.Modes[0]), Occupied: binsView(m.Modes[1]), Week: m.Week[:],
			CVRMSEDaily: finite(m.Daily.CVRMSE), ProvablePct: finite(m.ProvablePct()),
		},
	}
	for i, occupied := range m.Occupied {
		v.Intercept += m.Week[i] / float64(len(m.Week))
		if occupied {
			v.Hourly.OccupiedHours++
		}
	}
	return v
}

// binsView returns the JSON form of the slopes of one mode.
func binsView(b baseline.Bins) energyBins {
	return energyBins{EndsC: append([]float64{}, b.Ends...), Slopes: b.Slopes}
}

// writeHourly prints an hourly baseline as aligned text.
func writeHourly(out io.Writer, m baseline.Hourly) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	v := hourlyView(m)
	row := func(name, format string, args ...any) {
		_, _ = fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) // Flush returns the error
	}
	row("period", "%s to %s, %d hours", m.From.Format(time.DateOnly), m.To.Add(-time.Second).Format(time.DateOnly), m.Metrics.N)
	row("model", "time of week and temperature, %d of %d hours of the week occupied", v.Hourly.OccupiedHours, len(m.Week))
	for i, name := range []string{"  unoccupied", "  occupied"} {
		for b, slope := range m.Modes[i].Slopes {
			where := "above"
			if b < len(m.Modes[i].Ends) {
				where = fmt.Sprintf("up to %.1f °C", m.Modes[i].Ends[b])
			} else if b > 0 {
				where = fmt.Sprintf("above %.1f °C", m.Modes[i].Ends[b-1])
			}
			row(name, "%+.3f kWh/(°C·h) %s", slope, where)
		}
	}
	row("R²", "%.3f (adjusted %.3f)", m.Metrics.R2, m.Metrics.R2Adj)
	row("CV(RMSE)", "%.1f %% of hours, %.1f %% of days", 100*m.Metrics.CVRMSE, 100*m.Daily.CVRMSE)
	row("autocorrelation", "%.2f of hours, %.2f of days: %d days are worth %.0f", m.Metrics.Rho, m.Daily.Rho, m.Daily.N, m.Daily.NPrime)
	row("provable", "%s", provable(m.ProvablePct()))
	row("eligible", "%t%s", m.Eligible, reason(m.Reason))
	return w.Flush()
}
