package building_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/simulators/building"
	"github.com/cpas-charleroi/gtc/simulators/weather"
)

var epoch = time.Date(2024, 9, 1, 0, 0, 0, 0, time.UTC)

func params(t *testing.T, c gtc.Category, area float64, faults ...building.Fault) building.Params {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	return building.Params{
		Seed: 11, Weather: weather.New(5), Location: loc, Epoch: epoch,
		Category: c, AreaM2: area, Faults: faults,
	}
}

// use returns the gas, PCS kWh, and electricity, kWh, between two instants.
func use(b *building.Building, from, to time.Time) (gas, elec float64) {
	a, z := b.At(from), b.At(to)
	gas = (z.GasM3 - a.GasM3) * b.Params().GasKWhPerM3
	return gas, z.ElecDayKWh + z.ElecNightKWh - a.ElecDayKWh - a.ElecNightKWh
}

var categories = []gtc.Category{
	gtc.CategoryRestHome, gtc.CategoryOffice, gtc.CategorySocialOffice, gtc.CategoryCommunityCentre,
	gtc.CategoryKitchen, gtc.CategoryNightShelter, gtc.CategoryHousing, gtc.CategoryOther,
}

func TestEnergyBalanceCloses(t *testing.T) {
	t.Parallel()
	for _, c := range categories {
		t.Run(string(c), func(t *testing.T) {
			t.Parallel()
			b := building.New(params(t, c, 1500))
			b.AdvanceTo(epoch.AddDate(1, 0, 0))
			l := b.Ledger()
			require.InDelta(t, 0, l.Residual(), 0.001*(l.Boiler+l.Gains))
			s := b.At(epoch.AddDate(1, 0, 0))
			gas, _ := use(b, epoch, s.At)
			require.InDelta(t, l.Gas, gas, 1e-3*gas)
			require.Greater(t, l.Gas, l.Boiler)
			t.Logf("gas %.0f kWh/m2 heat %.0f dhw %.0f loop %.0f gains %.0f", gas/1500, l.Boiler/1500, l.HotWater/1500, l.Loop/1500, l.Gains/1500)
		})
	}
}

