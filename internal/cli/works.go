package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/register"
	"github.com/cpas-charleroi/gtc/rules/works"
)

func newWorksCommand(env Env) *cobra.Command {
	var (
		dir    string
		dryRun bool
	)
	cmd := &cobra.Command{Use: "works", Short: "Registre des travaux : exporter, importer", Args: cobra.NoArgs}
	cmd.PersistentFlags().StringVarP(&dir, "config", "c", ".", "configuration folder of the hub")
	imports := &cobra.Command{
		Use:   "import FILE",
		Short: "Ajoute un fichier YAML au registre",
		Long: "Checks FILE, lists every mistake in it, and puts its entries into the running hub's register: an entry whose id\n" +
			"is known takes the place of the one there, others are added. What the file does not name stays.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return importWorks(cmd.Context(), env, dir, args[0], dryRun)
		},
	}
	imports.Flags().BoolVar(&dryRun, "dry-run", false, "check the file and change nothing")
	cmd.AddCommand(&cobra.Command{
		Use:   "export [FILE]",
		Short: "Écrit le registre en YAML",
		Long:  "Writes the works register of the running hub as YAML to FILE, or to the standard output.",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return exportWorks(cmd.Context(), env, dir, args)
		},
	}, imports)
	return cmd
}

func exportWorks(ctx context.Context, env Env, dir string, args []string) error {
	nc, _, err := dialHub(dir, env.Getenv)
	if err != nil {
		return err
	}
	defer nc.Close()
	_, store, err := openWorks(ctx, nc)
	if err != nil {
		return err
	}
	text, err := register.Format(store.All())
	if err != nil {
		return err
	}
	return writeOut(env, args, "works register", text)
}

// openWorks opens the works register of a running hub, and its streams.
func openWorks(ctx context.Context, nc *nats.Conn) (jetstream.JetStream, *register.Store, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, nil, err
	}
	store, err := register.Open(ctx, js)
	return js, store, err
}

func importWorks(ctx context.Context, env Env, dir, file string, dryRun bool) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return inputError(fmt.Errorf("import works: %w", err))
	}
	news, err := register.Parse(file, data)
	if err != nil {
		return inputError(err)
	}
	if dryRun {
		cfg, err := config.Load(dir)
		if err == nil {
			err = checkWorks(cfg, news)
		}
		if err != nil {
			return inputError(err)
		}
		_, err = fmt.Fprintf(env.Stdout, "%s: %d entries, %d baselines: nothing wrong, nothing changed\n", file, len(news.Entries), len(news.Moves))
		return err
	}
	nc, cfg, err := dialHub(dir, env.Getenv)
	if err != nil {
		return err
	}
	defer nc.Close()
	if err := checkWorks(cfg, news); err != nil {
		return inputError(err)
	}
	js, store, err := openWorks(ctx, nc)
	if err != nil {
		return err
	}
	return mergeWorks(ctx, env.Stdout, js, store, file, news)
}

// mergeWorks puts what a file says into the register, site by site.
func mergeWorks(ctx context.Context, out io.Writer, js jetstream.JetStream, store *register.Store, file string, news works.Register) error {
	var sites []gtc.SiteID
	for _, e := range news.Entries {
		sites = append(sites, e.Site)
	}
	for _, m := range news.Moves {
		sites = append(sites, m.Site)
	}
	slices.Sort(sites)
	for _, site := range slices.Compact(sites) {
		mine := news.Of(site)
		if err := store.Change(ctx, site, func(r works.Register) (works.Register, error) { return r.Merge(mine), nil }); err != nil {
			return err
		}
		now := time.Now().UTC().Truncate(time.Millisecond)
		ev := gtc.Event{
			ID: fmt.Sprintf("register/%s/import/%d", site, now.UnixMilli()), Site: site, At: now, Received: now, Kind: gtc.EventRegister,
			Subject: "import", To: "imported", Actor: "gtc works import", Reason: fmt.Sprintf("%d entries, %d baselines", len(mine.Entries), len(mine.Moves)),
		}
		if err := bus.PublishEvent(ctx, js, ev); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s: %s: %s\n", file, site, ev.Reason); err != nil {
			return err
		}
	}
	return nil
}

// checkWorks finds what a register says of a configuration that is not so.
func checkWorks(cfg *config.Config, r works.Register) error {
	meters := map[gtc.SiteID]map[gtc.EquipmentID]bool{}
	for _, s := range cfg.Sites {
		meters[s.ID] = map[gtc.EquipmentID]bool{}
		for _, m := range s.Meters {
			meters[s.ID][m.Equipment] = true
		}
	}
	var all []error
	check := func(what string, site gtc.SiteID, ids ...gtc.EquipmentID) {
		if meters[site] == nil {
			all = append(all, fmt.Errorf("%s: there is no site %q", what, site))
			return
		}
		for _, id := range ids {
			if !meters[site][id] {
				all = append(all, fmt.Errorf("%s: site %s has no meter %q", what, site, id))
			}
		}
	}
	for _, e := range r.Entries {
		check("works "+e.ID, e.Site, e.Meters...)
	}
	for _, m := range r.Moves {
		check("baseline", m.Site, m.Meter)
	}
	return errors.Join(all...)
}
