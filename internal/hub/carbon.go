package hub

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/rules/carbon"
	"github.com/cpas-charleroi/gtc/rules/degreeday"
	"github.com/cpas-charleroi/gtc/rules/energy"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// carbonAge is how long computed emissions are shown before they are computed
// again: their days change once a night, their page is asked for at each event.
const carbonAge = time.Minute

// emissions are the last computed ones, those of the present only.
type emissions struct {
	plan carbon.Plan
	mu   sync.Mutex
	last console.Carbon
	at   time.Time
}

// carbonSource gives the days that emissions are counted from.
type carbonSource struct {
	sites []*gtc.Site
	days  func(site *gtc.Site, m gtc.Meter) ([]energy.Interval, error)
	temps func(station string, site *gtc.Site) ([]energy.TempDay, error)
	// model, when not nil, returns the baseline of a meter with these days.
	model func(site *gtc.Site, m gtc.Meter, days []energy.Interval, w stationWeather) baseline.Baseline
}

// Carbon implements [console.CarbonModel] from the days that the energy rules
// hold; nothing of it is kept.
func (h *Hub) Carbon(_ context.Context, known time.Time) (console.Carbon, error) {
	e, now := &h.emissions, h.now()
	e.mu.Lock()
	defer e.mu.Unlock()
	if known.IsZero() && !e.at.IsZero() && now.Sub(e.at) < carbonAge && !now.Before(e.at) {
		return e.last, nil
	}
	src := carbonSource{
		days: func(site *gtc.Site, m gtc.Meter) ([]energy.Interval, error) {
			h.energy.mu.Lock()
			defer h.energy.mu.Unlock()
			if ms := h.energy.meters[meterKey{site.ID, m.Equipment, m.Direction}]; ms != nil {
				return ms.days.All(), nil
			}
			return nil, nil
		},
		temps: func(station string, _ *gtc.Site) ([]energy.TempDay, error) {
			h.energy.mu.Lock()
			defer h.energy.mu.Unlock()
			return h.energy.stationDays(station), nil
		},
		model: func(site *gtc.Site, m gtc.Meter, _ []energy.Interval, _ stationWeather) baseline.Baseline {
			h.energy.mu.Lock()
			defer h.energy.mu.Unlock()
			if ms := h.energy.meters[meterKey{site.ID, m.Equipment, m.Direction}]; ms != nil {
				return ms.baseline
			}
			return baseline.Baseline{}
		},
	}
	for _, s := range h.sites {
		src.sites = append(src.sites, &s.Site)
	}
	p := e.plan
	p.Known = known
	out, err := src.compute(p, now)
	if err == nil && known.IsZero() {
		e.last, e.at = out, now
	}
	return out, err
}

// CarbonOf computes the emissions of a configuration from what InfluxDB holds,
// by what was known at an instant (zero for the present).
func CarbonOf(ctx context.Context, db *influx.Client, c *config.Config, known, now time.Time, site func(done, total int)) (console.Carbon, error) {
	p, err := c.PathPlan()
	if err != nil {
		return console.Carbon{}, err
	}
	p.Known = known
	h := history{db}
	done := map[gtc.SiteID]bool{}
	src := carbonSource{
		days: func(s *gtc.Site, m gtc.Meter) ([]energy.Interval, error) {
			if !done[s.ID] {
				done[s.ID] = true
				site(len(done), len(c.Sites))
			}
			days, err := h.days(ctx, s, m, time.Unix(0, 0))
			if err != nil {
				return nil, fmt.Errorf("read days of %s/%s: %w", s.ID, m.Equipment, err)
			}
			return days, nil
		},
		temps: func(station string, s *gtc.Site) ([]energy.TempDay, error) {
			days, err := h.tempDays(ctx, station, time.Unix(0, 0), s.Location)
			if err != nil {
				return nil, fmt.Errorf("read weather station %s: %w", station, err)
			}
			return days, nil
		},
		model: fitted,
	}
	for _, s := range c.Sites {
		domain := s.Domain()
		src.sites = append(src.sites, &domain)
	}
	return src.compute(p, now)
}

// fitted fits the baseline of a meter whose hub is not here: without the works
// register, which that hub has.
func fitted(s *gtc.Site, m gtc.Meter, days []energy.Interval, w stationWeather) baseline.Baseline {
	if energy.NotJudged(s, m) != "" {
		return baseline.Baseline{}
	}
	joined := energy.Join(days, w.temps)
	period, o := baselinePeriod(m, joined), baseline.OfSite(s, m.Carrier)
	o.From, o.To = period.From, period.To
	b, err := baseline.Fit(joined, o)
	if err != nil { // no baseline: degree-days serve
		return baseline.Baseline{}
	}
	return b
}

