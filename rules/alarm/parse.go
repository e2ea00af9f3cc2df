package alarm

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

// file is a YAML file of classes. Drift parameters may stand in the same
// folder of rules; they are read elsewhere.
type file struct {
	Classes []classYAML `yaml:"classes"`
}

type classYAML struct {
	ID           string              `yaml:"class"`
	Kind         gtc.Kind            `yaml:"kind"`
	When         whenYAML            `yaml:"when"`
	OnDelay      time.Duration       `yaml:"on_delay"`
	OffDelay     time.Duration       `yaml:"off_delay"`
	Priority     gtc.Priority        `yaml:"priority"`
	PriorityFire gtc.Priority        `yaml:"priority_fire"`
	LifeSafety   bool                `yaml:"life_safety"`
	Latch        bool                `yaml:"latch"`
	TimeToAct    time.Duration       `yaml:"time_to_act"`
	Owner        string              `yaml:"owner"`
	OfficeHours  bool                `yaml:"office_hours"`
	SuppressedBy []string            `yaml:"suppressed_by"`
	Scope        Scope               `yaml:"scope"`
	Settle       settleYAML          `yaml:"settle"`
	Rise         riseYAML            `yaml:"rise"`
	Discipline   string              `yaml:"discipline"`
	Label        map[string]string   `yaml:"label"`
	Cause        map[string]string   `yaml:"cause"`
	Consequence  map[string]string   `yaml:"consequence"`
	Advice       map[string][]string `yaml:"advice"`
}

type settleYAML struct {
	Points []gtc.PointID `yaml:"points"`
	For    time.Duration `yaml:"for"`
	Step   float64       `yaml:"step"`
	AtMost time.Duration `yaml:"at_most"`
}

// settle returns what the class waits for, with what it does not say.
func (y settleYAML) settle() Settle {
	s := Settle(y)
	if s.For > 0 && s.Step == 0 {
		s.Step = settleStep
	}
	if s.AtMost == 0 {
		s.AtMost = settleTimes * s.For
	}
	return s
}

type riseYAML struct {
	Priority     gtc.Priority  `yaml:"priority"`
	After        time.Duration `yaml:"after"`
	OutsideHours bool          `yaml:"outside_hours"`
}

type whenYAML struct {
	Each     gtc.PointID   `yaml:"each"`
	Point    gtc.PointID   `yaml:"point"`
	Above    *float64      `yaml:"above"`
	Below    *float64      `yaml:"below"`
	DeadBand float64       `yaml:"dead_band"`
	In       []int         `yaml:"in"`
	Any      []gtc.PointID `yaml:"any"`
	Expr     string        `yaml:"expr"`
	Clear    string        `yaml:"clear"`
	Watch    Watch         `yaml:"watch"`

	Stuck     time.Duration `yaml:"stuck"`
	Tolerance float64       `yaml:"tolerance"`
	Missing   time.Duration `yaml:"missing"`
	Rises     float64       `yaml:"rises"`
	Falls     float64       `yaml:"falls"`
	Starts    int           `yaml:"starts"`
	Within    time.Duration `yaml:"within"`
	From      gtc.PointID   `yaml:"from"`
	Beyond    *float64      `yaml:"beyond"`
}

var classID = regexp.MustCompile(`^[a-z][a-z0-9_]{2,39}$`)

// Parse reads alarm classes from a YAML file and checks each against the point
// catalogue. The error is [strict.Mistakes]: every mistake at once, with line
// and column. A class without advice in every language is refused, as is one
// that would delay life safety or look at an intrusion panel's set state.
func Parse(name string, data []byte, cat *catalogue.Catalogue) ([]Class, error) {
	s, mistakes := parseSet(name, data, cat)
	if len(mistakes) > 0 {
		return nil, mistakes
	}
	return s.classes, nil
}

