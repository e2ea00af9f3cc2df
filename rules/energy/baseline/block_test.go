package baseline_test

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/energytest"
)

// middle is the median.
func middle(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

// TestNativeAgainstCaltrack: on every real building-year the native mode fits
// better than CalTRACK, and predicts days it has not seen better, or worse by
// less than a point; and so in the median of the years that follow.
func TestNativeAgainstCaltrack(t *testing.T) {
	all := energytest.Cambridge(t)
	refs := references(t, filepath.Join(energytest.SharedData(t), "cambridge", "daily_gas.reference.json"))
	var in, out, next [2][]float64
	worse := 0
	for _, key := range slices.Sorted(maps.Keys(refs)) {
		building, ok := strings.CutPrefix(key, "cambridge/")
		if !ok || refs[key].Model == "" {
			continue
		}
		building, _, _ = strings.Cut(building, ":")
		// Zeros of cold days are gaps to one mode and days to the other.
		days := slices.DeleteFunc(slices.Clone(all[building]), func(d baseline.Day) bool { return !d.HasKWh || d.KWh == 0 && d.Temp < 10 })
		from, to := energytest.Date(t, refs[key].Baseline[0]), energytest.Date(t, refs[key].Baseline[1]).AddDate(0, 0, 1)
		var after []baseline.Day
		for _, d := range days {
			if energytest.Inside(d.Date, to, to.AddDate(1, 0, 0)) {
				after = append(after, d)
			}
		}
		for i, mode := range []baseline.Mode{baseline.Native, baseline.CalTRACK} {
			o := baseline.FitOptions{Mode: mode, Carrier: gtc.CarrierGas, From: from, To: to}
			b, err := baseline.Fit(days, o)
			require.NoError(t, err)
			in[i], out[i] = append(in[i], b.Metrics.CVRMSE), append(out[i], b.LeaveBlockOut(days, o))
			if len(after) > 300 {
				next[i] = append(next[i], scatter(b, after))
			}
		}
		if n := len(next[0]) - 1; len(after) > 300 && next[0][n] > next[1][n]+.01 {
			worse++
		}
		n := len(in[0]) - 1
		require.LessOrEqual(t, in[0][n], in[1][n]+.01, key)
		require.LessOrEqual(t, out[0][n], out[1][n]+.01, key)
	}
	t.Logf("%d of %d next years worse by a point", worse, len(next[0]))
	require.LessOrEqual(t, worse, len(next[0])/20)
	for what, x := range map[string][2][]float64{"fitted": in, "left out": out, "the next year": next} {
		n, c := middle(x[0]), middle(x[1])
		t.Logf("median CV(RMSE) of days %s: native %.1f %%, CalTRACK %.1f %% (%d building-years)", what, 100*n, 100*c, len(x[0]))
		require.Less(t, n, c)
	}
}

// scatter is the CV(RMSE) of other days, their mean deviation apart.
func scatter(b baseline.Baseline, days []baseline.Day) float64 {
	var line []float64
	mean, total := 0.0, 0.0
	for i, e := range b.Expected(days) {
		line = append(line, days[i].KWh-e)
		mean, total = mean+(days[i].KWh-e)/float64(len(days)), total+days[i].KWh
	}
	return spread(line, mean) / (total / float64(len(days)))
}

// BenchmarkFitNativeReal fits real building-years, whose splits and inertia are
// checked against days left out.
func BenchmarkFitNativeReal(b *testing.B) {
	all := energytest.Cambridge(b)
	for _, name := range []string{"b19", "b25", "b104"} {
		b.Run(name, func(b *testing.B) {
			from := energytest.Date(b, "2018-01-01")
			o := baseline.FitOptions{Carrier: gtc.CarrierGas, From: from, To: from.AddDate(1, 0, 0)}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := baseline.Fit(all[name], o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
