package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc/internal/config"
)

func newServeCommand(env Env) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Fait tourner le centre : bus, base de données, alarmes, énergie, console",
		Long:  "Runs the hub from the configuration folder: pulls every site's queue, stores it in InfluxDB, judges alarms and energy, and serves the console. With bus.join it takes a share of another hub's work instead: it brings samples into InfluxDB, judges the alarms of their sites, and takes over what that one leaves.",
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
			if cfg.Hub.Influx.URL == "" {
				return inputError(errors.New("gtc.yaml: influx.url is missing: serve needs the address of an InfluxDB"))
			}
			in, err := influxOptions(cfg, env.Getenv)
			if err != nil {
				return err
			}
			o := centreOptions{
				config: cfg, influx: in, busDir: cfg.Hub.Bus.Dir, listen: cfg.Hub.Console.Listen,
				getenv: env.Getenv, log: log, registry: newRegistry(),
			}
			if cfg.Hub.Bus.Join != "" {
				s, err := startShare(cmd.Context(), o)
				if err != nil {
					return err
				}
				defer s.close()
				log.Info().Str("joined", cfg.Hub.Bus.Join).Str("metrics", "http://"+s.listener.Addr().String()).Int("sites", len(cfg.Sites)).Msg("hub joined another one")
				return s.run(cmd.Context())
			}
			c, err := startCentre(cmd.Context(), o)
			if err != nil {
				return err
			}
			defer c.close()
			log.Info().Str("console", "http://"+c.listener.Addr().String()).Str("leaf", c.bus.LeafURL()).Int("sites", len(cfg.Sites)).Msg("hub started")
			return c.run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&dir, "config", ".", "configuration folder")
	return cmd
}
