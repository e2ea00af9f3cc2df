package cli

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/hub"
	"github.com/cpas-charleroi/gtc/rules/backtest"
	"github.com/cpas-charleroi/gtc/rules/energy"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/portfolio"
)

// backtestFlags are those of `gtc rules backtest`.
type backtestFlags struct {
	truth, dir, csv, url, zone, carrier string
	from, to                            string
	json, alone                         bool
}

func newRulesBacktestCommand(env Env) *cobra.Command {
	var f backtestFlags
	cmd := &cobra.Command{
		Use:   "backtest [--truth truth.json]",
		Short: "Rejoue les règles d'énergie sur l'historique et les note contre la vérité d'un parc simulé",
		Long: "Replays the energy rules on the days that InfluxDB holds for the meters of a configuration, or on CSV\n" +
			"files (--csv DIR holds SITE/METER.csv with the columns time,energy_kwh,temperature_c). Each day is judged\n" +
			"with nothing but the days before it. With --truth the findings are compared with what was wrong: faults\n" +
			"found, missed and unprovable, delay, false findings a meter-year, estimated against true kWh, cause.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := f.run(cmd.Context(), env)
			if err != nil {
				return err
			}
			if f.json {
				return writeJSON(env.Stdout, r)
			}
			return writeBacktest(env.Stdout, r)
		},
	}
	bindConfig(cmd, &f.dir)
	l := cmd.Flags()
	l.StringVar(&f.truth, "truth", "", "truth file of a simulated park")
	l.StringVar(&f.csv, "csv", "", "folder of SITE/METER.csv instead of a configuration and its InfluxDB")
	l.StringVar(&f.url, "influx", "", "address of InfluxDB instead of that of the configuration")
	l.StringVar(&f.zone, "zone", "Europe/Brussels", "time zone of the calendar days of CSV files")
	l.StringVar(&f.carrier, "carrier", string(gtc.CarrierGas), "carrier of the CSV files of which the truth says none")
	l.StringVar(&f.from, "from", "", "first day of which detections count, 2026-01-31")
	l.StringVar(&f.to, "to", "", "last day that the rules see")
	l.BoolVar(&f.alone, "alone", false, "judge each meter without the others")
	l.BoolVar(&f.json, "json", false, "print JSON")
	cmd.MarkFlagsMutuallyExclusive("csv", "influx")
	if err := cmd.MarkFlagFilename("truth", "json"); err != nil {
		panic(err) // the flag is defined some lines above
	}
	cmd.AddCommand(newRulesBacktestAlarmsCommand(env))
	return cmd
}

// run reads, replays and scores.
func (f backtestFlags) run(ctx context.Context, env Env) (backtest.Report, error) {
	o, err := f.options()
	if err != nil {
		return backtest.Report{}, err
	}
	truth, err := f.readTruth()
	if err != nil {
		return backtest.Report{}, err
	}
	var meters []backtest.Meter
	if f.csv != "" {
		meters, err = f.csvMeters(truth, env.Stderr)
	} else {
		meters, err = f.storedMeters(ctx, env, truth)
	}
	if err != nil {
		return backtest.Report{}, err
	}
	if len(meters) == 0 {
		return backtest.Report{}, inputError(fmt.Errorf("backtest: no meter to replay"))
	}
	runs, err := replayMeters(ctx, env.Stderr, meters, o, f.alone)
	if err != nil {
		return backtest.Report{}, err
	}
	return backtest.Score(truth, runs, o), nil
}

// options reads the period.
func (f backtestFlags) options() (backtest.Options, error) {
	in := energyInput{loc: time.UTC}
	from, to, err := in.period(f.from, f.to)
	return backtest.Options{From: from, To: to}, err
}

// readTruth reads the truth file, nil when none is given.
func (f backtestFlags) readTruth() (*backtest.Truth, error) {
	if f.truth == "" {
		return nil, nil //nolint:nilnil // no truth is no mistake
	}
	file, err := os.Open(f.truth)
	if err != nil {
		return nil, inputError(err)
	}
	defer func() { _ = file.Close() }() // opened for reading only
	t, err := backtest.ReadTruth(f.truth, file)
	if err != nil {
		return nil, inputError(err)
	}
	return &t, nil
}

// replayMeters runs the rules on every meter, on all processors: first the
// baselines, then the days, each meter beside the others unless alone.
func replayMeters(ctx context.Context, progress io.Writer, meters []backtest.Meter, o backtest.Options, alone bool) ([]backtest.Run, error) {
	bar := countProgress(progress, "rejeu des compteurs", 2*len(meters))
	defer func() { _ = bar.Finish() }() // a bar that cannot be drawn is no failure
	fitted, runs := make([]*backtest.Fitted, len(meters)), make([]backtest.Run, len(meters))
	if err := eachOf(ctx, len(meters), bar, func(i int) { fitted[i] = backtest.Fit(meters[i], o) }); err != nil {
		return nil, err
	}
	var all *portfolio.Portfolio
	if !alone {
		all = backtest.Together(fitted)
	}
	err := eachOf(ctx, len(meters), bar, func(i int) { runs[i] = fitted[i].Judge(all, o) })
	return runs, err
}

