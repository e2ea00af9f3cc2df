package profile

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

// scanPaths are looked for in every text of the tests below.
func scanPaths() []string { return []string{"a", "a.b", "list.1.v", "em:0.x", `dotted\.key`, "t"} }

// FuzzScan compares the scanner with encoding/json: it takes the same texts
// and finds the same values.
func FuzzScan(f *testing.F) {
	for _, text := range []string{
		`{"a":1}`, `{"a":{"b":-1.5e3}}`, `{"list":[0,{"v":"é\u00e9\n"}]}`, `{"em:0":{"x":true}}`, `{"dotted.key":null}`,
		`{"a":{"b":1},"a":5}`, `[1,2`, `{"a":01}`, `{"a":1.}`, `{"a":+1}`, `"\ud800"`, `{"a":"` + "\x01" + `"}`, `{"a":1}{`, ` {} `, `nul`, `{"a" 1}`, `{,}`, `[1,]`, `-`, `"\x"`, "\"\xff\"",
		`{"t":"a\"b","a":tru}`, `{"a":1e}`, `{"list":[[],{"v":{}}]}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tree := &wanted{}
		for i, path := range scanPaths() {
			tree.add(path, i)
		}
		found, ok, err := scan(text, tree, len(scanPaths()))
		if deep(text) {
			return
		}
		require.Equal(t, json.Valid([]byte(text)), err == nil, "%q: %v", text, err)
		if err != nil {
			return
		}
		doc, err := parseJSON([]byte(text))
		require.NoError(t, err)
		for i, path := range scanPaths() {
			want, there := lookup(doc, path)
			require.Equal(t, there, ok[i], "%q %s", text, path)
			if there {
				require.Equal(t, want, found[i], "%q %s", text, path)
			}
		}
	})
}

// deep reports whether a text may be nested deeper than the scanner goes.
func deep(text string) bool {
	n := 0
	for _, c := range text {
		if c == '[' || c == '{' {
			n++
		}
	}
	return n > maxNesting
}

func TestScanIsBounded(t *testing.T) {
	text := make([]byte, 1000)
	for i := range text {
		text[i] = '['
	}
	_, _, err := scan(string(text), &wanted{}, 1)
	require.ErrorIs(t, err, errTooDeep)
}

func TestDecodeForms(t *testing.T) {
	ms := received.Truncate(time.Millisecond)
	at := time.Date(2026, 1, 31, 11, 59, 58, 0, time.UTC)
	field := func(path string, more ...func(*Field)) Field {
		f := Field{Slot: "s", Point: "p", Path: path}
		for _, m := range more {
			m(&f)
		}
		return f
	}
	unit := func(u string) func(*Field) { return func(f *Field) { f.Unit = u } }
	for _, c := range []struct {
		name    string
		topic   Topic
		payload string
		want    []FieldSample
	}{
		{
			"csv",
			Topic{Format: FormatCSV, Separator: ";", Decimal: ",", Time: "1", TimeFormat: "02/01/2006 15:04:05", TimeZone: "Europe/Brussels", Fields: []Field{field("3")}},
			"31/01/2026 12:59:58;x;21,5\r\n",
			[]FieldSample{{"s", "p", at, gtc.Float(21.5), gtc.QualityGood}},
		},
		{"csv too short", Topic{Format: FormatCSV, Fields: []Field{field("3")}}, "1,2", []FieldSample{}},
		{
			"by what it says",
			Topic{Format: FormatJSON, Fields: []Field{field("records.quantity=Energy.value", unit("Wh"))}},
			`{"records":[{"value":1,"quantity":"Power"},{"value":2500,"quantity":"Energy"}]}`,
			[]FieldSample{{"s", "p", ms, gtc.Float(2.5), gtc.QualityGood}},
		},
		{"list", Topic{Format: FormatJSON, Fields: []Field{field("0.v.1")}}, `[{"v":[1,2]}]`, []FieldSample{{"s", "p", ms, gtc.Float(2), gtc.QualityGood}}},
		{"fahrenheit", Topic{Format: FormatText, Fields: []Field{field("", unit("°F"))}}, "212", []FieldSample{{"s", "p", ms, gtc.Float(100), gtc.QualityGood}}},
		{"sign", Topic{Format: FormatText, Fields: []Field{field("", func(f *Field) { f.Scale = -1 }, unit("W"))}}, "1500", []FieldSample{{"s", "p", ms, gtc.Float(-1.5), gtc.QualityGood}}},
		{"wrapped with a time", Topic{Format: FormatText, Time: "time", TimeFormat: timeUnix, Fields: []Field{field("")}}, `{"value":"1","time":1769860798}`, []FieldSample{{"s", "p", at, gtc.Float(1), gtc.QualityGood}}},
		{"not wrapped", Topic{Format: FormatText, Time: "time", TimeFormat: timeUnix, Fields: []Field{field("")}}, `1`, []FieldSample{{"s", "p", ms, gtc.Float(1), gtc.QualityGood}}},
		{"too old", Topic{Format: FormatJSON, Time: "t", TimeFormat: timeUnix, Fields: []Field{field("v")}}, `{"v":1,"t":1700000000}`, []FieldSample{{"s", "p", ms, gtc.Float(1), gtc.QualityBadClock}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := DecodePayload(&c.topic, floats, []byte(c.payload), received)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
	for _, bad := range []string{"1\n2\n", "", `"`} {
		_, err := DecodePayload(&Topic{Format: FormatCSV, Fields: []Field{field("1")}}, floats, []byte(bad), received)
		require.Error(t, err, bad)
	}
}

