package building_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/simulators/building"
)

// TestConsumptionIsPlausible: kWh/m² a year at normal weather. Rest homes in
// Wallonia use about 155 (Énergie+), offices 100; the mean is over two years.
func TestConsumptionIsPlausible(t *testing.T) {
	t.Parallel()
	for c, want := range map[gtc.Category][4]float64{ // gas PCS and electricity
		gtc.CategoryRestHome:        {155, 220, 35, 65},
		gtc.CategoryOffice:          {80, 150, 25, 60},
		gtc.CategorySocialOffice:    {80, 150, 25, 60},
		gtc.CategoryCommunityCentre: {90, 165, 25, 50},
		gtc.CategoryKitchen:         {200, 420, 200, 350},
		gtc.CategoryNightShelter:    {150, 260, 35, 70},
		gtc.CategoryHousing:         {110, 200, 20, 45},
	} {
		t.Run(string(c), func(t *testing.T) {
			t.Parallel()
			b := building.New(params(t, c, 1500))
			gas, elec := use(b, epoch, epoch.AddDate(2, 0, 0))
			t.Logf("gas %.0f electricity %.0f kWh/m² a year, boiler %.0f kW", gas/3000, elec/3000, b.Params().BoilerKW)
			within(t, gas/3000, want[0], want[1], "gas", epoch)
			within(t, elec/3000, want[2], want[3], "electricity", epoch)
		})
	}
}

// TestPlantIsPlausible looks at a year every quarter of an hour.
func TestPlantIsPlausible(t *testing.T) {
	t.Parallel()
	for _, c := range building.Categories() {
		t.Run(string(c), func(t *testing.T) {
			t.Parallel()
			b := building.New(params(t, c, 1500))
			y := b.At(epoch)
			var co2, co2Most, back, heating, open float64
			for at := epoch; at.Before(epoch.AddDate(1, 0, 0)); at = at.Add(building.Step) {
				s := b.At(at)
				if !s.LegionellaActive && s.TankTemp < 62.5 { // nor just after it
					within(t, s.TankTemp, 57.5, 62.5, "tank", at)
					within(t, s.LoopReturnTemp, 52, 58.5, "loop return", at)
				}
				within(t, s.CO2ppm, 400, 1200, "CO2", at)
				co2, co2Most, open = co2+s.CO2ppm, max(co2Most, s.CO2ppm), open+1
				if s.HeatKW > 0 && s.PumpRun {
					back, heating = back+s.ReturnTemp, heating+1
				}
			}
			z := b.At(epoch.AddDate(1, 0, 0))
			starts := (z.Starts - y.Starts) / 365
			t.Logf("starts %.1f a day, CO2 mean %.0f most %.0f ppm, return %.1f °C", starts, co2/open, co2Most, back/heating)
			within(t, starts, 5, 40, "starts a day", epoch)
			within(t, back/heating, 28, 50, "mean return", epoch)
			within(t, z.BurnerHours-y.BurnerHours, 1500, 6500, "burner hours", epoch)
		})
	}
}

func TestRestHomeIsHeldAt22(t *testing.T) {
	t.Parallel()
	b := building.New(params(t, gtc.CategoryRestHome, 4000))
	low, sum, n := math.Inf(1), 0.0, 0.0
	for at := epoch.AddDate(0, 2, 0); at.Before(epoch.AddDate(0, 7, 0)); at = at.Add(time.Hour) {
		s := b.At(at)
		low = min(low, s.RoomTemp)
		sum += s.RoomTemp
		n++
	}
	require.Greater(t, low, 20.7)
	require.InDelta(t, 22, sum/n, 0.6)
}

// TestNightSetbackAndMorningBoost: an office cools at night and is brought back
// before people come, with hotter water and more heat than at noon.
func TestNightSetbackAndMorningBoost(t *testing.T) {
	t.Parallel()
	b := building.New(params(t, gtc.CategoryOffice, 1500))
	for d := range 4 { // Tuesday 2025-01-14 on
		day := time.Date(2025, 1, 14+d, 0, 0, 0, 0, time.UTC)
		night, dawn, nine, noon := b.At(day.Add(3*time.Hour)), b.At(day.Add(5*time.Hour)), b.At(day.Add(8*time.Hour+30*time.Minute)), b.At(day.Add(12*time.Hour))
		require.False(t, night.Comfort)
		require.True(t, noon.Comfort)
		require.Less(t, night.RoomTemp, noon.RoomTemp-1.5)
		require.Less(t, night.HeatKW, 0.6*dawn.HeatKW)
		require.Greater(t, dawn.HeatKW, 1.3*noon.HeatKW)
		require.Greater(t, dawn.FlowTempSp, noon.FlowTempSp+5)
		require.InDelta(t, 20.5, nine.RoomTemp, 1.0)
		require.InDelta(t, 20.5, noon.RoomTemp, 0.7)
	}
}

