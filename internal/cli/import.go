package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/importer"
	"github.com/cpas-charleroi/gtc/internal/influx"
)

// importFlags are the flags of gtc import.
type importFlags struct {
	dir, influx, tokenFile       string
	site, meter, direction       string
	profile, save                string
	columns                      map[string]string
	own                          importer.Profile
	kind                         string
	dryRun, strict, replace, out bool
	watch, station               string
	every                        time.Duration
}

func newImportCommand(env Env) *cobra.Command {
	f := &importFlags{}
	cmd := &cobra.Command{
		Use:   "import FILE... --site S --meter M",
		Short: "Reprend des relevés, des factures et des fichiers quart-horaires (CSV, XLSX)",
		Long: `Takes history over from files: index readings, consumption by interval (the
quarter-hour files of the grid operator), and invoices. Columns, units, decimal
sign and encoding are detected, and said; --map and the other flags say
otherwise, --save-profile keeps what is right for the next file. Importing a
file twice changes nothing. docs/formats/import.md has worked examples.

Exit status 1 when a row was not taken: the others are imported, unless --strict.`,
		Example: `  gtc import --config /etc/gtc --site maison-exemple --meter compteur-gaz --dry-run 2025.csv
  gtc import --site s --meter m --map time=Horodatage,value=Conso --save-profile ores courbe.xlsx
  gtc import --station gosselies meteo-2025.csv        # date, min, max (or mean) in °C
  gtc import --watch /srv/gtc/depot --profile ores     # depot/<site>/<meter>/*.csv`,
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := newImportTool(cmd, env, f)
			if err != nil {
				return err
			}
			defer t.db.Close()
			if f.watch != "" {
				return t.watch(cmd.Context(), args)
			}
			return t.files(cmd.Context(), args)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"csv", "txt", "tsv", "xlsx"}, cobra.ShellCompDirectiveFilterFileExt
		},
	}
	f.bind(cmd)
	return cmd
}

func (f *importFlags) bind(cmd *cobra.Command) {
	l := cmd.Flags()
	l.StringVar(&f.dir, "config", ".", "configuration folder")
	l.StringVar(&f.influx, "influx", "", "address of InfluxDB (default: influx.url of gtc.yaml)")
	l.StringVar(&f.tokenFile, "token-file", "", "file with the token of InfluxDB (default: influx.token_file; GTC_INFLUX_TOKEN comes first)")
	l.StringVar(&f.site, "site", "", "site")
	l.StringVar(&f.meter, "meter", "", "meter (its equipment)")
	l.StringVar(&f.direction, "direction", string(gtc.DirectionImport), "import, export or production")
	l.StringVar(&f.station, "station", "", "weather station: the files have its daily temperatures")
	l.StringVar(&f.profile, "profile", "", "profile of the configuration's import folder")
	l.StringVar(&f.save, "save-profile", "", "keep how the file was read as a profile")
	l.StringToStringVar(&f.columns, "map", nil, "columns: time=Horodatage,value=#3 ("+strings.Join(importer.Roles(), ", ")+")")
	l.StringVar(&f.kind, "kind", "", "readings, intervals, invoices, delivery or dipstick")
	l.StringVar(&f.own.Sheet, "sheet", "", "sheet of a workbook")
	l.StringVar(&f.own.Encoding, "encoding", "", "utf-8, utf-16 or windows-1252")
	l.StringVar(&f.own.Delimiter, "delimiter", "", "delimiter, tab for a tabulator")
	l.StringVar(&f.own.Decimal, "decimal", "", `decimal sign, "," or "."`)
	l.StringVar(&f.own.Zone, "zone", "", "time zone of times without an offset (default: the site's)")
	l.StringVar(&f.own.Stamp, "stamp", "", "a time is the start or the end of its interval")
	l.StringVar(&f.own.Unit, "unit", "", "unit of the values: kWh, MWh, kW, m3, …")
	l.StringVar(&f.own.LastDay, "last-day", "", "the end of an invoice is included or excluded")
	l.StringVar(&f.own.Source, "source", "", "metered or manual")
	l.StringSliceVar(&f.own.Measured, "measured", nil, "quality codes that mean measured")
	l.StringSliceVar(&f.own.Estimated, "estimated", nil, "quality codes that mean estimated")
	l.BoolVar(&f.dryRun, "dry-run", false, "say what would be imported, write nothing")
	l.BoolVar(&f.strict, "strict", false, "write nothing of a file with a row that is not taken")
	l.BoolVar(&f.replace, "replace", false, "also replace what the site's own meter measured")
	l.BoolVar(&f.out, "json", false, "print JSON")
	l.StringVar(&f.watch, "watch", "", "import what appears in this folder, until stopped")
	l.DurationVar(&f.every, "every", 10*time.Second, "how often the watched folder is looked at")
	for flag, complete := range map[string]func(*config.Config) []string{"site": f.siteNames, "meter": f.meterNames, "profile": func(*config.Config) []string { return importer.Profiles(f.dir) }} {
		_ = cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) { // the flags exist
			cfg, err := config.Load(f.dir)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return complete(cfg), cobra.ShellCompDirectiveNoFileComp
		})
	}
}

