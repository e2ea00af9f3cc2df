package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/figure"
	life "github.com/cpas-charleroi/gtc/rules/finding"
)

// findingKeys is where the hub keeps findings in the bucket of states.
const findingKeys = "finding/"

// findingView is the JSON form of a finding: the kept record, with its course
// and what it costs a week at today's marginal price.
type findingView struct {
	life.Record
	Course     life.Course `json:"course"`
	EURPerWeek *float64    `json:"eur_per_week,omitempty"`
	Tariff     string      `json:"tariff,omitempty"`
}

// findingAsk is what a person wants to see.
type findingAsk struct {
	dir, site, state, rule, owner string
	all, json                     bool
}

func newFindingsCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{Use: "findings", Short: "Constats d'énergie : liste, détail", Args: cobra.NoArgs}
	cmd.AddCommand(newFindingsListCommand(env), newFindingsShowCommand(env))
	return cmd
}

func newFindingsListCommand(env Env) *cobra.Command {
	var ask findingAsk
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Liste les constats, le plus coûteux par semaine d'abord",
		Long: "Lists the findings of the running hub, what costs most a week first: those that last and that nobody has\n" +
			"closed, or with --all or --state the others too. EUR is the marginal price of today, VAT included.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if ask.state != "" && !slices.Contains(life.States(), gtc.FindingState(ask.state)) {
				return inputError(fmt.Errorf("--state %q is not one of %v", ask.state, life.States()))
			}
			found, err := readFindings(cmd.Context(), env, ask.dir)
			if err != nil {
				return err
			}
			found = slices.DeleteFunc(found, func(v findingView) bool { return !ask.wants(v) })
			if ask.json {
				return writeJSON(env.Stdout, found)
			}
			return writeFindingList(env.Stdout, found)
		},
	}
	bindConfig(cmd, &ask.dir)
	cmd.Flags().StringVar(&ask.site, "site", "", "only of this site")
	cmd.Flags().StringVar(&ask.state, "state", "", "only in this state: new, accepted, in_progress, corrected, verified, rejected")
	cmd.Flags().StringVar(&ask.rule, "rule", "", "only of this rule")
	cmd.Flags().StringVar(&ask.owner, "owner", "", "only of this owner")
	cmd.Flags().BoolVar(&ask.all, "all", false, "closed, ended and withdrawn ones too")
	cmd.Flags().BoolVar(&ask.json, "json", false, "print JSON")
	_ = cmd.RegisterFlagCompletionFunc("state", cobra.FixedCompletions(stateNames(), cobra.ShellCompDirectiveNoFileComp)) // the flag is there
	return cmd
}

func stateNames() []cobra.Completion {
	var out []cobra.Completion
	for _, s := range life.States() {
		out = append(out, string(s))
	}
	return out
}

func (a findingAsk) wants(v findingView) bool {
	return (a.site == "" || a.site == string(v.Site)) && (a.rule == "" || a.rule == v.Rule) && (a.owner == "" || a.owner == v.Owner) &&
		(a.state == "" || a.state == string(v.State)) && (a.all || a.state != "" || v.Open())
}

func newFindingsShowCommand(env Env) *cobra.Command {
	var ask findingAsk
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Montre un constat : preuve, étapes",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			found, err := readFindings(cmd.Context(), env, ask.dir)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(found, func(v findingView) bool { return v.ID == args[0] })
			if i < 0 {
				return inputError(fmt.Errorf("show finding %q: %w", args[0], life.ErrUnknown))
			}
			if ask.json {
				return writeJSON(env.Stdout, found[i])
			}
			return writeFindingDetail(env.Stdout, found[i])
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			found, err := readFindings(cmd.Context(), env, ask.dir)
			if err != nil {
				return nil, cobra.ShellCompDirectiveError
			}
			var out []string
			for i := range found {
				out = append(out, found[i].ID+"\t"+string(found[i].State))
			}
			return out, cobra.ShellCompDirectiveNoFileComp
		},
	}
	bindConfig(cmd, &ask.dir)
	cmd.Flags().BoolVar(&ask.json, "json", false, "print JSON")
	return cmd
}

