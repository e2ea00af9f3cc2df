package energy

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

// pair is a building's year and the next one, as the scoring program picks
// them.
type pair struct {
	name string
	a, b []Day
}

func yearOf(days []Day, year int) (out []Day, zeros float64) {
	for _, d := range days {
		if d.Date.Year() == year && d.HasKWh && d.HasTemp {
			out = append(out, d)
			if d.KWh == 0 {
				zeros++
			}
		}
	}
	return out, zeros / math.Max(1, float64(len(out)))
}

func pairs(tb testing.TB) []pair {
	tb.Helper()
	var out []pair
	all := cambridge(tb)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for y := 2000; y < 2023; y++ {
			a, za := yearOf(all[name], y)
			b, zb := yearOf(all[name], y+1)
			if len(a) < 360 || len(b) < 360 || za > .05 || zb > .05 {
				continue
			}
			m := threeP(a)
			if m.Heating > 0 && m.SSE/sst(a) <= .25 {
				out = append(out, pair{name + ":" + strconv.Itoa(y), a, b})
			}
		}
	}
	return out
}

func sst(a []Day) float64 {
	m, s := 0.0, 0.0
	for _, d := range a {
		m += d.KWh / float64(len(a))
	}
	for _, d := range a {
		s += (d.KWh - m) * (d.KWh - m)
	}
	return s
}

func threeP(a []Day) Segment {
	s, _ := selectDays(a, FitOptions{Mode: CalTRACK})
	q := newSums(s.points)
	best := Segment{SSE: math.Inf(1)}
	for bp := 5.0; bp <= 22; bp += .1 {
		if m := q.oneKnee(q.heating(bp), ModelHeating); m.Model != "" && m.SSE < best.SSE {
			best = m
		}
	}
	return best
}

func bootYear(p pair, m Segment, rng *rand.Rand) (exp, e []float64) {
	n := len(p.b)
	exp, e = make([]float64, n), make([]float64, n)
	for i, d := range p.b {
		exp[i] = m.at(d.Temp)
	}
	for i := 0; i < n; i += 7 {
		var c []int
		for j := 0; j+7 <= len(p.a); j++ {
			dd := apart(p.a[j].Date.YearDay(), p.b[i].Date.YearDay())
			if dd <= 45 {
				c = append(c, j)
			}
		}
		k := c[rng.IntN(len(c))]
		for l := 0; l < 7 && i+l < n; l++ {
			d := p.a[k+l]
			e[i+l] = d.KWh - m.at(d.Temp)
		}
	}
	return exp, e
}

// tally counts what the detector did on one protocol.
type tally struct{ years, alarms, within28, within56 int }

func (k *tally) count(found []gtc.Finding, p pair, start int) {
	k.years++
	first := math.MaxInt
	for _, f := range found {
		if f.Kind != gtc.FindingDrift {
			continue
		}
		k.alarms++
		if d := daysBetween(p.b[start].Date, f.Detected); d >= 0 && !f.Detected.Before(p.b[start].Date) {
			first = min(first, d)
		}
	}
	if first <= 28 {
		k.within28++
	}
	if first <= 56 {
		k.within56++
	}
}

// TestOperatingPoints runs the detector on years made of each building's own
// residuals, without drift and with +20 %, as the scoring program does.
func TestOperatingPoints(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	rng := rand.New(rand.NewPCG(7, 7))
	var still, step tally
	for i, p := range pairs(t) {
		if i%2 != 0 {
			continue // half of the buildings keep the test short
		}
		b, err := Fit(p.a, FitOptions{Carrier: gtc.CarrierGas})
		require.NoError(t, err)
		expected, rest := bootYear(p, threeP(p.a), rng)
		var starts []int
		for i, d := range p.b {
			if y := d.Date.YearDay(); (y >= 274 && y <= 305) || (y >= 10 && y <= 60) {
				starts = append(starts, i)
			}
		}
		start := starts[rng.IntN(len(starts))]
		for _, k := range []struct {
			tally *tally
			rise  float64
		}{{&still, 0}, {&step, .2}} {
			days := slices.Clone(p.b)
			for i := range days {
				f := 1.0
				if i >= start {
					f += k.rise
				}
				days[i].KWh = math.Max(0, expected[i]*f+rest[i])
			}
			k.tally.count(Detect(b, days, DetectOptions{}), p, start)
		}
	}
	years := float64(still.years)
	t.Logf("false alarms a building-year %.2f; +20 %%: %.0f %% within 28 d, %.0f %% within 56 d", float64(still.alarms)/years,
		100*float64(step.within28)/years, 100*float64(step.within56)/years)
	require.LessOrEqual(t, float64(still.alarms)/years, 0.45)
	require.GreaterOrEqual(t, float64(step.within28)/years, 0.68)
	require.GreaterOrEqual(t, float64(step.within56)/years, 0.85)
}
