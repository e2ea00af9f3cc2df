package backtest_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/backtest"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

func begin() time.Time { return time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC) }

func at(i int) time.Time { return begin().AddDate(0, 0, i) }

// made returns days of a made-up gas meter, about 100 + 30 kWh a degree below
// 15 °C; change is what each day has more.
func made(n int, seed uint64, change func(i int, kwh, temp float64) float64) []baseline.Day {
	rng := rand.New(rand.NewPCG(seed, 7))
	out := make([]baseline.Day, n)
	for i := range out {
		temp := 10 - 8*math.Cos(2*math.Pi*float64(i-20)/365) + 3*rng.NormFloat64()
		kwh := (100 + 30*math.Max(0, 15-temp)) * (1 + 0.05*rng.NormFloat64())
		if change != nil {
			kwh += change(i, kwh, temp)
		}
		out[i] = baseline.Day{Date: at(i), KWh: math.Max(0, kwh), Temp: temp, HasKWh: true, HasTemp: true, Coverage: 1}
	}
	return out
}

// step adds a share of the consumption from a day up to another.
func step(from, to int, share float64) func(int, float64, float64) float64 {
	return func(i int, kwh, _ float64) float64 {
		if i < from || i >= to {
			return 0
		}
		return share * kwh
	}
}

// fault is the truth of a step on the meter of a site; to 0 means it lasts.
func fault(id string, site gtc.SiteID, from, to int, share float64) backtest.Fault {
	f := backtest.Fault{ID: id, Site: site, Kind: "curve_too_high", Carrier: gtc.CarrierGas, Meters: []gtc.EquipmentID{"gaz"}, From: backtest.Day(at(from))}
	end := 900
	if to > 0 {
		f.To, end = backtest.Day(at(to)), to
	}
	for i := from; i < end; i++ {
		f.Days = append(f.Days, backtest.FaultDay{Date: at(i).Format(time.DateOnly), KWh: map[gtc.Carrier]float64{gtc.CarrierGas: share * 250}})
	}
	return f
}

func gas(site gtc.SiteID, days []baseline.Day) backtest.Meter {
	return backtest.Meter{Site: site, ID: "gaz", Carrier: gtc.CarrierGas, Days: days}
}

func score(truth *backtest.Truth, o backtest.Options, meters ...backtest.Meter) backtest.Report {
	var runs []backtest.Run
	for _, m := range meters {
		runs = append(runs, backtest.Replay(m, o))
	}
	return backtest.Score(truth, runs, o)
}

func TestEachFaultHasItsStatus(t *testing.T) {
	zero := func(i int, kwh, _ float64) float64 {
		if i >= 420 && i < 432 {
			return -kwh
		}
		return 0
	}
	swap := backtest.Fault{ID: "x", Site: "s", Kind: "meter_swap", Meters: []gtc.EquipmentID{"gaz"}, From: backtest.Day(at(420)), To: backtest.Day(at(432))}
	for name, c := range map[string]struct {
		days   []baseline.Day
		fault  backtest.Fault
		status backtest.Status
		why    string
		false_ int
	}{
		"found":                {made(730, 1, step(420, 730, 0.25)), fault("x", "s", 420, 0, 0.25), backtest.StatusFound, "", 0},
		"missed":               {made(730, 1, nil), fault("x", "s", 420, 0, 0.25), backtest.StatusMissed, "", 0},
		"unprovable":           {made(730, 1, nil), fault("x", "s", 420, 0, 0.004), backtest.StatusUnprovable, "prove", 0},
		"before the baseline":  {made(730, 1, nil), fault("x", "s", 10, 60, 0.25), backtest.StatusNotJudged, "baseline", 0},
		"after the last day":   {made(730, 1, nil), fault("x", "s", 800, 0, 0.25), backtest.StatusNotJudged, "after the last day", 0},
		"another site":         {made(730, 1, nil), fault("x", "elsewhere", 420, 0, 0.25), backtest.StatusNotJudged, "no meter", 0},
		"no baseline":          {made(200, 1, nil), fault("x", "s", 150, 0, 0.25), backtest.StatusNotJudged, "no baseline", 0},
		"handled":              {made(730, 1, nil), swap, backtest.StatusHandled, "", 0},
		"data":                 {made(730, 1, zero), swap, backtest.StatusFound, "", 0},
		"misled":               {made(730, 1, step(420, 500, 0.3)), swap, backtest.StatusMisled, "", 1},
		"false without reason": {made(730, 1, step(600, 730, 0.3)), fault("x", "s", 420, 460, 0.002), backtest.StatusUnprovable, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := score(&backtest.Truth{Faults: []backtest.Fault{c.fault}}, backtest.Options{}, gas("s", c.days))
			require.Len(t, r.Faults, 1)
			require.Equal(t, c.status, r.Faults[0].Status, r.Faults[0].Why)
			require.Contains(t, r.Faults[0].Why, c.why)
			require.Equal(t, c.false_, r.False.Drift+r.False.Saving+r.False.Data)
		})
	}
}

