package hub

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/rules/energy"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/drift"
	"github.com/cpas-charleroi/gtc/rules/works"
)

// park is a hub whose meters have days that were never read: three years with
// gaps, days below zero, days of which only a total or an invoice is known, gas
// without a calorific value, meters that come late, works and adjustments, days
// without a temperature, a site without a station.
type park struct {
	*Hub
	rng   *rand.Rand
	start time.Time
	today time.Time
}

func newPark(tb testing.TB, sites, meters int) *park {
	tb.Helper()
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(tb, err)
	p := &park{rng: rand.New(rand.NewPCG(3, 4)), start: time.Date(2023, 2, 11, 0, 0, 0, 0, loc), today: time.Date(2026, 3, 30, 0, 0, 0, 0, loc)}
	p.Hub = &Hub{findings: newFindings(nil, nil), byID: map[gtc.SiteID]*siteInfo{}, now: func() time.Time { return p.today.Add(10 * time.Hour) }}
	civil := func(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }
	p.tariffs = []gtc.Tariff{{Carrier: gtc.CarrierGas, From: civil(2024), EURPerKWh: 0.07}, {Carrier: gtc.CarrierGas, From: civil(2025), EURPerKWh: 0.09}}
	p.factors = []gtc.Factor{{Carrier: gtc.CarrierGas, From: civil(2020), KgCO2PerKWh: 0.2}}
	all := make([]gtc.Site, sites)
	for i := range all {
		all[i] = gtc.Site{ID: gtc.SiteID(fmt.Sprintf("site-%02d", i)), Location: loc, WeatherStation: [...]string{"north", "south", "south", ""}[i%4], AreaM2: float64(100 * i)}
		for k := range meters {
			m := gtc.Meter{Equipment: gtc.EquipmentID(fmt.Sprintf("m-%02d", k)), Carrier: gtc.CarrierGas, Direction: gtc.DirectionImport, KWhPerUnit: 10, Point: "volume_m3"}
			switch k % 10 {
			case 7:
				m.Carrier, m.KWhPerUnit = gtc.CarrierWater, 0
			case 8:
				m.Carrier = gtc.CarrierElectricity
			case 9:
				m.Carrier, m.Direction = gtc.CarrierElectricity, gtc.DirectionExport
			}
			all[i].Meters = append(all[i].Meters, m)
		}
	}
	p.energy = newEnergyRules(history{}, all, nil, zerolog.Nop())
	for i := range all {
		info := &siteInfo{Site: all[i]}
		p.sites, p.byID[info.ID] = append(p.sites, info), info
	}
	for _, id := range []string{"north", "south"} {
		p.energy.stations[id].days = p.weather()
	}
	for i, ms := range p.energy.order {
		p.judge(ms, p.consumed(i, ms))
	}
	return p
}

// weather is that of a station, not every day of it known or well measured.
func (p *park) weather() []energy.TempDay {
	var out []energy.TempDay
	for day := p.start.AddDate(0, 0, 20); day.Before(p.today.AddDate(0, 0, 1)); day = day.AddDate(0, 0, 1) {
		t := 10.5 - 8*math.Cos(2*math.Pi*float64(day.YearDay()-20)/365) + 2*p.rng.NormFloat64()
		d := energy.TempDay{Date: day, Mean: t, Min: t - 4, Max: t + 4, Hours: 24, DJ15: math.Max(0, 15-t)}
		switch p.rng.IntN(60) {
		case 0:
			continue
		case 1:
			d.Hours = 5
		}
		out = append(out, d)
	}
	return out
}

// consumed are the days of meter i.
func (p *park) consumed(i int, ms *meterState) []energy.Interval {
	temps := map[string]float64{}
	for _, t := range p.energy.stationDays(ms.site.WeatherStation) {
		temps[t.Date.Format(time.DateOnly)] = t.Mean
	}
	start, absent := p.start, 0
	if i%7 == 3 {
		start = p.today.AddDate(0, 0, -10*i%500)
	}
	var out []energy.Interval
	for day := start; day.Before(p.today.AddDate(0, 0, 1)); day = day.AddDate(0, 0, 1) {
		kwh := (100 + 50*math.Max(0, 15-temps[day.Format(time.DateOnly)])) * (1 + 0.1*p.rng.NormFloat64())
		if i%5 == 2 && day.After(p.today.AddDate(0, 0, -200)) {
			kwh *= 1.3
		}
		d := energy.Interval{Start: day, KWh: kwh, Volume: kwh / 10, Coverage: 1}
		if absent > 0 {
			absent--
			continue
		}
		switch p.rng.IntN(80) {
		case 0:
			absent = p.rng.IntN(40)
		case 1:
			d.KWh, d.Volume = -d.KWh, -d.Volume
		case 2:
			d.KWh, d.NoEnergy = 0, true
		case 3:
			d.Estimated, d.Coverage, d.Low, d.High = true, 0.3, kwh/2, 2*kwh
		case 4:
			d.Source, d.Coverage, d.PCS = energy.SourceInvoice, 0, 11.2
		case 5:
			d.KWh, d.Volume, d.Coverage = 0, 0, p.rng.Float64()
		case 6:
			d.KWh = math.Copysign(0, -1)
		}
		out = append(out, d)
	}
	return out
}

