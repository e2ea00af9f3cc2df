package energy

import (
	"math"
)

// Parameters of the smooth season.
const (
	// seasonDays is how far in the year a day is compared with another.
	seasonDays = 45
	// seasonTrust is the most of last year's departure of a season from the
	// model that is expected to come back.
	seasonTrust = 0.9
	// leastSpread keeps a very regular season from being over-trusted.
	leastSpread = 0.3
)

// watch is the model that days are judged by: not split by season, whose hard
// limits raise false findings in the first warm or cold weeks, but following
// the baseline year's departure from the model smoothly through the year.
type watch struct {
	split    string
	segments []Segment
	whole    Segment
	noise    noise
	season   season
	// rests are the weekdays on which cold days of zero are a habit; on the
	// others they are gaps. Unset when zero is as good as any value.
	rests   [7]bool
	zeroGap bool
	// train are the baseline's own days, set against the watch.
	train []judged
}

// newWatch prepares the watch of a baseline: its own groups unless they are
// seasons.
func newWatch(b Baseline) watch {
	s := b.fitted
	w := watch{split: b.Split, segments: b.Segments, whole: b.Whole, rests: zeroHabit(s.days), zeroGap: s.zeroGap}
	if b.Split == splitSeason || b.Split == splitBoth {
		w.split, w.segments = splitNone, []Segment{b.Whole}
		worth := effectiveDays(len(s.days), clampRho(b.Metrics.Rho))
		week := fitGroups(s, splitWeek, cools(b.Carrier))
		if week != nil && criterion(week, worth) < criterion(w.segments, worth) {
			w.split, w.segments = splitWeek, week
		}
	}
	w.noise = noiseOf(Baseline{Split: w.split, Segments: w.segments}, s)
	for _, d := range s.days {
		w.train = append(w.train, w.plain(d))
	}
	w.season = seasonOfYear(w.train)
	for i := range w.train {
		w.train[i] = w.season.adjust(w.train[i])
	}
	return w
}

// judge sets one day against the watch.
func (w watch) judge(d Day) judged { return w.season.adjust(w.plain(d)) }

// plain sets one day against the model without the season.
func (w watch) plain(d Day) judged {
	j := judged{date: d.Date, y: d.KWh, temp: d.Temp, doy: d.Date.YearDay()}
	if !usable(d, minCoverageCaltrack) || d.KWh < 0 {
		return j
	}
	j.e = math.Max(0, w.segments[groupOf(w.split, d.Date)].at(d.Temp))
	j.whole = math.Max(0, w.whole.at(d.Temp))
	j.sigma = w.noise.day(j.e)
	j.seen, j.ok = true, j.sigma > 0 && d.Coverage >= minCoverage
	if w.zeroGap && coldZero(d) && !w.rests[d.Date.Weekday()] {
		j.ok = false
	}
	return j
}

// season is what the days of a season are above or below the model, and how
// they spread about that, in standard deviations, by day of the year.
type season struct {
	mean, spread [367]float64
}

// seasonOfYear averages standardised residuals around each day of the year.
// The means are drawn towards zero as far as chance alone would explain them.
func seasonOfYear(line []judged) season {
	var s season
	var rest []float64
	for _, d := range line {
		if d.ok {
			rest = append(rest, (d.y-d.e)/d.sigma)
		}
	}
	rho := clampRho(lagOne(rest))
	var squares, chance float64
	for doy := 1; doy <= 366; doy++ {
		var sum, sq, n float64
		for i := range line {
			d := &line[i]
			if !d.ok || apart(d.doy, doy) > seasonDays {
				continue
			}
			z := (d.y - d.e) / d.sigma
			sum, sq, n = sum+z, sq+z*z, n+1
		}
		s.spread[doy] = 1
		if n < minKneeDays {
			continue
		}
		m := sum / n
		s.mean[doy] = m
		variance := math.Max(0, sq/n-m*m)
		s.spread[doy] = math.Max(leastSpread, math.Sqrt(variance))
		squares += m * m
		chance += variance / effectiveDays(int(n), rho)
	}
	trust := 0.0
	if squares > 0 {
		trust = seasonTrust * math.Max(0, 1-chance/squares)
	}
	for i := range s.mean {
		s.mean[i] *= trust
	}
	return s
}

// apart returns the distance of two days of the year.
func apart(a, b int) int {
	d := max(a-b, b-a)
	return min(d, 365-d)
}

// adjust sets a day against its season as well.
func (s season) adjust(d judged) judged {
	if !d.seen || d.sigma <= 0 {
		return d
	}
	doy := d.doy
	d.e = math.Max(0, d.e+s.mean[doy]*d.sigma)
	d.sigma *= s.spread[doy]
	return d
}
