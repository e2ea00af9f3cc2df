package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/rules/alarm"
	"github.com/cpas-charleroi/gtc/rules/energy/drift"
	life "github.com/cpas-charleroi/gtc/rules/finding"
	"github.com/cpas-charleroi/gtc/rules/library"
	"github.com/cpas-charleroi/gtc/rules/why"
)

// ruleView is the JSON form of one rule.
type ruleView struct {
	ID string `json:"id"`
	// Type is alarm or energy.
	Type       string            `json:"type"`
	Name       string            `json:"name"`
	Priority   int               `json:"priority,omitempty"`
	Kind       string            `json:"kind,omitempty"`
	Parameters map[string]string `json:"parameters"`
	Source     string            `json:"source"`
	// Enabled, Cause, By, Sensitivity and Measured are those of a rule that says
	// why energy is wasted.
	Enabled     *bool    `json:"enabled,omitempty"`
	Cause       string   `json:"cause,omitempty"`
	By          []string `json:"by,omitempty"`
	Sensitivity string   `json:"sensitivity,omitempty"`
	// Measured is how it did on a park of simulated buildings.
	Measured *measuredView `json:"measured,omitempty"`
	// Field is how it did here, as people judged its findings.
	Field *life.Rate `json:"field,omitempty"`

	parameters []string // in their order, for people
}

// measuredView is the JSON form of how a rule did.
type measuredView struct {
	FalsePerBuildingYear float64 `json:"false_per_building_year"`
	// Found is a share of Faults, absent when no fault shows the rule.
	Found  *float64 `json:"found,omitempty"`
	Faults int      `json:"faults"`
	Delay  int      `json:"delay_days"`
	Where  string   `json:"where"`
}

// ownAlarms is where the alarm classes of a configuration folder stand.
const ownAlarms = "rules/alarms.yaml"

func newRulesListCommand(env Env) *cobra.Command {
	var (
		dir    string
		asJSON bool
		field  bool
	)
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Liste les classes d'alarme et les règles d'énergie actives",
		Long: "Lists the alarm classes (the shipped ones and those of DIR/rules/alarms.yaml over them), the rules of the\n" +
			"drift detector, and the rules that say why energy is wasted (the shipped ones and what DIR/rules/energy.yaml\n" +
			"sets over them), with their name, their parameters and the file they come from. With --field, of the energy\n" +
			"rules also what people made of their findings on the running hub: how many were judged and rejected, and why.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			rules, err := activeRules(dir)
			if err == nil && field {
				err = addField(cmd.Context(), env, dir, rules)
			}
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(env.Stdout, rules)
			}
			return writeRules(env.Stdout, rules)
		},
	}
	bindConfig(cmd, &dir)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&field, "field", false, "ask the running hub how people judged the findings of each rule")
	return cmd
}

// activeRules lists what a hub with this configuration folder applies.
func activeRules(dir string) ([]ruleView, error) {
	set, err := loadClasses(dir)
	if err != nil {
		return nil, err
	}
	out := make([]ruleView, 0, len(set.classes))
	for i := range set.classes {
		v := classView(&set.classes[i])
		v.Source = set.source[v.ID]
		out = append(out, v)
	}
	for _, r := range drift.Rules() {
		v := ruleView{ID: r.ID, Type: "energy", Name: r.Label.In("fr"), Kind: string(r.Kind), Parameters: map[string]string{}, Source: r.Source}
		for _, p := range r.Parameters {
			v.parameters = append(v.parameters, p.String())
			v.Parameters[p.Name] = strings.TrimPrefix(p.String(), p.Name+"=")
		}
		out = append(out, v)
	}
	rules, err := why.Load(os.DirFS(dir))
	if err != nil {
		return nil, inputError(err)
	}
	for i := range rules {
		out = append(out, whyView(&rules[i]))
	}
	return out, nil
}

// whyView describes a rule that says why energy is wasted.
func whyView(r *why.Rule) ruleView {
	v := ruleView{
		ID: r.ID, Type: "energy", Name: r.Name.In("fr"), Kind: string(r.Kind), Parameters: map[string]string{}, Source: r.Source,
		Enabled: &r.Enabled, Cause: r.Cause, By: r.By, Sensitivity: string(r.Sensitivity),
	}
	v.set("by", strings.Join(r.By, "|"))
	if !r.Enabled {
		v.parameters = append(v.parameters, "désactivée")
	}
	for _, name := range r.ParamNames() {
		v.set(name, strings.TrimSpace(strconv.FormatFloat(r.Param(name), 'g', 6, 64)+" "+r.Params[name].Unit))
	}
	if len(r.By) == 0 {
		v.set("open", fmt.Sprintf("%d/%d d", r.Open, r.Within))
		v.set("clear", fmt.Sprintf("%d d", r.Clear))
	}
	if r.Rate.Measured() {
		m := measuredView{FalsePerBuildingYear: r.Rate.False, Faults: r.Rate.Faults, Delay: r.Rate.Delay, Where: r.Rate.Where}
		if r.Rate.Found >= 0 {
			m.Found = &r.Rate.Found
		}
		v.Measured = &m
	}
	return v
}

