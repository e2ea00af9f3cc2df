package energy

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

func brussels(tb testing.TB) *time.Location {
	tb.Helper()
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(tb, err)
	return loc
}

func at(hour, minute int) time.Time { return time.Date(2026, 3, 2, hour, minute, 0, 0, time.UTC) }

func TestHours(t *testing.T) {
	kwh := gtc.Meter{Point: "energy_kwh", KWhPerUnit: 1}
	limited := gtc.Meter{Point: "energy_kwh", KWhPerUnit: 1, MaxPerHour: 50}
	for name, c := range map[string]struct {
		meter    gtc.Meter
		readings []Reading
		want     []Interval
	}{
		"interpolated at the hours' limits": {kwh, []Reading{{at(0, 30), 10}, {at(1, 30), 14}, {at(2, 30), 20}}, []Interval{
			{Start: at(0, 0), KWh: 2, Coverage: .5},
			{Start: at(1, 0), KWh: 5, Coverage: 1},
			{Start: at(2, 0), KWh: 3, Coverage: .5},
		}},
		"a gap's total is spread": {kwh, []Reading{{at(0, 0), 0}, {at(1, 0), 4}, {at(4, 0), 10}}, []Interval{
			{Start: at(0, 0), KWh: 4, Coverage: 1},
			{Start: at(1, 0), KWh: 2, Estimated: true},
			{Start: at(2, 0), KWh: 2, Estimated: true},
			{Start: at(3, 0), KWh: 2, Estimated: true},
		}},
		"rollover": {gtc.Meter{Point: "energy_kwh", KWhPerUnit: 1, RolloverAt: 1000}, []Reading{{at(0, 0), 995}, {at(1, 0), 3}}, []Interval{
			{Start: at(0, 0), KWh: 8, Coverage: 1},
		}},
		"a reset is not known": {kwh, []Reading{{at(0, 0), 500}, {at(1, 0), 505}, {at(2, 0), 1}, {at(3, 0), 4}}, []Interval{
			{Start: at(0, 0), KWh: 5, Coverage: 1},
			{Start: at(2, 0), KWh: 3, Coverage: 1},
		}},
		"zero, then the total": {limited, []Reading{{at(0, 0), 500}, {at(1, 0), 0}, {at(2, 0), 508}}, []Interval{
			{Start: at(0, 0), KWh: 4, Estimated: true},
			{Start: at(1, 0), KWh: 4, Estimated: true},
		}},
		"a spike": {limited, []Reading{{at(0, 0), 500}, {at(0, 30), 90000}, {at(1, 0), 508}}, []Interval{
			{Start: at(0, 0), KWh: 8, Coverage: 1},
		}},
		"a spike without a limit": {kwh, []Reading{{at(0, 0), 500}, {at(0, 30), 90000}, {at(1, 0), 508}}, []Interval{
			{Start: at(0, 0), KWh: 8, Coverage: 1},
		}},
		"too fast to be true": {limited, []Reading{{at(0, 0), 500}, {at(1, 0), 900}, {at(2, 0), 905}}, []Interval{
			{Start: at(1, 0), KWh: 5, Coverage: 1},
		}},
		"swap": {
			gtc.Meter{Point: "energy_kwh", KWhPerUnit: 1, Swaps: []gtc.MeterSwap{{At: at(0, 30), OldIndex: 502, NewIndex: 10}}},
			[]Reading{{at(0, 0), 500}, {at(1, 0), 13}},
			[]Interval{{Start: at(0, 0), KWh: 5, Coverage: 1}},
		},
		"volume": {gtc.Meter{Point: "volume_m3", KWhPerUnit: 11.3}, []Reading{{at(0, 0), 1}, {at(1, 0), 3}}, []Interval{
			{Start: at(0, 0), KWh: 22.6, Volume: 2, Coverage: 1},
		}},
		"one reading": {kwh, []Reading{{at(0, 0), 1}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := Hours(c.meter, c.readings, at(0, 0), at(23, 0))
			require.Len(t, got, len(c.want))
			for i, w := range c.want {
				require.Equal(t, w.Start, got[i].Start)
				require.InDelta(t, w.KWh, got[i].KWh, 1e-9)
				require.InDelta(t, w.Volume, got[i].Volume, 1e-9)
				require.InDelta(t, w.Coverage, got[i].Coverage, 1e-9)
				require.Equal(t, w.Estimated, got[i].Estimated)
			}
		})
	}
}

func TestBrokenNamesUnknownSpans(t *testing.T) {
	m := gtc.Meter{Point: "energy_kwh", KWhPerUnit: 1}
	got := Broken(m, []Reading{{at(0, 0), 500}, {at(1, 0), 1}, {at(2, 0), 2}})
	require.Equal(t, []Span{{at(0, 0), at(1, 0)}}, got)
}

