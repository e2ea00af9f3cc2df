package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"github.com/klauspost/compress/gzhttp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/user"
)

// zoneName is the calendar of every page that is not one site's own.
const zoneName = "Europe/Brussels"

const (
	// beatEvery is how often a quiet stream says that it is alive.
	beatEvery = 15 * time.Second
	// silentAfter is the silence after which a page calls itself frozen.
	silentAfter = 60 * time.Second
)

// Registry is what the console registers its metrics with and what /metrics
// shows; *prometheus.Registry is one.
type Registry interface {
	prometheus.Registerer
	prometheus.Gatherer
}

// Options say what the console shows and to whom.
type Options struct {
	// Model answers the console's questions; required.
	Model Model
	// Language is the language of a visitor who asks for none: fr, nl or en.
	// Empty means fr.
	Language string
	// Version of the program, shown on every page.
	Version string
	Log     zerolog.Logger
	// Registry serves /metrics; nil leaves that page out.
	Registry Registry
	// Health answers /healthz: nil when the program does its work. A nil
	// function means always well.
	Health func(ctx context.Context) error

	// Alarms answers the alarm pages; without it there is a plain list only.
	Alarms AlarmModel
	// Cold answers for cold rooms; nil leaves their record out.
	Cold ColdModel
	// Data and Records answer the questions of programs beyond what the pages
	// ask; without them those paths are not there.
	Data    DataModel
	Records RecordModel
	// Carbon answers the page of emissions and the cadastre; without it they
	// are not there.
	Carbon CarbonModel
	// Portfolio answers the page of the whole park; without it it is left out.
	Portfolio PortfolioModel
	// Tokens lets programs read the API; nil when there are none.
	Tokens Tokens
	// Journal keeps an event of the hub for good: who let a program in. Nothing
	// is changed that it cannot keep. Nil leaves such changes to the log.
	Journal func(ctx context.Context, ev gtc.Event) error
	// Users are those who may sign in; without them nobody can act and
	// everybody who reaches the console reads.
	Users *user.Directory
	// Findings answers the pages of findings and works, Handling does what people
	// ask there; without them those pages are not there, or read only.
	Findings FindingModel
	Handling FindingActions
	// Actions does what people ask; nil makes the console read only.
	Actions Actions
	// OpenRead lets people read without signing in, as on a loopback address.
	// Acting always needs it.
	OpenRead bool
	// Proxies are those whose word for a visitor's address (X-Forwarded-For) is
	// believed; nobody's without them.
	Proxies []netip.Prefix
	// Secure tells that visitors come by https: cookies are sent no other way.
	Secure bool
	// Now is the clock of sessions and links; nil means time.Now.
	Now func() time.Time
	// Link checks the token of a link in a message and returns what it grants
	// at now; nil when there are no such links.
	Link func(token string, now time.Time) (Grant, error)
	// Pushes keeps browsers to be told, PushKey is the hub's public VAPID key;
	// both are needed.
	Pushes  Pushes
	PushKey string
	// Try sends a person a test message on each of the person's channels; nil
	// leaves the button out.
	Try func(ctx context.Context, person string) error
}

// server holds what every page needs. It is not changed after New.
type server struct {
	model    Model
	log      zerolog.Logger
	version  string
	language string
	zone     *time.Location
	tongues  map[string]*tongue
	pages    map[string]map[string]page // language, page name
	assets   assets
	metrics  *metrics
	health   func(ctx context.Context) error
	beat     time.Duration
	silent   time.Duration

	alarms    AlarmModel
	cold      ColdModel
	data      DataModel
	records   RecordModel
	carbon    CarbonModel
	portfolio PortfolioModel
	tokens    Tokens
	journal   func(ctx context.Context, ev gtc.Event) error
	users     *user.Directory
	actions   Actions
	cases     FindingModel
	handling  FindingActions
	openRead  bool
	proxies   []netip.Prefix
	secure    bool
	now       func() time.Time
	link      func(token string, now time.Time) (Grant, error)
	pushes    Pushes
	pushKey   string
	try       func(ctx context.Context, person string) error
}

// New returns the console: its pages, the HTTP API under /api/v1, /metrics and
// /healthz. It answers GET and HEAD, and POST to the forms of its own pages
// when there are users.
func New(o Options) (http.Handler, error) {
	return newHandler(o, beatEvery, silentAfter)
}

