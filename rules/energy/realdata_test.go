package energy

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sharedData returns the folder of real consumption, or skips.
func sharedData(tb testing.TB) string {
	tb.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data", "mv")
	if _, err := os.Stat(dir); err != nil {
		tb.Skip("no real consumption at ../shared/data/mv: " + err.Error())
	}
	return dir
}

// gzipRows reads a compressed CSV file without its header.
func gzipRows(tb testing.TB, name string) [][]string {
	tb.Helper()
	f, err := os.Open(name)
	require.NoError(tb, err)
	defer func() { require.NoError(tb, f.Close()) }()
	z, err := gzip.NewReader(f)
	require.NoError(tb, err)
	c := csv.NewReader(z)
	_, err = c.Read()
	require.NoError(tb, err)
	var rows [][]string
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			return rows
		}
		require.NoError(tb, err)
		rows = append(rows, row)
	}
}

// cambridge returns each building's days.
func cambridge(tb testing.TB) map[string][]Day {
	tb.Helper()
	dir := filepath.Join(sharedData(tb), "cambridge")
	type sum struct {
		t float64
		n int
	}
	temps := map[string]*sum{}
	for _, r := range gzipRows(tb, filepath.Join(dir, "weather_hourly.csv.gz")) {
		v, err := strconv.ParseFloat(r[1], 64)
		if err != nil {
			continue
		}
		s := temps[r[0][:10]]
		if s == nil {
			s = &sum{}
			temps[r[0][:10]] = s
		}
		s.t, s.n = s.t+v, s.n+1
	}
	out := map[string][]Day{}
	for _, r := range gzipRows(tb, filepath.Join(dir, "daily_gas.csv.gz")) {
		date, err := time.Parse(time.DateOnly, r[1])
		require.NoError(tb, err)
		d := Day{Date: date, Coverage: 1}
		if v, err := strconv.ParseFloat(r[2], 64); err == nil {
			d.KWh, d.HasKWh = v, true
		}
		if s := temps[r[1]]; s != nil {
			d.Temp, d.HasTemp = s.t/float64(s.n), true
		}
		out[r[0]] = append(out[r[0]], d)
	}
	return out
}