func (f *importFlags) siteNames(cfg *config.Config) []string {
	var out []string
	for _, s := range cfg.Sites {
		out = append(out, string(s.ID))
	}
	return out
}

func (f *importFlags) meterNames(cfg *config.Config) []string {
	var out []string
	for _, s := range cfg.Sites {
		if f.site != "" && string(s.ID) != f.site {
			continue
		}
		for _, m := range s.Meters {
			if m.Equipment != "" {
				out = append(out, string(m.Equipment))
			}
		}
	}
	return out
}

// importTool is one run of gtc import.
type importTool struct {
	*importFlags
	env     Env
	cmd     *cobra.Command
	config  *config.Config
	cat     *catalogue.Catalogue
	db      *influx.Client
	profile importer.Profile
}

func newImportTool(cmd *cobra.Command, env Env, f *importFlags) (*importTool, error) {
	t := &importTool{importFlags: f, env: env, cmd: cmd}
	var err error
	if t.config, err = config.Load(f.dir); err != nil {
		return nil, inputError(err)
	}
	if t.cat, err = catalogue.Load(); err != nil {
		return nil, err
	}
	if t.profile, err = f.merged(); err != nil {
		return nil, inputError(err)
	}
	if f.influx != "" {
		t.config.Hub.Influx.URL = f.influx
	}
	if f.tokenFile != "" {
		t.config.Hub.Influx.TokenFile = f.tokenFile
	}
	if t.config.Hub.Influx.URL == "" {
		return nil, inputError(errors.New("no InfluxDB: give --influx URL, or influx.url in gtc.yaml"))
	}
	if t.db, err = openInflux(t.config, env, ""); err != nil {
		return nil, err
	}
	return t, nil
}

// merged is the profile with what the flags say on top.
func (f *importFlags) merged() (importer.Profile, error) {
	var p importer.Profile
	if f.profile != "" {
		var err error
		if p, err = importer.LoadProfile(f.dir, f.profile); err != nil {
			return p, err
		}
	}
	f.own.Kind = importer.Kind(f.kind)
	if p.Columns == nil {
		p.Columns = map[string]string{}
	}
	maps.Copy(p.Columns, f.columns)
	for _, x := range []struct{ to, own *string }{
		{(*string)(&p.Kind), (*string)(&f.own.Kind)},
		{&p.Sheet, &f.own.Sheet},
		{&p.Encoding, &f.own.Encoding},
		{&p.Delimiter, &f.own.Delimiter},
		{&p.Decimal, &f.own.Decimal},
		{&p.Zone, &f.own.Zone},
		{&p.Stamp, &f.own.Stamp},
		{&p.Unit, &f.own.Unit},
		{&p.LastDay, &f.own.LastDay},
		{&p.Source, &f.own.Source},
	} {
		if *x.own != "" {
			*x.to = *x.own
		}
	}
	p.Measured = append(p.Measured, f.own.Measured...)
	p.Estimated = append(p.Estimated, f.own.Estimated...)
	if what := p.Check(); what != "" {
		return p, errors.New(what)
	}
	return p, nil
}

