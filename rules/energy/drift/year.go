package drift

import (
	"math"
	"math/rand/v2"
)

// year is a simulated year: the days of a baseline in columns, as it is made
// anew many times.
type year struct {
	// y is the simulated consumption.
	y []float64
	// was is that of the baseline; the others are as those of judged.
	was, whole, e, sigma, weight []float64
	ok                           []bool
	// limit is how much of a day's deviation counts in the slow windows.
	limit []float64
}

func newYear(line []judged) year {
	n := len(line)
	room := make([]float64, 7*n)
	column := func(k int) []float64 { return room[k*n : (k+1)*n : (k+1)*n] }
	out := year{y: column(0), was: column(1), whole: column(2), e: column(3), sigma: column(4), weight: column(5), limit: column(6), ok: make([]bool, n)}
	for i := range line {
		d := &line[i]
		out.y[i], out.was[i], out.whole[i], out.e[i], out.sigma[i], out.weight[i], out.ok[i] = d.y, d.y, d.whole, d.e, d.sigma, d.weight, d.ok
		out.limit[i] = dayLimit(d.weight)
	}
	return out
}

// resample fills the year with what the unsplit model expects and residuals drawn
// in blocks from the same season. The blocks fall on other weekdays than they
// came from: a week that is shifted, by a holiday or a timetable, is no drift.
func (s year) resample(blocks [][]int, rng *rand.Rand) {
	for i := 0; i < len(s.y); i += blockDays {
		if len(blocks[i]) == 0 {
			continue
		}
		from := blocks[i][rng.IntN(len(blocks[i]))]
		for k := 0; k < blockDays && i+k < len(s.y); k++ {
			s.y[i+k] = math.Max(0, s.whole[i+k]+s.was[from+k]-s.whole[from+k])
		}
	}
}

// sum fills those of the running sums that depend on what is consumed, as
// [running.fill] does.
func (s year) sum(r running) {
	for i, y := range s.y {
		var raw, bounded, rest float64
		if s.ok[i] {
			rest = y - s.e[i]
			z, w := rest/s.sigma[i], s.weight[i]
			raw, bounded = z*w, max(-s.limit[i], min(s.limit[i], z))*w
		}
		r.raw[i+1], r.bounded[i+1], r.rest[i+1] = r.raw[i]+raw, r.bounded[i]+bounded, r.rest[i]+rest
	}
}
