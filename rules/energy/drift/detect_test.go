package drift

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/energytest"
)

// watched returns two made-up years and the baseline of the first.
func watched(tb testing.TB, seed int64) (baseline.Baseline, []baseline.Day) {
	tb.Helper()
	days := energytest.MadeUp(730, 15, 40, seed)
	b, err := baseline.Fit(days, baseline.FitOptions{Carrier: gtc.CarrierGas, To: days[365].Date})
	require.NoError(tb, err)
	require.True(tb, b.Eligible, b.Reason)
	return b, days
}

func ofKind(found []gtc.Finding, kind gtc.FindingKind) (out []gtc.Finding) {
	for _, f := range found {
		if f.Kind == kind {
			out = append(out, f)
		}
	}
	return out
}

func TestDriftIsFoundOnceAndEnds(t *testing.T) {
	b, days := watched(t, quiet)
	for i := 400; i < 470; i++ {
		days[i].KWh *= 1.25
	}
	found := ofKind(New(b).Detect(days, Options{Site: "s", Meter: "m"}), gtc.FindingDrift)
	require.Len(t, found, 1)
	f := found[0]
	require.WithinDuration(t, days[400].Date, f.Onset, 6*24*time.Hour)
	require.WithinDuration(t, days[407].Date, f.Detected, 14*24*time.Hour)
	require.WithinDuration(t, days[470].Date, f.End, 14*24*time.Hour)
	require.InDelta(t, 25, f.ExcessPct, 8)
	require.Greater(t, f.Confidence, .99)
	require.Equal(t, "s/m/"+f.Rule+"/"+f.Onset.Format(time.DateOnly), f.ID)
	require.NotEmpty(t, f.Causes)
	require.Contains(t, f.Text["fr"], "de plus que la consommation attendue")
	require.Contains(t, f.Text["nl"], "meer dan het verwachte verbruik")
	require.Contains(t, f.Text["en"], "than expected")
	require.Empty(t, ofKind(New(b).Detect(days[:400], Options{}), gtc.FindingDrift))
}

// TestWorseningIsAFindingOfItsOwn: a step on top of an open finding is told,
// with the excess divided between the two and nothing counted twice.
func TestWorseningIsAFindingOfItsOwn(t *testing.T) {
	for name, c := range map[string]struct {
		first, then float64
		kind        gtc.FindingKind
		rule, text  string
	}{
		"drift":  {1.20, 1.5, gtc.FindingDrift, RuleWorse, "Dérive aggravée"},
		"saving": {.80, .55, gtc.FindingSaving, RuleSaving, "Économie accrue"},
	} {
		t.Run(name, func(t *testing.T) {
			b, days := watched(t, quiet)
			extra := 0.0
			for i := 640; i < 730; i++ {
				f := c.first
				if i >= 690 {
					f = c.then
				}
				extra += (f - 1) * days[i].KWh
				days[i].KWh *= f
			}
			found := New(b).Detect(days, Options{})
			require.Len(t, found, 2)
			first, worse := found[0], found[1]
			require.Equal(t, c.kind, first.Kind)
			require.Equal(t, c.kind, worse.Kind)
			require.Equal(t, c.rule, worse.Rule)
			require.WithinDuration(t, days[640].Date, first.Onset, 10*24*time.Hour)
			require.WithinDuration(t, days[690].Date, worse.Onset, 10*24*time.Hour)
			require.Zero(t, first.End)
			require.Zero(t, worse.End)
			require.NotEqual(t, first.ID, worse.ID)
			require.Contains(t, worse.Text["fr"], c.text)
			require.Contains(t, worse.Text["fr"], "que le niveau déjà constaté")
			require.NotEmpty(t, worse.Inputs["level"])
			require.InDelta(t, extra, first.ExcessKWh+worse.ExcessKWh, math.Abs(extra)*.15)
		})
	}
}

