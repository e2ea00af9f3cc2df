package drift

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// park makes n meters under one weather for two years, each with its own size
// and noise; change multiplies the days of the second year.
func park(tb testing.TB, n int, change func(meter, day int) float64) (detectors []*Detector, days [][]baseline.Day) {
	tb.Helper()
	weather := rand.New(rand.NewPCG(9, 9))
	temps, w := make([]float64, 730), 0.0
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range temps {
		w = .8*w + 1.8*weather.NormFloat64()
		temps[i] = 10.5 - 8*math.Cos(2*math.Pi*float64(i-20)/365) + w
	}
	for m := range n {
		rng, rest := rand.New(rand.NewPCG(uint64(m), 5)), 0.0
		own := make([]baseline.Day, len(temps))
		for i, t := range temps {
			rest = .4*rest + 15*rng.NormFloat64()
			y := float64(1+m%3) * (100 + 30*math.Max(0, 15-t) + rest)
			if i >= 365 {
				y *= change(m, i-365)
			}
			own[i] = baseline.Day{Date: start.AddDate(0, 0, i), KWh: math.Max(1, y), Temp: t, HasKWh: true, HasTemp: true, Coverage: 1}
		}
		b, err := baseline.Fit(own, baseline.FitOptions{Carrier: gtc.CarrierGas, To: start.AddDate(0, 0, 365)})
		require.NoError(tb, err)
		detectors, days = append(detectors, New(b)), append(days, own)
	}
	return detectors, days
}

// allSeries are the meters of sites s0, s1 ….
func allSeries(detectors []*Detector, days [][]baseline.Day) []Series {
	var out []Series
	for i, d := range detectors {
		out = append(out, d.Series(days[i], Options{Site: gtc.SiteID(fmt.Sprint("s", i)), Meter: "gas"}))
	}
	return out
}

// TestWhatAllShareIsSaidOnce takes 8 % from every meter for two months of
// spring: alone each says so, beside each other none does, the pool does once.
func TestWhatAllShareIsSaidOnce(t *testing.T) {
	detectors, days := park(t, 12, func(_, day int) float64 {
		if day >= 60 && day < 120 {
			return 0.92
		}
		return 1
	})
	series := allSeries(detectors, days)
	peers := NewPeers(series)
	alone, beside := 0, 0
	for i, d := range detectors {
		alone += len(d.Detect(days[i], Options{}))
		beside += len(d.Detect(days[i], Options{Shared: peers.Beside(series[i].Site)}))
	}
	require.GreaterOrEqual(t, alone, 9)
	require.LessOrEqual(t, beside, 1)
	found := NewPool(series).Detect(Options{Carrier: gtc.CarrierGas})
	require.Len(t, found, 1)
	require.Equal(t, RulePoolSaving, found[0].Rule)
	require.InDelta(t, -8, found[0].ExcessPct, 2.5)
	require.Contains(t, found[0].Text["fr"], "12 compteurs")
	require.False(t, found[0].End.IsZero())
}

// TestOneMeterStaysOne raises one meter by a fifth: it is found as soon beside
// the others as alone, and the others stay silent.
func TestOneMeterStaysOne(t *testing.T) {
	detectors, days := park(t, 12, func(m, day int) float64 {
		if m == 4 && day >= 20 {
			return 1.2
		}
		return 1
	})
	series := allSeries(detectors, days)
	peers := NewPeers(series)
	for i, d := range detectors {
		found := d.Detect(days[i], Options{Shared: peers.Beside(series[i].Site)})
		if i != 4 {
			require.Empty(t, found)
			continue
		}
		alone := d.Detect(days[i], Options{})
		require.NotEmpty(t, found)
		require.LessOrEqual(t, daysBetween(alone[0].Detected, found[0].Detected), 7)
	}
}

// TestAGroupProvesWhatOneMeterCannot raises six of eighteen meters by 5 %: no
// meter says so, the group does beside the rest.
func TestAGroupProvesWhatOneMeterCannot(t *testing.T) {
	detectors, days := park(t, 18, func(m, day int) float64 {
		if m < 6 && day >= 10 {
			return 1.055
		}
		return 1
	})
	series := allSeries(detectors, days)
	peers := NewPeers(series)
	group, rest := NewPool(series[:6]), NewPool(series[6:])
	found := group.Detect(Options{Shared: peers.Beside("s0", "s1", "s2", "s3", "s4", "s5")})
	require.Len(t, found, 1)
	require.Equal(t, RulePoolDrift, found[0].Rule)
	require.InDelta(t, 5.5, found[0].ExcessPct, 1.5)
	var others []gtc.SiteID
	for _, s := range series[6:] {
		others = append(others, s.Site)
	}
	require.Empty(t, rest.Detect(Options{Shared: peers.Beside(others...)}))
}

