package carbon_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/carbon"
)

// A meter with a model of its own is brought to normal climate by it: where the
// station has no normal of degree-days, or where the model knows ten years.
func TestNormalClimateByTheModel(t *testing.T) {
	model := func(years int, expected float64) func(from, to time.Time) (carbon.ModelNormal, bool) {
		return func(from, to time.Time) (carbon.ModelNormal, bool) {
			if from.Year() != 2025 && to.Sub(from) > 366*24*time.Hour {
				return carbon.ModelNormal{}, false
			}
			return carbon.ModelNormal{ObservedKWh: expected, NormalKWh: 1.1 * expected, Years: years, Period: "2016-2025"}, true
		}
	}
	w := weather(2024, 2026, mild)
	use := func(m gtc.EquipmentID) carbon.Use {
		u := gas("a", days(date(2024, 1, 1), date(2026, 6, 15), func(d time.Time) float64 {
			if cold(d) {
				return 300
			}
			return 100
		}))
		u.Meter = m
		return u
	}
	const year = 100*300 + 265*100
	of2025 := func(p carbon.Plan, uses ...carbon.Use) (carbon.Path, carbon.CarrierYear) {
		out := p.Path(uses, w, now)
		for _, y := range out.Years {
			if y.Year == 2025 {
				return out, y.Carriers[0]
			}
		}
		require.Fail(t, "no 2025")
		return out, carbon.CarrierYear{}
	}
	var none, published carbon.Plan
	published.Normals.Add(carbon.Base15, "s", 1000, "1991-2020", "test") // as cold as these years are
	few, many := use("gaz"), use("gaz")
	few.Model, many.Model = model(3, 50_000), model(10, 50_000)

	p, row := of2025(none, few)
	require.NotNil(t, row.NormKWh)
	assert.InDelta(t, 1.1*year, *row.NormKWh, 1e-6)
	assert.Equal(t, carbon.ByModel, row.NormBy)
	assert.Equal(t, []carbon.ModelUsed{{Site: "a", Meter: "gaz", Station: "s", OwnYears: 3, Period: "2016-2025"}}, p.Models)
	assert.Empty(t, p.Normals)

	p, row = of2025(published, few)
	assert.InDelta(t, year, *row.NormKWh, 1e-6, "three years are no normal beside a published one")
	assert.Equal(t, carbon.ByDegreeDays, row.NormBy)
	assert.Empty(t, p.Models)

	_, row = of2025(published, many)
	assert.Equal(t, carbon.ByModel, row.NormBy)

	other := use("gaz-2") // without a model
	_, row = of2025(published, many, other)
	assert.InDelta(t, 2.1*year, *row.NormKWh, 1e-6)
	assert.Equal(t, carbon.ByBoth, row.NormBy)
	_, row = of2025(none, few, other)
	assert.Nil(t, row.NormKWh)
	assert.Empty(t, row.NormBy)

	standings := published.Ranking([]carbon.Building{{Site: "a", AreaM2: 100, Uses: []carbon.Use{many}}}, w, now)
	require.Len(t, standings, 1)
	require.NotNil(t, standings[0].NormKWh)
	assert.InDelta(t, 1.1*standings[0].KWh, *standings[0].NormKWh, 1e-6)
	assert.Equal(t, carbon.ByModel, standings[0].NormBy)
}
