package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/alert"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/hub"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/rules/alarm"
	"github.com/cpas-charleroi/gtc/rules/why"
)

// defaultConsole is where the console listens unless told otherwise.
const defaultConsole = "127.0.0.1:8080"

// centre is the hub with its bus and its way to InfluxDB.
type centre struct {
	bus      *bus.Hub
	db       *influx.Client
	hub      *hub.Hub
	listener net.Listener
	// firstLink is where the first user is made, "" when there is one.
	firstLink string
	// unlock lets others use the data folder.
	unlock func()

	credentials *credentials
	passwords   map[gtc.SiteID]string
	log         zerolog.Logger
}

// run runs the hub and follows the sites' passwords until ctx ends.
func (c *centre) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return c.hub.Run(ctx) })
	g.Go(func() error { return c.credentials.follow(ctx, c.bus, c.passwords, c.log) })
	return g.Wait()
}

// centreOptions are what serve and demo give differently.
type centreOptions struct {
	config   *config.Config
	influx   influx.Options
	busDir   string
	listen   string
	every    time.Duration
	progress func(done, total int)
	getenv   func(string) string
	log      zerolog.Logger
	registry *prometheus.Registry
}

// startCentre opens the hub's bus and console; the caller runs and closes it.
func startCentre(ctx context.Context, o centreOptions) (*centre, error) {
	cat, err := catalogue.Load()
	if err != nil {
		return nil, err
	}
	classes, err := alarm.Load(cat, os.DirFS(o.config.Dir))
	if err != nil {
		return nil, err
	}
	rules, err := why.Load(os.DirFS(o.config.Dir))
	if err != nil {
		return nil, inputError(err)
	}
	c := &centre{credentials: newCredentials(o.config, o.getenv), log: o.log}
	if c.passwords, err = c.credentials.passwords(); err != nil {
		return nil, err
	}
	if c.db, err = influx.Open(o.influx); err != nil {
		return nil, inputError(err)
	}
	if c.unlock, err = lockBus(o.busDir); err != nil {
		c.close()
		return nil, err
	}
	b := o.config.Hub.Bus
	password, err := config.Secret(o.getenv, "GTC_BUS_PASSWORD", b.PasswordFile)
	if err != nil {
		c.close()
		return nil, inputError(fmt.Errorf("read password of the bus: %w", err))
	}
	c.bus, err = bus.StartHub(ctx, bus.HubOptions{
		Password: password,
		Listen:   b.Listen, LeafListen: b.LeafListen, Dir: o.busDir, CertFile: b.CertFile, KeyFile: b.KeyFile,
		Sites: c.passwords, Limits: c.credentials.limits(), Log: o.log, Registry: o.registry,
	})
	if err != nil {
		c.close()
		return nil, err
	}
	if o.listen == "" {
		o.listen = defaultConsole
	}
	if c.listener, err = listen(ctx, "console", o.listen, o.log); err != nil {
		c.close()
		return nil, err
	}
	ways, err := alert.Ways(&o.config.Hub.Notify, o.getenv, time.Now)
	if err != nil {
		c.close()
		return nil, inputError(err)
	}
	answers, err := alert.Answers(&o.config.Hub.Notify, o.getenv)
	if err != nil {
		c.close()
		return nil, inputError(err)
	}
	seed, err := alert.LoadSeed(o.config.Dir)
	if err != nil {
		c.close()
		return nil, inputError(err)
	}
	c.hub, err = hub.New(ctx, hub.Options{
		Ways: ways, Seed: seed, Answers: answers,
		Config: o.config, Catalogue: cat, Classes: classes, Rules: rules, Bus: c.bus, Influx: c.db, Listener: c.listener,
		Version: Version, EnergyEvery: o.every, Progress: o.progress, Log: o.log, Registry: o.registry,
	})
	if err == nil {
		err = c.tellFirst(ctx, o.config.Hub.Notify.PublicURL)
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// tellFirst says where the first user chooses a name and a password, while
// there is nobody who may act.
func (c *centre) tellFirst(ctx context.Context, publicURL string) error {
	to, err := c.hub.FirstLink(ctx)
	if err != nil || to == "" {
		return err
	}
	base := strings.TrimSuffix(publicURL, "/")
	if base == "" {
		base = "http://" + c.listener.Addr().String()
	}
	c.log.Info().Str("link", base+to).Msg("nobody may act yet: open this link within a day to make the first user")
	c.firstLink = base + to
	return nil
}

func (c *centre) close() {
	if c.listener != nil {
		_ = c.listener.Close() // already closed when the hub ran
	}
	if c.bus != nil {
		c.bus.Close()
	}
	if c.db != nil {
		c.db.Close()
	}
	if c.unlock != nil {
		c.unlock()
	}
}

// listen opens an address. When another program has it, a free port of the
// same host is used, and the log says so.
func listen(ctx context.Context, what, addr string, log zerolog.Logger) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err == nil {
		return l, nil
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("listen for %s: %w", what, err)
	}
	host, _, splitErr := net.SplitHostPort(addr)
	if splitErr != nil {
		return nil, inputError(splitErr)
	}
	l, err = lc.Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", what, err)
	}
	log.Warn().Str("wanted", addr).Str("used", l.Addr().String()).Msg(what + ": the address is in use by another program, another port is taken")
	return l, nil
}

// influxOptions takes InfluxDB's address from the configuration and its token
// from the environment or a file.
func influxOptions(cfg *config.Config, getenv func(string) string) (influx.Options, error) {
	in := cfg.Hub.Influx
	token, err := config.Secret(getenv, "GTC_INFLUX_TOKEN", in.TokenFile)
	if err != nil {
		return influx.Options{}, inputError(fmt.Errorf("read token of InfluxDB: %w", err))
	}
	return influx.Options{URL: in.URL, Token: token, Org: in.Org}, nil
}

// openInflux opens the InfluxDB of a configuration, or the one at url when that
// is given.
func openInflux(cfg *config.Config, env Env, url string) (*influx.Client, error) {
	o, err := influxOptions(cfg, env.Getenv)
	if err != nil {
		return nil, err
	}
	o.URL = cmp.Or(url, o.URL)
	db, err := influx.Open(o)
	return db, inputError(err)
}

// newRegistry makes a registry with the program's own figures.
func newRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// freeListen returns addr, or a free port of its host when it is taken.
func freeListen(ctx context.Context, what, addr string, log zerolog.Logger) (string, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := listen(ctx, what, addr, log)
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
