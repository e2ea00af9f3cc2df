package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// fitFlags are the flags of what fits one baseline.
type fitFlags struct {
	energyFlags
	buildingFlags
	mode, from, to  string
	normal          string
	billing, hourly bool
}

func (f *fitFlags) bind(cmd *cobra.Command) {
	f.energyFlags.bind(cmd)
	f.buildingFlags.bind(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.mode, "mode", string(baseline.Native), "native or caltrack")
	flags.StringVar(&f.from, "from", "", "first day, 2026-01-31")
	flags.StringVar(&f.to, "to", "", "last day")
	flags.BoolVar(&f.billing, "billing", false, "the rows with a consumption are the first days of periods (CalTRACK billing); monthly rows always are")
	_ = cmd.RegisterFlagCompletionFunc("mode", cobra.FixedCompletions([]string{string(baseline.Native), string(baseline.CalTRACK)}, cobra.ShellCompDirectiveNoFileComp)) // the flags exist
}

// options are those of the fit.
func (f *fitFlags) options(in energyInput) (o baseline.FitOptions, err error) {
	o = baseline.FitOptions{Mode: baseline.Mode(f.mode), Carrier: gtc.Carrier(f.carrier)}
	if o.Mode != baseline.Native && o.Mode != baseline.CalTRACK {
		return o, fmt.Errorf("%w: --mode %q: want native or caltrack", ErrInput, f.mode)
	}
	if o.From, o.To, err = in.period(f.from, f.to); err != nil {
		return o, err
	}
	err = f.apply(in, &o)
	return o, err
}

// fit reads a file and fits the baseline of its days, or of its periods.
func (f *fitFlags) fit(file string, errOut io.Writer) (fitted, error) {
	in, err := f.read(file, errOut)
	if err != nil {
		return fitted{}, err
	}
	o, err := f.options(in)
	if err != nil {
		return fitted{}, err
	}
	out := fitted{days: in.table.Days, options: o}
	if bills, temps, ok := baseline.Bills(in.table.Days); ok {
		out.days, out.billing = temps, true
		_, _ = fmt.Fprintf(errOut, "%s: the rows are periods: fitted as bills\n", file) // nobody could be told that it failed
		out.Baseline, err = baseline.FitBilling(bills, temps, o)
	} else if f.billing {
		return out, fmt.Errorf("%w: %s: --billing: the rows are days, not periods", ErrInput, file)
	} else if err = in.daily(); err == nil {
		out.Baseline, err = baseline.Fit(in.table.Days, o)
	}
	if err != nil {
		return out, fmt.Errorf("%w: %s: %w", ErrInput, file, err)
	}
	return out, nil
}

// fitted is a baseline with what it was fitted on.
type fitted struct {
	baseline.Baseline
	days    []baseline.Day
	options baseline.FitOptions
	billing bool
}

// view returns the JSON form, with the CV(RMSE) of days that were not fitted;
// periods have none.
func (f fitted) view() energyFit {
	v := fitView(f.Baseline)
	if !f.billing {
		v.CVRMSEOut = finite(f.LeaveBlockOut(f.days, f.options))
	}
	return v
}

func newEnergyFitCommand(out, errOut io.Writer) *cobra.Command {
	var f fitFlags
	cmd := &cobra.Command{
		Use:   "fit FILE.csv",
		Short: "Fit the baseline of consumption on outdoor temperature",
		Long: "Fits the baseline (signature énergétique) of the rows time,energy_kwh,temperature_c,\n" +
			"daily, hourly or monthly. Rows that cannot be read are named and left out, or with --strict end the run.\n" +
			"Monthly rows are fitted as CalTRACK fits bills; hourly ones are summed into days, or with --hourly\n" +
			"fitted by time of week and temperature.",
		Example: "  gtc energy fit meter.csv --carrier gas --json\n" +
			"  gtc energy fit school.csv --open mon-fri --closed 2025-07-01..2025-08-31 --exclude 2025-03-03..2025-03-14\n" +
			"  gtc energy fit home.csv --factor beds@0.4=2025-01-01:60,2025-07-01:72 --normal normal-year.csv",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if f.hourly {
				return f.runHourly(args[0], out, errOut)
			}
			b, err := f.fit(args[0], errOut)
			if err != nil {
				return err
			}
			v := b.view()
			if v.NormalYear, err = f.normalYear(b.Baseline, errOut); err != nil {
				return err
			}
			if f.json {
				return writeJSON(out, v)
			}
			return writeFit(out, b.Baseline, v)
		},
	}
	f.bind(cmd)
	cmd.Flags().BoolVar(&f.hourly, "hourly", false, "fit hours by time of week and temperature (TOWT)")
	cmd.Flags().StringVar(&f.normal, "normal", "", "file of the temperatures of a normal year, for which the consumption is told")
	return cmd
}

// normalYear tells the consumption of the year of a file, nil without one.
func (f *fitFlags) normalYear(b baseline.Baseline, errOut io.Writer) (*energyYear, error) {
	if f.normal == "" {
		return nil, nil //nolint:nilnil // not asked for
	}
	in, err := f.read(f.normal, errOut)
	if err != nil {
		return nil, err
	}
	y := b.NormalYear(in.table.Days)
	return &energyYear{Days: y.Days, KWh: y.KWh, BandKWh: finite(y.BandKWh)}, nil
}
