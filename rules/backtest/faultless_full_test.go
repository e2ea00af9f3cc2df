//go:build full

package backtest_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/backtest"
	"github.com/cpas-charleroi/gtc/rules/energy/portfolio"
	"github.com/cpas-charleroi/gtc/simulators/building"
	"github.com/cpas-charleroi/gtc/simulators/weather"
)

// TestFaultlessParkIsQuiet judges fifty buildings without a fault for two
// years: what all share is said once and by no meter.
func TestFaultlessParkIsQuiet(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	start := time.Date(2022, 7, 1, 0, 0, 0, 0, loc)
	var alone, beside, worst, pooled int
	var years float64
	for _, seed := range []uint64{3, 33} {
		meters := faultlessPark(t, seed, start, 3*365)
		var fitted []*backtest.Fitted
		for _, m := range meters {
			fitted = append(fitted, backtest.Fit(m, backtest.Options{}))
		}
		all := backtest.Together(fitted)
		weeks := map[int64]int{}
		for _, f := range fitted {
			alone += len(f.Judge(nil, backtest.Options{}).Findings)
			run := f.Judge(all, backtest.Options{})
			beside += len(run.Findings)
			years += float64(run.Judged) / 365
			for _, x := range run.Findings {
				weeks[x.Detected.Unix()/(7*24*3600)]++
			}
		}
		for _, n := range weeks {
			worst = max(worst, n)
		}
		for _, p := range all.Pools() {
			pooled += len(p.Findings)
			t.Logf("climate %d, %s: %d meters, %d findings in common, provable %.1f %% of a year", seed, p.Kind, p.Meters, len(p.Findings), p.ProvablePct)
			require.LessOrEqual(t, p.ProvablePct, 4.)
		}
		require.Len(t, all.Pools(), 2)
		require.Equal(t, portfolio.Heating, all.Pools()[0].Kind)
	}
	t.Logf("findings a meter-year: alone %.3f, beside each other %.3f; worst week of fifty sites %d; in common %d in %.0f meter-years",
		float64(alone)/years, float64(beside)/years, worst, pooled, years)
	require.LessOrEqual(t, float64(beside)/years, 0.05)
	require.LessOrEqual(t, worst, 10)
	require.Less(t, beside, alone/5)
}

// faultlessPark simulates fifty buildings of all categories without faults.
func faultlessPark(t *testing.T, seed uint64, start time.Time, days int) []backtest.Meter {
	t.Helper()
	const sites = 50
	sky := weather.New(seed)
	temps := make([]float64, days)
	for i := range temps {
		for h := range 24 {
			temps[i] += sky.At(start.AddDate(0, 0, i).Add(time.Duration(h)*time.Hour)).AirTemp / 24
		}
	}
	results := make([][]backtest.Meter, sites)
	var all errgroup.Group
	all.SetLimit(runtime.GOMAXPROCS(0))
	categories := building.Categories()
	for i := range sites {
		all.Go(func() error {
			p := building.Params{
				Seed: 100*seed + uint64(i), Weather: sky, Location: start.Location(), Epoch: start,
				Category: categories[i%len(categories)], AreaM2: 500 + 300*float64(i%9),
			}
			results[i] = metersOf(gtc.SiteID(fmt.Sprintf("s%02d", i)), p, start, temps)
			return nil
		})
	}
	require.NoError(t, all.Wait())
	for i := range results {
		for j := range results[i] {
			results[i][j].Group = string(categories[i%len(categories)])
		}
	}
	return slices.Concat(results...)
}
