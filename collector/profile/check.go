package profile

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

// idPattern is the form of a profile's id.
var idPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,39}$`)

// slotPattern is the form of a slot's name.
var slotPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_]{0,39}$`)

// checker collects what is wrong with the meaning of a profile.
type checker struct {
	p        *Profile
	mistakes strict.Mistakes
}

func (c *checker) add(path, hint, format string, args ...any) {
	if c.p.doc.Misspelt(path) {
		return
	}
	m := c.p.doc.At(path, format, args...)
	m.Hint = hint
	c.mistakes = append(c.mistakes, m)
}

// oneOf adds a mistake when value is not one of the allowed words.
func (c *checker) oneOf(path, value string, allowed ...string) {
	if slices.Contains(allowed, value) {
		return
	}
	if value == "" {
		c.add(path, "", "%s is missing: one of %s", path, strings.Join(allowed, ", "))
		return
	}
	c.add(path, strict.Near(value, allowed), "%s: %q is not one of %s", path, value, strings.Join(allowed, ", "))
}

func (c *checker) profile() {
	p := c.p
	if !idPattern.MatchString(p.ID) {
		c.add("profile", "", "profile: %q is not an id: 2 to 40 of a-z, 0-9 and -", p.ID)
	}
	for _, required := range []struct{ path, value string }{{"maker", p.Maker}, {"model", p.Model}, {"source", p.Source}} {
		if required.value == "" {
			c.add(required.path, "", "%s is missing", required.path)
		}
	}
	for _, slot := range slices.Sorted(maps.Keys(p.Slots)) {
		if !slotPattern.MatchString(slot) {
			c.add("slots."+slot, "", "slots: %q is not a name: a-z, 0-9 and _", slot)
		}
	}
	if len(p.Slots) == 0 && p.Contacts == nil {
		c.add("slots", "", "slots is missing: the equipment that the device serves")
	}
	c.oneOf("protocol", p.Protocol, "modbus", "mqtt")
	switch p.Protocol {
	case "modbus":
		c.modbus()
	case "mqtt":
		c.mqtt()
	}
}

func (c *checker) modbus() {
	p := c.p
	if len(p.Topics) > 0 {
		c.add("topics", "", "topics: a modbus profile has registers, not topics")
	}
	if len(p.Registers) == 0 && p.Contacts == nil {
		c.add("registers", "", "registers is missing: a modbus profile has registers or contacts")
	}
	if p.Modbus.WordOrder != "" {
		c.oneOf("modbus.word_order", p.Modbus.WordOrder, OrderHigh, OrderLow)
	}
	c.limit("modbus.max_registers", p.Modbus.MaxRegisters, 125)
	c.limit("modbus.max_bits", p.Modbus.MaxBits, 2000)
	c.limit("modbus.max_hole", p.Modbus.MaxHole, 124)
	if (p.Modbus.MaxRegisters != 0 || p.Modbus.PauseAfterConnect != 0) && p.Modbus.Reason == "" {
		c.add("modbus.reason", "", "modbus.reason is missing: say why the device needs its limits")
	}
	for i, r := range p.Registers {
		c.register(fmt.Sprintf("registers[%d]", i), r)
	}
	c.collisions()
	if b := p.Contacts; b != nil {
		c.oneOf("contacts.table", b.Table, "discrete", "coil")
		c.oneOf("contacts.poll", b.Poll, "alarm", "fast", "normal", "slow")
		if b.Count < 1 || b.Count > 2000 || int(b.Address)+b.Count > 0x10000 {
			c.add("contacts.count", "", "contacts.count: %d inputs from %d on do not exist", b.Count, b.Address)
		}
	}
}

func (c *checker) limit(path string, value, most int) {
	if value < 0 || value > most {
		c.add(path, "", "%s: %d is not between 0 and %d", path, value, most)
	}
}

