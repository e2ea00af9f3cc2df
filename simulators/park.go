package simulators

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/simulators/building"
)

// ErrNotStarted says that a park has no history before Start.
var ErrNotStarted = errors.New("the park has not been started")

var errNoSite = errors.New("no such site")

// Park is the simulated side of a configuration.
type Park struct {
	cfg       *config.Config
	file      *File
	catalogue *catalogue.Catalogue
	replays   []*Replay

	epoch   time.Time
	sites   []*site
	running sync.WaitGroup
	stop    context.CancelFunc

	mu        sync.Mutex
	addresses []Address
}

// Options are what a park needs to start.
type Options struct {
	// Epoch is the instant from which the buildings are integrated and the
	// first that History can give; zero means what the park file says. A demo
	// that is stopped and started again keeps its origin and so its epoch, so
	// that meter indices go on.
	Epoch time.Time
	// Origin is the instant that the faults' dates are relative to; zero
	// means the clock's present.
	Origin time.Time
	// Clock is the time of the park; the wall clock when nil.
	Clock clock.Clock
	// Speed is how much faster than the wall clock Clock runs, 1 when 0: the
	// physics is integrated in steps to match.
	Speed float64
	// Clocks, when set, gives a site a clock of its own: that of the recorded
	// days for a replayed site.
	Clocks func(site gtc.SiteID) clock.Clock
	Log    zerolog.Logger
	// PasswordFor returns the password of a user of a site's broker; nil
	// means that brokers ask for none.
	PasswordFor func(site gtc.SiteID, user string) string
}

// Address is one thing a park has started.
type Address struct {
	Site       gtc.SiteID `json:"site"`
	Connection string     `json:"connection"`
	// URL is where it answers (Modbus) or publishes to (MQTT).
	URL string `json:"url"`
	// Devices behind it.
	Devices []gtc.DeviceID `json:"devices"`
}

// Load reads the park file of a configuration; with no park file ("") every
// site is as its category has it and nothing is wrong. The park may change addresses
// in cfg when it starts; nobody else may use cfg's connections before.
func Load(cfg *config.Config, parkFile string) (*Park, error) {
	f := &File{}
	if parkFile != "" {
		var err error
		if f, err = ReadFile(parkFile, cfg); err != nil {
			return nil, err
		}
	}
	c, err := catalogue.Load()
	if err != nil {
		return nil, fmt.Errorf("load park: %w", err)
	}
	return &Park{cfg: cfg, file: f, catalogue: c}, nil
}

// Add makes a replayed building one more site of the park and of its
// configuration. It must be called before Start.
func (p *Park) Add(r *Replay) {
	p.cfg.Sites = append(p.cfg.Sites, r.Site())
	p.replays = append(p.replays, r)
}

// Begins returns when the simulation begins, relative to the origin, unless
// Options say otherwise.
func (p *Park) Begins() Offset { return p.file.start() }

// Prepare builds every site without opening anything: histories and the truth
// can be had. A park is prepared or started once. What is impossible in the
// park file with these options is returned as config.Mistakes.
func (p *Park) Prepare(o Options) error {
	o = o.complete(p)
	p.epoch = o.Epoch.UTC().Truncate(building.Step)
	if err := p.file.begunBefore(p.epoch, o.Origin); err != nil {
		return err
	}
	return p.build(o)
}

// complete fills in what was not given.
func (o Options) complete(p *Park) Options {
	if o.Clock == nil {
		o.Clock = clock.Wall{}
	}
	if o.Origin.IsZero() {
		o.Origin = o.Clock.Now()
	}
	if o.Epoch.IsZero() {
		o.Epoch = o.Origin.Add(time.Duration(p.file.start()))
	}
	return o
}

// Start prepares every site and opens its servers; publishers go on trying to
// reach brokers that are not there yet. An address that is in use is replaced
// by a free one, in the configuration too: the URL of a connection, and the
// listen address of the site's own broker. Start returns when every server
// answers. The park runs until ctx ends or Close.
func (p *Park) Start(ctx context.Context, o Options) error {
	o = o.complete(p)
	if err := p.Prepare(o); err != nil {
		return err
	}
	ctx, p.stop = context.WithCancel(ctx)
	for _, s := range p.sites {
		if o.Clocks != nil {
			o.Clock = o.Clocks(s.cfg.ID)
		}
		if err := p.open(ctx, s, o); err != nil {
			p.Close()
			return err
		}
	}
	return nil
}

func (p *Park) build(o Options) error {
	w := world{file: p.file, catalogue: p.catalogue, profiles: p.cfg.Profiles, epoch: p.epoch, origin: o.Origin}
	for _, cfg := range p.cfg.Sites {
		s, err := p.buildSite(w, cfg)
		if err != nil {
			return err
		}
		p.sites = append(p.sites, s)
	}
	return nil
}

func (p *Park) buildSite(w world, cfg *config.Site) (*site, error) {
	for _, r := range p.replays {
		if r.Site() == cfg {
			return w.replay(r)
		}
	}
	return w.site(cfg)
}

// Epoch returns the first instant that is simulated, zero before Start.
func (p *Park) Epoch() time.Time { return p.epoch }

// Addresses lists what was started, in the order of the configuration.
func (p *Park) Addresses() []Address {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Address(nil), p.addresses...)
}

// Close ends servers and publishers and waits for them.
func (p *Park) Close() {
	if p.stop != nil {
		p.stop()
	}
	p.running.Wait()
}

// listed records what was started.
func (p *Park) listed(s *site, connection *config.Connection, devices []*device) {
	a := Address{Site: s.cfg.ID, Connection: connection.ID, URL: connection.URL}
	for _, d := range devices {
		a.Devices = append(a.Devices, d.cfg.ID)
	}
	p.mu.Lock()
	p.addresses = append(p.addresses, a)
	p.mu.Unlock()
}
