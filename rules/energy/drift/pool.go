package drift

import (
	"math"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// The rules of a pool.
const (
	RulePoolDrift  = "portfolio-drift"
	RulePoolSaving = "portfolio-saving"
)

// Pool are several meters added up, each against its own baseline: what is too
// small to be proven on one of them may be proven on all.
type Pool struct {
	// From is the first of Days.
	From time.Time
	Days []PoolDay
	// Meters counts the meters that are in it.
	Meters int
	// Common is how many times the variance of the sum is that of meters that
	// have nothing in common, on the baselines' own days; at least 1.
	Common float64
	// mean is what all meters use on a mean day of their baselines.
	mean float64
	// train are the days that most meters were fitted on.
	train []PoolDay
	since int // the number of the civil day of train's first
}

// PoolDay is one calendar day of a pool: the sums over the meters that count
// on it, in kWh.
type PoolDay struct {
	KWh, Expected float64
	// Variance is that of the sum if the meters had nothing in common.
	Variance float64
	// Meters counts those added up, Mean is their mean consumption.
	Meters int
	Mean   float64
	// Enough says that they are at least half of all, by consumption.
	Enough bool
}

// leastOfPool is the share of a pool's consumption that a day must have.
const leastOfPool = 0.5

// NewPool adds up the judgeable ones of the meters given.
func NewPool(series []Series) *Pool {
	p := &Pool{Common: 1}
	var in []*Series
	var first [2]int // of the trained days, of the judged ones
	var last [2]int
	for i := range series {
		s := &series[i]
		if !s.Judgeable || s.Days.Len() == 0 {
			continue
		}
		from := civilDay(s.From)
		begin, end := [2]int{from, from + s.Trained}, [2]int{from + s.Trained, from + s.Days.Len()}
		for k := range first {
			if len(in) == 0 || begin[k] < first[k] {
				first[k] = begin[k]
				if k == 1 {
					p.From = s.Date(s.Trained)
				}
			}
			last[k] = max(last[k], end[k])
		}
		in = append(in, s)
		p.mean += s.Mean
	}
	if p.Meters = len(in); p.Meters == 0 {
		return p
	}
	p.since = first[0]
	p.train = p.add(in, first[0], last[0], true)
	p.Days = p.add(in, first[1], last[1], false)
	p.Common = common(in)
	return p
}

// add sums the trained or the judged days of the meters.
func (p *Pool) add(in []*Series, first, last int, trained bool) []PoolDay {
	out := make([]PoolDay, last-first)
	for _, s := range in {
		from, to, at := 0, s.Trained, civilDay(s.From)-first
		if !trained {
			from, to = s.Trained, s.Days.Len()
		}
		for i := from; i < to; i++ {
			d := s.Days.At(i)
			if !d.Counts {
				continue
			}
			o := &out[at+i]
			o.KWh, o.Expected, o.Variance = o.KWh+d.KWh, o.Expected+d.Expected, o.Variance+d.Sigma*d.Sigma
			o.Meters, o.Mean = o.Meters+1, o.Mean+s.Mean
		}
	}
	for i := range out {
		out[i].Enough = out[i].Mean >= leastOfPool*p.mean
	}
	return out
}

// common compares the weeks of the sum of residuals with the sum of the weeks'
// squares, on the days that the baselines were fitted on.
func common(in []*Series) float64 {
	sums := map[int]*[2]float64{} // by the number of the week's last day
	for _, s := range in {
		week, n := 0.0, 0
		for i := range s.Trained {
			d := s.Days.At(i)
			if !d.Counts {
				week, n = 0, 0
				continue
			}
			week, n = week+d.KWh-d.Expected, n+1
			if n > blockDays {
				old := s.Days.At(i - blockDays)
				week -= old.KWh - old.Expected
			}
			if n < blockDays {
				continue
			}
			k := civilDay(s.From) + i
			if sums[k] == nil {
				sums[k] = &[2]float64{}
			}
			sums[k][0], sums[k][1] = sums[k][0]+week, sums[k][1]+week*week
		}
	}
	var together, apart float64
	for _, x := range sums {
		together, apart = together+x[0]*x[0], apart+x[1]
	}
	if apart == 0 {
		return 1
	}
	return math.Max(1, together/apart)
}

// Date returns the day at place i of Days.
func (p *Pool) Date(i int) time.Time { return p.From.AddDate(0, 0, i) }

// Mean returns what all meters use on a mean day of their baselines, kWh.
func (p *Pool) Mean() float64 { return p.mean }

// Band returns the standard deviation, in kWh, of the total of the days
// [a,b) about what is expected: the meters' own, as far as they have it in
// common on their baselines, and what all models may be off at once.
func (p *Pool) Band(a, b int) float64 {
	var v, e, n float64
	for _, d := range p.Days[a:b] {
		if d.Enough {
			v, e, n = v+d.Variance*p.Common, e+d.Expected, n+1
		}
	}
	if n == 0 {
		return math.NaN()
	}
	t := pooled()
	return math.Sqrt(v + e*e*(t.modelError*t.modelError+t.wander*t.wander*wanderDays/n))
}

// Provable returns the standard deviation of the total of so many days of the
// baselines' years, relative to it.
func (p *Pool) Provable(days int) float64 {
	var v, e, n float64
	for _, d := range p.train {
		if d.Enough {
			v, e, n = v+d.Variance*p.Common, e+d.Expected, n+1
		}
	}
	if n == 0 || e <= 0 {
		return math.NaN()
	}
	t, m := pooled(), float64(days)
	return math.Sqrt(v/n*m/(e/n*m)/(e/n*m) + t.modelError*t.modelError + t.wander*t.wander*wanderDays/m)
}

// pooled returns the parameters for a pool: a smaller effect is worth saying.
func pooled() tuning {
	t := standard()
	t.least, t.worth, t.leastWorse = 0.03, 4, 0.06
	return t
}

// besideTuning returns those for a part of a pool that is judged beside the rest:
// what the models do not know is mostly the rest's as well.
func besideTuning(meters int) tuning {
	t := pooled()
	share := 1 / math.Sqrt(float64(meters))
	t.modelError = math.Hypot(t.modelError*share, 0.01)
	t.wander = math.Hypot(t.wander*share, 0.01)
	return t
}

// Detect judges the pool like one meter. With Options.Shared it is judged
// beside other meters.
func (p *Pool) Detect(o Options) []gtc.Finding {
	line := p.judged(p.Days, civilDay(p.From))
	train := slices.DeleteFunc(p.judged(p.train, p.since), func(d judged) bool { return !d.ok })
	if len(train) < minTrain || len(line) == 0 {
		return nil
	}
	t := pooled()
	if o.Shared != nil {
		t = besideTuning(p.Meters)
	}
	s := newScale(p.mean, train, t)
	k := track{scale: s, line: line, opts: o, pool: p}
	return k.run()
}

// minTrain is how many days the limits of a pool are made from.
const minTrain = 300

// judged makes days that can be judged of a pool's.
func (p *Pool) judged(days []PoolDay, first int) []judged {
	out := make([]judged, len(days))
	var squares, n float64
	for i, d := range days {
		date := p.From.AddDate(0, 0, first-civilDay(p.From)+i)
		j := judged{date: date, doy: date.YearDay(), y: d.KWh, e: d.Expected, whole: d.Expected, seen: d.Enough}
		j.sigma = math.Max(math.Sqrt(d.Variance*p.Common), leastSigma*d.Mean)
		j.ok = d.Enough && j.sigma > 0
		if j.ok {
			j.weight = j.e / j.sigma
			squares, n = squares+j.weight*j.weight, n+1
		}
		out[i] = j
	}
	floor := leastWeight * math.Sqrt(squares/math.Max(1, n))
	for i := range out {
		out[i].weight = math.Max(floor, out[i].weight)
	}
	return out
}