func TestDelayKWhAndCause(t *testing.T) {
	r := score(&backtest.Truth{Faults: []backtest.Fault{fault("x", "s", 420, 0, 0.25)}}, backtest.Options{}, gas("s", made(730, 1, step(420, 730, 0.25))))
	f := r.Faults[0]
	require.Equal(t, backtest.StatusFound, f.Status)
	require.InDelta(t, 7, *f.DelayDays, 7)
	require.Equal(t, *f.DelayDays, *f.EffectDays, "it was felt at once")
	require.Equal(t, at(420+*f.DelayDays).Format(time.DateOnly), f.Detected)
	require.InDelta(t, 310*0.25*250, f.TrueKWh, 0.1*f.TrueKWh)
	require.Positive(t, f.EstimatedKWh)
	require.NotNil(t, f.Right)
	require.Equal(t, 1, r.Total.Found)
	require.Equal(t, *f.DelayDays, *r.Total.DelayP50)
	require.InDelta(t, 1, r.MeterYears, 0.01)
	require.Len(t, r.Kinds, 1)
	require.InDelta(t, f.EstimatedKWh/f.TrueKWh, *r.Kinds[0].Ratio, 1e-9)
}

func TestDelayCountsFromTheEffectToo(t *testing.T) {
	late := fault("x", "s", 420, 0, 0.25)
	late.Days = late.Days[100:] // nothing is felt for 100 days
	r := score(&backtest.Truth{Faults: []backtest.Fault{late}}, backtest.Options{}, gas("s", made(730, 1, step(520, 730, 0.25))))
	f := r.Faults[0]
	require.Equal(t, backtest.StatusFound, f.Status)
	require.Equal(t, at(520).Format(time.DateOnly), f.Felt)
	require.Equal(t, *f.DelayDays-100, *f.EffectDays)
	require.Equal(t, *f.EffectDays, *r.Total.EffectP50)
}

func TestARepairIsATrueSaving(t *testing.T) {
	truth := backtest.Truth{Faults: []backtest.Fault{fault("x", "s", 0, 450, 0.3)}}
	r := score(&truth, backtest.Options{}, gas("s", made(730, 1, step(0, 450, 0.3))))
	require.NotEmpty(t, r.Findings)
	require.Equal(t, gtc.FindingSaving, r.Findings[0].Kind)
	require.Equal(t, backtest.VerdictRepair, r.Findings[0].Verdict)
	require.Zero(t, r.False.Saving)
	require.Equal(t, backtest.StatusNotJudged, r.Faults[0].Status)
}

// said is a finding as a rule would make it.
func said(id string, onset, detected int, excess float64) gtc.Finding {
	return gtc.Finding{
		ID: id, Site: "s", Meter: "gaz", Carrier: gtc.CarrierGas, Kind: gtc.FindingDrift,
		Onset: at(onset), Detected: at(detected), Through: at(729), ExcessKWh: excess,
	}
}

func TestASecondFaultUnderAnOpenFindingIsMaskedOrAWorsening(t *testing.T) {
	both := func(i int, kwh, temp float64) float64 {
		return step(400, 730, 0.25)(i, kwh, temp) + step(520, 730, 0.2)(i, kwh, temp)
	}
	truth := backtest.Truth{Faults: []backtest.Fault{fault("first", "s", 400, 0, 0.25), fault("second", "s", 520, 0, 0.2)}}
	run := backtest.Replay(gas("s", made(730, 1, both)), backtest.Options{})

	run.Findings = []gtc.Finding{said("a", 400, 410, 100)}
	r := backtest.Score(&truth, []backtest.Run{run}, backtest.Options{})
	require.Equal(t, backtest.StatusFound, r.Faults[0].Status)
	require.Equal(t, backtest.StatusMissed, r.Faults[1].Status)
	require.Equal(t, "a", r.Faults[1].Masked)
	require.Equal(t, 1, r.Total.Masked)

	run.Findings = append(run.Findings, said("b", 520, 531, 50))
	r = backtest.Score(&truth, []backtest.Run{run}, backtest.Options{})
	require.Equal(t, 2, r.Total.Found, "a worsening is of the fault that has no finding yet")
	require.Equal(t, 11, *r.Faults[1].DelayDays)
}

