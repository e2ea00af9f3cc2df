package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/figure"
	"github.com/cpas-charleroi/gtc/rules/energy"
)

// energyFlags are the flags that fit and drift share.
type energyFlags struct {
	carrier, zone string
	strict, json  bool
}

// newEnergyCommand returns `gtc energy`: the mathematics of the energy rules
// on one meter's CSV file.
func newEnergyCommand(out, errOut io.Writer) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "energy",
		Short: "Fit a baseline or look for drift in one meter's CSV file",
	}
	cmd.AddCommand(newEnergyFitCommand(out, errOut), newEnergyDriftCommand(out, errOut), newEnergySignatureCommand(out, errOut))
	return cmd
}

// bind adds the shared flags to a command.
func (f *energyFlags) bind(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.carrier, "carrier", string(gtc.CarrierGas), "gas, heat, oil or electricity")
	cmd.Flags().StringVar(&f.zone, "zone", "UTC", "time zone of the calendar days and of times without one")
	cmd.Flags().BoolVar(&f.strict, "strict", false, "stop at the first bad row")
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
}

// fitFlags are the flags of what fits one baseline.
type fitFlags struct {
	energyFlags
	mode, from, to string
}

func (f *fitFlags) bind(cmd *cobra.Command) {
	f.energyFlags.bind(cmd)
	cmd.Flags().StringVar(&f.mode, "mode", string(energy.Native), "native or caltrack")
	cmd.Flags().StringVar(&f.from, "from", "", "first day, 2026-01-31")
	cmd.Flags().StringVar(&f.to, "to", "", "last day")
}

// fit reads a file and fits the baseline of its days.
func (f *fitFlags) fit(file string, errOut io.Writer) ([]energy.Day, energy.Baseline, error) {
	in, err := f.read(file, errOut)
	if err != nil {
		return nil, energy.Baseline{}, err
	}
	o := energy.FitOptions{Mode: energy.Mode(f.mode), Carrier: gtc.Carrier(f.carrier)}
	if o.From, o.To, err = in.period(f.from, f.to); err != nil {
		return nil, energy.Baseline{}, err
	}
	b, err := energy.Fit(in.table.Days, o)
	if err != nil {
		return nil, b, fmt.Errorf("%w: %s: %w", ErrInput, file, err)
	}
	return in.table.Days, b, nil
}

func newEnergyFitCommand(out, errOut io.Writer) *cobra.Command {
	var f fitFlags
	cmd := &cobra.Command{
		Use:   "fit FILE.csv",
		Short: "Fit the baseline of daily consumption on outdoor temperature",
		Long: "Fits the baseline (signature énergétique) of the rows time,energy_kwh,temperature_c,\n" +
			"daily or hourly. Rows that cannot be read are named and left out, or with --strict end the run.",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			_, b, err := f.fit(args[0], errOut)
			if err != nil {
				return err
			}
			if f.json {
				return writeJSON(out, fitView(b))
			}
			return writeFit(out, b)
		},
	}
	f.bind(cmd)
	return cmd
}

