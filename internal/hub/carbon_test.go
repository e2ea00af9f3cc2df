package hub

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/carbon"
	"github.com/cpas-charleroi/gtc/rules/energy"
)

// What counts as a known day, and which meters count at all.
func TestCarbonCountsKnownDaysOfCountedMeters(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	day := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, loc) }
	site := &gtc.Site{ID: "s", Location: loc, WeatherStation: "w", Meters: []gtc.Meter{
		{Equipment: "gas", Carrier: gtc.CarrierGas, Direction: gtc.DirectionImport, KWhPerUnit: 10, EAN: "1"},
		{Equipment: "heat", Carrier: gtc.CarrierHeat, Direction: gtc.DirectionImport, KWhPerUnit: 1},
		{Equipment: "water", Carrier: gtc.CarrierWater, Direction: gtc.DirectionImport},
	}}
	days := []energy.Interval{
		{Start: day(1), KWh: 1, Coverage: 1},
		{Start: day(2), KWh: 10, Coverage: 0.2},                     // hardly anything of the day
		{Start: day(3), KWh: 100, Estimated: true},                  // the total over a gap is known
		{Start: day(4), KWh: 1000, Source: "invoice"},               // imported
		{Start: day(5), KWh: 10000, NoEnergy: true, Coverage: 1},    // a volume of unknown calorific value
		{Start: day(6), KWh: 100000, Coverage: 1, Estimated: false}, // today
	}
	src := carbonSource{
		sites: []*gtc.Site{site},
		days: func(_ *gtc.Site, m gtc.Meter) ([]energy.Interval, error) {
			require.Equal(t, gtc.EquipmentID("gas"), m.Equipment)
			return days, nil
		},
		temps: func(string, *gtc.Site) ([]energy.TempDay, error) {
			return []energy.TempDay{{Date: day(1), Mean: 4, Min: 0, Max: 8, Hours: 24}, {Date: day(2), Mean: 4, Min: 0, Max: 8, Hours: 3}}, nil
		},
	}
	p := carbon.Plan{Factors: []gtc.Factor{{Carrier: gtc.CarrierGas, From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), KgCO2PerKWh: 1}}}
	got, err := src.compute(p, time.Date(2026, 1, 6, 12, 0, 0, 0, loc))
	require.NoError(t, err)
	require.InDelta(t, 1+100+1000, *got.Path.Years[0].KgCO2, 1e-9)
	require.True(t, got.Path.Years[0].Partial)
	require.Equal(t, 1, got.Stations[0].Years[0].Known, "a day with three hours is none")
	require.InDelta(t, 11, got.Stations[0].Years[0].DJ15, 1e-9)
}

// Prices and factors change at the site's midnight; a day without one makes
// the sum unknown.
func TestMeanOfWholeDays(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	tariffs := []gtc.Tariff{
		{Carrier: gtc.CarrierGas, From: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), EURPerKWh: 1},
		{Carrier: gtc.CarrierGas, From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), EURPerKWh: 2},
	}
	at := func(d time.Time) (float64, bool) {
		x, ok := gtc.TariffAt(tariffs, gtc.CarrierGas, d)
		return x.EURPerKWh, ok
	}
	local := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, loc).UTC() }
	mean, missing := meanWhole(local(2025, 12, 31), local(2026, 1, 2), loc, 9, at)
	require.Zero(t, missing)
	require.InDelta(t, 1.5, mean, 1e-12)
	_, missing = meanWhole(local(2024, 12, 31), local(2025, 1, 2), loc, 9, at)
	require.Equal(t, "2024-12-31", missing.Format(time.DateOnly))
	mean, _ = meanWhole(local(2026, 1, 1), local(2026, 1, 1), loc, 9, at)
	require.InDelta(t, 9, mean, 0)
}
