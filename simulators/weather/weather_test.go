package weather_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/simulators/weather"
)

type climate struct{ dj, mean, low, high float64 }

// degreeDays sums (15 - T)+ over a year with T = (Tmin + Tmax) / 2.
func degreeDays(w *weather.Weather, year int) climate {
	dj, mean := 0.0, 0.0
	low, high := math.Inf(1), math.Inf(-1)
	day := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
	days := 0.0
	for ; day.Year() == year; day = day.AddDate(0, 0, 1) {
		tmin, tmax := math.Inf(1), math.Inf(-1)
		for h := range 24 {
			c := w.At(day.Add(time.Duration(h) * time.Hour))
			tmin, tmax = min(tmin, c.AirTemp), max(tmax, c.AirTemp)
			mean += c.AirTemp / 24
		}
		low, high = min(low, tmin), max(high, tmax)
		dj += max(0, 15-(tmin+tmax)/2)
		days++
	}
	return climate{dj, mean / days, low, high}
}

func TestDegreeDaysAreNearTheNormal(t *testing.T) {
	t.Parallel()
	var sum float64
	const seeds, years = 3, 10
	for seed := range uint64(seeds) {
		w := weather.New(seed + 1)
		for y := range years {
			c := degreeDays(w, 2016+y)
			sum += c.dj
			require.Greater(t, c.dj, 1450.0, "%d", 2016+y)
			require.Less(t, c.dj, 2450.0, "%d", 2016+y)
			require.InDelta(t, 10.9, c.mean, 1.6)
			require.Greater(t, c.low, -20.0)
			require.Less(t, c.low, -1.0)
			require.InDelta(t, 31, c.high, 6)
		}
	}
	require.InDelta(t, 1900, sum/(seeds*years), 60)
}

func TestSameSeedSameWeather(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 2, 3, 4, 5, 6, 0, time.UTC)
	require.Equal(t, weather.New(3).At(at), weather.New(3).At(at.In(time.FixedZone("x", 3600))))
	require.NotEqual(t, weather.New(3).At(at), weather.New(4).At(at))
}

func TestSunAndSeasons(t *testing.T) {
	t.Parallel()
	w := weather.New(1)
	var june, december float64
	for d := range 30 {
		noon := time.Date(2025, 6, 1+d, 12, 0, 0, 0, time.UTC)
		june += w.At(noon).SolarWM2 / 30
		december += w.At(noon.AddDate(0, 6, 0)).SolarWM2 / 30
		require.Zero(t, w.At(noon.Add(12*time.Hour)).SolarWM2)
	}
	require.InDelta(t, 480, june, 150)
	require.InDelta(t, 130, december, 60)
}

func TestTemperatureHasNoSteps(t *testing.T) {
	t.Parallel()
	w := weather.New(1)
	at := time.Date(2024, 11, 1, 0, 0, 0, 0, time.UTC)
	last := w.At(at)
	for range 20_000 {
		at = at.Add(15 * time.Minute)
		c := w.At(at)
		require.InDelta(t, last.AirTemp, c.AirTemp, 1.2)
		last = c
	}
}

func BenchmarkAt(b *testing.B) {
	w := weather.New(1)
	at := time.Date(2024, 11, 1, 0, 0, 0, 0, time.UTC)
	for b.Loop() {
		at = at.Add(15 * time.Minute)
		w.At(at)
	}
}