func newHandler(o Options, beat, silent time.Duration) (http.Handler, error) {
	if o.Model == nil {
		return nil, errors.New("console: no model")
	}
	if o.Language == "" {
		o.Language = reference
	}
	if o.Health == nil {
		o.Health = func(context.Context) error { return nil }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Pushes == nil || o.PushKey == "" {
		o.Pushes, o.PushKey = nil, ""
	}
	zone, err := time.LoadLocation(zoneName)
	if err != nil {
		return nil, fmt.Errorf("console: load time zone: %w", err)
	}
	s := &server{
		model: o.Model, log: o.Log, version: o.Version, language: o.Language, zone: zone,
		health: o.Health, beat: beat, silent: silent,
		cases: o.Findings, handling: o.Handling,
		alarms: o.Alarms, cold: o.Cold, users: o.Users, actions: o.Actions, openRead: o.OpenRead, proxies: o.Proxies, secure: o.Secure, now: o.Now,
		data: o.Data, records: o.Records, tokens: o.Tokens, journal: o.Journal, carbon: o.Carbon, portfolio: o.Portfolio,
		link: o.Link, pushes: o.Pushes, pushKey: o.PushKey, try: o.Try,
	}
	if s.tongues, err = loadTongues(zone); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	if _, ok := s.tongues[o.Language]; !ok {
		return nil, fmt.Errorf("console: language %q: not one of fr, nl, en", o.Language)
	}
	if s.assets, err = loadAssets(); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	if s.pages, err = loadPages(s.tongues); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	if s.metrics, err = newMetrics(o.Registry); err != nil {
		return nil, fmt.Errorf("console: register metrics: %w", err)
	}
	return s.routes(o.Registry)
}

func (s *server) routes(registry Registry) (http.Handler, error) {
	pages := http.NewServeMux()
	pages.HandleFunc("GET /{$}", s.page("park", s.parkPage))
	pages.HandleFunc("GET /site/{id}", s.page("site", s.sitePage))
	pages.HandleFunc("GET /site/{id}/trend.csv", s.trendCSV)
	pages.HandleFunc("GET /energy", s.page("energy", s.energyPage))
	pages.HandleFunc("GET /energy/{site}/{meter}", s.page("meter", s.meterPage))
	pages.HandleFunc("GET /energy/{site}/{meter}/days.csv", s.daysCSV)
	pages.HandleFunc("GET /alarms", s.page("alarms", s.alarmsPage))
	pages.HandleFunc("GET /more", s.page("more", s.morePage))
	pages.HandleFunc("GET /static/{file}", s.static)
	pages.HandleFunc("GET /manifest.webmanifest", s.root("manifest.webmanifest"))
	pages.HandleFunc("GET /sw.js", s.root("sw.js"))
	pages.HandleFunc("GET /healthz", s.healthz)
	pages.HandleFunc("GET /", s.page("lost", s.lostPage))
	s.api(pages)
	s.dataRoutes(pages)
	s.carbonRoutes(pages)
	s.portfolioRoutes(pages)
	s.alarmRoutes(pages)
	s.coldRoutes(pages)
	s.findingRoutes(pages)
	s.userRoutes(pages)
	if registry != nil {
		pages.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	}
	gzip, err := gzhttp.NewWrapper(gzhttp.ContentTypes([]string{
		"text/html", "text/css", "text/javascript", "text/csv", "application/json", "application/problem+json", "image/svg+xml", "application/yaml",
		"application/manifest+json",
	}))
	if err != nil {
		return nil, fmt.Errorf("console: compression: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/events", s.events)
	mux.Handle("/", gzip(pages))
	return s.guard(pages, s.identify(s.require(pages, s.metrics.count(mux)))), nil
}

func (s *server) healthz(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if err := s.health(r.Context()); err != nil {
		s.problem(w, r, problem{Status: http.StatusServiceUnavailable, kind: "unhealthy", args: []any{err.Error()}})
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	s.write(w, []byte("ok\n"))
}

// write sends a body; what a visitor who has gone does not receive is not an
// error of ours.
func (s *server) write(w http.ResponseWriter, body []byte) {
	if _, err := w.Write(body); err != nil {
		s.log.Debug().Err(err).Msg("response not sent")
	}
}
