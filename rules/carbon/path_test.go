package carbon_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/carbon"
	"github.com/cpas-charleroi/gtc/rules/degreeday"
)

var utc = time.UTC

func date(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, utc) }

// noon of a day in June 2026: the present of these tests.
var now = time.Date(2026, 6, 15, 12, 0, 0, 0, utc)

// days gives every day of [from,to) the kWh of a function.
func days(from, to time.Time, kwh func(time.Time) float64) []carbon.Day {
	var out []carbon.Day
	for d := from; d.Before(to); d = d.AddDate(0, 0, 1) {
		out = append(out, carbon.Day{Date: d, KWh: kwh(d)})
	}
	return out
}

func even(kwh float64) func(time.Time) float64 { return func(time.Time) float64 { return kwh } }

// cold says which days are: 100 days of January to April, of 10 degree-days
// times a factor of the year.
func cold(d time.Time) bool { return d.YearDay() <= 100 }

func weather(from, to int, hard func(year int) float64) carbon.Weather {
	var out []degreeday.Day
	for d := date(from, 1, 1); d.Year() <= to; d = d.AddDate(0, 0, 1) {
		day := degreeday.Day{Date: d, Min: 12, Max: 22, Mean: 17}
		if cold(d) {
			t := 15 - 10*hard(d.Year())
			day = degreeday.Day{Date: d, Min: t - 2, Max: t + 2, Mean: t}
		}
		out = append(out, day)
	}
	return carbon.Weather{"s": out}
}

func mild(int) float64 { return 1 }

func gas(site gtc.SiteID, d []carbon.Day) carbon.Use {
	return carbon.Use{Site: site, Meter: "gaz", Carrier: gtc.CarrierGas, Direction: gtc.DirectionImport, Station: "s", Days: d}
}

func power(dir gtc.Direction, d []carbon.Day) carbon.Use {
	return carbon.Use{Site: "a", Meter: gtc.EquipmentID("elec-" + string(dir)), Carrier: gtc.CarrierElectricity, Direction: dir, Station: "s", Days: d}
}

func factor(c gtc.Carrier, from time.Time, kg float64) gtc.Factor {
	return gtc.Factor{Carrier: c, From: from, KgCO2PerKWh: kg, Published: kg, Set: "essai", Year: 2020, Scope: gtc.ScopeDirect, Basis: gtc.BasisPCS}
}

func plan(factors ...gtc.Factor) carbon.Plan {
	return carbon.Plan{Factors: factors, Reference: 2024, EED: 2024, Normals: carbon.Normals{
		DJ15: []degreeday.Normal[degreeday.DJ15]{{Station: "s", Value: 1200, Period: "essai"}},
	}}
}

// Two whole years and a part of a third, by hand: gas 100 kWh a day and 100
// more on 100 cold days, electricity 50 kWh a day whose factor falls in 2025.
func TestPathByHand(t *testing.T) {
	use := func(d time.Time) float64 {
		if cold(d) {
			return 200
		}
		return 100
	}
	p := plan(factor(gtc.CarrierGas, date(2000, 1, 1), 0.2), factor(gtc.CarrierElectricity, date(2000, 1, 1), 0.3), factor(gtc.CarrierElectricity, date(2025, 7, 1), 0.1))
	got := p.Path([]carbon.Use{
		gas("a", days(date(2024, 1, 1), date(2026, 6, 15), use)),
		power(gtc.DirectionImport, days(date(2024, 1, 1), date(2026, 6, 15), even(50))),
	}, weather(2024, 2026, mild), now)

	require.Empty(t, got.Missing)
	require.Len(t, got.Years, 3)
	y := got.Years[0]
	assert.False(t, y.Partial)
	assert.InDelta(t, 0.2*(36600+10000)+0.3*18300, *y.KgCO2, 1e-6)
	// 1000 degree-days in the year, 1200 in a normal one, 36 600 kWh of base.
	require.NotNil(t, y.NormKgCO2)
	assert.InDelta(t, 0.2*(36600+10000*1.2)+0.3*18300, *y.NormKgCO2, 1e-6)
	assert.InDelta(t, 36600+10000+18300, *y.FinalKWh, 1e-6)

	y = got.Years[1]
	assert.InDelta(t, 0.2*46500+0.3*50*181+0.1*50*184, *y.KgCO2, 1e-6)
	assert.InDelta(t, *got.ReferenceKg*(1-0.4/6), *y.TargetKgCO2, 1e-6)
	assert.InDelta(t, *got.EEDKWh*(1-0.019), *y.EEDKWh, 1e-6)

	y = got.Years[2]
	assert.True(t, y.Partial)
	assert.Equal(t, "2026-06-14", y.Through)
	assert.InDelta(t, 0.2*(165*100+10000)+0.1*50*165, *y.KgCO2, 1e-6, "the days there are, nothing scaled")
	assert.Nil(t, y.NormKgCO2)

	// A year at normal climate is held against a reference at normal climate.
	assert.InDelta(t, *got.ReferenceNormKg*(1-0.4/6), *got.NormTargetOf(2025), 1e-6)
	assert.Nil(t, got.NormTargetOf(2031))

	require.Len(t, got.Targets, 7)
	assert.InDelta(t, *got.ReferenceKg, got.Targets[0].KgCO2, 1e-6)
	assert.InDelta(t, 0.6**got.ReferenceKg, got.Targets[6].KgCO2, 1e-6)
	last, ok := got.Last()
	require.True(t, ok)
	assert.Equal(t, 2025, last.Year)
	// The working is there: three factors, one normal, the perimeter.
	assert.Len(t, got.Factors, 3)
	assert.Equal(t, []carbon.NormalUsed{{Station: "s", Base: "15/15", Value: 1200, Period: "essai"}}, got.Normals)
	assert.Equal(t, []gtc.SiteID{"a"}, got.Sites)
	assert.Equal(t, 2, got.Meters)
}

