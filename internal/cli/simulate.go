package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/simulators"
	"github.com/cpas-charleroi/gtc/simulators/region"
)

// mostSpeed is how much faster than the clock a park can run.
const mostSpeed = 10_000

// simulateOptions are the flags of gtc simulate.
type simulateOptions struct {
	config, park, writeTo string
	sites                 int
	seed                  uint64
	speed                 float64
	since                 string
	history, out, influx  string
	truth                 string
	json                  bool
}

func newSimulateCommand(env Env) *cobra.Command {
	o := simulateOptions{}
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Fait tourner les appareils simulés seuls, ou écrit leur historique",
		Long: `Runs the simulated devices of a configuration alone: Modbus servers and MQTT
publishers at the addresses of its site files. The park is the one of --config
(its park.yaml says what the simulators do) or one that is made: demo, full
(50 sites) or region (--sites N). Ctrl-C stops it.

With --write-config the files of the park are written and nothing runs. With
--history the values and rollups of those days are written to files (--out) or
to an InfluxDB (--influx), and nothing runs. --truth writes what is wrong in
the park and what it costs.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := newLog(cmd, env.Stderr)
			if err != nil {
				return err
			}
			s := simulation{o: o, env: env, log: log}
			return s.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.config, "config", "", "configuration folder, with park.yaml beside gtc.yaml")
	f.StringVar(&o.park, "park", "demo", "park to make when no folder is given: demo, full or region")
	f.IntVar(&o.sites, "sites", 100, "sites of a region")
	f.Uint64Var(&o.seed, "seed", 1, "seed of what is made up in full and region")
	f.StringVar(&o.writeTo, "write-config", "", "write the park's configuration to this folder and end")
	f.Float64Var(&o.speed, "speed", 1, fmt.Sprintf("how much faster than the clock time runs, 1 to %d; it starts --since ago and slows down when it has caught up", mostSpeed))
	f.StringVar(&o.since, "since", "-30d", "where time starts when it runs faster, relative to now")
	f.StringVar(&o.history, "history", "", "days to write, FROM..TO (2024-01-01..2025-12-31, both included)")
	f.StringVar(&o.out, "out", "", "folder for the history, one file of line protocol a site and database")
	f.StringVar(&o.influx, "influx", "", "InfluxDB to write the history to (its token in GTC_INFLUX_TOKEN)")
	f.StringVar(&o.truth, "truth", "", "file to write what is wrong in the park to")
	f.BoolVar(&o.json, "json", false, "print addresses and results as JSON")
	_ = cmd.RegisterFlagCompletionFunc("park", cobra.FixedCompletions([]string{"demo", "full", "region"}, cobra.ShellCompDirectiveNoFileComp)) // the flag exists
	cmd.AddCommand(newSimulatePlotCommand(env))
	return cmd
}

// simulation is one run of gtc simulate.
type simulation struct {
	o    simulateOptions
	env  Env
	log  zerolog.Logger
	cfg  *config.Config
	park *simulators.Park
}

func (s *simulation) run(ctx context.Context) error {
	if err := s.check(); err != nil {
		return inputError(err)
	}
	dir, remove, err := s.folder()
	if err != nil || dir == "" {
		return err
	}
	defer remove()
	if s.cfg, err = config.Load(dir); err != nil {
		return inputError(err)
	}
	parkFile := filepath.Join(dir, "park.yaml")
	if _, err := os.Stat(parkFile); err != nil {
		parkFile = ""
	}
	if s.park, err = simulators.Load(s.cfg, parkFile); err != nil {
		return inputError(err)
	}
	if s.o.history != "" {
		return s.writeHistory(ctx)
	}
	return s.live(ctx)
}

// check refuses flags that do not go together.
func (s *simulation) check() error {
	o := s.o
	switch {
	case o.speed < 1 || o.speed > mostSpeed:
		return fmt.Errorf("--speed %v: between 1 and %d", o.speed, mostSpeed)
	case o.sites < 1:
		return fmt.Errorf("--sites %d: at least one", o.sites)
	case o.history == "" && (o.out != "" || o.influx != ""):
		return errors.New("--out and --influx say where --history goes; say which days")
	case o.history != "" && (o.out == "") == (o.influx == ""):
		return errors.New("--history goes to --out DIR or to --influx URL: give one of them")
	case o.config != "" && o.writeTo != "":
		return errors.New("--write-config writes a park that is made; there is one in --config")
	}
	return nil
}

// folder returns the configuration folder; "" when it was to be written and
// that is all. Remove must be called when it is no longer used.
func (s *simulation) folder() (dir string, remove func(), err error) {
	remove = func() {}
	if s.o.config != "" {
		return s.o.config, remove, nil
	}
	files, err := s.files()
	if err != nil {
		return "", remove, err
	}
	if dir = s.o.writeTo; dir != "" {
		if err := files.Write(dir); err != nil {
			return "", remove, inputError(err)
		}
		s.say("%s: %d files; next: gtc check %s, gtc simulate --config %s", dir, len(files), dir, dir)
		return "", remove, nil
	}
	if dir, err = os.MkdirTemp("", "gtc-park-"); err != nil {
		return "", remove, fmt.Errorf("make park: %w", err)
	}
	remove = func() { _ = os.RemoveAll(dir) } // what is left is in the temporary folder
	if err := files.Write(dir); err != nil {
		remove()
		return "", func() {}, err
	}
	return dir, remove, nil
}

func (s *simulation) files() (region.Files, error) {
	switch s.o.park {
	case "demo":
		return region.Demo()
	case "full":
		return region.Full(s.o.seed)
	case "region":
		return region.Of(s.o.sites, s.o.seed)
	}
	return nil, inputError(fmt.Errorf("--park %s: demo, full or region", s.o.park))
}

// live serves the devices until ctx ends.
func (s *simulation) live(ctx context.Context) error {
	now := time.Now().UTC()
	o := simulators.Options{
		Origin: now, Clock: clock.Wall{}, Speed: s.o.speed, Log: s.log, PasswordFor: s.password,
	}
	if s.o.speed > 1 {
		var since simulators.Offset
		if err := since.UnmarshalText([]byte(s.o.since)); err != nil {
			return inputError(fmt.Errorf("--since: %w", err))
		}
		o.Clock = clock.NewHeld(now.Add(time.Duration(since)))
	}
	if err := s.start(ctx, o); err != nil {
		return err
	}
	defer s.park.Close()
	if s.o.truth != "" {
		if err := s.writeTruth(ctx, s.park.Epoch(), now); err != nil {
			return err
		}
	}
	if err := s.addresses(); err != nil {
		return err
	}
	if held, ok := o.Clock.(*clock.Fast); ok { // everything stood ready at --since
		held.Go(s.o.speed)
	}
	<-ctx.Done()
	return nil
}

func (s *simulation) start(ctx context.Context, o simulators.Options) error {
	return inputMistakes(s.park.Start(context.WithoutCancel(ctx), o))
}

// password reads the password of a broker's user from the file that the
// configuration names; without the file the broker is asked without one.
func (s *simulation) password(site gtc.SiteID, user string) string {
	c, ok := s.cfg.Site(site)
	if !ok {
		return ""
	}
	for _, u := range c.Broker.Users {
		if u.User != user {
			continue
		}
		p, err := config.Secret(s.env.Getenv, "", u.PasswordFile)
		if err != nil {
			s.log.Warn().Err(err).Str("site", string(site)).Str("user", user).Msg("no password for the broker")
		}
		return p
	}
	return ""
}

// addresses prints what answers where.
func (s *simulation) addresses() error {
	if s.o.json {
		return writeJSON(s.env.Stdout, s.park.Addresses())
	}
	devices := 0
	for _, a := range s.park.Addresses() {
		devices += len(a.Devices)
		s.say("%-24s %-12s %-28s %v", a.Site, a.Connection, a.URL, a.Devices)
	}
	s.say("%d sites, %d connections, %d devices; Ctrl-C stops them", len(s.cfg.Sites), len(s.park.Addresses()), devices)
	return nil
}

// say tells the user something.
func (s *simulation) say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.env.Stdout, format+"\n", args...) // a lost line stops nothing
}
