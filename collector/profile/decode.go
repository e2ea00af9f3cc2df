package profile

import (
	"math"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// The word orders of values that span several registers; also the orders of
// the bytes in a register.
const (
	OrderHigh = "high" // high word first
	OrderLow  = "low"  // low word first
)

// typeString is the type of a text, which only an identification register has.
const typeString = "string"

// noExponent is the SunSpec value of a scale register that is not implemented.
const noExponent = math.MinInt16

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

// Start returns the first address that a read of the register covers: that of
// the value, or of a register before it that its scale depends on.
func (r *Register) Start() uint16 {
	start, _ := r.span()
	return start
}

// Words returns the number of registers (of bits, for type bit) that a read of
// the register covers from Start on: the value and what its scale depends on.
// It is 0 for a type that is not known.
func (r *Register) Words() int {
	start, end := r.span()
	return end - int(start)
}

// span returns the first address that a read covers and the one after the
// last; both are the same for a type that is not known.
func (r *Register) span() (start uint16, end int) {
	n := wordsOf(r.Type)
	start, end = r.Address, int(r.Address)+n
	if n == 0 {
		return start, end
	}
	if s := r.ScaleFrom; s != nil {
		start, end = min(start, s.Address), max(end, int(s.Address)+1)
	}
	if u := r.UnitFrom; u != nil {
		start, end = min(start, u.Address), max(end, int(u.Address)+1)
	}
	if f := r.FaultAt; f != nil {
		start, end = min(start, *f), max(end, int(*f)+1)
	}
	return start, end
}

func wordsOf(kind string) int {
	switch kind {
	case "bit", "u16", "i16", "bcd16":
		return 1
	case "u32", "i32", "f32", "bcd32":
		return 2
	case "u64", "i64", "f64", "bcd64":
		return 4
	default:
		return 0
	}
}

// Decode returns the value of a register from its words as they were read:
// Words of them from Start on. Without a value the quality says why:
// sensor_fault for a raw value that means "no sensor" or a scale register that
// says nothing, out_of_range for one that is not plausible or that the
// enumeration does not have, comm_lost when words are missing.
func Decode(r Register, order string, t gtc.ValueType, words []uint16) (gtc.Value, gtc.Quality) {
	start, end := r.span()
	if n := end - int(start); n == 0 || len(words) < n {
		return gtc.Value{}, gtc.QualityCommLost
	}
	if r.WordOrder != "" {
		order = r.WordOrder
	}
	f := factor{exponent: 0, unit: 1}
	if r.ScaleFrom != nil || r.UnitFrom != nil {
		var q gtc.Quality
		if f, q = r.factor(words); q != gtc.QualityGood {
			return gtc.Value{}, q
		}
	}
	at := int(r.Address) - int(start)
	own := words[at : at+wordsOf(r.Type)]
	if r.ByteOrder == OrderLow {
		own = orderBytes(own, OrderLow)
	}
	raw := assemble(own, order)
	if isFloatType(r.Type) {
		v := floatOf(r.Type, raw)
		if math.IsNaN(v) || math.IsInf(v, 0) || r.isAbsentFloat(v) {
			return gtc.Value{}, gtc.QualitySensorFault
		}
		return r.number(f.times(v), int64(v), v == math.Trunc(v), t)
	}
	return r.integer(raw, f, t)
}

// integer turns the raw bits of an integer register into a value.
func (r Register) integer(raw uint64, f factor, t gtc.ValueType) (gtc.Value, gtc.Quality) {
	if slices.Contains(r.Absent, signed(r.Type, raw)) {
		return gtc.Value{}, gtc.QualitySensorFault
	}
	kind := r.Type
	if r.Mask != 0 {
		raw, kind = (raw&r.Mask)>>bits.TrailingZeros64(r.Mask), "u64"
	} else if isBCD(kind) {
		var ok bool
		if raw, ok = fromBCD(raw); !ok {
			return gtc.Value{}, gtc.QualityOutOfRange
		}
	}
	i := signed(kind, raw)
	v := float64(i)
	if kind == "u64" {
		v = float64(raw)
	}
	return r.number(f.times(v), i, true, t)
}

// DecodeBit returns the value of a coil or a discrete input that nothing
// watches.
func DecodeBit(r Register, bit bool) gtc.Value { return gtc.Bool(bit != r.Invert) }

// DecodeBits returns the value of a coil or a discrete input from the Words
// bits from Start on. An input whose wire is reported broken has no value.
func DecodeBits(r Register, read []bool) (gtc.Value, gtc.Quality) {
	start := int(r.Start())
	if len(read) < r.Words() {
		return gtc.Value{}, gtc.QualityCommLost
	}
	if r.FaultAt != nil && read[int(*r.FaultAt)-start] {
		return gtc.Value{}, gtc.QualitySensorFault
	}
	return DecodeBit(r, read[int(r.Address)-start]), gtc.QualityGood
}

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

func within(v float64, low, high *float64) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0) && (low == nil || v >= *low) && (high == nil || v <= *high)
}

func isFloatType(t string) bool { return t == "f32" || t == "f64" }

func isBCD(t string) bool { return strings.HasPrefix(t, "bcd") }