// What is produced and used counts as energy and gives nothing off.
func TestProductionAndExport(t *testing.T) {
	whole := func(kwh float64) []carbon.Day { return days(date(2024, 1, 1), date(2025, 1, 1), even(kwh)) }
	p := plan(factor(gtc.CarrierElectricity, date(2000, 1, 1), 0.3))
	got := p.Path([]carbon.Use{
		power(gtc.DirectionImport, whole(10)), power(gtc.DirectionProduction, whole(5)), power(gtc.DirectionExport, whole(2)),
	}, nil, now)
	require.Len(t, got.Years, 1)
	assert.InDelta(t, 0.3*3660, *got.Years[0].KgCO2, 1e-6)
	assert.InDelta(t, 366*(10+5-2), *got.Years[0].FinalKWh, 1e-6)
}

func TestRefusals(t *testing.T) {
	gasFactor := factor(gtc.CarrierGas, date(2025, 1, 1), 0.2)
	whole := days(date(2024, 1, 1), date(2026, 1, 1), even(100))
	for name, c := range map[string]struct {
		plan carbon.Plan
		uses []carbon.Use
		want carbon.Gap
	}{
		"no reference year":            {carbon.Plan{Factors: []gtc.Factor{gasFactor}}, []carbon.Use{gas("a", whole)}, carbon.Gap{Code: carbon.GapNoReference}},
		"a year before all data":       {carbon.Plan{Reference: 2006}, []carbon.Use{gas("a", whole)}, carbon.Gap{Code: carbon.GapNoData, Year: 2006, Carrier: gtc.CarrierGas}},
		"a meter from March on":        {plan(factor(gtc.CarrierGas, date(2000, 1, 1), 0.2)), []carbon.Use{gas("a", whole), gas("b", days(date(2024, 3, 1), date(2026, 1, 1), even(1)))}, carbon.Gap{Code: carbon.GapPartial, Year: 2024, Carrier: gtc.CarrierGas, Site: "b", Meter: "gaz", Known: 306, Of: 366}},
		"no factor in that year":       {plan(gasFactor), []carbon.Use{gas("a", whole)}, carbon.Gap{Code: carbon.GapNoFactor, Year: 2024, Carrier: gtc.CarrierGas, Date: "2024-01-01"}},
		"figures without a carrier":    {carbon.Plan{Reference: 2010, Factors: []gtc.Factor{gasFactor}, Figures: []carbon.Figures{{Year: 2010, KWh: map[gtc.Carrier]float64{gtc.CarrierOil: 1}}}}, []carbon.Use{gas("a", whole)}, carbon.Gap{Code: carbon.GapNoData, Year: 2010, Carrier: gtc.CarrierGas}},
		"figures before every factor":  {carbon.Plan{Reference: 2010, Factors: []gtc.Factor{gasFactor}, Figures: []carbon.Figures{{Year: 2010, KWh: map[gtc.Carrier]float64{gtc.CarrierGas: 1}}}}, nil, carbon.Gap{Code: carbon.GapNoFactor, Year: 2010, Carrier: gtc.CarrierGas, Date: "2010-01-01"}},
		"a year that is not over":      {carbon.Plan{Reference: 2026, Factors: []gtc.Factor{gasFactor}}, []carbon.Use{gas("a", days(date(2026, 1, 1), date(2026, 6, 1), even(1)))}, carbon.Gap{Code: carbon.GapPartial, Year: 2026, Carrier: gtc.CarrierGas, Site: "a", Meter: "gaz", Known: 151, Of: 165}},
		"all of a year not yet over":   {carbon.Plan{Reference: 2026, Factors: []gtc.Factor{gasFactor}}, []carbon.Use{gas("a", days(date(2026, 1, 1), date(2026, 6, 15), even(1)))}, carbon.Gap{Code: carbon.GapPartial, Year: 2026, Known: 165, Of: 365}},
		"a reference outside the data": {carbon.Plan{Reference: 2006}, nil, carbon.Gap{Code: carbon.GapNoData, Year: 2006}},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.plan.Path(c.uses, weather(2024, 2026, mild), now)
			assert.Nil(t, got.ReferenceKg)
			assert.Empty(t, got.Targets)
			assert.Contains(t, got.Missing, c.want)
			for _, lang := range []string{"fr", "nl", "en", "de"} {
				assert.NotEmpty(t, got.Missing[0].In(lang, "gaz"))
			}
		})
	}
}

