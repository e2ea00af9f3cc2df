package why_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/why"
	"github.com/cpas-charleroi/gtc/simulators/building"
)

// cut returns the house with the evidence of its first days only.
func (h *house) cut(days int) *house {
	g := *h
	end := h.start.AddDate(0, 0, days)
	n := int(end.Sub(h.ev.From) / why.Step)
	g.ev.Points, g.ev.Hours = map[why.Point][]float64{}, map[gtc.EquipmentID][]float64{}
	for k, x := range h.ev.Points {
		g.ev.Points[k] = x[:n]
	}
	for k, x := range h.ev.Hours {
		g.ev.Hours[k] = x[:n/6]
	}
	g.ev.Outdoor, g.ev.Elsewhere = h.ev.Outdoor[:n], h.ev.Elsewhere[:n]
	return &g
}

// TestNoLookAhead: what is found on a day does not depend on the days after
// it, and a book that grows day by day says the same as one read at once.
func TestNoLookAhead(t *testing.T) {
	at := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, brussels(t)) }
	h := simulate(t, "s1", params(gtc.CategoryOffice, 1300, 61, epoch(t),
		building.Fault{Kind: building.SetbackLost, From: at(2024, 11, 4), To: at(2025, 1, 20), Size: 1},
		building.Fault{Kind: building.NightVentilation, From: at(2025, 2, 3), To: at(2025, 3, 20), Size: 1},
		building.Fault{Kind: building.BoilerLockout, From: at(2025, 1, 14), To: at(2025, 1, 16)},
		building.Fault{Kind: building.GasLeakNight, From: at(2025, 5, 1), To: at(2025, 5, 20), Size: 0.5}), parkDays)
	rules := all(t)
	whole := h.judge(rules, parkDays-1)
	require.Greater(t, len(whole), 4)
	grown := why.NewBook(h.site, rules, h.start.AddDate(0, 0, 1))
	for d := 2; d < parkDays; d += 13 {
		grown.Look(&h.ev, h.start.AddDate(0, 0, d))
	}
	grown.Forget(h.start.AddDate(0, 0, parkDays-15))
	grown.Look(&h.ev, h.start.AddDate(0, 0, parkDays-1))
	require.Equal(t, whole, grown.Judge())
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.IntRange(baselineDays, parkDays-1).Draw(t, "days")
		end := h.start.AddDate(0, 0, days)
		var want []gtc.Finding
		for _, f := range whole {
			if f.Detected.Before(end) {
				want = append(want, f)
			}
		}
		got := h.cut(days).judge(rules, days)
		require.Len(t, got, len(want))
		for i := range got {
			require.Equal(t, want[i].ID, got[i].ID)
			require.Equal(t, want[i].Detected, got[i].Detected)
			if !got[i].End.IsZero() {
				require.Equal(t, want[i].End, got[i].End)
			}
		}
	})
}

func TestNothingIsSaidWithoutEvidence(t *testing.T) {
	site := siteOf("s1", gtc.CategoryOffice, brussels(t))
	start := epoch(t)
	b := why.NewBook(site, all(t), start)
	b.Look(&why.Evidence{Site: &site, From: start.UTC()}, start.AddDate(1, 0, 0))
	require.Empty(t, b.Judge())
	require.Equal(t, start.AddDate(1, 0, 0), b.Next())
}

func TestFindingSaysWhatACaretakerNeeds(t *testing.T) {
	h := simulate(t, "s1", params(gtc.CategoryOffice, 1300, 61, epoch(t),
		building.Fault{Kind: building.SetbackLost, From: time.Date(2024, 3, 4, 0, 0, 0, 0, brussels(t)), Size: 1}), 240)
	found := h.judge(only(t, "H3", nil), 240)
	require.Len(t, found, 1)
	f := found[0]
	require.Regexp(t, `^Depuis le \d+ mars 2024, le chauffage consomme la nuit [\d,]+ fois .* À vérifier : mode du régulateur`, f.Text["fr"])
	require.Contains(t, f.Text["nl"], "maart 2024")
	require.Contains(t, f.Text["en"], "March 2024")
	require.Equal(t, gtc.EquipmentID("gaz"), f.Meter)
	require.Equal(t, gtc.CarrierGas, f.Carrier)
	require.Positive(t, f.ExcessKWh)
	require.Positive(t, f.KWhPerWeek)
	require.InDelta(t, 0.9, f.Confidence, 0.1)
	require.Equal(t, "night", f.Causes[0].ID)
	require.Equal(t, "0.6", f.Inputs["threshold"])
	require.Equal(t, why.Version, f.Inputs["version"])
	require.Contains(t, f.Inputs["query"], "SELECT kwh, coverage FROM energy WHERE site='s1' AND meter='gaz' AND step='hour'")
	require.Equal(t, "s1/gaz/H3/"+f.Onset.Format(time.DateOnly), f.ID)
}

func TestSensitivities(t *testing.T) {
	h := simulate(t, "s1", params(gtc.CategoryOffice, 1300, 61, epoch(t),
		building.Fault{Kind: building.SetbackLost, From: time.Date(2024, 3, 4, 0, 0, 0, 0, brussels(t)), Size: 0.35}), 240)
	bad := func(s why.Sensitivity) float64 {
		set := only(t, "H3", nil)
		set.Rule("H3").Sensitivity = s
		sum := 0.0
		for _, f := range h.judge(set, 240) {
			sum += f.Through.Sub(f.Onset).Hours() / 24
		}
		return sum
	}
	require.Greater(t, bad(why.High), bad(why.Normal))
	require.GreaterOrEqual(t, bad(why.Normal), bad(why.Low))
}

