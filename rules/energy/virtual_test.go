package energy

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

func one(d gtc.Direction, id gtc.EquipmentID, w ...gtc.Weight) gtc.MeterTerm {
	return gtc.MeterTerm{Site: "s", Meter: id, Direction: d, Weights: w}
}

func term(d gtc.Direction, id gtc.EquipmentID, weight float64) gtc.MeterTerm {
	return one(d, id, gtc.Weight{Value: weight})
}

// consumption is import − export + production.
func consumption() gtc.Meter {
	return gtc.Meter{Equipment: "use", Carrier: gtc.CarrierElectricity, Direction: gtc.DirectionImport, KWhPerUnit: 1, Terms: []gtc.MeterTerm{
		term(gtc.DirectionImport, "main", 1), term(gtc.DirectionProduction, "pv", 1), term(gtc.DirectionExport, "main", -1),
	}}
}

func on(d int) time.Time { return time.Date(2025, 6, d, 0, 0, 0, 0, time.UTC) }

// run has one figure a day from the first of June on; a negative one is absent.
func run(kwh ...float64) []Interval {
	var out []Interval
	for i, v := range kwh {
		if v >= 0 {
			out = append(out, Interval{Start: on(1 + i), KWh: v, Coverage: 1})
		}
	}
	return out
}

func TestConsumption(t *testing.T) {
	imported, produced, exported := run(10, 20, 30, -1, 50), run(5, 0, 5, 5, 5), run(2, 0, 4, 1, 8)
	produced[2].Coverage = 0.5
	exported[0].Estimated = true
	produced[1].Source = SourceInvoice
	got := Combine(consumption(), [][]Interval{imported, produced, exported})
	require.Len(t, got, 4, "a day of which the import is absent is absent")
	for i, want := range []float64{13, 20, 31, 47} {
		require.InDelta(t, want, got[i].KWh, 1e-9)
	}
	require.True(t, got[0].Estimated)
	require.Equal(t, SourceInvoice, got[1].Source)
	require.InDelta(t, 0.5, got[2].Coverage, 0)
	require.Equal(t, on(5), got[3].Start)
	require.Nil(t, Combine(consumption(), [][]Interval{imported}))

	unpriced := run(1)
	unpriced[0].NoEnergy = true
	require.Empty(t, Combine(consumption(), [][]Interval{run(1), unpriced, run(1)}), "m³ without a calorific value are no energy")
}

func TestShares(t *testing.T) {
	part := gtc.Meter{Equipment: "part", Allocated: true, Terms: []gtc.MeterTerm{one(gtc.DirectionImport, "gas",
		gtc.Weight{From: on(2), Value: 0.3}, gtc.Weight{From: on(4), Value: 0.5}, gtc.Weight{From: on(5), Value: 0})}}
	got := Combine(part, [][]Interval{run(100, 100, 100, 100, 100)})
	require.Len(t, got, 4, "before the first share nothing is known")
	for i, want := range []float64{30, 30, 50, 0} {
		require.InDelta(t, want, got[i].KWh, 1e-9)
		require.Equal(t, SourceAllocated, got[i].Source)
	}
}

func totals(s *gtc.Site, c gtc.Carrier) []gtc.EquipmentID {
	var out []gtc.EquipmentID
	for _, m := range TotalMeters(s, c) {
		out = append(out, m.Equipment)
	}
	return out
}

func TestTotalsCountNothingTwice(t *testing.T) {
	el := func(id gtc.EquipmentID, d gtc.Direction, of gtc.EquipmentID) gtc.Meter {
		return gtc.Meter{Equipment: id, Carrier: gtc.CarrierElectricity, Direction: d, KWhPerUnit: 1, SubmeterOf: of}
	}
	gas := gtc.Meter{Equipment: "gas", Carrier: gtc.CarrierGas, Direction: gtc.DirectionImport, KWhPerUnit: 11}
	heat := gtc.Meter{Equipment: "heat", Carrier: gtc.CarrierHeat, Direction: gtc.DirectionImport, KWhPerUnit: 1, SubmeterOf: "gas"}
	rest := gtc.Meter{Equipment: "rest", Carrier: gtc.CarrierElectricity, Direction: gtc.DirectionImport, KWhPerUnit: 1, SubmeterOf: "main", Terms: []gtc.MeterTerm{
		term(gtc.DirectionImport, "main", 1), term(gtc.DirectionImport, "kitchen", -1),
	}}
	s := &gtc.Site{ID: "s", Meters: []gtc.Meter{
		el("main", gtc.DirectionImport, ""), el("main", gtc.DirectionExport, ""), el("pv", gtc.DirectionProduction, ""),
		el("kitchen", gtc.DirectionImport, "main"), rest, gas, heat,
	}}
	require.Equal(t, []gtc.EquipmentID{"main"}, totals(s, gtc.CarrierElectricity))
	require.Equal(t, []gtc.EquipmentID{"gas"}, totals(s, gtc.CarrierGas))
	require.Empty(t, totals(s, gtc.CarrierHeat), "the heat is the gas already")
	require.Empty(t, NotJudged(s, s.Meters[0]))
	require.Empty(t, NotJudged(s, s.Meters[3]), "a sub-meter is watched")
	require.Equal(t, NotUse, NotJudged(s, s.Meters[1]))

	s.Meters = append(s.Meters, consumption())
	require.Equal(t, []gtc.EquipmentID{"use"}, totals(s, gtc.CarrierElectricity), "the consumption counts in place of its parts")
	require.Equal(t, IsPart, NotJudged(s, s.Meters[0]))
	require.Empty(t, NotJudged(s, consumption()))

	part := gtc.Meter{Equipment: "gas-part", Carrier: gtc.CarrierGas, Direction: gtc.DirectionImport, KWhPerUnit: 1, Allocated: true, Terms: []gtc.MeterTerm{term(gtc.DirectionImport, "gas", 0.7)}}
	s.Meters = append(s.Meters, part)
	require.Equal(t, []gtc.EquipmentID{"gas-part"}, totals(s, gtc.CarrierGas), "what other sites have of a meter is not the site's")
	require.Empty(t, NotJudged(s, gas), "the whole is judged")
	require.Equal(t, IsShare, NotJudged(s, part))

	bare := &gtc.Site{ID: "s", Meters: []gtc.Meter{el("main", gtc.DirectionImport, ""), el("lift", gtc.DirectionImport, "")}}
	require.Len(t, totals(bare, gtc.CarrierElectricity), 2)
	bare.Meters[0].EAN = "541400000000000001"
	require.Equal(t, []gtc.EquipmentID{"main"}, totals(bare, gtc.CarrierElectricity), "beside an access point, a meter without one is a sub-meter")

	require.Equal(t, []Interval{{Start: on(1), KWh: 3, Coverage: 1}}, Total([][]Interval{run(1, 5), run(2)}), "a day that one meter lacks is absent")
}