func TestFiguresOfTheReferenceYear(t *testing.T) {
	p := plan(factor(gtc.CarrierGas, date(1990, 1, 1), 0.2), factor(gtc.CarrierElectricity, date(1990, 1, 1), 0.3))
	p.Reference, p.EED = 2006, 2006
	p.Published = []degreeday.Sum[degreeday.DJ15]{degreeday.Published[degreeday.DJ15]("uccle", 2006, 1795, "Energie+")}
	p.Normals.DJ15 = append(p.Normals.DJ15, degreeday.Normal[degreeday.DJ15]{Station: "uccle", Value: 1902})
	p.Figures = []carbon.Figures{{
		Year: 2006, KWh: map[gtc.Carrier]float64{gtc.CarrierGas: 1000, gtc.CarrierElectricity: 500},
		BaseKWh: map[gtc.Carrier]float64{gtc.CarrierGas: 200}, Station: "uccle", Source: "inventaire 2006",
	}}
	got := p.Path(nil, nil, now)
	require.Empty(t, got.Missing)
	assert.InDelta(t, 350, *got.ReferenceKg, 1e-9)
	assert.InDelta(t, 0.2*(200+800*1902/1795.0)+150, *got.ReferenceNormKg, 1e-9)
	assert.Equal(t, "inventaire 2006", got.Years[0].Carriers[0].Source)
	assert.InDelta(t, 1500, *got.EEDKWh, 1e-9)

	p.Figures[0].BaseKWh = nil
	got = p.Path(nil, nil, now)
	assert.Nil(t, got.ReferenceNormKg)
	assert.Contains(t, got.Years[0].Gaps, carbon.Gap{Code: carbon.GapNoBase, Year: 2006, Carrier: gtc.CarrierGas, Station: "uccle"})
}

// A corrected factor corrects every year it holds in; the old report can be
// made again, bit for bit.
func TestACorrectionRecomputesThePast(t *testing.T) {
	before := factor(gtc.CarrierGas, date(2000, 1, 1), 0.2)
	after := factor(gtc.CarrierGas, date(2000, 1, 1), 0.25)
	after.Recorded = date(2026, 3, 1)
	uses := []carbon.Use{gas("a", days(date(2024, 1, 1), date(2026, 1, 1), even(100)))}
	old := plan(before).Path(uses, weather(2024, 2026, mild), now)

	p := plan(before, after)
	corrected := p.Path(uses, weather(2024, 2026, mild), now)
	for i := range old.Years {
		assert.InDelta(t, *old.Years[i].KgCO2*1.25, *corrected.Years[i].KgCO2, 1e-6)
		assert.InDelta(t, *old.Years[i].NormKgCO2*1.25, *corrected.Years[i].NormKgCO2, 1e-6)
		assert.InDelta(t, *old.Years[i].TargetKgCO2*1.25, *corrected.Years[i].TargetKgCO2, 1e-6)
	}
	require.Len(t, corrected.Factors, 1)
	assert.Equal(t, "2026-03-01", corrected.Factors[0].Recorded)

	p.Known = date(2026, 2, 28)
	again := p.Path(uses, weather(2024, 2026, mild), now)
	again.Known = time.Time{}
	a, err := json.Marshal(old)
	require.NoError(t, err)
	b, err := json.Marshal(again)
	require.NoError(t, err)
	assert.JSONEq(t, string(a), string(b))
}