func TestOverlappingFindingsCountEachDayOnce(t *testing.T) {
	truth := backtest.Truth{Faults: []backtest.Fault{fault("x", "s", 400, 0, 0.25)}}
	run := backtest.Replay(gas("s", made(730, 1, step(400, 730, 0.25))), backtest.Options{})
	run.Findings = []gtc.Finding{said("a", 400, 410, 100), said("b", 500, 511, 50)}
	r := backtest.Score(&truth, []backtest.Run{run}, backtest.Options{})
	require.InDelta(t, 150, r.Faults[0].EstimatedKWh, 1e-9)
	require.InDelta(t, 330*0.25*250, r.Faults[0].TrueKWh, 1e-6)
	require.Equal(t, backtest.VerdictRepeat, r.Findings[1].Verdict)
}

func TestPeriodLimitsWhatIsScored(t *testing.T) {
	days := made(900, 1, step(420, 480, 0.3))
	truth := backtest.Truth{Faults: []backtest.Fault{fault("x", "s", 420, 480, 0.3)}}
	late := score(&truth, backtest.Options{From: at(600)}, gas("s", days))
	require.Equal(t, backtest.StatusNotJudged, late.Faults[0].Status)
	require.Equal(t, at(600).Format(time.DateOnly), late.From)
	require.InDelta(t, 300/365.25, late.MeterYears, 0.01)
	early := score(&truth, backtest.Options{To: at(420)}, gas("s", days))
	require.Equal(t, at(419).Format(time.DateOnly), early.To)
	require.Equal(t, backtest.StatusNotJudged, early.Faults[0].Status)
}

func TestSubmetersShareTheFault(t *testing.T) {
	days := made(730, 1, step(420, 730, 0.3))
	sub := gas("s", nil)
	sub.ID = "gaz-cuisine"
	for _, d := range days {
		d.KWh *= 0.4
		sub.Days = append(sub.Days, d)
	}
	r := score(&backtest.Truth{Faults: []backtest.Fault{fault("x", "s", 420, 0, 0.3)}}, backtest.Options{}, sub, gas("s", days))
	require.Equal(t, backtest.StatusFound, r.Faults[0].Status)
	require.Equal(t, gtc.EquipmentID("gaz"), r.Faults[0].Meter, "the site's own meter, not a part of it")
	require.InDelta(t, 310*0.3*250, r.Faults[0].TrueKWh, 0.1*r.Faults[0].TrueKWh)
	require.Zero(t, r.False.Drift, "the submeter's finding is of the same fault")
}

func TestWithoutTruthThereIsNoVerdict(t *testing.T) {
	r := score(nil, backtest.Options{}, gas("s", made(730, 1, step(420, 730, 0.25))))
	require.False(t, r.Scored)
	require.NotEmpty(t, r.Findings)
	require.Equal(t, backtest.VerdictUnknown, r.Findings[0].Verdict)
	require.Empty(t, r.Faults)
	empty := score(nil, backtest.Options{}, gas("s", nil))
	require.Len(t, empty.NotJudged, 1)
	data, err := json.Marshal(empty)
	require.NoError(t, err)
	require.Contains(t, string(data), `"findings":[]`)
}

// TestPartition: every fault has one status, every finding one verdict, and
// the order of the meters changes nothing.
func TestPartition(t *testing.T) {
	fitted := backtest.Replay(gas("s", made(730, 1, nil)), backtest.Options{})
	kinds := []gtc.FindingKind{gtc.FindingDrift, gtc.FindingSaving, gtc.FindingData}
	rapid.Check(t, func(t *rapid.T) {
		var (
			truth backtest.Truth
			runs  []backtest.Run
		)
		for i := range rapid.IntRange(1, 3).Draw(t, "sites") {
			site := gtc.SiteID(string(rune('a' + i)))
			for k := range rapid.IntRange(0, 3).Draw(t, "faults") {
				from := rapid.IntRange(0, 720).Draw(t, "from")
				share := rapid.Float64Range(-0.6, 0.6).Draw(t, "share")
				truth.Faults = append(truth.Faults, fault(string(site)+strconv.Itoa(k), site, from, from+rapid.IntRange(1, 300).Draw(t, "length"), share))
			}
			run := fitted
			run.Site, run.Findings = site, nil
			for k := range rapid.IntRange(0, 4).Draw(t, "findings") {
				onset := rapid.IntRange(366, 700).Draw(t, "onset")
				run.Findings = append(run.Findings, gtc.Finding{
					ID: string(site) + strconv.Itoa(k), Site: site, Meter: "gaz", Carrier: gtc.CarrierGas, Kind: rapid.SampledFrom(kinds).Draw(t, "kind"),
					Onset: at(onset), Detected: at(onset + rapid.IntRange(0, 29).Draw(t, "delay")), Through: at(729),
				})
			}
			runs = append(runs, run)
		}
		r := backtest.Score(&truth, runs, backtest.Options{})
		partition(t, truth, r)
		slices.Reverse(runs)
		require.Equal(t, r, backtest.Score(&truth, runs, backtest.Options{}))
	})
}

