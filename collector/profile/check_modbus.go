package profile

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

// registersOfOneRead is the limit of the protocol.
const registersOfOneRead = 125

func (c *checker) modbus() {
	p := c.p
	if len(p.Topics) > 0 {
		c.add("topics", "", "topics: a modbus profile has registers, not topics")
	}
	if len(p.Registers) == 0 && p.Contacts == nil {
		c.add("registers", "", "registers is missing: a modbus profile has registers or contacts")
	}
	c.settings()
	for i, d := range p.Identify {
		c.identity(fmt.Sprintf("identify[%d]", i), d)
	}
	for i, r := range p.Registers {
		c.register(fmt.Sprintf("registers[%d]", i), r)
	}
	c.collisions()
	if p.Contacts != nil {
		c.contacts(*p.Contacts)
	}
}

// settings checks the device's limits and that each has a reason.
func (c *checker) settings() {
	m := c.p.Modbus
	if m.WordOrder != "" {
		c.oneOf("modbus.word_order", m.WordOrder, OrderHigh, OrderLow)
	}
	if m.ByteOrder != "" {
		c.oneOf("modbus.byte_order", m.ByteOrder, OrderHigh, OrderLow)
	}
	c.limit("modbus.max_registers", m.MaxRegisters, registersOfOneRead)
	c.limit("modbus.max_bits", m.MaxBits, 2000)
	c.limit("modbus.max_hole", m.MaxHole, registersOfOneRead-1)
	c.period("modbus.pause_after_connect", m.PauseAfterConnect)
	c.period("modbus.pause_between", m.PauseBetween)
	c.period("modbus.timeout", m.Timeout)
	for _, kind := range slices.Sorted(maps.Keys(m.Absent)) {
		if !slices.Contains(registerTypes(), kind) {
			c.add("modbus.absent."+kind, strict.Near(kind, registerTypes()), "modbus.absent: %q is not one of %s", kind, strings.Join(registerTypes(), ", "))
		}
	}
	c.quirks(m)
}

// quirks checks that settings and reasons go together.
func (c *checker) quirks(m Modbus) {
	given := map[string]bool{
		"max_registers": m.MaxRegisters != 0, "max_bits": m.MaxBits != 0, "byte_order": m.ByteOrder == OrderLow,
		"pause_after_connect": m.PauseAfterConnect != 0, "pause_between": m.PauseBetween != 0, "timeout": m.Timeout != 0,
		"alone": slices.ContainsFunc(c.p.Registers, func(r Register) bool { return r.Alone }),
	}
	optional := []string{"max_hole", "word_order", "absent"}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if given[name] && m.Quirks[name] == "" && m.Reason == "" {
			c.add("modbus.reason", "", "modbus.quirks.%s (or modbus.reason) is missing: say why the device needs %s", name, name)
			return
		}
	}
	known := append(slices.Sorted(maps.Keys(given)), optional...)
	for _, name := range slices.Sorted(maps.Keys(m.Quirks)) {
		if !slices.Contains(known, name) {
			c.add("modbus.quirks."+name, strict.Near(name, known), "modbus.quirks: %q is not a setting of modbus", name)
		}
	}
}

func (c *checker) period(path string, d time.Duration) {
	if d < 0 || d > time.Minute {
		c.add(path, "", "%s: %v is not between 0s and 1m", path, d)
	}
}

func (c *checker) limit(path string, value, most int) {
	if value < 0 || value > most {
		c.add(path, "", "%s: %d is not between 0 and %d", path, value, most)
	}
}

func (c *checker) contacts(b ContactBlock) {
	c.oneOf("contacts.table", b.Table, "discrete", "coil")
	c.oneOf("contacts.poll", b.Poll, "alarm", "fast", "normal", "slow")
	if b.Count < 1 || b.Count > 2000 || int(b.Address)+b.Count > 0x10000 {
		c.add("contacts.count", "", "contacts.count: %d inputs from %d on do not exist", b.Count, b.Address)
	}
	c.limit("contacts.first", b.First, 1)
	c.limit("contacts.open_reads", b.OpenReads, 1)
	if b.WireBreak != nil && int(*b.WireBreak)+b.Count > 0x10000 {
		c.add("contacts.wire_break", "", "contacts.wire_break: %d inputs from %d on do not exist", b.Count, *b.WireBreak)
	}
}

func (c *checker) identity(path string, d Identity) {
	if d.What == "" {
		c.add(path+".what", "", "%s.what is missing: model, maker, serial …", path)
	}
	c.oneOf(path+".table", d.Table, "holding", "input")
	c.oneOf(path+".type", d.Type, typeString, "u16", "i16", "u32", "i32", "u64", "i64")
	switch {
	case d.Type == typeString && (d.Length < 1 || d.Length > registersOfOneRead):
		c.add(path+".length", "", "%s.length: %d is not the number of registers of a text, 1 to %d", path, d.Length, registersOfOneRead)
	case d.Type != typeString && d.Length != 0:
		c.add(path+".length", "", "%s.length: is for type %s", path, typeString)
	case int(d.Address)+d.Words() > 0x10000:
		c.add(path+".address", "", "%s.address: %d and type %s end after the last register", path, d.Address, d.Type)
	}
	c.limit(path+".read", d.Read, registersOfOneRead)
	c.orders(path, d.WordOrder, d.ByteOrder)
	for i, want := range d.Expect {
		at := fmt.Sprintf("%s.expect[%d]", path, i)
		switch {
		case want == "" || want == "*":
			c.add(at, "", "%s: %q recognises nothing", at, want)
		case d.Type == typeString && len(strings.TrimSuffix(want, "*")) > 2*d.Length && d.Length > 0:
			c.add(at, "", "%s: %q is longer than %d characters", at, want, 2*d.Length)
		case d.Type != typeString && !isInteger(want):
			c.add(at, "", "%s: %q is not a whole number", at, want)
		}
	}
}

func isInteger(s string) bool {
	if _, err := strconv.ParseInt(s, 0, 64); err == nil {
		return true
	}
	_, err := strconv.ParseUint(s, 0, 64)
	return err == nil
}

func (c *checker) orders(path, word, byteOrder string) {
	if word != "" {
		c.oneOf(path+".word_order", word, OrderHigh, OrderLow)
	}
	if byteOrder != "" {
		c.oneOf(path+".byte_order", byteOrder, OrderHigh, OrderLow)
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
// points may share one register when each reads a bit or a field of it, or
// when they read the same value.
func (c *checker) collisions() {
	points, cells := map[string]int{}, map[string]int{}
	for i, r := range c.p.Registers {
		path := fmt.Sprintf("registers[%d]", i)
		name := r.Slot + "." + string(r.Point)
		if _, twice := points[name]; twice {
			c.add(path, "", "%s: %s is given twice", path, name)
		}
		points[name] = i
		for w := range wordsOf(r.Type) {
			cell := fmt.Sprintf("%s %d", r.Table, int(r.Address)+w)
			j, taken := cells[cell]
			if o := c.p.Registers[j]; taken && (o.Address != r.Address || wordsOf(o.Type) != wordsOf(r.Type)) {
				c.add(path+".address", "", "%s.address: %s overlaps with %s", path, name, o.Point)
				break
			}
			cells[cell] = i
		}
	}
}
