package hub

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/rules/carbon"
	"github.com/cpas-charleroi/gtc/rules/energy"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/works"
)

// A building that grew by a third uses a third more. That is a drift as long as
// nobody said so, and none when the site's static factors do.
func TestStaticFactorsAreNoDrift(t *testing.T) {
	h := newHeated(t)
	end, grown := h.start.AddDate(1, 6, 0), h.start.AddDate(1, 2, 0)
	h.write(t, h.start, end, grown, 0.3)
	pass := func() []gtc.Finding {
		h.fresh()
		require.NoError(t, h.rules.restore(t.Context()))
		_, err := h.rules.pass(t.Context(), end.Add(12*time.Hour))
		require.NoError(t, err)
		require.Empty(t, h.state().why)
		return h.state().findings
	}
	found := pass()
	require.NotEmpty(t, found)
	require.Equal(t, gtc.FindingDrift, found[0].Kind)
	told := (&Hub{energy: h.rules}).evident(found[0])
	require.NotContains(t, told.Inputs, inputFactors)
	require.False(t, rebased(told.Inputs, told.Inputs[inputPeriod], h.state().site))

	h.site.StaticFactors = []gtc.StaticFactor{{Name: "area", Share: 1, Steps: []gtc.FactorStep{{From: grown, Value: 1.3, Why: "annexe"}}}}
	require.Empty(t, pass())
	x, ok := h.state().expectation(h.rules.temps("here"))(h.state().days.At(h.state().days.Len() - 2))
	require.True(t, ok)
	require.InDelta(t, h.state().days.At(h.state().days.Len()-2).KWh, x.KWh, 0.15*x.KWh, "what is expected grew with the building")
	require.True(t, rebased(told.Inputs, told.Inputs[inputPeriod], h.state().site), "the finding was one of another baseline")

	told = (&Hub{energy: h.rules}).evident(found[0])
	require.Equal(t, "area (share 1): 1.3 from "+grown.Format(time.DateOnly)+" (annexe)", told.Inputs[inputFactors])
}

// The operating calendar is part of every fit, and of what a finding says.
func TestCalendarReachesTheFit(t *testing.T) {
	h := newHeated(t)
	open, err := baseline.ParseWeekdays("mon-fri")
	require.NoError(t, err)
	h.site.Calendar = &gtc.Calendar{Open: open}
	h.fresh()
	end := h.start.AddDate(1, 0, 10)
	h.write(t, h.start, end, time.Time{}, 0)
	require.NoError(t, h.rules.restore(t.Context()))
	_, err = h.rules.pass(t.Context(), end)
	require.NoError(t, err)
	require.NotNil(t, h.state().baseline.Calendar)
	require.Equal(t, h.site.Calendar.Open, h.state().baseline.Calendar.Open)
	told := (&Hub{energy: h.rules}).evident(gtc.Finding{Site: "s1", Meter: "gaz", Onset: end})
	require.Equal(t, "open mon tue wed thu fri, holidays belgium", told.Inputs[inputCalendar])
}

// A saving over days of which one has no price has no price either, and the
// tariff says which day.
func TestSavingWithoutAPriceOnADay(t *testing.T) {
	day := func(y int, m time.Month, n int) time.Time { return time.Date(y, m, n, 0, 0, 0, 0, time.UTC) }
	h := &Hub{tariffs: []gtc.Tariff{{Carrier: gtc.CarrierGas, From: day(2025, 2, 1), EURPerKWh: 0.1, Source: "contract"}}}
	told := works.Saving{Days: 59, From: "2025-01-01", To: "2025-02-28", SavingKWh: 590, BandKWh: 59, YearKWh: 3650}
	p := console.PricedSaving{Saving: told}
	h.priceSaving(&p, gtc.CarrierGas, time.UTC, day(2026, 1, 1))
	require.Nil(t, p.EUR)
	require.Nil(t, p.BandEUR)
	require.InDelta(t, 365, *p.YearEUR, 1e-9, "a year's is at today's price")
	require.Equal(t, "contract (aucun prix au 2025-01-01)", p.Tariff)

	h.tariffs = append(h.tariffs, gtc.Tariff{Carrier: gtc.CarrierGas, From: day(2025, 1, 1), EURPerKWh: 0.2})
	p = console.PricedSaving{Saving: told}
	h.priceSaving(&p, gtc.CarrierGas, time.UTC, day(2026, 1, 1))
	require.InDelta(t, 590*(31*0.2+28*0.1)/59, *p.EUR, 1e-9)
	require.Equal(t, "contract", p.Tariff)
}

// The consumption of a normal year comes from the meter's baseline, over the
// years that its station knows, and is what its own formula says of them.
func TestNormalYearByTheModel(t *testing.T) {
	h := newHeated(t)
	end := time.Date(h.start.Year()+2, h.start.Month(), h.start.Day(), 0, 0, 0, 0, h.site.Location)
	h.write(t, h.start, end, time.Time{}, 0)
	require.NoError(t, h.rules.restore(t.Context()))
	now := end.Add(12 * time.Hour)
	_, err := h.rules.pass(t.Context(), now)
	require.NoError(t, err)
	require.True(t, h.state().baseline.Eligible, h.state().baseline.Reason)

	hub := &Hub{energy: h.rules}
	s := &siteInfo{Site: h.site}
	y := hub.normalYear(s, h.site.Meters[0], now)
	require.NotNil(t, y)
	want := 0.0
	for d := time.Date(h.start.Year()+1, 1, 1, 0, 0, 0, 0, h.site.Location); d.Year() == h.start.Year()+1; d = d.AddDate(0, 0, 1) {
		want += h.daily(d)
	}
	require.Equal(t, carbon.ByModel, y.By)
	require.Equal(t, 1, y.OwnYears, "the one calendar year that is whole")
	require.InEpsilon(t, want, y.KWh, 0.02)
	require.Positive(t, *y.BandPct)

	// A meter that has no baseline to be trusted is corrected by degree-days.
	h.rules.replace(func() { h.state().baseline.Eligible = false })
	require.Nil(t, hub.normalYear(s, h.site.Meters[0], now), "there is no normal of degree-days either")
	hub.emissions.plan.Normals.Add(carbon.Base15, "here", 2000, "1991-2020", "test")
	y = hub.normalYear(s, h.site.Meters[0], now)
	require.NotNil(t, y)
	require.Equal(t, carbon.ByDegreeDays, y.By)
	require.Equal(t, "1991-2020", y.Period)
	require.Nil(t, y.BandPct)

	// The path does the same, meter by meter.
	src := carbonSource{
		sites: []*gtc.Site{&h.site},
		days:  func(*gtc.Site, gtc.Meter) ([]energy.Interval, error) { return h.state().days.All(), nil },
		temps: func(string, *gtc.Site) ([]energy.TempDay, error) { return h.rules.temps("here"), nil },
		model: fitted,
	}
	got, err := src.compute(carbon.Plan{}, now)
	require.NoError(t, err)
	require.Len(t, got.Path.Models, 1)
	for _, row := range got.Path.Years {
		if row.Year == h.start.Year()+1 {
			require.Equal(t, carbon.ByModel, row.Carriers[0].NormBy)
			require.InEpsilon(t, want, *row.Carriers[0].NormKWh, 0.02, "the only year known is its own normal")
		}
	}
}
