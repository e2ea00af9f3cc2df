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
	Days    []SeriesDay
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
	s.Days = make([]SeriesDay, s.Trained+len(line))
	for i := range d.watch.train {
		j := &d.watch.train[i]
		s.Days[civilDay(j.date)-civilDay(s.From)] = j.series()
	}
	for i := range line {
		s.Days[s.Trained+i] = line[i].series()
	}
	return s
}

// series returns what others need of a day.
func (j *judged) series() SeriesDay {
	return SeriesDay{KWh: j.y, Expected: j.e, Sigma: j.sigma, Counts: j.ok}
}
