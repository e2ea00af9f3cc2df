package baseline

import "math"

// Parameters of the smooth season.
const (
	// SeasonDays is how far in the year a day is compared with another.
	SeasonDays = 45
	// weekDays is the length of a week.
	weekDays = 7
	// seasonTrust is the most of last year's departure of a season from the
	// model that is expected to come back.
	seasonTrust = 0.9
	// leastSpread keeps a very regular season from being over-trusted, relative
	// to the whole year's spread.
	leastSpread = 0.25
)

// season is what the days of a season are above or below the model, and the
// standard deviation of their weeks' means about that, times √7, both in kWh,
// by day of the year.
type season struct{ mean, sigma [DaysPerYear]float64 }

// Ring returns the place of a day of the year on a ring without beginning.
func Ring(doy int) int { return doy % DaysPerYear }

// Apart returns the distance of two days of the year.
func Apart(a, b int) int {
	d := max(Ring(a)-Ring(b), Ring(b)-Ring(a))
	return min(d, DaysPerYear-d)
}

// moments are a count, a sum and a sum of squares.
type moments struct{ n, sum, squares float64 }

func (m *moments) add(x float64) { m.n, m.sum, m.squares = m.n+1, m.sum+x, m.squares+x*x }

// join adds other moments, sign times.
func (m *moments) join(o moments, sign float64) {
	m.n, m.sum, m.squares = m.n+sign*o.n, m.sum+sign*o.sum, m.squares+sign*o.squares
}

// variance is that about the mean.
func (m *moments) variance() float64 {
	return math.Max(0, m.squares/m.n-m.sum/m.n*(m.sum/m.n))
}

// about returns the moments of all days within a season of each day.
func about(days *[DaysPerYear]moments) (out [DaysPerYear]moments) {
	var m moments
	for off := -SeasonDays; off <= SeasonDays; off++ {
		m.join(days[(off+DaysPerYear)%DaysPerYear], 1)
	}
	for at := range out {
		out[at] = m
		m.join(days[(at-SeasonDays+DaysPerYear)%DaysPerYear], -1)
		m.join(days[(at+SeasonDays+1)%DaysPerYear], 1)
	}
	return out
}

// seasonOfYear averages residuals around each day of the year. The means are
// drawn towards zero as far as chance alone would explain them.
func seasonOfYear(line []residual) season {
	var daily, weekly [DaysPerYear]moments
	var all moments
	rest := make([]float64, 0, len(line))
	for i, d := range line {
		if !d.counts {
			continue
		}
		rest = append(rest, d.y-d.e)
		all.add(d.y - d.e)
		daily[Ring(d.doy)].add(d.y - d.e)
		if x, ok := weekOf(line, i); ok {
			weekly[Ring(d.doy)].add(x)
		}
	}
	daily, weekly = about(&daily), about(&weekly)
	var s season
	rho := clampRho(lagOne(rest))
	var squares, chance, pooled, n float64
	for at, m := range daily {
		if m.n < minKneeDays {
			continue
		}
		s.mean[at] = m.sum / m.n
		squares += s.mean[at] * s.mean[at]
		chance += m.variance() / effectiveDays(int(m.n), rho)
		if w := weekly[at]; w.n >= minKneeDays {
			s.sigma[at] = math.Sqrt(w.variance() * weekDays)
			pooled, n = pooled+s.sigma[at]*s.sigma[at], n+1
		}
	}
	trust := 0.0
	if squares > 0 {
		trust = seasonTrust * math.Max(0, 1-chance/squares)
	}
	pooled = math.Sqrt(pooled / math.Max(1, n))
	if n == 0 && all.n > 0 {
		pooled = math.Sqrt(all.variance())
	}
	for at := range s.mean {
		s.mean[at] *= trust
		if s.sigma[at] == 0 {
			s.sigma[at] = pooled
		}
		s.sigma[at] = math.Max(leastSpread*pooled, s.sigma[at])
	}
	return s
}

// weekOf returns the mean residual of the week that begins with day i; false
// when a day of it is absent.
func weekOf(line []residual, i int) (float64, bool) {
	if i+weekDays > len(line) {
		return 0, false
	}
	sum := 0.0
	for _, d := range line[i : i+weekDays] {
		if !d.counts {
			return 0, false
		}
		sum += d.y - d.e
	}
	return sum / weekDays, true
}
