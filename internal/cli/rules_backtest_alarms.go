package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/hub"
	"github.com/cpas-charleroi/gtc/rules/alarm"
	"github.com/cpas-charleroi/gtc/rules/alarm/replay"
)

const (
	// replayDays is how long a history is replayed unless told otherwise.
	replayDays = 30
	// replayPart is how much of a site's history is in memory at a time.
	replayPart = 6 * time.Hour
)

// alarmReplay is `gtc rules backtest alarms`.
type alarmReplay struct {
	dir, rules, against, url string
	from, to                 string
	sites, classes           []string
	json, list               bool

	env    Env
	config *config.Config
	cat    *catalogue.Catalogue
	// sets are the classes to replay: one set, or two to compare.
	sets [][]alarm.Class
	// begin and end bound the period.
	begin, end time.Time
}

// alarmReplayView is its JSON form.
type alarmReplayView struct {
	replay.Report
	Against *replay.Report     `json:"against,omitempty"`
	Changes *replay.Comparison `json:"changes,omitempty"`
}

func newRulesBacktestAlarmsCommand(env Env) *cobra.Command {
	r := alarmReplay{env: env}
	cmd := &cobra.Command{
		Use:   "alarms [FILE.lp|FILE.csv ...]",
		Short: "Rejoue les classes d'alarme sur l'historique : combien d'appels, où, combien de temps",
		Long: "Plays what InfluxDB holds of the sites of a configuration, or files of line protocol or CSV (columns\n" +
			"time,site,equipment,point,value[,quality]) in the order of their lines, through the alarm engine: occurrences\n" +
			"by class and site, how long they lasted, calls a day and in ten minutes, chattering and standing alarms, held\n" +
			"against EEMUA 191. --rules tries another set of classes before it is used, --against compares two.\n" +
			"Nobody acknowledges or shelves; edges, devices and the hub itself are not judged.",
		RunE: func(cmd *cobra.Command, files []string) error {
			v, err := r.run(cmd.Context(), files)
			if err != nil {
				return err
			}
			if r.json {
				return writeJSON(env.Stdout, v)
			}
			return writeAlarmReplay(env.Stdout, v, r.list)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"lp", "txt", "csv"}, cobra.ShellCompDirectiveFilterFileExt
		},
	}
	bindConfig(cmd, &r.dir)
	l := cmd.Flags()
	l.StringVar(&r.rules, "rules", "", "folder with rules/alarms.yaml or alarms.yaml instead of the configuration's classes")
	l.StringVar(&r.against, "against", "", "folder with a second set of classes to compare with")
	l.StringVar(&r.url, "influx", "", "address of InfluxDB instead of that of the configuration")
	l.StringVar(&r.from, "from", "", "first day, 2026-01-31; 30 days before the last one, or all of the files")
	l.StringVar(&r.to, "to", "", "last day; today, or the last one of the files")
	l.StringSliceVar(&r.sites, "site", nil, "only these sites")
	l.StringSliceVar(&r.classes, "class", nil, "report only these classes")
	l.BoolVar(&r.list, "list", false, "list every occurrence")
	l.BoolVar(&r.json, "json", false, "print JSON")
	if err := errors.Join(
		cmd.MarkFlagDirname("rules"), cmd.MarkFlagDirname("against"),
		cmd.RegisterFlagCompletionFunc("site", r.completeSite), cmd.RegisterFlagCompletionFunc("class", r.completeClass),
	); err != nil {
		panic(err) // the flags are defined some lines above
	}
	return cmd
}

