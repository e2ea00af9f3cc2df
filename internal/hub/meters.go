package hub

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/drift"
	"github.com/cpas-charleroi/gtc/rules/energy/portfolio"
	"github.com/cpas-charleroi/gtc/rules/works"
)

// redo is how many days before the last kept day a starting hub rolls up
// again: what an edge may still have held for it.
const redo = 14

// meterKey names one metered direction.
type meterKey struct {
	site      gtc.SiteID
	meter     gtc.EquipmentID
	direction gtc.Direction
}

// meterState is what the energy rules know of one meter.
type meterState struct {
	site  *gtc.Site
	meter gtc.Meter
	// touched is the oldest instant at which something changed since the last
	// pass, zero when nothing did.
	touched time.Time
	// late is where samples came long after the last known day.
	late timespan
	// days are all its days, in order; those before until were judged, with the
	// baseline below.
	days     energy.Packed
	until    time.Time
	baseline baseline.Baseline
	// detector judges by the baseline; it keeps the limits it found.
	detector *drift.Detector
	// period is what the baseline was to be fitted on; not all of it need
	// have been there yet.
	period gtc.Period
	// why says why there is no baseline, "" when there is one.
	why string
	// series are its days set against the baseline, empty without one.
	series drift.Series
	// findings are those of the last judgement.
	findings []gtc.Finding
	// among are those of the meter among other meters.
	among []gtc.Finding
	// notes are what is odd about a tank's levels and deliveries.
	notes  []string
	judged bool
	// register is that of the site as it was then.
	register works.Register
}

func (m *meterState) key() meterKey {
	return meterKey{m.site.ID, m.meter.Equipment, m.meter.Direction}
}

// station is one weather station: the equipment that measures for it and its
// days.
type station struct {
	id      string
	site    *gtc.Site
	weather gtc.EquipmentID
	touched time.Time
	days    []energy.TempDay
	// fallbacks are the stations that fill its missing days; filled tells that
	// they were asked for all of them since the hub started.
	fallbacks []string
	filled    bool
	// imported tells that a file brought days since the last pass.
	imported bool
}

// energyRules keeps rollups, baselines and findings of all meters up to date.
// The lock guards the maps and states; a pass holds it only to read and to
// replace what it computed.
type energyRules struct {
	history
	log      zerolog.Logger
	mu       sync.Mutex
	meters   map[meterKey]*meterState
	order    []*meterState
	stations map[string]*station
	sources  map[gtc.Series]func(time.Time)
	passes   func(done, total int)
	// uses are the virtual meters that are made of a meter.
	uses map[meterKey][]*meterState
	// works gives the register of a site, nil for none; reconsidered are the
	// sites of which it changed since the last pass.
	works        func(gtc.SiteID) works.Register
	reconsidered map[gtc.SiteID]bool
	// imported is up to when the marks of imports were taken.
	imported time.Time
	// again says from when on the rules of package why have to look again at
	// the days of a site.
	again map[gtc.SiteID]time.Time
	// portfolio are all meters together, nil before the first pass.
	portfolio *portfolio.Portfolio
	// joined and lines are where the pass puts the days of one meter after the
	// other, and what it writes of them.
	joined []baseline.Day
	lines  []byte
}

// StationSource says which weather equipment of which site makes the days of
// a station.
type StationSource struct {
	Station string
	Site    gtc.SiteID
	Weather gtc.EquipmentID
}

