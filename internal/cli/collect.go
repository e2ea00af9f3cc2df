package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/edge"
	"github.com/cpas-charleroi/gtc/internal/edge/bundle"
)

// edgeMemory is the heap of an edge, in bytes: with what the program is itself
// and the buffers of the system it stays within 64 MiB.
const edgeMemory = 40 << 20

// collectFlags are the flags of gtc collect.
type collectFlags struct{ dir, site, data, metrics, bundle string }

func newCollectCommand(env Env) *cobra.Command {
	f := &collectFlags{}
	cmd := &cobra.Command{
		Use:   "collect",
		Short: "Fait tourner la relève d'un site",
		Long: `Runs the edge of one site: reads its devices, queues what they say on disk and
offers it to the hub. Either from a configuration folder (--config) or from the
file that gtc edge enrol made (--bundle), which is unpacked into the data folder.

Unless GOMEMLIMIT is set, the program keeps its heap within 40 MiB.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd, env) },
	}
	cmd.Flags().StringVar(&f.dir, "config", ".", "configuration folder")
	cmd.Flags().StringVar(&f.site, "site", "", "the site to read, when the folder has several")
	cmd.Flags().StringVar(&f.data, "data", "var/edge", "folder of the queue")
	cmd.Flags().StringVar(&f.metrics, "metrics", "127.0.0.1:9108", "address of /metrics and /healthz, \"\" for none")
	cmd.Flags().StringVar(&f.bundle, "bundle", "", "file of gtc edge enrol, instead of --config")
	return cmd
}

func (f *collectFlags) run(cmd *cobra.Command, env Env) error {
	log, err := newLog(cmd, env.Stderr)
	if err != nil {
		return err
	}
	if f.bundle != "" && cmd.Flags().Changed("config") {
		return inputError(errors.New("--bundle and --config exclude each other"))
	}
	if env.SetMemoryLimit != nil && env.Getenv("GOMEMLIMIT") == "" {
		env.SetMemoryLimit(edgeMemory)
	}
	s, cfg, err := f.load()
	if err != nil {
		return err
	}
	cat, err := catalogue.Load()
	if err != nil {
		return err
	}
	reg := newRegistry()
	e, err := edge.Start(cmd.Context(), edge.Options{
		Site: s, Profiles: cfg.Profiles, Catalogue: cat, Dir: f.data, ConfigDir: cfg.Dir, Getenv: env.Getenv, Log: log, Registry: reg,
	})
	if err != nil {
		return err
	}
	defer e.Close()
	log.Info().Str("site", string(s.ID)).Int("devices", len(s.Devices)).Str("broker", e.Bus().MQTTAddr()).Msg("edge started")
	g, ctx := errgroup.WithContext(cmd.Context())
	g.Go(func() error { return e.Run(ctx) })
	if f.metrics != "" {
		g.Go(func() error { return serveMetrics(ctx, f.metrics, reg, e, log) })
	}
	return g.Wait()
}

// load reads the site from the configuration folder or the bundle.
func (f *collectFlags) load() (*config.Site, *config.Config, error) {
	var place bundle.Place
	if f.bundle != "" {
		var err error
		if place, f.site, err = unpackBundle(f.bundle, f.data); err != nil {
			return nil, nil, err
		}
		f.dir = place.Dir
	}
	cfg, err := config.Load(f.dir)
	if err != nil {
		return nil, nil, inputError(err)
	}
	s, err := chooseSite(cfg, gtc.SiteID(f.site))
	if err != nil {
		return nil, nil, inputError(err)
	}
	if f.bundle != "" {
		s.Hub.PasswordFile, s.Hub.CAFile = place.PasswordFile, place.CAFile
	}
	return s, cfg, nil
}

// unpackBundle unpacks a bundle beside the queue and returns where, and its
// site.
func unpackBundle(file, data string) (bundle.Place, string, error) {
	in, err := os.Open(file)
	if err != nil {
		return bundle.Place{}, "", inputError(fmt.Errorf("open bundle: %w", err))
	}
	defer func() { _ = in.Close() }()
	b, err := bundle.Read(in)
	if err != nil {
		return bundle.Place{}, "", inputError(fmt.Errorf("%s: %w", file, err))
	}
	site := string(b.Manifest.Site)
	dir := filepath.Join(data, "bundle-"+site)
	if err := os.MkdirAll(data, 0o700); err != nil {
		return bundle.Place{}, "", fmt.Errorf("unpack bundle: %w", err)
	}
	if err := b.Unpack(dir); err != nil {
		return bundle.Place{}, "", err
	}
	place, err := bundle.At(dir)
	return place, site, err
}

func chooseSite(cfg *config.Config, id gtc.SiteID) (*config.Site, error) {
	if id == "" && len(cfg.Sites) == 1 {
		return cfg.Sites[0], nil
	}
	if s, ok := cfg.Site(id); ok {
		return s, nil
	}
	var ids []string
	for _, s := range cfg.Sites {
		ids = append(ids, string(s.ID))
	}
	if id == "" {
		return nil, fmt.Errorf("--site is missing: one of %s", strings.Join(ids, ", "))
	}
	return nil, fmt.Errorf("--site %s: not in the configuration; it has %s", id, strings.Join(ids, ", "))
}

// serveMetrics answers /metrics and /healthz until ctx ends.
func serveMetrics(ctx context.Context, addr string, reg *prometheus.Registry, e *edge.Edge, log zerolog.Logger) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if !e.Bus().Linked() {
			http.Error(w, "no link to the hub: samples wait in the queue", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
	l, err := listen(ctx, "metrics", addr, log)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve metrics at %s: %w", l.Addr(), err)
	}
	return nil
}
