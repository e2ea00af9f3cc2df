package hub

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/rules/energy"
	"github.com/cpas-charleroi/gtc/rules/why"
)

const (
	nightSites  = 50
	nightMeters = 20 // of each site
)

// night is a park of a thousand gas meters with three years of days, each with
// its own balance point, slope and noise that remembers the day before.
type night struct {
	db    *influx.Client
	sites []gtc.Site
	start time.Time // of the history
	end   time.Time // midnight of the night
	temps []energy.TempDay
	kwh   map[meterKey][]float64
}

func newNight(b *testing.B) *night {
	b.Helper()
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(b, err)
	now := time.Now().In(loc)
	n := &night{db: influxtest.Start(b), kwh: map[meterKey][]float64{}}
	n.end = time.Date(now.Year(), now.Month(), now.Day()-1, 0, 0, 0, 0, loc)
	n.start = n.end.AddDate(-3, 0, 0)
	rng := rand.New(rand.NewPCG(1, 2))
	n.weather(rng)
	for s := range nightSites {
		site := gtc.Site{ID: gtc.SiteID(fmt.Sprintf("site-%02d", s)), Location: loc, WeatherStation: "here", Category: "antenne"}
		for m := range nightMeters {
			meter := gtc.Meter{
				Equipment: gtc.EquipmentID(fmt.Sprintf("gaz-%02d", m)), Kind: gtc.KindGasMeter, Point: "volume_m3", Carrier: gtc.CarrierGas,
				Direction: gtc.DirectionImport, KWhPerUnit: 10,
			}
			site.Meters = append(site.Meters, meter)
			site.Equipment = append(site.Equipment, gtc.Equipment{ID: meter.Equipment, Kind: meter.Kind})
			n.kwh[meterKey{site.ID, meter.Equipment, meter.Direction}] = n.meter(rng)
		}
		n.sites = append(n.sites, site)
	}
	return n
}

func (n *night) weather(rng *rand.Rand) {
	drift := 0.0
	for day := n.start; day.Before(n.end); day = day.AddDate(0, 0, 1) {
		drift = 0.8*drift + 2*rng.NormFloat64()
		t := 10.5 - 8*math.Cos(2*math.Pi*float64(day.YearDay()-20)/365) + drift
		n.temps = append(n.temps, energy.TempDay{Date: day, Mean: t, Min: t - 4, Max: t + 4, Hours: 24})
	}
}

func (n *night) meter(rng *rand.Rand) []float64 {
	base, slope, knee, wave := 50+100*rng.Float64(), 30+60*rng.Float64(), 13+4*rng.Float64(), 0.0
	out := make([]float64, len(n.temps))
	for i, d := range n.temps {
		wave = 0.6*wave + 0.12*rng.NormFloat64()
		y := (base + slope*math.Max(0, knee-d.Mean)) * math.Max(0.2, 1+wave)
		if wd := d.Date.Weekday(); wd == time.Saturday || wd == time.Sunday {
			y *= 0.8
		}
		out[i] = y
	}
	return out
}

// store keeps three years of days, 40 days of hours and 16 days of readings by
// the hour, as a hub that was always there finds them.
func (n *night) store(b *testing.B) {
	b.Helper()
	h := history{n.db}
	require.NoError(b, h.writeTempDays(b.Context(), "here", n.temps))
	for _, site := range n.sites {
		for _, m := range site.Meters {
			kwh := n.kwh[meterKey{site.ID, m.Equipment, m.Direction}]
			days := make([]energy.Interval, len(n.temps))
			for i, d := range n.temps {
				days[i] = energy.Interval{Start: d.Date, KWh: kwh[i], Volume: kwh[i] / 10, Coverage: 1}
			}
			require.NoError(b, h.writeIntervals(b.Context(), site.ID, m, "day", days, nil))
			require.NoError(b, h.writeIntervals(b.Context(), site.ID, m, "hour", hoursOf(days[len(days)-40:]), nil))
		}
		n.readings(b, site, len(n.temps)-16)
	}
}

func hoursOf(days []energy.Interval) []energy.Interval {
	var out []energy.Interval
	for _, d := range days {
		for at := d.Start; at.Before(d.Start.AddDate(0, 0, 1)); at = at.Add(time.Hour) {
			out = append(out, energy.Interval{Start: at, KWh: d.KWh / 24, Volume: d.Volume / 24, Coverage: 1})
		}
	}
	return out
}

// readings stores the indexes of a site from a day on.
func (n *night) readings(b *testing.B, site gtc.Site, from int) {
	b.Helper()
	var buf []byte
	for _, m := range site.Meters {
		index := 1000.0
		for i, kwh := range n.kwh[meterKey{site.ID, m.Equipment, m.Direction}] {
			if i >= from {
				for k := range 24 {
					at := n.temps[i].Date.Add(time.Duration(k) * time.Hour)
					buf = fmt.Appendf(buf, "gas_meter,equipment=%s,site=%s volume_m3=%f %d\n", m.Equipment, site.ID, index+float64(k)*kwh/240, at.UnixMilli())
				}
			}
			index += kwh / 10
		}
	}
	require.NoError(b, n.db.Write(b.Context(), influx.Raw, buf))
}

