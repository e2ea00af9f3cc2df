// Package catalogue is the point catalogue: for every kind of equipment the
// points it can have, each with one name, one unit and one stored type for
// ever. It is data (points.yaml); device profiles, rules, screens and exports
// look points up here and invent none.
//
// Numbers are floats (counters too), two-state points are booleans, and only
// the listed enumerations are integers. A boolean is true when the named
// thing is so. The end of a name is its unit: _kw, _m3, _pct …; _temp is °C.
package catalogue

import (
	_ "embed" // points.yaml
	"fmt"
	"regexp"
	"strings"

	"github.com/cpas-charleroi/gtc"
)

//go:embed points.yaml
var pointsYAML []byte

// Class says what it takes to write a point. Points that nobody writes
// through this program have no class.
const (
	ClassA = "A" // confirm
	ClassB = "B" // confirm, reason and expiry
	ClassC = "C" // a second person, reason and an expiry of at most 4 h
	ClassX = "X" // never written, by construction
)

// Point is what is known about one point of one kind of equipment.
type Point struct {
	Kind gtc.Kind
	ID   gtc.PointID
	// Unit is the unit as shown, "" for a count, a ratio or a state.
	Unit     string
	Type     gtc.ValueType
	Function gtc.Function
	// Class is A, B, C, X or "".
	Class string
	// Harder are the values for which writing takes another class.
	Harder []Harder
	// Enum names the integers of an enumeration, nil for other types.
	Enum  map[int]gtc.Label
	Label gtc.Label
	// Alarm tells that the point being true is abnormal.
	Alarm bool
	// LifeSafety tells that its alarm is never shelved, grouped, delayed or
	// suppressed.
	LifeSafety bool
	Privacy    gtc.Privacy
	// Haystack holds Project Haystack 4 tags, "" when it has no word.
	Haystack string
	// Brick is a Brick 1.4 class, or one of our own namespace (cpas:…).
	Brick string
	// Counter tells that the point is a cumulative index.
	Counter bool
}

// Harder is a range or state of a point whose writing takes another class.
type Harder struct {
	Class string
	// Below is the number under which the class holds, nil for an
	// enumeration.
	Below *float64
	// State is the integer of the enumeration it holds for, nil for a number.
	State *int
}

// ClassOf returns the command class of writing v to the point.
func (p Point) ClassOf(v gtc.Value) string {
	for _, h := range p.Harder {
		if h.Below != nil && v.Type == gtc.TypeFloat && v.Num < *h.Below {
			return h.Class
		}
		if h.State != nil && v.Type == gtc.TypeEnum && int(v.Num) == *h.State {
			return h.Class
		}
	}
	return p.Class
}

// Catalogue is the loaded point catalogue. It is not changed after Load and
// may be used by any number of goroutines.
type Catalogue struct {
	kinds    []gtc.Kind
	labels   map[gtc.Kind]gtc.Label
	classes  map[gtc.Kind]string
	points   map[gtc.Kind][]Point
	index    map[gtc.Kind]map[gtc.PointID]Point
	patterns map[gtc.Kind][]Point
}

// Kinds returns every kind in the order of the catalogue.
func (c *Catalogue) Kinds() []gtc.Kind { return append([]gtc.Kind(nil), c.kinds...) }

// KindLabel returns the name of a kind, nil for an unknown one.
func (c *Catalogue) KindLabel(k gtc.Kind) gtc.Label { return c.labels[k] }

// KindClass returns the command class that all points of a kind have: X for
// the kinds that are never written, else "".
func (c *Catalogue) KindClass(k gtc.Kind) string { return c.classes[k] }

// HasKind reports whether the catalogue knows the kind.
func (c *Catalogue) HasKind(k gtc.Kind) bool { return c.index[k] != nil }

// Points returns the points of a kind, its own first, then those that every
// kind has. Numbered points (zone_<nn>_alarm) are in Patterns instead.
func (c *Catalogue) Points(k gtc.Kind) []Point { return append([]Point(nil), c.points[k]...) }

// Patterns returns the numbered points of a kind; their IDs contain <nn>.
func (c *Catalogue) Patterns(k gtc.Kind) []Point { return append([]Point(nil), c.patterns[k]...) }

// numbered matches the number in an id such as zone_03_alarm.
var numbered = regexp.MustCompile(`_([0-9]{2,4})(_|$)`)

