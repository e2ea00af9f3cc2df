package building_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/simulators/building"
)

// span is a range in per cent.
type span [2]float64

var (
	none = span{-0.001, 0.001}
	some = span{-2, 2} // by pumps and their warmth
)

// effect is what a fault of a whole year changes, per cent of the sound
// building's: gas of the winter half, gas of the summer half, heat of the
// circuit and electricity of the year.
type effect struct {
	category                   gtc.Category
	fault                      building.Fault
	winter, summer, heat, elec span
}

// effects hold each kind of fault against what first principles say.
func effects() map[string]effect {
	fault := func(k building.FaultKind, size float64) building.Fault { return building.Fault{Kind: k, Size: size} }
	const office, home, centre = gtc.CategoryOffice, gtc.CategoryRestHome, gtc.CategoryCommunityCentre
	return map[string]effect{
		// 119 of 168 hours at 20.5 instead of 16.5 °C.
		"setback lost":         {office, fault(building.SetbackLost, 1), span{15, 40}, span{0, 60}, span{15, 45}, some},
		"half the setback":     {office, fault(building.SetbackLost, 0.5), span{6, 25}, span{0, 40}, span{6, 28}, some},
		"no setback to lose":   {home, fault(building.SetbackLost, 1), none, none, none, none},
		"three hours early":    {office, fault(building.ScheduleWrong, 3), span{0.5, 12}, span{0, 15}, span{0.5, 12}, some},
		"weekends as workdays": {office, fault(building.ScheduleWrong, 24), span{4, 18}, span{0, 35}, span{4, 20}, some},
		"heating in summer":    {office, fault(building.SummerHeating, 20), span{-0.5, 2}, span{15, 80}, span{1, 12}, span{0, 2}},
		// Room valves take most of it away.
		"curve too high":   {centre, fault(building.CurveTooHigh, 10), span{3, 20}, span{5, 45}, span{3, 20}, some},
		"valve stuck open": {centre, fault(building.ValveStuckOpen, 1), span{4, 25}, span{10, 70}, span{4, 25}, span{-3, 2}},
		"pump always on":   {office, fault(building.PumpAlwaysOn, 0), span{0, 4}, span{2, 35}, span{0, 6}, span{0.5, 4}},
		"short cycling":    {office, fault(building.BoilerShortCycling, 8), span{0.1, 4}, span{0.5, 8}, span{-0.1, 0.1}, span{-0.1, 0.3}},
		// A tenth less efficiency is a ninth more gas.
		"efficiency":    {home, fault(building.EfficiencyLoss, 0.1), span{11, 11.2}, span{11, 11.2}, none, none},
		"loop":          {home, fault(building.DHWLoopLoss, 2), span{4, 14}, span{12, 40}, none, span{0, 0.5}},
		"base load":     {office, fault(building.BaseLoadCreep, 0.5), span{-8, -1}, span{-15, 0}, span{-9, -1}, span{15, 35}},
		"fans at night": {office, fault(building.NightVentilation, 1), span{3, 15}, span{2, 25}, span{-6, 15}, span{10, 25}},
		"open window":   {home, fault(building.WindowLeftOpen, 0.2), span{6, 20}, span{0, 20}, span{8, 25}, some},
		// Half a m³ an hour is 47 MWh a year whatever the season.
		"leak":            {home, fault(building.GasLeakNight, 0.5), span{8, 25}, span{20, 60}, none, none},
		"lockout":         {office, fault(building.BoilerLockout, 0), span{-100, -99.9}, span{-100, -99.9}, span{-100, -99.9}, some},
		"outdoor too low": {office, fault(building.OutdoorSensorOffset, -5), span{2, 12}, span{4, 40}, span{2, 14}, some},
		"room too low":    {office, fault(building.RoomSensorOffset, -2), span{5, 22}, span{8, 45}, span{5, 25}, some},
		"both valves":     {office, fault(building.Simultaneous, 0.5), span{2, 15}, span{0, 25}, span{-3, 8}, span{1, 20}},
		"room too high":   {office, fault(building.RoomSensorOffset, 2), span{-25, -3}, span{-60, -3}, span{-28, -3}, some},
	}
}

