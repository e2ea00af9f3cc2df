package profile

import (
	"math"
	"math/bits"

	"github.com/cpas-charleroi/gtc"
)

// factor is what the scale and unit registers of a value say.
type factor struct {
	exponent int
	unit     float64
}

// times applies the factor to a raw number.
func (f factor) times(v float64) float64 { return scaled(power(v, f.exponent), f.unit) }

// over is the inverse of times.
func (f factor) over(v float64) float64 { return power(unscaled(v, f.unit, 0), -f.exponent) }

// power returns v × 10^e, dividing where e is negative so that 3 × 10⁻¹ is
// 0.3.
func power(v float64, e int) float64 {
	if e < 0 {
		return v / math.Pow10(-e)
	}
	return v * math.Pow10(e)
}

// factor reads what multiplies a value from the words of its read.
func (r Register) factor(words []uint16) (factor, gtc.Quality) {
	f := factor{unit: 1}
	start := int(r.Start())
	if s := r.ScaleFrom; s != nil {
		w := orderByte(words[int(s.Address)-start], r.ByteOrder)
		f.exponent = int(int16(w)) // two's complement
		if s.Type == "u16" {
			f.exponent = int(w)
		}
		if f.exponent == noExponent || f.exponent < -10 || f.exponent > 10 {
			return f, gtc.QualitySensorFault
		}
	}
	if u := r.UnitFrom; u != nil {
		unit, ok := u.Units[u.code(orderByte(words[int(u.Address)-start], r.ByteOrder))]
		if !ok {
			return f, gtc.QualityOutOfRange
		}
		f.unit = unit
	}
	return f, gtc.QualityGood
}

// code returns the code in the word of a unit register.
func (u UnitRegister) code(w uint16) int64 {
	switch {
	case u.Mask != 0:
		return int64(uint64(w) & u.Mask >> bits.TrailingZeros64(u.Mask)) //nolint:gosec // at most 16 bits
	case u.Type == "i16":
		return int64(int16(w)) // two's complement
	default:
		return int64(w)
	}
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

// assemble joins words into an integer, high word first after ordering.
func assemble(words []uint16, order string) uint64 {
	var all uint64
	for i := range words {
		w := words[i]
		if order == OrderLow {
			w = words[len(words)-1-i]
		}
		all = all<<16 | uint64(w)
	}
	return all
}

// split is the inverse of assemble.
func split(all uint64, n int, order string) []uint16 {
	words := make([]uint16, n)
	for i := range words {
		at := n - 1 - i
		if order == OrderLow {
			at = i
		}
		words[at] = uint16(all >> (16 * i)) // the low 16 bits are meant
	}
	return words
}

// orderBytes returns the words with their bytes in the order high, low.
func orderBytes(words []uint16, order string) []uint16 {
	if order != OrderLow {
		return words
	}
	out := make([]uint16, len(words))
	for i, w := range words {
		out[i] = bits.ReverseBytes16(w)
	}
	return out
}

func orderByte(w uint16, order string) uint16 {
	if order == OrderLow {
		return bits.ReverseBytes16(w)
	}
	return w
}

func floatOf(t string, all uint64) float64 {
	if t == "f32" {
		return float64(math.Float32frombits(uint32(all))) // two words
	}
	return math.Float64frombits(all)
}

// signed returns the raw integer; a u64 above the largest int64 is negative
// here and only its bits are used.
func signed(t string, all uint64) int64 {
	switch t {
	case "i16":
		return int64(int16(all)) // one word, two's complement
	case "i32":
		return int64(int32(all)) // two words, two's complement
	default:
		return int64(all) // bits as they are
	}
}

// fromBCD reads a decimal digit in each four bits; ok is false where four
// bits are no digit.
func fromBCD(all uint64) (n uint64, ok bool) {
	for shift := 60; shift >= 0; shift -= 4 {
		digit := all >> shift & 0xf
		if digit > 9 {
			return 0, false
		}
		n = 10*n + digit
	}
	return n, true
}

func toBCD(n uint64) (all uint64) {
	for shift := 0; n > 0 && shift < 64; shift += 4 {
		all |= n % 10 << shift
		n /= 10
	}
	return all
}
