package building_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/simulators/building"
	"github.com/cpas-charleroi/gtc/simulators/weather"
)

var epoch = time.Date(2024, 9, 1, 0, 0, 0, 0, time.UTC)

func params(tb testing.TB, c gtc.Category, area float64, faults ...building.Fault) building.Params {
	tb.Helper()
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(tb, err)
	return building.Params{
		Seed: 11, Weather: weather.New(5), Location: loc, Epoch: epoch,
		Category: c, AreaM2: area, Faults: faults,
	}
}

// use returns the gas, PCS kWh, and electricity, kWh, between two instants.
func use(b *building.Building, from, to time.Time) (gas, elec float64) {
	a, z := b.At(from), b.At(to)
	return z.GasKWh - a.GasKWh, z.ElecDayKWh + z.ElecNightKWh - a.ElecDayKWh - a.ElecNightKWh
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

// TestTheOrderOfQuestionsDoesNotMatter asks instants in any order, with
// controls and steps changed on the way: a twin asked in the order of time
// gives the same to the last bit.
func TestTheOrderOfQuestionsDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		category := rapid.SampledFrom(building.Categories()).Draw(r, "category")
		b := building.New(params(t, category, 800, building.Fault{Kind: building.ValveStuckOpen, From: epoch.AddDate(0, 0, 8), Size: 0.3}))
		minute := rapid.IntRange(0, 16*24*60)
		var asked []building.State
		for range rapid.IntRange(2, 8).Draw(r, "questions") {
			at := epoch.Add(time.Duration(minute.Draw(r, "minute")) * time.Minute)
			switch rapid.IntRange(0, 5).Draw(r, "deed") {
			case 0:
				c := b.Controls()
				c.ComfortTemp = rapid.Float64Range(17, 24).Draw(r, "comfort")
				require.NoError(t, b.SetControls(at, c))
				asked = nil // what lay ahead may differ now
			case 1:
				require.NoError(t, b.Finer(rapid.SampledFrom([]time.Duration{time.Minute, 5 * time.Minute, building.Step}).Draw(r, "step")))
				asked = nil
			}
			asked = append(asked, b.At(at))
		}
		twin := b.Twin()
		for _, s := range asked {
			require.Equal(t, s, twin.At(s.At))
		}
	})
}

// TestGoldenYear pins the physics: a change of these figures is a change of
// every park. The tolerance is what other processors may round differently
// (fused multiply-add).
func TestGoldenYear(t *testing.T) {
	t.Parallel()
	b := building.New(params(t, gtc.CategoryRestHome, 4000))
	s := b.At(epoch.AddDate(1, 0, 0))
	l := b.Ledger()
	for name, v := range map[string][2]float64{
		"gas":         {l.Gas, goldenGas},
		"electricity": {l.Electricity, goldenElectricity},
		"heat":        {l.Circuit, goldenHeat},
		"room":        {s.RoomTemp, goldenRoom},
	} {
		assert.InEpsilon(t, v[1], v[0], 1e-9, "%s is %.12g", name, v[0])
	}
}

func TestIndicesNeverFall(t *testing.T) {
	t.Parallel()
	b := building.New(params(t, gtc.CategoryKitchen, 700))
	last := b.At(epoch)
	for at := epoch; at.Before(epoch.AddDate(0, 0, 40)); at = at.Add(211 * time.Second) {
		if at.Sub(epoch) > 30*24*time.Hour && at.Sub(epoch) < 30*24*time.Hour+211*time.Second {
			require.NoError(t, b.Finer(time.Second))
		}
		s := b.At(at)
		for _, v := range [][2]float64{
			{last.GasM3, s.GasM3},
			{last.GasKWh, s.GasKWh},
			{last.ElecDayKWh, s.ElecDayKWh},
			{last.ElecNightKWh, s.ElecNightKWh},
			{last.HeatKWh, s.HeatKWh},
			{last.HeatM3, s.HeatM3},
			{last.Starts, s.Starts},
			{last.BurnerHours, s.BurnerHours},
			{last.PumpHours, s.PumpHours},
		} {
			require.GreaterOrEqual(t, v[1], v[0])
		}
		last = s
	}
}

