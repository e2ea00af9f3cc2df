package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/hub"
	"github.com/cpas-charleroi/gtc/internal/user"
)

func newTokenCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Jetons de service : laisser un programme (Grafana) lire l'API",
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(newTokenCreateCommand(env), newTokenListCommand(env), newTokenRevokeCommand(env))
	return cmd
}

// tokenActor is who makes and revokes tokens here, in lists and in the journal.
const tokenActor = "gtc token"

// hubTokens are the tokens of a running hub and its journal.
type hubTokens struct {
	*user.Tokens
	js jetstream.JetStream
	nc *nats.Conn
}

// Close ends the connection to the hub.
func (t hubTokens) Close() { t.nc.Close() }

// tell writes into the journal what was done to a token.
func (t hubTokens) tell(ctx context.Context, tok user.Token, what string, at time.Time) error {
	return bus.PublishEvent(ctx, t.js, tok.Event(what, tokenActor, at))
}

// make makes a token; one that the journal does not keep is not handed out.
func (t hubTokens) make(ctx context.Context, tok user.Token, now time.Time) (secret string, err error) {
	secret, err = t.Create(ctx, tok, now)
	if errors.Is(err, user.ErrTaken) || errors.Is(err, user.ErrID) {
		return "", inputError(err)
	}
	if err != nil {
		return "", err
	}
	if err := t.tell(ctx, tok, user.TokenCreated, now); err != nil {
		return "", errors.Join(err, t.Revoke(ctx, tok.ID))
	}
	return secret, nil
}

// openTokens opens the tokens of the hub that runs with a configuration; the
// caller closes them.
func openTokens(ctx context.Context, dir string, env Env) (hubTokens, error) {
	nc, _, err := dialHub(dir, env.Getenv)
	if err != nil {
		return hubTokens{}, err
	}
	js, err := jetstream.New(nc)
	if err == nil {
		var kv jetstream.KeyValue
		if kv, err = js.KeyValue(ctx, hub.BucketUsers); err == nil {
			return hubTokens{user.OpenTokens(kv), js, nc}, nil
		}
	}
	nc.Close()
	return hubTokens{}, fmt.Errorf("open tokens of the hub: %w", err)
}

func newTokenCreateCommand(env Env) *cobra.Command {
	var (
		dir, life string
		asJSON    bool
	)
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Crée un jeton de lecture et l'affiche, une seule fois",
		Long: "Makes a service token on the running hub and prints it; it cannot be shown again. It lets a program read the HTTP\n" +
			"API (Authorization: Bearer …) and do nothing else. NAME says whose it is: a–z, 0–9, dot, dash.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			tok, now := user.Token{ID: strings.ToLower(strings.TrimSpace(args[0])), By: tokenActor}, time.Now().UTC()
			if life != "" {
				days, err := strconv.Atoi(strings.TrimSuffix(life, "d"))
				if err != nil || days < 1 || days > 3650 {
					return inputError(fmt.Errorf("--expires: %q is not a number of days such as 365d", life))
				}
				tok.Expires = now.AddDate(0, 0, days)
			}
			tokens, err := openTokens(cmd.Context(), dir, env)
			if err != nil {
				return err
			}
			defer tokens.Close()
			secret, err := tokens.make(cmd.Context(), tok, now)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(env.Stdout, map[string]any{"id": tok.ID, "token": secret, "expires": tok.Expires})
			}
			_, err = fmt.Fprintln(env.Stdout, secret)
			return err
		},
	}
	cmd.Flags().StringVar(&dir, "config", ".", "configuration folder of the hub")
	cmd.Flags().StringVar(&life, "expires", "", "days after which it ends by itself, such as 365d; empty for never")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the token as JSON")
	return cmd
}

func newTokenListCommand(env Env) *cobra.Command {
	var (
		dir    string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Liste les jetons : par qui, depuis quand, dernière utilisation",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			tokens, err := openTokens(cmd.Context(), dir, env)
			if err != nil {
				return err
			}
			defer tokens.Close()
			all, err := tokens.List(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(env.Stdout, append([]user.Token{}, all...))
			}
			return printTokens(env.Stdout, all)
		},
	}
	cmd.Flags().StringVar(&dir, "config", ".", "configuration folder of the hub")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the tokens as JSON")
	return cmd
}

func printTokens(w io.Writer, all []user.Token) error {
	day := func(t time.Time) string {
		if t.IsZero() {
			return "–"
		}
		return t.Local().Format("2006-01-02 15:04")
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, err := fmt.Fprintln(t, "JETON\tPAR\tCRÉÉ\tDERNIÈRE UTILISATION\tFIN")
	for _, tok := range all {
		if err == nil {
			_, err = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", tok.ID, tok.By, day(tok.Created), day(tok.LastUsed), day(tok.Expires))
		}
	}
	return errors.Join(err, t.Flush())
}

func newTokenRevokeCommand(env Env) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "revoke NAME",
		Short: "Révoque un jeton, sur-le-champ",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			tokens, err := openTokens(cmd.Context(), dir, env)
			if err != nil {
				return err
			}
			defer tokens.Close()
			err = tokens.Revoke(cmd.Context(), args[0])
			if errors.Is(err, user.ErrUnknown) {
				return inputError(fmt.Errorf("revoke %s: there is no such token", args[0]))
			}
			if err != nil {
				return err
			}
			return tokens.tell(cmd.Context(), user.Token{ID: args[0]}, user.TokenRevoked, time.Now())
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return tokenIDs(cmd.Context(), dir, env), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().StringVar(&dir, "config", ".", "configuration folder of the hub")
	return cmd
}

// tokenIDs lists the tokens for completion, none when the hub is not reached.
func tokenIDs(ctx context.Context, dir string, env Env) []string {
	tokens, err := openTokens(ctx, dir, env)
	if err != nil {
		return nil
	}
	defer tokens.Close()
	all, err := tokens.List(ctx)
	if err != nil {
		return nil
	}
	var out []string
	for _, t := range all {
		out = append(out, t.ID)
	}
	return out
}
