package why

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
	"github.com/cpas-charleroi/gtc/rules/library"
)

// file is the YAML form of the rules, shipped or over the shipped ones.
type file struct {
	// Sensitivity holds for every rule that says none.
	Sensitivity Sensitivity `yaml:"sensitivity"`
	Rules       []ruleYAML  `yaml:"rules"`
}

type ruleYAML struct {
	ID          string               `yaml:"rule"`
	Name        map[string]string    `yaml:"name"`
	Kind        gtc.FindingKind      `yaml:"kind"`
	Cause       string               `yaml:"cause"`
	Enabled     *bool                `yaml:"enabled"`
	By          []string             `yaml:"by"`
	Explains    []string             `yaml:"explains"`
	Needs       []needYAML           `yaml:"needs"`
	Open        *int                 `yaml:"open"`
	Within      *int                 `yaml:"within"`
	Clear       *int                 `yaml:"clear"`
	Sensitivity Sensitivity          `yaml:"sensitivity"`
	Params      map[string]paramYAML `yaml:"params"`
	Text        map[string]string    `yaml:"text"`
	Check       map[string]string    `yaml:"check"`
	Rate        *rateYAML            `yaml:"measured"`
}

type needYAML struct {
	Kind     gtc.Kind      `yaml:"kind"`
	Points   []gtc.PointID `yaml:"points"`
	Optional []gtc.PointID `yaml:"optional"`
	Meter    string        `yaml:"meter"`
	Baseline bool          `yaml:"baseline"`
}

type paramYAML struct {
	Value *float64 `yaml:"value"`
	Unit  string   `yaml:"unit"`
	Low   *float64 `yaml:"low"`
	High  *float64 `yaml:"high"`
}

type rateYAML struct {
	False  float64 `yaml:"false_per_building_year"`
	Found  float64 `yaml:"found"`
	Faults int     `yaml:"faults"`
	Delay  int     `yaml:"delay_days"`
	Where  string  `yaml:"where"`
}

// The factors by which low and high differ from normal unless a parameter
// says its own.
const lowFactor, highFactor = 1.5, 0.5

// OwnFile is where a configuration folder sets the energy rules.
const OwnFile = "rules/energy.yaml"

// Library returns the shipped rules.
func Library() (Set, error) {
	f, err := library.Energy()
	if err != nil {
		return nil, err
	}
	return Parse(nil, f.Name, f.Data)
}

// Load returns the shipped rules with what rules/energy.yaml in a
// configuration folder sets over them. A folder without that file changes
// nothing.
func Load(folder fs.FS) (Set, error) {
	set, err := Library()
	if err != nil {
		return nil, err
	}
	data, err := fs.ReadFile(folder, OwnFile)
	if errors.Is(err, fs.ErrNotExist) {
		return set, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read energy rules: %w", err)
	}
	return Parse(set, OwnFile, data)
}

// Parse reads rules from YAML over a set, or the library itself over none. A
// set's rules can be switched, tuned and worded, but not added to. The error
// is [strict.Mistakes], every mistake at once with its line and column.
func Parse(over Set, name string, data []byte) (Set, error) {
	var f file
	doc, mistakes := strict.Decode(name, data, &f)
	p := &parser{doc: doc, mistakes: mistakes, name: name, library: over == nil}
	p.sensitivity("sensitivity", f.Sensitivity)
	out := slices.Clone(over)
	seen := map[string]bool{}
	for i := range f.Rules {
		y := &f.Rules[i]
		at := fmt.Sprintf("rules[%d]", i)
		p.need(!seen[y.ID], at+".rule", "rule %s is given twice", y.ID)
		seen[y.ID] = true
		r := out.Rule(y.ID)
		if r == nil {
			if !p.library {
				p.add(at+".rule", "rule %q is unknown%s", y.ID, near(y.ID, ids(over)))
				continue
			}
			out = append(out, Rule{ID: y.ID, Sensitivity: Normal, Params: map[string]Param{}})
			r = &out[len(out)-1]
		}
		p.rule(at, y, r)
	}
	for i := range out {
		own := slices.ContainsFunc(f.Rules, func(y ruleYAML) bool { return y.ID == out[i].ID && y.Sensitivity != "" })
		if f.Sensitivity != "" && !own {
			out[i].Sensitivity = f.Sensitivity
		}
	}
	if len(p.mistakes) > 0 {
		p.mistakes.Sort()
		return nil, p.mistakes
	}
	return out, nil
}

type parser struct {
	doc      *strict.Document
	mistakes strict.Mistakes
	name     string
	library  bool
}

func (p *parser) add(at, format string, args ...any) {
	p.mistakes = append(p.mistakes, p.doc.At(at, format, args...))
}

// need reports a mistake unless ok.
func (p *parser) need(ok bool, at, format string, args ...any) {
	if !ok {
		p.add(at, format, args...)
	}
}

func (p *parser) sensitivity(at string, s Sensitivity) {
	p.need(s == "" || s == Low || s == Normal || s == High, at, "sensitivity is low, normal or high")
}