// parseSet is Parse that remembers where each class stands in the file.
func parseSet(name string, data []byte, cat *catalogue.Catalogue) (*set, strict.Mistakes) {
	var f file
	doc, mistakes := strict.Decode(name, data, &f)
	p := &parser{doc: doc, cat: cat, mistakes: mistakes}
	out := &set{classes: make([]Class, 0, len(f.Classes)), from: map[string]source{}}
	for i := range f.Classes {
		y := &f.Classes[i]
		at := fmt.Sprintf("classes[%d]", i)
		if _, twice := out.from[y.ID]; twice {
			p.add(at+".class", "class %s is given twice", y.ID)
		}
		out.from[y.ID] = source{doc: doc, path: at}
		out.classes = append(out.classes, p.class(at, y))
	}
	p.mistakes.Sort()
	return out, p.mistakes
}

type parser struct {
	doc      *strict.Document
	cat      *catalogue.Catalogue
	mistakes strict.Mistakes
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

func (p *parser) class(at string, y *classYAML) Class {
	p.need(classID.MatchString(y.ID), at+".class", "a class has an id such as boiler_lockout")
	p.need(y.OnDelay >= 0, at+".on_delay", "a delay is not negative")
	p.need(y.OffDelay >= 0, at+".off_delay", "a delay is not negative")
	p.need(priorityOK(y.Priority), at+".priority", "class %s: priority is 1 to 4", y.ID)
	p.need(y.PriorityFire == 0 || priorityOK(y.PriorityFire) && y.When.Watch != "", at+".priority_fire",
		"class %s: priority_fire is 1 to 4 and only for what is watched", y.ID)
	p.need(slices.Contains(Disciplines(), y.Discipline), at+".discipline",
		"class %s: discipline is one of %s", y.ID, strings.Join(Disciplines(), ", "))
	if y.LifeSafety {
		p.need(y.Priority == gtc.PriorityCritical, at+".priority", "class %s: life safety is priority 1", y.ID)
		p.need(y.OnDelay == 0, at+".on_delay", "class %s: life safety is never delayed", y.ID)
	} else {
		p.need(y.Priority != gtc.PriorityCritical, at+".priority", "class %s: priority 1 is for life safety", y.ID)
	}
	p.texts(at, y)
	p.behaviour(at, y)
	p.spans(at, y)
	p.scope(at, y)
	return Class{
		ID: y.ID, Kind: y.Kind, When: p.condition(at, y),
		OnDelay: y.OnDelay, OffDelay: y.OffDelay,
		Priority: y.Priority, PriorityFire: y.PriorityFire,
		LifeSafety: y.LifeSafety, Discipline: y.Discipline,
		Latch: y.Latch, TimeToAct: y.TimeToAct, Owner: y.Owner, OfficeHours: y.OfficeHours, SuppressedBy: y.SuppressedBy,
		Scope: y.Scope, Settle: y.Settle.settle(), Rise: Rise(y.Rise),
		Label: y.Label, Cause: y.Cause, Consequence: y.Consequence, Advice: y.Advice,
	}
}

func priorityOK(p gtc.Priority) bool { return p >= gtc.PriorityCritical && p <= gtc.PriorityDrift }

// texts checks that every text is there in every language.
func (p *parser) texts(at string, y *classYAML) {
	for _, lang := range []string{"fr", "nl", "en"} {
		p.need(y.Label[lang] != "", at+".label", "class %s: no label in %s", y.ID, lang)
		p.need(y.Cause[lang] != "", at+".cause", "class %s: no cause in %s", y.ID, lang)
		p.need(y.Consequence[lang] != "", at+".consequence", "class %s: no consequence in %s", y.ID, lang)
		p.need(len(y.Advice[lang]) > 0 && !slices.Contains(y.Advice[lang], ""), at+".advice",
			"class %s: no advice (consigne) in %s: an alarm that nobody can act on is none", y.ID, lang)
	}
}

func (p *parser) condition(at string, y *classYAML) Condition {
	w := y.When
	at += ".when"
	c := Condition{
		Point: w.Point, Each: w.Each, Above: w.Above, Below: w.Below, DeadBand: w.DeadBand, In: w.In,
		Any: w.Any, Expr: w.Expr, Clear: w.Clear, Watch: w.Watch,
		Stuck: w.Stuck, Tolerance: w.Tolerance, Missing: w.Missing, Rises: w.Rises, Falls: w.Falls,
		Starts: w.Starts, Within: w.Within, From: w.From, Beyond: w.Beyond,
	}
	given := 0
	for _, is := range []bool{w.Point != "", w.Each != "", len(w.Any) > 0, w.Expr != "", w.Watch != ""} {
		if is {
			given++
		}
	}
	if given != 1 {
		p.add(at, "class %s: when is one of point, each, any, expr or watch", y.ID)
		return c
	}
	if w.Watch != "" {
		p.need(slices.Contains(watches(), w.Watch), at+".watch", "class %s: watch is one of %s", y.ID, strings.Join(texts(watches()), ", "))
		p.need(y.Kind == "", at, "class %s: what is watched has no kind", y.ID)
		return c
	}
	if !p.cat.HasKind(y.Kind) {
		m := p.doc.At(strings.TrimSuffix(at, ".when")+".kind", "class %s: unknown kind %q", y.ID, y.Kind)
		m.Hint = strict.Near(string(y.Kind), texts(p.cat.Kinds()))
		p.mistakes = append(p.mistakes, m)
		return c
	}
	if w.Point == "" {
		p.need(!c.remembers() && c.Missing == 0 && c.From == "", at, "class %s: stuck, missing, rises, falls, starts and from go with point", y.ID)
	}
	switch {
	case w.Each != "":
		p.onEach(at, y, &c)
	case w.Point != "":
		p.onPoint(at, y, &c)
	case w.Expr != "":
		p.onExpr(at, y, &c)
	default:
		p.onAny(at, y, &c)
	}
	return c
}

func texts[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = string(s)
	}
	return out
}

