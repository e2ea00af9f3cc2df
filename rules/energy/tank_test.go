package energy

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
)

func oil() gtc.Meter {
	return gtc.Meter{Equipment: "tank", Carrier: gtc.CarrierOil, KWhPerUnit: 10, Tank: &gtc.Tank{Unit: "l", Capacity: 3000}}
}

func dip(at time.Time, units float64) TankEntry { return TankEntry{At: at, Units: units} }
func delivered(at time.Time, units float64) TankEntry {
	return TankEntry{At: at, Units: units, Delivery: true}
}

func TestTankUses(t *testing.T) {
	for name, x := range map[string]struct {
		full    bool
		entries []TankEntry
		want    []float64
		odd     []string
	}{
		"between dipsticks":             {false, []TankEntry{dip(on(1), 2000), dip(on(11), 1500)}, []float64{500}, nil},
		"with a delivery":               {false, []TankEntry{dip(on(1), 1000), delivered(on(5), 1500), dip(on(11), 1900)}, []float64{600}, nil},
		"in any order":                  {false, []TankEntry{dip(on(11), 1900), delivered(on(5), 1500), dip(on(1), 1000)}, []float64{600}, nil},
		"a dipstick before its lorry":   {false, []TankEntry{dip(on(1), 1000), delivered(on(5), 1500), dip(on(5), 800), dip(on(11), 1900)}, []float64{200, 400}, nil},
		"full at every delivery":        {true, []TankEntry{delivered(on(1), 900), delivered(on(10), 1200), delivered(on(20), 700)}, []float64{1200, 700}, nil},
		"full, and read on the way":     {true, []TankEntry{delivered(on(1), 900), dip(on(5), 2500), delivered(on(10), 1200)}, []float64{500, 700}, nil},
		"deliveries alone":              {false, []TankEntry{delivered(on(1), 900), delivered(on(10), 1200)}, nil, nil},
		"a delivery that was forgotten": {false, []TankEntry{dip(on(1), 1000), dip(on(8), 2000), dip(on(15), 1700)}, []float64{300}, []string{"2025-06-08: the level rises by 1000 l since 2025-06-01 beyond what was delivered: a delivery is missing"}},
		"within the error of a reading": {false, []TankEntry{dip(on(1), 1000), dip(on(8), 1030)}, []float64{0}, nil},
		"more than it holds":            {false, []TankEntry{dip(on(1), 1000), dip(on(3), 9000), dip(on(8), 900)}, []float64{100}, []string{"2025-06-03: 9000 l is more than the tank holds (3000): left out"}},
		"not a number":                  {false, []TankEntry{dip(on(1), 1000), dip(on(3), math.NaN()), dip(on(8), 900)}, []float64{100}, []string{"2025-06-03: a negative quantity is left out"}},
	} {
		t.Run(name, func(t *testing.T) {
			tank := *oil().Tank
			tank.FullOnDelivery = x.full
			uses, odd := TankUses(&tank, x.entries, time.UTC)
			var got []float64
			for _, u := range uses {
				got = append(got, math.Round(u.Units))
			}
			require.Equal(t, x.want, got)
			require.Equal(t, x.odd, odd)
		})
	}
}

// winter has a cold first half and a mild second one.
func winter(from time.Time, n int) []TempDay {
	var out []TempDay
	for i := range n {
		d := TempDay{Date: from.AddDate(0, 0, i), Hours: 24, DJ15: 12}
		if i >= n/2 {
			d.DJ15 = 3
		}
		out = append(out, d)
	}
	return out
}

func TestTankDaysFollowTheWeather(t *testing.T) {
	uses := []TankUse{{From: on(1), To: on(21), Units: 150, Error: 30}}
	days := TankDays(oil(), uses, winter(on(1), 20))
	require.Len(t, days, 20)
	sum := 0.0
	for i, d := range days {
		sum += d.KWh
		require.True(t, d.Estimated)
		require.Equal(t, SourceEstimated, d.Source)
		require.Zero(t, d.Coverage, "no baseline is fitted on it")
		require.LessOrEqual(t, d.Low, d.KWh)
		require.GreaterOrEqual(t, d.High, d.KWh)
		require.Equal(t, on(1+i), d.Start)
	}
	require.InDelta(t, 1500, sum, 1e-9)
	require.InDelta(t, 4, days[0].KWh/days[19].KWh, 1e-9, "by degree-days: 12 against 3")
	require.InDelta(t, 120*1.2, days[0].High, 1e-9, "120 kWh, and 20 % that the levels may be off")
	require.InDelta(t, 75*0.8, days[0].Low, 1e-9, "an even spread would be 75 kWh")

	even := TankDays(oil(), uses, nil)
	require.InDelta(t, 75, even[3].KWh, 1e-9, "without a temperature it is even")
}

// With a base load in the uses, it is found from three uses on.
func TestTankBaseLoad(t *testing.T) {
	var uses []TankUse
	var temps []TempDay
	at := on(1)
	for _, dj := range []float64{10, 5, 0} {
		to := at.AddDate(0, 0, 20)
		uses = append(uses, TankUse{From: at, To: to, Units: 20 * (2 + 3*dj)})
		for day := at; day.Before(to); day = day.AddDate(0, 0, 1) {
			d := TempDay{Date: day, Hours: 24, DJ15: dj}
			if day.Equal(at) && dj > 0 { // the first day is warm, the second is as much colder
				d.DJ15 = 0
			} else if day.Equal(at.AddDate(0, 0, 1)) && dj > 0 {
				d.DJ15 = 2 * dj
			}
			temps = append(temps, d)
		}
		at = to
	}
	days := TankDays(oil(), uses, temps)
	require.Len(t, days, 60)
	require.InDelta(t, 20, days[0].KWh, 1e-6, "2 litres a day without heating")
	require.InDelta(t, 10*(2+60), days[1].KWh, 1e-6, "3 litres a degree-day")
	require.InDelta(t, 20, days[59].KWh, 1e-6)
}

// Whatever the entries, the days add up to the uses and none is negative.
func TestTankDaysAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var entries []TankEntry
		n := rapid.IntRange(0, 12).Draw(rt, "entries")
		for range n {
			e := TankEntry{At: on(1).Add(time.Duration(rapid.IntRange(0, 24*400).Draw(rt, "hour")) * time.Hour), Units: rapid.Float64Range(-10, 4000).Draw(rt, "units"), Delivery: rapid.Bool().Draw(rt, "delivery")}
			entries = append(entries, e)
		}
		m := oil()
		m.Tank.FullOnDelivery = rapid.Bool().Draw(rt, "full")
		uses, _ := TankUses(m.Tank, entries, time.UTC)
		want, got := 0.0, 0.0
		for i, u := range uses {
			want += u.Units * m.KWhPerUnit
			if !u.From.Before(u.To) || i > 0 && u.From.Before(uses[i-1].To) {
				rt.Fatalf("uses overlap: %v", uses)
			}
		}
		var last time.Time
		for _, d := range TankDays(m, uses, winter(on(1), 300)) {
			got += d.KWh
			if d.KWh < 0 || d.Low > d.KWh+1e-9 || d.High < d.KWh-1e-9 || !d.Start.After(last) {
				rt.Fatalf("day %+v", d)
			}
			last = d.Start
		}
		if math.Abs(got-want) > 1e-6*(1+want) {
			rt.Fatalf("%v kWh of %v", got, want)
		}
	})
}
