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

// TestThirtyYearsAreLikeUccle holds the climate against the published one:
// a normal of about 1900 DJ 15/15, years from 1424 to 2309 since 2000 with a
// spread of 200, 11 °C and 1000 to 1100 kWh/m² of sun.
func TestThirtyYearsAreLikeUccle(t *testing.T) {
	t.Parallel()
	var all float64
	const seeds, years = 6, 30
	for seed := range uint64(seeds) {
		w := weather.New(seed + 1)
		var mean, squares, temp float64
		for y := range years {
			c := degreeDays(w, 1996+y)
			mean += c.dj / years
			squares += c.dj * c.dj / years
			temp += c.mean / years
			require.Greater(t, c.dj, 1350.0, "%d", 1996+y)
			require.Less(t, c.dj, 2550.0, "%d", 1996+y)
			require.Greater(t, c.low, -21.0)
			require.Less(t, c.low, 0.0)
			require.InDelta(t, 31, c.high, 6)
		}
		spread := math.Sqrt(squares - mean*mean)
		t.Logf("seed %d: DJ 15/15 %.0f ± %.0f, %.1f °C", seed+1, mean, spread, temp)
		require.InEpsilon(t, 1900, mean, 0.05)
		require.InDelta(t, 200, spread, 60)
		require.InDelta(t, 10.9, temp, 0.4)
		all += mean / seeds
	}
	require.InEpsilon(t, 1900, all, 0.02)
}

// TestDaysRememberEachOther: what the season does not explain of the daily
// means has the spread and memory of real ones (Cambridge 2012 to 2022: 2.85 K,
// 0.74 to the next day, 0.50 over two, 0.22 over five).
func TestDaysRememberEachOther(t *testing.T) {
	t.Parallel()
	w := weather.New(1)
	const days = 30 * 365
	means := make([]float64, days)
	for d := range means {
		at := time.Date(1996, 1, 1+d, 0, 0, 0, 0, time.UTC)
		for h := range 24 {
			means[d] += w.At(at.Add(time.Duration(h)*time.Hour)).AirTemp / 24
		}
	}
	rest := withoutSeason(means)
	require.InDelta(t, 2.85, math.Sqrt(lagged(rest, 0)), 0.3)
	for lag, want := range map[int]float64{1: 0.76, 2: 0.50, 5: 0.22, 10: 0.12} {
		require.InDelta(t, want, lagged(rest, lag)/lagged(rest, 0), 0.08, "over %d days", lag)
	}
}

// withoutSeason takes the mean and two yearly harmonics away.
func withoutSeason(days []float64) []float64 {
	out := append([]float64(nil), days...)
	n := float64(len(days))
	mean := 0.0
	for _, v := range days {
		mean += v / n
	}
	for i := range out {
		out[i] -= mean
	}
	for k := 1; k <= 2; k++ {
		var s, c float64
		angle := func(i int) float64 { return 2 * math.Pi * float64(k*i) / 365.25 }
		for i, v := range days {
			s, c = s+2*v*math.Sin(angle(i))/n, c+2*v*math.Cos(angle(i))/n
		}
		for i := range out {
			out[i] -= s*math.Sin(angle(i)) + c*math.Cos(angle(i))
		}
	}
	return out
}

func lagged(x []float64, lag int) float64 {
	sum := 0.0
	for i := range x[:len(x)-lag] {
		sum += x[i] * x[i+lag]
	}
	return sum / float64(len(x)-lag)
}

func TestAYearOfSunDampAndWind(t *testing.T) {
	t.Parallel()
	w := weather.New(2)
	const years = 5
	var sun, damp, wind, hours float64
	for at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2020+years; at = at.Add(time.Hour) {
		c := w.At(at)
		require.GreaterOrEqual(t, c.SolarWM2, 0.0)
		require.Less(t, c.SolarWM2, 1000.0)
		require.GreaterOrEqual(t, c.HumidityPct, 20.0)
		require.LessOrEqual(t, c.HumidityPct, 100.0)
		require.Greater(t, c.WindMS, 0.0)
		sun, damp, wind, hours = sun+c.SolarWM2/1000, damp+c.HumidityPct, wind+c.WindMS, hours+1
	}
	require.InDelta(t, 1050, sun/years, 60)
	require.InDelta(t, 81, damp/hours, 4)
	require.InDelta(t, 3.7, wind/hours, 0.5)
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