// The letter-less hour that comes twice is the one nearer to the reception.
func TestOwnTimeInTheHourThatComesTwice(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	for _, want := range []time.Time{
		time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC),
		time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC),
	} {
		at, q := ownTime("2026-10-25T02:30:00", "2006-01-02T15:04:05", loc, want.Add(20*time.Second))
		require.Equal(t, gtc.QualityGood, q)
		require.Equal(t, want, at)
	}
}

func TestNamedCaptures(t *testing.T) {
	p := &Profile{Slots: map[string]gtc.Kind{"room": "room"}, Topics: []Topic{{
		Topic: "{topic}/{site}/{equipment}/{point}", Format: FormatText,
		Points: map[string]gtc.PointID{"temp": "air_temp"},
		Fields: []Field{{Slot: "room", Point: "{point}"}},
	}}}
	require.Equal(t, []string{"home/+/+/+"}, p.Filters("home"))
	got, ok := p.Match("home", "home/jules/bureau/temp")
	require.True(t, ok)
	require.Equal(t, gtc.SiteID("jules"), got.Site())
	require.Equal(t, "room:bureau", got.Fields[0].Slot)
	require.Equal(t, gtc.PointID("air_temp"), got.Fields[0].Point)
	kind, ok := p.Kind(got.Fields[0].Slot)
	require.True(t, ok)
	require.Equal(t, gtc.Kind("room"), kind)
	for _, no := range []string{"home/jules/bureau/other", "home/jules/bureau", "home//bureau/temp", "home/jules/bureau/temp/x"} {
		_, ok = p.Match("home", no)
		require.False(t, ok, no)
	}
	p.Topics[0].Points = nil // then the level is the point
	got, ok = p.Match("home", "home/jules/bureau/humidity_pct")
	require.True(t, ok)
	require.Equal(t, gtc.PointID("humidity_pct"), got.Fields[0].Point)
}

func BenchmarkDecodeJSON(b *testing.B) {
	lib, err := Library()
	require.NoError(b, err)
	topic, _ := lib["zigbee2mqtt-meter"].Match("z/m", "z/m")
	payload := []byte(`{"current":0.52,"energy":123.45,"power":118,"voltage":231}`)
	b.ReportAllocs()
	for b.Loop() {
		if s, err := DecodePayload(topic, floats, payload, received); err != nil || len(s) != 4 {
			b.Fatal(s, err)
		}
	}
}
