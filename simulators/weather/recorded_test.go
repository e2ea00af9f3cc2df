package weather_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/simulators/weather"
)

const hourly = `datetime,tempC,rh,irad
2020-01-01 00:00:00,4.0,90,0
2020-01-01 01:00:00,2.0,80,0
2020-01-01 02:00:00,,,
2020-01-01 03:00:00,6.0,70,100
`

func read(t *testing.T, text string, o weather.ReadOptions) *weather.Recorded {
	t.Helper()
	w, err := weather.ReadHourly(strings.NewReader(text), o)
	require.NoError(t, err)
	return w
}

func TestRecordedWeatherGoesEvenlyBetweenRows(t *testing.T) {
	t.Parallel()
	w := read(t, hourly, weather.ReadOptions{})
	at := func(clock string) weather.Conditions {
		at, err := time.Parse(time.DateTime, "2020-01-01 "+clock)
		require.NoError(t, err)
		return w.At(at)
	}
	require.InDelta(t, 4, at("00:00:00").AirTemp, 1e-9)
	require.InDelta(t, 2.5, at("00:45:00").AirTemp, 1e-9)
	require.InDelta(t, 82.5, at("00:45:00").HumidityPct, 1e-9)
	require.InDelta(t, 4, at("02:00:00").AirTemp, 1e-9, "an empty row is bridged")
	require.InDelta(t, 50, at("02:00:00").SolarWM2, 1e-9)
	require.InDelta(t, 6, at("03:00:00").AirTemp, 1e-9)
	require.Empty(t, w.Gaps())
}

func TestRecordedWeatherIsReadFromGzip(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(hourly))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	w, err := weather.ReadHourly(&b, weather.ReadOptions{})
	require.NoError(t, err)
	require.Equal(t, read(t, hourly, weather.ReadOptions{}), w)
}

func TestAbsentColumnsAreMadeUp(t *testing.T) {
	t.Parallel()
	w := read(t, "datetime,tempC\n2020-06-21T00:00:00Z,14\n2020-06-21T06:00:00Z,15\n2020-06-21T12:00:00Z,24\n", weather.ReadOptions{})
	noon := w.At(time.Date(2020, 6, 21, 12, 0, 0, 0, time.UTC))
	require.InDelta(t, 80, noon.HumidityPct, 1e-9)
	require.InDelta(t, 3.5, noon.WindMS, 1e-9)
	require.InDelta(t, 500, noon.SolarWM2, 100)
}

func TestBadRecordsAreRefusedWithTheirPlace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text   string
		line   int
		column string
		says   string
	}{
		"no temperature":   {"datetime,temp\n", 1, "tempC", "no such column"},
		"nothing":          {"", 1, "", "header"},
		"one row":          {"datetime,tempC\n2020-01-01 00:00:00,1\n", 1, "", "fewer than two"},
		"no instant":       {"datetime,tempC\nyesterday,1\n2020-01-01 00:00:00,1\n", 2, "datetime", "yesterday"},
		"no number":        {"datetime,tempC\n2020-01-01 00:00:00,1\n2020-01-01 01:00:00,cold\n", 3, "tempC", "cold"},
		"too hot":          {"datetime,tempC\n2020-01-01 00:00:00,1\n2020-01-01 01:00:00,140\n", 3, "tempC", "between -60 and 60"},
		"not a number":     {"datetime,tempC,rh\n2020-01-01 00:00:00,1,90\n2020-01-01 01:00:00,1,+Inf\n", 3, "rh", "between"},
		"twice":            {"datetime,tempC\n2020-01-01 00:00:00,1\n2020-01-01 00:00:00,1\n", 3, "datetime", "not after"},
		"a field too many": {"datetime,tempC\n2020-01-01 00:00:00,1\n2020-01-01 01:00:00,1,2\n", 3, "", "wrong number of fields"},
		"a gap":            {"datetime,tempC\n2020-01-01 00:00:00,1\n2020-01-01 07:00:00,1\n", 3, "datetime", "gap of 7h0m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := weather.ReadHourly(strings.NewReader(c.text), weather.ReadOptions{File: "w.csv"})
			var at *weather.RowError
			require.ErrorAs(t, err, &at)
			require.Equal(t, c.line, at.Line)
			require.Equal(t, c.column, at.Column)
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, fmt.Sprintf("w.csv:%d: ", c.line))
		})
	}
}