func (c *checker) register(path string, r Register) {
	c.slot(path, r.Slot, r.Point)
	c.oneOf(path+".table", r.Table, "holding", "input", "coil", "discrete")
	if r.Poll != "" {
		c.oneOf(path+".poll", r.Poll, "alarm", "fast", "normal", "slow")
	}
	switch r.Table {
	case "coil", "discrete":
		c.oneOf(path+".type", r.Type, "bit")
	case "holding", "input":
		c.oneOf(path+".type", r.Type, "u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64")
	}
	if int(r.Address)+r.Words() > 0x10000 {
		c.add(path+".address", "", "%s.address: %d and type %s end after the last register", path, r.Address, r.Type)
	}
	if r.Bit != nil && int(*r.Bit) >= 16*r.Words() {
		c.add(path+".bit", "", "%s.bit: type %s has no bit %d", path, r.Type, *r.Bit)
	}
	if r.Bit != nil && (isFloatType(r.Type) || r.Enum != nil || r.Type == "bit") {
		c.add(path+".bit", "", "%s.bit: is for an integer register without enum", path)
	}
	if r.Enum != nil && isFloatType(r.Type) {
		c.add(path+".enum", "", "%s.enum: type %s is not an enumeration", path, r.Type)
	}
	c.bounds(path, r.Min, r.Max)
}

func (c *checker) bounds(path string, low, high *float64) {
	if low != nil && high != nil && *low > *high {
		c.add(path+".min", "", "%s.min: %v is above max %v", path, *low, *high)
	}
}

func (c *checker) slot(path, slot string, point gtc.PointID) {
	if point == "" {
		c.add(path+".point", "", "%s.point is missing", path)
	}
	if _, ok := c.p.Slots[slot]; ok {
		return
	}
	if slot == "" {
		c.add(path+".slot", "", "%s.slot is missing", path)
		return
	}
	known := slices.Sorted(maps.Keys(c.p.Slots))
	c.add(path+".slot", strict.Near(slot, known), "%s.slot: there is no slot %q", path, slot)
}

// collisions finds points given twice and registers that overlap. Several
// points may share one register when each reads a bit of it, or when they
// read the same value.
func (c *checker) collisions() {
	points, cells := map[string]int{}, map[string]int{}
	for i, r := range c.p.Registers {
		path := fmt.Sprintf("registers[%d]", i)
		name := r.Slot + "." + string(r.Point)
		if _, twice := points[name]; twice {
			c.add(path, "", "%s: %s is given twice", path, name)
		}
		points[name] = i
		for w := range r.Words() {
			cell := fmt.Sprintf("%s %d", r.Table, int(r.Address)+w)
			j, taken := cells[cell]
			if o := c.p.Registers[j]; taken && (o.Address != r.Address || o.Type != r.Type) {
				c.add(path+".address", "", "%s.address: %s overlaps with %s", path, name, o.Point)
				break
			}
			cells[cell] = i
		}
	}
}

func (c *checker) mqtt() {
	p := c.p
	if len(p.Registers) > 0 || p.Contacts != nil {
		c.add("registers", "", "registers, contacts: an mqtt profile has topics only")
	}
	if len(p.Topics) == 0 {
		c.add("topics", "", "topics is missing: an mqtt profile has topics")
	}
	points := map[string]bool{}
	for i, t := range p.Topics {
		path := fmt.Sprintf("topics[%d]", i)
		c.topic(path, t)
		for j, f := range t.Fields {
			at := fmt.Sprintf("%s.fields[%d]", path, j)
			c.field(at, t, f)
			name := f.Slot + "." + string(f.Point)
			if points[name] {
				c.add(at, "", "%s: %s is given twice", at, name)
			}
			points[name] = true
		}
	}
}

func (c *checker) topic(path string, t Topic) {
	if t.Topic == "" || strings.Contains(t.Topic, "#") {
		c.add(path+".topic", "", "%s.topic: a topic such as {topic}/status; + captures a level, # is not allowed", path)
	}
	c.oneOf(path+".format", t.Format, "text", "json", "p1")
	if t.Time != "" {
		c.oneOf(path+".time_format", t.TimeFormat, "unix", "unix_ms", "rfc3339")
		if t.Format != "json" {
			c.add(path+".time", "", "%s.time: only a json message has a path to its time", path)
		}
	}
	if t.Number != nil && !strings.Contains("/"+t.Topic+"/", "/+/") {
		c.add(path+".number", "", "%s.number: the topic has no + to take a number from", path)
	}
	if len(t.Fields) == 0 {
		c.add(path+".fields", "", "%s.fields is missing", path)
	}
}

func (c *checker) field(path string, t Topic, f Field) {
	c.slot(path, f.Slot, f.Point)
	if (t.Format == "text") != (f.Path == "") {
		c.add(path+".path", "", "%s.path: needed for json and p1, not for text", path)
	}
	c.bounds(path, f.Min, f.Max)
}
