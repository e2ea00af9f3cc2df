package profile

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
)

func TestDecode(t *testing.T) {
	none := gtc.Value{}
	for _, c := range []struct {
		name  string
		r     Register
		order string
		typ   gtc.ValueType
		words []uint16
		want  gtc.Value
		q     gtc.Quality
	}{
		{"u16", Register{Type: "u16"}, "", gtc.TypeFloat, []uint16{65535}, gtc.Float(65535), gtc.QualityGood},
		{"i16 negative", Register{Type: "i16", Scale: 0.1}, "", gtc.TypeFloat, []uint16{0xFFCE}, gtc.Float(-5), gtc.QualityGood},
		{"a tenth is a tenth", Register{Type: "u16", Scale: 0.1}, "", gtc.TypeFloat, []uint16{3}, gtc.Float(0.3), gtc.QualityGood},
		{"scale and offset", Register{Type: "u16", Scale: 0.5, Offset: -40}, "", gtc.TypeFloat, []uint16{100}, gtc.Float(10), gtc.QualityGood},
		{"u32 high word first", Register{Type: "u32"}, OrderHigh, gtc.TypeFloat, []uint16{1, 2}, gtc.Float(65538), gtc.QualityGood},
		{"u32 low word first", Register{Type: "u32"}, OrderLow, gtc.TypeFloat, []uint16{2, 1}, gtc.Float(65538), gtc.QualityGood},
		{"i32", Register{Type: "i32"}, "", gtc.TypeFloat, []uint16{0xFFFF, 0xFFFE}, gtc.Float(-2), gtc.QualityGood},
		{"i64", Register{Type: "i64", Scale: 0.001}, "", gtc.TypeFloat, []uint16{0, 0, 0x12, 0xD687}, gtc.Float(1234.567), gtc.QualityGood},
		{"u64 all ones", Register{Type: "u64"}, "", gtc.TypeFloat, []uint16{0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF}, gtc.Float(math.MaxUint64), gtc.QualityGood},
		{"f32", Register{Type: "f32"}, "", gtc.TypeFloat, []uint16{0x41AC, 0}, gtc.Float(21.5), gtc.QualityGood},
		{"f64 low word first", Register{Type: "f64"}, OrderLow, gtc.TypeFloat, []uint16{0, 0, 0x8000, 0x4035}, gtc.Float(21.5), gtc.QualityGood},
		{"f32 NaN", Register{Type: "f32"}, "", gtc.TypeFloat, []uint16{0x7FC0, 0}, none, gtc.QualitySensorFault},
		{"f32 infinite", Register{Type: "f32"}, "", gtc.TypeFloat, []uint16{0x7F80, 0}, none, gtc.QualitySensorFault},
		{"f32 sentinel", Register{Type: "f32", Absent: []int64{-9999}}, "", gtc.TypeFloat, []uint16{0xC61C, 0x3C00}, none, gtc.QualitySensorFault},
		{"i16 sentinel", Register{Type: "i16", Scale: 0.1, Absent: []int64{32767}}, "", gtc.TypeFloat, []uint16{32767}, none, gtc.QualitySensorFault},
		{"i64 sentinel", Register{Type: "i64", Absent: []int64{math.MinInt64}}, "", gtc.TypeFloat, []uint16{0x8000, 0, 0, 0}, none, gtc.QualitySensorFault},
		{"below min", Register{Type: "i16", Min: new(0.0)}, "", gtc.TypeFloat, []uint16{0xFFFF}, none, gtc.QualityOutOfRange},
		{"above max", Register{Type: "i16", Scale: 0.01, Max: new(150.0)}, "", gtc.TypeFloat, []uint16{15001}, none, gtc.QualityOutOfRange},
		{"at max", Register{Type: "i16", Scale: 0.01, Max: new(150.0)}, "", gtc.TypeFloat, []uint16{15000}, gtc.Float(150), gtc.QualityGood},
		{"zero is a value", Register{Type: "u16", Min: new(0.0)}, "", gtc.TypeFloat, []uint16{0}, gtc.Float(0), gtc.QualityGood},
		{"too few words", Register{Type: "u32"}, "", gtc.TypeFloat, []uint16{1}, none, gtc.QualityCommLost},
		{"no words", Register{Type: "u16"}, "", gtc.TypeFloat, nil, none, gtc.QualityCommLost},
		{"unknown type", Register{Type: "u8"}, "", gtc.TypeFloat, []uint16{1}, none, gtc.QualityCommLost},
		{"enumeration", Register{Type: "u16", Enum: map[int64]int{0: 4, 1: 1}}, "", gtc.TypeEnum, []uint16{0}, gtc.Enum(4), gtc.QualityGood},
		{"unknown state", Register{Type: "u16", Enum: map[int64]int{0: 4}}, "", gtc.TypeEnum, []uint16{9}, none, gtc.QualityOutOfRange},
		{"enumeration as it is", Register{Type: "u16"}, "", gtc.TypeEnum, []uint16{3}, gtc.Enum(3), gtc.QualityGood},
		{"state of a half", Register{Type: "f32"}, "", gtc.TypeEnum, []uint16{0x3F00, 0}, none, gtc.QualityOutOfRange},
		{"boolean", Register{Type: "u16"}, "", gtc.TypeBool, []uint16{2}, gtc.Bool(true), gtc.QualityGood},
		{"boolean false", Register{Type: "u16"}, "", gtc.TypeBool, []uint16{0}, gtc.Bool(false), gtc.QualityGood},
		{"boolean inverted", Register{Type: "u16", Invert: true}, "", gtc.TypeBool, []uint16{0}, gtc.Bool(true), gtc.QualityGood},
		{"bit 15", Register{Type: "u16", Bit: new(uint8(15))}, "", gtc.TypeBool, []uint16{0x8000}, gtc.Bool(true), gtc.QualityGood},
		{"bit 15 of i16", Register{Type: "i16", Bit: new(uint8(15))}, "", gtc.TypeBool, []uint16{0x7FFF}, gtc.Bool(false), gtc.QualityGood},
		{"bit 17", Register{Type: "u32", Bit: new(uint8(17))}, OrderHigh, gtc.TypeBool, []uint16{2, 0}, gtc.Bool(true), gtc.QualityGood},
		{"bit inverted", Register{Type: "u16", Bit: new(uint8(0)), Invert: true}, "", gtc.TypeBool, []uint16{1}, gtc.Bool(false), gtc.QualityGood},
		{"boolean by enum", Register{Type: "u16", Enum: map[int64]int{2: 1, 1: 0}}, "", gtc.TypeBool, []uint16{2}, gtc.Bool(true), gtc.QualityGood},
		{"boolean unknown", Register{Type: "u16", Enum: map[int64]int{2: 1, 1: 0}}, "", gtc.TypeBool, []uint16{3}, none, gtc.QualityOutOfRange},
		{"boolean sentinel", Register{Type: "u16", Absent: []int64{65535}}, "", gtc.TypeBool, []uint16{65535}, none, gtc.QualitySensorFault},
		{"no type", Register{Type: "u16"}, "", gtc.TypeNone, []uint16{1}, none, gtc.QualityUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, q := Decode(c.r, c.order, c.typ, c.words)
			require.Equal(t, c.q, q)
			require.Equal(t, c.want, got)
		})
	}
}

