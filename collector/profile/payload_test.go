package profile

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

var received = time.Date(2026, 1, 31, 12, 0, 0, 123_456_789, time.UTC)

// floats says that every point is a number.
func floats(string, gtc.PointID) gtc.ValueType { return gtc.TypeFloat }

func bools(string, gtc.PointID) gtc.ValueType { return gtc.TypeBool }

func enums(string, gtc.PointID) gtc.ValueType { return gtc.TypeEnum }

func TestDecodeText(t *testing.T) {
	states := map[string]int{"disarmed": 0, "armed_away": 2}
	for _, c := range []struct {
		name    string
		field   Field
		typeOf  TypeOf
		payload string
		want    gtc.Value
		q       gtc.Quality
	}{
		{"number", Field{}, floats, " 21.5\n", gtc.Float(21.5), gtc.QualityGood},
		{"scaled", Field{Scale: 0.001}, floats, "1500", gtc.Float(1.5), gtc.QualityGood},
		{"wrapped", Field{}, floats, `{"value": 21.5, "time": 12}`, gtc.Float(21.5), gtc.QualityGood},
		{"too high", Field{Max: new(20.0)}, floats, "21.5", gtc.Value{}, gtc.QualityOutOfRange},
		{"empty", Field{}, floats, "", gtc.Value{}, gtc.QualitySensorFault},
		{"text", Field{}, floats, "unavailable", gtc.Value{}, gtc.QualitySensorFault},
		{"not a number", Field{}, floats, "NaN", gtc.Value{}, gtc.QualitySensorFault},
		{"infinite", Field{}, floats, "1e999", gtc.Value{}, gtc.QualitySensorFault},
		{"hexadecimal", Field{}, floats, "0x10", gtc.Value{}, gtc.QualitySensorFault},
		{"comma", Field{}, floats, "21,5", gtc.Value{}, gtc.QualitySensorFault},
		{"True", Field{}, bools, "True", gtc.Bool(true), gtc.QualityGood},
		{"OFF", Field{}, bools, "OFF", gtc.Bool(false), gtc.QualityGood},
		{"1", Field{}, bools, "1", gtc.Bool(true), gtc.QualityGood},
		{"neither", Field{}, bools, "maybe", gtc.Value{}, gtc.QualityOutOfRange},
		{"own words", Field{Enum: map[string]int{"open": 1, "closed": 0}}, bools, "open", gtc.Bool(true), gtc.QualityGood},
		{"own words only", Field{Enum: map[string]int{"open": 1, "closed": 0}}, bools, "true", gtc.Value{}, gtc.QualityOutOfRange},
		{"state", Field{Enum: states}, enums, "armed_away", gtc.Enum(2), gtc.QualityGood},
		{"unknown state", Field{Enum: states}, enums, "asleep", gtc.Value{}, gtc.QualityOutOfRange},
		{"state as a number", Field{}, enums, "3", gtc.Enum(3), gtc.QualityGood},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.field.Slot, c.field.Point = "s", "p"
			got, err := DecodePayload(&Topic{Format: "text", Fields: []Field{c.field}}, c.typeOf, []byte(c.payload), received)
			require.NoError(t, err)
			require.Equal(t, []FieldSample{{
				Slot: "s", Point: "p", At: received.Truncate(time.Millisecond), Value: c.want, Quality: c.q,
			}}, got)
		})
	}
	none := func(string, gtc.PointID) gtc.ValueType { return gtc.TypeNone }
	got, err := DecodePayload(&Topic{Format: "text", Fields: []Field{{Slot: "s", Point: "p"}}}, none, []byte("1"), received)
	require.NoError(t, err)
	require.Empty(t, got, "a slot that is not used gives nothing")
	got, err = DecodePayload(&Topic{Format: "text", Fields: []Field{{Slot: "s", Point: "p", Ignore: []string{"triggered"}}}}, enums, []byte("triggered"), received)
	require.NoError(t, err)
	require.Empty(t, got)
}

