package baseline_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/energytest"
)

// made returns two years of days of which the consumption is a function of
// the day and of the temperatures of the days before, with independent noise.
func made(noise float64, kwh func(d time.Time, t, yesterday, before float64) float64) []baseline.Day {
	rng := rand.New(rand.NewPCG(3, 4))
	days := energytest.MadeUp(730, 15, 0, 5)
	for i := range days {
		d := &days[i]
		y, b := d.Temp, d.Temp
		if i > 1 {
			y, b = days[i-1].Temp, days[i-2].Temp
		}
		d.KWh = math.Max(0, kwh(d.Date, d.Temp, y, b)+noise*rng.NormFloat64())
	}
	return days
}

func heating(bp, t float64) float64 { return math.Max(0, bp-t) }

// TestForms: each form is chosen for what was made with it, with its balance
// points.
func TestForms(t *testing.T) {
	elec, gas := gtc.CarrierElectricity, gtc.CarrierGas
	for name, c := range map[string]struct {
		carrier      gtc.Carrier
		kwh          func(t float64) float64
		model        string
		heat, cool   float64 // balance points
		slope, other float64
	}{
		"2P":            {gas, func(t float64) float64 { return 1000 - 35*t }, baseline.ModelLinear, 0, 0, 35, 0},
		"2P rising":     {elec, func(t float64) float64 { return 400 + 12*t }, baseline.ModelLinear, 0, 0, 0, 12},
		"3P heating":    {gas, func(t float64) float64 { return 100 + 30*heating(14.3, t) }, baseline.ModelHeating, 14.3, 0, 30, 0},
		"3P cooling":    {elec, func(t float64) float64 { return 100 + 20*heating(t, 14.2) }, baseline.ModelCooling, 0, 14.2, 0, 20},
		"4P saturating": {gas, func(t float64) float64 { return 300 + 10*heating(4, t) - 20*heating(t, 4) + 200 }, baseline.ModelTwoSlopes, 4.8, 4.8, 10, -20},
		"4P":            {gas, func(t float64) float64 { return 400 + 40*heating(10.7, t) - 8*heating(t, 10.7) }, baseline.ModelTwoSlopes, 10.7, 10.7, 40, -8},
		"5P":            {elec, func(t float64) float64 { return 100 + 30*heating(9.4, t) + 25*heating(t, 14.8) }, baseline.ModelBoth, 9.4, 14.8, 30, 25},
		"flat":          {gas, func(float64) float64 { return 100 }, baseline.ModelFlat, 0, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			days := made(6, func(_ time.Time, x, _, _ float64) float64 { return c.kwh(x) })
			b, err := baseline.Fit(days[:365], baseline.FitOptions{Carrier: c.carrier})
			require.NoError(t, err)
			require.Equal(t, c.model, b.Model)
			require.Equal(t, "none", b.Split)
			require.Zero(t, b.Lag)
			require.InDelta(t, c.slope, b.Whole.Heating, 1.5)
			require.InDelta(t, c.other, b.Whole.Cooling, 1.5)
			if c.heat > 0 {
				require.InDelta(t, c.heat, b.Whole.HeatingBP, .9)
			}
			if c.cool > 0 {
				require.InDelta(t, c.cool, b.Whole.CoolingBP, .9)
			}
			next := b.Compare(days[365:])
			require.InDelta(t, 0, next.SavingKWh, next.BandKWh, "the next year is as expected")
		})
	}
}

