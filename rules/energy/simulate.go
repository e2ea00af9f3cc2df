package energy

import (
	"math"
	"math/rand/v2"
	"slices"
)

// scale makes windows comparable between lengths, seasons and meters, with
// the limits found on the meter's own baseline year.
type scale struct {
	windows []window
	// limits for too much (index 0) and too little (index 1).
	limitFast, limitSlow [2]float64
}

// newScale finds the limits of a watch by simulating years without drift.
func newScale(w watch) scale {
	s := scale{windows: windows()}
	own := newRunning(len(w.train))
	own.fill(w.train, 1)
	last := 1.0
	for i := range s.windows {
		last = math.Max(last, own.inflation(s.windows[i].days))
		s.windows[i].inflation = last
	}
	s.simulate(w.train, s.gauge(own))
	return s
}

// widest returns the inflation of the longest window.
func (s scale) widest() float64 { return s.windows[len(s.windows)-1].inflation }

// simulate sets the limits so that years without drift, made of the
// baseline's own residuals, stay within the budgets.
func (s *scale) simulate(line []judged, g gauge) {
	blocks := blockStarts(line)
	rng := rand.New(rand.NewPCG(1, uint64(len(line)))) // same history, same limits
	var fast, slow [2][]float64
	year := slices.Clone(line)
	r := newRunning(len(line))
	for range replicas {
		resample(year, line, blocks, rng)
		for side, sign := range [...]float64{1, -1} {
			r.fill(year, sign)
			var f, l float64
			for k := range year {
				a, b := s.best(r, g, 0, k)
				f, l = max(f, a), max(l, b)
			}
			fast[side], slow[side] = append(fast[side], f), append(slow[side], l)
		}
	}
	for side := range 2 {
		s.limitFast[side] = math.Max(leastFast, tail*quantile(fast[side], 1-budgetFast))
		s.limitSlow[side] = math.Max(leastSlow, quantile(slow[side], 1-budgetSlow))
	}
}

// quantile returns the q-quantile of x, which it sorts.
func quantile(x []float64, q float64) float64 {
	slices.Sort(x)
	return x[min(len(x)-1, int(q*float64(len(x))))]
}

// blockStarts returns for each day the days at which a block of residuals of
// the same season can begin.
func blockStarts(line []judged) [][]int {
	out := make([][]int, len(line))
	for i := range line {
		for j := 0; j+blockDays <= len(line); j++ {
			if apart(line[i].doy, line[j].doy) <= seasonDays {
				out[i] = append(out[i], j)
			}
		}
	}
	return out
}

// resample fills year with what the unsplit model expects and residuals drawn
// in blocks from the same season. The blocks fall on other weekdays than they
// came from: a week that is shifted, by a holiday or a timetable, is no drift.
func resample(year, line []judged, blocks [][]int, rng *rand.Rand) {
	for i := 0; i < len(line); i += blockDays {
		if len(blocks[i]) == 0 {
			continue
		}
		from := blocks[i][rng.IntN(len(blocks[i]))]
		for k := 0; k < blockDays && i+k < len(line); k++ {
			src := line[from+k]
			year[i+k].y = math.Max(0, line[i+k].whole+src.y-src.whole)
		}
	}
}