func TestDecodeJSON(t *testing.T) {
	topic := &Topic{Format: "json", Time: "t", TimeFormat: "unix_ms", Fields: []Field{
		{Slot: "s", Point: "a_temp", Path: "temperature"},
		{Slot: "s", Point: "b_temp", Path: "nested.list.1.value", Scale: 0.1},
		{Slot: "s", Point: "power_kw", Path: "in - out", Scale: 0.001},
		{Slot: "s", Point: "energy_kwh", Path: "t1 + t2"},
	}}
	at := time.Date(2026, 1, 31, 11, 59, 58, 500_000_000, time.UTC)
	got, err := DecodePayload(topic, floats, []byte(`{"t": 1769860798500, "temperature": "21.5",
		"nested": {"list": [0, {"value": 215}]}, "in": 100, "out": 250.5, "t1": 0.1, "t2": 0.2}`), received)
	require.NoError(t, err)
	require.Equal(t, []FieldSample{
		{"s", "a_temp", at, gtc.Float(21.5), gtc.QualityGood},
		{"s", "b_temp", at, gtc.Float(21.5), gtc.QualityGood},
		{"s", "power_kw", at, gtc.Float(-0.1505), gtc.QualityGood},
		{"s", "energy_kwh", at, gtc.Float(0.3), gtc.QualityGood},
	}, got)

	// What the message does not contain gives no sample; null and an object
	// do: there is a sensor and it has no value.
	got, err = DecodePayload(topic, floats, []byte(`{"t": 1769860798500, "temperature": null, "in": 5}`), received)
	require.NoError(t, err)
	require.Equal(t, []FieldSample{{"s", "a_temp", at, gtc.Value{}, gtc.QualitySensorFault}}, got)

	for _, bad := range []string{"", "{", "{} {}", "text", "{\"a\":1}x"} {
		_, err = DecodePayload(topic, floats, []byte(bad), received)
		require.Error(t, err, bad)
	}
	_, err = DecodePayload(topic, floats, make([]byte, MaxPayload+1), received)
	require.Error(t, err)
	_, err = DecodePayload(&Topic{Format: "xml"}, floats, nil, received)
	require.Error(t, err)
}

func TestOwnTime(t *testing.T) {
	ms := received.Truncate(time.Millisecond)
	for _, c := range []struct {
		text, format string
		want         time.Time
		q            gtc.Quality
	}{
		{"1769860798", "unix", time.Date(2026, 1, 31, 11, 59, 58, 0, time.UTC), gtc.QualityGood},
		{"1769860798.25", "unix", time.Date(2026, 1, 31, 11, 59, 58, 250_000_000, time.UTC), gtc.QualityGood},
		{"2026-01-31T12:59:58.5+01:00", "rfc3339", time.Date(2026, 1, 31, 11, 59, 58, 500_000_000, time.UTC), gtc.QualityGood},
		{"2026-01-31T12:04:00Z", "rfc3339", time.Date(2026, 1, 31, 12, 4, 0, 0, time.UTC), gtc.QualityGood},
		{"2026-01-31T12:06:00Z", "rfc3339", ms, gtc.QualityBadClock},
		{"1970-01-01T00:00:09Z", "rfc3339", ms, gtc.QualityBadClock},
		{"yesterday", "rfc3339", ms, gtc.QualityBadClock},
		{"", "unix", ms, gtc.QualityBadClock},
		{"1e300", "unix", ms, gtc.QualityBadClock},
		{"NaN", "unix_ms", ms, gtc.QualityBadClock},
	} {
		at, q := ownTime(c.text, c.format, time.UTC, ms)
		require.Equal(t, c.q, q, c.text)
		require.Equal(t, c.want, at, c.text)
	}
	// A value with a bad clock is kept, marked, at the instant of reception.
	topic := &Topic{Format: "json", Time: "t", TimeFormat: "unix", Fields: []Field{{Slot: "s", Point: "p", Path: "v"}}}
	got, err := DecodePayload(topic, floats, []byte(`{"v": 1}`), received)
	require.NoError(t, err)
	require.Equal(t, []FieldSample{{"s", "p", ms, gtc.Float(1), gtc.QualityBadClock}}, got)
}