// TestHoursProperties: nothing is lost, nothing is negative, and a part of
// the time gives the same hours as the whole.
func TestHoursProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 60).Draw(t, "n")
		m := gtc.Meter{Point: "energy_kwh", KWhPerUnit: 1}
		when, index := at(0, 0).Add(time.Duration(rapid.IntRange(0, 7200).Draw(t, "offset"))*time.Second), 0.0
		readings := make([]Reading, 0, n)
		for range n {
			readings = append(readings, Reading{when, index})
			when = when.Add(time.Duration(rapid.IntRange(1, 30000).Draw(t, "step")) * time.Second)
			index += rapid.Float64Range(0, 100).Draw(t, "rise")
		}
		from, to := at(0, 0), when.Add(time.Hour)
		all := Hours(m, readings, from, to)
		sum := 0.0
		for _, h := range all {
			require.GreaterOrEqual(t, h.KWh, 0.0)
			require.GreaterOrEqual(t, h.Coverage, 0.0)
			require.LessOrEqual(t, h.Coverage, 1.0)
			sum += h.KWh
		}
		require.InDelta(t, readings[n-1].Index-readings[0].Index, sum, 1e-6)

		a := from.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "a")) * time.Hour)
		b := a.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "b")) * time.Hour)
		var part []Interval
		for _, h := range all {
			if !h.Start.Before(a) && h.Start.Before(b) {
				part = append(part, h)
			}
		}
		require.Equal(t, part, Hours(m, readings, a, b))
	})
}

// TestHoursNeverNegative draws any readings at all.
func TestHoursNeverNegative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := gtc.Meter{
			Point: "energy_kwh", KWhPerUnit: 1,
			RolloverAt: rapid.SampledFrom([]float64{0, 1000}).Draw(t, "rollover"),
			MaxPerHour: rapid.SampledFrom([]float64{0, 100}).Draw(t, "limit"),
		}
		readings := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Reading {
			return Reading{at(0, rapid.IntRange(0, 3000).Draw(t, "minute")), rapid.Float64Range(-10, 1200).Draw(t, "index")}
		})).Draw(t, "readings")
		for _, h := range Hours(m, readings, at(0, 0), at(72, 0)) {
			require.GreaterOrEqual(t, h.KWh, 0.0)
			require.LessOrEqual(t, h.Coverage, 1.0)
		}
	})
}

func TestDaysFollowSummerTime(t *testing.T) {
	loc := brussels(t)
	m := gtc.Meter{Point: "energy_kwh", KWhPerUnit: 1}
	start := time.Date(2026, 3, 28, 0, 0, 0, 0, loc)
	var readings []Reading
	for h := range 24 * 3 {
		readings = append(readings, Reading{start.Add(time.Duration(h) * time.Hour), float64(h)})
	}
	days := Days(Hours(m, readings, start, start.AddDate(0, 0, 3)), loc)
	require.Len(t, days, 4-1)
	require.Equal(t, []float64{24, 23}, []float64{days[0].KWh, days[1].KWh})
	require.InDelta(t, 1.0, days[1].Coverage, 1e-9)
	require.Equal(t, time.Date(2026, 3, 29, 0, 0, 0, 0, loc), days[1].Start)
}

func TestTemperatureDays(t *testing.T) {
	loc := brussels(t)
	var readings []TempReading
	start := time.Date(2026, 1, 10, 0, 0, 0, 0, loc)
	for h := range 24 * 4 {
		if h > 30 && h < 34 {
			continue // a short gap is interpolated
		}
		c := 5.0
		if h%24 == 0 {
			c = 1
		}
		readings = append(readings, TempReading{start.Add(time.Duration(h) * time.Hour), c})
	}
	readings = append(readings, TempReading{start, 400}) // no temperature
	days := TemperatureDays(readings, loc)
	require.Len(t, days, 4)
	require.Equal(t, []int{24, 21, 24, 24}, []int{days[0].Hours, days[1].Hours, days[2].Hours, days[3].Hours})
	mean := (23*5.0 + 1) / 24
	for i, d := range days {
		require.InDelta(t, mean, d.Mean, 1e-9)
		require.InDelta(t, 12.0, d.DJ15, 1e-9) // 15 − (1+5)/2
		require.InDelta(t, 16.5-mean, d.DJ165, 1e-9)
		require.Equal(t, i >= 2, d.HasEq)
	}
	require.InDelta(t, 16.5-mean, days[3].DJ165Eq, 1e-9)

	joined := Join([]Interval{{Start: days[0].Date, KWh: 3, Coverage: 1}}, days)
	require.Equal(t, []baseline.Day{{Date: days[0].Date, KWh: 3, Temp: days[0].Mean, HasKWh: true, HasTemp: true, Coverage: 1}}, joined)
}
