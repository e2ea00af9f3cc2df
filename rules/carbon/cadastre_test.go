package carbon_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/carbon"
)

func TestRankingByHand(t *testing.T) {
	// 1000 degree-days in the last 365 days, 1200 in a normal year: 36 500 kWh
	// of base and 10 000 of heating are 48 500 kWh.
	d := days(now.AddDate(0, 0, -400).Truncate(24*time.Hour), now.Truncate(24*time.Hour), func(d time.Time) float64 {
		if cold(d) {
			return 200
		}
		return 100
	})
	p := plan()
	p.Cadastre = map[gtc.Category]float64{gtc.CategoryOffice: 80}
	got := p.Ranking([]carbon.Building{
		{Site: "nosurface", Category: gtc.CategoryOffice, Uses: []carbon.Use{gas("nosurface", d)}},
		{Site: "young", Category: gtc.CategoryOffice, AreaM2: 10, Uses: []carbon.Use{gas("young", d[len(d)-200:])}},
		{Site: "a", Category: gtc.CategoryOffice, AreaM2: 485, Uses: []carbon.Use{gas("a", d), power(gtc.DirectionImport, d)}},
		{Site: "electric", Category: gtc.CategoryOffice, AreaM2: 485, Uses: []carbon.Use{power(gtc.DirectionImport, d)}},
	}, weather(2024, 2026, mild), now)
	require.Len(t, got, 3)
	assert.Equal(t, gtc.SiteID("a"), got[0].Site)
	assert.InDelta(t, 46500, got[0].KWh, 1e-6)
	assert.InDelta(t, 48500, *got[0].NormKWh, 1e-6)
	assert.InDelta(t, 100, *got[0].IE, 1e-6)
	assert.InDelta(t, 48500-80*485, *got[0].Potential, 1e-6)
	assert.Equal(t, "2025-06-15", got[0].From)
	assert.Equal(t, "2026-06-14", got[0].To)
	byID := map[gtc.SiteID]carbon.Standing{}
	for _, s := range got {
		byID[s.Site] = s
	}
	assert.NotNil(t, byID["nosurface"].NormKWh)
	assert.Nil(t, byID["nosurface"].IE)
	assert.Equal(t, carbon.GapNoArea, byID["nosurface"].Gaps[0].Code)
	assert.Nil(t, byID["young"].NormKWh)
	assert.Equal(t, carbon.Gap{Code: carbon.GapPartial, Carrier: gtc.CarrierGas, Site: "young", Meter: "gaz", Station: "s", Known: 200, Of: 365}, byID["young"].Gaps[0])
}

// No building has a negative potential, the order is by potential, and a
// quarter of a stock without references has none.
func TestRankProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(4, 30).Draw(t, "n")
		var s []carbon.Standing
		for range n {
			area := rapid.Float64Range(100, 5000).Draw(t, "area")
			ie := rapid.Float64Range(20, 400).Draw(t, "ie")
			s = append(s, carbon.Standing{Category: gtc.CategoryOffice, AreaM2: area, IE: &ie, NormKWh: new(ie * area)})
		}
		carbon.Rank(s, nil)
		none, below := 0, 0
		for i, x := range s {
			if *x.Potential < 0 || i > 0 && *x.Potential > *s[i-1].Potential || !x.OwnStock {
				t.Fatalf("standing %d: %+v", i, x)
			}
			if *x.Potential == 0 {
				none++
			}
			if *x.IE <= *x.Reference {
				below++
			}
		}
		if none < 1 || none != below {
			t.Fatalf("%d of %d have no potential, %d are below the reference", none, n, below)
		}
	})
}