// eachOf calls do for 0 to n-1 on all processors.
func eachOf(ctx context.Context, n int, bar *progressbar.ProgressBar, do func(i int)) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			do(i)
			_ = bar.Add(1) // a bar that cannot be drawn is no failure
			return nil
		})
	}
	return g.Wait()
}

// countProgress shows a bar on a terminal and is silent otherwise.
func countProgress(w io.Writer, what string, n int) *progressbar.ProgressBar {
	if !terminal(w) {
		return progressbar.DefaultSilent(int64(n))
	}
	return progressbar.NewOptions(n, progressbar.OptionSetDescription(what), progressbar.OptionSetWriter(w),
		progressbar.OptionSetWidth(40), progressbar.OptionClearOnFinish())
}

// wanted reports whether the truth speaks of a meter; without a list of
// meters it speaks of all.
func wanted(t *backtest.Truth, site gtc.SiteID, meter gtc.EquipmentID) bool {
	if t == nil || len(t.Meters) == 0 {
		return true
	}
	for _, m := range t.Meters {
		if m.Site == site && m.Meter == meter {
			return true
		}
	}
	return false
}

// storedMeters reads the meters of a configuration from its InfluxDB.
func (f backtestFlags) storedMeters(ctx context.Context, env Env, truth *backtest.Truth) ([]backtest.Meter, error) {
	cfg, err := config.Load(f.dir)
	if err != nil {
		return nil, inputError(err)
	}
	db, err := openInflux(cfg, env, f.url)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	bar := countProgress(env.Stderr, "lecture des sites", len(cfg.Sites))
	var out []backtest.Meter
	stations := map[string][]energy.TempDay{}
	now := time.Now()
	for _, s := range cfg.Sites {
		site := s.Domain()
		temps, ok := stations[site.WeatherStation]
		if !ok {
			if temps, err = hub.StationDays(ctx, db, site.WeatherStation, site.Location); err != nil {
				return nil, fmt.Errorf("read weather station %s: %w", site.WeatherStation, err)
			}
			stations[site.WeatherStation] = temps
		}
		y, m, d := now.In(site.Location).Date()
		today := time.Date(y, m, d, 0, 0, 0, 0, site.Location) // a part of a day is no day
		for _, meter := range site.Meters {
			if meter.KWhPerUnit == 0 || !wanted(truth, site.ID, meter.Equipment) {
				continue
			}
			days, err := hub.MeterDays(ctx, db, &site, meter, temps, today)
			if err != nil {
				return nil, fmt.Errorf("read days of %s/%s: %w", site.ID, meter.Equipment, err)
			}
			told := baseline.OfSite(&site, meter.Carrier)
			out = append(out, backtest.Meter{
				Site: site.ID, ID: meter.Equipment, Carrier: meter.Carrier, Group: string(site.Category), Days: days, Baseline: meter.Baseline,
				Calendar: told.Calendar, Factors: told.Factors,
			})
		}
		_ = bar.Add(1) // a bar that cannot be drawn is no failure
	}
	_ = bar.Finish()
	return out, nil
}

// csvMeters reads the meters of a folder of SITE/METER.csv.
func (f backtestFlags) csvMeters(truth *backtest.Truth, errOut io.Writer) ([]backtest.Meter, error) {
	var out []backtest.Meter
	err := filepath.WalkDir(f.csv, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".csv") {
			return err
		}
		rel, err := filepath.Rel(f.csv, path)
		if err != nil {
			return err
		}
		site, meter, ok := strings.Cut(strings.TrimSuffix(filepath.ToSlash(rel), ".csv"), "/")
		if !ok || strings.Contains(meter, "/") {
			return fmt.Errorf("%s: want SITE/METER.csv below %s", path, f.csv)
		}
		m := backtest.Meter{Site: gtc.SiteID(site), ID: gtc.EquipmentID(meter), Carrier: carrierOf(truth, site, meter, f.carrier)}
		if !wanted(truth, m.Site, m.ID) {
			return nil
		}
		in, err := energyFlags{carrier: string(m.Carrier), zone: f.zone}.read(path, errOut)
		if err != nil {
			return err
		}
		m.Days = in.table.Days
		out = append(out, m)
		return nil
	})
	return out, inputError(err)
}

// carrierOf is what the truth says of a meter.
func carrierOf(t *backtest.Truth, site, meter, otherwise string) gtc.Carrier {
	if t != nil {
		for _, m := range t.Meters {
			if string(m.Site) == site && string(m.Meter) == meter {
				return m.Carrier
			}
		}
	}
	return gtc.Carrier(otherwise)
}