// rule sets what a file gives of a rule.
func (p *parser) rule(at string, y *ruleYAML, r *Rule) {
	p.sensitivity(at+".sensitivity", y.Sensitivity)
	if y.Sensitivity != "" {
		r.Sensitivity = y.Sensitivity
	}
	r.Source = p.name
	setInt(&r.Open, y.Open)
	setInt(&r.Within, y.Within)
	setInt(&r.Clear, y.Clear)
	if y.Enabled != nil {
		r.Enabled = *y.Enabled
	}
	setLabel(&r.Name, y.Name)
	setLabel(&r.Text, y.Text)
	setLabel(&r.Check, y.Check)
	p.params(at, y, r)
	if p.library {
		p.shipped(at, y, r)
	} else {
		p.need(y.Kind == "" && y.Cause == "" && y.By == nil && y.Explains == nil && y.Needs == nil && y.Rate == nil, at,
			"rule %s: kind, cause, by, explains, needs and measured are those of the library", y.ID)
	}
	if len(r.By) > 0 {
		return
	}
	p.need(r.Open >= 1 && r.Within >= r.Open, at+".open", "rule %s: open is at least 1 and at most within", r.ID)
	p.need(r.Clear >= 1, at+".clear", "rule %s: clear is at least 1 day", r.ID)
	t, back := r.Params[paramThreshold], r.Params[paramReset]
	for _, s := range []Sensitivity{Low, Normal, High} {
		p.need(back.at(s) <= t.at(s), at+".params", "rule %s: reset is not above threshold (sensitivity %s)", r.ID, s)
	}
}

// params sets the parameters that a file gives; low and high follow the value
// unless they are given.
func (p *parser) params(at string, y *ruleYAML, r *Rule) {
	params := maps.Clone(r.Params)
	for _, name := range slices.Sorted(maps.Keys(y.Params)) {
		v := y.Params[name]
		where := at + ".params." + name
		have, known := params[name]
		if !known && !p.library {
			p.add(where, "parameter %q of rule %s is unknown%s", name, r.ID, near(name, slices.Sorted(maps.Keys(r.Params))))
			continue
		}
		if v.Unit != "" {
			have.Unit = v.Unit
		}
		if v.Value != nil {
			have.Value, have.Low, have.High = *v.Value, *v.Value, *v.Value
			if name == paramThreshold || name == paramReset {
				have.Low, have.High = lowFactor**v.Value, highFactor**v.Value
			}
		} else if !known {
			p.add(where, "parameter %q of rule %s has no value", name, r.ID)
		}
		if v.Low != nil {
			have.Low = *v.Low
		}
		if v.High != nil {
			have.High = *v.High
		}
		params[name] = have
	}
	r.Params = params
}

// shipped sets and checks what only the library may say.
func (p *parser) shipped(at string, y *ruleYAML, r *Rule) {
	r.Kind, r.Cause, r.By, r.Explains = y.Kind, y.Cause, y.By, y.Explains
	p.need(len(r.Explains) == 0 || r.Kind == gtc.FindingData && !slices.ContainsFunc(r.Explains, dangerous), at+".explains",
		"rule %s: only a rule on data explains others, and none a danger to people", r.ID)
	if explains, ok := lockout()[r.ID]; ok {
		r.Explains = explains
	}
	for _, n := range y.Needs {
		r.Needs = append(r.Needs, Need(n))
	}
	if y.Rate != nil {
		r.Rate = Rate{y.Rate.False, y.Rate.Found, y.Rate.Faults, y.Rate.Delay, y.Rate.Where}
	}
	_, known := evaluators()[r.ID]
	p.need(known != (len(r.By) > 0), at+".rule", "rule %s: either it has an evaluation or a rule of the detector does its work", r.ID)
	p.need(r.Kind == gtc.FindingDrift || r.Kind == gtc.FindingData, at+".kind", "rule %s: kind is drift or data", r.ID)
	for _, lang := range []string{"fr", "nl", "en"} {
		p.need(r.Name[lang] != "", at+".name", "rule %s has no name in %s", r.ID, lang)
		if len(r.By) == 0 {
			p.need(r.Text[lang] != "" && r.Check[lang] != "", at+".text", "rule %s has no text or check in %s", r.ID, lang)
		}
	}
	p.need(!r.Enabled || r.Rate.Measured() || len(r.By) > 0, at+".enabled", "rule %s: without a measured rate of false findings it ships switched off", r.ID)
}

func setInt(to *int, from *int) {
	if from != nil {
		*to = *from
	}
}

func setLabel(to *gtc.Label, from map[string]string) {
	if len(from) > 0 {
		merged := gtc.Label{}
		maps.Copy(merged, *to)
		maps.Copy(merged, from)
		*to = merged
	}
}

func ids(s Set) []string {
	out := make([]string, len(s))
	for i := range s {
		out[i] = s[i].ID
	}
	return out
}

// near suggests what was probably meant.
func near(word string, among []string) string {
	if n := strict.Near(word, among); n != "" {
		return ", did you mean " + n + "?"
	}
	return ""
}