func TestSettle(t *testing.T) {
	set, err := why.Library()
	require.NoError(t, err)
	on := func(d int) time.Time { return time.Date(2025, 1, d, 0, 0, 0, 0, time.UTC) }
	drift := gtc.Finding{
		ID: "drift", Site: "s", Meter: "gaz", Rule: "energy-drift", Kind: gtc.FindingDrift, Onset: on(5), Detected: on(12), Through: on(30), ExcessKWh: 1000,
		Causes: []gtc.Cause{{ID: "slope", KWh: 1000}},
	}
	night := gtc.Finding{ID: "night", Site: "s", Meter: "gaz", Rule: "H3", Kind: gtc.FindingDrift, Onset: on(5), Detected: on(12), Through: on(30), ExcessKWh: 600}
	curve := gtc.Finding{ID: "curve", Site: "s", Meter: "gaz", Equipment: "circuit", Rule: "H13", Kind: gtc.FindingDrift, Onset: on(6), Detected: on(8), Through: on(30)}
	other := gtc.Finding{ID: "other", Site: "s", Meter: "elec", Rule: "E2", Kind: gtc.FindingDrift, Onset: on(5), Detected: on(12), Through: on(30), ExcessKWh: 50}

	out := why.Settle([]gtc.Finding{drift, night, curve, other}, set)
	require.Len(t, out, 4)
	var ids []string
	sum := 0.0
	for _, c := range out[0].Causes {
		ids, sum = append(ids, c.ID), sum+c.KWh
	}
	require.Equal(t, []string{"night", "slope", "control"}, ids)
	require.InDelta(t, 600, out[0].Causes[0].KWh, 1)
	require.InDelta(t, 1000, sum, 1)
	require.Equal(t, []gtc.Cause{{ID: "slope", KWh: 1000}}, drift.Causes, "what was given stays")

	data := func(meter, eq gtc.EquipmentID, onset, detected int, end time.Time) gtc.Finding {
		return gtc.Finding{ID: "data", Site: "s", Meter: meter, Equipment: eq, Rule: "D4", Kind: gtc.FindingData, Onset: on(onset), Detected: on(detected), End: end}
	}
	names := func(fs []gtc.Finding) (out []string) {
		for _, f := range fs {
			out = append(out, f.ID)
		}
		return out
	}
	for name, c := range map[string]struct {
		data gtc.Finding
		want []string
		ends bool
	}{
		"known before":              {data("gaz", "", 4, 6, time.Time{}), []string{"data"}, false},
		"over before it began":      {data("gaz", "", 1, 2, on(3)), []string{"drift", "data"}, false},
		"of another meter":          {data("elec", "", 4, 6, time.Time{}), []string{"drift", "data"}, false},
		"of a sensor":               {data("gaz", "circuit", 4, 6, time.Time{}), []string{"drift", "data"}, false},
		"known after, began before": {data("gaz", "", 4, 20, time.Time{}), []string{"drift", "data"}, true},
		"began after":               {data("gaz", "", 20, 21, time.Time{}), []string{"drift", "data"}, false},
	} {
		out := why.Settle([]gtc.Finding{drift, c.data}, set)
		require.Equal(t, c.want, names(out), name)
		if c.ends {
			require.Equal(t, c.data.Detected, out[0].End, name)
			require.Equal(t, "data", out[0].Inputs["explained_by"], name)
		} else if len(out) == 2 {
			require.Zero(t, out[0].End, name)
		}
	}
	stuck := data("gaz", "circuit", 4, 6, time.Time{})
	stuck.Rule = "D1"
	require.Equal(t, []string{"data"}, names(why.Settle([]gtc.Finding{curve, stuck}, set)), "the sensor explains what its own circuit shows")
	leak := gtc.Finding{ID: "leak", Site: "s", Meter: "gaz", Rule: "G1", Kind: gtc.FindingDrift, Onset: on(5), Detected: on(7)}
	zero := data("gaz", "", 4, 6, time.Time{})
	zero.Rule = "meter-zero"
	require.Equal(t, []string{"leak", "data"}, names(why.Settle([]gtc.Finding{leak, zero}, set)), "gas is never muted")
	require.Equal(t, []string{"data"}, names(why.Settle([]gtc.Finding{drift, zero}, set)))
	dial := data("gaz", "", 4, 6, time.Time{})
	dial.Rule = "D8"
	require.Equal(t, []string{"drift", "data"}, names(why.Settle([]gtc.Finding{drift, dial}, set)), "a per cent explains no drift")
}

// BenchmarkYear looks at and judges a year of one site, all rules.
func BenchmarkYear(b *testing.B) {
	h := simulate(b, "s1", params(gtc.CategoryOffice, 1300, 61, epoch(b)), 366)
	rules := all(b)
	b.ReportAllocs()
	for b.Loop() {
		if got := h.judge(rules, 366); len(got) > 20 {
			b.Fatal(len(got))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/365, "µs/site-day")
}
