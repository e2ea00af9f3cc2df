package profile

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

// Every shipped profile agrees with the point catalogue, names its source,
// and has no points of its own.
func TestLibrary(t *testing.T) {
	cat, err := catalogue.Load()
	require.NoError(t, err)
	lib, err := Library()
	require.NoError(t, err)
	for _, id := range []string{
		"danfoss-ecl310-a247", "schneider-iem3155", "kamstrup-multical-603", "moxa-iologik-e1210", "wb-mcm8",
		"eastron-sdm630", "carlo-gavazzi-em24", "samson-trovis-5579", "belgian-p1", "paradox-pai", "dsmr-reader",
	} {
		require.Contains(t, lib, id)
	}
	modbus := slices.DeleteFunc(slices.Collect(maps.Values(lib)), func(p *Profile) bool { return p.Protocol != "modbus" })
	require.GreaterOrEqual(t, len(modbus), 24, "devices on Modbus")
	for id, p := range lib {
		t.Run(id, func(t *testing.T) {
			require.Equal(t, id, p.ID)
			require.Empty(t, p.Check(cat))
			require.NotEmpty(t, p.Source)
			require.False(t, p.Verified, "nothing here was checked on a real device yet")
			for slot := range p.Slots {
				for _, point := range p.Points(slot) {
					require.False(t, strings.HasPrefix(string(point), "x_"), "a shipped profile has no points of its own")
				}
				require.NotEmpty(t, p.Points(slot), "slot %s serves nothing", slot)
			}
			for _, r := range p.Registers {
				require.Contains(t, []string{"alarm", "fast", "normal", "slow"}, r.Poll, r.Point)
			}
		})
	}
}

// Each register of the library decodes what it encodes.
func TestLibraryRegistersRoundTrip(t *testing.T) {
	cat, err := catalogue.Load()
	require.NoError(t, err)
	lib, err := Library()
	require.NoError(t, err)
	for id, p := range lib {
		for _, r := range p.Registers {
			point, ok := cat.Point(p.Slots[r.Slot], r.Point)
			require.True(t, ok)
			for _, v := range samplesOf(r, point) {
				if r.isAbsentFloat(v.Num) {
					continue
				}
				words, err := Encode(r, p.Modbus.WordOrder, v)
				require.NoError(t, err, "%s %s", id, r.Point)
				got, q := Decode(r, p.Modbus.WordOrder, point.Type, words)
				require.Equal(t, gtc.QualityGood, q, "%s %s %v", id, r.Point, v)
				require.InDelta(t, v.Num, got.Num, max(r.Scale, 0.5)/2*1.0001, "%s %s", id, r.Point)
			}
		}
	}
}

func samplesOf(r Register, point catalogue.Point) []gtc.Value {
	switch point.Type {
	case gtc.TypeBool:
		return []gtc.Value{gtc.Bool(false), gtc.Bool(true)}
	case gtc.TypeEnum:
		var out []gtc.Value
		for _, state := range r.Enum {
			out = append(out, gtc.Enum(state))
		}
		return out
	default:
		low, high := 0.0, 300.0
		if r.Min != nil {
			low = *r.Min
		}
		if r.Max != nil {
			high = *r.Max
		}
		return []gtc.Value{gtc.Float(low), gtc.Float((low + high) / 2), gtc.Float(high)}
	}
}

const registerProfile = `profile: test-meter
maker: Test
model: Meter
protocol: modbus
source: made up
slots: {meter: electricity_meter}
registers:
`

