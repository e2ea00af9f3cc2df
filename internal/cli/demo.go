package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/edge"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influxd"
	"github.com/cpas-charleroi/gtc/simulators"
)

// demoOptions are the flags of gtc demo.
type demoOptions struct {
	dir    string
	replay string
	// speed is how many days of a replayed file pass in a second.
	speed  float64
	days   int
	listen string
	influx string
}

func newDemoCommand(env Env) *cobra.Command {
	o := demoOptions{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Montre tout le système sur cette machine, avec un parc simulé",
		Long: `Runs the whole system on this machine: a simulated park behind real Modbus
and MQTT servers, an edge a site, the hub, InfluxDB and the console. The first
start writes two years of history; later starts go on with the same data.
Ctrl-C stops everything.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := newLog(cmd, env.Stderr)
			if err != nil {
				return err
			}
			d := demo{o: o, env: env, log: log, registry: newRegistry()}
			return d.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.dir, "dir", "var/demo", "folder of configuration, secrets and data")
	f.StringVar(&o.replay, "replay", "", "CSV of daily gas (time,energy_kwh,temperature_c) to play on one more site")
	f.Float64Var(&o.speed, "speed", 4, "days of the replayed file that pass in a second")
	f.IntVar(&o.days, "history", 730, "days of history written at the first start")
	f.StringVar(&o.listen, "listen", "", "address of the console (default: as configured, "+defaultConsole+")")
	f.StringVar(&o.influx, "influxd", "", "influxd program to run (default: var/bin/influxd or the one on PATH)")
	return cmd
}

// demo is one run of the demo.
type demo struct {
	o        demoOptions
	env      Env
	log      zerolog.Logger
	registry *prometheus.Registry

	cfg     *config.Config
	park    *simulators.Park
	replay  *simulators.Replay
	fast    *clock.Fast
	state   demoState
	centre  *centre
	edges   []*edge.Edge
	closers []func()
}

// run starts everything in the order in which it is needed, works until ctx
// ends, and stops in the opposite order.
func (d *demo) run(ctx context.Context) error {
	defer d.close()
	started := time.Now()
	// What is started outlives ctx until it is closed in order: devices
	// before their readers would look like faults.
	life := context.WithoutCancel(ctx)
	for _, step := range []func(context.Context, context.Context) error{
		d.configure, d.database, d.simulate, d.history, d.hub, d.collect,
	} {
		if err := step(ctx, life); err != nil {
			if ctx.Err() != nil {
				return nil // stopped by the user: what failed, failed for that
			}
			return err
		}
	}
	d.announce(time.Since(started))
	return d.work(ctx)
}

func (d *demo) close() {
	for _, c := range slices.Backward(d.closers) {
		c()
	}
}

// say tells the user what happens, in French.
func (d *demo) say(format string, args ...any) {
	_, _ = fmt.Fprintf(d.env.Stdout, format+"\n", args...) // a lost line stops nothing
}

// configure writes the demo's configuration at the first start, gives every
// edge and every MQTT client a random password, and loads what is there.
func (d *demo) configure(context.Context, context.Context) error {
	unlock, err := lockDir(d.o.dir)
	if err != nil {
		return err
	}
	d.closers = append(d.closers, unlock)
	dir := filepath.Join(d.o.dir, "config")
	if err := writeDemoConfig(dir); err != nil {
		return err
	}
	cfg, err := config.Load(dir)
	if err != nil {
		return inputError(err)
	}
	if d.o.replay != "" {
		if d.replay, err = loadReplay(d.o.replay); err != nil {
			return err
		}
	}
	d.cfg = cfg
	d.say("configuration   %s : %d sites", dir, len(cfg.Sites))
	return nil
}

// database uses the configured InfluxDB, or runs one.
func (d *demo) database(ctx, life context.Context) error {
	if d.cfg.Hub.Influx.URL != "" {
		d.say("InfluxDB        %s (configurée)", d.cfg.Hub.Influx.URL)
		return nil
	}
	bin, err := influxd.Find(d.o.influx)
	if err != nil {
		return inputError(err)
	}
	password, err := secret(filepath.Join(d.o.dir, "secrets", "influx"))
	if err != nil {
		return err
	}
	_ = ctx
	server, err := influxd.Start(life, influxd.Options{
		Binary: bin, Dir: filepath.Join(d.o.dir, "influx"), Listen: "127.0.0.1:8086",
		User: "gtc", Password: password, Log: d.log,
	})
	if err != nil {
		return err
	}
	d.closers = append(d.closers, server.Stop)
	d.cfg.Hub.Influx = config.Influx{URL: server.URL, TokenFile: filepath.Join(d.o.dir, "secrets", "influx-token")}
	if err := os.WriteFile(d.cfg.Hub.Influx.TokenFile, []byte("gtc:"+password+"\n"), 0o600); err != nil {
		return fmt.Errorf("keep token of InfluxDB: %w", err)
	}
	d.say("InfluxDB        %s", server.URL)
	return nil
}

// simulate opens the simulated devices.
func (d *demo) simulate(_, life context.Context) error {
	park, err := simulators.Load(d.cfg, filepath.Join(d.cfg.Dir, "park.yaml"))
	if err != nil {
		return inputError(err)
	}
	if d.replay != nil {
		park.Add(d.replay)
		d.fast = clock.NewHeld(d.replay.Live())
	}
	if err := giveSecrets(d.o.dir, d.cfg); err != nil {
		return err
	}
	if d.state, err = loadDemoState(d.o.dir, d.o.days); err != nil {
		return err
	}
	err = park.Start(life, simulators.Options{
		Origin: d.state.Origin, Clocks: d.deviceClock, Log: d.log, PasswordFor: passwordFor(d.o.dir),
	})
	if err != nil {
		return inputMistakes(err)
	}
	d.closers = append(d.closers, park.Close)
	d.park = park
	if d.state.Epoch.Before(park.Epoch()) {
		return inputError(fmt.Errorf("--history %d: the simulation begins on %s (start in park.yaml)", d.o.days, park.Epoch().Format(time.DateOnly)))
	}
	devices := 0
	for _, a := range park.Addresses() {
		devices += len(a.Devices)
	}
	d.say("équipements     %d appareils simulés derrière %d connexions Modbus TCP et MQTT", devices, len(park.Addresses()))
	return nil
}

// hub starts the centre.
func (d *demo) hub(ctx, _ context.Context) error {
	in, err := influxOptions(d.cfg, d.env.Getenv)
	if err != nil {
		return err
	}
	listen := d.o.listen
	if listen == "" {
		listen = d.cfg.Hub.Console.Listen
	}
	if d.cfg.Hub.Bus.LeafListen, err = freeListen(ctx, "leaf link", d.cfg.Hub.Bus.LeafListen, d.log); err != nil {
		return err
	}
	d.cfg.Hub.Bus.Listen = ""
	c, err := startCentre(ctx, centreOptions{
		config: d.cfg, influx: in, busDir: filepath.Join(d.o.dir, "hub"), listen: listen, every: 10 * time.Second,
		getenv: d.env.Getenv, log: d.log, registry: d.registry,
	})
	if err != nil {
		return err
	}
	d.centre = c
	d.closers = append(d.closers, c.close)
	d.say("centre          bus %s", c.bus.LeafURL())
	return nil
}

// collect starts the edge of every site.
func (d *demo) collect(ctx, _ context.Context) error {
	cat, err := catalogue.Load()
	if err != nil {
		return err
	}
	for _, s := range d.cfg.Sites {
		e, err := edge.Start(ctx, edge.Options{
			Site: s, Profiles: d.cfg.Profiles, Catalogue: cat, Dir: filepath.Join(d.o.dir, "edge"), HubURL: d.centre.bus.LeafURL(),
			Clock: d.clockOf(s.ID), Getenv: d.env.Getenv, Log: d.log.With().Str("edge", string(s.ID)).Logger(), Registry: d.registry,
		})
		if err != nil {
			return err
		}
		d.edges = append(d.edges, e)
		d.closers = append(d.closers, e.Close)
	}
	d.say("relève          %d collecteurs", len(d.edges))
	return nil
}

// announce says where to look.
func (d *demo) announce(took time.Duration) {
	url := "http://" + d.centre.listener.Addr().String()
	d.say("\nconsole         %s   (prête en %d s ; Ctrl-C arrête tout)\n", url, int(took.Seconds()))
	if d.centre.firstLink != "" {
		d.say("agir            %s   (une fois : choisir un nom et un mot de passe ; lire ne demande rien)\n", d.centre.firstLink)
	}
	if d.replay != nil {
		d.say("rejeu           %s/energy/%s/gaz   (%.0f jours par seconde)", url, simulators.ReplaySite, d.o.speed)
	}
}

// work runs the centre and the edges until ctx ends: the edges stop first, so
// that what they read last is still pulled.
func (d *demo) work(ctx context.Context) error {
	hubCtx, stopHub := context.WithCancel(context.WithoutCancel(ctx))
	defer stopHub()
	failed, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var hub, edges errgroup.Group
	hub.Go(func() error {
		err := d.centre.hub.Run(hubCtx)
		fail(err)
		return err
	})
	if d.fast != nil {
		d.fast.Go(d.o.speed * 24 * 3600)
	}
	for _, e := range d.edges {
		edges.Go(func() error {
			err := e.Run(failed)
			fail(err)
			return err
		})
	}
	<-failed.Done()
	if ctx.Err() != nil {
		d.say("\narrêt…")
	}
	err := edges.Wait()
	stopHub()
	err = errors.Join(err, hub.Wait())
	if err == nil {
		d.say("arrêté ; les données restent dans %s", d.o.dir)
	}
	return err
}

// historyClient opens InfluxDB for the history.
func (d *demo) historyClient() (*influx.Client, error) {
	in, err := influxOptions(d.cfg, d.env.Getenv)
	if err != nil {
		return nil, err
	}
	return influx.Open(in)
}
