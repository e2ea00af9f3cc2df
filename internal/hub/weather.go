package hub

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/rollup"
	"github.com/cpas-charleroi/gtc/rules/energy"
)

// addStations adds the stations that sites name and no equipment makes, whose
// days come from files, and the fallbacks of all.
func (e *energyRules) addStations(sites []gtc.Site) {
	for i := range sites {
		site := &sites[i]
		for _, id := range append([]string{site.WeatherStation}, site.WeatherFallbacks...) {
			if id != "" && e.stations[id] == nil {
				e.stations[id] = &station{id: id, site: site}
			}
		}
	}
	for i := range sites {
		// The site that makes the station says who fills in for it; of a station
		// that no site makes, the first that names fallbacks.
		st := e.stations[sites[i].WeatherStation]
		if st != nil && (st.site == &sites[i] || st.weather == "" && len(st.fallbacks) == 0) {
			st.fallbacks = sites[i].WeatherFallbacks
		}
	}
}

// fillStations gives the stations that have fallbacks the days that they lack,
// or have too few hours of, and notes what changed.
func (e *energyRules) fillStations(ctx context.Context, changed map[string]time.Time, now time.Time) error {
	for _, st := range e.stations {
		if len(st.fallbacks) == 0 {
			continue
		}
		from, news := changed[st.id], !st.filled
		_, own := changed[st.id]
		for _, id := range st.fallbacks {
			if at, ok := changed[id]; ok {
				touch(&from, at)
				news = true
			}
		}
		if !news && !own {
			continue
		}
		if !st.filled {
			from = time.Time{}
		}
		lent := e.lent(st, from, midnight(now, st.site.Location))
		if len(lent) > 0 {
			if err := e.writeTempDays(ctx, st.id, lent); err != nil {
				return fmt.Errorf("fill weather of %s: %w", st.id, err)
			}
			e.replace(func() {
				start := func(d energy.TempDay) time.Time { return d.Date }
				st.days = merge(st.days, withKept(st.days, lent, lent[0].Date, start), lent[0].Date, start)
			})
			at := changed[st.id]
			touch(&at, lent[0].Date)
			changed[st.id] = at
		}
		st.filled = true
	}
	return nil
}

// lent returns the days in [from, today) that a station has not enough hours of
// and one of its fallbacks has, the first fallback first.
func (e *energyRules) lent(st *station, from, today time.Time) []energy.TempDay {
	have := map[string]energy.TempDay{}
	for _, d := range st.days {
		have[d.Date.Format(time.DateOnly)] = d
	}
	var out []energy.TempDay
	given := map[string]bool{}
	for _, id := range st.fallbacks {
		other := e.stations[id]
		if other == nil || other == st {
			continue
		}
		for _, d := range other.days {
			key := d.Date.Format(time.DateOnly)
			day := midnight(d.Date, st.site.Location)
			old, known := have[key]
			source := rollup.SourceStation + id
			switch {
			case day.Before(from) || !day.Before(today) || given[key] || !d.Valid() || lentBy(d):
			case known && old.Valid() && !lentBy(old):
			case known && old.Source == source && old.Mean == d.Mean && old.Min == d.Min && old.Max == d.Max:
				given[key] = true // as it was lent before
			default:
				d.Date, d.Source = day, source
				out = append(out, d)
				given[key] = true
			}
		}
	}
	slices.SortFunc(out, func(a, b energy.TempDay) int { return a.Date.Compare(b.Date) })
	return out
}

// lentBy reports whether a day is another station's.
func lentBy(d energy.TempDay) bool { return strings.HasPrefix(d.Source, rollup.SourceStation) }

// weatherImported marks a station of which a file brought days.
func (e *energyRules) weatherImported(id string, t *influx.Table, row int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	st := e.stations[id]
	if ms, ok := t.Float(row, 1); ok && st != nil {
		touch(&st.touched, time.UnixMilli(int64(ms)))
		st.imported = true
	}
}
