package profile

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

// modbusPart writes what a page says about a Modbus device.
func modbusPart(b *bytes.Buffer, p *Profile, cat *catalogue.Catalogue) {
	settings(b, p)
	if c := p.Contacts; c != nil {
		fmt.Fprintf(b, "\nInputs %d to %d are %s addresses %d to %d (function %d), polled in class `%s`. The site file names the point of each and its normal state.\n",
			c.First, c.First+c.Count-1, c.Table, c.Address, int(c.Address)+c.Count-1, functionOf(c.Table), c.Poll)
		if c.WireBreak != nil {
			fmt.Fprintf(b, "A broken wire is told at addresses %d to %d: the input then has a fault and no state.\n", *c.WireBreak, int(*c.WireBreak)+c.Count-1)
		}
		if c.Debounce != "" {
			fmt.Fprintf(b, "Bouncing: %s.\n", c.Debounce)
		}
	}
	identityTable(b, p)
	registerTable(b, p, cat)
}

func settings(b *bytes.Buffer, p *Profile) {
	m := p.Modbus
	reason := func(name string) string {
		if r := m.Quirks[name]; r != "" {
			return ": " + r
		}
		if m.Reason != "" {
			return ": " + m.Reason
		}
		return ""
	}
	line := func(given bool, name, format string, args ...any) {
		if given {
			fmt.Fprintf(b, "- "+format+"%s\n", append(args, reason(name))...)
		}
	}
	line(m.WordOrder == OrderLow, "word_order", "Word order: low word first")
	line(m.ByteOrder == OrderLow, "byte_order", "Byte order: low byte first")
	line(m.MaxRegisters > 0, "max_registers", "At most %d registers a read", m.MaxRegisters)
	line(m.MaxBits > 0, "max_bits", "At most %d bits a read", m.MaxBits)
	line(m.MaxHole > 0, "max_hole", "A read may span %d registers that are not asked for", m.MaxHole)
	line(m.PauseAfterConnect > 0, "pause_after_connect", "%v of pause after connecting", m.PauseAfterConnect)
	line(m.PauseBetween > 0, "pause_between", "%v of pause between requests", m.PauseBetween)
	line(m.Timeout > 0, "timeout", "Answers may take %v", m.Timeout)
	line(slices.ContainsFunc(p.Registers, func(r Register) bool { return r.Alone }), "alone", "Some registers are read alone")
	for _, kind := range slices.Sorted(maps.Keys(m.Absent)) {
		fmt.Fprintf(b, "- Not available in %s: %s\n", kind, numbers(m.Absent[kind]))
	}
}

func numbers(list []int64) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = fmt.Sprint(n)
	}
	return strings.Join(texts, ", ")
}

func functionOf(table string) int {
	return map[string]int{"coil": 1, "discrete": 2, "holding": 3, "input": 4}[table]
}

func identityTable(b *bytes.Buffer, p *Profile) {
	if len(p.Identify) == 0 {
		return
	}
	b.WriteString("\n## Identification\n\n| what | table | address | type | expected | note |\n|---|---|---|---|---|---|\n")
	for _, d := range p.Identify {
		kind := d.Type
		if d.Type == typeString {
			kind = fmt.Sprintf("text of %d registers", d.Length)
		}
		if d.OneCharacter {
			kind += ", one character each"
		}
		if d.Read > 0 {
			kind += fmt.Sprintf(", read with %d registers", d.Read)
		}
		fmt.Fprintf(b, "| %s | %s | %d | %s | %s | %s |\n", d.What, d.Table, d.Address, kind, strings.Join(d.Expect, ", "), d.Note)
	}
}

func registerTable(b *bytes.Buffer, p *Profile, cat *catalogue.Catalogue) {
	if len(p.Registers) == 0 {
		return
	}
	b.WriteString("\n## Registers\n\nAddresses are protocol addresses, from 0.\n\n" +
		"| slot | point | what | unit | table (function) | address | type | scale | range | poll | written | note |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range p.Registers {
		point, _ := cat.Point(p.Slots[r.Slot], r.Point)
		fmt.Fprintf(b, "| %s | `%s` | %s | %s | %s (%d) | %d | %s | %s | %s | %s | %s | %s |\n", r.Slot, r.Point, point.Label.In("en"), point.Unit,
			r.Table, functionOf(r.Table), r.Address, typeText(r), factorText(r), rangeText(r.Min, r.Max), r.Poll, writeText(r, point), noteText(r.Note, stateText(r.Enum)))
	}
}

func typeText(r Register) string {
	s := r.Type
	switch {
	case r.Bit != nil:
		s += fmt.Sprintf(" bit %d", *r.Bit)
	case r.Mask != 0:
		s += fmt.Sprintf(" mask %#x", r.Mask)
	}
	if r.Invert {
		s += ", inverted"
	}
	if r.Alone {
		s += ", alone"
	}
	return s
}

func factorText(r Register) string {
	s := scaleText(r.Scale, r.Offset)
	if f := r.ScaleFrom; f != nil {
		s += fmt.Sprintf(" × 10^(register %d)", f.Address)
	}
	if u := r.UnitFrom; u != nil {
		s += fmt.Sprintf(" × unit of register %d", u.Address)
	}
	return strings.TrimSpace(s)
}

func writeText(r Register, point catalogue.Point) string {
	if r.Write == nil {
		return ""
	}
	s := "class " + point.Class
	if text := rangeText(r.Write.Min, r.Write.Max); text != "" {
		s += ": " + text
	}
	if r.Write.Step != nil {
		s += fmt.Sprintf(" in steps of %v", *r.Write.Step)
	}
	return s
}