func TestMatch(t *testing.T) {
	one := 1
	p := &Profile{Topics: []Topic{
		{Topic: "{topic}/status", Fields: []Field{{Point: "a"}}},
		{Topic: "{topic}/+/state", Number: &one, Fields: []Field{{Point: "first_{1}"}}},
		{Topic: "{topic}/+/state", Fields: []Field{{Point: "partition_{1}_set_state"}}},
		{Topic: "{topic}", Fields: []Field{{Point: "b"}}},
	}}
	for topic, want := range map[string]string{
		"home/x/status":        "a",
		"home/x":               "b",
		"home/x/1/state":       "first_01",
		"home/x/Area_1/state":  "first_01",
		"home/x/Area 12/state": "partition_12_set_state",
		"home/x/007/state":     "partition_07_set_state",
		"home/x/1234/state":    "partition_1234_set_state",
		"home/x/12345/state":   "",
		"home/x/Bureau/state":  "",
		"home/x/0/state":       "",
		"home/x//state":        "",
		"home/x/status/":       "",
		"home/x/status/more":   "",
		"home/y":               "",
		"home":                 "",
		"":                     "",
	} {
		got, ok := p.Match("home/x", topic)
		require.Equal(t, want != "", ok, topic)
		if ok {
			require.Equal(t, gtc.PointID(want), got.Fields[0].Point, topic)
		}
	}
	require.Equal(t, gtc.PointID("first_{1}"), p.Topics[1].Fields[0].Point, "the profile itself is not changed")
	require.Equal(t, []string{"home/x/status", "home/x/+/state", "home/x"}, p.Filters("home/x"))
}

// Every topic of every shipped profile is found again under the name that a
// device would publish it with.
func TestLibraryTopicsMatchThemselves(t *testing.T) {
	lib, err := Library()
	require.NoError(t, err)
	for id, p := range lib {
		for i := range p.Topics {
			name := p.Topics[i].Name("site/device")
			got, ok := p.Match("site/device", name)
			require.True(t, ok, "%s %s", id, name)
			if p.Topics[i].Number != nil {
				require.Equal(t, p.Topics[i].Fields, got.Fields, "%s %s", id, name)
			}
		}
	}
}

func TestParadox(t *testing.T) {
	lib, err := Library()
	require.NoError(t, err)
	cat, err := catalogue.Load()
	require.NoError(t, err)
	p := lib["paradox-pai"]
	typeOf := func(slot string, id gtc.PointID) gtc.ValueType {
		point, _ := cat.Point(p.Slots[slot], id)
		return point.Type
	}
	decode := func(topic, payload string) map[string]string {
		match, ok := p.Match("paradox", topic)
		require.True(t, ok, topic)
		samples, err := DecodePayload(match, typeOf, []byte(payload), received)
		require.NoError(t, err)
		got := map[string]string{}
		for _, s := range samples {
			got[s.Slot+"."+string(s.Point)] = s.Value.String() + " " + s.Quality.String()
		}
		return got
	}
	require.Equal(t, map[string]string{"panel.set_state": "2 good", "panel.partition_01_set_state": "2 good"},
		decode("paradox/states/partitions/Area_1/current_state", "armed_away"))
	require.Equal(t, map[string]string{"partition_2.set_state": "0 good", "panel.partition_02_set_state": "0 good"},
		decode("paradox/states/partitions/2/current_state", "disarmed"))
	require.Equal(t, map[string]string{"panel.partition_08_set_state": "3 good"},
		decode("paradox/states/partitions/8/current_state", "arming"))
	require.Empty(t, decode("paradox/states/partitions/1/current_state", "triggered"))
	require.Equal(t, map[string]string{"panel.intrusion_alarm": "true good"},
		decode("paradox/states/partitions/Area_1/audible_alarm", "True"))
	require.Equal(t, map[string]string{"panel.mains_fail": "false good"},
		decode("paradox/states/system/troubles/ac_failure_trouble", "False"))
}
