// Package protocol scores the drift detector on real meters by two protocols:
// years made of a meter's own model and residuals, without drift and with one,
// and the real following years as they are and raised. Beside it the same
// years are judged by a weekly CUSUM, the best simple detector.
//
// The package is pure; the same days and seed give the same report.
package protocol

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/drift"
)

// What a pair of years needs.
const (
	leastDays  = 360  // with both a consumption and a temperature
	mostZeros  = 0.05 // of the days
	leastR2    = 0.75 // of the three-parameter model
	blockDays  = 7
	seasonDays = 45
)

// Pair is a meter's calendar year and the next one.
type Pair struct {
	Name  string
	Year  int
	a, b  []baseline.Day
	model baseline.Segment
}

// Pairs returns the pairs of successive years of a meter that can be scored:
// both nearly whole, hardly any zeros, the first one driven by weather.
func Pairs(name string, days []baseline.Day) []Pair {
	years := map[int][]baseline.Day{}
	for _, d := range days {
		if d.HasKWh && d.HasTemp && d.Coverage >= 0.9 {
			years[d.Date.Year()] = append(years[d.Date.Year()], d)
		}
	}
	var out []Pair
	for y := range years {
		a, b := years[y], years[y+1]
		if !whole(a) || !whole(b) {
			continue
		}
		if m, r2 := threeParameters(a); m.Heating > 0 && r2 >= leastR2 {
			out = append(out, Pair{Name: name, Year: y, a: a, b: b, model: m})
		}
	}
	slices.SortFunc(out, func(p, q Pair) int { return p.Year - q.Year })
	return out
}

func whole(days []baseline.Day) bool {
	zeros := 0
	for _, d := range days {
		if d.KWh == 0 {
			zeros++
		}
	}
	return len(days) >= leastDays && float64(zeros) <= mostZeros*float64(len(days))
}

// threeParameters fits base, slope and balance point on a grid of tenths of a
// degree.
func threeParameters(days []baseline.Day) (best baseline.Segment, r2 float64) {
	n, mean, sst := float64(len(days)), 0.0, 0.0
	for _, d := range days {
		mean += d.KWh / n
	}
	for _, d := range days {
		sst += (d.KWh - mean) * (d.KWh - mean)
	}
	best.SSE = math.Inf(1)
	for bp := 5.0; bp <= 22; bp += .1 {
		var x, xx, xy float64
		for _, d := range days {
			h := math.Max(0, bp-d.Temp)
			x, xx, xy = x+h, xx+h*h, xy+h*(d.KWh-mean)
		}
		sxx := xx - x*x/n
		if !(sxx > 1e-9*math.Max(1, xx)) {
			continue
		}
		slope := xy / sxx
		if sse := math.Max(0, sst-slope*xy); sse < best.SSE {
			best = baseline.Segment{Intercept: mean - slope*x/n, Heating: slope, HeatingBP: bp, SSE: sse}
		}
	}
	if sst <= 0 {
		return best, 0
	}
	return best, 1 - best.SSE/sst
}

// Protocol is one way of making the year that is judged.
type Protocol struct {
	Name string
	// Real takes the following year as it is; otherwise it is made of the model
	// and the residuals of the first.
	Real bool
	// Rise from the start on, reached after Ramp days.
	Rise float64
	Ramp int
}

// Protocols are those of a report.
func Protocols() []Protocol {
	var out []Protocol
	for _, real := range []bool{true, false} {
		name := "boot"
		if real {
			name = "real"
		}
		out = append(out, Protocol{Name: name, Real: real}, Protocol{name + "+10", real, 0.10, 0},
			Protocol{name + "+20", real, 0.20, 0}, Protocol{name + "+ramp20", real, 0.20, 56})
	}
	return out
}

