package hub

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/alert"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/ingest"
	"github.com/cpas-charleroi/gtc/internal/register"
	"github.com/cpas-charleroi/gtc/internal/user"
	"github.com/cpas-charleroi/gtc/rules/alarm"
	"github.com/cpas-charleroi/gtc/rules/notify"
	"github.com/cpas-charleroi/gtc/rules/why"
)

type busDevice = bus.DeviceHealth

// Options say what a hub works with.
type Options struct {
	Config    *config.Config
	Catalogue *catalogue.Catalogue
	Classes   []alarm.Class
	// Rules say why energy is wasted; none when empty.
	Rules  why.Set
	Bus    *bus.Hub
	Influx *influx.Client
	// Listener serves the console and the API; the hub closes it.
	Listener net.Listener
	Version  string
	// Answers say how a provider hands over what people answer by SMS, nil when
	// it does not.
	Answers *alert.AnswerOptions
	// Ways are the ways to people, Seed the book to begin with, nil for none.
	Ways []alert.Way
	Seed *notify.Book
	// EnergyEvery is how often touched meters are rolled up and judged, one
	// minute when 0.
	EnergyEvery time.Duration
	// Progress, when set, follows a pass of the energy rules over the meters.
	Progress func(done, total int)
	Now      func() time.Time
	Log      zerolog.Logger
	Registry *prometheus.Registry
}

// Hub joins all parts of the centre.
type Hub struct {
	log     zerolog.Logger
	now     func() time.Time
	every   time.Duration
	bus     *bus.Hub
	db      *influx.Client
	sites   []*siteInfo
	byID    map[gtc.SiteID]*siteInfo
	factors []gtc.Factor
	tariffs []gtc.Tariff
	// emissions answer the page of the path.
	emissions emissions
	// pooled answers the page of the whole park.
	pooled  pooled
	live    *live
	alarms  *alarms
	classes map[string]*alarm.Class
	// catalogue names kinds and points.
	catalogue *catalogue.Catalogue
	keeper    *keeper
	journal   *journal
	users     *user.Directory
	tokens    *user.Tokens
	alert     *alert.Service
	watchdog  *alert.Watchdog // nil when nobody watches
	// fireLost is how long the loss of a site's edge waits for its call.
	fireLost map[gtc.SiteID]time.Duration
	// hurried says that events wait to be published.
	hurried     chan struct{}
	sayer       *sayer
	others      *others
	publishedMu sync.Mutex
	publishedAt time.Time
	findings    *findings
	register    *register.Store
	version     string
	energy      *energyRules
	why         *whyRules
	changes     *changes
	delivery    *delivery
	store       store
	metrics     *metrics
	handler     http.Handler
	listener    net.Listener
	// firstPass is closed when the energy rules have been through every meter
	// once.
	firstPass chan struct{}
}

// store is the state of the way into InfluxDB.
type store struct {
	mu    sync.Mutex
	state console.StoreState
	// refused tells that InfluxDB refuses the hub as such.
	refused bool
}

// New prepares a hub; it reads the kept alarms and findings from the bus.
func New(ctx context.Context, o Options) (*Hub, error) {
	if o.Now == nil {
		o.Now = func() time.Time { return time.Now().UTC() }
	}
	if o.EnergyEvery == 0 {
		o.EnergyEvery = time.Minute
	}
	h := &Hub{
		log: o.Log, now: o.Now, version: o.Version, every: o.EnergyEvery, bus: o.Bus, db: o.Influx, listener: o.Listener,
		byID: map[gtc.SiteID]*siteInfo{}, live: newLive(), changes: newChanges(), delivery: newDelivery(), firstPass: make(chan struct{}), hurried: make(chan struct{}, 1),
	}
	h.catalogue = o.Catalogue
	h.factors, h.tariffs = o.Config.Hub.FactorList(), o.Config.Hub.TariffList()
	plan, err := o.Config.PathPlan()
	if err != nil {
		return nil, fmt.Errorf("start hub: %w", err)
	}
	h.emissions.plan = plan
	h.store.state = console.StoreState{Since: o.Now(), Error: "not yet reached"}
	domain, stations := h.addSites(o)
	h.classes, h.keeper, h.journal, h.fireLost = classesByID(o.Classes), newKeeper(o.Bus.State()), newJournal(), map[gtc.SiteID]time.Duration{}
	restored, works, err := h.keeper.restoreAlarms(ctx)
	if err != nil {
		return nil, fmt.Errorf("start hub: %w", err)
	}
	ofFindings := newKeeper(o.Bus.State())
	kept, err := ofFindings.restoreFindings(ctx)
	if err != nil {
		return nil, fmt.Errorf("start hub: %w", err)
	}
	h.alarms = newAlarms(o.Classes, domain, restored, h.serves())
	h.others = newOthers(o.Now)
	h.alarms.mine = h.others.leave
	h.alarms.ticked = o.Now()
	h.alarms.restoreWorks(works, o.Now())
	h.alarms.engine.Expect(h.series())
	if err := h.resumeAlarms(ctx); err != nil {
		return nil, fmt.Errorf("start hub: %w", err)
	}
	h.findings = newFindings(ofFindings, kept)
	h.energy = newEnergyRules(history{o.Influx}, domain, stations, o.Log)
	h.energy.passes = o.Progress
	h.why = newWhyRules(o.Rules, h.sites, h.findings)
	if err := h.restoreDelivery(ctx); err != nil {
		return nil, fmt.Errorf("start hub: %w", err)
	}
	h.metrics = newMetrics(o.Registry, h)
	h.sayer = h.newSayer(works)
	if err := errors.Join(h.openRegister(ctx), h.openUsers(ctx), h.openAlert(ctx, o)); err != nil {
		return nil, fmt.Errorf("start hub: %w", err)
	}
	h.energy.works = h.register.Of
	h.handler, err = console.New(h.consoleOptions(o))
	if err != nil {
		return nil, fmt.Errorf("start hub: %w", err)
	}
	h.handler = h.withAnswers(h.handler)
	return h, nil
}

