package energytest

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// MadeUp returns days of a building that uses 100 kWh a day and 30 kWh for
// each degree below bp, in a made-up climate with so much noise in kWh.
func MadeUp(n int, bp, noise float64, seed int64) []baseline.Day {
	rng := rand.New(rand.NewPCG(uint64(seed), 1))
	days := make([]baseline.Day, n)
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	weather, rest := 0.0, 0.0
	for i := range days {
		d := start.AddDate(0, 0, i)
		weather = .8*weather + 1.8*rng.NormFloat64()
		rest = .4*rest + noise*.92*rng.NormFloat64()
		t := 10.5 - 8*math.Cos(2*math.Pi*float64(d.YearDay()-20)/365) + weather
		y := 100 + 30*math.Max(0, bp-t) + rest
		days[i] = baseline.Day{Date: d, KWh: math.Max(1, y), Temp: t, HasKWh: true, HasTemp: true, Coverage: 1}
	}
	return days
}