// wellFormed matches the id of a point.
var wellFormed = regexp.MustCompile(`^[a-z0-9][a-z0-9_]{1,39}$`)

// WellFormed reports whether id can be the name of a point.
func WellFormed(id gtc.PointID) bool { return wellFormed.MatchString(string(id)) }

// Point returns what is known about a point of a kind. It knows numbered
// points by their pattern, and points that one site alone has: an x_ point
// whose name ends in a unit is a float, any other x_ point a boolean.
func (c *Catalogue) Point(k gtc.Kind, id gtc.PointID) (Point, bool) {
	if p, ok := c.index[k][id]; ok {
		return p, true
	}
	if c.index[k] == nil || !WellFormed(id) {
		return Point{}, false
	}
	if strings.HasPrefix(string(id), "x_") {
		return siteOnly(k, id), true
	}
	m := numbered.FindStringSubmatchIndex(string(id))
	if m == nil {
		return Point{}, false
	}
	number := string(id[m[2]:m[3]])
	pattern := string(id[:m[2]]) + "<nn>" + string(id[m[3]:])
	for _, p := range c.patterns[k] {
		if string(p.ID) != pattern {
			continue
		}
		p.ID = id
		p.Label = with(p.Label, "<nn>", trimZeros(number))
		return p, true
	}
	return Point{}, false
}

func siteOnly(k gtc.Kind, id gtc.PointID) Point {
	text := strings.ReplaceAll(strings.TrimPrefix(string(id), "x_"), "_", " ")
	p := Point{
		Kind: k, ID: id, Type: gtc.TypeBool, Function: gtc.FunctionSensor,
		Label: gtc.Label{"fr": text, "en": text, "nl": text}, Brick: ownClass(id),
	}
	if unit, ok := UnitOf(id); ok {
		p.Unit, p.Type = unit, gtc.TypeFloat
	}
	return p
}

// UnitOf returns the unit that the end of a point's name stands for.
func UnitOf(id gtc.PointID) (string, bool) {
	s := string(id)
	for _, end := range []string{"_sp", "_cmd", "_comfort", "_setback", "_min", "_max"} {
		s = strings.TrimSuffix(s, end)
	}
	for _, u := range suffixes() {
		if strings.HasSuffix(s, u.suffix) {
			return u.unit, true
		}
	}
	return "", false
}

type suffix struct{ suffix, unit string }

// suffixes lists the ends of names and their units, the longer end first
// where one ends in the other.
func suffixes() []suffix {
	return []suffix{
		{"_kvarh", "kvarh"},
		{"_kvar", "kvar"},
		{"_kva", "kVA"},
		{"_kwh", "kWh"},
		{"_kw", "kW"},
		{"_m3h", "m³/h"},
		{"_m3", "m³"},
		{"_w_m2", "W/m²"},
		{"_mbar", "mbar"},
		{"_bar", "bar"},
		{"_hpa", "hPa"},
		{"_pa", "Pa"},
		{"_pct", "%"},
		{"_ppm", "ppm"},
		{"_lux", "lx"},
		{"_hz", "Hz"},
		{"_temp", "°C"},
		{"_k", "K"},
		{"_h", "h"},
		{"_v", "V"},
		{"_a", "A"},
		{"_ms", "m/s"},
		{"_mm", "mm"},
		{"_deg", "°"},
		{"_l", "L"},
		{"_count", ""},
		{"_code", ""},
		{"_factor", ""},
		{"_slope", ""},
	}
}

// ownClass returns the class of our own namespace for a point that Brick has
// no word for.
func ownClass(id gtc.PointID) string {
	words := strings.Split(strings.ReplaceAll(string(id), "<nn>_", ""), "_")
	for i, w := range words {
		if w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return "cpas:" + strings.Join(words, "_")
}

// Load reads the catalogue that is built into the program.
func Load() (*Catalogue, error) {
	c, mistakes := parse("points.yaml", pointsYAML)
	if len(mistakes) > 0 {
		return nil, fmt.Errorf("read the point catalogue: %w", mistakes)
	}
	return c, nil
}

// trimZeros returns a number as people write it: 03 is 3.
func trimZeros(number string) string {
	if s := strings.TrimLeft(number, "0"); s != "" {
		return s
	}
	return "0"
}
