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
	// usual is how far the baseline's own days are from what is expected,
	// relative to it.
	usual float64
}

// newScale finds the limits by simulating years without drift, made of the
// baseline's own days.
func newScale(mean float64, train []judged, t tuning) scale {
	s := scale{tuning: t, windows: windows(), mean: mean, usual: scatter(train, 1)}
	year := train[max(0, len(train)-baseline.DaysPerYear):]
	own := newRunning(len(year))
	own.fill(year, 1, 1)
	last := 1.0
	for i := range s.windows {
		last = math.Max(last, own.inflation(s.windows[i].days))
		s.windows[i].inflation = last
	}
	s.simulate(year, own)
	return s
}

// widest returns the inflation of the longest window.
func (s scale) widest() float64 { return s.windows[len(s.windows)-1].inflation }

// peaks are the highest scores of one simulated year by window: of all days,
// and of those whose excess counts.
type peaks struct{ all, counted []float64 }

// simulate sets the limits so that years without drift, made of the
// baseline's own residuals, stay within the budgets.
func (s *scale) simulate(line []judged, own running) {
	blocks := blockStarts(line)
	rng := rand.New(rand.NewPCG(1, uint64(len(line)))) // same history, same limits
	var found [2][]peaks
	g, least := s.gauge(own), s.leastExcess(own)
	year, r := newYear(line), newRunning(len(line))
	for range s.tuning.replicas {
		year.resample(blocks, rng)
		year.sum(r)
		for side, p := range s.peaks(r, g, least) {
			found[side] = append(found[side], p)
		}
	}
	for side := range found {
		s.limit(found[side], side, false, s.tuning.slow, s.tuning.leastScore, 1)
		s.limit(found[side], side, true, s.tuning.fast, s.tuning.leastFast, tail)
	}
}

// peaks returns the highest scores of one year on both sides; least is by window
// and by the window's last day.
func (s *scale) peaks(r running, g gauge, least [][]float64) (out [2]peaks) {
	n := len(s.windows)
	buf := make([]float64, 4*n)
	out[0], out[1] = peaks{buf[:n], buf[n : 2*n]}, peaks{buf[2*n : 3*n], buf[3*n:]}
	for i, w := range s.windows {
		sums := r.sums(w)
		ahead, after := sums[w.days:], r.rest[w.days:]
		sums, rest := sums[:len(ahead)], r.rest[:len(ahead)]
		score, least := g[i][w.days-1:][:len(ahead)], least[i][w.days-1:][:len(ahead)]
		var up, down, upCounted, downCounted float64
		for a := range ahead {
			z, excess := (ahead[a]-sums[a])*score[a], after[a]-rest[a]
			if z > up {
				up = z
			} else if -z > down {
				down = -z
			}
			if excess > least[a] {
				upCounted = max(upCounted, z)
			} else if -excess > least[a] {
				downCounted = max(downCounted, -z)
			}
		}
		out[0].all[i], out[0].counted[i] = up, upCounted
		out[1].all[i], out[1].counted[i] = down, downCounted
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
		out[i] = make([]int, 0, 2*baseline.SeasonDays+blockDays)
		for j := 0; j+blockDays <= len(line); j++ {
			if baseline.Apart(line[i].doy, line[j].doy) <= baseline.SeasonDays {
				out[i] = append(out[i], j)
			}
		}
	}
	return out
}
