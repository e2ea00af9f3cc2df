package baseline

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

// A building of 100 kWh a day and 50 kWh a degree below 15 °C in years that are
// a degree colder and a degree warmer than its own: the normal year is the mean
// of what it would use in each of them.
func TestNormalYearOfAClimate(t *testing.T) {
	day := func(y int, m time.Month, n int) time.Time { return time.Date(y, m, n, 0, 0, 0, 0, time.UTC) }
	temp := func(d time.Time, warmer float64) float64 {
		return 10 - 9*math.Cos(2*math.Pi*float64(d.YearDay())/365) + float64(d.YearDay()%7) + warmer
	}
	use := func(t float64) float64 { return 100 + 50*math.Max(0, 15-t) }
	var days []Day
	sums := map[int]float64{}
	for d := day(2022, 1, 1); d.Before(day(2026, 3, 1)); d = d.AddDate(0, 0, 1) {
		warmer := map[int]float64{2022: -1, 2023: 1}[d.Year()]
		x := temp(d, warmer)
		days = append(days, Day{Date: d, KWh: use(x), Temp: x, HasKWh: true, HasTemp: true, Coverage: 1})
		if d.Month() != time.February || d.Day() != 29 {
			sums[d.Year()] += use(x)
		}
	}
	for i := range days { // of 2024 too much is missing
		if y, m, _ := days[i].Date.Date(); y == 2024 && m == time.June {
			days[i].HasTemp = false
		}
	}
	c := ClimateOf(days)
	require.Equal(t, 3, c.Years(), "2022, 2023 and 2025; 2026 is not over")
	require.Equal(t, "2022-2025", c.Period())
	require.False(t, c.Normal())

	b, err := Fit(days, FitOptions{Carrier: gtc.CarrierGas, From: day(2025, 1, 1), To: day(2026, 1, 1)})
	require.NoError(t, err)
	from := day(2026, 3, 1)
	y := b.InClimate(c, from, from.AddDate(1, 0, 0))
	want := (sums[2022] + sums[2023] + sums[2025]) / 3
	require.InEpsilon(t, want, y.KWh, 0.01)
	require.Equal(t, 365, y.Days)
	require.InDelta(t, b.BandKWh(365, y.KWh), y.BandKWh, 1e-9)

	// Static factors are those of the days asked for.
	b.Factors = []Factor{{Name: "area", Share: 1, Steps: []Step{{Value: 1}, {From: from, Value: 1.3}}}}
	require.InEpsilon(t, 1.3*y.KWh, b.InClimate(c, from, from.AddDate(1, 0, 0)).KWh, 1e-9)
	require.InEpsilon(t, y.KWh, b.InClimate(c, from.AddDate(-1, 0, 0), from).KWh, 0.01)

	require.Zero(t, b.InClimate(Climate{}, from, from.AddDate(1, 0, 0)))
	require.Zero(t, Baseline{}.InClimate(c, from, from.AddDate(1, 0, 0)))
	require.Zero(t, b.InClimate(c, from, from))
	require.Empty(t, ClimateOf(nil).Period())
}
