package profile

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/cpas-charleroi/gtc"
)

// ErrNotEncodable says that a value has no representation in a register.
var ErrNotEncodable = errors.New("value does not fit the register")

// Encode returns the words that Decode reads as v. An absent value becomes
// the register's first sentinel (a NaN in a float register); without one, and
// for a number that does not fit, the error wraps ErrNotEncodable.
func Encode(r Register, order string, v gtc.Value) ([]uint16, error) {
	n := r.Words()
	if n == 0 {
		return nil, fmt.Errorf("encode %s: %w: type %q", r.Point, ErrNotEncodable, r.Type)
	}
	if !v.Present() {
		return r.encodeAbsent(n, order)
	}
	if isFloatType(r.Type) {
		return split(r.floatBits(unscaled(v.Num, r.Scale, r.Offset)), n, order), nil
	}
	raw, err := r.rawOf(v)
	if err != nil {
		return nil, err
	}
	low, high := rawRange(r.Type)
	if raw < low || raw > high {
		return nil, fmt.Errorf("encode %s: %w: %v as %s", r.Point, ErrNotEncodable, v, r.Type)
	}
	return split(integerBits(r.Type, raw), n, order), nil
}

func (r Register) encodeAbsent(n int, order string) ([]uint16, error) {
	switch {
	case isFloatType(r.Type):
		return split(r.floatBits(math.NaN()), n, order), nil
	case len(r.Absent) > 0:
		return split(uint64(r.Absent[0]), n, order), nil // two's complement
	default:
		return nil, fmt.Errorf("encode %s: %w: absent, and the register has no sentinel", r.Point, ErrNotEncodable)
	}
}

// rawOf returns the raw integer of a value, still as a float so that a value
// beyond the integers is seen to be so.
func (r Register) rawOf(v gtc.Value) (float64, error) {
	if v.Type == gtc.TypeFloat {
		return math.Round(unscaled(v.Num, r.Scale, r.Offset)), nil
	}
	want := int(v.Num)
	if v.Type == gtc.TypeBool && r.Invert {
		want = 1 - want
	}
	if v.Type == gtc.TypeBool && r.Bit != nil {
		return math.Ldexp(float64(want), int(*r.Bit)), nil
	}
	if r.Enum == nil {
		return float64(want), nil
	}
	// Several raw values may mean the same state: the lowest stands for it.
	for _, raw := range slices.Sorted(maps.Keys(r.Enum)) {
		if r.Enum[raw] == want {
			return float64(raw), nil
		}
	}
	return 0, fmt.Errorf("encode %s: %w: no raw value means %v", r.Point, ErrNotEncodable, v)
}

func unscaled(v, scale, offset float64) float64 {
	v -= offset
	if scale == 0 || scale == 1 {
		return v
	}
	if inverse, ok := inverseOf(scale); ok {
		return v * inverse
	}
	return v / scale
}

func (r Register) floatBits(f float64) uint64 {
	if r.Type == "f32" {
		return uint64(math.Float32bits(float32(f)))
	}
	return math.Float64bits(f)
}

// rawRange returns the smallest and the largest raw value of a type that a
// float64 can be compared with.
func rawRange(t string) (low, high float64) {
	switch t {
	case "bit":
		return 0, 1
	case "u16":
		return 0, math.MaxUint16
	case "i16":
		return math.MinInt16, math.MaxInt16
	case "u32":
		return 0, math.MaxUint32
	case "i32":
		return math.MinInt32, math.MaxInt32
	case "u64":
		return 0, math.Nextafter(math.MaxUint64, 0)
	default:
		return math.MinInt64, math.Nextafter(math.MaxInt64, 0)
	}
}

func integerBits(t string, raw float64) uint64 {
	if t == "u64" {
		return uint64(raw)
	}
	return uint64(int64(raw)) // two's complement
}