// processor is the processor time of this process, in seconds.
func processor(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// BenchmarkNight is a thousand meters with three years of history on a real
// InfluxDB: first all that a hub does that has just started (read the days,
// roll up the last fourteen, fit and judge every meter, rules of package why
// over 40 days), then the night after: one day more of every meter, and what
// people look at in the morning: a year of every meter by day, half a year of the
// park by month, the page of the park.
func BenchmarkNight(b *testing.B) {
	n := newNight(b)
	n.store(b)
	rules, err := why.Library()
	require.NoError(b, err)
	for b.Loop() {
		debug.FreeOSMemory() // of what was needed to make the history
		e := newEnergyRules(history{n.db}, n.sites, []StationSource{{Station: "here", Site: "site-00", Weather: "meteo"}}, zerolog.Nop())
		h := n.hub(e)
		w := newWhyRules(rules, h.sites, h.findings)
		begun, cpu := time.Now(), processor(b)
		require.NoError(b, e.restore(b.Context()))
		n.work(b, h, w, n.end.Add(-18*time.Hour))
		b.ReportMetric(time.Since(begun).Seconds(), "s/start")
		b.ReportMetric(processor(b)-cpu, "cpu-s/start")

		last := n.end.AddDate(0, 0, -1)
		for _, site := range n.sites {
			for _, m := range site.Meters {
				s := gtc.Series{Site: site.ID, Kind: m.Kind, Equipment: m.Equipment, Point: m.Point}
				e.observe([]gtc.Sample{{Series: s, At: last, Value: gtc.Float(1)}, {Series: s, At: last.Add(23 * time.Hour), Value: gtc.Float(1)}})
			}
		}
		begun, cpu = time.Now(), processor(b)
		judged := n.work(b, h, w, n.end.Add(6*time.Hour))
		b.ReportMetric(time.Since(begun).Seconds(), "s/night")
		b.ReportMetric(processor(b)-cpu, "cpu-s/night")
		require.Equal(b, nightSites*nightMeters, judged)
		cpu = processor(b)
		n.pages(b, h)
		b.ReportMetric(processor(b)-cpu, "cpu-s/pages")
		// What the process holds after all, with the garbage of its last minutes.
		var mem runtime.MemStats
		runtime.ReadMemStats(&mem)
		b.ReportMetric(float64(mem.Sys-mem.HeapReleased)/1e6, "MB-held")
		runtime.GC()
		runtime.ReadMemStats(&mem)
		b.ReportMetric(float64(mem.HeapAlloc)/1e6, "MB-live")
		if profile := os.Getenv("NIGHT_HEAP"); profile != "" {
			f, err := os.Create(profile)
			require.NoError(b, err)
			require.NoError(b, pprof.WriteHeapProfile(f))
			require.NoError(b, f.Close())
		}
		runtime.KeepAlive(h)
		runtime.KeepAlive(w)
	}
}

// hub is as much of a hub as answers the energy pages.
func (n *night) hub(e *energyRules) *Hub {
	h := &Hub{energy: e, findings: newFindings(nil, nil), byID: map[gtc.SiteID]*siteInfo{}}
	h.now = func() time.Time { return n.end.Add(6 * time.Hour) }
	for i := range n.sites {
		info := &siteInfo{Site: n.sites[i]}
		h.sites, h.byID[info.ID] = append(h.sites, info), info
	}
	return h
}

// pages asks for what people look at in the morning.
func (n *night) pages(b *testing.B, h *Hub) {
	b.Helper()
	year := n.end.AddDate(-1, 0, 0)
	for _, s := range h.sites {
		got, err := h.Consumption(b.Context(), api.EnergyQuery{From: year, To: n.end, Step: api.StepDay, Sites: []gtc.SiteID{s.ID}})
		require.NoError(b, err)
		require.Len(b, got.Rows, nightMeters)
		require.Len(b, got.Rows[0].Intervals, int(n.end.Sub(year).Round(24*time.Hour)/(24*time.Hour)))
	}
	_, err := h.Consumption(b.Context(), api.EnergyQuery{From: n.end.AddDate(0, -6, 0), To: n.end, Step: api.StepMonth, Group: api.GroupPark})
	require.NoError(b, err)
	_, err = h.Portfolio(b.Context())
	require.NoError(b, err)
}

// work does the passes of one night and returns how many meters were judged.
func (n *night) work(b *testing.B, h *Hub, w *whyRules, now time.Time) int {
	b.Helper()
	judged, err := h.energy.pass(b.Context(), now)
	require.NoError(b, err)
	for looked := map[gtc.SiteID]bool{}; len(looked) < len(n.sites); { // as many passes as the budget of one needs
		news, err := w.pass(b.Context(), h.energy, now)
		require.NoError(b, err)
		for _, id := range news {
			looked[id] = true
		}
	}
	return len(judged)
}
