package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc/internal/alert"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// askWithin bounds what a running hub is asked; a test message may take a
// modem minutes.
const askWithin = 4 * time.Minute

func newNotifyCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "notify",
		Short: "Qui est prévenu des alarmes : carnet, essai d'une personne",
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(newNotifyTestCommand(env), newNotifyBookCommand(env))
	return cmd
}

// dialHub connects to the bus of the hub that runs with a configuration.
func dialHub(dir string, getenv func(string) string) (*nats.Conn, *config.Config, error) {
	cfg, err := config.Load(dir)
	if err != nil {
		return nil, nil, inputError(err)
	}
	nc, err := dialConfigured(cfg, getenv)
	return nc, cfg, err
}

var errNoPassword = errors.New("gtc.yaml: bus.password_file (or GTC_BUS_PASSWORD) is missing: the running hub cannot be asked")

func dialConfigured(cfg *config.Config, getenv func(string) string) (*nats.Conn, error) {
	password, err := config.Secret(getenv, "GTC_BUS_PASSWORD", cfg.Hub.Bus.PasswordFile)
	if err != nil {
		return nil, inputError(fmt.Errorf("read password of the bus: %w", err))
	}
	if password == "" {
		return nil, inputError(errNoPassword)
	}
	return bus.DialHub(cfg.Hub.Bus.Listen, password)
}

// openBook opens the bucket of the book on a running hub.
func openBook(ctx context.Context, nc *nats.Conn) (jetstream.KeyValue, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	return alert.OpenPeople(ctx, js)
}

// readBook reads the book of the running hub.
func readBook(ctx context.Context, env Env, dir string) (*notify.Book, uint64, error) {
	nc, _, err := dialHub(dir, env.Getenv)
	if err != nil {
		return nil, 0, err
	}
	defer nc.Close()
	kv, err := openBook(ctx, nc)
	if err != nil {
		return nil, 0, err
	}
	return alert.ReadBook(ctx, kv)
}

func newNotifyTestCommand(env Env) *cobra.Command {
	var (
		dir, channel string
		asJSON       bool
	)
	cmd := &cobra.Command{
		Use:   "test PERSON",
		Short: "Envoie un message d'essai à une personne du carnet",
		Long: "Lets the running hub send a test message to PERSON at once, by each way that reaches the person or by one\n" +
			"channel, and prints what became of each. Exit status 2 when one failed.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			nc, _, err := dialHub(dir, env.Getenv)
			if err != nil {
				return err
			}
			defer nc.Close()
			ctx, stop := context.WithTimeout(cmd.Context(), askWithin)
			defer stop()
			outcomes, err := alert.AskTry(ctx, nc, args[0], notify.Channel(channel))
			if errors.Is(err, alert.ErrPerson) || errors.Is(err, alert.ErrNotReached) {
				return inputError(err)
			}
			if err != nil {
				return err
			}
			return printOutcomes(env.Stdout, args[0], outcomes, asJSON)
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return peopleOf(cmd.Context(), dir, env), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().StringVar(&dir, "config", ".", "configuration folder of the hub")
	cmd.Flags().StringVar(&channel, "channel", "", "only this channel: sms, email, push")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the outcomes as JSON")
	return cmd
}

// peopleOf lists the ids of the book for completion, none when the hub is not
// reached.
func peopleOf(ctx context.Context, dir string, env Env) []string {
	book, _, err := readBook(ctx, env, dir)
	if err != nil {
		return nil
	}
	var out []string
	for _, p := range book.People {
		out = append(out, p.ID+"\t"+p.Name)
	}
	return out
}

var errNotSent = errors.New("not every test message was sent")

func printOutcomes(w io.Writer, person string, outcomes []alert.Outcome, asJSON bool) error {
	failed := false
	for _, o := range outcomes {
		failed = failed || o.Error != ""
	}
	if asJSON {
		if err := writeJSON(w, outcomes); err != nil {
			return err
		}
	} else {
		for _, o := range outcomes {
			said := "handed over"
			if o.Error != "" {
				said = "failed: " + o.Error
			}
			if _, err := fmt.Fprintf(w, "%s\t%s %s\t%s\n", person, o.Channel, o.Way, said); err != nil {
				return err
			}
		}
	}
	if failed {
		return errNotSent
	}
	return nil
}

func newNotifyBookCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{Use: "book", Short: "Carnet des personnes, gardes, congés et routes", Args: cobra.NoArgs}
	var dir string
	cmd.PersistentFlags().StringVar(&dir, "config", ".", "configuration folder of the hub")
	cmd.AddCommand(&cobra.Command{
		Use:   "export [FILE]",
		Short: "Écrit le carnet en YAML",
		Long:  "Writes the book of the running hub as YAML to FILE, or to the standard output.",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return exportBook(cmd.Context(), env, dir, args)
		},
	}, &cobra.Command{
		Use:   "import FILE",
		Short: "Remplace le carnet par un fichier YAML",
		Long:  "Checks FILE, lists every mistake in it, and puts it in the place of the running hub's book. The former ones are kept as revisions.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return importBook(cmd.Context(), env, dir, args[0])
		},
	})
	return cmd
}

func exportBook(ctx context.Context, env Env, dir string, args []string) error {
	book, revision, err := readBook(ctx, env, dir)
	if err != nil {
		return err
	}
	text, err := alert.FormatBook(book)
	if err != nil {
		return err
	}
	text = fmt.Appendf(nil, "# revision %d\n%s", revision, text)
	return writeOut(env, args, "book", text)
}

// writeOut writes what a command exports to the file that args name, for its
// owner alone (a book holds telephone numbers), or to the standard output.
func writeOut(env Env, args []string, what string, text []byte) error {
	if len(args) == 0 {
		_, err := env.Stdout.Write(text)
		return err
	}
	if err := os.WriteFile(args[0], text, 0o600); err != nil {
		return fmt.Errorf("export %s: %w", what, err)
	}
	return nil
}

func importBook(ctx context.Context, env Env, dir, file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return inputError(fmt.Errorf("import book: %w", err))
	}
	book, err := alert.ParseBook(file, data)
	if err != nil {
		return inputError(err)
	}
	nc, cfg, err := dialHub(dir, env.Getenv)
	if err != nil {
		return err
	}
	defer nc.Close()
	if err := checkBook(cfg, book); err != nil {
		return inputError(err)
	}
	kv, err := openBook(ctx, nc)
	if err != nil {
		return err
	}
	_, revision, err := alert.ReadBook(ctx, kv)
	if err != nil {
		return err
	}
	if revision, err = alert.WriteBook(ctx, kv, book, revision); err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.Stdout, "%s: %d people, %d rotas, %d routes: revision %d\n", file, len(book.People), len(book.Rotas), len(book.Routes), revision)
	return err
}
