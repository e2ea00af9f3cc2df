package console

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// fixture is a Model of a small park in every state: alarms of each priority,
// a site never read, one that has gone silent, late values, drifts, a saving,
// and sites with nothing to say.
type fixture struct {
	now  time.Time
	zone *time.Location

	mu     sync.Mutex
	sites  []SiteDetail
	store  StoreState
	centre []gtc.Alarm
	broken error // what Trend and Energy answer when set
	subs   map[chan Change]struct{}
	// ownYears are the years of the station that the normal year is made of.
	ownYears int
}

func newFixture() *fixture {
	zone, err := time.LoadLocation(zoneName)
	if err != nil {
		panic(err)
	}
	f := &fixture{
		now: time.Date(2026, 11, 21, 14, 3, 0, 0, zone), zone: zone,
		store: StoreState{Up: true}, subs: map[chan Change]struct{}{}, ownYears: 2,
	}
	f.sites = f.build()
	return f
}

func text(fr, nl, en string) gtc.Label { return gtc.Label{"fr": fr, "nl": nl, "en": en} }

func (f *fixture) ago(d time.Duration) time.Time { return f.now.Add(-d) }

func (f *fixture) Park(context.Context) (Park, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := Park{At: f.now, Store: f.store, Centre: f.centre}
	for _, s := range f.sites {
		p.Sites = append(p.Sites, s.SiteSummary)
	}
	return p, nil
}

func (f *fixture) Site(_ context.Context, id gtc.SiteID) (SiteDetail, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.sites {
		if s.ID == id {
			return s, nil
		}
	}
	return SiteDetail{}, ErrUnknown
}

func (f *fixture) Trend(_ context.Context, s gtc.Series, from, to time.Time) (Trend, error) {
	if f.broken != nil {
		return Trend{}, f.broken
	}
	t := Trend{Series: s, Unit: "°C", From: from, To: to, Query: `SELECT mean("` + string(s.Point) + `") FROM "` + string(s.Kind) + `" WHERE site = '` + string(s.Site) + `'`}
	step := to.Sub(from) / 288
	for i := range 288 {
		at := from.Add(time.Duration(i) * step)
		h := float64(at.In(f.zone).Hour()) + float64(at.Minute())/60
		v := 46 + 7*math.Sin((h-5)/24*2*math.Pi) + 1.1*math.Sin(float64(i)*1.7) + 3*math.Sin(float64(at.YearDay()))
		p := TrendPoint{At: at, Value: &v}
		if i >= 120 && i < 150 {
			p.Value = nil
		}
		t.Points = append(t.Points, p)
	}
	return t, nil
}

func (f *fixture) Subscribe(ctx context.Context) <-chan Change {
	c := make(chan Change, 8)
	f.mu.Lock()
	f.subs[c] = struct{}{}
	f.mu.Unlock()
	context.AfterFunc(ctx, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.subs, c)
		close(c)
	})
	return c
}

// publish sends a change to every subscriber and reports how many there are.
func (f *fixture) publish(c Change) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	for s := range f.subs {
		select {
		case s <- c:
		default:
		}
	}
	return len(f.subs)
}

func (f *fixture) Energy(_ context.Context, site gtc.SiteID, meter gtc.EquipmentID, from, to time.Time) (Energy, error) {
	if f.broken != nil {
		return Energy{}, f.broken
	}
	d, err := f.Site(context.Background(), site)
	if err != nil {
		return Energy{}, err
	}
	for _, m := range d.Meters {
		if m.ID != meter {
			continue
		}
		e := Energy{At: f.now, Site: site, SiteLabel: d.Label, Meter: m, Meters: d.Meters, From: from, To: to, Query: `SELECT "kwh" FROM "energy" WHERE step = 'day'`}
		e.Nature = MeterNature{Made: MadeOfIndex, InTotal: true, Serves: []MeterShare{{Building: "annexe", Share: 0.15, Method: "area", From: from}}}
		e.Balance = &MeterBalance{Days: 28, Submeters: []gtc.EquipmentID{"cuisine"}, KWh: 12400, SubKWh: 4100, RestKWh: 8300, RestPct: 66.9}
		for _, p := range d.Open {
			if p.Meter == meter {
				e.Findings = append(e.Findings, p)
			}
		}
		if site == "gosselies" {
			e.Baseline = BaselineSummary{Reason: "short"}
			return e, nil
		}
		slope, balance, provable := 190.4, 15.2, 3.8
		e.Baseline = BaselineSummary{
			Model: "hdd_only", Eligible: true, Judgeable: true, From: "2024-10-01", To: "2025-09-30", Balance: &balance, Intercept: 207.5,
			Slope: &slope, R2: 0.94, CVRMSE: 0.16, N: 365, ProvablePct: &provable, ProvableKWh: new(12_400.0), ProvableEUR: new(1_054.0),
			NormalYear: &NormalYear{KWh: 318_000, BandPct: new(3.8), By: "model", Station: "charleroi", Period: "2024-2025", OwnYears: f.ownYears},
		}
		e.Days = f.days(e, from, to)
		return e, nil
	}
	return Energy{}, ErrUnknown
}

// days are plausible days: heating below the balance point, noise that is the
// same every time, a week without data, and more or less from an onset on.
func (f *fixture) days(e Energy, from, to time.Time) []EnergyDay {
	var out []EnergyDay
	first := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, f.zone)
	sum, seed := 0.0, uint32(7)
	noise := func() float64 {
		n := 0.0
		for range 4 {
			seed = seed*1664525 + 1013904223
			n += float64(seed)/math.MaxUint32 - 0.5
		}
		return n
	}
	for day := first; day.Before(to.AddDate(0, 0, -1)); day = day.AddDate(0, 0, 1) {
		temp := 10.8 - 8.2*math.Cos(float64(day.YearDay()-18)/365*2*math.Pi) + 3.4*noise()
		want := e.Baseline.Intercept + *e.Baseline.Slope*math.Max(0, *e.Baseline.Balance-temp)
		low, high := math.Max(0, want-310), want+310
		got := math.Max(20, want+170*noise())
		for _, p := range e.Findings {
			if !day.Before(p.Onset) {
				got *= 1 + p.ExcessPct/100
			}
		}
		d := EnergyDay{Day: day, KWh: &got, Coverage: 1, Source: "metered", Expected: &want, Low: &low, High: &high, Temperature: &temp}
		if day.Month() == time.April && day.Day() >= 10 && day.Day() < 18 {
			d.KWh, d.Coverage, d.Source = nil, 0, ""
		} else {
			sum += got - want
		}
		s := sum
		d.CUSUM = &s
		out = append(out, d)
	}
	return out
}

var errStore = errors.New("query gtc: connection refused")