func TestParseMistakes(t *testing.T) {
	for _, c := range []struct{ name, yaml, want string }{
		{
			"type", "  - {slot: meter, point: power_kw, table: holding, address: 1, type: flaot32}",
			`p:8:70: registers[0].type: "flaot32" is not one of u16, i16, u32, i32, u64, i64, f32, f64, bcd16, bcd32, bcd64`,
		},
		{
			"table", "  - {slot: meter, point: power_kw, table: holdign, address: 1, type: f32}",
			`p:8:43: registers[0].table: "holdign" is not one of holding, input, coil, discrete (did you mean "holding"?)`,
		},
		{
			"slot", "  - {slot: metre, point: power_kw, table: holding, address: 1, type: f32}",
			`p:8:12: registers[0].slot: there is no slot "metre" (did you mean "meter"?)`,
		},
		{
			"point", "  - {slot: meter, point: power, table: holding, address: 1, type: f32}",
			`p:8:26: registers[0].point: kind electricity_meter has no point "power" (did you mean "power_kw"?)`,
		},
		{
			"overlap", "  - {slot: meter, point: power_kw, table: holding, address: 1, type: f32}\n  - {slot: meter, point: demand_kw, table: holding, address: 2, type: u16}",
			"p:9:62: registers[1].address: meter.demand_kw overlaps with power_kw",
		},
		{
			"twice", "  - {slot: meter, point: power_kw, table: holding, address: 1, type: f32}\n  - {slot: meter, point: power_kw, table: holding, address: 3, type: f32}",
			"p:9:5: registers[1]: meter.power_kw is given twice",
		},
		{
			"bit of a number", "  - {slot: meter, point: power_kw, table: coil, address: 1, type: bit}",
			"p:8:26: registers[0].point: power_kw is a number, not a bit or a state",
		},
		{
			"states missing", "  - {slot: meter, point: tariff, table: holding, address: 1, type: u16}",
			"p:8:26: registers[0].point: tariff is an enumeration: enum is missing",
		},
		{
			"no such state", "  - {slot: meter, point: tariff, table: holding, address: 1, type: u16, enum: {1: 3}}",
			"p:8:79: registers[0].enum: tariff has no state 3",
		},
		{
			"boolean by 2", "  - {slot: meter, point: fault, table: holding, address: 1, type: u16, enum: {1: 2}}",
			"p:8:78: registers[0].enum: fault has no state 2",
		},
		{
			"boolean as float", "  - {slot: meter, point: fault, table: holding, address: 1, type: f32}",
			"p:8:67: registers[0].type: fault has two states: f32 cannot hold it",
		},
		{
			"scaled boolean", "  - {slot: meter, point: fault, table: holding, address: 1, type: u16, scale: 2}",
			"p:8:5: registers[0]: scale, offset, min and max are for numbers, fault is none",
		},
		{
			"bit too high", "  - {slot: meter, point: fault, table: holding, address: 1, type: u16, bit: 16}",
			"p:8:77: registers[0].bit: type u16 has no bit 16",
		},
		{
			"end of the table", "  - {slot: meter, point: power_kw, table: holding, address: 65535, type: f32}",
			"p:8:61: registers[0].address: 65535 and type f32 end after the last register",
		},
		{
			"bounds", "  - {slot: meter, point: power_kw, table: holding, address: 1, type: f32, min: 5, max: 1}",
			"p:8:80: registers[0].min: 5 is above max 1",
		},
		{
			"topics", "  - {slot: meter, point: power_kw, table: holding, address: 1, type: f32}\ntopics: [{topic: a, format: text}]",
			"p:9:9: topics: a modbus profile has registers, not topics",
		},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, mistakesOf(t, registerProfile+c.yaml)) })
	}
	require.Equal(t, `p:1:1: maker is missing
p:1:1: model is missing
p:1:1: source is missing
p:1:1: slots is missing: the equipment that the device serves
p:1:1: protocol is missing: one of modbus, mqtt
p:1:10: profile: "A" is not an id: 2 to 40 of a-z, 0-9 and -`, mistakesOf(t, "profile: A"))
}

func TestParseMQTTMistakes(t *testing.T) {
	head := strings.Replace(registerProfile, "modbus", "mqtt", 1)
	head = strings.Replace(head, "registers:\n", "topics:\n", 1)
	for _, c := range []struct{ name, yaml, want string }{
		{
			"format", "  - {topic: a, format: jsn, fields: [{slot: meter, point: power_kw, path: p}]}",
			`p:8:24: topics[0].format: "jsn" is not one of text, json, csv, p1, sparkplug (did you mean "json"?)`,
		},
		{
			"path", "  - {topic: a, format: json, fields: [{slot: meter, point: power_kw}]}",
			"p:8:39: topics[0].fields[0].path: needed for json, csv, p1 and sparkplug, not for text",
		},
		{
			"wildcard", "  - {topic: \"a/#\", format: text, fields: [{slot: meter, point: power_kw}]}",
			"p:8:13: topics[0].topic: a topic such as {topic}/status; + captures a level, # is not allowed",
		},
		{
			"number", "  - {topic: a, number: 1, format: text, fields: [{slot: meter, point: power_kw}]}",
			"p:8:24: topics[0].number: the topic has no + to take a number from",
		},
		{
			"time", "  - {topic: a, format: json, time: t, fields: [{slot: meter, point: power_kw, path: p}]}",
			"p:8:5: topics[0].time_format is missing: one of unix, unix_ms, rfc3339",
		},
		{
			"point", "  - {topic: a, format: text, fields: [{slot: meter, point: powr_kw}]}",
			`p:8:60: topics[0].fields[0].point: kind electricity_meter has no point "powr_kw" (did you mean "power_kw"?)`,
		},
		{
			"enum", "  - {topic: a, format: text, fields: [{slot: meter, point: power_kw, enum: {a: 1}}]}",
			"p:8:76: topics[0].fields[0].enum: power_kw is a number",
		},
		{"no fields", "  - {topic: a, format: text}", "p:8:5: topics[0].fields is missing"},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, mistakesOf(t, head+c.yaml)) })
	}
}

// mistakesOf returns what both checks say about a profile.
func mistakesOf(t *testing.T, yaml string) string {
	t.Helper()
	cat, err := catalogue.Load()
	require.NoError(t, err)
	p, mistakes := Parse("p", []byte(yaml))
	return append(mistakes, p.Check(cat)...).Error()
}