func TestConsumptionIsPlausible(t *testing.T) {
	t.Parallel()
	for c, want := range map[gtc.Category][4]float64{ // gas and electricity, kWh/m² a year
		gtc.CategoryRestHome:        {130, 230, 30, 75},
		gtc.CategoryOffice:          {70, 150, 20, 70},
		gtc.CategoryCommunityCentre: {80, 170, 20, 60},
		gtc.CategoryKitchen:         {150, 420, 150, 400},
		gtc.CategoryNightShelter:    {110, 260, 20, 70},
	} {
		b := building.New(params(t, c, 1500))
		gas, elec := use(b, epoch, epoch.AddDate(1, 0, 0))
		t.Logf("%s gas %.0f elec %.0f kWh/m2 boiler %.0f kW", c, gas/1500, elec/1500, b.Params().BoilerKW)
		require.Greater(t, gas/1500, want[0], c)
		require.Less(t, gas/1500, want[1], c)
		require.Greater(t, elec/1500, want[2], c)
		require.Less(t, elec/1500, want[3], c)
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

func TestOfficeIsSetBackAtNight(t *testing.T) {
	t.Parallel()
	b := building.New(params(t, gtc.CategoryOffice, 1500))
	var night, day float64
	for d := range 5 { // Monday 2025-01-13 on
		at := time.Date(2025, 1, 13+d, 4, 0, 0, 0, time.UTC)
		night += b.At(at).RoomTemp / 5
		day += b.At(at.Add(9*time.Hour)).RoomTemp / 5
		require.False(t, b.At(at).Comfort)
		require.True(t, b.At(at.Add(9*time.Hour)).Comfort)
	}
	require.InDelta(t, 20.5, day, 0.8)
	require.Less(t, night, day-1.5)
}

type line struct{ base, slope, balance, r2 float64 }

// signature fits gas per day against (tb − T)+ and returns the best fit.
func signature(t *testing.T, b *building.Building, from time.Time) (best line) {
	t.Helper()
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
		gtc.CategoryKitchen: 0.6, gtc.CategoryNightShelter: 0.9,
	} {
		b := building.New(params(t, c, 1500))
		l := signature(t, b, epoch)
		t.Logf("%s base %.0f kWh/d slope %.1f kWh/K.d balance %.2f °C r2 %.3f", c, l.base, l.slope, l.balance, l.r2)
		require.InDelta(t, 15.25, l.balance, 2.0, c)
		require.Greater(t, l.r2, least, c)
		require.Greater(t, l.slope, 0.0, c)
	}
}

func TestFaultsChangeConsumption(t *testing.T) {
	t.Parallel()
	from, to := epoch.AddDate(0, 1, 0), epoch.AddDate(1, 1, 0)
	for name, c := range map[string]struct {
		category  gtc.Category
		fault     building.Fault
		gas, elec [2]float64 // change in per cent, at least and at most
	}{
		"setback lost in an office": {gtc.CategoryOffice, building.Fault{Kind: building.SetbackLost, Size: 1}, [2]float64{10, 60}, [2]float64{0, 0}},
		"half the setback lost":     {gtc.CategoryOffice, building.Fault{Kind: building.SetbackLost, Size: 0.5}, [2]float64{4, 30}, [2]float64{0, 0}},
		"setback lost in a home":    {gtc.CategoryRestHome, building.Fault{Kind: building.SetbackLost, Size: 1}, [2]float64{0, 0}, [2]float64{0, 0}},
		"curve too high":            {gtc.CategoryCommunityCentre, building.Fault{Kind: building.CurveTooHigh, Size: 8}, [2]float64{4, 30}, [2]float64{0, 0}},
		"loop loss":                 {gtc.CategoryRestHome, building.Fault{Kind: building.DHWLoopLoss, Size: 2}, [2]float64{7, 25}, [2]float64{0, 0}},
		"base load":                 {gtc.CategoryOffice, building.Fault{Kind: building.BaseLoadCreep, Size: 0.5}, [2]float64{-12, 0}, [2]float64{10, 35}},
		"no heat":                   {gtc.CategoryOffice, building.Fault{Kind: building.BoilerLockout}, [2]float64{-100, -99.9}, [2]float64{0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.fault.From = from
			gas0, elec0 := use(building.New(params(t, c.category, 1500)), from, to)
			faulty := building.New(params(t, c.category, 1500, c.fault))
			gas, elec := use(faulty, from, to)
			dg, de := 100*(gas/gas0-1), 100*(elec/elec0-1)
			t.Logf("gas %+.1f %% electricity %+.1f %%", dg, de)
			require.GreaterOrEqual(t, dg, c.gas[0])
			require.LessOrEqual(t, dg, c.gas[1])
			require.GreaterOrEqual(t, de, c.elec[0]-1e-9)
			require.LessOrEqual(t, de, c.elec[1]+1e-9)
			// Before the fault nothing differs.
			plain := building.New(params(t, c.category, 1500))
			require.Equal(t, plain.At(from), faulty.At(from))
		})
	}
}

func TestAFaultEnds(t *testing.T) {
	t.Parallel()
	f := building.Fault{Kind: building.BoilerLockout, From: epoch.AddDate(0, 4, 0), To: epoch.AddDate(0, 4, 1)}
	b := building.New(params(t, gtc.CategoryOffice, 1500, f))
	require.False(t, b.At(f.From).Lockout)
	s := b.At(f.From.Add(20 * time.Hour))
	require.True(t, s.Lockout)
	require.False(t, s.BurnerRun)
	require.Less(t, s.FlowTemp, 25.0)
	require.False(t, b.At(f.To.Add(time.Hour)).Lockout)
}

func TestSameParametersSameStates(t *testing.T) {
	t.Parallel()
	a, b := building.New(params(t, gtc.CategoryOffice, 900)), building.New(params(t, gtc.CategoryOffice, 900))
	late, early := epoch.AddDate(0, 3, 5).Add(1234*time.Second), epoch.AddDate(0, 1, 0).Add(7*time.Second)
	b.AdvanceTo(late.AddDate(0, 1, 0)) // another way there
	require.Equal(t, a.At(early), b.At(early))
	require.Equal(t, a.At(late), b.At(late))
	other := params(t, gtc.CategoryOffice, 900)
	other.Seed++
	require.NotEqual(t, a.At(late), building.New(other).At(late))
}

func TestIndicesNeverFall(t *testing.T) {
	t.Parallel()
	b := building.New(params(t, gtc.CategoryKitchen, 700))
	last := b.At(epoch)
	for at := epoch; at.Before(epoch.AddDate(0, 0, 40)); at = at.Add(211 * time.Second) {
		s := b.At(at)
		require.GreaterOrEqual(t, s.GasM3, last.GasM3)
		require.GreaterOrEqual(t, s.ElecDayKWh, last.ElecDayKWh)
		require.GreaterOrEqual(t, s.ElecNightKWh, last.ElecNightKWh)
		require.GreaterOrEqual(t, s.HeatKWh, last.HeatKWh)
		last = s
	}
}

func BenchmarkTwoYears(b *testing.B) {
	for b.Loop() {
		x := building.New(building.Params{Seed: 1, Epoch: epoch, Category: gtc.CategoryOffice, AreaM2: 1000})
		x.AdvanceTo(epoch.AddDate(2, 0, 0))
	}
}