// judge does what a pass does for pages, on days that are given.
func (p *park) judge(ms *meterState, days []energy.Interval) {
	ms.days = energy.Pack(ms.site.Location, days)
	ms.until, ms.judged = p.today, true
	if ms.why = energy.NotJudged(ms.site, ms.meter); ms.why != "" {
		return
	}
	switch p.rng.IntN(4) {
	case 0:
		ms.register.Entries = []works.Entry{{ID: "w", Kind: works.Works, From: "2024-09-01", To: "2024-10-15"}}
	case 1:
		ms.register.Entries = []works.Entry{
			{ID: "x", Kind: works.Occupancy, From: "2025-01-10", Adjust: &works.Adjustment{Pct: -20}},
			{ID: "y", Kind: works.Occupancy, From: "2025-06-01", To: "2025-12-31", Adjust: &works.Adjustment{KWhPerDay: -90}},
		}
	}
	joined := ms.days.Join(nil, ms.days.Find(p.today), p.energy.stationDays(ms.site.WeatherStation))
	ms.period = baselinePeriod(ms.meter, joined)
	ms.baseline, ms.why = fit(ms, ms.register.Prepare(ms.meter.Equipment, joined, nil), ms.period)
	ms.detector = drift.New(ms.baseline)
}

// told is a day that a page is to show, and its CUSUM in euro.
type told struct {
	console.EnergyDay
	euro *float64
}

// told are all days of a meter before today, by what was put in.
func (p *park) told(ms *meterState) []told {
	days, temps := map[int64]energy.Interval{}, map[int64]energy.TempDay{}
	for _, d := range ms.days.All() {
		days[d.Start.Unix()] = d
	}
	for _, t := range p.energy.stationDays(ms.site.WeatherStation) {
		temps[t.Date.Unix()] = t
	}
	var out []told
	kwh, euro := 0.0, 0.0
	for start := ms.days.Start(0); start.Before(p.today); start = start.AddDate(0, 0, 1) {
		iv, t := days[start.Unix()], temps[start.Unix()]
		d := told{EnergyDay: console.EnergyDay{Day: start, Coverage: iv.Coverage, Source: sourceOf(iv)}}
		d.KWh = figure(iv.KWh, !iv.Start.IsZero() && !iv.NoEnergy && ms.meter.KWhPerUnit > 0)
		d.KWhLow, d.KWhHigh, d.PCS = figure(iv.Low, iv.High > 0), figure(iv.High, iv.High > 0), figure(iv.PCS, iv.PCS > 0)
		d.Temperature = figure(t.Mean, t.Valid())
		x, ok := ms.baseline.Predict(baseline.Day{Date: start, Temp: t.Mean, HasTemp: t.Valid()})
		x = ms.adjusted(x, start)
		d.Expected, d.Low, d.High = figure(x.KWh, ok), figure(x.Low, ok), figure(x.High, ok)
		if d.KWh != nil && ok && !start.Before(ms.baseline.To) && !ms.register.Excludes(ms.meter.Equipment, works.DayOf(start)) {
			rate, priced := p.rate(ms.meter.Carrier, api.UnitEUR, start)
			kwh += *d.KWh - *d.Expected
			euro += rate * (*d.KWh - *d.Expected)
			d.CUSUM, d.euro = figure(kwh, true), figure(euro, priced)
		}
		out = append(out, d)
	}
	return out
}

func figure(v float64, ok bool) *float64 {
	if !ok {
		return nil
	}
	return &v
}

