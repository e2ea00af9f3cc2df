// Package weather makes the weather of Charleroi: not that of any real day, but
// with its climate (yearly and daily cycle, passing fronts, cold spells, about
// 1900 degree-days 15/15 a year). It is a pure function of a seed and the
// instant asked, so history and the present come from the same place.
package weather

import (
	"math"
	"time"

	"github.com/cpas-charleroi/gtc/simulators/noise"
)

// Charleroi, degrees north and east.
const (
	latitude  = 50.41
	longitude = 4.44
)

// Conditions are the outdoor conditions at one instant.
type Conditions struct {
	AirTemp     float64 // °C
	HumidityPct float64 // 20 to 100
	SolarWM2    float64 // global on the horizontal, 0 at night
	WindMS      float64 // m/s
}

// Weather is one made-up climate. The zero value is the one of seed 0 without
// noise; use [New].
type Weather struct {
	seed                                uint64
	fronts, months, hours, cloud, winds noise.Layer
}

// New returns the weather of a seed.
func New(seed uint64) *Weather {
	layer := func(name string, period time.Duration, sd float64) noise.Layer {
		return noise.Layer{Seed: noise.Seed(seed, name), Period: period, SD: sd}
	}
	return &Weather{
		seed:   noise.Seed(seed, "cold spells"),
		fronts: layer("fronts", 72*time.Hour, 2.5),
		months: layer("months", 24*24*time.Hour, 1.5),
		hours:  layer("hours", 5*time.Hour, 0.5),
		cloud:  layer("cloud", 30*time.Hour, 1),
		winds:  layer("wind", 14*time.Hour, 1),
	}
}

// At returns the conditions at t.
func (w *Weather) At(t time.Time) Conditions {
	year := yearPhase(t)
	winter := math.Cos(year) // 1 on 20 January, -1 in late July
	clear := 1 / (1 + math.Exp(1.4*w.cloud.At(t)+0.5))
	hour := solarHour(t)

	temp := 10.9 - 7.3*winter
	temp += w.fronts.At(t) + w.months.At(t) + w.hours.At(t)
	temp -= w.coldSpell(t)
	// A clear sky cools in winter and warms in summer.
	temp -= 3 * winter * (clear - 0.4)
	swing := (2.9 - 1.6*winter) * (0.55 + 1.1*clear)
	temp += swing * math.Cos(2*math.Pi*(hour-14.8)/24)

	solar := clearSky(t, hour) * (0.22 + 0.78*clear)
	humidity := 92 - 14*clear + 4*winter - 2.2*swing*math.Cos(2*math.Pi*(hour-14.8)/24)
	return Conditions{
		AirTemp:     temp,
		HumidityPct: min(max(humidity, 20), 100),
		SolarWM2:    solar,
		WindMS:      3.9 * math.Exp(0.45*w.winds.At(t)-0.1),
	}
}

// coldSpell returns by how many kelvin a cold spell lowers the temperature at
// t. Every four weeks of the cold season may have one.
func (w *Weather) coldSpell(t time.Time) float64 {
	const cell = 28 * 24 * 3600
	n := t.Unix() / cell
	if noise.Uniform(w.seed, 4*n) > 0.55 {
		return 0
	}
	half := (2 + 3*noise.Uniform(w.seed, 4*n+1)) * 24 * 3600
	middle := half + (cell-2*half)*noise.Uniform(w.seed, 4*n+2)
	x := (float64(t.Unix()-n*cell) - middle) / half
	if math.Abs(x) >= 1 {
		return 0
	}
	depth := 4 + 5*noise.Uniform(w.seed, 4*n+3)
	winter := math.Cos(yearPhase(t))
	bell := math.Cos(x * math.Pi / 2)
	return depth * max(0, winter) * bell * bell
}

// yearPhase is 0 on 20 January and 2π one year later.
func yearPhase(t time.Time) float64 {
	const tropicalYear = 365.2422 * 86400
	const coldest = 19.5 * 86400 // 1970-01-20 12:00 UTC
	return 2 * math.Pi * (float64(t.Unix()) - coldest) / tropicalYear
}

// solarHour is the hour of local solar time, 12 when the sun is highest.
func solarHour(t time.Time) float64 {
	return float64(t.Unix()%86400)/3600 + longitude/15
}

// clearSky returns the global horizontal irradiance of a clear sky in W/m²
// (Haurwitz), from the sun's height.
func clearSky(t time.Time, solarHour float64) float64 {
	declination := -23.44 * math.Pi / 180 * math.Cos(yearPhase(t)+2*math.Pi*30/365.2422)
	const lat = latitude * math.Pi / 180
	height := math.Sin(lat)*math.Sin(declination) +
		math.Cos(lat)*math.Cos(declination)*math.Cos(2*math.Pi*(solarHour-12)/24)
	if height <= 0.01 {
		return 0
	}
	return 1098 * height * math.Exp(-0.057/height)
}
