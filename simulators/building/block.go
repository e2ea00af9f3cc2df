package building

import (
	"math"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/simulators/noise"
	"github.com/cpas-charleroi/gtc/simulators/weather"
)

// block is what weather and people bring to one quarter-hour. It does not
// depend on the step of integration, so that history and live agree.
type block struct {
	begin, end time.Time
	m          moment // in the middle
	// from and to are the weather at both ends; it goes evenly between.
	from, to weather.Conditions

	occupancy, occupants float64
	litresPerHour, cold  float64 // hot water drawn, °C of the mains
	airing               float64 // natural ventilation as a multiple of the usual
	// kW of each use, faults excluded.
	base, lighting, equipment, kitchen, lift float64
	calorific                                float64 // kWh/m³
	dayTariff                                bool
}

func (b *Building) newBlock(at time.Time) block {
	p := &b.p
	begin := at.Truncate(Step)
	k := block{begin: begin, end: begin.Add(Step)}
	k.from, k.to = b.hour.at(p.Weather, begin), b.hour.at(p.Weather, k.end)
	m := momentOf(begin.Add(Step/2), p.Location)
	k.m = m
	sun, wind := (k.from.SolarWM2+k.to.SolarWM2)/2, (k.from.WindMS+k.to.WindMS)/2

	b.people.follow(b, begin)
	habits := b.people.habits
	k.occupancy = occupancy(p.Category, m)
	k.occupants = p.People * min(k.occupancy*habits, 1)
	k.litresPerHour = p.HotWaterLitres * hotWaterShare(p.Category, m, k.occupancy) * b.people.water
	d := b.today(m)
	k.cold, k.calorific = d.cold, d.calorific
	k.airing = max(0.5, b.people.windows+0.15*(wind-3.9)/3.9)

	dark := 1 - min(sun/180, 1)
	jitter := 1 + 0.04*noise.Normal(b.habits.Seed, begin.Unix())
	k.base = p.BaseLoadKW * jitter
	k.lighting = p.LightingKW * k.occupancy * habits * (0.55 + 0.45*dark) * jitter
	k.equipment = p.EquipmentKW * k.occupancy * habits * jitter
	k.kitchen = p.KitchenKW * cooking(p.Category, m, k.occupancy) * habits * jitter
	k.lift = p.LiftKW * traffic(m, k.occupancy) * habits
	k.dayTariff = m.dayTariff()
	return k
}

// weather returns the conditions at an instant of the block.
func (k *block) weather(t time.Time) weather.Conditions {
	return mix(&k.from, &k.to, float64(t.Sub(k.begin))/float64(Step))
}

// habit is how people differ from the usual in one hour, as factors.
type habit struct {
	hour                   int64 // since 1970; 0 is none yet
	windows, water, habits float64
}

func (h *habit) follow(b *Building, at time.Time) {
	n := at.Unix() / 3600
	if n == h.hour {
		return
	}
	middle := time.Unix(n*3600+1800, 0)
	*h = habit{n, 1 + b.windows.At(middle), 1 + b.water.At(middle), 1 + b.habits.At(middle)}
}

// hour is an hour of weather: the building asks for it hourly, as a station
// gives it, and everything goes evenly between.
type hour struct {
	begin    time.Time
	from, to weather.Conditions
}

// at returns the conditions at an instant, keeping the hour it lies in.
func (h *hour) at(w Weather, t time.Time) weather.Conditions {
	since := t.Sub(h.begin)
	if since < 0 || since >= time.Hour || h.begin.IsZero() {
		begin := t.Truncate(time.Hour)
		if end := h.begin.Add(time.Hour); !h.begin.IsZero() && begin.Equal(end) {
			h.from = h.to
		} else {
			h.from = w.At(begin)
		}
		h.begin, h.to = begin, w.At(begin.Add(time.Hour))
		since = t.Sub(begin)
	}
	return mix(&h.from, &h.to, float64(since)/float64(time.Hour))
}

// outdoor returns the air temperature at a share x of the block, °C.
func (k *block) outdoor(x float64) float64 {
	return k.from.AirTemp + x*(k.to.AirTemp-k.from.AirTemp)
}

// mix returns the conditions a share x of the way from one to another.
func mix(from, to *weather.Conditions, x float64) weather.Conditions {
	between := func(a, b float64) float64 { return a + x*(b-a) }
	return weather.Conditions{
		AirTemp:     between(from.AirTemp, to.AirTemp),
		HumidityPct: between(from.HumidityPct, to.HumidityPct),
		SolarWM2:    between(from.SolarWM2, to.SolarWM2),
		WindMS:      between(from.WindMS, to.WindMS),
	}
}

// day holds what changes from day to day at most.
type day struct {
	year, yearDay   int
	cold, calorific float64
}

func (b *Building) today(m moment) *day {
	if d := &b.day; m.year != d.year || m.yearDay != d.yearDay {
		*d = day{
			year: m.year, yearDay: m.yearDay, cold: coldTemp(m.yearDay),
			calorific: b.p.GasKWhPerM3 * (1 + b.p.GasVariation*calorificCourse(b.p.Seed, m)),
		}
	}
	return &b.day
}

// calorificCourse is how a month's gas differs from the mean, about −1 to 1:
// metered cold it is denser, and the sources of the network change.
func calorificCourse(seed uint64, m moment) float64 {
	month := int64(m.year)*12 + int64(m.month)
	season := math.Cos(2 * math.Pi * float64(m.month-1) / 12)
	return 0.6*season + 0.4*min(max(noise.Normal(noise.Seed(seed, "gas"), month), -1), 1)
}

// coldTemp is the temperature of the mains water on a day of the year, °C.
func coldTemp(yearDay int) float64 {
	return 11 - 4*math.Cos(2*math.Pi*float64(yearDay-45)/365.25)
}

// cooking returns how much of the kitchen's power is used.
func cooking(c gtc.Category, m moment, occupancy float64) float64 {
	switch c {
	case gtc.CategoryRestHome:
		return 0.12 + 0.55*hump(m.hour, 6.5, 8.5) + 0.85*hump(m.hour, 9.5, 13) + 0.5*hump(m.hour, 16.5, 18.5)
	case gtc.CategoryKitchen:
		if m.day == time.Sunday {
			return 0.05
		}
		return 0.05 + 0.85*hump(m.hour, 5.5, 13) + 0.4*hump(m.hour, 13, 15.5)
	case gtc.CategoryHousing, gtc.CategoryNightShelter:
		return 0.05 + 0.4*hump(m.hour, 6, 8) + 0.8*hump(m.hour, 17.5, 20)
	case gtc.CategoryCommunityCentre, gtc.CategoryOffice, gtc.CategorySocialOffice, gtc.CategoryOther:
	}
	return occupancy * (0.3 + 0.7*hump(m.hour, 11.5, 13.5))
}

// traffic returns how busy the lifts are.
func traffic(m moment, occupancy float64) float64 {
	return occupancy * (0.35 + 0.65*(hump(m.hour, 7.5, 9.5)+hump(m.hour, 11.5, 13.5)+hump(m.hour, 16, 18)))
}