// TestPagesSayTheDaysThatAreKept: every day from a meter's first to yesterday is
// told as it was put in, on its page and by the API, from wherever one looks; the
// CUSUM is that of all days before, each at the price of its day.
func TestPagesSayTheDaysThatAreKept(t *testing.T) {
	p := newPark(t, 4, 10)
	for _, ms := range p.energy.order {
		all := p.told(ms)
		for _, from := range []time.Time{p.start.AddDate(-1, 0, 0), p.start.AddDate(1, 1, 5), p.today.AddDate(-1, 0, 0), p.today.AddDate(0, 0, -9)} {
			to := from.AddDate(1, 6, 0)
			want := slices.DeleteFunc(slices.Clone(all), func(d told) bool { return d.Day.Before(from) || !d.Day.Before(to) })
			page, err := p.Energy(t.Context(), ms.site.ID, ms.meter.Equipment, from, to)
			require.NoError(t, err)
			require.Len(t, page.Days, len(want))
			for i := range want {
				require.Equal(t, want[i].EnergyDay, page.Days[i])
			}
			if ms.meter.KWhPerUnit == 0 {
				continue
			}
			for i, iv := range p.asked(t, ms, from, to, "", len(want)) {
				d := want[i]
				require.Equal(t, d.Day.UnixMilli(), iv.At)
				require.Equal(t, d.KWh, iv.Actual)
				require.Equal(t, d.Expected, iv.Expected)
				require.Equal(t, d.CUSUM, iv.CUSUM)
				require.InDelta(t, orNought(d.Temperature), orNought(iv.Temperature), 1e-9)
			}
			for i, iv := range p.asked(t, ms, from, to, api.UnitEUR, len(want)) {
				require.Equal(t, want[i].euro == nil, iv.CUSUM == nil)
				require.InDelta(t, orNought(want[i].euro), orNought(iv.CUSUM), 1e-6)
			}
		}
	}
}

// asked are the days of a meter as the API tells them.
func (p *park) asked(t *testing.T, ms *meterState, from, to time.Time, unit string, n int) []api.ConsumptionInterval {
	t.Helper()
	got, err := p.Consumption(t.Context(), api.EnergyQuery{
		From: from, To: to, Step: api.StepDay, Unit: unit,
		Sites: []gtc.SiteID{ms.site.ID}, Meters: []gtc.EquipmentID{ms.meter.Equipment}, Directions: []gtc.Direction{ms.meter.Direction},
	})
	require.NoError(t, err)
	require.Len(t, got.Rows, 1)
	require.Len(t, got.Rows[0].Intervals, n)
	return got.Rows[0].Intervals
}

// TestPagesAreReadBesideAPass: while days are replaced, an answer is of the ones
// or of the others.
func TestPagesAreReadBesideAPass(t *testing.T) {
	p := newPark(t, 2, 1)
	ms := p.energy.order[0]
	from := p.today.AddDate(0, -2, 0)
	each := func(kwh float64) []energy.Interval {
		var out []energy.Interval
		for day := from; day.Before(p.today); day = day.AddDate(0, 0, 1) {
			out = append(out, energy.Interval{Start: day, KWh: kwh, Coverage: 1})
		}
		return out
	}
	ones, twos := each(1), each(2)
	p.energy.replace(func() { ms.days = ms.days.Merge(from, ones) })
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range 200 {
			for _, days := range [][]energy.Interval{twos, ones} {
				p.energy.replace(func() { ms.days = ms.days.Merge(from, days) })
			}
		}
	}()
	for passing := true; passing; {
		select {
		case <-ended:
			passing = false
		default:
		}
		got, err := p.Consumption(t.Context(), api.EnergyQuery{From: from, To: p.today, Step: api.StepTotal, Sites: []gtc.SiteID{ms.site.ID}})
		require.NoError(t, err)
		require.Contains(t, []float64{float64(len(ones)), float64(2 * len(ones))}, *got.Rows[0].Intervals[0].Actual)
		page, err := p.Energy(t.Context(), ms.site.ID, ms.meter.Equipment, from, p.today)
		require.NoError(t, err)
		for _, d := range page.Days {
			require.InDelta(t, *page.Days[0].KWh, *d.KWh, 0)
		}
	}
}

// BenchmarkPages asks for a year of one meter by the API and on its page, and for
// a year and a week of 200 meters, all with three years of days.
func BenchmarkPages(b *testing.B) {
	p := newPark(b, 20, 10)
	year := p.today.AddDate(-1, 0, 0)
	one := api.EnergyQuery{From: year, To: p.today, Step: api.StepDay, Sites: []gtc.SiteID{"site-01"}, Meters: []gtc.EquipmentID{"m-01"}}
	for name, q := range map[string]api.EnergyQuery{
		"year":             one,
		"early year":       {From: p.start, To: p.start.AddDate(1, 0, 0), Step: api.StepDay, Sites: one.Sites, Meters: one.Meters},
		"week of the park": {From: p.today.AddDate(0, 0, -7), To: p.today, Step: api.StepDay, Group: api.GroupPark},
		"park":             {From: year, To: p.today, Step: api.StepMonth, Group: api.GroupPark},
		"park total":       {From: year, To: p.today, Step: api.StepTotal},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			cpu := processor(b)
			for b.Loop() {
				if _, err := p.Consumption(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(1e3*(processor(b)-cpu)/float64(b.N), "cpu-ms/op")
		})
	}
	b.Run("page", func(b *testing.B) {
		cpu := processor(b)
		for b.Loop() {
			if _, err := p.Energy(b.Context(), "site-01", "m-01", year, p.today); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(1e3*(processor(b)-cpu)/float64(b.N), "cpu-ms/op")
	})
}