func TestBalance(t *testing.T) {
	main, kitchen, lift := run(100, 100, 100, 100), run(40, 40, -1, 40), run(50, 50, 50, 50)
	lift[3].Coverage = 0.2
	b := BalanceOf(main, [][]Interval{kitchen, lift}, on(1), on(5))
	require.Equal(t, 2, b.Days, "only days that all measured are compared")
	require.InDelta(t, 20, b.Rest, 1e-9)
	require.InDelta(t, 10, b.RestPct, 1e-9)
	require.False(t, b.Wrong(0))
	require.False(t, b.Wrong(10))
	require.True(t, b.Wrong(9))
	require.False(t, Balance{Days: 5, Main: 100, RestPct: -3}.Wrong(0), "within what meters err")
	require.True(t, Balance{Days: 5, Main: 100, RestPct: -5}.Wrong(0), "sub-meters do not count more than their meter")
	require.False(t, BalanceOf(nil, nil, on(1), on(5)).Wrong(1))
}

func TestBalanceFindings(t *testing.T) {
	m := gtc.Meter{Equipment: "main", Carrier: gtc.CarrierElectricity, BalanceMaxPct: 30}
	var main, sub []Interval
	for i := range 120 {
		d := Interval{Start: on(1 + i), KWh: 100, Coverage: 1}
		s := Interval{Start: on(1 + i), KWh: 80, Coverage: 1}
		if i >= 40 && i < 80 {
			s.KWh = 120 // as if a factor had been changed for forty days
		}
		main, sub = append(main, d), append(sub, s)
	}
	got := BalanceFindings("s", m, main, [][]Interval{sub})
	require.Len(t, got, 1)
	f := got[0]
	require.Equal(t, gtc.FindingData, f.Kind)
	require.Equal(t, "s/main/meter-balance/main/"+f.Onset.Format(time.DateOnly), f.ID)
	require.WithinDuration(t, on(41), f.Detected, 20*24*time.Hour)
	require.False(t, f.End.IsZero())
	require.Contains(t, f.Text["fr"], "sous-compteurs comptent plus")
	// No look-ahead: cut after the day of detection it is the same finding.
	for k := range main {
		if main[k].Start.Equal(f.Detected) {
			cut := BalanceFindings("s", m, main[:k+1], [][]Interval{sub[:k+1]})
			require.Len(t, cut, 1)
			require.Equal(t, f.ID, cut[0].ID)
			require.Empty(t, BalanceFindings("s", m, main[:k], [][]Interval{sub[:k]}))
		}
	}
	for i := range sub {
		sub[i].KWh = 60
	}
	got = BalanceFindings("s", m, main, [][]Interval{sub})
	require.Len(t, got, 1, "40 % unexplained, 30 % allowed")
	require.True(t, got[0].End.IsZero())
	require.Contains(t, got[0].Text["en"], "40 % of the meter is explained by no sub-meter")
	m.BalanceMaxPct = 0
	require.Empty(t, BalanceFindings("s", m, main, [][]Interval{sub}))
}

func TestTwins(t *testing.T) {
	var a, b, flat []Interval
	for i := range 60 {
		a = append(a, Interval{Start: on(1 + i), KWh: 100 + float64(i*i%17), Coverage: 1})
		b = append(b, Interval{Start: on(1 + i), KWh: 100 + float64(i*i%17), Coverage: 1})
		flat = append(flat, Interval{Start: on(1 + i), KWh: 24, Coverage: 1})
	}
	m := gtc.Meter{Equipment: "a", Carrier: gtc.CarrierGas}
	got := TwinFindings("s", m, "s2/b", a, b)
	require.Len(t, got, 1)
	require.Equal(t, on(28), got[0].Detected)
	require.Equal(t, on(1), got[0].Onset)
	require.Equal(t, on(60), got[0].Through)
	require.Contains(t, got[0].Text["fr"], "s2/b")
	require.Empty(t, TwinFindings("s", m, "", a[:27], b), "too few days")
	require.Empty(t, TwinFindings("s", m, "", flat, flat), "two steady loads may well be alike")
	b[40].KWh = 7
	require.Equal(t, on(41), TwinFindings("s", m, "", a, b)[0].End, "one of the two was changed")
	b[20].KWh = 8
	require.Empty(t, TwinFindings("s", m, "", a, b))
}