// TestPeersNeedCompany asks of too few meters, of days without any, and of a
// site that makes up the whole pool.
func TestPeersNeedCompany(t *testing.T) {
	detectors, days := park(t, 5, func(int, int) float64 { return 0.8 })
	series := allSeries(detectors, days)
	at := func(day int) time.Time { return days[0][day].Date }
	peers := NewPeers(series)
	require.InDelta(t, -0.2, peers.Beside("s0")(at(400), at(428)), 0.03)
	require.Zero(t, peers.Beside("s0", "s1")(at(400), at(428)), "three others are too few")
	require.Zero(t, peers.Beside("s0")(at(100), at(128)), "days of the baseline are not judged")
	require.Zero(t, peers.Beside("s0")(at(720), at(729).AddDate(0, 0, 30)), "days to come")
	require.Zero(t, NewPeers(nil).Beside("s0")(at(400), at(428)))
	require.Empty(t, NewPool(nil).Detect(Options{}))
}

// TestPeersDoNotLookAhead cuts the history of all meters on the day of each
// detection: the same finding is made of what was known then.
func TestPeersDoNotLookAhead(t *testing.T) {
	detectors, days := park(t, 8, func(m, day int) float64 {
		if m == 2 && day >= 15 || day > 200 && day < 250 {
			return 1.15
		}
		return 1
	})
	series := allSeries(detectors, days)
	found := detectors[2].Detect(days[2], Options{Site: "s2", Shared: NewPeers(series).Beside("s2")})
	require.NotEmpty(t, found)
	for _, f := range found {
		cut := make([][]baseline.Day, len(days))
		for i := range days {
			cut[i] = days[i][:daysBetween(days[i][0].Date, f.Detected)+1]
		}
		then := detectors[2].Detect(cut[2], Options{Site: "s2", Shared: NewPeers(allSeries(detectors, cut)).Beside("s2")})
		require.NotEmpty(t, then)
		last := then[len(then)-1]
		require.Equal(t, []any{f.ID, f.Detected, f.Onset}, []any{last.ID, last.Detected, last.Onset})
	}
}

func pick(is bool, a, b float64) float64 {
	if is {
		return a
	}
	return b
}

// BenchmarkBeside judges one year of a meter beside a thousand others.
func BenchmarkBeside(b *testing.B) {
	detectors, days := park(b, 20, func(_, day int) float64 { return pick(day >= 60 && day < 120, 0.9, 1) })
	var series []Series
	for i := range 1000 {
		s := allSeries(detectors[i%20:i%20+1], days[i%20:i%20+1])[0]
		s.Site = gtc.SiteID(fmt.Sprint("p", i))
		series = append(series, s)
	}
	detectors[0].Detect(days[0], Options{})
	b.Run("peers", func(b *testing.B) {
		for b.Loop() {
			NewPeers(series)
		}
	})
	b.Run("judge", func(b *testing.B) {
		for b.Loop() {
			detectors[0].Detect(days[0], Options{Shared: NewPeers(series[:50]).Beside("p0")})
		}
	})
}

// scoreYears runs protocols on the pairs of each year of at least five, alone
// and beside the others of the year, whose years are as they are.
func scoreYears(ps []pair, seeds int, protocols ...protocol) (alone, beside []*tally) {
	byYear := map[int][]pair{}
	for _, p := range ps {
		byYear[p.a[0].Date.Year()] = append(byYear[p.a[0].Date.Year()], p)
	}
	for range protocols {
		alone, beside = append(alone, &tally{}), append(beside, &tally{})
	}
	for _, group := range byYear {
		if len(group) < 5 {
			continue
		}
		for seed := range seeds {
			scoreYear(group, uint64(seed), protocols, alone, beside)
		}
	}
	return alone, beside
}

func scoreYear(group []pair, seed uint64, protocols []protocol, alone, beside []*tally) {
	type made struct {
		expected, rest []float64
		rng            *rand.Rand
	}
	years := make([]made, len(group))
	series := map[bool][]Series{}
	for i, p := range group {
		rng := rand.New(rand.NewPCG(seed, hash(p.name)))
		expected, rest := bootYear(p, rng)
		years[i] = made{expected, rest, rng}
		o := Options{Site: gtc.SiteID(p.name)}
		series[true] = append(series[true], p.detector.Series(p.b, o))
		series[false] = append(series[false], p.detector.Series(still.year(p.b, expected, rest, 0), o))
	}
	peers := map[bool]*Peers{true: NewPeers(series[true]), false: NewPeers(series[false])}
	for i, p := range group {
		y := years[i]
		for n, proto := range protocols {
			start := startOf(p, y.rng)
			days := proto.year(p.b, y.expected, y.rest, start)
			alone[n].add(p.detector.Detect(days, Options{}), p.b[start])
			beside[n].add(p.detector.Detect(days, Options{Shared: peers[proto.real].Beside(gtc.SiteID(p.name))}), p.b[start])
		}
	}
}
