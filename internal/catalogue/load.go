package catalogue

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

// file is the shape of points.yaml.
type file struct {
	// Common are the points that every kind has.
	Common []pointEntry `yaml:"every_kind"`
	Kinds  []kindEntry  `yaml:"kinds"`
}

type kindEntry struct {
	Kind   gtc.Kind     `yaml:"kind"`
	FR     string       `yaml:"fr"`
	EN     string       `yaml:"en"`
	NL     string       `yaml:"nl"`
	Class  string       `yaml:"class"` // of every point of the kind
	Points []pointEntry `yaml:"points"`
}

type pointEntry struct {
	ID         gtc.PointID       `yaml:"id"`
	Type       string            `yaml:"type"` // float (the default), bool or enum
	Function   gtc.Function      `yaml:"fn"`   // sensor (the default), cmd or sp
	Class      string            `yaml:"class"`
	Below      *float64          `yaml:"class_c_below"`
	State      map[int]string    `yaml:"class_of_state"`
	Enum       map[int]gtc.Label `yaml:"enum"`
	EnumOf     string            `yaml:"enum_of"` // kind/point whose enumeration it shares
	Alarm      bool              `yaml:"alarm"`
	LifeSafety bool              `yaml:"life_safety"`
	Privacy    gtc.Privacy       `yaml:"privacy"`
	Counter    bool              `yaml:"counter"`
	Haystack   string            `yaml:"haystack"`
	Brick      string            `yaml:"brick"`
	FR         string            `yaml:"fr"`
	EN         string            `yaml:"en"`
	NL         string            `yaml:"nl"`
}

func parse(name string, data []byte) (*Catalogue, strict.Mistakes) {
	var f file
	doc, mistakes := strict.Decode(name, data, &f)
	if len(mistakes) > 0 {
		return nil, mistakes
	}
	l := loader{doc: doc, c: &Catalogue{
		labels:   map[gtc.Kind]gtc.Label{},
		classes:  map[gtc.Kind]string{},
		points:   map[gtc.Kind][]Point{},
		index:    map[gtc.Kind]map[gtc.PointID]Point{},
		patterns: map[gtc.Kind][]Point{},
	}}
	for i, k := range f.Kinds {
		path := "kinds[" + strconv.Itoa(i) + "]"
		if l.c.HasKind(k.Kind) {
			l.add(path+".kind", "kind %s is listed twice", k.Kind)
			continue
		}
		l.kind(path, k)
		for j, p := range f.Common {
			l.point("every_kind["+strconv.Itoa(j)+"]", k, p)
		}
	}
	return l.c, l.mistakes
}

type loader struct {
	doc      *strict.Document
	c        *Catalogue
	mistakes strict.Mistakes
}

func (l *loader) add(path, format string, args ...any) {
	l.mistakes = append(l.mistakes, l.doc.At(path, format, args...))
}

func (l *loader) kind(path string, k kindEntry) {
	l.c.kinds = append(l.c.kinds, k.Kind)
	l.c.labels[k.Kind] = gtc.Label{"fr": k.FR, "en": k.EN, "nl": k.NL}
	l.c.classes[k.Kind] = k.Class
	l.c.index[k.Kind] = map[gtc.PointID]Point{}
	for i, p := range k.Points {
		l.point(path+".points["+strconv.Itoa(i)+"]", k, p)
	}
}

// point adds one entry: as a pattern, or under its id. An id with l1..l3
// stands for the three phases.
func (l *loader) point(path string, k kindEntry, e pointEntry) {
	p, ok := l.build(path, k, e)
	if !ok {
		return
	}
	switch {
	case strings.Contains(string(p.ID), "<nn>"):
		l.c.patterns[k.Kind] = append(l.c.patterns[k.Kind], p)
	case strings.Contains(string(p.ID), "<phase>"):
		for _, phase := range []string{"1", "2", "3"} {
			one := p
			one.ID = gtc.PointID(strings.ReplaceAll(string(p.ID), "<phase>", "l"+phase))
			one.Label = with(p.Label, "<phase>", "L"+phase)
			l.put(path, one)
		}
	default:
		l.put(path, p)
	}
}

func (l *loader) put(path string, p Point) {
	if _, twice := l.c.index[p.Kind][p.ID]; twice {
		l.add(path+".id", "%s has %s twice", p.Kind, p.ID)
		return
	}
	l.c.points[p.Kind] = append(l.c.points[p.Kind], p)
	l.c.index[p.Kind][p.ID] = p
}

func (l *loader) build(path string, k kindEntry, e pointEntry) (Point, bool) {
	p := Point{
		Kind: k.Kind, ID: e.ID, Function: e.Function, Class: e.Class,
		Label: gtc.Label{"fr": e.FR, "en": e.EN, "nl": e.NL},
		Alarm: e.Alarm, LifeSafety: e.LifeSafety, Privacy: e.Privacy, Counter: e.Counter,
		Haystack: e.Haystack, Brick: e.Brick, Enum: e.Enum,
	}
	if p.Function == "" {
		p.Function = gtc.FunctionSensor
	}
	if p.Class == "" {
		p.Class = k.Class
	}
	if p.Brick == "" {
		p.Brick = ownClass(p.ID)
	}
	switch e.Type {
	case "", "float":
		p.Type = gtc.TypeFloat
		p.Unit, _ = UnitOf(p.ID)
	case "bool":
		p.Type = gtc.TypeBool
	case "enum":
		p.Type = gtc.TypeEnum
	default:
		l.add(path+".type", "%s is not float, bool or enum", e.Type)
		return p, false
	}
	if e.EnumOf != "" {
		p.Enum = l.shared(path, e.EnumOf)
	}
	if e.Below != nil {
		p.Harder = append(p.Harder, Harder{Class: ClassC, Below: e.Below})
	}
	for _, state := range slices.Sorted(maps.Keys(e.State)) {
		p.Harder = append(p.Harder, Harder{Class: e.State[state], State: &state})
	}
	return p, true
}

func (l *loader) shared(path, ref string) map[int]gtc.Label {
	kind, id, _ := strings.Cut(ref, "/")
	p, ok := l.c.index[gtc.Kind(kind)][gtc.PointID(id)]
	if !ok || p.Enum == nil {
		l.add(path+".enum_of", "there is no enumeration %s above", ref)
		return nil
	}
	return p.Enum
}

// with returns the label with old replaced in every language.
func with(label gtc.Label, old, text string) gtc.Label {
	out := make(gtc.Label, len(label))
	for lang, s := range label {
		out[lang] = strings.ReplaceAll(s, old, text)
	}
	return out
}
