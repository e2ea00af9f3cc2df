package profile

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

// Modbus holds a device's limits.
type Modbus struct {
	// MaxRegisters of one read, 125 when 0; MaxBits of one read, 2000 when 0.
	MaxRegisters int `yaml:"max_registers"`
	MaxBits      int `yaml:"max_bits"`
	// MaxHole is the number of unasked registers a read may span, 0 by default.
	MaxHole int `yaml:"max_hole"`
	// WordOrder of values of several registers: high (high word first, the
	// default) or low. ByteOrder within a register: high (the default) or low.
	WordOrder string `yaml:"word_order"`
	ByteOrder string `yaml:"byte_order"`
	// Absent lists, by type, the raw values that mean "not available" in every
	// register that has no list of its own.
	Absent map[string][]int64 `yaml:"absent"`
	// PauseAfterConnect is left between connecting and the first request,
	// PauseBetween between two requests.
	PauseAfterConnect time.Duration `yaml:"pause_after_connect"`
	PauseBetween      time.Duration `yaml:"pause_between"`
	// Timeout is the least time that the device needs for an answer, 0 for
	// what the connection says.
	Timeout time.Duration `yaml:"timeout"`
	// Quirks gives the reason of each of these settings, by its name; Reason
	// is the short form when there is one for all.
	Quirks map[string]string `yaml:"quirks"`
	Reason string            `yaml:"reason"`
}

// Register is one point read from one or more Modbus registers or one bit.
type Register struct {
	Slot  string      `yaml:"slot"`
	Point gtc.PointID `yaml:"point"`
	// Table is holding, input, coil or discrete (FC 3, 4, 1, 2).
	Table string `yaml:"table"`
	// Address is the 0-based protocol address of the value.
	Address uint16 `yaml:"address"`
	// Type: u16 i16 u32 i32 u64 i64 f32 f64, bcd16 bcd32 bcd64 (a decimal
	// digit in four bits) for registers, bit for coils and discrete inputs.
	Type string `yaml:"type"`
	// WordOrder and ByteOrder are the device's where empty.
	WordOrder string `yaml:"word_order"`
	ByteOrder string `yaml:"byte_order"`
	// Scale multiplies and Offset is added after, giving the point's unit;
	// Scale 0 means 1.
	Scale  float64 `yaml:"scale"`
	Offset float64 `yaml:"offset"`
	// ScaleFrom and UnitFrom are registers that say by what the value is
	// multiplied as well. They are read in the same request as the value.
	ScaleFrom *ScaleRegister `yaml:"scale_from"`
	UnitFrom  *UnitRegister  `yaml:"unit_from"`
	// Absent lists raw values that mean "no sensor" or "not available". Those
	// of a u64 above the largest int64 are written negative: -1 is all ones.
	Absent []int64 `yaml:"absent"`
	// Enum translates raw integers to the catalogue's enumeration; for a
	// boolean point it maps raw integers to 0 or 1.
	Enum map[int64]int `yaml:"enum"`
	// Mask, for an integer register of several fields, is the field read; it
	// is shifted down to its lowest bit.
	Mask uint64 `yaml:"mask"`
	// Bit, for a boolean point in a register, is the bit read (0 = lowest).
	Bit *uint8 `yaml:"bit"`
	// Invert makes a boolean point true when the bit is 0.
	Invert bool `yaml:"invert"`
	// FaultAt, for a bit, is the address of a bit of the same table that says
	// that the wire of this one is broken or shorted.
	FaultAt *uint16 `yaml:"-"`
	// Debounce, for a bit, is how long a new state must last to be believed.
	Debounce time.Duration `yaml:"-"`
	// Min and Max bound the plausible value in the point's unit.
	Min *float64 `yaml:"min"`
	Max *float64 `yaml:"max"`
	// Poll is alarm (1 s), fast (10 s), normal (60 s) or slow (15 min).
	Poll string `yaml:"poll"`
	// Alone tells that the device refuses the register in a longer read.
	Alone bool `yaml:"alone"`
	// Deadband, in the point's unit, leaves out values that differ by no more
	// from the last one written; Heartbeat is how old that one may become, 15
	// minutes when only a deadband is given. Without either every value read is
	// written. Totals have none.
	Deadband  float64       `yaml:"deadband"`
	Heartbeat time.Duration `yaml:"heartbeat"`
	// Write makes the point writable, within limits that a site may narrow.
	Write *Write `yaml:"write"`
	// Haystack and Brick replace the words of the catalogue where the device
	// means something narrower.
	Haystack string `yaml:"haystack"`
	Brick    string `yaml:"brick"`
	// Note is for people: what is doubtful, what to set on the device.
	Note string `yaml:"note"`
	// Optional tells that many devices of the model do not have the point: one
	// never heard of is not missing.
	Optional bool `yaml:"optional"`
}

// ScaleRegister is a register that holds the power of ten by which a value is
// multiplied (SunSpec: sunssf).
type ScaleRegister struct {
	Address uint16 `yaml:"address"`
	// Type is i16 (the default) or u16.
	Type string `yaml:"type"`
	// Typical is the exponent that a simulated device shows.
	Typical int `yaml:"typical"`
}

