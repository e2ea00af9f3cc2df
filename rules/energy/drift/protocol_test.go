package drift

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/energytest"
)

// pair is a building's year and the next one, as the scoring program picks
// them, with the baseline of the first and the three-parameter fit that made-up
// years are made of.
type pair struct {
	name     string
	a, b     []baseline.Day
	plain    baseline.Segment
	detector *Detector
}

// building is the name without the year.
func (p pair) building() string {
	name, _, _ := strings.Cut(p.name, ":")
	return name
}

func yearOf(days []baseline.Day, year int) (out []baseline.Day, zeros float64) {
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

// pairs returns the real building-years.
func pairs(tb testing.TB) []pair {
	tb.Helper()
	var out []pair
	all := energytest.Cambridge(tb)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for y := 2000; y < 2023; y++ {
			a, za := yearOf(all[name], y)
			b, zb := yearOf(all[name], y+1)
			if len(a) < 360 || len(b) < 360 || za > .05 || zb > .05 {
				continue
			}
			m, sst := threeP(a)
			if m.Heating <= 0 || m.SSE/sst > .25 {
				continue
			}
			fitted, err := baseline.Fit(a, baseline.FitOptions{Carrier: gtc.CarrierGas})
			require.NoError(tb, err)
			out = append(out, pair{name + ":" + strconv.Itoa(y), a, b, m, New(fitted)})
		}
	}
	return out
}

// retuned returns the pairs with limits found with other parameters.
func retuned(ps []pair, t tuning) []pair {
	out := slices.Clone(ps)
	for i, p := range out {
		out[i].detector = tuned(p.detector.base, t)
	}
	return out
}

// oneMeter names the buildings that show another one's meter.
var oneMeter = map[string]string{"b78": "b107", "b80": "b107", "b82": "b107", "b85": "b107", "b69": "b53", "b71": "b53"}

// halves divides the pairs by building, those of one meter together, so that
// what is chosen on one half can be judged on the other.
func halves(ps []pair) (out [2][]pair) {
	half, next := map[string]int{}, 0
	for _, p := range ps {
		meter := p.building()
		if other, ok := oneMeter[meter]; ok {
			meter = other
		}
		if _, ok := half[meter]; !ok {
			half[meter] = next % 2
			next++
		}
		out[half[meter]] = append(out[half[meter]], p)
	}
	return out
}

// threeP is the scoring program's own model: one balance point on a grid of
// tenths of a degree, by least squares.
func threeP(a []baseline.Day) (best baseline.Segment, sst float64) {
	best.SSE = math.Inf(1)
	var meanY float64
	for _, d := range a {
		meanY += d.KWh / float64(len(a))
	}
	for _, d := range a {
		sst += (d.KWh - meanY) * (d.KWh - meanY)
	}
	for bp := 5.0; bp <= 22; bp += .1 {
		var x, xx, xy float64
		for _, d := range a {
			h := math.Max(0, bp-d.Temp)
			x, xx, xy = x+h, xx+h*h, xy+h*(d.KWh-meanY)
		}
		n := float64(len(a))
		sxx := xx - x*x/n
		if !(sxx > 1e-9*math.Max(1, xx)) {
			continue
		}
		slope := xy / sxx
		if sse := math.Max(0, sst-slope*xy); sse < best.SSE {
			best = baseline.Segment{Intercept: meanY - slope*x/n, Heating: slope, HeatingBP: bp, SSE: sse}
		}
	}
	return best, sst
}

// bootYear makes the following year of the model and the first year's
// residuals, in blocks of seven days of the same season.
func bootYear(p pair, rng *rand.Rand) (expected, rest []float64) {
	n := len(p.b)
	expected, rest = make([]float64, n), make([]float64, n)
	for i, d := range p.b {
		expected[i] = p.plain.At(d.Temp)
	}
	for i := 0; i < n; i += 7 {
		var c []int
		for j := 0; j+7 <= len(p.a); j++ {
			if baseline.Apart(p.a[j].Date.YearDay(), p.b[i].Date.YearDay()) <= 45 {
				c = append(c, j)
			}
		}
		k := c[rng.IntN(len(c))]
		for l := 0; l < 7 && i+l < n; l++ {
			d := p.a[k+l]
			rest[i+l] = d.KWh - p.plain.At(d.Temp)
		}
	}
	return expected, rest
}

// startOf draws the day on which a drift begins.
func startOf(p pair, rng *rand.Rand) int {
	var starts []int
	for i, d := range p.b {
		if y := d.Date.YearDay(); (y >= 274 && y <= 305) || (y >= 10 && y <= 60) {
			starts = append(starts, i)
		}
	}
	return starts[rng.IntN(len(starts))]
}

// protocol is one way of making the year that is judged.
type protocol struct {
	// real takes the following year as it is; else it is made up.
	real bool
	// rise from the start on, over so many days when ramp is set.
	rise float64
	ramp int
}

