package profile

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

func TestDecodeFeatures(t *testing.T) {
	t.Parallel()
	sunspec := Register{Address: 40083, Type: "i16", Scale: 0.001, ScaleFrom: &ScaleRegister{Address: 40084}, Absent: []int64{-32768}}
	before := Register{Address: 102, Type: "f32", UnitFrom: &UnitRegister{Address: 100, Units: map[int64]float64{1: 1, 2: 1000, 3: 1 / 3.6}}}
	field := Register{Address: 101, Type: "u32", UnitFrom: &UnitRegister{Address: 103, Mask: 0x0f00, Units: map[int64]float64{4: 0.001}}}
	for name, c := range map[string]struct {
		register Register
		order    string
		kind     gtc.ValueType
		words    []uint16
		want     gtc.Value
		quality  gtc.Quality
	}{
		"scale register":               {sunspec, "", gtc.TypeFloat, []uint16{1234, 0xffff}, gtc.Float(0.1234), gtc.QualityGood},
		"scale register up":            {sunspec, "", gtc.TypeFloat, []uint16{123, 2}, gtc.Float(12.3), gtc.QualityGood},
		"scale not implemented":        {sunspec, "", gtc.TypeFloat, []uint16{123, 0x8000}, gtc.Value{}, gtc.QualitySensorFault},
		"scale out of bounds":          {sunspec, "", gtc.TypeFloat, []uint16{123, 11}, gtc.Value{}, gtc.QualitySensorFault},
		"scale missing":                {sunspec, "", gtc.TypeFloat, []uint16{123}, gtc.Value{}, gtc.QualityCommLost},
		"absent with a scale":          {sunspec, "", gtc.TypeFloat, []uint16{0x8000, 0}, gtc.Value{}, gtc.QualitySensorFault},
		"unit before the value":        {before, "", gtc.TypeFloat, []uint16{2, 0xdead, 0x4120, 0}, gtc.Float(10000), gtc.QualityGood},
		"unit GJ":                      {before, "", gtc.TypeFloat, []uint16{3, 0, 0x4190, 0}, gtc.Float(5), gtc.QualityGood},
		"unit not known":               {before, "", gtc.TypeFloat, []uint16{9, 0, 0x4120, 0}, gtc.Value{}, gtc.QualityOutOfRange},
		"unit in a field":              {field, "", gtc.TypeFloat, []uint16{0, 5000, 0xf4ff}, gtc.Float(5), gtc.QualityGood},
		"bcd":                          {Register{Type: "bcd32", Scale: 0.01}, "", gtc.TypeFloat, []uint16{0x1234, 0x5678}, gtc.Float(123456.78), gtc.QualityGood},
		"bcd low word first":           {Register{Type: "bcd32"}, OrderLow, gtc.TypeFloat, []uint16{0x5678, 0x1234}, gtc.Float(12345678), gtc.QualityGood},
		"no digit":                     {Register{Type: "bcd16"}, "", gtc.TypeFloat, []uint16{0x12a4}, gtc.Value{}, gtc.QualityOutOfRange},
		"bytes swapped":                {Register{Type: "u16", ByteOrder: OrderLow}, "", gtc.TypeFloat, []uint16{0x3412}, gtc.Float(0x1234), gtc.QualityGood},
		"order of the register":        {Register{Type: "u32", WordOrder: OrderLow}, OrderHigh, gtc.TypeFloat, []uint16{1, 0}, gtc.Float(1), gtc.QualityGood},
		"field of a register":          {Register{Type: "u16", Mask: 0x00f0, Enum: map[int64]int{3: 2}}, "", gtc.TypeEnum, []uint16{0xab3c}, gtc.Enum(2), gtc.QualityGood},
		"field that says nothing":      {Register{Type: "u16", Mask: 0x00f0, Enum: map[int64]int{3: 2}}, "", gtc.TypeEnum, []uint16{0xab4c}, gtc.Value{}, gtc.QualityOutOfRange},
		"any bit of a field":           {Register{Type: "u16", Mask: 0x00f0}, "", gtc.TypeBool, []uint16{0x0040}, gtc.Bool(true), gtc.QualityGood},
		"low byte":                     {Register{Type: "i16", Mask: 0x00ff, Scale: 0.1}, "", gtc.TypeFloat, []uint16{0xff0f}, gtc.Float(1.5), gtc.QualityGood},
		"all ones of a u64 are absent": {Register{Type: "u64", Absent: []int64{-1}}, "", gtc.TypeFloat, []uint16{0xffff, 0xffff, 0xffff, 0xffff}, gtc.Value{}, gtc.QualitySensorFault},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, q := Decode(c.register, c.order, c.kind, c.words)
			require.Equal(t, c.quality, q)
			require.Equal(t, c.want.Present(), got.Present())
			require.InDelta(t, c.want.Num, got.Num, 1e-9)
		})
	}
}

