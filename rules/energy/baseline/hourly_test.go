package baseline_test

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/energytest"
)

// office returns hours of a building that is open on weekdays from 8 to 18 h,
// in Brussels' time: 40 kWh when open and 10 when not, and so much for each
// degree below 12.78 °C (55 °F), with noise.
func office(tb testing.TB, hours int, noise float64) []baseline.Hour {
	tb.Helper()
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(tb, err)
	rng := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, loc)
	out := make([]baseline.Hour, hours)
	for i := range out {
		h := baseline.Hour{Start: at.Add(time.Duration(i) * time.Hour)}
		days := float64(i) / 24
		h.Temp = 10.5 - 9*math.Cos(2*math.Pi*(days-20)/365) - 4*math.Cos(2*math.Pi*(days-.6)) + 3*math.Sin(days*1.3)
		degrees := math.Max(0, (55-32)/1.8-h.Temp)
		l := h.Start
		if !energytest.Weekend(l) && !baseline.Holiday(l) && l.Hour() >= 8 && l.Hour() < 18 {
			h.KWh = 40 + 3*degrees
		} else {
			h.KWh = 10 + degrees
		}
		h.KWh = math.Max(0, h.KWh+noise*rng.NormFloat64())
		out[i] = h
	}
	return out
}

func TestHourly(t *testing.T) {
	hours := office(t, 2*8760, 2)
	m, err := baseline.FitHourly(hours[:8760], baseline.FitOptions{Carrier: gtc.CarrierElectricity})
	require.NoError(t, err)
	require.True(t, m.Eligible, m.Reason)
	n := 0
	for w, occupied := range m.Occupied {
		day, hour := w/24, w%24
		require.Equal(t, day >= 1 && day <= 5 && hour >= 8 && hour < 18, occupied, w)
		n += len(m.Week) / 168
	}
	require.Equal(t, 168, n)
	require.InDelta(t, -3, m.Modes[1].Slopes[1], .1)
	require.InDelta(t, -1, m.Modes[0].Slopes[1], .1)
	require.InDelta(t, 0, m.Modes[1].Slopes[len(m.Modes[1].Slopes)-1], .3)
	require.Less(t, m.Metrics.CVRMSE, .13)
	require.Less(t, m.Daily.CVRMSE, m.Metrics.CVRMSE)
	require.InDelta(t, 0, m.Metrics.NMBE, 1e-3)
	c := m.Compare(hours[8760:])
	require.InDelta(t, 0, c.SavingKWh, c.BandKWh)
	require.Equal(t, 365, c.Days)
	require.Greater(t, m.ProvablePct(), 0.0)
	holiday := time.Date(2025, 5, 1, 11, 0, 0, 0, hours[0].Start.Location())
	require.InDelta(t, 10, m.Expected(holiday, 14), 1.5, "a public holiday is a Sunday")

	_, err = baseline.FitHourly(hours[:600], baseline.FitOptions{})
	require.ErrorIs(t, err, baseline.ErrFewHours)
	short, err := baseline.FitHourly(hours[:3000], baseline.FitOptions{Exclude: []gtc.Period{{From: hours[0].Start, To: hours[100].Start}}})
	require.NoError(t, err)
	require.Equal(t, "too few hours: 2900 of the 7896 needed", short.Reason)
	still, err := baseline.FitHourly(constant(hours[:8760]), baseline.FitOptions{})
	require.NoError(t, err)
	require.InDelta(t, 5, still.Expected(holiday, -30), 1e-6)
}

func constant(hours []baseline.Hour) []baseline.Hour {
	out := make([]baseline.Hour, len(hours))
	for i, h := range hours {
		out[i] = baseline.Hour{Start: h.Start, KWh: 5, Temp: h.Temp}
	}
	return out
}

// realHours returns the hours of a real building, in its own time.
func realHours(tb testing.TB, building string) map[gtc.Carrier][]baseline.Hour {
	tb.Helper()
	loc, err := time.LoadLocation("Europe/London")
	require.NoError(tb, err)
	dir := filepath.Join(energytest.SharedData(tb), "cambridge")
	temps := map[string]float64{}
	for _, r := range energytest.GzipRows(tb, filepath.Join(dir, "weather_hourly.csv.gz")) {
		if v, err := strconv.ParseFloat(r[1], 64); err == nil {
			temps[r[0][:13]] = v
		}
	}
	out := map[gtc.Carrier][]baseline.Hour{}
	for _, r := range energytest.GzipRows(tb, filepath.Join(dir, "hourly_"+building+".csv.gz")) {
		at, err := time.Parse(time.DateTime, r[0])
		require.NoError(tb, err)
		temp, ok := temps[r[0][:13]]
		for column, carrier := range map[int]gtc.Carrier{1: gtc.CarrierGas, 2: gtc.CarrierElectricity} {
			if v, err := strconv.ParseFloat(r[column], 64); ok && err == nil {
				out[carrier] = append(out[carrier], baseline.Hour{Start: at.In(loc), KWh: v, Temp: temp})
			}
		}
	}
	return out
}

// TestHourlyOnRealBuildings: the week's timetable makes the days of real
// electricity meters better known than temperature alone can.
func TestHourlyOnRealBuildings(t *testing.T) {
	for _, building := range []string{"b2", "b19"} {
		hours := realHours(t, building)[gtc.CarrierElectricity]
		from := time.Date(2018, 1, 1, 0, 0, 0, 0, hours[0].Start.Location())
		o := baseline.FitOptions{Carrier: gtc.CarrierElectricity, From: from, To: from.AddDate(1, 0, 0)}
		m, err := baseline.FitHourly(hours, o)
		require.NoError(t, err)
		b, err := baseline.Fit(daysOf(hours), o)
		require.NoError(t, err)
		t.Logf("%s electricity 2018, CV(RMSE): TOWT hours %.1f %%, days %.1f %%; native days %.1f %%; CalTRACK %.1f %%",
			building, 100*m.Metrics.CVRMSE, 100*m.Daily.CVRMSE, 100*b.Metrics.CVRMSE, 100*b.Compatible.CVRMSE)
		require.Less(t, m.Daily.CVRMSE, .75*b.Compatible.CVRMSE)
		require.Less(t, b.Metrics.CVRMSE, .75*b.Compatible.CVRMSE)
		require.Contains(t, b.Split, "off")
	}
}

// daysOf sums hours into days.
func daysOf(hours []baseline.Hour) []baseline.Day {
	var out []baseline.Day
	for _, h := range hours {
		y, m, d := h.Start.Date()
		day := time.Date(y, m, d, 0, 0, 0, 0, h.Start.Location())
		if n := len(out); n == 0 || !out[n-1].Date.Equal(day) {
			out = append(out, baseline.Day{Date: day, HasKWh: true, HasTemp: true})
		}
		l := &out[len(out)-1]
		l.Temp = (l.Temp*l.Coverage*24 + h.Temp) / (l.Coverage*24 + 1)
		l.KWh, l.Coverage = l.KWh+h.KWh, l.Coverage+1./24
	}
	return out
}

func BenchmarkFitHourly(b *testing.B) {
	hours := office(b, 8760, 2)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := baseline.FitHourly(hours, baseline.FitOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
