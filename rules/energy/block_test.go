package energy

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

// blockDaysOut and blockFolds divide a year for leave-block-out: every twelfth
// run of ten days is predicted by a baseline of the others.
const blockDaysOut, blockFolds = 10, 12

// outside returns the CV(RMSE) of the days predicted without having been
// fitted, of one mode.
func outside(tb testing.TB, days []Day, mode Mode) float64 {
	tb.Helper()
	var squares, total, n float64
	for fold := range blockFolds {
		var fitted, left []Day
		for i, d := range days {
			if i/blockDaysOut%blockFolds == fold {
				left = append(left, d)
			} else {
				fitted = append(fitted, d)
			}
		}
		b, err := Fit(fitted, FitOptions{Mode: mode, Carrier: gtc.CarrierGas})
		require.NoError(tb, err)
		for _, d := range left {
			e, ok := b.Predict(d)
			if !ok || coldZero(d) {
				continue
			}
			squares, total, n = squares+(d.KWh-e.KWh)*(d.KWh-e.KWh), total+d.KWh, n+1
		}
	}
	return math.Sqrt(squares/n) / (total / n)
}

// TestLeaveBlockOut: on every real building-year the native mode predicts days
// it has not seen better than CalTRACK, or worse by less than a point.
func TestLeaveBlockOut(t *testing.T) {
	all := cambridge(t)
	var native, caltrack []float64
	for key, r := range references(t, filepath.Join(sharedData(t), "cambridge", "daily_gas.reference.json")) {
		building, ok := strings.CutPrefix(key, "cambridge/")
		if !ok || r.Model == "" {
			continue
		}
		building, _, _ = strings.Cut(building, ":")
		from, to := date(t, r.Baseline[0]), date(t, r.Baseline[1]).AddDate(0, 0, 1)
		days := slices.DeleteFunc(slices.Clone(all[building]), func(d Day) bool {
			return !inside(d.Date, from, to) || !usable(d, minCoverage)
		})
		n, c := outside(t, days, Native), outside(t, days, CalTRACK)
		require.LessOrEqual(t, n, c+.01, key)
		native, caltrack = append(native, n), append(caltrack, c)
	}
	slices.Sort(native)
	slices.Sort(caltrack)
	n, c := native[len(native)/2], caltrack[len(caltrack)/2]
	t.Logf("median CV(RMSE) of days left out: native %.1f %%, CalTRACK %.1f %%", 100*n, 100*c)
	require.Less(t, n, c)
}
