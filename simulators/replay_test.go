package simulators_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/simulators"
)

func brussels(t *testing.T) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	return loc
}

// twoYears makes recorded days that differ from one another.
func twoYears() []simulators.Day {
	days := make([]simulators.Day, 731)
	for i := range days {
		days[i] = simulators.Day{
			Date: time.Date(2019, 1, 1+i, 0, 0, 0, 0, time.UTC),
			KWh:  float64(i%97) + 0.5, Temperature: float64(i%23) - 3.25,
		}
	}
	return days
}

func TestReplayKeepsDaysAndWeekdays(t *testing.T) {
	t.Parallel()
	days, loc := twoYears(), brussels(t)
	for ahead := range 8 {
		now := time.Date(2026, 11, 21+ahead, 10, 0, 0, 0, time.UTC)
		r, err := simulators.NewReplay(days, simulators.ReplayOptions{Now: now})
		require.NoError(t, err)
		ago := now.Sub(r.End())
		require.Greater(t, ago, time.Duration(0), ahead)
		require.LessOrEqual(t, ago, 7*24*time.Hour)
		first := r.From().In(loc)
		require.Equal(t, days[0].Date.Weekday(), first.Weekday())
		for i, day := range days {
			from := time.Date(first.Year(), first.Month(), first.Day()+i, 0, 0, 0, 0, loc)
			to := time.Date(first.Year(), first.Month(), first.Day()+i+1, 0, 0, 0, 0, loc)
			require.InDelta(t, day.KWh/10, r.At(to).GasM3-r.At(from).GasM3, 1e-9)
			require.InDelta(t, day.Temperature, r.At(to.Add(-time.Second)).OutdoorTemp, 1e-12)
			// Evenly: a quarter of the way through, a quarter of the energy.
			quarter := from.Add(to.Sub(from) / 4)
			require.InDelta(t, day.KWh/40, r.At(quarter).GasM3-r.At(from).GasM3, 1e-9)
		}
		require.InDelta(t, r.At(r.End()).GasM3, r.At(now).GasM3, 1e-12)
	}
}

func TestReplayPlaysFourteenMonthsLive(t *testing.T) {
	t.Parallel()
	r, err := simulators.NewReplay(twoYears(), simulators.ReplayOptions{Now: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)})
	require.NoError(t, err)
	loc := brussels(t)
	require.Equal(t, r.End().In(loc).AddDate(0, -14, 0), r.Live().In(loc))
	require.Equal(t, 0, r.Live().In(loc).Hour())
	m := r.Site().Meters[0]
	from, to, ok := strings.Cut(m.Baseline, "..")
	require.True(t, ok)
	a, err := time.Parse(time.DateOnly, from)
	require.NoError(t, err)
	z, err := time.Parse(time.DateOnly, to)
	require.NoError(t, err)
	require.Equal(t, 364*24*time.Hour, z.Sub(a))
	require.Equal(t, from, r.From().In(loc).Format(time.DateOnly))
}

func TestReplayRefusesWhatItCannotPlay(t *testing.T) {
	t.Parallel()
	_, err := simulators.NewReplay(twoYears()[:300], simulators.ReplayOptions{Now: time.Now()})
	require.ErrorIs(t, err, simulators.ErrTooShort)
	twice := twoYears()
	twice[500].Date = twice[499].Date
	_, err = simulators.NewReplay(twice, simulators.ReplayOptions{Now: time.Now()})
	require.ErrorContains(t, err, "2020-05-14")
}

func TestReadDays(t *testing.T) {
	t.Parallel()
	days, err := simulators.ReadDays(strings.NewReader(
		"temperature_c,time,energy_kwh,note\n7.5,2019-01-01,100.25,x\n,2019-01-02,,\n-1,2019-01-03T00:00:00Z,0,\n"))
	require.NoError(t, err)
	require.Len(t, days, 2)
	require.Equal(t, simulators.Day{Date: time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC), KWh: 100.25, Temperature: 7.5}, days[0])
	require.Equal(t, time.Date(2019, 1, 3, 0, 0, 0, 0, time.UTC), days[1].Date)

	_, err = simulators.ReadDays(strings.NewReader("time,energy_kwh\n"))
	require.ErrorContains(t, err, `no column "temperature_c"`)
	_, err = simulators.ReadDays(strings.NewReader("time,energy_kwh,temperature_c\n2019-01-01,x,1\n"))
	require.ErrorContains(t, err, "line 2: energy")
}

func TestReplayOfRealBuildings(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"b25_gas_drifts", "b109_gas_steady", "b19_gas_steady", "b101_gas_plain"} {
		f, err := os.Open(fmt.Sprintf("../../shared/data/mv/%s.csv", name))
		if err != nil {
			t.Skip("the shared measurements are not beside the checkout")
		}
		days, err := simulators.ReadDays(f)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		r, err := simulators.NewReplay(days, simulators.ReplayOptions{Now: time.Now()})
		require.NoError(t, err)
		sum := 0.0
		for _, d := range days {
			sum += d.KWh
		}
		require.InDelta(t, sum, 10*(r.At(r.End()).GasM3-r.At(r.From()).GasM3), 1e-6)
	}
}
