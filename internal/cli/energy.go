package cli

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc"
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
	cmd.AddCommand(newEnergyFitCommand(out, errOut), newEnergyDriftCommand(out, errOut), newEnergySignatureCommand(out, errOut), newEnergyScoreCommand(out, errOut))
	return cmd
}

// bind adds the shared flags to a command.
func (f *energyFlags) bind(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.carrier, "carrier", string(gtc.CarrierGas), "gas, heat, oil or electricity")
	cmd.Flags().StringVar(&f.zone, "zone", "UTC", "time zone of the calendar days and of times without one")
	cmd.Flags().BoolVar(&f.strict, "strict", false, "stop at the first bad row")
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
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
	if t.Rows == 0 && len(t.Bad) > 0 {
		return energyInput{}, fmt.Errorf("%w: %d rows and none can be read, the first: %w", ErrInput, len(t.Bad), t.Bad[0])
	}
	told(t, name, errOut)
	return energyInput{table: t, loc: loc}, nil
}

// maxBadNamed is how many bad rows are named one by one.
const maxBadNamed = 20

// told names what was left out of a file.
func told(t energy.Table, name string, errOut io.Writer) {
	for i, m := range t.Bad {
		if i == maxBadNamed {
			_, _ = fmt.Fprintf(errOut, "%s: %d bad rows more, the last on line %d\n", name, len(t.Bad)-i, t.Bad[len(t.Bad)-1].Line)
			break
		}
		_, _ = fmt.Fprintln(errOut, m.Error())
	}
	for _, n := range t.Notes {
		_, _ = fmt.Fprintf(errOut, "%s: %s\n", name, n)
	}
	if len(t.Bad) > 0 {
		_, _ = fmt.Fprintf(errOut, "%s: %d bad rows left out, %d rows read\n", name, len(t.Bad), t.Rows)
	}
}

// maxDayGap is the usual distance in days of rows with a consumption from
// which they are no days: a meter that misses every other day is still one.
const maxDayGap = 4

// daily refuses rows that are weeks or other periods: each would be taken for
// the consumption of one day.
func (in energyInput) daily() error {
	var gaps []int
	last := time.Time{}
	for _, d := range in.table.Days {
		if !d.HasKWh {
			continue
		}
		if !last.IsZero() {
			gaps = append(gaps, int(math.Round(d.Date.Sub(last).Hours()/24)))
		}
		last = d.Date
	}
	slices.Sort(gaps)
	if len(gaps) == 0 || gaps[len(gaps)/2] < maxDayGap {
		return nil
	}
	return fmt.Errorf("the rows with a consumption are %d days apart: want hours or days, or months for `gtc energy fit`", gaps[len(gaps)/2])
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

// finite returns a number for JSON, null when there is none.
func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
