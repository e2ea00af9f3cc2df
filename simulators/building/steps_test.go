package building_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/simulators/building"
)

// TestStepsAgree runs a winter and an autumn week from the same state in
// quarters of an hour, minutes and ten seconds, and one in seconds.
func TestStepsAgree(t *testing.T) {
	t.Parallel()
	winter, autumn := time.Date(2025, 1, 13, 0, 0, 0, 0, time.UTC), time.Date(2024, 10, 7, 0, 0, 0, 0, time.UTC)
	for _, c := range building.Categories() {
		t.Run(string(c), func(t *testing.T) {
			t.Parallel()
			coarse := building.New(params(t, c, 1500))
			for _, week := range []time.Time{winter, autumn} {
				for _, step := range []time.Duration{time.Minute, 10 * time.Second} {
					fine := building.New(params(t, c, 1500))
					fine.AdvanceTo(week)
					require.NoError(t, fine.Finer(step))
					agree(t, coarse, fine, week)
				}
			}
		})
	}
}

// agree compares a week: the gas of each day within 1 % (or one charge of tank
// and boiler, which may fall before or after midnight), the week's within 0.4 %,
// electricity within 0.5 %, and the room within 0.2 K at every quarter.
func agree(t *testing.T, coarse, fine *building.Building, week time.Time) {
	t.Helper()
	p := fine.Params()
	charge := (4*1.163*p.TankLitres + 2.5*p.SwitchingK*p.BoilerKW) / 1000 / 0.85 // kWh
	var worst, sumC, sumF, room float64
	for d := range 7 {
		from := week.AddDate(0, 0, d)
		gasC, elecC := use(coarse, from, from.AddDate(0, 0, 1))
		gasF, elecF := use(fine, from, from.AddDate(0, 0, 1))
		require.InDelta(t, gasC, gasF, max(0.01*gasC, charge))
		require.InEpsilon(t, elecC, elecF, 0.005)
		worst = max(worst, math.Abs(gasF/gasC-1))
		sumC, sumF = sumC+gasC, sumF+gasF
		for q := range 96 {
			at := from.Add(time.Duration(q) * building.Step)
			room = max(room, math.Abs(coarse.At(at).RoomTemp-fine.At(at).RoomTemp))
		}
	}
	t.Logf("%s: worst day %.2f %%, week %+.2f %%, room %.2f K", week.Format("January"), 100*worst, 100*(sumF/sumC-1), room)
	if week.Month() == time.January {
		require.Less(t, worst, 0.01)
	}
	require.InEpsilon(t, sumC, sumF, 0.004)
	require.Less(t, room, 0.2)
}

func TestSecondsAgreeWithQuarters(t *testing.T) {
	t.Parallel()
	from := time.Date(2025, 1, 15, 0, 0, 0, 0, time.UTC)
	coarse, fine := building.New(params(t, "office", 1500)), building.New(params(t, "office", 1500))
	fine.AdvanceTo(from)
	require.NoError(t, fine.Finer(time.Second))
	gasC, elecC := use(coarse, from, from.AddDate(0, 0, 1))
	gasF, elecF := use(fine, from, from.AddDate(0, 0, 1))
	require.InEpsilon(t, gasC, gasF, 0.01)
	require.InEpsilon(t, elecC, elecF, 0.005)
}

// TestFinerShowsTheBurner: in seconds the burner is seen going on and off,
// with the gas that goes with it.
func TestFinerShowsTheBurner(t *testing.T) {
	t.Parallel()
	b := building.New(params(t, "rest_home", 1500))
	at := time.Date(2024, 10, 7, 12, 0, 0, 0, time.UTC)
	b.AdvanceTo(at)
	require.NoError(t, b.Finer(time.Second))
	changes, last := 0, b.At(at.Add(time.Minute))
	for s := range 6 * 3600 {
		now := b.At(at.Add(time.Minute + time.Duration(s+1)*time.Second))
		if now.BurnerRun != last.BurnerRun {
			changes++
		}
		if !now.BurnerRun {
			require.Zero(t, now.GasM3h)
			require.Zero(t, now.ModulationPct)
		} else {
			require.GreaterOrEqual(t, now.ModulationPct, 100*b.Params().MinModulation-1e-6)
		}
		last = now
	}
	require.Greater(t, changes, 4)
}

func TestFinerRefusesWhatDoesNotDivide(t *testing.T) {
	t.Parallel()
	b := building.New(params(t, "office", 500))
	for _, step := range []time.Duration{0, -time.Second, 7 * time.Minute, time.Hour} {
		require.ErrorIs(t, b.Finer(step), building.ErrImpossible, step)
	}
	require.NoError(t, b.Finer(time.Second))
}
