package building_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/simulators/building"
)

// TestExtraIsTheDifferenceFromTheSoundTwin, day by day, through both changes
// of the clock.
func TestExtraIsTheDifferenceFromTheSoundTwin(t *testing.T) {
	t.Parallel()
	leak := building.Fault{Kind: building.GasLeakNight, From: epoch.AddDate(0, 1, 0), Size: 0.5}
	creep := building.Fault{Kind: building.BaseLoadCreep, From: epoch.AddDate(0, 3, 0), Size: 0.4}
	p := params(t, gtc.CategoryOffice, 1500, leak, creep)
	loc := p.Location
	from, to := time.Date(2024, 9, 10, 0, 0, 0, 0, loc), time.Date(2025, 5, 1, 0, 0, 0, 0, loc)

	both := building.New(p)
	sound := [2]*building.Building{building.New(params(t, gtc.CategoryOffice, 1500, creep)), building.New(params(t, gtc.CategoryOffice, 1500, leak))}
	days := map[int]int{}
	lengths := map[float64]bool{}
	err := building.Extra(p, from, to, func(day time.Time, fault int, x building.DayExtra) error {
		next := day.AddDate(0, 0, 1)
		lengths[next.Sub(day).Hours()] = true
		days[fault]++
		a, b := used(both, day, next), used(sound[fault], day, next)
		require.InDelta(t, a[0]-b[0], x.Gas, 1e-6)
		require.InDelta(t, a[1]-b[1], x.Heat, 1e-6)
		require.InDelta(t, a[2]-b[2], x.Electricity, 1e-6)
		if next.Before(p.Faults[fault].From) {
			require.Equal(t, building.DayExtra{}, x, "nothing before the fault")
			return nil
		}
		switch {
		case day.Before(p.Faults[fault].From.AddDate(0, 0, 1)):
		case fault == 0:
			require.InEpsilon(t, 0.5*next.Sub(day).Hours()*both.At(day.Add(time.Hour)).CalorificKWhPerM3, x.Gas, 0.01)
			require.InDelta(t, 0, x.Heat, 1e-6)
		default:
			require.InEpsilon(t, 0.4*24*both.Params().BaseLoadKW, x.Electricity, 0.12)
		}
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, map[int]int{0: 233, 1: 233}, days)
	require.Equal(t, map[float64]bool{23: true, 24: true, 25: true}, lengths)
}

func TestExtraTellsWhatStopsIt(t *testing.T) {
	t.Parallel()
	p := params(t, gtc.CategoryOffice, 1500, building.Fault{Kind: building.PumpAlwaysOn, From: epoch})
	full := errors.New("disk full")
	require.ErrorIs(t, building.Extra(p, epoch, epoch.AddDate(0, 1, 0), func(time.Time, int, building.DayExtra) error { return full }), full)
	err := building.Extra(p, epoch.AddDate(0, -1, 0), epoch, func(time.Time, int, building.DayExtra) error { return nil })
	require.ErrorContains(t, err, "the building begins on 2024-09-01")
}
