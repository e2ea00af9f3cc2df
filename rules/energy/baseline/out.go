package baseline

import (
	"math"
	"slices"
)

// outDays and outFolds divide a baseline for leave-block-out: every twelfth
// run of ten days is predicted by a model of the others.
const outDays, outFolds = 10, 12

// LeaveBlockOut returns, for a baseline that these options fitted on these
// days, the CV(RMSE) of days that were not fitted, as a fraction of the mean:
// twelve times every twelfth run of ten days is left out and predicted by a
// model of the others. Form, balance points and coefficients are found anew
// each time; the split, the thermal inertia and the robust fit are those chosen
// on all days. It is NaN when there are too few days.
func (b Baseline) LeaveBlockOut(days []Day, o FitOptions) float64 {
	o = o.normal()
	s, err := selectDays(days, o)
	if err != nil {
		return math.NaN()
	}
	f := newFitter(s, b.Carrier)
	f.worth = effectiveDays(len(s.days), clampRho(b.Metrics.Rho))
	v := f.divide(f.view(b.Lag), groupingOf(b.Split, b.Calendar))
	var squares, total float64
	for fold := range outFolds {
		again := b
		if b.Mode == CalTRACK {
			again.Segments = []Segment{fitCaltrack(slices.Concat(v.points(&fold)...), f.cooling)}
		} else if _, again.Segments = f.fit(v, b.Robust, &fold); again.Segments == nil {
			return math.NaN()
		}
		for _, c := range v.cells {
			if outFold(c.day, fold) {
				d := s.days[c.day]
				r := d.KWh - factors(b.Factors).at(d.Date)*math.Max(0, again.Segments[c.group].At(c.t))
				squares, total = squares+r*r, total+d.KWh
			}
		}
	}
	n := float64(len(s.days))
	return math.Sqrt(squares/n) / (total / n)
}

// sortPoints makes the points, in order of temperature.
func (s *selection) sortPoints() {
	s.points = make([]point, len(s.rows))
	for i, r := range s.rows {
		s.points[i] = point{r.t[0], r.y}
	}
	slices.SortFunc(s.points, byTemperature)
}