// classSet are the alarm classes of a configuration folder, with the file that
// each comes from.
type classSet struct {
	catalogue *catalogue.Catalogue
	classes   []alarm.Class
	source    map[string]string
}

// loadClasses reads the alarm classes of a configuration folder.
func loadClasses(dir string) (classSet, error) {
	cat, err := catalogue.Load()
	if err != nil {
		return classSet{}, err
	}
	if _, err := os.ReadDir(dir); err != nil {
		return classSet{}, inputError(fmt.Errorf("read configuration folder: %w", err))
	}
	set := classSet{catalogue: cat, source: map[string]string{}}
	if set.classes, err = alarm.Load(cat, os.DirFS(dir)); err != nil {
		return classSet{}, inputError(err)
	}
	files, err := library.Alarms()
	if err != nil {
		return classSet{}, err
	}
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(ownAlarms)))
	switch {
	case err == nil:
		files = append(files, library.File{Name: filepath.Join(dir, filepath.FromSlash(ownAlarms)), Data: data})
	case !errors.Is(err, fs.ErrNotExist):
		return classSet{}, inputError(err)
	}
	for _, f := range files { // a later file replaces what an earlier one gives
		classes, err := alarm.Parse(f.Name, f.Data, cat)
		if err != nil {
			return classSet{}, inputError(err)
		}
		for i := range classes {
			set.source[classes[i].ID] = f.Name
		}
	}
	return set, nil
}

// set adds a parameter unless it is not given.
func (v *ruleView) set(name, value string) {
	if value != "" {
		v.parameters = append(v.parameters, name+"="+value)
		v.Parameters[name] = value
	}
}

// classView describes an alarm class.
func classView(c *alarm.Class) ruleView {
	v := ruleView{ID: c.ID, Type: "alarm", Name: c.Label.In("fr"), Priority: int(c.Priority), Kind: string(c.Kind), Parameters: map[string]string{}}
	v.condition(c.When)
	v.set("on_delay", spanText(c.OnDelay))
	v.set("off_delay", spanText(c.OffDelay))
	if c.PriorityFire != 0 {
		v.set("priority_fire", strconv.Itoa(int(c.PriorityFire)))
	}
	v.set("life_safety", trueText(c.LifeSafety))
	v.set("latch", trueText(c.Latch))
	v.set("time_to_act", spanText(c.TimeToAct))
	v.set("office_hours", trueText(c.OfficeHours))
	v.set("suppressed_by", strings.Join(c.SuppressedBy, "|"))
	v.set("scope", string(c.Scope))
	if c.Settle.For > 0 {
		v.set("settle", joined(c.Settle.Points)+" "+spanText(c.Settle.For))
		v.set("settle_step", strconv.FormatFloat(c.Settle.Step, 'g', -1, 64))
		v.set("settle_at_most", spanText(c.Settle.AtMost))
	}
	if c.Rise.Priority != 0 {
		v.set("rise", strings.TrimSpace(fmt.Sprintf("P%d %s", c.Rise.Priority, spanText(c.Rise.After))))
	}
	return v
}

// condition adds what has to be so for an alarm.
func (v *ruleView) condition(w alarm.Condition) {
	v.set("point", string(w.Point))
	v.set("any", joined(w.Any))
	v.set("expr", w.Expr)
	v.set("clear", w.Clear)
	v.set("watch", string(w.Watch))
	if w.Above != nil {
		v.set("above", strconv.FormatFloat(*w.Above, 'g', -1, 64))
	}
	if w.Below != nil {
		v.set("below", strconv.FormatFloat(*w.Below, 'g', -1, 64))
	}
	if w.DeadBand != 0 {
		v.set("dead_band", strconv.FormatFloat(w.DeadBand, 'g', -1, 64))
	}
	if len(w.In) > 0 {
		v.set("in", strings.Trim(fmt.Sprint(w.In), "[]"))
	}
}

func joined(points []gtc.PointID) string {
	words := make([]string, len(points))
	for i, p := range points {
		words[i] = string(p)
	}
	return strings.Join(words, "|")
}

// spanText writes a span as it stands in a file: 15m, 1h30m; "" for none.
func spanText(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func trueText(b bool) string {
	if b {
		return "true"
	}
	return ""
}

// writeRules prints rules as an aligned table.
func writeRules(out io.Writer, rules []ruleView) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "règle\ttype\tpriorité\tnom\tfichier\tparamètres") // Flush returns the error
	for _, r := range rules {
		kind, priority := "alarme", "P"+strconv.Itoa(r.Priority)
		if r.Type == "energy" {
			kind, priority = "énergie", "P4"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, kind, priority, r.Name, r.Source, strings.Join(append(inField(r.Field), r.parameters...), ", "))
	}
	return w.Flush()
}