// readFindings reads what the running hub keeps, what costs most a week first.
func readFindings(ctx context.Context, env Env, dir string) ([]findingView, error) {
	nc, cfg, err := dialHub(dir, env.Getenv)
	if err != nil {
		return nil, err
	}
	defer nc.Close()
	records, err := keptFindings(ctx, nc)
	if err != nil {
		return nil, err
	}
	out := make([]findingView, 0, len(records))
	for i := range records {
		out = append(out, priced(records[i], cfg, time.Now()))
	}
	worth := func(v findingView) float64 {
		if v.EURPerWeek == nil {
			return 0
		}
		return *v.EURPerWeek
	}
	slices.SortStableFunc(out, func(a, b findingView) int {
		return cmp.Or(cmp.Compare(worth(b), worth(a)), cmp.Compare(b.KWhPerWeek, a.KWhPerWeek), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// keptFindings reads the records from the bucket of states.
func keptFindings(ctx context.Context, nc *nats.Conn) ([]life.Record, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("read findings: %w", err)
	}
	kv, err := js.KeyValue(ctx, bus.BucketState)
	if err != nil {
		return nil, fmt.Errorf("read findings: %w", err)
	}
	keys, err := kv.ListKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("read findings: %w", err)
	}
	var names []string
	for key := range keys.Keys() {
		if strings.HasPrefix(key, findingKeys) {
			names = append(names, key)
		}
	}
	var out []life.Record
	for _, key := range names {
		e, err := kv.Get(ctx, key)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", key, err)
		}
		var r life.Record
		if err := json.Unmarshal(e.Value(), &r); err != nil {
			return nil, fmt.Errorf("read %s: %w", key, err)
		}
		out = append(out, r)
	}
	return out, nil
}

func priced(r life.Record, cfg *config.Config, now time.Time) findingView {
	v := findingView{Record: r, Course: r.Course()}
	if t, ok := gtc.TariffAt(cfg.Hub.TariffList(), r.Carrier, now); ok {
		eur := r.KWhPerWeek * t.EURPerKWh
		v.EURPerWeek, v.Tariff = &eur, t.Source
	}
	return v
}

func writeFindingList(w io.Writer, found []findingView) error {
	if len(found) == 0 {
		_, err := fmt.Fprintln(w, "no finding")
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	p := func(format string, args ...any) { _, _ = fmt.Fprintf(tw, format, args...) } // told by Flush
	p("EUR/WEEK\tKWH/WEEK\tSTATE\tCOURSE\tRULE\tSITE\tMETER\tONSET\tOWNER\tID\n")
	for i := range found {
		v := &found[i]
		p("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", euros(v.EURPerWeek), figure.Number(v.KWhPerWeek, 0), v.State, v.Course, v.Rule, v.Site, v.Meter,
			v.Onset.Format(time.DateOnly), cmp.Or(v.Owner, "-"), v.ID)
	}
	return tw.Flush()
}

func euros(eur *float64) string {
	if eur == nil {
		return "-"
	}
	return figure.Number(*eur, 2)
}

func writeFindingDetail(w io.Writer, v findingView) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	p := func(format string, args ...any) { _, _ = fmt.Fprintf(tw, format, args...) } // told by Flush
	p("finding\t%s\nstate\t%s, %s\nrule\t%s\n", v.ID, v.State, v.Course, v.Rule)
	p("onset, detected\t%s, %s\n", v.Onset.Format(time.DateOnly), v.Detected.Format(time.DateOnly))
	p("excess\t%s kWh, %s %% ± %s; %s kWh a week\n", figure.Number(v.ExcessKWh, 0), figure.Number(v.ExcessPct, 1), figure.Number(v.BandPct, 1), figure.Number(v.KWhPerWeek, 0))
	p("cost\t%s EUR a week at the marginal price, VAT included (%s)\n", euros(v.EURPerWeek), cmp.Or(v.Tariff, "no tariff"))
	if v.Owner != "" {
		p("owner\t%s\n", v.Owner)
	}
	for _, k := range slices.Sorted(maps.Keys(v.Inputs)) {
		p("%s\t%s\n", k, v.Inputs[k])
	}
	for _, s := range v.Steps {
		text := s.What
		if s.Class != "" {
			text += " (" + string(s.Class) + ")"
		}
		if s.Reason != "" {
			text += ": " + s.Reason
		}
		p("%s\t%s %s\n", s.At.Format(time.RFC3339), s.By, text)
	}
	return tw.Flush()
}