func TestDecodeBit(t *testing.T) {
	require.Equal(t, gtc.Bool(true), DecodeBit(Register{}, true))
	require.Equal(t, gtc.Bool(false), DecodeBit(Register{}, false))
	require.Equal(t, gtc.Bool(false), DecodeBit(Register{Invert: true}, true))
}

func TestPollPeriod(t *testing.T) {
	for class, want := range map[string]time.Duration{
		"alarm": time.Second, "fast": 10 * time.Second, "normal": time.Minute, "slow": 15 * time.Minute, "": time.Minute,
	} {
		require.Equal(t, want, PollPeriod(class), class)
	}
}

func TestEncode(t *testing.T) {
	for _, c := range []struct {
		name  string
		r     Register
		order string
		v     gtc.Value
		want  []uint16
	}{
		{"scaled", Register{Type: "i16", Scale: 0.01}, "", gtc.Float(-5.25), []uint16{0xFDF3}},
		{"offset", Register{Type: "u16", Scale: 0.5, Offset: -40}, "", gtc.Float(10), []uint16{100}},
		{"low word first", Register{Type: "u32"}, OrderLow, gtc.Float(65538), []uint16{2, 1}},
		{"float", Register{Type: "f32"}, "", gtc.Float(21.5), []uint16{0x41AC, 0}},
		{"absent is the sentinel", Register{Type: "i16", Absent: []int64{-32768, 32767}}, "", gtc.Value{}, []uint16{0x8000}},
		{"absent is NaN", Register{Type: "f32"}, "", gtc.Value{}, []uint16{0x7FC0, 0}},
		{"lowest raw of a state", Register{Type: "u16", Enum: map[int64]int{7: 1, 3: 1, 0: 0}}, "", gtc.Enum(1), []uint16{3}},
		{"bit", Register{Type: "u16", Bit: new(uint8(4))}, "", gtc.Bool(true), []uint16{16}},
		{"inverted", Register{Type: "u16", Invert: true}, "", gtc.Bool(true), []uint16{0}},
		{"coil", Register{Type: "bit"}, "", gtc.Bool(true), []uint16{1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Encode(c.r, c.order, c.v)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
	for name, c := range map[string]struct {
		r Register
		v gtc.Value
	}{
		"too large":         {Register{Type: "u16"}, gtc.Float(65536)},
		"negative unsigned": {Register{Type: "u32"}, gtc.Float(-1)},
		"no sentinel":       {Register{Type: "u16"}, gtc.Value{}},
		"no raw state":      {Register{Type: "u16", Enum: map[int64]int{0: 0}}, gtc.Enum(5)},
		"unknown type":      {Register{Type: "word"}, gtc.Float(1)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Encode(c.r, OrderHigh, c.v)
			require.ErrorIs(t, err, ErrNotEncodable)
		})
	}
}

// registers draws any register that a profile could describe.
func registers() *rapid.Generator[Register] {
	return rapid.Custom(func(t *rapid.T) Register {
		r := Register{
			Type:   rapid.SampledFrom([]string{"u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64"}).Draw(t, "type"),
			Scale:  rapid.SampledFrom([]float64{0, 1, 0.1, 0.01, 0.001, 10, 1000, 0.25, 1.5, -1}).Draw(t, "scale"),
			Offset: rapid.SampledFrom([]float64{0, -40, 273.15}).Draw(t, "offset"),
			Invert: rapid.Bool().Draw(t, "invert"),
		}
		if rapid.Bool().Draw(t, "bounded") {
			r.Min, r.Max = new(-1e6), new(1e6)
		}
		return r
	})
}

// Whatever a device answers: a value if and only if the quality is good, and
// never a number that is not one.
func TestDecodeProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := registers().Draw(t, "register")
		typ := rapid.SampledFrom([]gtc.ValueType{gtc.TypeFloat, gtc.TypeBool, gtc.TypeEnum}).Draw(t, "point type")
		words := rapid.SliceOfN(rapid.Uint16(), 0, 6).Draw(t, "words")
		v, q := Decode(r, rapid.SampledFrom([]string{"", OrderHigh, OrderLow}).Draw(t, "order"), typ, words)
		require.Equal(t, q == gtc.QualityGood, v.Present())
		require.False(t, math.IsNaN(v.Num) || math.IsInf(v.Num, 0))
		if v.Present() {
			require.Equal(t, typ, v.Type)
			if typ == gtc.TypeFloat {
				require.True(t, within(v.Num, r.Min, r.Max))
			}
		}
	})
}

