package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
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
)

func newCollectCommand(env Env) *cobra.Command {
	var dir, site, data, metrics string
	cmd := &cobra.Command{
		Use:   "collect",
		Short: "Fait tourner la relève d'un site",
		Long:  "Runs the edge of one site: reads its devices, queues what they say on disk and offers it to the hub.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := newLog(cmd, env.Stderr)
			if err != nil {
				return err
			}
			cfg, err := config.Load(dir)
			if err != nil {
				return inputError(err)
			}
			s, err := chooseSite(cfg, gtc.SiteID(site))
			if err != nil {
				return inputError(err)
			}
			cat, err := catalogue.Load()
			if err != nil {
				return err
			}
			reg := newRegistry()
			e, err := edge.Start(cmd.Context(), edge.Options{
				Site: s, Profiles: cfg.Profiles, Catalogue: cat, Dir: data, ConfigDir: dir, Getenv: env.Getenv, Log: log, Registry: reg,
			})
			if err != nil {
				return err
			}
			defer e.Close()
			log.Info().Str("site", string(s.ID)).Int("devices", len(s.Devices)).Str("broker", e.Bus().MQTTAddr()).Msg("edge started")
			g, ctx := errgroup.WithContext(cmd.Context())
			g.Go(func() error { return e.Run(ctx) })
			if metrics != "" {
				g.Go(func() error { return serveMetrics(ctx, metrics, reg, e, log) })
			}
			return g.Wait()
		},
	}
	cmd.Flags().StringVar(&dir, "config", ".", "configuration folder")
	cmd.Flags().StringVar(&site, "site", "", "the site to read, when the folder has several")
	cmd.Flags().StringVar(&data, "data", "var/edge", "folder of the queue")
	cmd.Flags().StringVar(&metrics, "metrics", "127.0.0.1:9108", "address of /metrics and /healthz, \"\" for none")
	return cmd
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
