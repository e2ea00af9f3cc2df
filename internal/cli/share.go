package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/hub"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/ingest"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// share is a hub that takes a share of another hub's work: it brings samples
// and events from the other's streams into InfluxDB, and judges the alarms of
// the sites whose samples it brings there.
type share struct {
	bus      *bus.Joined
	db       *influx.Client
	judge    *hub.Judge
	sites    []gtc.SiteID
	listener net.Listener
	log      zerolog.Logger
	registry *prometheus.Registry
	// trouble is why InfluxDB takes nothing, empty while it does.
	trouble atomic.Pointer[string]
}

// startShare joins the bus that the configuration names; the caller runs and
// closes it.
func startShare(ctx context.Context, o centreOptions) (*share, error) {
	b := o.config.Hub.Bus
	password, err := config.Secret(o.getenv, "GTC_BUS_PASSWORD", b.PasswordFile)
	if err != nil {
		return nil, inputError(fmt.Errorf("read password of the bus: %w", err))
	}
	s := &share{log: o.log, registry: o.registry}
	for _, site := range o.config.Sites {
		s.sites = append(s.sites, site.ID)
	}
	if s.db, err = influx.Open(o.influx); err != nil {
		return nil, inputError(err)
	}
	if s.bus, err = bus.Join(ctx, bus.JoinOptions{URL: b.Join, Password: password, CAFile: b.CAFile, Log: o.log}); err != nil {
		s.close()
		return nil, err
	}
	if s.judge, err = newJudge(ctx, s.bus, o); err != nil {
		s.close()
		return nil, err
	}
	if s.listener, err = listen(ctx, "metrics", o.listen, o.log); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// newJudge prepares judging alarms with the classes of the configuration.
func newJudge(ctx context.Context, b *bus.Joined, o centreOptions) (*hub.Judge, error) {
	cat, err := catalogue.Load()
	if err != nil {
		return nil, err
	}
	classes, err := alarm.Load(cat, os.DirFS(o.config.Dir))
	if err != nil {
		return nil, inputError(err)
	}
	name, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("name this hub: %w", err)
	}
	return hub.NewJudge(ctx, hub.JudgeOptions{
		Config: o.config, Catalogue: cat, Classes: classes, Bus: b, Name: fmt.Sprintf("%s/%d", name, os.Getpid()), Log: o.log, Registry: o.registry,
	})
}

func (s *share) close() {
	if s.listener != nil {
		_ = s.listener.Close() // already closed when it ran
	}
	if s.bus != nil {
		s.bus.Close()
	}
	s.db.Close()
}

// run ingests, and answers /metrics and /healthz, until ctx ends.
func (s *share) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		return ingest.Run(ctx, ingest.Options{
			Hub: s.bus, Store: s.db, Sites: func() []gtc.SiteID { return s.sites }, Log: s.log, Registry: s.registry, OnPartition: s.judge.Hold,
			OnState: func(up bool, err error) {
				if up {
					s.trouble.Store(nil)
					return
				}
				why := err.Error()
				s.trouble.Store(&why)
			},
		})
	})
	g.Go(func() error { return s.judge.Run(ctx) })
	g.Go(func() error { return s.serve(ctx) })
	return g.Wait()
}

func (s *share) serve(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		why := s.trouble.Load()
		switch {
		case !s.bus.Connected():
			http.Error(w, "the other hub is away", http.StatusServiceUnavailable)
		case why != nil:
			http.Error(w, *why, http.StatusServiceUnavailable)
		default:
			_, _ = w.Write([]byte("ok\n"))
		}
	})
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve metrics at %s: %w", s.listener.Addr(), err)
	}
	return nil
}