// UnitRegister is a register that holds the code of a value's unit.
type UnitRegister struct {
	Address uint16 `yaml:"address"`
	// Type is u16 (the default) or i16.
	Type string `yaml:"type"`
	// Mask is the field of the register that is the code; 0 means all of it.
	Mask uint64 `yaml:"mask"`
	// Units gives for each code the factor to the point's unit. A value with
	// another code is not taken.
	Units map[int64]float64 `yaml:"units"`
}

// Write says what may be written to a point; its command class is the
// catalogue's.
type Write struct {
	// Min and Max are inclusive, in the point's unit; required for a number.
	// Step, when given, counts from Min.
	Min  *float64 `yaml:"min"`
	Max  *float64 `yaml:"max"`
	Step *float64 `yaml:"step"`
	// States of an enumeration that may be written; all that the register's
	// enum knows when empty.
	States []int `yaml:"states"`
	// Function is the function code: 5 or 15 for a coil, 6 or 16 for
	// registers; 0 is 5 for a coil, 6 for one register, 16 for several.
	Function int `yaml:"function"`
}

// ContactBlock locates the inputs of a digital-input module.
type ContactBlock struct {
	Table   string `yaml:"table"` // discrete or coil
	Address uint16 `yaml:"address"`
	Count   int    `yaml:"count"`
	// First is the number printed on the first input, 0 or 1.
	First int    `yaml:"first"`
	Poll  string `yaml:"poll"`
	// OpenReads is what the module shows for an open contact: 0 (the default)
	// or 1.
	OpenReads int `yaml:"open_reads"`
	// WireBreak is the address of the first of Count bits that tell that the
	// wire of an input is broken, where the module watches it. The input then
	// has a fault and no state.
	WireBreak *uint16 `yaml:"wire_break"`
	// Debounce says how the module itself suppresses bouncing.
	Debounce string `yaml:"debounce"`
}

// Accepts reports why v may not be written to the register, "" when it may.
// Limits of a site are checked apart.
func (r Register) Accepts(v gtc.Value) string {
	w := r.Write
	switch {
	case w == nil:
		return "the profile has it read-only"
	case !v.Present():
		return "no value"
	case v.Type == gtc.TypeFloat:
		return Limits{Min: w.Min, Max: w.Max, Step: w.Step}.Refuse(v)
	case v.Type == gtc.TypeEnum:
		states := w.States
		if len(states) == 0 {
			states = r.states()
		}
		return Limits{States: states}.Refuse(v)
	}
	return ""
}

// Limits bound what may be written to a point: a number by Min, Max and Step,
// an enumeration by its States; nil and empty bound nothing.
type Limits struct {
	// Min and Max are inclusive, in the point's unit. Step counts from Min, or
	// from 0 without one.
	Min    *float64 `yaml:"min"`
	Max    *float64 `yaml:"max"`
	Step   *float64 `yaml:"step"`
	States []int    `yaml:"states"`
}

// Refuse says why v is outside the limits, "" when it is within.
func (l Limits) Refuse(v gtc.Value) string {
	if v.Type == gtc.TypeEnum {
		if len(l.States) > 0 && !slices.Contains(l.States, int(v.Num)) {
			return fmt.Sprintf("state %v is not one of %v", v, l.States)
		}
		return ""
	}
	if l.Min != nil && v.Num < *l.Min {
		return fmt.Sprintf("%v is below %v", v, *l.Min)
	}
	if l.Max != nil && v.Num > *l.Max {
		return fmt.Sprintf("%v is above %v", v, *l.Max)
	}
	if l.Step != nil && *l.Step > 0 {
		from := 0.0
		if l.Min != nil {
			from = *l.Min
		}
		steps := (v.Num - from) / *l.Step
		if math.Abs(steps-math.Round(steps)) > 1e-6 {
			return fmt.Sprintf("%v is not a step of %v from %v", v, *l.Step, from)
		}
	}
	return ""
}

// Has reports whether the module has an input of that number.
func (b ContactBlock) Has(input int) bool { return input >= b.First && input < b.First+b.Count }

// Register returns the bit of an input as a register of a two-state point:
// false in the state that is normal, so with a contact normally closed it is
// true when the input is open, be it by an alarm or by a cut wire.
func (b ContactBlock) Register(point gtc.PointID, input int, normallyClosed bool) Register {
	at := uint16(input - b.First) //nolint:gosec // below the block's count
	r := Register{
		Point: point, Table: b.Table, Type: "bit", Poll: b.Poll,
		Address: b.Address + at, Invert: normallyClosed != (b.OpenReads == 1),
	}
	if b.WireBreak != nil {
		fault := *b.WireBreak + at
		r.FaultAt = &fault
	}
	return r
}

// Tags returns the Project Haystack tags and the Brick class of the register's
// point: the profile's words, or those of the catalogue.
func (r Register) Tags(point catalogue.Point) (haystack, brick string) {
	haystack, brick = point.Haystack, point.Brick
	if r.Haystack != "" {
		haystack = r.Haystack
	}
	if r.Brick != "" {
		brick = r.Brick
	}
	return haystack, brick
}