// onAny checks a condition of which one true point is enough.
func (p *parser) onAny(at string, y *classYAML, c *Condition) {
	p.need(c.Above == nil && c.Below == nil && c.In == nil && c.DeadBand == 0 && c.Clear == "", at,
		"class %s: any takes two-state points and nothing else", y.ID)
	p.need(!y.LifeSafety, at, "class %s: life safety rests on one point: give each a class of its own", y.ID)
	for i, id := range c.Any {
		place := fmt.Sprintf("%s.any[%d]", at, i)
		pt, ok := p.point(place, y, id)
		if !ok {
			continue
		}
		p.need(pt.Type == gtc.TypeBool, place, "class %s: %s is not two-state", y.ID, id)
		p.need(!pt.LifeSafety, place, "class %s: %s concerns life safety: give it a class of its own", y.ID, id)
		if slices.Contains(c.points, id) {
			p.add(place, "class %s: %s is given twice", y.ID, id)
			continue
		}
		c.points = append(c.points, id)
	}
}

// point looks a point up in the catalogue.
func (p *parser) point(at string, y *classYAML, id gtc.PointID) (catalogue.Point, bool) {
	pt, ok := p.cat.Point(y.Kind, id)
	if !ok {
		m := p.doc.At(at, "class %s: %s has no point %q", y.ID, y.Kind, id)
		var known []string
		for _, k := range p.cat.Points(y.Kind) {
			known = append(known, string(k.ID))
		}
		m.Hint = strict.Near(string(id), known)
		p.mistakes = append(p.mistakes, m)
		return pt, false
	}
	if y.Kind == gtc.KindIntrusionPanel && strings.HasSuffix(string(id), "set_state") {
		p.add(at, "class %s: an alarm never looks at whether premises are set", y.ID)
		return pt, false
	}
	return pt, true
}
