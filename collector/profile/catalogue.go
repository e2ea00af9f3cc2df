package profile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

// Points returns the points that the profile gives for a slot. Numbered
// points of an MQTT profile are left out: the messages name them.
func (p *Profile) Points(slot string) []gtc.PointID {
	var ids []gtc.PointID
	for _, r := range p.Registers {
		if r.Slot == slot {
			ids = append(ids, r.Point)
		}
	}
	for _, t := range p.Topics {
		for _, f := range t.Fields {
			if f.Slot == slot && !strings.Contains(string(f.Point), "{") && !slices.Contains(ids, f.Point) {
				ids = append(ids, f.Point)
			}
		}
	}
	return ids
}

// Mistake returns a mistake at a path of the profile's file.
func (p *Profile) Mistake(path, what string) strict.Mistake {
	if p.doc == nil {
		return strict.Mistake{File: p.ID, What: what}
	}
	return p.doc.At(path, "%s", what)
}

// Check compares the profile with the point catalogue: a profile may neither
// invent a point nor give it another type or other states.
func (p *Profile) Check(cat *catalogue.Catalogue) strict.Mistakes {
	if p.doc == nil {
		p.doc = &strict.Document{}
	}
	c := &checker{p: p}
	kinds := make([]string, 0, len(cat.Kinds()))
	for _, k := range cat.Kinds() {
		kinds = append(kinds, string(k))
	}
	for _, slot := range slices.Sorted(maps.Keys(p.Slots)) {
		if kind := string(p.Slots[slot]); !cat.HasKind(p.Slots[slot]) {
			c.add("slots."+slot, strict.Near(kind, kinds), "slots.%s: there is no kind %q", slot, kind)
		}
	}
	for i, r := range p.Registers {
		path := fmt.Sprintf("registers[%d]", i)
		if point, ok := c.known(cat, path, r.Slot, r.Point); ok {
			c.registerType(path, r, point)
			c.hurried(path, r, point)
			c.writable(path+".write", r, point)
		}
	}
	for i, t := range p.Topics {
		c.topicPoints(cat, fmt.Sprintf("topics[%d]", i), t)
	}
	return c.mistakes
}

func (c *checker) known(cat *catalogue.Catalogue, path, slot string, id gtc.PointID) (catalogue.Point, bool) {
	kind, ok := c.p.Slots[slot]
	if !ok || !cat.HasKind(kind) || id == "" { // reported already
		return catalogue.Point{}, false
	}
	point, ok := cat.Point(kind, id)
	if ok {
		return point, true
	}
	var ids []string
	for _, p := range cat.Points(kind) {
		ids = append(ids, string(p.ID))
	}
	c.add(path+".point", strict.Near(string(id), ids), "%s.point: kind %s has no point %q", path, kind, id)
	return point, false
}

// hurried checks that a point on which life hangs is read each second.
func (c *checker) hurried(path string, r Register, point catalogue.Point) {
	if !point.LifeSafety || PollPeriod(r.Poll) <= PollAlarm {
		return
	}
	at := path
	if r.Poll != "" {
		at += ".poll"
	}
	c.add(at, "alarm", "%s.poll: %s is life safety and read every %s: poll: alarm is for it", path, point.ID, PollPeriod(r.Poll))
}

func (c *checker) registerType(path string, r Register, point catalogue.Point) {
	isBit := r.Type == "bit" || r.Bit != nil
	switch point.Type {
	case gtc.TypeFloat:
		if isBit || r.Enum != nil {
			c.add(path+".point", "", "%s.point: %s is a number, not a bit or a state", path, point.ID)
		}
	case gtc.TypeEnum:
		if isBit || r.Enum == nil {
			c.add(path+".point", "", "%s.point: %s is an enumeration: enum is missing", path, point.ID)
		}
	case gtc.TypeBool:
		if isFloatType(r.Type) {
			c.add(path+".type", "", "%s.type: %s has two states: %s cannot hold it", path, point.ID, r.Type)
		}
	case gtc.TypeNone:
	}
	if r.Deadband != 0 && (point.Type != gtc.TypeFloat || point.Counter) {
		c.add(path+".deadband", "", "%s.deadband: %s is kept as read: a deadband is for a number that is no index", path, point.ID)
	}
	if point.Type != gtc.TypeFloat && (r.Scale != 0 || r.Offset != 0 || r.Min != nil || r.Max != nil) {
		c.add(path, "", "%s: scale, offset, min and max are for numbers, %s is none", path, point.ID)
	}
	c.states(path, point, maps.Values(r.Enum), r.Enum != nil)
}

// states checks that an enum leads to states that the point has.
func (c *checker) states(path string, point catalogue.Point, states func(func(int) bool), given bool) {
	if given && point.Type == gtc.TypeFloat {
		c.add(path+".enum", "", "%s.enum: %s is a number", path, point.ID)
		return
	}
	for state := range states {
		_, ok := point.Enum[state]
		if point.Type == gtc.TypeBool {
			ok = state == 0 || state == 1
		}
		if !ok {
			c.add(path+".enum", "", "%s.enum: %s has no state %d", path, point.ID, state)
		}
	}
}
