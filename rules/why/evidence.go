package why

import (
	"math"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// Step is the step of the points: the mean of ten minutes for a quantity, the
// last value of them for an index or a state (1 and 0).
const Step = 10 * time.Minute

// Point names one series of a site.
type Point struct {
	Equipment gtc.EquipmentID
	Point     gtc.PointID
}

// Dial is an index read by hand.
type Dial struct {
	At    time.Time
	Index float64
}

// Evidence is what the instruments of one site showed over some days. What is
// absent is NaN. Series may be shorter than the others, or not there.
type Evidence struct {
	Site *gtc.Site
	// From is a full UTC hour, where all series begin.
	From time.Time
	// Points are by steps of ten minutes, Hours the kWh of each hour of a
	// meter; an hour with a part only is absent.
	Points map[Point][]float64
	Hours  map[gtc.EquipmentID][]float64
	// Outdoor is the temperature that serves the site's baselines, Elsewhere
	// one measured apart from it, by steps, °C.
	Outdoor, Elsewhere []float64
	// Baselines are those of the meters that have one.
	Baselines map[gtc.EquipmentID]baseline.Baseline
	// Dials are indexes read by hand, by meter.
	Dials map[gtc.EquipmentID][]Dial
}

// day is one calendar day of a site as a rule looks at it.
type day struct {
	ev   *Evidence
	rule *Rule
	// start and end are its midnights.
	start, end time.Time
	// eq is the equipment looked at, meter the one that pays.
	eq    gtc.EquipmentID
	meter *gtc.Meter
	// temp is the day's mean outdoor temperature, °C.
	temp float64
}

// at returns the instant of a local hour of the day; −1 is 23 h the day
// before.
func (d *day) at(hour float64) time.Time {
	y, m, n := d.start.Date()
	minutes := int(math.Round(60 * hour))
	return time.Date(y, m, n, 0, minutes, 0, 0, d.start.Location())
}

// part returns what a series has between two instants.
func part(values []float64, from time.Time, step time.Duration, a, b time.Time) []float64 {
	lo := int(a.Sub(from) / step)
	hi := int(b.Sub(from) / step)
	lo, hi = max(lo, 0), min(hi, len(values))
	if lo >= hi {
		return nil
	}
	return values[lo:hi]
}

// points returns a point of the equipment between two local hours.
func (d *day) points(p gtc.PointID, from, to float64) []float64 {
	return part(d.ev.Points[Point{d.eq, p}], d.ev.From, Step, d.at(from), d.at(to))
}

// hours returns the kWh of the hours between two local hours.
func (d *day) hours(from, to float64) []float64 {
	if d.meter == nil {
		return nil
	}
	return part(d.ev.Hours[d.meter.Equipment], d.ev.From, time.Hour, d.at(from), d.at(to))
}

// outdoor returns the mean outdoor temperature between two local hours.
func (d *day) outdoor(from, to float64) float64 {
	return mean(part(d.ev.Outdoor, d.ev.From, Step, d.at(from), d.at(to)))
}

// kwh returns the day's consumption, NaN unless nine tenths of it are known.
func (d *day) kwh() float64 {
	h := d.hours(0, 24)
	return mean(h) * d.end.Sub(d.start).Hours()
}

// baseline returns that of the meter, if it has one that may be judged by and
// the day lies after it.
func (d *day) baseline() (baseline.Baseline, bool) {
	if d.meter == nil {
		return baseline.Baseline{}, false
	}
	b, ok := d.ev.Baselines[d.meter.Equipment]
	return b, ok && b.Judgeable && !d.start.Before(b.To)
}

// expected returns what the baseline expects of the day.
func (d *day) expected() (baseline.Expectation, bool) {
	b, ok := d.baseline()
	if !ok || math.IsNaN(d.temp) {
		return baseline.Expectation{}, false
	}
	return b.Predict(baseline.Day{Date: d.start, Temp: d.temp, HasTemp: true})
}

// leastKnown is the share of a part of a day that must be known.
const leastKnown = 0.85

// mean returns the mean of what is known, NaN unless most of it is.
func mean(x []float64) float64 {
	sum, n := 0.0, 0
	for _, v := range x {
		if !math.IsNaN(v) {
			sum, n = sum+v, n+1
		}
	}
	if n == 0 || float64(n) < leastKnown*float64(len(x)) {
		return math.NaN()
	}
	return sum / float64(n)
}

// known counts what is known.
func known(x []float64) int {
	n := 0
	for _, v := range x {
		if !math.IsNaN(v) {
			n++
		}
	}
	return n
}

// quantile returns the q-th part (0 to 1) of the known values, NaN of none.
func quantile(x []float64, q float64) float64 {
	s := make([]float64, 0, len(x))
	for _, v := range x {
		if !math.IsNaN(v) {
			s = append(s, v)
		}
	}
	if len(s) == 0 {
		return math.NaN()
	}
	slices.Sort(s)
	return s[min(len(s)-1, int(q*float64(len(s))))]
}

// extremes returns the least and the largest known value, NaN of none.
func extremes(x []float64) (least, most float64) {
	least, most = math.NaN(), math.NaN()
	for _, v := range x {
		if math.IsNaN(v) {
			continue
		}
		if math.IsNaN(least) || v < least {
			least = v
		}
		if math.IsNaN(most) || v > most {
			most = v
		}
	}
	return least, most
}

// longestRun returns the minutes of the longest run of steps that hold; an
// unknown step ends a run.
func longestRun(n int, holds func(i int) bool) float64 {
	best, run := 0, 0
	for i := range n {
		if run++; !holds(i) {
			run = 0
		}
		best = max(best, run)
	}
	return float64(best) * Step.Minutes()
}

// value returns the i-th of x, NaN beyond it.
func value(x []float64, i int) float64 {
	if i < 0 || i >= len(x) {
		return math.NaN()
	}
	return x[i]
}
