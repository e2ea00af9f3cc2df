package energy

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
)

func monthly() *gtc.GasVolume {
	return &gtc.GasVolume{
		AirMbar: 1000, PressureMbar: 22, TempC: 12,
		Values: []gtc.CalorificValue{
			{From: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), KWhPerM3n: 11.4},
			{From: time.Date(2025, 2, 1, 0, 0, 0, 0, time.UTC), KWhPerM3n: 11.5},
		},
	}
}

func gasMeter(g *gtc.GasVolume) gtc.Meter {
	return gtc.Meter{Equipment: "gaz", Point: "volume_m3", Carrier: gtc.CarrierGas, KWhPerUnit: 11, Gas: g}
}

// hoursOf has one m³ in each of n hours.
func cubicMetres(from time.Time, n int) []Reading {
	var out []Reading
	for i := range n + 1 {
		out = append(out, Reading{At: from.Add(time.Duration(i) * time.Hour), Index: 100 + float64(i)})
	}
	return out
}

// TestGasIsCorrectedOnce follows the formula by hand: m³ × (Pa+Pm)/1013.25 ×
// 273.15/(273.15+T) × PCS of the date.
func TestGasIsCorrectedOnce(t *testing.T) {
	start := time.Date(2025, 1, 31, 22, 0, 0, 0, time.UTC)
	readings := cubicMetres(start, 4)
	z := 1022.0 / 1013.25 * 273.15 / 285.15
	hours := Hours(gasMeter(monthly()), readings, start, start.Add(4*time.Hour))
	require.Len(t, hours, 4)
	for i, h := range hours {
		pcs := 11.4
		if i >= 2 {
			pcs = 11.5
		}
		require.InDelta(t, 1, h.Volume, 1e-9)
		require.InDelta(t, z, h.NormalVolume, 1e-9)
		require.InDelta(t, pcs, h.PCS, 0)
		require.InDelta(t, z*pcs, h.KWh, 1e-9)
	}

	converter := monthly()
	converter.Normal = true
	hours = Hours(gasMeter(converter), readings, start, start.Add(4*time.Hour))
	require.InDelta(t, 11.4, hours[0].KWh, 1e-9, "what a converter counts is not corrected again")

	constant := gasMeter(nil)
	constant.KWhPerUnit = 10.9
	hours = Hours(constant, readings, start, start.Add(4*time.Hour))
	require.InDelta(t, 10.9, hours[0].KWh, 1e-9, "one constant goes on as it did")
	require.Zero(t, hours[0].PCS)
}

func TestMeasuredPressureAndTemperatureComeFirst(t *testing.T) {
	start := time.Date(2025, 1, 10, 0, 0, 0, 0, time.UTC)
	states := []GasState{
		{Start: start, Mbar: 100, HasMbar: true, C: 0, HasC: true},
		{Start: start.Add(time.Hour), C: 20, HasC: true},
		{Start: start.Add(2 * time.Hour), Mbar: 65535, HasMbar: true, C: -273, HasC: true}, // a sensor at fault
	}
	hours := HoursAt(gasMeter(monthly()), cubicMetres(start, 4), states, start, start.Add(4*time.Hour))
	z := func(mbar, c float64) float64 { return mbar / 1013.25 * 273.15 / (273.15 + c) }
	for i, want := range []float64{z(1100, 0), z(1022, 20), z(1022, 12), z(1022, 12)} {
		require.InDelta(t, want, hours[i].NormalVolume, 1e-9, "hour %d", i)
	}
	absolute := monthly()
	absolute.Absolute = true
	states[0].Mbar = 1050
	hours = HoursAt(gasMeter(absolute), cubicMetres(start, 4), states, start, start.Add(time.Hour))
	require.InDelta(t, z(1050, 0), hours[0].NormalVolume, 1e-9, "an absolute pressure holds the air already")
}

// A date without a calorific value has m³ and no kWh: absent is not zero.
func TestDatesWithoutCalorificValue(t *testing.T) {
	start := time.Date(2024, 12, 31, 0, 0, 0, 0, time.UTC)
	days := Days(Hours(gasMeter(monthly()), cubicMetres(start, 48), start, start.Add(48*time.Hour)), time.UTC)
	require.Len(t, days, 2)
	require.True(t, days[0].NoEnergy)
	require.InDelta(t, 24, days[0].Volume, 1e-9)
	require.False(t, days[1].NoEnergy)
	joined := Join(days, nil)
	require.False(t, joined[0].HasKWh)
	require.True(t, joined[1].HasKWh)
	_, ok := GasKWh(monthly(), 10, start)
	require.False(t, ok)

	// No gas is no energy, whatever it would have been worth.
	still := []Reading{{At: start, Index: 5}, {At: start.Add(time.Hour), Index: 5}}
	require.False(t, Hours(gasMeter(monthly()), still, start, start.Add(time.Hour))[0].NoEnergy)
}

// A corrected value changes the days that it holds for, and those alone, to
// what a new rollup would have made of them.
func TestRevalue(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := monthly()
		start := time.Date(2024, 12, 20, 0, 0, 0, 0, time.UTC)
		readings := cubicMetres(start, 24*60)
		old := Days(Hours(gasMeter(g), readings, start, start.AddDate(0, 0, 60)), time.UTC)
		corrected := monthly()
		k := rapid.IntRange(0, 1).Draw(rt, "value")
		corrected.Values[k].KWhPerM3n = rapid.Float64Range(9.6, 12.7).Draw(rt, "pcs")
		if rapid.Bool().Draw(rt, "earlier") {
			corrected.Values[0].From = start.AddDate(0, 0, rapid.IntRange(0, 11).Draw(rt, "day"))
		}
		want := Days(Hours(gasMeter(corrected), readings, start, start.AddDate(0, 0, 60)), time.UTC)
		for i := range old {
			before := old[i]
			changed := Revalue(corrected, &old[i])
			if changed != (math.Abs(before.PCS-want[i].PCS) > 1e-9 || before.NoEnergy != want[i].NoEnergy) {
				rt.Fatalf("day %d: changed %v, from %+v to %+v", i, changed, before, want[i])
			}
			if math.Abs(old[i].KWh-want[i].KWh) > 1e-6 || old[i].NoEnergy != want[i].NoEnergy {
				rt.Fatalf("day %d: %+v, want %+v", i, old[i], want[i])
			}
		}
	})
}
