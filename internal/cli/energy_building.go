package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// buildingFlags say of the building what a baseline takes into account.
type buildingFlags struct {
	open                     string
	closed, exclude, factors []string
}

func (f *buildingFlags) bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.open, "open", "", "weekdays on which the building is open: mon-fri, mon-sat, mon,wed,fri …")
	flags.StringArrayVar(&f.closed, "closed", nil, "closed span FROM..TO, both included; may be given several times")
	flags.StringArrayVar(&f.exclude, "exclude", nil, "span FROM..TO that is neither fitted nor judged, such as works; may be given several times")
	flags.StringArrayVar(&f.factors, "factor", nil, "what consumption follows, NAME[@SHARE]=FROM:VALUE,FROM:VALUE…; SHARE of it, 1 if not given")
	_ = cmd.RegisterFlagCompletionFunc("open", cobra.FixedCompletions([]string{"mon-fri", "mon-sat", "mon-sun"}, cobra.ShellCompDirectiveNoFileComp)) // the flag exists
}

// apply sets the calendar, the factors and the days left out of a fit.
func (f *buildingFlags) apply(in energyInput, o *baseline.FitOptions) (err error) {
	if o.Exclude, err = in.spans(f.exclude); err != nil {
		return err
	}
	c := baseline.Calendar{}
	if c.Open, err = weekdays(f.open); err != nil {
		return err
	}
	if c.Closed, err = in.spans(f.closed); err != nil {
		return err
	}
	if f.open != "" || len(f.closed) > 0 {
		o.Calendar = &c
	}
	for _, text := range f.factors {
		factor, err := in.factor(text)
		if err != nil {
			return err
		}
		o.Factors = append(o.Factors, factor)
	}
	return nil
}

// spans parses FROM..TO, both included.
func (in energyInput) spans(texts []string) ([]gtc.Period, error) {
	var out []gtc.Period
	for _, text := range texts {
		from, to, ok := strings.Cut(text, "..")
		if !ok {
			return nil, fmt.Errorf("%w: span %q: want FROM..TO, for example 2025-07-01..2025-08-31", ErrInput, text)
		}
		var p gtc.Period
		var err error
		if p.From, p.To, err = in.period(from, to); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// factor parses NAME[@SHARE]=FROM:VALUE,… into a static factor.
func (in energyInput) factor(text string) (baseline.Factor, error) {
	none := baseline.Factor{}
	wrong := func(what string) error {
		return fmt.Errorf("%w: --factor %q: %s, for example beds@0.4=2025-01-01:60,2025-07-01:72", ErrInput, text, what)
	}
	head, steps, ok := strings.Cut(text, "=")
	if !ok {
		return none, wrong("want NAME[@SHARE]=FROM:VALUE,…")
	}
	out := baseline.Factor{Name: head, Share: 1}
	if name, share, ok := strings.Cut(head, "@"); ok {
		v, err := strconv.ParseFloat(share, 64)
		if err != nil {
			return none, wrong("the share is no number")
		}
		out.Name, out.Share = name, v
	}
	for step := range strings.SplitSeq(steps, ",") {
		day, value, ok := strings.Cut(step, ":")
		at, err := time.ParseInLocation(time.DateOnly, day, in.loc)
		if !ok || err != nil {
			return none, wrong("want FROM:VALUE")
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return none, wrong("a value is no number")
		}
		out.Steps = append(out.Steps, baseline.Step{From: at, Value: v})
	}
	slices.SortFunc(out.Steps, func(a, b baseline.Step) int { return cmp.Compare(a.From.Unix(), b.From.Unix()) })
	return out, nil
}

// weekdays parses mon-fri or mon,wed,fri, none given for "".
func weekdays(text string) ([7]bool, error) {
	if text == "" {
		return [7]bool{}, nil
	}
	out, err := baseline.ParseWeekdays(strings.Split(text, ",")...)
	if err != nil {
		return out, fmt.Errorf("%w: --open %q: %w", ErrInput, text, err)
	}
	return out, nil
}
