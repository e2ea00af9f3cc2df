package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/figure"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/drift"
)

// driftFlags are those of `gtc energy drift`.
type driftFlags struct {
	energyFlags
	buildingFlags
	period, plot string
	price, co2   float64
}

func (f *driftFlags) bind(cmd *cobra.Command) {
	f.energyFlags.bind(cmd)
	f.buildingFlags.bind(cmd)
	l := cmd.Flags()
	l.StringVar(&f.period, "baseline", "", "first and last day of the baseline, FROM..TO")
	l.Float64Var(&f.price, "price", 0, "marginal price in EUR/kWh, VAT included, to say findings in EUR")
	l.Float64Var(&f.co2, "co2", 0, "emission factor in kg CO2/kWh on the meter's basis, to say findings in kg CO2")
	l.StringVar(&f.plot, "plot", "", "prefix of the figures to write: PREFIX-signature.svg, PREFIX-consumption.svg, PREFIX-cusum.svg")
}

func newEnergyDriftCommand(out, errOut io.Writer) *cobra.Command {
	var f driftFlags
	cmd := &cobra.Command{
		Use:   "drift FILE.csv --baseline FROM..TO",
		Short: "Find when consumption left its baseline",
		Long: "Fits the baseline on the days of --baseline (both included) and judges every day after it,\n" +
			"one by one and without looking ahead. Days of works and other events that are no routine\n" +
			"are left out with --exclude, of the baseline as of what is judged.",
		Example: "  gtc energy drift home.csv --baseline 2024-01-01..2024-12-31 --plot home\n" +
			"  gtc energy drift home.csv --baseline 2024-01-01..2024-12-31 --exclude 2025-03-03..2025-03-21 --price 0.085 --co2 0.181 --json",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return f.run(args[0], out, errOut) },
	}
	f.bind(cmd)
	if err := cmd.MarkFlagRequired("baseline"); err != nil {
		panic(err) // the flag is defined some lines above
	}
	return cmd
}

// run fits, judges and prints.
func (f *driftFlags) run(file string, out, errOut io.Writer) error {
	b, days, err := f.fit(file, errOut)
	if err != nil {
		return err
	}
	meter := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	found := drift.New(b).Detect(days, drift.Options{Site: "file", Meter: gtc.EquipmentID(meter)})
	if f.plot != "" {
		names, err := plotDrift(f.plot, meter, figure.History{Baseline: b, Days: days, Findings: found})
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintln(errOut, strings.Join(names, "\n")) // nobody could be told that it failed
	}
	v := driftView(b, found)
	v.Judged = judgedDays(b, days)
	v.price(b, f.price, f.co2)
	if f.json {
		return writeJSON(out, v)
	}
	return writeDrift(out, b, found, v)
}

// fit reads the file and fits the baseline of its days; the days returned are
// those to judge.
func (f *driftFlags) fit(file string, errOut io.Writer) (baseline.Baseline, []baseline.Day, error) {
	from, to, ok := strings.Cut(f.period, "..")
	if !ok {
		return baseline.Baseline{}, nil, fmt.Errorf("%w: --baseline %q: want FROM..TO, for example 2025-01-01..2025-12-31", ErrInput, f.period)
	}
	if f.price < 0 || f.co2 < 0 {
		return baseline.Baseline{}, nil, fmt.Errorf("%w: --price %g --co2 %g: want 0 or more", ErrInput, f.price, f.co2)
	}
	in, err := f.read(file, errOut)
	if err != nil {
		return baseline.Baseline{}, nil, err
	}
	o := baseline.FitOptions{Carrier: gtc.Carrier(f.carrier)}
	if o.From, o.To, err = in.period(from, to); err != nil {
		return baseline.Baseline{}, nil, err
	}
	if err = f.apply(in, &o); err != nil {
		return baseline.Baseline{}, nil, err
	}
	if _, _, bills := baseline.Bills(in.table.Days); bills {
		return baseline.Baseline{}, nil, fmt.Errorf("%w: %s: the rows are months or other periods: drift is judged on days (`gtc energy fit` fits bills)", ErrInput, file)
	}
	var b baseline.Baseline
	if err = in.daily(); err == nil {
		b, err = baseline.Fit(in.table.Days, o)
	}
	if err != nil {
		return baseline.Baseline{}, nil, fmt.Errorf("%w: %s: %w", ErrInput, file, err)
	}
	return b, without(in.table.Days, o.Exclude), nil
}

// without returns the days with the consumption of spans taken away.
func without(days []baseline.Day, spans []gtc.Period) []baseline.Day {
	if len(spans) == 0 {
		return days
	}
	out := slices.Clone(days)
	for i := range out {
		d := &out[i]
		if slices.ContainsFunc(spans, func(p gtc.Period) bool { return !d.Date.Before(p.From) && d.Date.Before(p.To) }) {
			d.HasKWh = false
		}
	}
	return out
}