// TestKnees: the heating balance point is not above the cooling one, what only
// heats never uses more because it is warm, models have no jump, and bands are
// in order.
func TestKnees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bp := rapid.Float64Range(6, 20).Draw(t, "bp")
		noise := rapid.Float64Range(0, 150).Draw(t, "noise")
		carrier := rapid.SampledFrom([]gtc.Carrier{gtc.CarrierGas, gtc.CarrierElectricity}).Draw(t, "carrier")
		days := energytest.MadeUp(365, bp, noise, rapid.Int64().Draw(t, "seed"))
		if rapid.Bool().Draw(t, "cooled") {
			for i := range days {
				days[i].KWh += 15 * heating(days[i].Temp, 17)
			}
		}
		b, err := baseline.Fit(days, baseline.FitOptions{Carrier: carrier})
		require.NoError(t, err)
		for _, s := range append(b.Segments, b.Whole) {
			if s.Model == baseline.ModelBoth {
				require.LessOrEqual(t, s.HeatingBP, s.CoolingBP)
			}
			if carrier == gtc.CarrierGas {
				require.GreaterOrEqual(t, s.Heating, 0.0)
				require.LessOrEqual(t, s.Cooling, 0.0)
			}
			last := s.At(-20)
			for x := -20.0; x <= 40; x += .01 { // no jump anywhere
				require.InDelta(t, last, s.At(x), .011*(math.Abs(s.Heating)+math.Abs(s.Cooling))+1e-9)
				last = s.At(x)
			}
		}
		for x := -10.0; x < 30; x += .5 {
			e, ok := b.Predict(baseline.Day{Date: days[0].Date, Temp: x, HasTemp: true})
			require.True(t, ok)
			require.LessOrEqual(t, e.Low, e.KWh)
			require.GreaterOrEqual(t, e.High, e.KWh)
			require.GreaterOrEqual(t, e.Low, 0.0)
		}
		if b.Metrics.CVRMSE > 1e-6 { // more days are less sure in kWh and surer in per cent
			kwh, share := 0.0, math.Inf(1)
			for _, n := range []int{1, 7, 30, 90, 365, 730, 1095} {
				due := b.Metrics.Mean * float64(n)
				band := b.BandKWh(n, due)
				require.Greater(t, band, kwh)
				require.Less(t, band/due, share)
				kwh, share = band, band/due
			}
		}
	})
}

func TestHolidays(t *testing.T) {
	for year, want := range map[int]string{2000: "2000-04-23", 2008: "2008-03-23", 2011: "2011-04-24", 2024: "2024-03-31", 2025: "2025-04-20", 2026: "2026-04-05", 2038: "2038-04-25"} {
		require.Equal(t, want, baseline.Easter(year).Format(time.DateOnly))
	}
	want := map[string]bool{
		"2025-01-01": true, "2025-04-21": true, "2025-05-01": true, "2025-05-29": true, "2025-06-09": true,
		"2025-07-21": true, "2025-08-15": true, "2025-11-01": true, "2025-11-11": true, "2025-12-25": true,
	}
	for d := energytest.Date(t, "2025-01-01"); d.Year() == 2025; d = d.AddDate(0, 0, 1) {
		require.Equal(t, want[d.Format(time.DateOnly)], baseline.Holiday(d), d)
	}
	for year := 1900; year < 2200; year++ { // a Sunday from 22 March to 25 April
		e := baseline.Easter(year)
		require.Equal(t, time.Sunday, e.Weekday())
		require.True(t, energytest.Inside(e, time.Date(year, 3, 22, 0, 0, 0, 0, time.UTC), time.Date(year, 4, 26, 0, 0, 0, 0, time.UTC)))
	}
}