// used returns gas, heat and electricity of a time.
func used(b *building.Building, from, to time.Time) [3]float64 {
	a, z := b.At(from), b.At(to)
	_, elec := use(b, from, to)
	return [3]float64{z.GasKWh - a.GasKWh, z.HeatKWh - a.HeatKWh, elec}
}

// year is what a building used.
type year struct {
	begin               building.State
	winter, summer, all [3]float64
}

func yearOf(b *building.Building, from, spring, to time.Time) year {
	y := year{begin: b.At(from)}
	y.winter, y.summer = used(b, from, spring), used(b, spring, to)
	for i := range y.all {
		y.all[i] = y.winter[i] + y.summer[i]
	}
	return y
}

func TestEachFaultDoesWhatItSays(t *testing.T) {
	t.Parallel()
	from, spring, to := epoch.AddDate(0, 1, 0), epoch.AddDate(0, 7, 0), epoch.AddDate(1, 1, 0)
	seen := map[building.FaultKind]bool{}
	sound := map[gtc.Category]year{}
	for name, e := range effects() {
		seen[e.fault.Kind] = true
		if _, ok := sound[e.category]; !ok {
			sound[e.category] = yearOf(building.New(params(t, e.category, 1500)), from, spring, to)
		}
		was := sound[e.category]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e.fault.From = from
			is := yearOf(building.New(params(t, e.category, 1500, e.fault)), from, spring, to)
			require.Equal(t, was.begin, is.begin, "before the fault nothing differs")
			pct := func(a, b float64) float64 { return 100 * (b/a - 1) }
			for _, c := range []struct {
				what string
				pct  float64
				want span
			}{
				{"gas in winter", pct(was.winter[0], is.winter[0]), e.winter},
				{"gas in summer", pct(was.summer[0], is.summer[0]), e.summer},
				{"heat", pct(was.all[1], is.all[1]), e.heat},
				{"electricity", pct(was.all[2], is.all[2]), e.elec},
			} {
				t.Logf("%s %+.2f %%", c.what, c.pct)
				within(t, c.pct, c.want[0], c.want[1], c.what, from)
			}
		})
	}
	for _, k := range building.FaultKinds() {
		require.True(t, seen[k], "%s is not tried", k)
	}
}

// TestSetbackLostShowsAtNight in January, and not while the summer limit has
// stopped the heating.
func TestSetbackLostShowsAtNight(t *testing.T) {
	t.Parallel()
	sound := building.New(params(t, gtc.CategoryOffice, 1500))
	faulty := building.New(params(t, gtc.CategoryOffice, 1500, building.Fault{Kind: building.SetbackLost, From: epoch, Size: 1}))
	nights := func(month time.Month, season bool) (n int, soundKWh, faultyKWh float64) {
		for d := range 28 {
			at := time.Date(2025, month, 1+d, 21, 0, 0, 0, time.UTC)
			if sound.At(at).Season != season || sound.At(at.Add(6*time.Hour)).Season != season {
				continue
			}
			a, _ := use(sound, at, at.Add(6*time.Hour))
			b, _ := use(faulty, at, at.Add(6*time.Hour))
			n, soundKWh, faultyKWh = n+1, soundKWh+a, faultyKWh+b
		}
		return n, soundKWh, faultyKWh
	}
	n, was, is := nights(time.January, true)
	require.Equal(t, 28, n)
	require.Greater(t, is, 1.5*was)
	n, was, is = nights(time.August, false)
	require.Greater(t, n, 4)
	require.InDelta(t, was, is, 2*float64(n), "2 kWh of a tank's charge a night")
}

