package drift

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// scale makes windows comparable between lengths, seasons and meters, with
// the limits found on the meter's own baseline.
type scale struct {
	tuning  tuning
	windows []window
	// mean is the baseline's mean consumption in kWh a day.
	mean float64
	// train are the baseline's own days.
	train []judged
}

// newScale finds the limits of a watch by simulating years without drift.
func newScale(w watch, t tuning) scale {
	s := scale{tuning: t, windows: windows(), mean: w.mean, train: w.train}
	year := w.train[max(0, len(w.train)-baseline.DaysPerYear):]
	own := newRunning(len(year))
	own.fill(year, 1, 1)
	last := 1.0
	for i := range s.windows {
		last = math.Max(last, own.inflation(s.windows[i].days))
		s.windows[i].inflation = last
	}
	s.simulate(year, s.gauge(own))
	return s
}

// widest returns the inflation of the longest window.
func (s scale) widest() float64 { return s.windows[len(s.windows)-1].inflation }

// peaks are the highest scores of one simulated year by window: of all days,
// and of those whose excess counts.
type peaks struct{ all, counted []float64 }

// simulate sets the limits so that years without drift, made of the
// baseline's own residuals, stay within the budgets.
func (s *scale) simulate(line []judged, g gauge) {
	blocks := blockStarts(line)
	rng := rand.New(rand.NewPCG(1, uint64(len(line)))) // same history, same limits
	var found [2][]peaks
	year := slices.Clone(line)
	r := newRunning(len(line))
	for range s.tuning.replicas {
		resample(year, line, blocks, rng)
		r.fill(year, 1, 1)
		for side, p := range s.peaks(r, g) {
			found[side] = append(found[side], p)
		}
	}
	for side := range found {
		s.limit(found[side], side, false, s.tuning.slow, s.tuning.leastScore, 1)
		s.limit(found[side], side, true, s.tuning.fast, s.tuning.leastFast, tail)
	}
}

// peaks returns the highest scores of one year on both sides.
func (s *scale) peaks(r running, g gauge) (out [2]peaks) {
	n := len(s.windows)
	buf := make([]float64, 4*n)
	out[0], out[1] = peaks{buf[:n], buf[n : 2*n]}, peaks{buf[2*n : 3*n], buf[3*n:]}
	for i, w := range s.windows {
		score, least := g.score[i], g.least[i]
		sums, rest := r.sums(w), r.rest
		ahead, after := sums[w.days:], rest[w.days:]
		for a := range ahead {
			k := a + w.days - 1
			z, side := (ahead[a]-sums[a])*score[k], 0
			if z < 0 {
				z, side = -z, 1
			}
			p := &out[side]
			if z <= p.counted[i] {
				continue
			}
			p.all[i] = max(p.all[i], z)
			if excess := after[a] - rest[a]; max(excess, -excess) > least[k] && (excess > 0) == (side == 0) {
				p.counted[i] = z
			}
		}
	}
	return out
}

// limit sets the limits of the slow or the fast windows on one side. Scores of
// windows of different lengths are first made alike, so that each gets the
// same part of the budget.
func (s *scale) limit(years []peaks, side int, fast bool, budget, least, wide float64) {
	alike := make([]float64, len(s.windows))
	highest, column := make([]float64, len(years)), make([]float64, len(years))
	for i, w := range s.windows {
		if w.fast != fast {
			continue
		}
		for j, y := range years {
			column[j] = y.all[i]
		}
		alike[i] = quantile(column, even)
		for j, y := range years {
			if alike[i] > 0 {
				highest[j] = max(highest[j], y.counted[i]/alike[i])
			}
		}
	}
	q := wide * quantile(highest, 1-budget)
	for i := range s.windows {
		if w := &s.windows[i]; w.fast == fast {
			w.limit[side] = max(least, q*alike[i])
		}
	}
}

// quantile returns the q-quantile of x, which it sorts.
func quantile(x []float64, q float64) float64 {
	slices.Sort(x)
	return x[min(len(x)-1, int(q*float64(len(x))))]
}

// blockStarts returns for each day on which a block begins the days whose
// residuals can fill it: those of the same season.
func blockStarts(line []judged) [][]int {
	out := make([][]int, len(line))
	for i := 0; i < len(line); i += blockDays {
		for j := 0; j+blockDays <= len(line); j++ {
			if baseline.Apart(line[i].doy, line[j].doy) <= baseline.SeasonDays {
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
