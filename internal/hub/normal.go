package hub

import (
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/rules/carbon"
	"github.com/cpas-charleroi/gtc/rules/energy"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// leastKnown is which part of a span must have a temperature for its expected
// consumption to be told.
const leastKnown = 0.97

// stationWeather is what a station showed, for models and for degree-days.
type stationWeather struct {
	// temps are the days before today that have a temperature.
	temps   []energy.TempDay
	days    []baseline.Day
	climate baseline.Climate
}

func newStationWeather(temps []energy.TempDay, today time.Time) stationWeather {
	w := stationWeather{temps: temps}
	for _, t := range temps {
		if t.Valid() && t.Date.Before(today) {
			w.days = append(w.days, baseline.Day{Date: t.Date, Temp: t.Mean, HasTemp: true})
		}
	}
	w.climate = baseline.ClimateOf(w.days)
	return w
}

// modelOf returns how a baseline brings a span of days to normal climate, nil
// when it is not to be trusted with that.
func modelOf(b baseline.Baseline, w stationWeather) func(from, to time.Time) (carbon.ModelNormal, bool) {
	if !b.Eligible || w.climate.Years() == 0 {
		return nil
	}
	return func(from, to time.Time) (carbon.ModelNormal, bool) {
		lo, hi := 0, len(w.days)
		for lo < hi && w.days[lo].Date.Before(from) {
			lo++
		}
		for hi > lo && !w.days[hi-1].Date.Before(to) {
			hi--
		}
		observed, normal := b.NormalYear(w.days[lo:hi]), b.InClimate(w.climate, from, to)
		if normal.Days == 0 || float64(observed.Days) < leastKnown*float64(normal.Days) {
			return carbon.ModelNormal{}, false
		}
		return carbon.ModelNormal{
			ObservedKWh: observed.KWh * float64(normal.Days) / float64(observed.Days), NormalKWh: normal.KWh,
			Years: w.climate.Years(), Period: w.climate.Period(),
		}, true
	}
}

// normalYear tells what a meter uses in a normal year: by its baseline for the
// twelve months to come, or, where that may not serve, the last 365 days at
// normal degree-days; nil when neither can be told.
func (h *Hub) normalYear(s *siteInfo, m gtc.Meter, now time.Time) *console.NormalYear {
	if m.KWhPerUnit == 0 || m.Direction != gtc.DirectionImport {
		return nil
	}
	h.energy.mu.Lock()
	ms := h.energy.meters[meterKey{s.ID, m.Equipment, m.Direction}]
	if ms == nil {
		h.energy.mu.Unlock()
		return nil
	}
	b, days, temps := ms.baseline, ms.days, h.energy.stationDays(s.WeatherStation)
	h.energy.mu.Unlock()
	today := midnight(now, s.Location)
	if w := newStationWeather(temps, today); b.Eligible && w.climate.Years() > 0 {
		y := b.InClimate(w.climate, today, today.AddDate(1, 0, 0))
		if !(y.KWh > 0) || !(y.BandKWh >= 0) {
			return nil
		}
		return &console.NormalYear{
			KWh: y.KWh, BandPct: new(100 * y.BandKWh / y.KWh), By: carbon.ByModel, Station: s.WeatherStation,
			OwnYears: w.climate.Years(), Period: w.climate.Period(),
		}
	}
	alone := carbon.Building{Site: s.ID, Uses: []carbon.Use{{
		Site: s.ID, Meter: m.Equipment, Carrier: m.Carrier, Direction: m.Direction, Station: s.WeatherStation, Days: carbonDays(days.Before(today), today),
	}}}
	cold := coldDays(temps, today)
	ranked := h.emissions.plan.Ranking([]carbon.Building{alone}, carbon.Weather{s.WeatherStation: cold}, now.In(s.Location))
	if len(ranked) == 0 || ranked[0].NormKWh == nil {
		return nil
	}
	out := &console.NormalYear{KWh: *ranked[0].NormKWh, By: carbon.ByDegreeDays, Station: s.WeatherStation}
	for _, n := range climate(h.emissions.plan, s.WeatherStation, cold).Normals {
		if n.Base == carbon.Base15 {
			out.Period, out.OwnYears = n.Period, n.OwnYears
		}
	}
	return out
}