// TestLeakShowsAtNight: gas flows while the burner is off, and sound buildings
// have none then.
func TestLeakShowsAtNight(t *testing.T) {
	t.Parallel()
	for size, want := range map[float64]float64{0: 0, 0.4: 0.4} {
		var faults []building.Fault
		if size > 0 {
			faults = []building.Fault{{Kind: building.GasLeakNight, From: epoch, Size: size}}
		}
		b := building.New(params(t, gtc.CategoryOffice, 1500, faults...))
		off := 0
		for q := range 5 * 4 {
			if s := b.At(time.Date(2025, 7, 15, 22, 0, 0, 0, time.UTC).Add(time.Duration(q+1) * building.Step)); !s.BurnerRun {
				require.InDelta(t, want, s.GasM3h, 1e-9)
				off++
			}
		}
		require.Greater(t, off, 10)
	}
}

// TestShortCyclingStartsOften: a sound boiler starts at most twice an hour or
// so, a short-cycling one more than six times.
func TestShortCyclingStartsOften(t *testing.T) {
	t.Parallel()
	most := func(faults ...building.Fault) (hour, day float64) {
		b := building.New(params(t, gtc.CategoryOffice, 1500, faults...))
		last, midnight := b.At(epoch).Starts, b.At(epoch).Starts
		for h := range 24 * 200 {
			starts := b.At(epoch.Add(time.Duration(h+1) * time.Hour)).Starts
			hour, last = max(hour, starts-last), starts
			if h%24 == 23 {
				day, midnight = max(day, starts-midnight), starts
			}
		}
		return hour, day
	}
	hour, day := most()
	require.LessOrEqual(t, hour, 4.0)
	require.LessOrEqual(t, day, 40.0)
	hour, day = most(building.Fault{Kind: building.BoilerShortCycling, From: epoch, Size: 8})
	require.Greater(t, hour, 6.0)
	require.Greater(t, day, 6*15.0)
}

// TestSensorOffsetsAreWhatTheControllerBelieves; the weather stays what it is.
func TestSensorOffsetsAreWhatTheControllerBelieves(t *testing.T) {
	t.Parallel()
	at := epoch.AddDate(0, 4, 0)
	plain := building.New(params(t, gtc.CategoryRestHome, 1500)).At(at)
	b := building.New(params(
		t, gtc.CategoryRestHome, 1500,
		building.Fault{Kind: building.OutdoorSensorOffset, From: epoch, Size: -6},
		building.Fault{Kind: building.RoomSensorOffset, From: epoch.AddDate(0, 3, 0), Size: 3, Ramp: 62 * 24 * time.Hour},
	))
	s := b.At(at)
	require.InDelta(t, plain.OutdoorTemp, s.OutdoorTemp, 0)
	require.InDelta(t, s.OutdoorTemp-6, s.OutdoorSensorTemp, 0.3, "as it was some minutes ago")
	require.InDelta(t, s.RoomTemp+1.5, s.RoomSensorTemp, 0.1, "half way up the ramp")
	require.Greater(t, s.FlowTempSp, plain.FlowTempSp+1)
}

func TestAFaultEnds(t *testing.T) {
	t.Parallel()
	f := building.Fault{Kind: building.BoilerLockout, From: epoch.AddDate(0, 4, 0), To: epoch.AddDate(0, 4, 1)}
	b := building.New(params(t, gtc.CategoryOffice, 1500, f))
	require.False(t, b.At(f.From).Lockout)
	s := b.At(f.From.Add(20 * time.Hour))
	require.True(t, s.Lockout)
	require.False(t, s.BurnerRun)
	require.Zero(t, s.GasM3h)
	require.Less(t, s.FlowTemp, 25.0)
	require.False(t, b.At(f.To.Add(time.Hour)).Lockout)
	require.Positive(t, b.At(f.To.Add(12*time.Hour)).GasM3h)
}