func TestDecodeBits(t *testing.T) {
	t.Parallel()
	watched := Register{Type: "bit", Address: 3, FaultAt: new(uint16(8)), Invert: true}
	require.EqualValues(t, 3, watched.Start())
	require.Equal(t, 6, watched.Words())
	v, q := DecodeBits(watched, []bool{true, false, false, false, false, false})
	require.Equal(t, gtc.Bool(false), v)
	require.Equal(t, gtc.QualityGood, q)
	v, q = DecodeBits(watched, []bool{true, false, false, false, false, true})
	require.False(t, v.Present(), "a broken wire has no state")
	require.Equal(t, gtc.QualitySensorFault, q)
	_, q = DecodeBits(watched, []bool{true})
	require.Equal(t, gtc.QualityCommLost, q)
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		identity Identity
		words    []uint16
		text     string
		accepted bool
	}{
		{"number", Identity{Type: "u16", Expect: []string{"1648", "1649"}}, []uint16{1649}, "1649", true},
		{"other number", Identity{Type: "u16", Expect: []string{"1648"}}, []uint16{71}, "71", false},
		{"hexadecimal", Identity{Type: "u64", Expect: []string{"0x0053004F0043004F"}}, []uint16{0x53, 0x4f, 0x43, 0x4f}, "23362762373791823", true},
		{"negative", Identity{Type: "i16", Expect: []string{"-1"}}, []uint16{0xffff}, "-1", true},
		{"text", Identity{Type: "string", Length: 2, Expect: []string{"SunS"}}, []uint16{0x5375, 0x6e53}, "SunS", true},
		{"text with an end", Identity{Type: "string", Length: 4, Expect: []string{"EM*"}}, []uint16{0x454d, 0x3234, 0, 0x4142}, "EM24", true},
		{"bytes swapped", Identity{Type: "string", Length: 2, ByteOrder: OrderLow, Expect: []string{"SunS"}}, []uint16{0x7553, 0x536e}, "SunS", true},
		{"a character each", Identity{Type: "string", Length: 3, OneCharacter: true, Expect: []string{"WB"}}, []uint16{0x57, 0x42, 0}, "WB", true},
		{"only the beginning counts", Identity{Type: "u16", Read: 3, Expect: []string{"42"}}, []uint16{42, 7, 7}, "42", true},
		{"too short", Identity{Type: "u32", Expect: []string{"42"}}, []uint16{42}, "", false},
		{"for people", Identity{Type: "u16"}, []uint16{3}, "3", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.text, c.identity.Text("", c.words))
			require.Equal(t, c.accepted, c.identity.Accepts(c.identity.Text("", c.words)))
		})
	}
}

// Every identification register of the library accepts what a simulated
// device says.
func TestLibraryIdentities(t *testing.T) {
	t.Parallel()
	lib, err := Library()
	require.NoError(t, err)
	for id, p := range lib {
		for _, d := range p.Identify {
			words := p.IdentityWords(d)
			require.Len(t, words, d.Words(), "%s %s", id, d.What)
			require.True(t, d.Accepts(d.Text(p.Modbus.WordOrder, words)), "%s %s", id, d.What)
		}
	}
}

