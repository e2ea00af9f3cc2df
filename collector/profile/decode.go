package profile

import (
	"math"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// The word orders of values that span several registers.
const (
	OrderHigh = "high" // high word first
	OrderLow  = "low"  // low word first
)

// PollPeriod returns the period of a poll class; of a class that is not
// known or empty, the normal one.
func PollPeriod(class string) time.Duration {
	switch class {
	case "alarm":
		return PollAlarm
	case "fast":
		return PollFast
	case "slow":
		return PollSlow
	default:
		return PollNormal
	}
}

// Words returns the number of registers (of bits, for type bit) that the
// register's value spans; 0 for a type that is not known.
func (r Register) Words() int {
	switch r.Type {
	case "bit", "u16", "i16":
		return 1
	case "u32", "i32", "f32":
		return 2
	case "u64", "i64", "f64":
		return 4
	default:
		return 0
	}
}

// Decode returns the value of a register from its words as they were read.
// Without a value the quality says why: sensor_fault for a raw value that
// means "no sensor", out_of_range for one that is not plausible or that the
// enumeration does not have, comm_lost when words are missing.
func Decode(r Register, order string, t gtc.ValueType, words []uint16) (gtc.Value, gtc.Quality) {
	n := r.Words()
	if n == 0 || len(words) < n {
		return gtc.Value{}, gtc.QualityCommLost
	}
	bits := assemble(words[:n], order)
	if isFloatType(r.Type) {
		f := floatOf(r.Type, bits)
		if math.IsNaN(f) || math.IsInf(f, 0) || r.isAbsentFloat(f) {
			return gtc.Value{}, gtc.QualitySensorFault
		}
		return r.number(f, int64(f), f == math.Trunc(f), t)
	}
	raw := signed(r.Type, bits)
	if slices.Contains(r.Absent, raw) {
		return gtc.Value{}, gtc.QualitySensorFault
	}
	f := float64(raw)
	if r.Type == "u64" {
		f = float64(bits)
	}
	return r.number(f, raw, true, t)
}

// DecodeBit returns the value of a coil or a discrete input.
func DecodeBit(r Register, bit bool) gtc.Value { return gtc.Bool(bit != r.Invert) }

// number turns a raw number into a value of type t; i is the same number as
// an integer where whole is true.
func (r Register) number(f float64, i int64, whole bool, t gtc.ValueType) (gtc.Value, gtc.Quality) {
	switch t {
	case gtc.TypeFloat:
		v := scaled(f, r.Scale) + r.Offset
		if !within(v, r.Min, r.Max) {
			return gtc.Value{}, gtc.QualityOutOfRange
		}
		return gtc.Float(v), gtc.QualityGood
	case gtc.TypeBool:
		return r.boolean(f, i, whole)
	case gtc.TypeEnum:
		if r.Enum != nil {
			state, ok := r.Enum[i]
			if !ok || !whole {
				return gtc.Value{}, gtc.QualityOutOfRange
			}
			return gtc.Enum(state), gtc.QualityGood
		}
		if !whole || !within(f, r.Min, r.Max) || math.Abs(f) > math.MaxInt32 {
			return gtc.Value{}, gtc.QualityOutOfRange
		}
		return gtc.Enum(int(i)), gtc.QualityGood
	default:
		return gtc.Value{}, gtc.QualityUnknown
	}
}

func (r Register) boolean(f float64, i int64, whole bool) (gtc.Value, gtc.Quality) {
	switch {
	case r.Bit != nil:
		return gtc.Bool((i>>(*r.Bit&63))&1 == 1 != r.Invert), gtc.QualityGood
	case r.Enum != nil:
		state, ok := r.Enum[i]
		if !ok || !whole {
			return gtc.Value{}, gtc.QualityOutOfRange
		}
		return gtc.Bool((state != 0) != r.Invert), gtc.QualityGood
	default:
		return gtc.Bool((f != 0) != r.Invert), gtc.QualityGood
	}
}

// isAbsentFloat compares with the sentinels by value: -9999 is -9999.0.
func (r Register) isAbsentFloat(f float64) bool {
	return slices.ContainsFunc(r.Absent, func(a int64) bool { return float64(a) == f })
}

// scaled returns f times scale. A scale such as 0.1 is divided by 10 instead,
// so that 3 × 0.1 is 0.3 and not 0.30000000000000004.
func scaled(f, scale float64) float64 {
	if scale == 0 || scale == 1 {
		return f
	}
	if inverse, ok := inverseOf(scale); ok {
		return f / inverse
	}
	return f * scale
}

// inverseOf returns 1/scale when that is a whole number.
func inverseOf(scale float64) (float64, bool) {
	inverse := math.Round(1 / scale)
	return inverse, math.Abs(scale) < 1 && math.Abs(inverse) < 1e15 && math.Abs(1/scale-inverse) < 1e-9*math.Abs(inverse)
}

func within(v float64, low, high *float64) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0) && (low == nil || v >= *low) && (high == nil || v <= *high)
}

func isFloatType(t string) bool { return t == "f32" || t == "f64" }

// assemble joins words into an integer, high word first after ordering.
func assemble(words []uint16, order string) uint64 {
	var bits uint64
	for i := range words {
		w := words[i]
		if order == OrderLow {
			w = words[len(words)-1-i]
		}
		bits = bits<<16 | uint64(w)
	}
	return bits
}

// split is the inverse of assemble.
func split(bits uint64, n int, order string) []uint16 {
	words := make([]uint16, n)
	for i := range words {
		at := n - 1 - i
		if order == OrderLow {
			at = i
		}
		words[at] = uint16(bits >> (16 * i)) // the low 16 bits are meant
	}
	return words
}

func floatOf(t string, bits uint64) float64 {
	if t == "f32" {
		return float64(math.Float32frombits(uint32(bits))) // two words
	}
	return math.Float64frombits(bits)
}

// signed returns the raw integer; a u64 above the largest int64 is negative
// here and only its bits are used.
func signed(t string, bits uint64) int64 {
	switch t {
	case "i16":
		return int64(int16(bits)) // one word, two's complement
	case "i32":
		return int64(int32(bits)) // two words, two's complement
	default:
		return int64(bits) // bits as they are
	}
}
