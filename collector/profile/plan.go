package profile

import (
	"encoding/json"
	"strings"
	"time"
)

// plan is what is worked out once of a topic: which paths are looked for and
// how values are converted.
type plan struct {
	fields []fieldPlan
	// paths are the distinct paths, in the order of their slots; the one of the
	// message's own time and of the availability are among them, -1 when none.
	paths        []string
	time         int
	availability int
	// tree leads through a JSON message; it is nil when a path takes an object
	// by what it says, for which the whole message has to be there first.
	tree *wanted
	loc  *time.Location
}

// fieldPlan is how one field is read: from one path, or from two joined by
// sign.
type fieldPlan struct {
	first, second int
	sign          float64
	scale, offset float64
}

// compiled returns the topic's plan, made when the profile was read.
func (t *Topic) compiled() *plan {
	if t.plan != nil {
		return t.plan
	}
	return newPlan(t)
}

func newPlan(t *Topic) *plan {
	p := &plan{time: -1, availability: -1, loc: time.UTC}
	if t.TimeZone != "" {
		if loc, err := time.LoadLocation(t.TimeZone); err == nil { // else reported by check
			p.loc = loc
		}
	}
	for i := range t.Fields {
		p.fields = append(p.fields, p.field(&t.Fields[i]))
	}
	if t.Time != "" {
		p.time = p.slot(t.Time)
	}
	if t.Availability != nil && t.Availability.Path != "" {
		p.availability = p.slot(t.Availability.Path)
	}
	if t.Format == FormatJSON {
		p.tree = &wanted{}
		for slot, path := range p.paths {
			if strings.Contains(path, "=") {
				p.tree = nil
				break
			}
			p.tree.add(path, slot)
		}
	}
	return p
}

func (p *plan) field(f *Field) fieldPlan {
	fp := fieldPlan{second: -1, scale: f.Scale, offset: f.Offset}
	if fp.scale == 0 {
		fp.scale = 1
	}
	if c, ok := units()[f.Unit]; ok {
		fp.scale *= c.scale
		fp.offset = fp.offset*c.scale + c.offset
	}
	first, second := f.Path, ""
	if x, y, ok := strings.Cut(f.Path, " - "); ok {
		first, second, fp.sign = x, y, -1
	} else if x, y, ok := strings.Cut(f.Path, " + "); ok {
		first, second, fp.sign = x, y, 1
	}
	fp.first = p.slot(strings.TrimSpace(first))
	if fp.sign != 0 {
		fp.second = p.slot(strings.TrimSpace(second))
	}
	return fp
}

// slot returns the slot of a path.
func (p *plan) slot(path string) int {
	for i, known := range p.paths {
		if known == path {
			return i
		}
	}
	p.paths = append(p.paths, path)
	return len(p.paths) - 1
}

// unescape returns what the inside of a JSON string says; its escapes were
// checked. What is not UTF-8 is replaced.
func unescape(raw string) string {
	var text string
	if err := json.Unmarshal([]byte(`"`+raw+`"`), &text); err != nil {
		return raw
	}
	return text
}
