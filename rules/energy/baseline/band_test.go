package baseline_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/energytest"
)

// TestBandOfAnyPeriod: nine in ten periods of a building on which nothing
// changes lie within their band, whatever their length and season, and the
// band is not much wider than that.
func TestBandOfAnyPeriod(t *testing.T) {
	for _, m := range []int{28, 91, 365, 730} {
		var within, periods, band, squares float64
		for seed := range int64(12) {
			days := energytest.MadeUp(9*365, 15, 60, seed)
			b, err := baseline.Fit(days, baseline.FitOptions{Carrier: gtc.CarrierGas, To: days[365].Date})
			require.NoError(t, err)
			for a := 365; a+m <= len(days); a += m {
				c := b.Compare(days[a : a+m])
				require.Equal(t, m, c.Days)
				periods++
				squares += c.SavingKWh * c.SavingKWh
				band += c.BandKWh
				if math.Abs(c.SavingKWh) <= c.BandKWh {
					within++
				}
			}
		}
		needed := baseline.Z90 * math.Sqrt(squares/periods)
		t.Logf("%d days: %.0f %% of %.0f periods within a band of %.0f kWh; %.0f would do", m, 100*within/periods, periods, band/periods, needed)
		require.GreaterOrEqual(t, within/periods, .85)
		require.Less(t, band/periods, 2.5*needed)
	}
}

// TestProvable: the figure of a year is that of its band, knows that a year is
// off by itself, and is none without any noise; CalTRACK's is as published.
func TestProvable(t *testing.T) {
	for _, noise := range []float64{5, 40} {
		days := energytest.MadeUp(365, 15, noise, 1)
		o := baseline.FitOptions{Carrier: gtc.CarrierGas}
		native, err := baseline.Fit(days, o)
		require.NoError(t, err)
		o.Mode = baseline.CalTRACK
		compatible, err := baseline.Fit(days, o)
		require.NoError(t, err)
		require.Greater(t, native.ProvablePct(), 100*baseline.Z90*baseline.ModelError)
		require.Less(t, compatible.ProvablePct(), native.ProvablePct())
		require.InDelta(t, native.ProvablePct()/100*native.Metrics.Total, native.BandKWh(365, native.Metrics.Total), 1e-6)
	}
	days := energytest.MadeUp(365, 15, 0, 1)
	for i := range days {
		days[i].KWh = 50
	}
	constant, err := baseline.Fit(days, baseline.FitOptions{Carrier: gtc.CarrierGas})
	require.NoError(t, err)
	require.True(t, math.IsNaN(constant.ProvablePct()), "no noise tells no uncertainty: %v", constant.ProvablePct())
	require.True(t, math.IsNaN(constant.BandKWh(28, 1400)))
}