// TestCalendar: public holidays and closed spans are told apart only where
// they differ.
func TestCalendar(t *testing.T) {
	closed := []gtc.Period{
		{From: energytest.Date(t, "2024-02-10"), To: energytest.Date(t, "2024-03-10")},
		{From: energytest.Date(t, "2024-07-01"), To: energytest.Date(t, "2024-09-01")},
		{From: energytest.Date(t, "2024-11-20"), To: energytest.Date(t, "2024-12-20")},
	}
	calendar := &baseline.Calendar{Closed: closed}
	require.True(t, calendar.IsOpen(energytest.Date(t, "2024-01-03")))
	require.False(t, calendar.IsOpen(energytest.Date(t, "2024-01-06")), "a Saturday")
	require.False(t, calendar.IsOpen(energytest.Date(t, "2024-05-09")), "Ascension")
	require.False(t, calendar.IsOpen(energytest.Date(t, "2024-02-13")), "closed")
	require.True(t, (&baseline.Calendar{OpenOnHolidays: true}).IsOpen(energytest.Date(t, "2024-05-09")))

	use := func(open bool, x float64) float64 {
		if open {
			return 150 + 40*heating(15, x)
		}
		return 60 + 22*heating(13, x)
	}
	year := baseline.FitOptions{Carrier: gtc.CarrierGas, To: energytest.Date(t, "2025-01-01")}
	school := made(40, func(d time.Time, x, _, _ float64) float64 { return use(calendar.IsOpen(d), x) })
	plain, err := baseline.Fit(school, year)
	require.NoError(t, err)
	year.Calendar = calendar
	known, err := baseline.Fit(school, year)
	require.NoError(t, err)
	require.Contains(t, known.Split, "calendar")
	require.Less(t, known.Metrics.CVRMSE, plain.Metrics.CVRMSE*.6, "the calendar is worth more than any model")
	require.Equal(t, "open", known.GroupOf(energytest.Date(t, "2024-01-03")))

	office := made(10, func(d time.Time, x, _, _ float64) float64 {
		return use(!energytest.Weekend(d) && !baseline.Holiday(d), x)
	})
	year.Calendar = nil
	b, err := baseline.Fit(office, year)
	require.NoError(t, err)
	require.Equal(t, "off", b.Split)
	require.Equal(t, "day off", b.GroupOf(energytest.Date(t, "2024-05-09")))

	home := made(10, func(_ time.Time, x, _, _ float64) float64 { return use(true, x) })
	year.Calendar = calendar
	b, err = baseline.Fit(home, year)
	require.NoError(t, err)
	require.Equal(t, "none", b.Split, "a home that never closes needs no calendar")
}

// TestLag: a building that feels yesterday is fitted with its inertia.
func TestLag(t *testing.T) {
	const a = .5
	days := made(15, func(_ time.Time, x, y, b float64) float64 {
		return 100 + 30*heating(15, (x+a*y+a*a*b)/(1+a+a*a))
	})
	b, err := baseline.Fit(days[:365], baseline.FitOptions{Carrier: gtc.CarrierGas})
	require.NoError(t, err)
	require.InDelta(t, a, b.Lag, .11)
	plain, err := baseline.Fit(days[:365], baseline.FitOptions{Carrier: gtc.CarrierGas}.Without(true, true, true))
	require.NoError(t, err)
	require.Less(t, b.Metrics.CVRMSE, plain.Metrics.CVRMSE*.8)
	expected := b.Expected(days)
	require.InDelta(t, days[500].KWh, expected[500], 60)
	require.True(t, math.IsNaN(b.Expected([]baseline.Day{{Date: days[0].Date}})[0]))
}

// TestFactors: beds that are added are no drift.
func TestFactors(t *testing.T) {
	from := energytest.Date(t, "2024-07-01")
	beds := baseline.Factor{Name: "beds", Share: .5, Steps: []baseline.Step{{Value: 60}, {From: from, Value: 72}}}
	days := made(10, func(d time.Time, x, _, _ float64) float64 {
		k := 1.0
		if !d.Before(from) {
			k = 1.1
		}
		return k * (100 + 30*heating(15, x))
	})
	o := baseline.FitOptions{Carrier: gtc.CarrierGas, Factors: []baseline.Factor{beds}}
	b, err := baseline.Fit(days[:366], o)
	require.NoError(t, err)
	require.InDelta(t, 100, b.Whole.Intercept, 6)
	require.InDelta(t, 30, b.Whole.Heating, 1)
	next := b.Compare(days[366:])
	require.InDelta(t, 0, next.SavingKWh, next.BandKWh)
	after, ok := b.Predict(days[400])
	require.True(t, ok)
	require.InDelta(t, 1.1*(100+30*heating(15, days[400].Temp)), after.KWh, 40)

	for name, f := range map[string]baseline.Factor{
		"share":   {Name: "x", Share: 1.5, Steps: beds.Steps},
		"value":   {Name: "x", Share: 1, Steps: []baseline.Step{{}}},
		"order":   {Name: "x", Share: 1, Steps: []baseline.Step{{From: from, Value: 1}, {From: from, Value: 2}}},
		"nothing": {Name: "x", Share: 1},
	} {
		_, err := baseline.Fit(days, baseline.FitOptions{Factors: []baseline.Factor{f}})
		require.ErrorContains(t, err, `wrong static factor "x"`, name)
	}
}

