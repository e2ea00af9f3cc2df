package mqtt_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/simulators/mqtt"
)

// What the simulated meter says is what the shipped profile reads.
func TestTelegramIsReadByItsProfile(t *testing.T) {
	t.Parallel()
	library, err := profile.Library()
	require.NoError(t, err)
	points, err := catalogue.Load()
	require.NoError(t, err)
	p := library["belgian-p1"]
	want := map[gtc.PointID]gtc.Value{
		"energy_import_t1_kwh": gtc.Float(12345.678), "energy_import_t2_kwh": gtc.Float(98.7), "energy_import_kwh": gtc.Float(12444.378),
		"energy_export_t1_kwh": gtc.Float(0.5), "energy_export_t2_kwh": gtc.Float(0), "energy_export_kwh": gtc.Float(0.5),
		"tariff": gtc.Enum(2), "power_kw": gtc.Float(-3.25), "power_l1_kw": gtc.Float(1.5), "power_l2_kw": gtc.Float(-4.75), "power_l3_kw": gtc.Float(0),
		"demand_kw": gtc.Float(2.125), "demand_max_month_kw": gtc.Float(7.25),
		"voltage_l1_v": gtc.Float(231.5), "current_l3_a": gtc.Float(17.25), "breaker_closed": gtc.Bool(true),
	}
	values := func(slot string, id gtc.PointID) gtc.Value {
		switch slot {
		case "meter":
			return want[id]
		case "gas":
			return gtc.Float(4321.125)
		}
		return gtc.Value{}
	}
	brussels, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	typeOf := func(slot string, id gtc.PointID) gtc.ValueType {
		known, _ := points.Point(p.Slots[slot], id)
		return known.Type
	}
	for _, at := range []time.Time{
		time.Date(2026, 1, 15, 12, 3, 21, 0, time.UTC),
		time.Date(2026, 7, 15, 12, 3, 21, 0, time.UTC),
		time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC), // the hour that comes twice
		time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC),
	} {
		telegram := mqtt.Telegram("1SAG1100000292", at.In(brussels), values)
		topic, ok := p.Match("site/p1", "site/p1")
		require.True(t, ok)
		fields, err := profile.DecodePayload(topic, typeOf, telegram, at.Add(400*time.Millisecond))
		require.NoError(t, err)
		require.Len(t, fields, len(want)+1)
		for _, f := range fields {
			require.Equal(t, gtc.QualityGood, f.Quality, f.Point)
			if f.Slot == "gas" {
				require.Equal(t, at.Truncate(5*time.Minute), f.At)
				require.InDelta(t, 4321.125, f.Value.Num, 1e-9)
				continue
			}
			require.Equal(t, at, f.At, f.Point)
			require.Equal(t, want[f.Point].Type, f.Value.Type, f.Point)
			require.InDelta(t, want[f.Point].Num, f.Value.Num, 1e-6, f.Point)
		}
	}
}

func TestTelegramOfTotals(t *testing.T) {
	t.Parallel()
	telegram := mqtt.Telegram("1", time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC), func(slot string, id gtc.PointID) gtc.Value {
		if slot == "meter" && id == "energy_import_kwh" {
			return gtc.Float(1234.5)
		}
		return gtc.Value{}
	})
	groups, err := profile.ParseTelegram(telegram)
	require.NoError(t, err)
	require.Equal(t, []string{"001234.500*kWh"}, groups["1-0:1.8.1"])
	require.Equal(t, []string{"000000.000*kWh"}, groups["1-0:1.8.2"])
	require.NotContains(t, groups, "1-0:2.8.1")
}

func TestText(t *testing.T) {
	t.Parallel()
	states := map[string]int{"disarmed": 0, "armed_home": 1, "armed_night": 1, "armed_away": 2}
	for name, tt := range map[string]struct {
		field profile.Field
		value gtc.Value
		want  string
		ok    bool
	}{
		"absent":             {profile.Field{}, gtc.Value{}, "", false},
		"true":               {profile.Field{}, gtc.Bool(true), "True", true},
		"false":              {profile.Field{}, gtc.Bool(false), "False", true},
		"listed boolean":     {profile.Field{Enum: map[string]int{"Offline": 0, "Online": 1}}, gtc.Bool(true), "Online", true},
		"listed state":       {profile.Field{Enum: states}, gtc.Enum(1), "armed_home", true},
		"state not listed":   {profile.Field{Enum: states}, gtc.Enum(7), "7", false},
		"number":             {profile.Field{}, gtc.Float(21.5), "21.5", true},
		"number in its unit": {profile.Field{Scale: 0.5, Offset: 1}, gtc.Float(21), "40", true},
	} {
		got, ok := mqtt.Text(&tt.field, tt.value)
		require.Equal(t, tt.ok, ok, name)
		if ok {
			require.Equal(t, tt.want, got, name)
		}
	}
}