func TestAllMistakesAreToldUpToALimit(t *testing.T) {
	t.Parallel()
	text := "datetime,tempC\n" + strings.Repeat("never,cold\n", 500)
	_, err := weather.ReadHourly(strings.NewReader(text), weather.ReadOptions{})
	require.Equal(t, 20, strings.Count(err.Error(), "never"))
}

func TestGapsAreNamedWhenAllowed(t *testing.T) {
	t.Parallel()
	text := "datetime,tempC\n2020-01-01 00:00:00,0\n2020-01-01 06:00:00,6\n2020-01-02 06:00:00,12\n"
	_, err := weather.ReadHourly(strings.NewReader(text), weather.ReadOptions{})
	require.ErrorIs(t, err, weather.ErrGap)
	w := read(t, text, weather.ReadOptions{AllowGaps: true})
	six := time.Date(2020, 1, 1, 6, 0, 0, 0, time.UTC)
	require.Equal(t, []weather.Gap{{From: six, To: six.AddDate(0, 0, 1), Line: 4}}, w.Gaps())
	require.InDelta(t, 9, w.At(six.Add(12*time.Hour)).AirTemp, 1e-9)
}

func TestOutsideTheRecordAnotherYearIsGiven(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("datetime,tempC\n")
	from := time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC)
	for at := from; at.Year() < 2021; at = at.Add(time.Hour) {
		fmt.Fprintf(&b, "%s,%d\n", at.Format(time.DateTime), at.YearDay()%50)
	}
	w := read(t, b.String(), weather.ReadOptions{})
	for _, year := range []int{1990, 2017, 2021, 2030} {
		at := time.Date(year, 7, 1, 12, 0, 0, 0, time.UTC)
		// The same hour within a day or two of the same date.
		require.InDelta(t, at.YearDay()%50, w.At(at).AirTemp, 2, "%d", year)
	}
	require.Equal(t, w.At(w.To()), w.At(w.To().Add(0)))
}

func TestRealFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "..", "shared", "data", "mv", "cambridge", "weather_hourly.csv.gz")
	f, err := os.Open(path) //nolint:gosec // a path of this test
	if errors.Is(err, os.ErrNotExist) {
		t.Logf("%s is not there: the recorded file is not tried", path)
		return
	}
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	w, err := weather.ReadHourly(f, weather.ReadOptions{File: filepath.Base(path)})
	require.NoError(t, err)
	require.Equal(t, time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC), w.From())
	require.Equal(t, 2022, w.To().Year())
	require.InDelta(t, 11.85, w.At(time.Date(2012, 1, 1, 0, 30, 0, 0, time.UTC)).AirTemp, 1e-9)
}

func FuzzReadHourly(f *testing.F) {
	f.Add([]byte(hourly), true)
	f.Add([]byte("\x1f\x8b"), false)
	f.Add([]byte("tempC,datetime,wind_ms\n1,2020-01-01 00:00,3\n1,2020-01-03 00:00,NaN\n"), true)
	f.Fuzz(func(t *testing.T, data []byte, gaps bool) {
		w, err := weather.ReadHourly(bytes.NewReader(data), weather.ReadOptions{AllowGaps: gaps})
		if err != nil {
			require.Nil(t, w)
			return
		}
		require.True(t, w.From().Before(w.To()))
		for _, at := range []time.Time{w.From(), w.To(), w.From().AddDate(-3, 0, 0), w.To().AddDate(5, 0, 1)} {
			c := w.At(at)
			require.GreaterOrEqual(t, c.AirTemp, -60.0)
			require.LessOrEqual(t, c.AirTemp, 60.0)
			require.LessOrEqual(t, c.HumidityPct, 100.0)
			require.GreaterOrEqual(t, c.SolarWM2, 0.0)
		}
	})
}

func BenchmarkReadHourly(b *testing.B) {
	var text strings.Builder
	text.WriteString("datetime,tempC\n")
	for at := time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2023; at = at.Add(time.Hour) {
		text.WriteString(at.Format(time.DateTime) + ",11.5\n")
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		if _, err := weather.ReadHourly(strings.NewReader(text.String()), weather.ReadOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
