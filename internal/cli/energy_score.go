package cli

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/backtest/protocol"
)

// scoreFlags are those of `gtc energy score`.
type scoreFlags struct {
	zone  string
	seed  uint64
	draws int
	json  bool
}

func newEnergyScoreCommand(out, errOut io.Writer) *cobra.Command {
	var f scoreFlags
	cmd := &cobra.Command{
		Use:   "score DIR",
		Short: "Score the drift detector on a folder of real meters",
		Long: "Scores the detector beside a weekly CUSUM on every pair of successive calendar years of the CSV files of a\n" +
			"folder (time,energy_kwh,temperature_c), by two protocols: real is the following year as it is and raised by\n" +
			"10 %, 20 % and a ramp of 8 weeks; boot is a year made of the first year's model and residuals, without drift\n" +
			"and raised alike. Starts lie in October or between 10 January and 1 March.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := f.run(cmd.Context(), args[0], errOut)
			if err != nil {
				return err
			}
			if f.json {
				return writeJSON(out, r)
			}
			return writeScore(out, r)
		},
	}
	l := cmd.Flags()
	l.StringVar(&f.zone, "zone", "UTC", "time zone of the calendar days and of times without one")
	l.Uint64Var(&f.seed, "seed", 1, "seed of what is drawn")
	l.IntVar(&f.draws, "draws", 1, "how often made-up years and starts are drawn")
	l.BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

// run reads the folder and scores its pairs.
func (f scoreFlags) run(ctx context.Context, dir string, errOut io.Writer) (protocol.Report, error) {
	if f.draws < 1 {
		return protocol.Report{}, fmt.Errorf("%w: --draws %d: want 1 or more", ErrInput, f.draws)
	}
	var pairs []protocol.Pair
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".csv") {
			return err
		}
		in, err := energyFlags{carrier: string(gtc.CarrierGas), zone: f.zone}.read(path, errOut)
		if err != nil {
			return err
		}
		pairs = append(pairs, protocol.Pairs(strings.TrimSuffix(filepath.Base(path), ".csv"), in.table.Days)...)
		return nil
	})
	if err != nil {
		return protocol.Report{}, inputError(err)
	}
	if len(pairs) == 0 {
		return protocol.Report{}, inputError(fmt.Errorf("score %s: no two whole successive years of a meter that follows the weather", dir))
	}
	bar := countProgress(errOut, "notation des années", len(pairs))
	scored := make([]protocol.Scored, len(pairs))
	err = eachOf(ctx, len(pairs), bar, func(i int) { scored[i] = pairs[i].Score(f.seed, f.draws) })
	_ = bar.Finish() // a bar that cannot be drawn is no failure
	return protocol.Sum(scored, f.draws), err
}

// writeScore prints a report as an aligned table.
func writeScore(out io.Writer, r protocol.Report) error {
	if _, err := fmt.Fprintf(out, "%d pairs of years, %d refused, %d draws\n", r.Pairs, r.Refused, r.Draws); err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(w, "protocol\tdetector\tfindings/year\tyears with any\t≤ 28 d\t≤ 56 d\tmedian\t") // Flush returns the error
	opt := func(v *float64, unit string) string {
		if v == nil {
			return "–"
		}
		return fmt.Sprintf("%.0f %s", *v, unit)
	}
	for _, row := range r.Rows {
		for _, d := range []struct {
			name string
			protocol.Score
		}{{"gtc", row.GTC}, {"cusum", row.CUSUM}} {
			_, _ = fmt.Fprintf(w, "%s\t%s\t%.2f\t%.0f %%\t%s\t%s\t%s\t\n",
				row.Protocol, d.name, d.PerYear, d.YearsWithAny, opt(d.Within28, "%"), opt(d.Within56, "%"), opt(d.MedianDelay, "d"))
		}
	}
	return w.Flush()
}
