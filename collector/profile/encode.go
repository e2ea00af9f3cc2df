package profile

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"

	"github.com/cpas-charleroi/gtc"
)

// ErrNotEncodable says that a value has no representation in a register.
var ErrNotEncodable = errors.New("value does not fit the register")

// Encode returns the words that Decode reads as v: Words of them from Start
// on. Where the scale or unit is in a register, they hold the typical one. An
// absent value becomes the register's first sentinel (a NaN in a float
// register); without one, and for a number that does not fit, the error wraps
// ErrNotEncodable.
func Encode(r Register, order string, v gtc.Value) ([]uint16, error) {
	n := wordsOf(r.Type)
	if n == 0 {
		return nil, fmt.Errorf("encode %s: %w: type %q", r.Point, ErrNotEncodable, r.Type)
	}
	if r.WordOrder != "" {
		order = r.WordOrder
	}
	raw, err := r.bitsOf(v)
	if err != nil {
		return nil, err
	}
	words := make([]uint16, r.Words())
	start := int(r.Start())
	if s := r.ScaleFrom; s != nil {
		words[int(s.Address)-start] = orderByte(uint16(s.Typical), r.ByteOrder) //nolint:gosec // -10 to 10, two's complement
	}
	if u := r.UnitFrom; u != nil {
		words[int(u.Address)-start] = orderByte(u.word(), r.ByteOrder)
	}
	copy(words[int(r.Address)-start:], orderBytes(split(raw, n, order), r.ByteOrder))
	return words, nil
}

// bitsOf returns the raw bits of a value.
func (r Register) bitsOf(v gtc.Value) (uint64, error) {
	switch {
	case !v.Present():
		return r.absentBits()
	case isFloatType(r.Type):
		return r.floatBits(r.typical().over(unscaled(v.Num, r.Scale, r.Offset))), nil
	}
	raw, err := r.rawOf(v)
	if err != nil {
		return 0, err
	}
	if low, high := r.rawRange(); raw < low || raw > high {
		return 0, fmt.Errorf("encode %s: %w: %v as %s", r.Point, ErrNotEncodable, v, r.Type)
	}
	all := integerBits(r.Type, raw)
	switch {
	case r.Mask != 0:
		return all << bits.TrailingZeros64(r.Mask), nil
	case isBCD(r.Type):
		return toBCD(all), nil
	}
	return all, nil
}

func (r Register) absentBits() (uint64, error) {
	switch {
	case isFloatType(r.Type):
		return r.floatBits(math.NaN()), nil
	case len(r.Absent) > 0:
		return uint64(r.Absent[0]), nil // two's complement
	default:
		return 0, fmt.Errorf("encode %s: %w: absent, and the register has no sentinel", r.Point, ErrNotEncodable)
	}
}

// typical is the factor of a simulated device.
func (r Register) typical() factor {
	f := factor{unit: 1}
	if r.ScaleFrom != nil {
		f.exponent = r.ScaleFrom.Typical
	}
	if r.UnitFrom != nil {
		f.unit = r.UnitFrom.Units[r.UnitFrom.typical()]
	}
	return f
}

// typical is the lowest of the unit codes.
func (u UnitRegister) typical() int64 {
	codes := slices.Sorted(maps.Keys(u.Units))
	if len(codes) == 0 {
		return 0
	}
	return codes[0]
}

func (u UnitRegister) word() uint16 {
	code := u.typical()
	if u.Mask != 0 {
		code <<= bits.TrailingZeros64(u.Mask)
	}
	return uint16(code) //nolint:gosec // checked to fit
}

// rawOf returns the raw integer of a value, still as a float so that a value
// beyond the integers is seen to be so.
func (r Register) rawOf(v gtc.Value) (float64, error) {
	if v.Type == gtc.TypeFloat {
		return math.Round(r.typical().over(unscaled(v.Num, r.Scale, r.Offset))), nil
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

// rawRange returns the smallest and the largest raw value of a register that
// a float64 can be compared with.
func (r Register) rawRange() (low, high float64) {
	if r.Mask != 0 {
		return 0, float64(r.Mask >> bits.TrailingZeros64(r.Mask))
	}
	switch r.Type {
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
	case "bcd16", "bcd32", "bcd64":
		return 0, math.Pow10(4*wordsOf(r.Type)) - 1
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
