package cli

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// rowsFile writes rows that begin so many apart.
func rowsFile(t *testing.T, n int, next func(time.Time) time.Time, row func(time.Time) (kwh, temp float64)) string {
	t.Helper()
	var text strings.Builder
	text.WriteString("time,energy_kwh,temperature_c\n")
	for at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); n > 0; at, n = next(at), n-1 {
		kwh, temp := row(at)
		fmt.Fprintf(&text, "%s,%.3f,%.2f\n", at.Format("2006-01-02T15:04:05Z"), kwh, temp)
	}
	name := filepath.Join(t.TempDir(), "rows.csv")
	require.NoError(t, os.WriteFile(name, []byte(text.String()), 0o600))
	return name
}

// climate is a temperature by the day of the year.
func climate(at time.Time) float64 {
	d := float64(at.YearDay())
	return 10 - 8*math.Cos(2*math.Pi*(d-20)/365) + 3*math.Sin(d*1.7)
}

// fitOf runs `gtc energy fit --json`.
func fitOf(t *testing.T, args ...string) energyFit {
	t.Helper()
	out, _, err := runEnergy(append([]string{"fit", "--json"}, args...)...)
	require.NoError(t, err)
	var v energyFit
	require.NoError(t, json.Unmarshal([]byte(out), &v))
	return v
}

func TestEnergyFitHourly(t *testing.T) {
	file := rowsFile(t, 366*24, func(at time.Time) time.Time { return at.Add(time.Hour) }, func(at time.Time) (float64, float64) {
		temp := climate(at) + 3*math.Sin(float64(at.Hour()))
		if at.Hour() >= 8 && at.Hour() < 18 && at.Weekday() != time.Saturday && at.Weekday() != time.Sunday {
			return 30 + math.Max(0, 12-temp), temp
		}
		return 5, temp
	})
	v := fitOf(t, file, "--hourly", "--carrier", "electricity")
	require.Equal(t, "towt", v.Model)
	require.True(t, v.Eligible, v.Reason)
	require.Equal(t, 366*24, v.N)
	require.Equal(t, 50, v.Hourly.OccupiedHours)
	require.Len(t, v.Hourly.Week, 168)
	require.Less(t, *v.CVRMSE, .3)
	days := fitOf(t, file, "--carrier", "electricity")
	require.NotEqual(t, "none", days.Split)
	require.NotNil(t, days.CVRMSEOut)
	require.Equal(t, "hdd_only", days.Compatible.Model)
	out, _, err := runEnergy("fit", file, "--hourly")
	require.NoError(t, err)
	require.Contains(t, out, "50 of 168 hours of the week occupied")

	_, _, err = runEnergy("fit", meterFile(t, ""), "--hourly")
	require.ErrorContains(t, err, "fewer than four weeks of hours")
}

func TestEnergyFitBills(t *testing.T) {
	file := rowsFile(t, 12, func(at time.Time) time.Time { return at.AddDate(0, 1, 0) }, func(at time.Time) (float64, float64) {
		days := at.AddDate(0, 1, 0).Sub(at).Hours() / 24
		temp := 10 - 8*math.Cos(2*math.Pi*float64(at.Month()-1)/12)
		return days * (80 + 20*math.Max(0, 15-temp)), temp
	})
	for _, args := range [][]string{{file}, {file, "--mode", "caltrack", "--billing"}} {
		v := fitOf(t, args...)
		require.Equal(t, "hdd_only", v.Model)
		require.Equal(t, 12, v.N)
		require.True(t, v.Eligible, v.Reason)
		require.InDelta(t, 15, *v.BalancePoints.Heating, .6)
		require.InDelta(t, 20, *v.Slopes.Heating, 1)
		require.Nil(t, v.CVRMSEOut)
	}
	out, errOut, err := runEnergy("fit", file)
	require.NoError(t, err)
	require.Contains(t, out, "12 periods")
	require.Contains(t, errOut, "fitted as bills")
	_, _, err = runEnergy("fit", meterFile(t, ""), "--billing")
	require.ErrorIs(t, err, ErrInput)
}

func TestEnergyFitOptions(t *testing.T) {
	file := meterFile(t, "")
	year := []string{file, "--from", "2024-01-01", "--to", "2024-12-31"}
	v := fitOf(t, append(year, "--exclude", "2024-03-01..2024-03-10", "--normal", file)...)
	require.Equal(t, 356, v.N)
	require.Equal(t, 10, v.Excluded)
	require.Contains(t, v.Reason, "10 days excluded")
	require.Equal(t, 730, v.NormalYear.Days)
	require.Greater(t, v.NormalYear.KWh, 50000.)
	plain := fitOf(t, year...)
	v = fitOf(t, append(year, "--factor", "beds@0.5=2024-01-01:100,2024-07-01:110", "--open", "mon-fri", "--closed", "2024-07-01..2024-08-31")...)
	require.NotEqual(t, plain.Intercept, v.Intercept)

	for want, args := range map[string][]string{
		`--mode "magic"`:         {"--mode", "magic"},
		`span "2024"`:            {"--exclude", "2024"},
		`date "x"`:               {"--closed", "x..y"},
		`--open "caturday"`:      {"--open", "caturday"},
		"want NAME":              {"--factor", "beds"},
		"the share is no number": {"--factor", "beds@x=2024-01-01:1"},
		"want FROM:VALUE":        {"--factor", "beds=60"},
		"a value is no number":   {"--factor", "beds=2024-01-01:many"},
		"is not above 0":         {"--factor", "beds=2024-01-01:0"},
	} {
		_, _, err := runEnergy(append([]string{"fit", file}, args...)...)
		require.ErrorIs(t, err, ErrInput)
		require.ErrorContains(t, err, want)
	}
}

func TestWeekdays(t *testing.T) {
	for text, want := range map[string][7]bool{
		"":            {},
		"mon-fri":     {1: true, 2: true, 3: true, 4: true, 5: true},
		"sat-mon":     {0: true, 1: true, 6: true},
		"Mon,wed,sun": {0: true, 1: true, 3: true},
	} {
		got, err := weekdays(text)
		require.NoError(t, err)
		require.Equal(t, want, got, text)
	}
}