func newEnergyDriftCommand(out, errOut io.Writer) *cobra.Command {
	var (
		f              energyFlags
		baseline, plot string
	)
	cmd := &cobra.Command{
		Use:   "drift FILE.csv --baseline FROM..TO",
		Short: "Find when consumption left its baseline",
		Long: "Fits the baseline on the days of --baseline (both included) and judges every day after it,\n" +
			"one by one and without looking ahead.",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			from, to, ok := strings.Cut(baseline, "..")
			if !ok {
				return fmt.Errorf("%w: --baseline %q: want FROM..TO, for example 2025-01-01..2025-12-31", ErrInput, baseline)
			}
			in, err := f.read(args[0], errOut)
			if err != nil {
				return err
			}
			o := energy.FitOptions{Carrier: gtc.Carrier(f.carrier)}
			if o.From, o.To, err = in.period(from, to); err != nil {
				return err
			}
			b, err := energy.Fit(in.table.Days, o)
			if err != nil {
				return fmt.Errorf("%w: %s: %w", ErrInput, args[0], err)
			}
			meter := strings.TrimSuffix(filepath.Base(args[0]), filepath.Ext(args[0]))
			found := energy.Detect(b, in.table.Days, energy.DetectOptions{Site: "file", Meter: gtc.EquipmentID(meter)})
			if plot != "" {
				h := figure.History{Baseline: b, Days: in.table.Days, Findings: found}
				names, err := plotDrift(plot, meter, h)
				if err != nil {
					return err
				}
				_, _ = fmt.Fprintln(errOut, strings.Join(names, "\n")) // nobody could be told that it failed
			}
			if f.json {
				return writeJSON(out, driftView(b, found))
			}
			return writeDrift(out, b, found)
		},
	}
	f.bind(cmd)
	cmd.Flags().StringVar(&baseline, "baseline", "", "first and last day of the baseline, FROM..TO")
	cmd.Flags().StringVar(&plot, "plot", "", "prefix of the figures to write: PREFIX-signature.svg, PREFIX-consumption.svg, PREFIX-cusum.svg")
	if err := cmd.MarkFlagRequired("baseline"); err != nil {
		panic(err) // the flag is defined one line above
	}
	return cmd
}

// energyInput is one file read.
type energyInput struct {
	table energy.Table
	loc   *time.Location
}

// read reads the file and names on errOut what was left out.
func (f energyFlags) read(name string, errOut io.Writer) (energyInput, error) {
	switch gtc.Carrier(f.carrier) {
	case gtc.CarrierGas, gtc.CarrierHeat, gtc.CarrierOil, gtc.CarrierElectricity:
	default:
		return energyInput{}, fmt.Errorf("%w: --carrier %q: want gas, heat, oil or electricity", ErrInput, f.carrier)
	}
	loc, err := time.LoadLocation(f.zone)
	if err != nil {
		return energyInput{}, fmt.Errorf("%w: --zone %q: %w", ErrInput, f.zone, err)
	}
	file, err := os.Open(name)
	if err != nil {
		return energyInput{}, fmt.Errorf("%w: %w", ErrInput, err)
	}
	defer func() { _ = file.Close() }() // opened for reading only
	t, err := energy.ReadCSV(file, energy.CSVOptions{Name: name, Location: loc, Strict: f.strict})
	if err != nil {
		return energyInput{}, fmt.Errorf("%w: %w", ErrInput, err)
	}
	for _, m := range t.Bad {
		_, _ = fmt.Fprintln(errOut, m.Error())
	}
	for _, n := range t.Notes {
		_, _ = fmt.Fprintf(errOut, "%s: %s\n", name, n)
	}
	if len(t.Bad) > 0 {
		_, _ = fmt.Fprintf(errOut, "%s: %d bad rows left out, %d rows read\n", name, len(t.Bad), t.Rows)
	}
	return energyInput{table: t, loc: loc}, nil
}

// period parses a first and a last day, either may be empty; the end returned
// is the midnight after the last day.
func (in energyInput) period(from, to string) (first, end time.Time, err error) {
	parse := func(s string) (time.Time, error) {
		if s == "" {
			return time.Time{}, nil
		}
		t, err := time.ParseInLocation(time.DateOnly, s, in.loc)
		if err != nil {
			return t, fmt.Errorf("%w: date %q: want 2026-01-31", ErrInput, s)
		}
		return t, nil
	}
	if first, err = parse(from); err != nil {
		return first, end, err
	}
	if end, err = parse(to); err != nil {
		return first, end, err
	}
	if !end.IsZero() {
		end = end.AddDate(0, 0, 1)
		if !first.Before(end) {
			return first, end, fmt.Errorf("%w: the period %s..%s ends before it begins", ErrInput, from, to)
		}
	}
	return first, end, nil
}

// writeJSON prints v, indented.
func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// finite returns a number for JSON, null when there is none.
func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