// compute reads the days and computes path, cadastre and degree-days.
func (src carbonSource) compute(p carbon.Plan, now time.Time) (console.Carbon, error) {
	weather, stations := carbon.Weather{}, map[string]stationWeather{}
	var uses []carbon.Use
	var buildings []carbon.Building
	loc := time.UTC
	for _, s := range src.sites {
		loc = s.Location
		today := midnight(now, s.Location)
		if _, have := weather[s.WeatherStation]; s.WeatherStation != "" && !have {
			temps, err := src.temps(s.WeatherStation, s)
			if err != nil {
				return console.Carbon{}, err
			}
			weather[s.WeatherStation], stations[s.WeatherStation] = coldDays(temps, today), newStationWeather(temps, today)
		}
		b := carbon.Building{Site: s.ID, Label: s.Label, Category: s.Category, AreaM2: s.AreaM2}
		for _, m := range carbon.Counted(s) {
			days, err := src.days(s, m)
			if err != nil {
				return console.Carbon{}, err
			}
			u := carbon.Use{
				Site: s.ID, Meter: m.Equipment, Carrier: m.Carrier, Direction: m.Direction, Station: s.WeatherStation,
				Days: carbonDays(days, today),
			}
			if w := stations[s.WeatherStation]; src.model != nil && m.Direction == gtc.DirectionImport && w.climate.Years() > 0 {
				u.Model = modelOf(src.model(s, m, before(days, today), w), w)
			}
			b.Uses = append(b.Uses, u)
		}
		uses = append(uses, b.Uses...)
		buildings = append(buildings, b)
	}
	now = now.In(loc)
	out := console.Carbon{Path: p.Path(uses, weather, now), Cadastre: p.Ranking(buildings, weather, now)}
	for _, station := range slices.Sorted(maps.Keys(weather)) {
		out.Stations = append(out.Stations, climate(p, station, weather[station]))
	}
	return out, nil
}

// carbonDays are the days before today of which the energy is known: metered
// for half of the day at least, spread over a gap, or imported.
func carbonDays(days []energy.Interval, today time.Time) []carbon.Day {
	out := make([]carbon.Day, 0, len(days))
	for _, d := range days {
		if d.NoEnergy || !d.Start.Before(today) || d.Coverage < 0.5 && !d.Estimated && d.Source == "" {
			continue
		}
		out = append(out, carbon.Day{Date: d.Start, KWh: d.KWh})
	}
	return out
}

func coldDays(temps []energy.TempDay, today time.Time) []degreeday.Day {
	out := make([]degreeday.Day, 0, len(temps))
	for _, d := range temps {
		if d.Valid() && d.Date.Before(today) {
			out = append(out, degreeday.Day{Date: d.Date, Mean: d.Mean, Min: d.Min, Max: d.Max})
		}
	}
	return out
}

// climate is the degree-days of a station, each base for itself.
func climate(p carbon.Plan, station string, days []degreeday.Day) console.StationClimate {
	out := console.StationClimate{Station: station, Years: []console.ClimateYear{}, Normals: []carbon.NormalUsed{}}
	a, b, e := degreeday.Years[degreeday.DJ15](station, days), degreeday.Years[degreeday.DJ165](station, days), degreeday.Years[degreeday.DJ165Eq](station, days)
	byYear := map[int]float64{}
	for _, y := range e {
		byYear[y.Year] = y.Value
	}
	for i, y := range a {
		out.Years = append(out.Years, console.ClimateYear{Year: y.Year, DJ15: y.Value, DJ165: b[i].Value, DJ165Eq: byYear[y.Year], Known: y.Known, Days: y.Of})
	}
	out.Normals = appendNormal(out.Normals, carbon.Base15, p.Normals.DJ15, a, station)
	out.Normals = appendNormal(out.Normals, carbon.Base165, p.Normals.DJ165, b, station)
	out.Normals = appendNormal(out.Normals, carbon.Base165Eq, p.Normals.DJ165Eq, e, station)
	return out
}

func appendNormal[B degreeday.Base](out []carbon.NormalUsed, base string, published []degreeday.Normal[B], years []degreeday.Sum[B], station string) []carbon.NormalUsed {
	n, ok := carbon.NormalOf(published, years, station)
	if !ok {
		return out
	}
	return append(out, carbon.NormalUsed{Station: station, Base: base, Value: n.Value, Period: n.Period, Source: n.Source, OwnYears: n.Own})
}