// options are those of an import into one meter.
func (t *importTool) options(site, meter string) (importer.Options, error) {
	if site == "" || meter == "" {
		return importer.Options{}, errors.New("--site and --meter say where the files belong")
	}
	i := slices.IndexFunc(t.config.Sites, func(s *config.Site) bool { return string(s.ID) == site })
	if i < 0 {
		return importer.Options{}, fmt.Errorf("there is no site %q; known are %s", site, strings.Join(t.siteNames(t.config), ", "))
	}
	s := t.config.Sites[i]
	domain := s.Domain()
	for _, m := range domain.Meters {
		if string(m.Equipment) != meter || string(m.Direction) != t.direction {
			continue
		}
		if len(m.Terms) > 0 {
			return importer.Options{}, fmt.Errorf("%s/%s is made of other meters: import into these", site, meter)
		}
		point, ok := t.cat.Point(m.Kind, m.Point)
		switch {
		case m.Tank != nil:
			point.Unit = m.Tank.Unit
		case !ok:
			return importer.Options{}, fmt.Errorf("%s/%s: kind %s has no point %s", site, meter, m.Kind, m.Point)
		}
		e := s.Equipment[slices.IndexFunc(s.Equipment, func(e config.Equipment) bool { return e.ID == m.Equipment })]
		now := time.Now().UTC()
		return importer.Options{
			Profile: t.profile, Oldest: now.Add(-rawRetention() + 24*time.Hour), DryRun: t.dryRun, Strict: t.strict,
			Store: importer.Store{
				DB: t.db, Database: influx.DatabaseOf(e.PrivacyOf(point)), Replace: t.replace,
				Target: importer.Target{Site: domain.ID, Meter: m, Location: domain.Location, Unit: point.Unit, Now: now},
			},
		}, nil
	}
	return importer.Options{}, fmt.Errorf("%s: no meter %q counts %s; known are %s", site, meter, t.direction, strings.Join(t.meterNames(&config.Config{Sites: []*config.Site{s}}), ", "))
}

// rawRetention is how long raw samples are kept.
func rawRetention() time.Duration {
	for _, r := range influx.Databases() {
		if r.Database == influx.Raw {
			return time.Duration(r.Days) * 24 * time.Hour
		}
	}
	return 0
}

// files imports the files of the command line.
func (t *importTool) files(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return inputError(errors.New("no file: give CSV or XLSX files, or --watch DIR"))
	}
	if t.save != "" && len(args) > 1 {
		return inputError(errors.New("--save-profile: one file tells how such files are read"))
	}
	if t.station != "" {
		return t.weather(ctx, args)
	}
	o, err := t.options(t.site, t.meter)
	if err != nil {
		return inputError(err)
	}
	reports := []importer.Report{}
	rejected := 0
	for _, name := range args {
		r, err := t.one(ctx, name, o)
		if err != nil {
			return err
		}
		reports = append(reports, r)
		rejected += r.Rejected
		if !t.out {
			if err := printImport(t.env.Stdout, r, o.Store.Target.Location); err != nil {
				return err
			}
		}
	}
	if t.save != "" {
		if err := t.saveProfile(reports[0].Profile); err != nil {
			return err
		}
	}
	return t.conclude(reports, rejected)
}

// conclude prints the reports for a program that asked, and fails when lines
// were refused.
func (t *importTool) conclude(reports any, rejected int) error {
	if t.out {
		if err := writeJSON(t.env.Stdout, reports); err != nil {
			return err
		}
	}
	if rejected > 0 {
		return inputError(fmt.Errorf("%d lignes refusées", rejected))
	}
	return nil
}

func (t *importTool) saveProfile(p importer.Profile) error {
	path, err := importer.ProfilePath(t.dir, t.save)
	if err != nil {
		return inputError(err)
	}
	if err := importer.SaveProfile(t.dir, t.save, p); err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.env.Stderr, "profil enregistré : %s\n", path)
	return err
}

// one imports one file.
func (t *importTool) one(ctx context.Context, name string, o importer.Options) (importer.Report, error) {
	data, err := readBounded(name)
	if err != nil {
		return importer.Report{}, inputError(err)
	}
	bar := importBar(t.env, filepath.Base(name), t.out)
	o.Progress = bar.progress
	r, err := importer.Import(ctx, filepath.Base(name), data, o)
	bar.end()
	if _, ok := errors.AsType[importer.Mistake](err); ok {
		return r, inputError(err)
	}
	return r, err
}

// readBounded reads a file that is not larger than can be imported.
func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	return io.ReadAll(io.LimitReader(f, importer.MaxBytes+1))
}