func (r *alarmReplay) completeSite(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	cfg, err := config.Load(r.dir)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for _, s := range cfg.Sites {
		out = append(out, string(s.ID))
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

func (r *alarmReplay) completeClass(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	set, err := loadClasses(r.dir)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for i := range set.classes {
		if replay.Plays(&set.classes[i]) {
			out = append(out, set.classes[i].ID)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

func (r *alarmReplay) run(ctx context.Context, files []string) (alarmReplayView, error) {
	if err := r.load(); err != nil {
		return alarmReplayView{}, err
	}
	from, to, err := energyInput{loc: r.location()}.period(r.from, r.to)
	if err != nil {
		return alarmReplayView{}, err
	}
	r.begin, r.end = from, to
	var runs [][]replay.Run
	if len(files) > 0 {
		runs, err = r.playFiles(ctx, files)
	} else {
		runs, err = r.playStored(ctx)
	}
	if err != nil {
		return alarmReplayView{}, err
	}
	v := alarmReplayView{Report: replay.Of(runs[0], r.sets[0], r.classes, r.begin, r.end)}
	if len(r.sets) > 1 {
		other := replay.Of(runs[1], r.sets[1], r.classes, r.begin, r.end)
		changes := replay.Compare(v.Report, other)
		v.Against, v.Changes = &other, &changes
	}
	return v, nil
}

// load reads the configuration and the sets of classes.
func (r *alarmReplay) load() error {
	var err error
	if r.cat, err = catalogue.Load(); err != nil {
		return err
	}
	if r.config, err = config.Load(r.dir); err != nil {
		return inputError(err)
	}
	var known []string
	for _, s := range r.config.Sites {
		known = append(known, string(s.ID))
	}
	for _, s := range r.sites {
		if !slices.Contains(known, s) {
			return inputError(fmt.Errorf("--site %s: no such site in %s", s, r.dir))
		}
	}
	folders := []string{r.rules}
	if r.against != "" {
		folders = append(folders, r.against)
	}
	for _, f := range folders {
		classes, err := r.loadSet(f)
		if err != nil {
			return inputError(err)
		}
		r.sets = append(r.sets, classes)
	}
	for _, c := range r.classes {
		if !slices.ContainsFunc(slices.Concat(r.sets...), func(x alarm.Class) bool { return x.ID == c }) {
			return inputError(fmt.Errorf("--class %s: no such alarm class", c))
		}
	}
	return nil
}

// loadSet reads the shipped classes with those of a folder over them, of the
// configuration's where none is given.
func (r *alarmReplay) loadSet(folder string) ([]alarm.Class, error) {
	if folder == "" {
		return alarm.Load(r.cat, os.DirFS(r.dir))
	}
	dir := os.DirFS(folder)
	if _, err := fs.Stat(dir, ownAlarms); err == nil {
		return alarm.Load(r.cat, dir)
	}
	if _, err := fs.Stat(dir, filepath.Base(ownAlarms)); err != nil {
		return nil, fmt.Errorf("no alarm classes in %s: want rules/alarms.yaml or alarms.yaml there", folder)
	}
	return alarm.Load(r.cat, rulesOnly{dir})
}

// rulesOnly is a configuration folder of which only the folder rules is there.
type rulesOnly struct{ rules fs.FS }

// Open opens a file of the folder rules.
func (f rulesOnly) Open(name string) (fs.File, error) {
	rest, ok := strings.CutPrefix(name, "rules/")
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return f.rules.Open(rest)
}

// location is the calendar of the days of --from and --to.
func (r *alarmReplay) location() *time.Location {
	if len(r.config.Sites) == 0 {
		return time.UTC
	}
	site := r.config.Sites[0].Domain()
	return site.Location
}

func (r *alarmReplay) wants(site gtc.SiteID) bool {
	return len(r.sites) == 0 || slices.Contains(r.sites, string(site))
}

// players returns one player a set of classes for a site.
func (r *alarmReplay) players(s *config.Site, expect []gtc.Series) []*replay.Player {
	var out []*replay.Player
	for _, classes := range r.sets {
		out = append(out, replay.New(replay.Options{Classes: classes, Site: s.Domain(), Expect: expect, From: r.begin, To: r.end}))
	}
	return out
}

// playStored replays what InfluxDB holds, sites beside each other.
func (r *alarmReplay) playStored(ctx context.Context) ([][]replay.Run, error) {
	if r.end.IsZero() {
		r.end = time.Now().UTC().Truncate(time.Minute)
	}
	if r.begin.IsZero() {
		r.begin = r.end.AddDate(0, 0, -replayDays)
	}
	db, err := openInflux(r.config, r.env, r.url)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var sites []*config.Site
	for _, s := range r.config.Sites {
		if r.wants(s.ID) {
			sites = append(sites, s)
		}
	}
	parts := int((r.end.Sub(r.begin)+replay.WarmUp)/replayPart) + 1
	bar := countProgress(r.env.Stderr, "rejeu des alarmes", len(sites)*parts)
	runs := make([][]replay.Run, len(r.sets))
	for i := range runs {
		runs[i] = make([]replay.Run, len(sites))
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for n, s := range sites {
		g.Go(func() error {
			h := hub.NewHistory(db, r.config, r.cat, s, slices.Concat(r.sets...))
			players := r.players(s, h.Expected())
			for at := r.begin.Add(-replay.WarmUp); at.Before(r.end); at = at.Add(replayPart) {
				samples, heard, err := h.Read(ctx, at, earlier(at.Add(replayPart), r.end))
				if err != nil {
					return err
				}
				for _, p := range players {
					playTogether(p, samples, heard)
				}
				_ = bar.Add(1) // a bar that cannot be drawn is no failure
			}
			for i, p := range players {
				runs[i][n] = p.Finish()
			}
			return nil
		})
	}
	err = g.Wait()
	_ = bar.Finish()
	return runs, err
}

// playTogether plays samples and the instants at which the edge was heard, both
// in order of time.
func playTogether(p *replay.Player, samples []gtc.Sample, heard []time.Time) {
	for _, at := range heard {
		n := 0
		for n < len(samples) && !samples[n].At.After(at) {
			n++
		}
		p.Observe(samples[:n])
		samples = samples[n:]
		p.Hear(at)
	}
	p.Observe(samples)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
