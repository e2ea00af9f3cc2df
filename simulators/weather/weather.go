// Package weather gives the outdoor conditions that drive simulated buildings:
// those of a made-up climate, or those of a recorded file.
//
// The made-up weather is that of Charleroi: not that of any real day, but with
// its climate (yearly and daily cycle, passing fronts, cold spells, about 1900
// degree-days 15/15 a year, 1000 to 1050 kWh/m² of sun, mild and hard years).
// It is a pure function of a seed and the instant asked, so history and the
// present come from the same place.
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
	seed uint64
	// What makes the days differ, from lasting to passing.
	seasons, months, weathers, fronts, hours noise.Layer
	cloud, winds                             noise.Layer
}

// New returns the weather of a seed.
func New(seed uint64) *Weather {
	layer := func(name string, period time.Duration, sd float64) noise.Layer {
		return noise.Layer{Seed: noise.Seed(seed, name), Period: period, SD: sd}
	}
	return &Weather{
		seed: noise.Seed(seed, "cold spells"),
		// Together the daily means have the spread (2.9 K around the season)
		// and the memory (0.75 from one day to the next, 0.5 over two, 0.2
		// over five) of eleven years recorded in Cambridge.
		seasons:  layer("seasons", 130*24*time.Hour, 0.85),
		months:   layer("months", 24*24*time.Hour, 1.0),
		weathers: layer("weathers", 110*time.Hour, 1.5),
		fronts:   layer("fronts", 36*time.Hour, 2.05),
		hours:    layer("hours", 5*time.Hour, 0.5),
		cloud:    layer("cloud", 30*time.Hour, 1),
		winds:    layer("wind", 14*time.Hour, 1),
	}
}

// At returns the conditions at t.
func (w *Weather) At(t time.Time) Conditions {
	winter := math.Cos(yearPhase(t)) // 1 on 20 January, -1 in late July
	clear := 1 / (1 + math.Exp(1.4*w.cloud.At(t)+0.22))
	hour := solarHour(t)

	temp := 11.0 - 7.2*winter
	temp += w.seasons.At(t) + w.months.At(t) + w.weathers.At(t) + w.fronts.At(t) + w.hours.At(t)
	temp -= w.coldSpell(t, winter)
	// A clear sky cools in winter and warms in summer.
	temp -= 3 * winter * (clear - 0.45)
	// The air mass keeps its vapour through the day: nights are damp.
	dewPoint := temp - 1.7 - 3.4*clear + 0.9*winter
	temp += (2.9 - 1.6*winter) * (0.52 + 1.05*clear) * math.Cos(2*math.Pi*(hour-14.8)/24)

	return Conditions{
		AirTemp:     temp,
		HumidityPct: min(max(100*math.Exp(vapour(dewPoint)-vapour(temp)), 20), 100),
		SolarWM2:    clearSky(t, hour) * (0.22 + 0.78*clear),
		WindMS:      3.7 * math.Exp(0.45*w.winds.At(t)-0.1+0.15*winter),
	}
}

// vapour is the exponent of Magnus's formula for saturated vapour over water.
func vapour(temp float64) float64 { return 17.62 * temp / (243.12 + temp) }

// coldSpell returns by how many kelvin a cold spell lowers the temperature at
// t. Every four weeks of the cold season may have one.
func (w *Weather) coldSpell(t time.Time, winter float64) float64 {
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
