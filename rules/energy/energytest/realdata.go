// Package energytest gives the tests of the energy rules their meters: made-up
// ones, and the real ones that are beside the repository.
package energytest

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

	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// SharedData returns the folder of real consumption, or skips.
func SharedData(tb testing.TB) string {
	tb.Helper()
	root, err := os.Getwd()
	require.NoError(tb, err)
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		require.NotEqual(tb, root, filepath.Dir(root), "no go.mod above the test")
		root = filepath.Dir(root)
	}
	dir := filepath.Join(root, "..", "shared", "data", "mv")
	if _, err := os.Stat(dir); err != nil {
		tb.Skip("no real consumption at ../shared/data/mv: " + err.Error())
	}
	return dir
}

// GzipRows reads a compressed CSV file without its header.
func GzipRows(tb testing.TB, name string) [][]string {
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

// Cambridge returns each building's days.
func Cambridge(tb testing.TB) map[string][]baseline.Day {
	tb.Helper()
	dir := filepath.Join(SharedData(tb), "cambridge")
	type sum struct {
		t float64
		n int
	}
	temps := map[string]*sum{}
	for _, r := range GzipRows(tb, filepath.Join(dir, "weather_hourly.csv.gz")) {
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
	out := map[string][]baseline.Day{}
	for _, r := range GzipRows(tb, filepath.Join(dir, "daily_gas.csv.gz")) {
		date, err := time.Parse(time.DateOnly, r[1])
		require.NoError(tb, err)
		d := baseline.Day{Date: date, Coverage: 1}
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

// Date parses 2026-01-31 as midnight UTC.
func Date(tb testing.TB, s string) time.Time {
	tb.Helper()
	d, err := time.Parse(time.DateOnly, s)
	require.NoError(tb, err)
	return d
}

// Inside reports whether from ≤ t < to.
func Inside(t, from, to time.Time) bool { return !t.Before(from) && t.Before(to) }

// Weekend reports whether a day is a Saturday or a Sunday.
func Weekend(t time.Time) bool { return t.Weekday() == time.Saturday || t.Weekday() == time.Sunday }