func TestAccepts(t *testing.T) {
	t.Parallel()
	room := Register{Type: "i16", Scale: 0.1, Write: &Write{Min: new(float64(10)), Max: new(float64(30)), Step: new(float64(0.5))}}
	for v, want := range map[float64]string{10: "", 20.5: "", 30: "", 9.5: "9.5 is below 10", 30.5: "30.5 is above 30", 20.2: "20.2 is not a step of 0.5 from 10"} {
		require.Equal(t, want, room.Accepts(gtc.Float(v)), v)
	}
	require.Equal(t, "no value", room.Accepts(gtc.Value{}))
	require.Equal(t, "the profile has it read-only", Register{}.Accepts(gtc.Float(1)))
	mode := Register{Type: "u16", Enum: map[int64]int{0: 4, 1: 1, 2: 2}, Write: &Write{States: []int{1, 2}}}
	require.Empty(t, mode.Accepts(gtc.Enum(1)))
	require.Equal(t, "state 4 is not one of [1 2]", mode.Accepts(gtc.Enum(4)))
	require.Empty(t, Register{Type: "bit", Write: &Write{}}.Accepts(gtc.Bool(true)))
	require.Equal(t, "1 is not a step of 2 from 0", Limits{Step: new(float64(2))}.Refuse(gtc.Float(1)))
}

func TestTags(t *testing.T) {
	t.Parallel()
	point := catalogue.Point{Haystack: "heat power sensor", Brick: "Thermal_Power_Sensor"}
	haystack, brick := Register{Brick: "Heating_Thermal_Power_Sensor"}.Tags(point)
	require.Equal(t, "heat power sensor", haystack)
	require.Equal(t, "Heating_Thermal_Power_Sensor", brick)
}

// What is encoded is decoded again, whatever the form of the register.
func TestRegisterFormsProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := Register{
			Address:   rapid.Uint16Range(10, 60000).Draw(t, "address"),
			Type:      rapid.SampledFrom([]string{"u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "bcd16", "bcd32", "bcd64"}).Draw(t, "type"),
			Scale:     rapid.SampledFrom([]float64{0, 0.1, 0.01, 0.001, 2, 100}).Draw(t, "scale"),
			Offset:    rapid.SampledFrom([]float64{0, 5}).Draw(t, "offset"),
			ByteOrder: rapid.SampledFrom([]string{"", OrderLow}).Draw(t, "bytes"),
		}
		if rapid.Bool().Draw(t, "scaled") {
			r.ScaleFrom = &ScaleRegister{Address: r.Address + 4 + rapid.Uint16Range(0, 50).Draw(t, "after"), Typical: rapid.IntRange(-2, 2).Draw(t, "exponent")}
		}
		if rapid.Bool().Draw(t, "in a unit") {
			r.UnitFrom = &UnitRegister{Address: r.Address - rapid.Uint16Range(1, 10).Draw(t, "before"), Units: map[int64]float64{7: 1000, 9: 1}}
		}
		step := max(r.Scale, 1)
		if r.Scale > 0 {
			step = r.Scale
		}
		step = r.typical().times(step)
		raw := rapid.IntRange(0, 9999).Draw(t, "raw")
		order := rapid.SampledFrom([]string{OrderHigh, OrderLow}).Draw(t, "order")
		want := float64(raw)*step + r.Offset
		words, err := Encode(r, order, gtc.Float(want))
		if err != nil {
			t.Fatal(err)
		}
		got, q := Decode(r, order, gtc.TypeFloat, words)
		if q != gtc.QualityGood || got.Num < want-step/1000 || got.Num > want+step/1000 {
			t.Fatalf("%v became %v (%v) by % x", want, got, q, words)
		}
	})
}

func TestParseFeatureMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, yaml, want string }{
		{
			"scale too far", "  - {slot: meter, point: power_kw, table: holding, address: 1, type: i16, scale_from: {address: 200}}",
			"p:8:5: registers[0]: the value and its scale are 200 registers apart: one read takes 125",
		},
		{
			"typical", "  - {slot: meter, point: power_kw, table: holding, address: 1, type: i16, scale_from: {address: 2, typical: 30}}",
			"p:8:109: registers[0].scale_from.typical: 30 is not between -10 and 10",
		},
		{
			"no units", "  - {slot: meter, point: power_kw, table: holding, address: 1, type: i16, unit_from: {address: 2}}",
			"p:8:86: registers[0].unit_from.units is missing: the factor of each unit code",
		},
		{
			"mask", "  - {slot: meter, point: fault, table: holding, address: 1, type: u16, mask: 0x0505}",
			"p:8:78: registers[0].mask: the bits of 0x505 are not side by side",
		},
		{
			"mask too wide", "  - {slot: meter, point: fault, table: holding, address: 1, type: u16, mask: 0x10000}",
			"p:8:78: registers[0].mask: 0x10000 has bits that type u16 has not",
		},
		{
			"written meter", "  - {slot: meter, point: power_kw, table: holding, address: 1, type: u16, write: {min: 0, max: 1}}",
			"p:8:82: registers[0].write: power_kw is not written: the catalogue gives it no command class",
		},
		{
			"written input", "  - {slot: meter, point: power_kw, table: input, address: 1, type: u16, write: {min: 0, max: 1, function: 6}}",
			"p:8:80: registers[0].write: table input cannot be written\np:8:80: registers[0].write: power_kw is not written: the catalogue gives it no command class",
		},
		{
			"identity", "  - {slot: meter, point: power_kw, table: holding, address: 1, type: u16}\nidentify: [{what: model, table: holding, address: 1, type: u16, expect: [EM24]}]",
			`p:9:74: identify[0].expect[0]: "EM24" is not a whole number`,
		},
		{
			"quirk", "  - {slot: meter, point: power_kw, table: holding, address: 1, type: u16}\nmodbus: {max_registers: 8, quirks: {max_register: slow}}",
			"p:9:9: modbus.quirks.max_registers (or modbus.reason) is missing: say why the device needs max_registers",
		},
		{
			"unknown quirk", "  - {slot: meter, point: power_kw, table: holding, address: 1, type: u16}\nmodbus: {max_registers: 8, quirks: {max_registers: weak, max_hols: odd}}",
			`p:9:68: modbus.quirks: "max_hols" is not a setting of modbus (did you mean "max_hole"?)`,
		},
		{
			"deadband of an index", "  - {slot: meter, point: energy_import_kwh, table: holding, address: 1, type: u32, deadband: 1}",
			"p:8:94: registers[0].deadband: energy_import_kwh is kept as read: a deadband is for a number that is no index",
		},
		{
			"heartbeat alone", "  - {slot: meter, point: power_kw, table: holding, address: 1, type: u32, heartbeat: 1m}",
			"p:8:86: registers[0].heartbeat: 1m0s: 10s to 24h, with a deadband",
		},
		{
			"alone", "  - {slot: meter, point: power_kw, table: holding, address: 1, type: u16, alone: true}",
			"p:1:1: modbus.quirks.alone (or modbus.reason) is missing: say why the device needs alone",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, mistakesOf(t, registerProfile+c.yaml))
		})
	}
	circuit := "profile: test-controller\nmaker: Test\nmodel: Controller\nprotocol: modbus\nsource: made up\nslots: {circuit: heating_circuit}\nregisters:\n"
	for _, c := range []struct{ name, yaml, want string }{
		{
			"no limits", "  - {slot: circuit, point: room_temp_comfort_sp, table: holding, address: 1, type: i16, write: {}}",
			"p:8:96: registers[0].write: min and max are missing: a number is written within limits only",
		},
		{
			"limit that does not fit", "  - {slot: circuit, point: room_temp_comfort_sp, table: holding, address: 1, type: i16, scale: 0.1, write: {min: 0, max: 5000}}",
			"p:8:108: registers[0].write: 5000 does not fit a i16",
		},
		{
			"safety limit", "  - {slot: circuit, point: flow_temp_max_sp, table: holding, address: 1, type: i16, write: {min: 0, max: 50}}",
			"p:8:92: registers[0].write: flow_temp_max_sp is not written: the catalogue gives it no command class",
		},
		{
			"state", "  - {slot: circuit, point: mode_cmd, table: holding, address: 1, type: u16, enum: {0: 1}, write: {states: [1, 3]}}",
			"p:8:107: registers[0].write.states: the register has no raw value for state 3",
		},
		{
			"a bit of a register", "  - {slot: circuit, point: pump_cmd, table: holding, address: 1, type: u16, bit: 3, write: {}}",
			"p:8:92: registers[0].write: a part of a register cannot be written without the rest",
		},
		{
			"function", "  - {slot: circuit, point: mode_cmd, table: holding, address: 1, type: u16, enum: {0: 1}, write: {function: 5}}",
			"p:8:109: registers[0].write.function: 5 does not write table holding",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, mistakesOf(t, circuit+c.yaml))
		})
	}
}

