package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/figure"
	"github.com/cpas-charleroi/gtc/internal/hub"
	"github.com/cpas-charleroi/gtc/rules/carbon"
)

// energyCommand is `gtc energy` with what needs a configuration.
func energyCommand(env Env) *cobra.Command {
	cmd := newEnergyCommand(env.Stdout, env.Stderr)
	cmd.AddCommand(newEnergyPathCommand(env))
	return cmd
}

// pathFlags are those of `gtc energy path`.
type pathFlags struct {
	dir, url, known, plot string
	json                  bool
}

func newEnergyPathCommand(env Env) *cobra.Command {
	var f pathFlags
	cmd := &cobra.Command{
		Use:   "path",
		Short: "Émissions de CO2 de chaque année contre la trajectoire PAEDC",
		Long: "Computes the emissions of every year from the days that InfluxDB holds and the factors of the\n" +
			"configuration, with and without correction to normal climate, against the straight path from the\n" +
			"reference year, and final energy against the EED directive. A year that is not whole is marked and\n" +
			"never scaled up; what is missing is listed. --known shows the figures as they were known on a day.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.compute(cmd.Context(), env)
			if err != nil {
				return err
			}
			if f.plot != "" {
				if err := writeFigure(f.plot, func(w io.Writer) error { return figure.Emissions(w, pathWords(c.Path), c.Path) }); err != nil {
					return err
				}
			}
			if f.json {
				return writeJSON(env.Stdout, c)
			}
			return writePath(env.Stdout, c)
		},
	}
	bindConfig(cmd, &f.dir)
	l := cmd.Flags()
	l.StringVar(&f.url, "influx", "", "address of InfluxDB instead of that of the configuration")
	l.StringVar(&f.known, "known", "", "day of the state of knowledge, 2026-01-31; today if not given")
	l.StringVar(&f.plot, "plot", "", "figure to write, FILE.svg")
	l.BoolVar(&f.json, "json", false, "print JSON")
	if err := cmd.MarkFlagFilename("plot", "svg"); err != nil {
		panic(err) // the flag is defined two lines above
	}
	return cmd
}

// compute reads the configuration and its InfluxDB.
func (f pathFlags) compute(ctx context.Context, env Env) (console.Carbon, error) {
	known := time.Time{}
	if f.known != "" {
		var err error
		if known, err = time.Parse(time.DateOnly, f.known); err != nil {
			return console.Carbon{}, fmt.Errorf("%w: --known %q: want 2026-01-31", ErrInput, f.known)
		}
	}
	cfg, err := config.Load(f.dir)
	if err != nil {
		return console.Carbon{}, inputError(err)
	}
	if cmp.Or(f.url, cfg.Hub.Influx.URL) == "" {
		return console.Carbon{}, fmt.Errorf("%w: read emissions: the configuration names no InfluxDB (influx.url); give --influx", ErrInput)
	}
	db, err := openInflux(cfg, env, f.url)
	if err != nil {
		return console.Carbon{}, err
	}
	defer db.Close()
	bar := countProgress(env.Stderr, "lecture des sites", len(cfg.Sites))
	c, err := hub.CarbonOf(ctx, db, cfg, known, time.Now(), func(done, _ int) {
		_ = bar.Set(done) // a bar that cannot be drawn is no failure
	})
	_ = bar.Finish()
	return c, err
}

// pathWords say what the figure shows.
func pathWords(p carbon.Path) figure.Words {
	said := pathVerdict(p)
	facts := []string{}
	for _, f := range p.Factors {
		facts = append(facts, f.Statement("fr"))
	}
	return figure.Words{
		Title:       "Émissions et trajectoire",
		Subtitle:    said + " · ◇ à climat normal ; hachures : année incomplète · " + strings.Join(unique(facts), " ; "),
		Alternative: said + ".",
	}
}

// pathVerdict is the last whole year against the path, in one sentence.
func pathVerdict(p carbon.Path) string {
	last, ok := p.Last()
	switch {
	case p.ReferenceKg == nil:
		return "Pas de trajectoire : l’année de référence n’est pas connue"
	case !ok || last.TargetKgCO2 == nil || last.Year == p.Reference:
		return "Aucune année entière après la référence " + strconv.Itoa(p.Reference)
	}
	where := "au-dessus de"
	d := (*last.KgCO2 - *last.TargetKgCO2) / 1000
	if d <= 0 {
		where, d = "sous", -d
	}
	return fmt.Sprintf("%d : %s t CO₂, %s t %s la trajectoire", last.Year, figure.Number(*last.KgCO2/1000, 1), figure.Number(d, 1), where)
}

func unique(in []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range in {
		if !seen[s] {
			out, seen[s] = append(out, s), true
		}
	}
	return out
}

// writePath prints the path, what it was made with and what is missing.
func writePath(out io.Writer, c console.Carbon) error {
	p := c.Path
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(w, "année\tt CO2\tà climat normal\ttrajectoire\tMWh finale\tEED\t\t") // Flush returns the error
	for _, y := range p.Years {
		note := ""
		if y.Partial {
			note = "incomplète"
		}
		_, _ = fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t\n", y.Year, tonnes(y.KgCO2), tonnes(y.NormKgCO2), tonnes(y.TargetKgCO2), tonnes(y.FinalKWh), tonnes(y.EEDKWh), note)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	lines := []string{
		"", pathVerdict(p) + ".",
		fmt.Sprintf("Référence %d, objectif −%s %% en %d ; %d sites, %d compteurs ; combustibles en kWh PCS.", p.Reference, figure.Number(p.ReductionPct, 0), p.Target, len(p.Sites), p.Meters),
	}
	for _, f := range p.Factors {
		lines = append(lines, fmt.Sprintf("Facteur %s depuis le %s : %s kg/kWh, %s (%s)", f.Carrier, f.From, figure.Number(f.KgCO2PerKWh, 4), f.Statement("fr"), f.Source))
	}
	for _, n := range p.Normals {
		own := ""
		if n.OwnYears > 0 {
			own = fmt.Sprintf(", moyenne de %d années de la station", n.OwnYears)
		}
		lines = append(lines, fmt.Sprintf("Normale DJ %s de %s : %s (%s%s)", n.Base, n.Station, figure.Number(n.Value, 0), n.Period, own))
	}
	for _, m := range p.Models {
		lines = append(lines, fmt.Sprintf("Climat normal de %s/%s : par son modèle, moyenne de %d années propres de %s (%s)", m.Site, m.Meter, m.OwnYears, m.Station, m.Period))
	}
	for _, g := range p.Missing {
		lines = append(lines, "Manque : "+g.In("fr", string(g.Carrier)))
	}
	for _, g := range p.EEDMissing {
		lines = append(lines, "Manque pour la ligne EED : "+g.In("fr", string(g.Carrier)))
	}
	_, err := fmt.Fprintln(out, strings.Join(lines, "\n"))
	return err
}

func tonnes(v *float64) string {
	if v == nil {
		return "–"
	}
	return figure.Number(*v/1000, 1)
}
