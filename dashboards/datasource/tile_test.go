package datasource

import (
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/dashboards/datasource/hubapi"
)

func speaking(t *testing.T, lang string) *Datasource {
	t.Helper()
	say, err := newTexts(lang)
	require.NoError(t, err)
	return &Datasource{say: say}
}

func TestTiles(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	alarm := func(p gtc.Priority) *gtc.Alarm {
		return &gtc.Alarm{Class: "boiler_lockout", Priority: p, Label: gtc.Label{"fr": "Chaudière en sécurité", "nl": "Ketel in veiligheid"}, Since: ago(134 * time.Minute)}
	}
	for _, c := range []struct {
		lang, want string
		site       hubapi.Site
	}{
		{"fr", "■ 1 Chaudière en sécurité · 2 h 14", hubapi.Site{State: "alarm", Worst: alarm(1)}},
		{"nl", "▲ 2 Ketel in veiligheid · 2 h 14", hubapi.Site{State: "alarm", Worst: alarm(2)}},
		{"fr", "● 3 Chaudière en sécurité · 2 h 14", hubapi.Site{State: "alarm", Worst: alarm(3)}},
		{"fr", "◆ 4 Chaudière en sécurité · 2 h 14", hubapi.Site{State: "alarm", Worst: alarm(4)}},
		{"fr", "▨ Alarme", hubapi.Site{State: "alarm"}},
		{"fr", "▨ Inconnu depuis 12 min", hubapi.Site{State: "unknown", LastSample: ago(12 * time.Minute)}},
		{"fr", "▨ Inconnu, rien reçu", hubapi.Site{State: "unknown"}},
		{"fr", "▨ Inconnu, rien reçu", hubapi.Site{State: "a state of a later hub"}},
		{"fr", "▨ En retard · 14 min", hubapi.Site{State: "stale", LastSample: ago(14 * time.Minute), StalePoints: 8, Points: 89}},
		{"fr", "▨ 8 points en retard sur 89", hubapi.Site{State: "stale", LastSample: ago(time.Second), StalePoints: 8, Points: 89}},
		{"fr", "▨ 1 point en retard sur 89", hubapi.Site{State: "stale", LastSample: ago(time.Second), StalePoints: 1, Points: 89}},
		{"fr", "◆ Dérive 1\u202f234 €/sem.", hubapi.Site{State: "drift", Findings: 1, EURPerWeek: new(1234.4)}},
		{"en", "◆ Drift €1,234/week", hubapi.Site{State: "drift", Findings: 1, EURPerWeek: new(1234.4)}},
		{"fr", "◆ Dérive 900 kWh/sem.", hubapi.Site{State: "drift", Findings: 1, KWhPerWeek: 900}},
		{"fr", "◆ 2 constat(s)", hubapi.Site{State: "drift", Findings: 2}},
		{"fr", "Normal · 12 s", hubapi.Site{State: "normal", LastSample: ago(12 * time.Second)}},
		{"nl", "Normaal · 3 d 4 h", hubapi.Site{State: "normal", LastSample: ago(76 * time.Hour)}},
	} {
		assert.Equal(t, c.want, speaking(t, c.lang).tile(&c.site, now))
	}
}

// A day of 23 hours has one that is unknown, a day of 25 the mean of two.
func TestCarpetOfDaysOfOtherLength(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	group := func(day time.Time) *api.ConsumptionGroup {
		r := &api.ConsumptionGroup{Meter: "gaz"}
		for at := day; at.Before(day.AddDate(0, 0, 2)); at = at.Add(time.Hour) {
			r.Intervals = append(r.Intervals, api.ConsumptionInterval{At: at.UnixMilli(), Actual: new(float64(len(r.Intervals)))})
		}
		return r
	}
	d := speaking(t, "fr")
	value := func(f *data.Frame, day, hour int) *float64 {
		v, ok := f.Fields[2].At(24*day + hour).(*float64)
		require.True(t, ok)
		return v
	}
	spring := d.carpet(&api.Consumption{Unit: api.UnitKWh}, group(time.Date(2026, 3, 29, 0, 0, 0, 0, zone)), zone)
	require.Equal(t, 48, spring.Rows())
	assert.Nil(t, value(spring, 0, 2))
	assert.InDelta(t, 2, *value(spring, 0, 3), 0)
	assert.InDelta(t, 23, *value(spring, 1, 0), 0)
	autumn := d.carpet(&api.Consumption{Unit: api.UnitKWh}, group(time.Date(2026, 10, 25, 0, 0, 0, 0, zone)), zone)
	require.Equal(t, 48, autumn.Rows())
	assert.InDelta(t, 2.5, *value(autumn, 0, 2), 0)
	assert.InDelta(t, 4, *value(autumn, 0, 3), 0)
	assert.InDelta(t, 25, *value(autumn, 1, 0), 0)
}