// TestNoStateIsOutOfThisWorld drives every category with every fault at once.
func TestNoStateIsOutOfThisWorld(t *testing.T) {
	t.Parallel()
	var faults []building.Fault
	for i, k := range building.FaultKinds() {
		_, most, _ := building.SizeRange(k)
		if k == building.BoilerLockout {
			continue // nothing would move
		}
		from := epoch.AddDate(0, 0, 3*i)
		faults = append(faults, building.Fault{Kind: k, From: from, To: from.AddDate(0, 2, 0), Size: 0.6 * most, Ramp: 5 * 24 * time.Hour})
	}
	for _, c := range building.Categories() {
		b := building.New(params(t, c, 600, faults...))
		for at := epoch; at.Before(epoch.AddDate(0, 4, 0)); at = at.Add(47 * time.Minute) {
			s := b.At(at)
			within(t, s.RoomTemp, 0, 45, "room", s.At)
			within(t, s.TankTemp, 8, 85, "tank", s.At)
			within(t, s.BoilerFlowTemp, 10, 100, "boiler", s.At)
			within(t, s.FlowTemp, 5, 95, "flow", s.At)
			within(t, s.ReturnTemp, 5, 95, "return", s.At)
			within(t, s.ValvePct, 0, 100, "valve", s.At)
			within(t, s.ModulationPct, 0, 100, "modulation", s.At)
			within(t, s.Efficiency, 0, 1, "efficiency", s.At)
			within(t, s.CO2ppm, 400, 5000, "CO2", s.At)
			within(t, s.RoomHumidityPct, 10, 100, "humidity", s.At)
			within(t, s.HeatKW, 0, b.Params().BoilerKW*1.001, "heat", s.At)
			within(t, s.ElecKW, 0, 1000, "electricity", s.At)
		}
	}
}

func within(t *testing.T, v, from, to float64, what string, at time.Time) {
	t.Helper()
	if !(v >= from && v <= to) || math.IsNaN(v) {
		require.Fail(t, "out of range", "%s of %g at %s is not between %g and %g", what, v, at, from, to)
	}
}

// TestRecordedWeatherDrivesABuilding, and its outdoor sensor shows the record.
func TestRecordedWeatherDrivesABuilding(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("datetime,tempC\n")
	for h := range 24 * 120 {
		at := epoch.AddDate(0, 0, -30).Add(time.Duration(h) * time.Hour)
		fmt.Fprintf(&text, "%s,%d\n", at.Format(time.DateTime), 8-h%24/6)
	}
	w, err := weather.ReadHourly(strings.NewReader(text.String()), weather.ReadOptions{})
	require.NoError(t, err)
	p := params(t, gtc.CategoryOffice, 1000)
	p.Weather = w
	b := building.New(p)
	for d := range 60 {
		at := epoch.AddDate(0, 0, d).Add(5 * time.Hour)
		require.InDelta(t, 8, b.At(at).OutdoorTemp, 1e-9)
		require.InDelta(t, 7.5, b.At(at.Add(30*time.Minute)).OutdoorTemp, 1e-9)
	}
	require.Positive(t, b.Ledger().Circuit)
}

// BenchmarkTwoYears integrates two years in quarters of an hour.
func BenchmarkTwoYears(b *testing.B) {
	for b.Loop() {
		x := building.New(params(b, gtc.CategoryOffice, 1000))
		x.AdvanceTo(epoch.AddDate(2, 0, 0))
	}
}

// BenchmarkAMinuteBack goes a minute back and forth in steps of a second:
// readers of a live park ask instants that are not quite in order.
func BenchmarkAMinuteBack(b *testing.B) {
	x := building.New(params(b, gtc.CategoryRestHome, 4000))
	x.AdvanceTo(epoch.AddDate(0, 6, 0))
	require.NoError(b, x.Finer(time.Second))
	at := epoch.AddDate(0, 6, 1)
	x.At(at)
	for b.Loop() {
		x.At(at.Add(-time.Minute))
		x.At(at)
	}
}

// BenchmarkLiveDay integrates a day in seconds.
func BenchmarkLiveDay(b *testing.B) {
	x := building.New(params(b, gtc.CategoryRestHome, 4000))
	require.NoError(b, x.Finer(time.Second))
	at := epoch
	for b.Loop() {
		at = at.AddDate(0, 0, 1)
		x.AdvanceTo(at)
	}
}