func newEnergyRules(h history, sites []gtc.Site, stations []StationSource, log zerolog.Logger) *energyRules {
	e := &energyRules{
		history: h, log: log, meters: map[meterKey]*meterState{}, uses: map[meterKey][]*meterState{},
		stations: map[string]*station{}, reconsidered: map[gtc.SiteID]bool{}, sources: map[gtc.Series]func(time.Time){}, again: map[gtc.SiteID]time.Time{},
	}
	for i := range sites {
		site := &sites[i]
		for _, m := range site.Meters {
			ms := &meterState{site: site, meter: m, days: energy.Pack(site.Location, nil)}
			e.meters[ms.key()] = ms
			e.order = append(e.order, ms)
			if made(m) {
				continue
			}
			news := ms.sampled
			e.sources[gtc.Series{Site: site.ID, Kind: m.Kind, Equipment: m.Equipment, Point: m.Point}] = news
			if corrected(m) {
				for _, p := range []gtc.PointID{pointGasPressure, pointGasTemp} {
					e.sources[gtc.Series{Site: site.ID, Kind: m.Kind, Equipment: m.Equipment, Point: p}] = news
				}
			}
		}
		for _, src := range stations {
			if src.Site != site.ID {
				continue
			}
			st := &station{id: src.Station, site: site, weather: src.Weather}
			e.stations[src.Station] = st
			e.sources[gtc.Series{Site: site.ID, Kind: gtc.KindWeather, Equipment: src.Weather, Point: "air_temp"}] = func(at time.Time) { touch(&st.touched, at) }
		}
	}
	e.addStations(sites)
	e.inOrder()
	return e
}

func touch(t *time.Time, at time.Time) {
	if t.IsZero() || at.Before(*t) {
		*t = at
	}
}

// observe notes which meters and stations have news.
func (e *energyRules) observe(samples []gtc.Sample) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range samples {
		if !samples[i].Value.Present() {
			continue
		}
		if f := e.sources[samples[i].Series]; f != nil {
			f(samples[i].At)
		}
	}
}

// restore reads the kept days back and marks what may have changed while no
// hub looked: the last days of what is known, or all of what is not.
func (e *energyRules) restore(ctx context.Context) error {
	for _, st := range e.stations {
		days, err := e.tempDays(ctx, st.id, time.Time{}.AddDate(1970, 0, 0), st.site.Location)
		if err != nil {
			return err
		}
		at, ok := resume(days, func(d energy.TempDay) time.Time { return d.Date })
		if !ok && st.weather != "" {
			at, ok, err = e.first(ctx, gtc.Series{Site: st.site.ID, Kind: gtc.KindWeather, Equipment: st.weather, Point: "air_temp"})
			if err != nil {
				return err
			}
		}
		e.mu.Lock()
		st.days = days
		if ok {
			touch(&st.touched, at)
		}
		e.mu.Unlock()
	}
	for _, ms := range e.order {
		if err := e.restoreMeter(ctx, ms); err != nil {
			return err
		}
	}
	return nil
}

func (e *energyRules) restoreMeter(ctx context.Context, ms *meterState) error {
	m := ms.meter
	days, err := e.days(ctx, ms.site, m, time.Time{}.AddDate(1970, 0, 0))
	if err != nil {
		return err
	}
	if err := e.revalue(ctx, ms, days); err != nil {
		return err
	}
	at, ok := resume(days, func(d energy.Interval) time.Time { return d.Start })
	switch {
	case made(m):
		at, ok = time.Unix(0, 0), true // what it is made of may have been changed
	case !ok:
		at, ok, err = e.first(ctx, gtc.Series{Site: ms.site.ID, Kind: m.Kind, Equipment: m.Equipment, Point: m.Point})
		if err != nil {
			return err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	ms.days = energy.Pack(ms.site.Location, days)
	if ok {
		touch(&ms.touched, at)
	}
	return nil
}

func resume[D any](days []D, start func(D) time.Time) (time.Time, bool) {
	if len(days) == 0 {
		return time.Time{}, false
	}
	return start(days[len(days)-1]).AddDate(0, 0, -redo), true
}

// merge replaces the part of have that starts at or after from by news; both
// are in order of time.
func merge[D any](have, news []D, from time.Time, start func(D) time.Time) []D {
	i, _ := slices.BinarySearchFunc(have, from, func(d D, t time.Time) int { return start(d).Compare(t) })
	out := make([]D, 0, i+len(news))
	return append(append(out, have[:i]...), news...)
}