// Grafana's heat map draws cells of one size, which it takes from the first two
// columns; it knows the columns by where the hours begin again, and the corner
// of a cell by the names of the fields.
func TestCarpetIsWhatTheHeatMapTakes(t *testing.T) {
	zone := brussels()
	d := speaking(t, "fr")
	hour := func(month time.Month, day, hour int) api.ConsumptionInterval {
		return api.ConsumptionInterval{At: time.Date(2026, month, day, hour, 0, 0, 0, zone).UnixMilli(), Actual: new(1.0)}
	}
	for name, c := range map[string]struct {
		intervals []api.ConsumptionInterval
		days      int
	}{
		"nothing":                            {nil, 0},
		"one day gives a second, empty":      {[]api.ConsumptionInterval{hour(11, 3, 5)}, 2},
		"days without a measure keep theirs": {[]api.ConsumptionInterval{hour(11, 3, 5), hour(11, 7, 5)}, 5},
		"over a change of the clock":         {[]api.ConsumptionInterval{hour(10, 24, 5), hour(10, 26, 5)}, 3},
	} {
		f := d.carpet(&api.Consumption{Unit: api.UnitKWh}, &api.ConsumptionGroup{Meter: "gaz", Intervals: c.intervals}, zone)
		assert.Equal(t, frameTypeHeatmapCells, f.Meta.Type, name)
		require.Equal(t, 24*c.days, f.Rows(), name)
		require.Len(t, f.Fields, 3)
		assert.Equal(t, "xMin", f.Fields[0].Name, name)
		assert.Equal(t, "yMin", f.Fields[1].Name, name)
		for i := range f.Rows() {
			at, ok := f.Fields[0].At(i).(time.Time)
			require.True(t, ok)
			assert.Zero(t, at.In(zone).Hour(), name)
			assert.InDelta(t, i%24, f.Fields[1].At(i), 0, name)
			if i >= 24 {
				before, ok := f.Fields[0].At(i - 24).(time.Time)
				require.True(t, ok)
				assert.Equal(t, before.In(zone).AddDate(0, 0, 1).UTC(), at, name)
			}
		}
	}
}

func TestEmptyShapesHaveTheirFields(t *testing.T) {
	d := speaking(t, "fr")
	for format, want := range map[string][]string{
		"signature": {"temperature", "actual", "expected", "time"}, "carpet": {"xMin", "yMin", "actual"}, "duration": {"hours", "kw"},
	} {
		f := d.emptyShape(format)
		assert.Zero(t, f.Rows(), format)
		var names []string
		for _, field := range f.Fields {
			names = append(names, field.Name)
		}
		assert.Equal(t, want, names, format)
	}
}

func TestShapesLeaveOutWhatIsUnknown(t *testing.T) {
	d := speaking(t, "fr")
	r := &api.ConsumptionGroup{Intervals: []api.ConsumptionInterval{
		{At: 0, Actual: new(5.0), Temperature: new(8.0), Expected: new(4.0)},
		{At: 1, Actual: new(9.0), Temperature: new(-2.0)},
		{At: 2, Actual: new(7.0)},
		{At: 3, Temperature: new(1.0)},
	}}
	signature := d.signature(&api.Consumption{Unit: api.UnitKWh}, r)
	require.Equal(t, 2, signature.Rows())
	assert.InDelta(t, -2, signature.Fields[0].At(0), 0)
	assert.Nil(t, signature.Fields[2].At(0))
	duration := d.duration(&api.Consumption{}, r)
	require.Equal(t, 3, duration.Rows())
	for i, want := range []float64{9, 7, 5} {
		assert.InDelta(t, float64(i+1), duration.Fields[0].At(i), 0)
		assert.InDelta(t, want, duration.Fields[1].At(i), 0)
	}
}

func TestSortedRows(t *testing.T) {
	f := data.NewFrame("energy", data.NewField("site", nil, []string{"a", "b", "c", "d"}), data.NewField("kwh", nil, []*float64{new(1.0), nil, new(3.0), new(2.0)}))
	require.NoError(t, (&Datasource{}).pick([]byte(`{"sort":"-kwh","limit":3,"fields":["kwh","site"]}`), data.Frames{f}))
	require.Equal(t, 3, f.Rows())
	assert.Equal(t, "kwh", f.Fields[0].Name)
	assert.Equal(t, []any{"c", "d", "a"}, []any{f.Fields[1].At(0), f.Fields[1].At(1), f.Fields[1].At(2)})
}

// What a wall says of rows in a few words.
func TestRowTiles(t *testing.T) {
	d := speaking(t, "fr")
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for want, f := range map[string]*data.Frame{
		"▲ 2 Détection : hors surveillance · 5 h": data.NewFrame("alarms", data.NewField("priority", nil, []int64{2}),
			data.NewField("label", nil, []string{"Détection : hors surveillance"}), data.NewField("age_s", nil, []*float64{new(18000.0)})),
		"Entretien · jusqu’à 14:00": data.NewFrame("works", data.NewField("reason", nil, []string{"Entretien"}), data.NewField("until", nil, []time.Time{at.Add(time.Hour)})).
			SetMeta(&data.FrameMeta{Custom: hubTime(at)}),
		"jusqu’à 21/11 13:00": data.NewFrame("works", data.NewField("reason", nil, []string{""}), data.NewField("until", nil, []time.Time{at.Add(24 * time.Hour)})).
			SetMeta(&data.FrameMeta{Custom: hubTime(at)}),
		"▲ Perdu · 2 min": data.NewFrame("edges", data.NewField("state", nil, []string{"lost"}), data.NewField("age_s", nil, []*float64{new(130.0)})),
		"▲ compteur · Ne répond pas": data.NewFrame("devices", data.NewField("state", nil, []string{"offline"}),
			data.NewField("device", nil, []string{"compteur"}), data.NewField("age_s", nil, []*float64{nil})),
		"◆ 256 €/sem. · Gaz · 64 j": data.NewFrame("findings", data.NewField("kind", nil, []string{"drift"}), data.NewField("meter_label", nil, []string{"Gaz"}),
			data.NewField("eur_per_week", nil, []*float64{new(256.2)}), data.NewField("days", nil, []float64{64.2})),
	} {
		require.NoError(t, d.pick([]byte(`{"fields":["tile"]}`), data.Frames{f}))
		assert.Equal(t, want, f.Fields[0].At(0))
	}
}