// TestRobust: a few broken days do not bend the model.
func TestRobust(t *testing.T) {
	days := energytest.MadeUp(730, 15, 25, 8)
	for i := range days[:365] {
		if days[i].Temp > 16 && i%9 == 0 {
			days[i].KWh += 220
		}
	}
	o := baseline.FitOptions{Carrier: gtc.CarrierGas}
	b, err := baseline.Fit(days[:365], o)
	require.NoError(t, err)
	plain, err := baseline.Fit(days[:365], o.Without(false, false, true))
	require.NoError(t, err)
	off := func(b baseline.Baseline) float64 { return math.Abs(b.Compare(days[365:]).SavingKWh) }
	if b.Robust {
		require.Less(t, off(b), off(plain))
	}
	clean, err := baseline.Fit(days[365:], o)
	require.NoError(t, err)
	require.False(t, clean.Robust, "nothing to leave out")
}

// TestWorksInside: works inside the baseline are named, and excluded on demand.
func TestWorksInside(t *testing.T) {
	days := energytest.MadeUp(366, 15, 15, 2)
	for i := range days {
		if i >= 250 {
			days[i].KWh *= 1.5
		}
	}
	o := baseline.FitOptions{Carrier: gtc.CarrierGas}
	b, err := baseline.Fit(days, o)
	require.NoError(t, err)
	require.False(t, b.Eligible)
	require.Contains(t, b.Reason, "broken series: the level changes by +47 % from 2024-09-04 on")
	require.False(t, b.Judgeable, "nothing is judged against two levels")
	require.Equal(t, days[247].Date, b.Shift.From)

	o.Exclude = []gtc.Period{{From: days[100].Date, To: days[120].Date}}
	b, err = baseline.Fit(energytest.MadeUp(366, 15, 15, 2), o)
	require.NoError(t, err)
	require.Equal(t, 20, b.Excluded)
	require.Equal(t, 346, b.Metrics.N)
	require.True(t, b.Eligible)
	require.Equal(t, "20 days excluded", b.Reason)
	o.Exclude = append(o.Exclude, gtc.Period{From: days[200].Date, To: days[260].Date})
	b, err = baseline.Fit(days, o)
	require.NoError(t, err)
	require.False(t, b.Eligible)
	require.Equal(t, "too few days: 286 of the 329 needed (80 days excluded)", b.Reason)
}

func TestNormalYear(t *testing.T) {
	days := energytest.MadeUp(730, 15, 30, 6)
	b, err := baseline.Fit(days[:365], baseline.FitOptions{Carrier: gtc.CarrierGas})
	require.NoError(t, err)
	y, c := b.NormalYear(days[365:]), b.Compare(days[365:])
	require.Equal(t, 365, y.Days)
	require.InDelta(t, c.ExpectedKWh, y.KWh, 1e-6)
	require.InDelta(t, c.BandKWh, y.BandKWh, 1e-6)
	require.InDelta(t, b.ProvablePct(), 100*b.BandKWh(365, 365*b.Metrics.Mean)/(365*b.Metrics.Mean), 1e-9)
	require.InDelta(t, math.Abs(c.BandKWh/c.SavingKWh), c.FSU(), 1e-9)
	require.Equal(t, baseline.ModelHeating, b.Compatible.Whole.Model)
	require.Positive(t, b.Compatible.CVRMSE)
}

// spread is the standard deviation about a mean.
func spread(x []float64, mean float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += (v - mean) * (v - mean)
	}
	return math.Sqrt(sum / float64(len(x)))
}