// What was read from words is written back as the same words, as long as a
// float64 can hold the raw number.
func TestEncodeDecodeProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := registers().Draw(t, "register")
		order := rapid.SampledFrom([]string{OrderHigh, OrderLow}).Draw(t, "order")
		words := rapid.SliceOfN(rapid.Uint16(), r.Words(), r.Words()).Draw(t, "words")
		if r.Words() == 4 && !isFloatType(r.Type) { // 40 bits: enough for any index in Wh
			raw := rapid.Int64Range(0, 1<<40).Draw(t, "raw")
			words = split(uint64(raw), 4, order)
		}
		v, q := Decode(r, order, gtc.TypeFloat, words)
		if q != gtc.QualityGood {
			return
		}
		back, err := Encode(r, order, v)
		require.NoError(t, err)
		if !isFloatType(r.Type) {
			require.Equal(t, words, back)
			return
		}
		again, q := Decode(r, order, gtc.TypeFloat, back)
		if q == gtc.QualityGood { // rounding may step over a bound
			require.InEpsilon(t, v.Num+1e9, again.Num+1e9, 1e-6)
		}
	})
}

// Booleans and states survive the way there and back too.
func TestEncodeDecodeStatesProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Register{Type: rapid.SampledFrom([]string{"u16", "i16", "u32"}).Draw(t, "type"), Invert: rapid.Bool().Draw(t, "invert")}
		if rapid.Bool().Draw(t, "by bit") {
			r.Bit = new(rapid.Uint8Range(0, 14).Draw(t, "bit"))
		}
		want := gtc.Bool(rapid.Bool().Draw(t, "value"))
		words, err := Encode(r, OrderHigh, want)
		require.NoError(t, err)
		got, q := Decode(r, OrderHigh, gtc.TypeBool, words)
		require.Equal(t, gtc.QualityGood, q)
		require.Equal(t, want, got)

		raws := rapid.SliceOfNDistinct(rapid.Int64Range(0, 1000), 3, 3, rapid.ID).Draw(t, "raws")
		slices.Sort(raws)
		states := Register{Type: "u16", Enum: map[int64]int{raws[0]: 2, raws[1]: 0, raws[2]: 2}}
		state := gtc.Enum(rapid.SampledFrom([]int{0, 2}).Draw(t, "state"))
		words, err = Encode(states, OrderHigh, state)
		require.NoError(t, err)
		got, _ = Decode(states, OrderHigh, gtc.TypeEnum, words)
		require.Equal(t, state, got)
	})
}
