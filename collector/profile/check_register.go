package profile

import (
	"math/bits"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

func registerTypes() []string {
	return []string{"u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "bcd16", "bcd32", "bcd64"}
}

func (c *checker) register(path string, r Register) {
	c.slot(path, r.Slot, r.Point)
	c.oneOf(path+".table", r.Table, "holding", "input", "coil", "discrete")
	if r.Poll != "" {
		c.oneOf(path+".poll", r.Poll, "alarm", "fast", "normal", "slow")
	}
	bit := r.Table == "coil" || r.Table == "discrete"
	switch {
	case bit:
		c.oneOf(path+".type", r.Type, "bit")
	case r.Table == "holding" || r.Table == "input":
		c.oneOf(path+".type", r.Type, registerTypes()...)
	}
	if int(r.Address)+wordsOf(r.Type) > 0x10000 {
		c.add(path+".address", "", "%s.address: %d and type %s end after the last register", path, r.Address, r.Type)
	}
	c.orders(path, r.WordOrder, r.ByteOrder)
	c.fields(path, r)
	c.factors(path, r, bit)
	c.bounds(path, r.Min, r.Max)
	if r.Deadband < 0 {
		c.add(path+".deadband", "", "%s.deadband: %v is negative", path, r.Deadband)
	}
	if r.Heartbeat != 0 && (r.Deadband == 0 || r.Heartbeat < 10*time.Second || r.Heartbeat > 24*time.Hour) {
		c.add(path+".heartbeat", "", "%s.heartbeat: %v: 10s to 24h, with a deadband", path, r.Heartbeat)
	}
	if r.Write != nil {
		c.write(path+".write", r)
	}
}

// fields checks what takes a part of a register.
func (c *checker) fields(path string, r Register) {
	whole := isFloatType(r.Type) || r.Type == "bit" || isBCD(r.Type)
	if r.Bit != nil && int(*r.Bit) >= 16*wordsOf(r.Type) {
		c.add(path+".bit", "", "%s.bit: type %s has no bit %d", path, r.Type, *r.Bit)
	}
	if r.Bit != nil && (whole || r.Enum != nil || r.Mask != 0) {
		c.add(path+".bit", "", "%s.bit: is for an integer register without enum and mask", path)
	}
	if r.Enum != nil && isFloatType(r.Type) {
		c.add(path+".enum", "", "%s.enum: type %s is not an enumeration", path, r.Type)
	}
	switch {
	case r.Mask == 0:
	case whole:
		c.add(path+".mask", "", "%s.mask: type %s has no fields", path, r.Type)
	case bits.Len64(r.Mask) > 16*wordsOf(r.Type):
		c.add(path+".mask", "", "%s.mask: %#x has bits that type %s has not", path, r.Mask, r.Type)
	case !contiguous(r.Mask):
		c.add(path+".mask", "", "%s.mask: the bits of %#x are not side by side", path, r.Mask)
	}
}

func contiguous(mask uint64) bool {
	mask >>= bits.TrailingZeros64(mask)
	return mask&(mask+1) == 0
}

// factors checks the registers that a value depends on: they are read with
// it, so that a value never meets the scale of another moment.
func (c *checker) factors(path string, r Register, bit bool) {
	if s := r.ScaleFrom; s != nil {
		if s.Type != "" {
			c.oneOf(path+".scale_from.type", s.Type, "i16", "u16")
		}
		if s.Typical < -10 || s.Typical > 10 {
			c.add(path+".scale_from.typical", "", "%s.scale_from.typical: %d is not between -10 and 10", path, s.Typical)
		}
	}
	if u := r.UnitFrom; u != nil {
		if u.Type != "" {
			c.oneOf(path+".unit_from.type", u.Type, "u16", "i16")
		}
		if len(u.Units) == 0 {
			c.add(path+".unit_from.units", "", "%s.unit_from.units is missing: the factor of each unit code", path)
		}
		for code, f := range u.Units {
			if f == 0 || code < -0x8000 || code > 0xffff {
				c.add(path+".unit_from.units", "", "%s.unit_from.units: code %d with factor %v cannot be", path, code, f)
			}
		}
		if u.Mask > 0xffff || !contiguous(u.Mask) {
			c.add(path+".unit_from.mask", "", "%s.unit_from.mask: %#x is not a field of a register", path, u.Mask)
		}
	}
	if r.ScaleFrom == nil && r.UnitFrom == nil {
		return
	}
	most := registersOfOneRead
	if m := c.p.Modbus.MaxRegisters; m > 0 {
		most = min(most, m)
	}
	switch {
	case bit:
		c.add(path, "", "%s: a bit has neither scale nor unit", path)
	case r.Words() > most:
		c.add(path, "", "%s: the value and its scale are %d registers apart: one read takes %d", path, r.Words(), most)
	}
}

// write checks the limits of a writable register.
func (c *checker) write(path string, r Register) {
	w := r.Write
	allowed := map[string][]int{"coil": {0, 5, 15}, "holding": {0, 6, 16}}[r.Table]
	switch {
	case allowed == nil:
		c.add(path, "", "%s: table %s cannot be written", path, r.Table)
	case !slices.Contains(allowed, w.Function):
		c.add(path+".function", "", "%s.function: %d does not write table %s", path, w.Function, r.Table)
	case w.Function == 6 && wordsOf(r.Type) != 1:
		c.add(path+".function", "", "%s.function: 6 writes one register, %s has more", path, r.Type)
	}
	if r.Bit != nil || r.Mask != 0 {
		c.add(path, "", "%s: a part of a register cannot be written without the rest", path)
	}
	if r.ScaleFrom != nil || r.UnitFrom != nil {
		c.add(path, "", "%s: a value whose scale is in another register cannot be written", path)
	}
	c.bounds(path, w.Min, w.Max)
	if w.Step != nil && *w.Step <= 0 {
		c.add(path+".step", "", "%s.step: %v is not above 0", path, *w.Step)
	}
}

func (c *checker) bounds(path string, low, high *float64) {
	if low != nil && high != nil && *low > *high {
		c.add(path+".min", "", "%s.min: %v is above max %v", path, *low, *high)
	}
}

// writable checks a writable register against the catalogue.
func (c *checker) writable(path string, r Register, point catalogue.Point) {
	if r.Write == nil {
		return
	}
	w := *r.Write
	if point.Class == "" || point.Class == catalogue.ClassX || point.Function != gtc.FunctionCommand && point.Function != gtc.FunctionSetpoint {
		c.add(path, "", "%s: %s is not written: the catalogue gives it no command class", path, point.ID)
		return
	}
	if point.Type == gtc.TypeFloat && (w.Min == nil || w.Max == nil) {
		c.add(path, "", "%s: min and max are missing: a number is written within limits only", path)
	}
	if point.Type != gtc.TypeFloat && (w.Min != nil || w.Max != nil || w.Step != nil) {
		c.add(path, "", "%s: min, max and step are for numbers, %s is none", path, point.ID)
	}
	if point.Type != gtc.TypeEnum && len(w.States) > 0 {
		c.add(path+".states", "", "%s.states: %s is not an enumeration", path, point.ID)
	}
	known := r.states()
	for _, state := range w.States {
		if !slices.Contains(known, state) {
			c.add(path+".states", "", "%s.states: the register has no raw value for state %d", path, state)
		}
	}
	for _, at := range []*float64{w.Min, w.Max} {
		if at == nil {
			continue
		}
		if _, err := Encode(r, c.p.Modbus.WordOrder, gtc.Float(*at)); err != nil {
			c.add(path, "", "%s: %v does not fit a %s", path, *at, r.Type)
		}
	}
}

// states returns the states that the register can show.
func (r Register) states() []int {
	var out []int
	for _, s := range r.Enum {
		out = append(out, s)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
