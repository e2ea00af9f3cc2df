package rollup_test

import (
	"math"
	"testing"
	"time"

	"github.com/influxdata/line-protocol/v2/lineprotocol"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/rollup"
	"github.com/cpas-charleroi/gtc/rules/energy"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// line is one line of line protocol.
type line struct {
	measurement string
	tags        map[string]string
	fields      map[string]any
	at          time.Time
}

// decode reads one line with a decoder written by others.
func decode(t *testing.T, data []byte) line {
	t.Helper()
	tags, fields := map[string]string{}, map[string]any{}
	dec := lineprotocol.NewDecoderWithBytes(data)
	require.True(t, dec.Next())
	m, err := dec.Measurement()
	require.NoError(t, err)
	for {
		k, v, err := dec.NextTag()
		require.NoError(t, err)
		if k == nil {
			break
		}
		tags[string(k)] = string(v)
	}
	for {
		k, v, err := dec.NextField()
		require.NoError(t, err)
		if k == nil {
			break
		}
		fields[string(k)] = v.Interface()
	}
	at, err := dec.Time(lineprotocol.Millisecond, time.Time{})
	require.NoError(t, err)
	require.False(t, dec.Next(), "one line")
	return line{string(m), tags, fields, at}
}

func TestAppendInterval(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 29, 23, 0, 0, 0, time.UTC)
	gas := gtc.Meter{Equipment: "gaz", Carrier: gtc.CarrierGas, Direction: gtc.DirectionImport, KWhPerUnit: 10.9}
	water := gtc.Meter{Equipment: "eau-1", Carrier: gtc.CarrierWater, Direction: gtc.DirectionImport}
	tags := func(m gtc.Meter, step string) map[string]string {
		return map[string]string{"carrier": string(m.Carrier), "direction": "import", "meter": string(m.Equipment), "site": "mr-1", "step": step}
	}
	for name, c := range map[string]struct {
		meter    gtc.Meter
		iv       energy.Interval
		expected func(energy.Interval) (baseline.Expectation, bool)
		fields   map[string]any
	}{
		"an hour of gas": {gas, energy.Interval{Start: at, KWh: 12.5, Volume: 1.25, Coverage: 1}, nil, map[string]any{"coverage": 1.0, "source": "metered", "kwh": 12.5, "m3": 1.25}},
		"estimated":      {gas, energy.Interval{Start: at, Estimated: true}, nil, map[string]any{"coverage": 0.0, "source": "estimated", "kwh": 0.0}},
		"no energy":      {water, energy.Interval{Start: at, Coverage: 0.5}, nil, map[string]any{"coverage": 0.5, "source": "metered", "m3": 0.0}},
		"expected": {gas, energy.Interval{Start: at, KWh: 1e-7, Coverage: 1}, func(energy.Interval) (baseline.Expectation, bool) {
			return baseline.Expectation{KWh: 2, Low: 1, High: math.Inf(1)}, true
		}, map[string]any{"coverage": 1.0, "source": "metered", "kwh": 1e-7, "expected_kwh": 2.0, "expected_low": 1.0}},
		"a source of its own": {gas, energy.Interval{Start: at, Source: `said "so" \ there`}, nil, map[string]any{"coverage": 0.0, "source": `said "so" \ there`, "kwh": 0.0}},
		"nothing to expect": {gas, energy.Interval{Start: at, KWh: math.NaN(), Coverage: 1}, func(energy.Interval) (baseline.Expectation, bool) {
			return baseline.Expectation{KWh: 2}, false
		}, map[string]any{"coverage": 1.0, "source": "metered"}},
	} {
		got := decode(t, rollup.AppendInterval(nil, "mr-1", c.meter, rollup.StepHour, c.iv, c.expected))
		require.Equal(t, "energy", got.measurement, name)
		require.Equal(t, tags(c.meter, "hour"), got.tags, name)
		require.Equal(t, c.fields, got.fields, name)
		require.Equal(t, at, got.at.UTC(), name)
	}
}

func TestAppendTempDay(t *testing.T) {
	t.Parallel()
	day := energy.TempDay{Date: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), Mean: 3, Min: -1, Max: 6, DJ15: 12, DJ165: 13.5, Hours: 24}
	got := decode(t, rollup.AppendTempDay(nil, "charleroi", day))
	require.Equal(t, "weather_day", got.measurement)
	require.Equal(t, map[string]string{"station": "charleroi"}, got.tags)
	require.Equal(t, map[string]any{"temp_mean": 3.0, "temp_min": -1.0, "temp_max": 6.0, "dj15": 12.0, "dj165": 13.5, "hours": 24.0, "source": "site"}, got.fields)
	day.HasEq, day.DJ165Eq = true, 13
	require.InDelta(t, 13.0, decode(t, rollup.AppendTempDay(nil, "charleroi", day)).fields["dj165eq"], 1e-9)
}