// TestASavingEndsADrift: a meter is not found above and below what is expected
// at once.
func TestASavingEndsADrift(t *testing.T) {
	b, days := watched(t, quiet)
	for i := 400; i < 430; i++ {
		days[i].KWh *= 1.3
	}
	for i := 430; i < 460; i++ {
		days[i].KWh *= .7
	}
	found := New(b).Detect(days[:460], Options{})
	require.Len(t, found, 2)
	require.Equal(t, gtc.FindingDrift, found[0].Kind)
	require.Equal(t, gtc.FindingSaving, found[1].Kind)
	require.WithinDuration(t, days[430].Date, found[0].End, 3*24*time.Hour)
	require.Equal(t, found[1].Onset, found[0].End)
}

// TestPredictIsWhatIsJudged: the console shows what the detector expects.
func TestPredictIsWhatIsJudged(t *testing.T) {
	days := energytest.MadeUp(730, 15, 20, 11)
	for i := range days {
		if energytest.Weekend(days[i].Date) {
			days[i].KWh *= .6
		}
	}
	for _, mode := range []baseline.Mode{baseline.Native, baseline.CalTRACK} {
		b, err := baseline.Fit(days, baseline.FitOptions{Mode: mode, Carrier: gtc.CarrierGas, To: days[365].Date})
		require.NoError(t, err)
		for _, d := range days[365:] {
			got, ok := b.Predict(d)
			require.True(t, ok)
			require.InDelta(t, New(b).watch.judge(d).e, got.KWh, 1e-9)
			if mode == baseline.CalTRACK {
				require.InDelta(t, math.Max(0, b.Whole.At(d.Temp)), got.KWh, 1e-9, "nothing is added to the model")
			}
		}
	}
}

func TestSavingIsFound(t *testing.T) {
	b, days := watched(t, 3)
	for i := 400; i < 730; i++ {
		days[i].KWh *= .75
	}
	found := New(b).Detect(days, Options{})
	require.Empty(t, ofKind(found, gtc.FindingDrift))
	saving := ofKind(found, gtc.FindingSaving)
	require.Len(t, saving, 1)
	require.Zero(t, saving[0].End)
	require.InDelta(t, -25, saving[0].ExcessPct, 8)
}

// TestCausesOf divides excesses of which the cause is known.
func TestCausesOf(t *testing.T) {
	b, days := watched(t, 4)
	w := New(b).watch
	for id, extra := range map[string]func(d baseline.Day) float64{
		CauseBase:    func(baseline.Day) float64 { return 80 },
		CauseSlope:   func(d baseline.Day) float64 { return 12 * max(0, 15-d.Temp) },
		CauseWeekend: func(d baseline.Day) float64 { return map[bool]float64{true: 500}[energytest.Weekend(d.Date)] },
		CauseSummer:  func(d baseline.Day) float64 { return map[bool]float64{true: 120}[d.Temp > 15.5] },
	} {
		var line []judged
		total := 0.0
		for _, d := range days[366:] {
			j := w.judge(d)
			j.y = j.e + extra(d)
			total += extra(d)
			line = append(line, j)
		}
		causes := causesOf(b, line, 1)
		require.NotEmpty(t, causes, id)
		require.Equal(t, id, causes[0].ID)
		require.InDelta(t, total, causes[0].KWh, .15*total)
		require.NotEmpty(t, causes[0].Label["nl"])
	}
}

// TestNoLookAhead: what is known on the day of detection is never taken back
// or moved by later days.
func TestNoLookAhead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := energytest.MadeUp(730, 15, 60, rapid.Int64Range(0, 50).Draw(t, "seed"))
		b, err := baseline.Fit(days, baseline.FitOptions{Carrier: gtc.CarrierGas, To: days[365].Date})
		require.NoError(t, err)
		for range rapid.IntRange(1, 2).Draw(t, "steps") {
			from := rapid.IntRange(365, 700).Draw(t, "from")
			rise := rapid.Float64Range(.5, 1.6).Draw(t, "rise")
			for i := from; i < min(730, from+rapid.IntRange(1, 200).Draw(t, "length")); i++ {
				days[i].KWh *= rise
			}
		}
		for _, want := range New(b).Detect(days, Options{}) {
			until := 365
			for days[until-1].Date.Before(want.Detected) {
				until++
			}
			var same bool
			for _, got := range New(b).Detect(days[:until], Options{}) {
				same = same || got.ID == want.ID && got.Detected.Equal(want.Detected) && got.End.IsZero()
			}
			require.True(t, same, "%s of %s not known on that day", want.ID, want.Detected)
		}
	})
}