func (h *Hub) addSites(o Options) (domain []gtc.Site, stations []StationSource) {
	for _, s := range o.Config.Sites {
		info := newSiteInfo(s, o.Config.Profiles, o.Catalogue)
		h.sites = append(h.sites, info)
		h.byID[info.ID] = info
		domain = append(domain, info.Site)
		if s.WeatherEquipment != "" {
			stations = append(stations, StationSource{Station: s.WeatherStation, Site: s.ID, Weather: s.WeatherEquipment})
		}
	}
	return domain, stations
}

func (h *Hub) siteIDs() []gtc.SiteID { return slices.Sorted(maps.Keys(h.byID)) }

func (h *Hub) serves() map[gtc.SiteID]map[gtc.DeviceID][]gtc.EquipmentID {
	out := map[gtc.SiteID]map[gtc.DeviceID][]gtc.EquipmentID{}
	for _, s := range h.sites {
		out[s.ID] = s.serves
	}
	return out
}

// Run works until ctx ends, then returns when everything it started has ended.
func (h *Hub) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return h.serve(ctx) })
	g.Go(func() error { return h.bus.Run(ctx) })
	g.Go(func() error { return h.bus.Live(ctx, h.onLive, h.onHealth) })
	g.Go(func() error { return h.bus.Consume(ctx, bus.StreamSamples, judgedBy, 256, h.onStored) })
	g.Go(func() error { return h.keepRecalls(ctx) })
	g.Go(func() error { return h.tickAlarms(ctx) })
	g.Go(func() error { return h.sayer.watch(ctx) })
	g.Go(func() error { return h.others.follow(ctx, h.bus.Conn(), h.log) })
	g.Go(func() error { return h.followDelivery(ctx) })
	g.Go(func() error { return h.followRegister(ctx) })
	g.Go(func() error { return h.journal.follow(ctx, h.bus.Conn(), h.now().Add(-journalDays), h.log) })
	g.Go(func() error { return h.alert.Run(ctx) })
	if h.watchdog != nil {
		g.Go(func() error { return h.watchdog.Run(ctx) })
	}
	g.Go(func() error {
		if err := h.awaitStore(ctx); err != nil {
			return err
		}
		if err := h.restoreLive(ctx); err != nil && ctx.Err() == nil {
			h.log.Warn().Err(err).Msg("last values not restored; points show as unknown until they are read")
		}
		g.Go(func() error {
			return ingest.Run(ctx, ingest.Options{
				Hub: h.bus, Store: h.db, Sites: h.siteIDs, Log: h.log, Registry: h.metrics.registry, OnState: h.onStore,
			})
		})
		g.Go(func() error { return h.writeLoad(ctx) })
		return h.runEnergy(ctx)
	})
	err := g.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// FirstPass is closed once every meter has been rolled up and judged.
func (h *Hub) FirstPass() <-chan struct{} { return h.firstPass }

func (h *Hub) serve(ctx context.Context) error {
	srv := &http.Server{
		Handler: h.handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() {
		// Pages hold event streams open for ever: they are cut, not awaited.
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if srv.Shutdown(end) != nil {
			_ = srv.Close()
		}
	})
	defer stop()
	if err := srv.Serve(h.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve console at %s: %w", h.listener.Addr(), err)
	}
	return nil
}

// awaitStore waits until InfluxDB answers and has its databases. What arrives
// meanwhile waits in the hub's streams.
func (h *Hub) awaitStore(ctx context.Context) error {
	wait := time.Second
	for {
		err := h.db.EnsureDatabases(ctx)
		h.onStore(err == nil, err)
		if err == nil {
			for _, r := range h.db.Remarks() {
				h.log.Warn().Str("database", string(r.Database)).Str("command", r.Command).Msg("InfluxDB: " + r.What)
			}
			return nil
		}
		h.log.Error().Err(err).Dur("retry_in", wait).Msg("InfluxDB not ready; samples wait")
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		wait = min(2*wait, 30*time.Second)
	}
}

func (h *Hub) onStore(up bool, err error) {
	h.store.mu.Lock()
	defer h.store.mu.Unlock()
	st := &h.store.state
	h.store.refused = !up && errors.Is(err, influx.ErrRefused)
	switch {
	case up:
		*st = console.StoreState{Up: true}
	case st.Up:
		*st = console.StoreState{Since: h.now()}
		fallthrough
	default:
		if err != nil {
			st.Error = err.Error()
		}
	}
}

// storeHealth is the state of the store as the alarms judge it.
func (h *Hub) storeHealth(now time.Time) alarm.Store {
	h.store.mu.Lock()
	defer h.store.mu.Unlock()
	return alarm.Store{At: now, Away: !h.store.state.Up && !h.store.refused, Refused: h.store.refused}
}

// Health reports whether the hub does its work: nil, or what is wrong.
func (h *Hub) Health(ctx context.Context) error {
	if st := h.storeState(ctx); !st.Up {
		return fmt.Errorf("influxdb not available since %s: %s", st.Since.Format(time.RFC3339), st.Error)
	}
	return nil
}
