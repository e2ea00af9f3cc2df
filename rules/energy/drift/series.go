package drift

import (
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// Series is a meter's days set against its baseline, without holes.
type Series struct {
	Site    gtc.SiteID
	Meter   gtc.EquipmentID
	Carrier gtc.Carrier
	// From is the first of Days, the baseline's first day; the first Trained of
	// Days are those that the baseline was fitted on.
	From    time.Time
	Trained int
	Days    SeriesDays
	// Mean is the baseline's mean consumption in kWh a day.
	Mean float64
	// Judgeable says that drift is judged on the meter.
	Judgeable bool
}

// SeriesDay is one calendar day of a series, in kWh.
type SeriesDay struct {
	KWh, Expected float64
	// Sigma is the standard deviation of a week's mean about the expectation,
	// times √7.
	Sigma float64
	// Counts says that the day is metered, has a temperature and no finding on
	// its data; otherwise it is not to be used.
	Counts bool
}

// SeriesDays are days in a row. They are kept in columns, as a park keeps those of
// all its meters.
type SeriesDays struct {
	kwh, expected, sigma []float64
	counts               []bool
}

func newSeriesDays(n int) SeriesDays {
	room := make([]float64, 3*n)
	return SeriesDays{room[:n:n], room[n : 2*n : 2*n], room[2*n:], make([]bool, n)}
}

// Len counts the days.
func (d *SeriesDays) Len() int { return len(d.kwh) }

// At returns the day at place i.
func (d *SeriesDays) At(i int) SeriesDay {
	return SeriesDay{KWh: d.kwh[i], Expected: d.expected[i], Sigma: d.sigma[i], Counts: d.counts[i]}
}

// put sets the day at place i.
func (d *SeriesDays) put(i int, j *judged) {
	d.kwh[i], d.expected[i], d.sigma[i], d.counts[i] = j.y, j.e, j.sigma, j.ok
}

// Date returns the day at place i.
func (s *Series) Date(i int) time.Time { return s.From.AddDate(0, 0, i) }

// Series sets the days of a meter against the baseline, the baseline's own
// and those after it; that of an empty baseline is empty.
func (d *Detector) Series(days []baseline.Day, o Options) Series {
	s := Series{Site: o.Site, Meter: o.Meter, Carrier: o.Carrier}
	if s.Carrier == "" {
		s.Carrier = d.base.Carrier
	}
	if d.watch.course == nil {
		return s
	}
	s.From, s.Mean, s.Judgeable = d.base.From, d.base.Metrics.Mean, d.base.Judgeable
	s.Trained = civilDay(d.base.To) - civilDay(d.base.From)
	line := timeline(d.base.To, days, &d.watch)
	dataFindings(d.base, &d.watch, line, o)
	s.Days = newSeriesDays(s.Trained + len(line))
	train := d.watch.train(d.base.Days())
	for i := range train {
		s.Days.put(civilDay(train[i].date)-civilDay(s.From), &train[i])
	}
	for i := range line {
		s.Days.put(s.Trained+i, &line[i])
	}
	return s
}
