package energy_test

import (
	"math"
	"runtime"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc/rules/energy"
)

// someDays draws days in order of time, mostly one after the other, with figures
// that often stay as they are.
func someDays(rt *rapid.T, loc *time.Location, start time.Time) []energy.Interval {
	figure := rapid.OneOf(rapid.SampledFrom([]float64{0, 0, 0, 1, 10.55, math.Copysign(0, -1), math.Inf(1)}), rapid.Float64())
	var out []energy.Interval
	for range rapid.IntRange(0, 60).Draw(rt, "days") {
		start = start.AddDate(0, 0, rapid.SampledFrom([]int{1, 1, 1, 1, 2, 40}).Draw(rt, "step"))
		d := energy.Interval{
			Start: start.In(loc), KWh: figure.Draw(rt, "kwh"), Volume: figure.Draw(rt, "volume"), NormalVolume: figure.Draw(rt, "nm3"), PCS: figure.Draw(rt, "pcs"),
			Low: figure.Draw(rt, "low"), High: figure.Draw(rt, "high"), Coverage: figure.Draw(rt, "coverage"),
			NoEnergy: rapid.Bool().Draw(rt, "unknown"), Estimated: rapid.Bool().Draw(rt, "estimated"),
			Source: rapid.SampledFrom([]string{"", "", "", energy.SourceInvoice, "another"}).Draw(rt, "source"),
		}
		if len(out) > 0 && rapid.Bool().Draw(rt, "same") {
			d = out[len(out)-1]
			d.Start = start.In(loc)
		}
		out = append(out, d)
	}
	return out
}

// TestPackedDaysAreTheDays: what was packed comes back to the last bit, by place
// and by date, and merging is replacing what begins at or after an instant.
func TestPackedDaysAreTheDays(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	rapid.Check(t, func(rt *rapid.T) {
		days := someDays(rt, loc, time.Date(2023, 10, 20, 0, 0, 0, 0, loc))
		p := energy.Pack(loc, days)
		require.Equal(rt, len(days), p.Len())
		require.Equal(rt, append([]energy.Interval{}, days...), p.All())
		for i := range days {
			require.Equal(rt, days[i], p.At(i))
			require.Equal(rt, math.Signbit(days[i].KWh), math.Signbit(p.At(i).KWh))
			require.Equal(rt, days[i].Start, p.Start(i))
			kwh, known := p.Energy(i)
			require.Equal(rt, math.Float64bits(days[i].KWh), math.Float64bits(kwh))
			require.Equal(rt, days[i].NoEnergy, !known)
		}
		at := time.Date(2023, 10, 20, rapid.IntRange(0, 24*200).Draw(rt, "hours"), 0, 0, 0, loc)
		k := slices.IndexFunc(days, func(d energy.Interval) bool { return !d.Start.Before(at) })
		if k < 0 {
			k = len(days)
		}
		require.Equal(rt, k, p.Find(at))
		require.Equal(rt, append([]energy.Interval{}, days[:k]...), p.Before(at))
		require.Equal(rt, append([]energy.Interval{}, days[k:]...), p.Since(at))
		news := someDays(rt, loc, at)
		merged := p.Merge(at, news)
		require.Equal(rt, append(append([]energy.Interval{}, days[:k]...), news...), merged.All())
		require.Equal(rt, append([]energy.Interval{}, days...), p.All(), "the former days are as they were")
	})
}

// TestPackedDaysOfAYear are the days that meters have: by place, by date, merged.
func TestPackedDaysOfAYear(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	on := func(m time.Month, d int) time.Time { return time.Date(2024, m, d, 0, 0, 0, 0, loc) }
	metered := func(m time.Month, d int) energy.Interval {
		return energy.Interval{Start: on(m, d), KWh: 10, Coverage: 1}
	}
	spread := energy.Interval{Start: on(3, 30), KWh: 7, Low: 5, High: 9, Estimated: true, Source: energy.SourceInvoice}
	for name, days := range map[string][]energy.Interval{
		"none":                      {},
		"one":                       {metered(1, 1)},
		"alike, summer time begins": {metered(3, 30), metered(3, 31), metered(4, 1), metered(4, 2)},
		"summer time ends":          {metered(10, 26), metered(10, 27), metered(10, 28)},
		"a month is absent":         {metered(1, 31), metered(3, 1), metered(3, 2)},
		"imported among metered":    {metered(3, 29), spread, metered(3, 31), {Start: on(4, 1), Volume: 3, NoEnergy: true}},
	} {
		p := energy.Pack(loc, days)
		require.Equal(t, days, p.All(), name)
		for i, d := range days {
			require.Equal(t, d, p.At(i), name)
			require.Equal(t, i, p.Find(d.Start), name)
			require.Equal(t, i+1, p.Find(d.Start.Add(time.Second)), name)
		}
		again := p.Merge(on(3, 31), []energy.Interval{metered(5, 1)})
		require.Equal(t, append(p.Before(on(3, 31)), metered(5, 1)), again.All(), name)
	}
}

// TestPackedDaysAreSmall: three years of a gas meter in a sixth of their room.
func TestPackedDaysAreSmall(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	var days []energy.Interval
	for i := range 1096 {
		days = append(days, energy.Interval{
			Start: time.Date(2023, 1, 1+i, 0, 0, 0, 0, loc), KWh: 10 * math.Sqrt(float64(i)), Volume: math.Sqrt(float64(i)), Coverage: 1,
		})
	}
	days[0].Coverage, days[500].Coverage, days[501].Source = 0.5, 0.9, energy.SourceInvoice
	var before, after runtime.MemStats
	many := make([]energy.Packed, 100)
	runtime.ReadMemStats(&before)
	for i := range many {
		many[i] = energy.Pack(loc, days)
	}
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(len(many)*len(days))*uint64(unsafe.Sizeof(days[0]))/6)
	require.Equal(t, days, many[0].All())
}
