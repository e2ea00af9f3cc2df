package energy

import (
	"math"
	"sync"
)

// leastSigma is the least standard deviation of a day, relative to the mean
// consumption of the baseline.
const leastSigma = 0.01

// watch is the model that days are judged by and that the console shows: not
// split by season, whose hard limits raise false findings in the first warm or
// cold weeks, but following the baseline year's departure from the model
// smoothly through the year.
type watch struct {
	split    string
	segments []Segment
	whole    Segment
	season   season
	// noise is that of a day about the expectation.
	noise noise
	// mean is the baseline's mean consumption in kWh a day.
	mean float64
	// floor is the least weight of a day.
	floor float64
	// rests are the weekdays on which cold days of zero are a habit; on the
	// others they are gaps. Unset when zero is as good as any value.
	rests   [7]bool
	zeroGap bool
	// train are the baseline's own days, set against the watch.
	train []judged
}

// judgement is what a baseline judges by, made when it is first asked for.
type judgement struct {
	base Baseline
	days selection

	watched, scaled sync.Once
	watch           watch
	scale           scale
}

// model returns the watch.
func (j *judgement) model() *watch {
	j.watched.Do(func() { j.watch = newWatch(j.base, j.days) })
	return &j.watch
}

// limits returns the scale.
func (j *judgement) limits() scale {
	j.scaled.Do(func() { j.scale = newScale(*j.model(), standard()) })
	return j.scale
}

// newWatch prepares the watch of a baseline: its own groups unless they are
// seasons. A CalTRACK baseline is left as it is.
func newWatch(b Baseline, s selection) watch {
	w := watch{split: b.Split, segments: b.Segments, whole: b.Whole, rests: zeroHabit(s.days), zeroGap: s.zeroGap, mean: b.Metrics.Mean}
	if b.Split == splitSeason || b.Split == splitBoth {
		w.split, w.segments = splitNone, []Segment{b.Whole}
		worth := effectiveDays(len(s.days), clampRho(b.Metrics.Rho))
		week := fitGroups(s, splitWeek, cools(b.Carrier))
		if week != nil && criterion(week, worth) < criterion(w.segments, worth) {
			w.split, w.segments = splitWeek, week
		}
	}
	for _, d := range s.days {
		w.train = append(w.train, w.plain(d))
	}
	w.season = seasonOfYear(w.train)
	if b.Mode == CalTRACK {
		clear(w.season.mean[:])
	}
	var squares float64
	for i := range w.train {
		w.adjust(&w.train[i])
		squares += w.train[i].weight * w.train[i].weight
	}
	w.floor = leastWeight * math.Sqrt(squares/float64(len(w.train)))
	for i := range w.train {
		w.train[i].weight = max(w.floor, w.train[i].weight)
	}
	w.noise = noiseOf(w.train, 3*len(w.segments))
	return w
}

// judge sets one day against the watch.
func (w *watch) judge(d Day) judged {
	j := w.plain(d)
	w.adjust(&j)
	return j
}

// plain sets one day against the model without the season.
func (w *watch) plain(d Day) judged {
	j := judged{date: d.Date, y: d.KWh, temp: d.Temp, doy: d.Date.YearDay()}
	if !usable(d, minCoverageCaltrack) || d.KWh < 0 {
		return j
	}
	j.e = math.Max(0, w.segments[groupOf(w.split, d.Date)].at(d.Temp))
	j.whole = math.Max(0, w.whole.at(d.Temp))
	j.seen, j.ok = true, d.Coverage >= minCoverage
	if w.zeroGap && coldZero(d) && !w.rests[d.Date.Weekday()] {
		j.ok = false
	}
	return j
}

// adjust sets a day against its season as well.
func (w *watch) adjust(j *judged) {
	if !j.seen {
		return
	}
	at := ring(j.doy)
	whole := math.Max(0, j.whole+w.season.mean[at])
	j.e = math.Max(0, j.e+w.season.mean[at])
	j.sigma = math.Max(w.season.sigma[at], leastSigma*w.mean)
	j.ok = j.ok && j.sigma > 0
	if j.sigma > 0 {
		j.weight = math.Max(w.floor, whole/j.sigma)
	}
}

// expect returns what is expected of a day with a temperature.
func (w *watch) expect(d Day) Expectation {
	e := math.Max(0, w.segments[groupOf(w.split, d.Date)].at(d.Temp)+w.season.mean[ring(d.Date.YearDay())])
	half := w.noise.day(e) * z90
	return Expectation{KWh: e, Low: math.Max(0, e-half), High: e + half}
}