func partition(t require.TestingT, truth backtest.Truth, r backtest.Report) {
	l := r.Total
	require.Equal(t, len(truth.Faults), l.Faults)
	require.Equal(t, l.Faults, l.Found+l.Missed+l.Unprovable+l.NotJudged+l.Handled+l.Misled)
	wrong := 0
	for _, f := range r.Findings {
		switch f.Verdict {
		case backtest.VerdictFalse:
			wrong++
		case backtest.VerdictTrue:
			require.GreaterOrEqual(t, *f.DelayDays, 0)
			require.NotEmpty(t, f.Fault)
		case backtest.VerdictRepeat, backtest.VerdictRepair:
			require.NotEmpty(t, f.Fault)
		case backtest.VerdictUnknown:
			require.Fail(t, "there is a truth")
		}
	}
	require.Equal(t, wrong, r.False.Drift+r.False.Saving+r.False.Data)
}

const truthFile = `{
  "seed": 5, "weather_seed": 6, "from": "2024-01-01", "to": "2025-12-30", "unknown": [1, {"a": 2}],
  "meters": [{"site": "s", "meter": "gaz", "carrier": "gas"}],
  "faults": [
    {"id": "f1", "site": "s", "kind": "dhw_loop_loss", "carrier": "gas", "meters": ["gaz"], "from": "2025-02-24T23:00:00Z", "to": null,
     "size": 3, "ramp_days": 0, "extra_kwh_per_day": 62.5, "days": [{"date": "2025-02-25", "kwh": {"gas": 60, "heat": 0.5}}]}
  ]
}`

func TestReadTruth(t *testing.T) {
	truth, err := backtest.ReadTruth("truth.json", strings.NewReader(truthFile))
	require.NoError(t, err)
	require.Equal(t, uint64(5), truth.Seed)
	require.Equal(t, []backtest.TruthMeter{{Site: "s", Meter: "gaz", Carrier: "gas"}}, truth.Meters)
	require.Len(t, truth.Faults, 1)
	require.True(t, truth.Faults[0].To.IsZero())
	require.Equal(t, 60.0, truth.Faults[0].Days[0].KWh["gas"]) //nolint:testifylint // read as written
}

func TestReadTruthNamesTheMistakeAndItsPlace(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"no site":    {`"site": "s", "kind"`, `"kind"`, "truth.json:5:5: fault f1: site and kind"},
		"no from":    {`"from": "2025-02-24T23:00:00Z", `, ``, "truth.json:5:5: fault f1: from is missing"},
		"no day":     {`2025-02-24T23:00:00Z`, `yesterday`, `truth.json:5:5: fault 1: "yesterday" is neither a day`},
		"backwards":  {`"to": null`, `"to": "2024-01-01"`, "fault f1 ends before it begins"},
		"bad date":   {`"date": "2025-02-25"`, `"date": "25/02"`, `"25/02" is no day`},
		"no number":  {`"size": 3`, `"size": "big"`, "truth.json:5:5: fault 1: size: string is not of the right type"},
		"negative":   {`"ramp_days": 0`, `"ramp_days": -2`, "ramp_days is negative"},
		"cut short":  {"  ]\n}", "", "truth.json:6:126: the file ends in the middle"},
		"no JSON":    {`"faults": [`, `"faults": [}`, "truth.json:4:"},
		"no object":  {truthFile, "[]", "truth.json:1:2: want an object"},
		"not a list": {`"faults": [`, `"faults": 3, "more": [`, "want a list"},
		"empty":      {truthFile, "", "truth.json:1:1: the file ends"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := backtest.ReadTruth("truth.json", strings.NewReader(strings.Replace(truthFile, c.old, c.new, 1)))
			require.ErrorContains(t, err, c.want)
		})
	}
}

func FuzzReadTruth(f *testing.F) {
	f.Add(truthFile)
	f.Add(`{"faults":[{"site":"s","kind":"k","from":"2025-01-01","to":"2025-02-01","extra_kwh_per_day":3,"ramp_days":4}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		truth, err := backtest.ReadTruth("t", strings.NewReader(text))
		if err != nil {
			return
		}
		r := backtest.Score(&truth, nil, backtest.Options{})
		if len(r.Faults) != len(truth.Faults) {
			t.Fatal("a fault was lost")
		}
	})
}