func TestDataFindings(t *testing.T) {
	for name, c := range map[string]struct {
		rule   string
		change func(i int, d *baseline.Day)
	}{
		"zero":  {RuleZero, func(_ int, d *baseline.Day) { d.KWh = 0 }},
		"stuck": {RuleStuck, func(_ int, d *baseline.Day) { d.KWh = 321.5 }},
		"unit":  {RuleUnit, func(_ int, d *baseline.Day) { d.KWh /= 11 }},
		"wh":    {RuleUnit, func(_ int, d *baseline.Day) { d.KWh *= 1000 }},
	} {
		t.Run(name, func(t *testing.T) {
			b, days := watched(t, 5)
			for i := 370; i < 390; i++ {
				c.change(i, &days[i])
			}
			found := New(b).Detect(days[:420], Options{})
			data := ofKind(found, gtc.FindingData)
			require.Len(t, data, 1)
			require.Equal(t, c.rule, data[0].Rule)
			require.Equal(t, days[370].Date, data[0].Onset)
			require.Equal(t, days[390].Date, data[0].End)
			require.NotEmpty(t, data[0].Text["fr"])
			require.Empty(t, ofKind(found, gtc.FindingDrift), "the meter is at fault, not the building")
		})
	}
}

// quiet is the seed of two years without a finding of their own.
const quiet = 9

func TestGapsAndAbsentDaysAreNotDrift(t *testing.T) {
	b, days := watched(t, quiet)
	var kept []baseline.Day
	for i, d := range days {
		switch {
		case i >= 380 && i < 400: // no row
			continue
		case i >= 420 && i < 440: // a gap whose total was spread
			d.Coverage, d.KWh = 0, d.KWh*3
		case i >= 450 && i < 460:
			d.HasTemp = false
		case i%40 == 7 && d.Temp < 9: // zero for missing
			d.KWh = 0
		}
		kept = append(kept, d)
	}
	want := New(b).Detect(days, Options{})
	require.Empty(t, want, "the seed has no finding of its own")
	require.Empty(t, New(b).Detect(kept, Options{}))
	require.Empty(t, New(baseline.Baseline{}).Detect(kept, Options{}))
	require.Empty(t, New(b).Detect(days[:365], Options{}))
}

// TestRealBuildings judges the four buildings that are known.
func TestRealBuildings(t *testing.T) {
	for name, c := range map[string]struct {
		year  string
		drift bool
	}{
		"b25_gas_drifts": {"2019", true}, "b109_gas_steady": {"2018", false}, "b19_gas_steady": {"2018", false},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := os.Open(filepath.Join(energytest.SharedData(t), name+".csv"))
			require.NoError(t, err)
			defer func() { require.NoError(t, f.Close()) }()
			table, err := energy.ReadCSV(f, energy.CSVOptions{Strict: true})
			require.NoError(t, err)
			from := energytest.Date(t, c.year+"-01-01")
			b, err := baseline.Fit(table.Days, baseline.FitOptions{Carrier: gtc.CarrierGas, From: from, To: from.AddDate(1, 0, 0)})
			require.NoError(t, err)
			drift := ofKind(New(b).Detect(table.Days, Options{}), gtc.FindingDrift)
			require.Equal(t, c.drift, len(drift) > 0)
		})
	}
}

// BenchmarkDetect judges a year day by day against a new baseline, whose
// limits must be found first, and against one whose limits are known.
func BenchmarkDetect(b *testing.B) {
	base, days := watched(b, 1)
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			New(base).Detect(days, Options{})
		}
	})
	b.Run("known", func(b *testing.B) {
		known := New(base)
		b.ReportAllocs()
		for b.Loop() {
			known.Detect(days, Options{})
		}
	})
}