// TestCurveFollowsTheWeather: the flow temperature falls by the slope for each
// kelvin outside, and no heat is asked for above the summer limit.
func TestCurveFollowsTheWeather(t *testing.T) {
	t.Parallel()
	b := building.New(params(t, gtc.CategoryRestHome, 1500))
	var x, y, xx, xy, n float64
	for at := epoch; at.Before(epoch.AddDate(1, 0, 0)); at = at.Add(time.Hour) {
		s := b.At(at)
		if s.OutdoorDampedTemp > 18 {
			require.False(t, s.HeatDemand)
			require.Zero(t, s.HeatKW)
			continue
		}
		outdoor := 0.5*s.OutdoorTemp + 0.5*s.OutdoorDampedTemp
		if s.HeatDemand && outdoor < 10 {
			x, y, xx, xy, n = x+outdoor, y+s.FlowTempSp, xx+outdoor*outdoor, xy+outdoor*s.FlowTempSp, n+1
		}
	}
	slope := (n*xy - x*y) / (n*xx - x*x)
	require.InDelta(t, -b.Params().CurveSlope, slope, 0.25)
}

type line struct{ base, slope, balance, r2 float64 }

// signature fits gas per day against (tb − T)+ and returns the best fit.
func signature(b *building.Building, from time.Time) (best line) {
	var x, y []float64
	for d := range 365 {
		at := from.AddDate(0, 0, d)
		gas, _ := use(b, at, at.AddDate(0, 0, 1))
		mean := 0.0
		for h := range 24 {
			mean += b.Params().Weather.At(at.Add(time.Duration(h)*time.Hour)).AirTemp / 24
		}
		x, y = append(x, mean), append(y, gas)
	}
	for tb := 8.0; tb <= 22; tb += 0.25 {
		var sx, sy, sxx, sxy, syy, n float64
		for i := range x {
			h := max(0, tb-x[i])
			sx, sy, sxx, sxy, syy, n = sx+h, sy+y[i], sxx+h*h, sxy+h*y[i], syy+y[i]*y[i], n+1
		}
		k := (n*sxy - sx*sy) / (n*sxx - sx*sx)
		a := (sy - k*sx) / n
		fit := (n*sxy - sx*sy) * (n*sxy - sx*sy) / (n*sxx - sx*sx) / (n*syy - sy*sy)
		if fit > best.r2 {
			best = line{a, k, tb, fit}
		}
	}
	return best
}

func TestGasSignatureIsLinearBelowTheBalancePoint(t *testing.T) {
	t.Parallel()
	for c, least := range map[gtc.Category]float64{
		gtc.CategoryRestHome: 0.93, gtc.CategoryOffice: 0.7, gtc.CategoryCommunityCentre: 0.75,
		gtc.CategoryKitchen: 0.6, gtc.CategoryNightShelter: 0.9, gtc.CategoryHousing: 0.9,
	} {
		t.Run(string(c), func(t *testing.T) {
			t.Parallel()
			b := building.New(params(t, c, 1500))
			l := signature(b, epoch)
			t.Logf("base %.0f kWh/d slope %.1f kWh/K.d balance %.2f °C r2 %.3f", l.base, l.slope, l.balance, l.r2)
			within(t, l.balance, 12, 18, "balance point", epoch)
			require.Greater(t, l.r2, least)
			// What a kelvin costs is what envelope and air lose in a day.
			require.InEpsilon(t, 24*b.Params().LossWPerK/1000/0.9, l.slope, 0.35)
		})
	}
}

// TestLegionellaCycle: on Wednesday night tank and loop are heated through,
// hold an hour and go back.
func TestLegionellaCycle(t *testing.T) {
	t.Parallel()
	b := building.New(params(t, gtc.CategoryRestHome, 1500))
	loc := b.Params().Location
	for w := range 8 {
		night := time.Date(2025, 1, 1+7*w, 0, 0, 0, 0, loc) // a Wednesday
		require.False(t, b.At(night.Add(time.Hour)).LegionellaActive)
		hot, active := 0, 0
		for q := range 6 * 4 {
			s := b.At(night.Add(2*time.Hour + time.Duration(q+1)*building.Step))
			if s.LegionellaActive {
				active++
			}
			if min(s.TankTemp, s.TankBottomTemp) >= 64 {
				hot++
			}
		}
		require.GreaterOrEqual(t, hot, 4, "an hour")
		require.GreaterOrEqual(t, active, 4)
		require.LessOrEqual(t, active, 12, "and not all night")
		s := b.At(night.Add(9 * time.Hour))
		require.True(t, s.LegionellaDone)
		require.False(t, s.LegionellaActive)
	}
}

// TestOccupancyFollowsTheKind of building through a working day and a Sunday.
func TestOccupancyFollowsTheKind(t *testing.T) {
	t.Parallel()
	for c, want := range map[gtc.Category][3]bool{ // Tuesday noon, Tuesday 2 h, Sunday noon
		gtc.CategoryRestHome:        {true, true, true},
		gtc.CategoryOffice:          {true, false, false},
		gtc.CategorySocialOffice:    {true, false, false},
		gtc.CategoryCommunityCentre: {true, false, false},
		gtc.CategoryKitchen:         {true, false, false},
		gtc.CategoryNightShelter:    {false, true, false},
		gtc.CategoryHousing:         {true, true, true},
	} {
		b := building.New(params(t, c, 1000))
		for i, at := range []time.Time{
			time.Date(2025, 3, 11, 11, 0, 0, 0, time.UTC), time.Date(2025, 3, 11, 1, 0, 0, 0, time.UTC), time.Date(2025, 3, 16, 11, 0, 0, 0, time.UTC),
		} {
			require.Equal(t, want[i], b.At(at).Occupants > 0, "%s %s", c, at)
		}
	}
}