// The first of January belongs to the new year's factor in the site's own
// calendar, although it begins at 23:00 UTC of the old one.
func TestFactorsFollowTheCalendarOfTheSite(t *testing.T) {
	brussels, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	p := carbon.Plan{Factors: []gtc.Factor{factor(gtc.CarrierGas, date(2025, 1, 1), 1)}}
	got := p.Path([]carbon.Use{gas("a", []carbon.Day{{Date: time.Date(2025, 1, 1, 0, 0, 0, 0, brussels), KWh: 7}})}, nil, now)
	require.Len(t, got.Years, 1)
	require.NotNil(t, got.Years[0].KgCO2)
	assert.InDelta(t, 7, *got.Years[0].KgCO2, 1e-9)
}

func TestPerimeter(t *testing.T) {
	whole := days(date(2024, 1, 1), date(2025, 1, 1), even(1))
	uses := []carbon.Use{gas("a", whole), gas("b", whole), power(gtc.DirectionImport, whole)}
	p := plan(factor(gtc.CarrierGas, date(2000, 1, 1), 1))
	p.Sites, p.Carriers = []gtc.SiteID{"b"}, []gtc.Carrier{gtc.CarrierGas}
	got := p.Path(uses, weather(2024, 2026, mild), now)
	assert.InDelta(t, 366, *got.ReferenceKg, 1e-9)
	assert.Equal(t, []gtc.SiteID{"b"}, got.Sites)
}

// Emissions are additive over sites, proportional to kWh and to factors; the
// path never rises and ends where it should.
func TestPathProperties(t *testing.T) {
	w := weather(2024, 2026, mild)
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Float64Range(0, 1000).Draw(t, "a"), rapid.Float64Range(0.1, 1000).Draw(t, "b")
		kg := rapid.Float64Range(0.01, 1).Draw(t, "factor")
		pct := rapid.Float64Range(1, 100).Draw(t, "reduction")
		of := func(kg float64, uses ...carbon.Use) carbon.Path {
			p := plan(factor(gtc.CarrierGas, date(2000, 1, 1), kg))
			p.ReductionPct = pct
			return p.Path(uses, w, now)
		}
		year := func(kwh float64) []carbon.Day { return days(date(2024, 1, 1), date(2025, 1, 1), even(kwh)) }
		both := of(kg, gas("a", year(a)), gas("b", year(b)))
		one, two := of(kg, gas("a", year(a))), of(kg, gas("b", year(b)))
		near(t, *both.ReferenceKg, *one.ReferenceKg+*two.ReferenceKg)
		near(t, 2**both.ReferenceKg, *of(2*kg, gas("a", year(a)), gas("b", year(b))).ReferenceKg)
		for i := 1; i < len(both.Targets); i++ {
			if both.Targets[i].KgCO2 > both.Targets[i-1].KgCO2 {
				t.Fatal("the path rises")
			}
		}
		near(t, both.Targets[len(both.Targets)-1].KgCO2, *both.ReferenceKg*(1-pct/100))
	})
}

func near(t *rapid.T, got, want float64) {
	if d := got - want; d > 1e-6*max(1, want) || -d > 1e-6*max(1, want) {
		t.Fatalf("%v is not %v", got, want)
	}
}

func TestOwnNormal(t *testing.T) {
	var years []degreeday.Sum[degreeday.DJ15]
	for y := range 10 {
		years = append(years, degreeday.Published[degreeday.DJ15]("s", 2010+y, 1000, ""))
	}
	n, ok := carbon.NormalOf(nil, years, "s")
	require.True(t, ok)
	assert.Equal(t, 10, n.Own)
	_, ok = carbon.NormalOf(nil, years, "other")
	assert.False(t, ok)
	n, _ = carbon.NormalOf([]degreeday.Normal[degreeday.DJ15]{{Station: "s", Value: 7}}, years, "s")
	assert.InDelta(t, 7, n.Value, 0)
}
