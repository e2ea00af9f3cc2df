package drift

import (
	"math"

	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// leastSigma is the least standard deviation of a day, relative to the mean
// consumption of the baseline.
const leastSigma = 0.01

// watch is what days are judged by: the course of a baseline, and the weights
// of days.
type watch struct {
	course *baseline.Course
	// mean is the baseline's mean consumption in kWh a day.
	mean float64
	// floor is the least weight of a day.
	floor float64
	// spike is the consumption in kWh that no day of the baseline comes near.
	spike float64
	// habits are what data rules find in the baseline itself, by rule: the
	// building does so without a fault.
	habits map[string]habit
}

// newWatch prepares the watch of a baseline that is not empty.
func newWatch(b baseline.Baseline) watch {
	w := watch{course: b.Course(), mean: b.Metrics.Mean}
	train := w.train(b.Days())
	var squares float64
	for i := range train {
		squares += train[i].weight * train[i].weight
	}
	w.floor = leastWeight * math.Sqrt(squares/float64(len(train)))
	w.spike, w.habits = spikeLimit(train), map[string]habit{}
	for _, r := range dataRules(b) {
		if h := habitOf(r, train); len(h.closures) > 0 {
			w.habits[r.id] = h
		}
	}
	return w
}

// train returns the baseline's own days, set against the watch. They are made
// anew each time: they take more room than all else of a detector.
func (w *watch) train(days []baseline.Day) []judged {
	out := make([]judged, len(days))
	for i, d := range days {
		out[i] = w.judge(d)
		out[i].weight = max(w.floor, out[i].weight)
	}
	return out
}

// judge sets one day against the watch.
func (w *watch) judge(d baseline.Day) judged {
	j := judged{date: d.Date, y: d.KWh, temp: d.Temp, doy: d.Date.YearDay()}
	s := w.course.Stand(d)
	if !s.Seen {
		return j
	}
	j.e, j.whole = s.Expected, s.Whole
	j.sigma = math.Max(s.Sigma, leastSigma*w.mean)
	j.seen, j.ok = true, s.Counts && j.sigma > 0
	if j.sigma > 0 {
		j.weight = math.Max(w.floor, s.Level/j.sigma)
	}
	return j
}
