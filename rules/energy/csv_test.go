package energy

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

func TestReadCSVDaily(t *testing.T) {
	table, err := ReadCSV(strings.NewReader("\ufefftemperature_c,time,energy_kwh\n5.5,2026-01-02,12\n,2026-01-01,\n4,2026-01-05,7\n"), CSVOptions{})
	require.NoError(t, err)
	require.Empty(t, table.Bad)
	require.Equal(t, 3, table.Rows)
	require.Len(t, table.Days, 3)
	require.False(t, table.Days[0].HasKWh || table.Days[0].HasTemp)
	require.Equal(t, baseline.Day{Date: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), KWh: 12, Temp: 5.5, HasKWh: true, HasTemp: true, Coverage: 1}, table.Days[1])
	require.Equal(t, []string{
		"1 rows have no energy_kwh", "1 rows have no temperature_c",
		"gap: 2 days from 2026-01-03 to 2026-01-04 have no row",
	}, table.Notes)
}

func TestReadCSVNamesBadRows(t *testing.T) {
	const good = "time,energy_kwh,temperature_c\n2026-01-01,1,2\n"
	for text, want := range map[string]string{
		"":                         "f.csv:1:1: the file is empty",
		"time;energy_kwh\n":        "f.csv:1:1: the header has no column time: want time,energy_kwh,temperature_c separated by commas; this one is separated by semicolons",
		"time,energy_kwh\n":        "f.csv:1:1: the header has no column temperature_c",
		"time,time,energy_kwh":     "f.csv:1:6: the column time is there twice",
		good + "01/02/2026,1,2":    `f.csv:3:1: time "01/02/2026" is neither a date`,
		good + "2026-01-02,x,2":    `f.csv:3:12: energy_kwh "x" is not a number`,
		good + "2026-01-02,-4,2":   "f.csv:3:12: energy_kwh -4 is negative",
		good + "2026-01-02,1,99":   "f.csv:3:14: temperature_c 99 is not between",
		good + "2026-01-01,4,5":    "f.csv:3:1: time 2026-01-01 is there twice, first on line 2",
		good + "2026-01-02,1,5,2":  "f.csv:3:1: the row has 4 fields, the header has 3",
		good + "2026-01-02,1\"a,2": "f.csv:3:13: bare \"",
	} {
		t.Run(want, func(t *testing.T) {
			_, err := ReadCSV(strings.NewReader(text), CSVOptions{Name: "f.csv", Strict: true})
			require.ErrorContains(t, err, want)
			if strings.HasPrefix(text, good) {
				table, err := ReadCSV(strings.NewReader(text+"\n2026-01-09,1,2\n"), CSVOptions{Name: "f.csv"})
				require.NoError(t, err, "lenient goes on")
				require.Len(t, table.Bad, 1)
				require.Contains(t, table.Bad[0].Error(), want)
				require.Equal(t, 2, table.Rows)
			}
		})
	}
	_, err := ReadCSV(iotest.ErrReader(errors.New("disk")), CSVOptions{Name: "f.csv"})
	require.EqualError(t, err, "read f.csv: disk")
}

func TestReadCSVHourly(t *testing.T) {
	loc := brussels(t)
	var text strings.Builder
	text.WriteString("time,energy_kwh,temperature_c\n")
	start := time.Date(2026, 3, 29, 0, 0, 0, 0, loc) // 23 hours
	for h := range 23 + 13 {
		text.WriteString(start.Add(time.Duration(h)*time.Hour).Format(time.RFC3339) + ",2,10\n")
	}
	table, err := ReadCSV(strings.NewReader(text.String()), CSVOptions{Location: loc})
	require.NoError(t, err)
	require.Len(t, table.Days, 2)
	require.InDelta(t, 46, table.Days[0].KWh, 1e-9)
	require.InDelta(t, 1.0, table.Days[0].Coverage, 1e-9)
	require.InDelta(t, 48, table.Days[1].KWh, 1e-9, "filled with the mean of 13 hours")
	require.Equal(t, []string{"2026-03-30 has 13 of 24 values: the rest is taken as their mean"}, table.Notes)
}

// Clocks show an hour twice in autumn: without a zone the second one is the
// later, with a zone two alike are one too many.
func TestReadCSVHourThatComesTwice(t *testing.T) {
	loc := brussels(t)
	var text strings.Builder
	text.WriteString("time,energy_kwh,temperature_c\n")
	for h := time.Date(2026, 10, 25, 0, 0, 0, 0, loc); h.Day() < 27; h = h.Add(time.Hour) {
		text.WriteString(h.Format("2006-01-02T15:04") + ",2,10\n")
	}
	table, err := ReadCSV(strings.NewReader(text.String()), CSVOptions{Location: loc})
	require.NoError(t, err)
	require.Empty(t, table.Bad)
	require.Empty(t, table.Notes)
	require.InDelta(t, 50, table.Days[0].KWh, 1e-9, "25 hours")
	require.Len(t, table.Hours, 49)

	const twice = "time,energy_kwh,temperature_c\n2026-10-25T02:00:00+02:00,2,10\n2026-10-25T02:00:00+02:00,2,10\n"
	_, err = ReadCSV(strings.NewReader(twice), CSVOptions{Location: loc, Strict: true})
	require.ErrorContains(t, err, "is there twice")
}

// A daily row at a midnight is of the day it is written with.
func TestReadCSVDayWithAnOffset(t *testing.T) {
	for _, zone := range []*time.Location{time.UTC, brussels(t)} {
		table, err := ReadCSV(strings.NewReader("time,energy_kwh,temperature_c\n2026-01-01T00:00:00+01:00,1,2\n2026-01-02T00:00:00+01:00,3,4\n2026-07-01T00:00:00Z,5,6\n"), CSVOptions{Location: zone})
		require.NoError(t, err)
		var days []string
		for _, d := range table.Days {
			days = append(days, d.Date.Format(time.DateOnly))
			require.Equal(t, zone, d.Date.Location())
		}
		require.Equal(t, []string{"2026-01-01", "2026-01-02", "2026-07-01"}, days)
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add("time,energy_kwh,temperature_c\n2026-01-01,1,2\n2026-01-02T00:00:00Z,1,nan\n")
	f.Add("energy_kwh,temperature_c,time\n\"1\",2,2026-01-01 13:00\n1,2,2026-01-01 14:00\n")
	if b, err := os.ReadFile("baseline/testdata/synthetic_daily.csv"); err == nil {
		f.Add(string(b[:2000]))
	}
	f.Fuzz(func(t *testing.T, text string) {
		strict, strictErr := ReadCSV(strings.NewReader(text), CSVOptions{Strict: true})
		table, err := ReadCSV(strings.NewReader(text), CSVOptions{})
		if strictErr == nil {
			require.NoError(t, err)
			require.Equal(t, strict.Rows, table.Rows)
		}
		for i, d := range table.Days {
			require.GreaterOrEqual(t, d.KWh, 0.0)
			require.False(t, i > 0 && !table.Days[i-1].Date.Before(d.Date), "days are in order, once each")
		}
	})
}