func TestLifeSafetyIsReadEachSecond(t *testing.T) {
	t.Parallel()
	panel := "profile: test-panel\nmaker: Test\nmodel: Panel\nprotocol: modbus\nsource: made up\nslots: {panel: fire_panel}\nregisters:\n"
	for _, c := range []struct{ name, yaml, want string }{
		{
			"slow", "  - {slot: panel, point: fire_alarm, table: input, address: 1, type: u16, bit: 1, poll: slow}",
			"p:8:89: registers[0].poll: fire_alarm is life safety and read every 15m0s: poll: alarm is for it (did you mean \"alarm\"?)",
		},
		{
			"left out", "  - {slot: panel, point: zone_03_alarm, table: input, address: 1, type: u16, bit: 1}",
			"p:8:5: registers[0].poll: zone_03_alarm is life safety and read every 1m0s: poll: alarm is for it (did you mean \"alarm\"?)",
		},
		{"each second", "  - {slot: panel, point: fire_alarm, table: input, address: 1, type: u16, bit: 1, poll: alarm}", ""},
		{"not life safety", "  - {slot: panel, point: fault, table: input, address: 1, type: u16, bit: 1, poll: slow}", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, mistakesOf(t, panel+c.yaml))
		})
	}
}

func TestContactRegister(t *testing.T) {
	t.Parallel()
	plain := ContactBlock{Table: "discrete", Address: 100, Count: 8, First: 1, Poll: "alarm"}
	require.True(t, plain.Has(1))
	require.True(t, plain.Has(8))
	require.False(t, plain.Has(0))
	require.False(t, plain.Has(9))
	r := plain.Register("fire_alarm", 3, false)
	require.Equal(t, Register{Point: "fire_alarm", Table: "discrete", Type: "bit", Poll: "alarm", Address: 102}, r)

	watched := plain
	watched.OpenReads, watched.WireBreak = 1, new(uint16(200))
	for _, c := range []struct {
		normallyClosed, reads, want bool
	}{
		{false, true, false}, // open reads 1, and open is normal
		{false, false, true},
		{true, true, true}, // closed is normal: an open contact or a cut wire is true
		{true, false, false},
	} {
		r := watched.Register("fault", 8, c.normallyClosed)
		require.EqualValues(t, 107, r.Start())
		require.EqualValues(t, 207, *r.FaultAt)
		read := make([]bool, r.Words())
		read[0] = c.reads
		v, q := DecodeBits(r, read)
		require.Equal(t, gtc.QualityGood, q)
		require.Equal(t, gtc.Bool(c.want), v, "normally closed %v reads %v", c.normallyClosed, c.reads)
		read[100] = true
		v, q = DecodeBits(r, read)
		require.Equal(t, gtc.QualitySensorFault, q)
		require.False(t, v.Present())
	}
}