// factor multiplies what is consumed on a day so long after the start.
func (p protocol) factor(since int) float64 {
	switch {
	case since < 0:
		return 1
	case since < p.ramp:
		return 1 + p.rise*float64(since)/float64(p.ramp)
	default:
		return 1 + p.rise
	}
}

// year returns the year to judge.
func (p protocol) year(next []baseline.Day, expected, rest []float64, start int) []baseline.Day {
	days := slices.Clone(next)
	for i := range days {
		if f := p.factor(i - start); p.real {
			days[i].KWh *= f
		} else {
			days[i].KWh = math.Max(0, expected[i]*f+rest[i])
		}
	}
	return days
}

// tally counts what the detector did on one protocol.
type tally struct {
	years, alarms float64
	// delays from the start to the first finding, in days.
	delays []float64
}

// add counts the findings of one year.
func (k *tally) add(found []gtc.Finding, start baseline.Day) {
	k.years++
	first := math.Inf(1)
	for _, f := range ofKind(found, gtc.FindingDrift) {
		k.alarms++
		if !f.Detected.Before(start.Date) {
			first = math.Min(first, float64(daysBetween(start.Date, f.Detected)))
		}
	}
	k.delays = append(k.delays, first)
}

// rate is the number of findings a building-year.
func (k *tally) rate() float64 { return k.alarms / k.years }

// within is the share in per cent of starts found within so many days.
func (k *tally) within(days float64) float64 {
	n := 0.0
	for _, d := range k.delays {
		if d <= days {
			n++
		}
	}
	return 100 * n / k.years
}

// median is the median delay of what was found.
func (k *tally) median() float64 {
	found := slices.DeleteFunc(slices.Clone(k.delays), func(d float64) bool { return math.IsInf(d, 1) })
	slices.Sort(found)
	return found[len(found)/2]
}

// score runs protocols on every pair, made-up years and starts drawn anew for
// each seed.
func score(ps []pair, seeds int, protocols ...protocol) []*tally {
	out := make([]*tally, len(protocols))
	for i := range out {
		out[i] = &tally{}
	}
	for seed := range seeds {
		for _, p := range ps {
			rng := rand.New(rand.NewPCG(uint64(seed), hash(p.name)))
			expected, rest := bootYear(p, rng)
			for i, proto := range protocols {
				start := startOf(p, rng)
				out[i].add(p.detector.Detect(proto.year(p.b, expected, rest, start), Options{}), p.b[start])
			}
		}
	}
	return out
}

// hash gives each pair its own random numbers whatever the others are.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range []byte(s) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// cusumLoad is the number of alarms a building-year that the best simple
// detector, a weekly CUSUM, raises on the real following years.
func cusumLoad(ps []pair) float64 {
	n := 0
	for _, p := range ps {
		n += cusum(p)
	}
	return float64(n) / float64(len(ps))
}

// cusum counts the alarms of the weekly CUSUM: k 0.5, h 5, sigma scaled with
// the level, excess above 5 %.
func cusum(p pair) int {
	rest, due := weeks(p.a, p.plain)
	var mean, squares float64
	for _, r := range rest {
		mean += r / float64(len(rest))
	}
	for _, r := range rest {
		squares += (r - mean) * (r - mean)
	}
	base, perKWh := spread(rest, due)
	floor := .25 * math.Sqrt(squares/float64(len(rest)-1))
	var sum, excess, expected float64
	alarms := 0
	rest, due = weeks(p.b, p.plain)
	for i := range rest {
		if sum == 0 {
			excess, expected = 0, 0
		}
		sigma := math.Max(base+perKWh*due[i], floor)
		sum = math.Max(0, sum+rest[i]/sigma-.5)
		excess, expected = excess+rest[i], expected+due[i]
		if sum > 5 && excess > .05*expected {
			alarms++
			sum = 0
		}
	}
	return alarms
}

// weeks sums residuals and expectations by seven days.
func weeks(days []baseline.Day, m baseline.Segment) (rest, due []float64) {
	for i := 0; i+7 <= len(days); i += 7 {
		var r, e float64
		for _, d := range days[i : i+7] {
			r, e = r+d.KWh-m.At(d.Temp), e+m.At(d.Temp)
		}
		rest, due = append(rest, r), append(due, e)
	}
	return rest, due
}

// spread fits the standard deviation of residuals, base + perKWh × due.
func spread(rest, due []float64) (base, perKWh float64) {
	const absToSigma = 1.2533141373155
	var sx, sxx, sy, sxy float64
	for i, r := range rest {
		x, y := due[i], absToSigma*math.Abs(r)
		sx, sxx, sy, sxy = sx+x, sxx+x*x, sy+y, sxy+x*y
	}
	n := float64(len(rest))
	perKWh = (sxy - sx*sy/n) / (sxx - sx*sx/n)
	return sy/n - perKWh*sx/n, perKWh
}

// daysBetween counts the calendar days from a to b.
func daysBetween(a, b time.Time) int {
	return int((b.Sub(a) + 12*time.Hour) / (24 * time.Hour))
}
