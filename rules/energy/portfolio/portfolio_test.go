package portfolio_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/drift"
	"github.com/cpas-charleroi/gtc/rules/energy/energytest"
	"github.com/cpas-charleroi/gtc/rules/energy/portfolio"
)

// meters are n made-up meters of two years, the second times factor.
func meters(t *testing.T, n int, carrier gtc.Carrier, factor float64) []portfolio.Meter {
	t.Helper()
	var out []portfolio.Meter
	for i := range n {
		days := energytest.MadeUp(730, 15, 20, int64(i+1))
		for k := 366; k < len(days); k++ {
			days[k].KWh *= factor
		}
		b, err := baseline.Fit(days, baseline.FitOptions{Carrier: carrier, To: days[366].Date})
		require.NoError(t, err)
		site := gtc.SiteID(fmt.Sprintf("%s%d", carrier, i))
		s := drift.New(b).Series(days, drift.Options{Site: site, Meter: "m", Carrier: carrier})
		out = append(out, portfolio.Meter{Series: s, Counts: i > 0, ProvablePct: b.ProvablePct()})
	}
	return out
}

// TestPools adds up what heats, of several carriers, and leaves out what is
// too little or does not count.
func TestPools(t *testing.T) {
	all := append(meters(t, 7, gtc.CarrierGas, 1.1), meters(t, 2, gtc.CarrierHeat, 1.1)...)
	all = append(all, meters(t, 3, gtc.CarrierElectricity, 1)...)
	p := portfolio.New(all)
	pools := p.Pools()
	require.Len(t, pools, 1)
	heat := pools[0]
	require.Equal(t, portfolio.Heating, heat.Kind)
	require.Equal(t, []int{7, 7, 9}, []int{heat.Meters, heat.Sites, heat.Compared})
	require.InDelta(t, 1.1, heat.Year.KWh/heat.Year.ExpectedKWh, 0.02)
	require.Greater(t, heat.Year.KWh-heat.Year.ExpectedKWh, heat.Year.BandKWh, "proven together")
	require.Len(t, heat.Findings, 1)
	require.InDelta(t, heat.ProvablePct/100*heat.Year.ExpectedKWh, heat.ProvableKWh, 0.05*heat.ProvableKWh)
	var kwh, cusum float64
	for _, w := range heat.Weeks {
		kwh += w.KWh
		cusum += w.KWh - w.ExpectedKWh
		require.InDelta(t, cusum, w.CUSUMKWh, 1e-6)
		require.LessOrEqual(t, w.Days, 7)
	}
	require.InDelta(t, heat.Year.KWh, kwh, 0.01*kwh)
	first := all[0].Series
	require.InDelta(t, 0.1, p.Beside(gtc.CarrierGas, "", first.Site)(first.Date(400), first.Date(428)), 0.03)
	require.Nil(t, p.Beside(gtc.CarrierWater, "", "s"))
	require.Empty(t, portfolio.New(nil).Pools())
}

// TestTheGroupIsNearer compares with the meters of the same group when they
// share more than all do.
func TestTheGroupIsNearer(t *testing.T) {
	warm, plain := meters(t, 6, gtc.CarrierGas, 0.8), meters(t, 9, gtc.CarrierGas, 1)
	for i := range warm {
		warm[i].Group = "office"
	}
	for i := range plain {
		plain[i].Group, plain[i].Series.Site = "home", gtc.SiteID(fmt.Sprint("home", i))
	}
	p := portfolio.New(append(warm, plain...))
	from, to := warm[0].Series.Date(400), warm[0].Series.Date(428)
	require.InDelta(t, -0.2, p.Beside(gtc.CarrierGas, "office", warm[0].Series.Site)(from, to), 0.04)
	require.InDelta(t, 0, p.Beside(gtc.CarrierGas, "home", plain[0].Series.Site)(from, to), 0.04)
}