// factor multiplies what is consumed so many days after the start.
func (p Protocol) factor(since int) float64 {
	switch {
	case since < 0:
		return 1
	case since < p.Ramp:
		return 1 + p.Rise*float64(since)/float64(p.Ramp)
	}
	return 1 + p.Rise
}

// year is the year to judge.
func (p Protocol) year(next []baseline.Day, expected, rest []float64, start int) []baseline.Day {
	days := slices.Clone(next)
	for i := range days {
		if f := p.factor(i - start); p.Real {
			days[i].KWh *= f
		} else {
			days[i].KWh = math.Max(0, expected[i]*f+rest[i])
		}
	}
	return days
}

// boot draws the residuals of a year in blocks of a week of the same season.
func (p Pair) boot(rng *rand.Rand) (expected, rest []float64) {
	expected, rest = make([]float64, len(p.b)), make([]float64, len(p.b))
	for i, d := range p.b {
		expected[i] = p.model.At(d.Temp)
	}
	for i := 0; i < len(p.b); i += blockDays {
		var from []int
		for j := 0; j+blockDays <= len(p.a); j++ {
			if baseline.Apart(p.a[j].Date.YearDay(), p.b[i].Date.YearDay()) <= seasonDays {
				from = append(from, j)
			}
		}
		k := from[rng.IntN(len(from))]
		for l := 0; l < blockDays && i+l < len(p.b); l++ {
			rest[i+l] = p.a[k+l].KWh - p.model.At(p.a[k+l].Temp)
		}
	}
	return expected, rest
}

// start draws the day on which a drift begins: in October, or from 10 January
// to 1 March.
func (p Pair) start(rng *rand.Rand) int {
	var days []int
	for i, d := range p.b {
		if y := d.Date.YearDay(); y >= 274 && y <= 305 || y >= 10 && y <= 60 {
			days = append(days, i)
		}
	}
	return days[rng.IntN(len(days))]
}

// outcome is what one detector said of one year: how many drifts, and after
// how many days the first one after the start, −1 for none.
type outcome struct{ found, delay int }

// Scored are the outcomes of one pair, by protocol.
type Scored struct {
	gtc, cusum [][]outcome
	refused    bool
}

// Score runs every protocol on a pair, made-up years and starts drawn draws
// times.
func (p Pair) Score(seed uint64, draws int) Scored {
	protocols := Protocols()
	out := Scored{gtc: make([][]outcome, len(protocols)), cusum: make([][]outcome, len(protocols))}
	fitted, err := baseline.Fit(p.a, baseline.FitOptions{Carrier: gtc.CarrierGas})
	if err != nil || !fitted.Judgeable {
		out.refused = true
		return out
	}
	detector := drift.New(fitted)
	for draw := range draws {
		rng := rand.New(rand.NewPCG(seed+uint64(draw), hash(p.Name)+uint64(p.Year)))
		expected, rest := p.boot(rng)
		for i, proto := range protocols {
			start := p.start(rng)
			if draw > 0 && proto.Real && proto.Rise == 0 {
				continue // it is the same year again
			}
			days := proto.year(p.b, expected, rest, start)
			out.gtc[i] = append(out.gtc[i], outcomeOf(detected(detector.Detect(days, drift.Options{})), p.b[start].Date))
			out.cusum[i] = append(out.cusum[i], outcomeOf(p.cusum(days), p.b[start].Date))
		}
	}
	return out
}

func detected(found []gtc.Finding) (days []time.Time) {
	for _, f := range found {
		if f.Kind == gtc.FindingDrift {
			days = append(days, f.Detected)
		}
	}
	return days
}

func outcomeOf(days []time.Time, start time.Time) outcome {
	o := outcome{found: len(days), delay: -1}
	for _, d := range days {
		if d.Before(start) {
			continue
		}
		if delay := int(d.Sub(start).Hours()/24 + .5); o.delay < 0 || delay < o.delay {
			o.delay = delay
		}
	}
	return o
}

// hash gives each meter its own random numbers.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
