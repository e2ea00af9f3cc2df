package hub

import (
	"iter"
	"sort"
	"time"

	"github.com/cpas-charleroi/gtc/rules/energy"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/works"
)

// meterDays are the days of a meter at one moment, packed as the energy rules
// keep them: a page unpacks those that it asks for, and what is expected of a day
// is computed then. A pass puts other days in their place and never changes these,
// so they are read without the lock.
type meterDays struct {
	meterState
	temps []energy.TempDay
}

// daysOf returns the days of meters, all at one moment.
func (e *energyRules) daysOf(keys ...meterKey) []meterDays {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]meterDays, len(keys))
	for i, k := range keys {
		ms := e.meters[k]
		out[i].temps = e.stationDays(ms.site.WeatherStation)
		// Only what is replaced as a whole: the pass changes the rest beside the lock.
		out[i].meterState = meterState{site: ms.site, meter: ms.meter, days: ms.days, baseline: ms.baseline, why: ms.why, register: ms.register}
	}
	return out
}

// begin returns the midnight of the first day that matters for those from an
// instant on: the CUSUM begins where the baseline ends.
func (m *meterDays) begin(from time.Time) time.Time {
	if len(m.baseline.Segments) > 0 && m.baseline.To.Before(from) {
		from = m.baseline.To
	}
	if first := m.days.Start(0); from.Before(first) {
		from = first
	}
	return midnight(from, m.site.Location)
}

// calendar are days without a hole and what a station showed on them.
type calendar struct {
	// starts has one more: the end of the last day.
	starts []time.Time
	// temps are nil where the temperature is not known.
	temps []*energy.TempDay
}

// newCalendar has the days from a midnight on that begin before an instant.
func newCalendar(from, to time.Time, temps []energy.TempDay) *calendar {
	n := max(0, int(to.Sub(from)/day)+1)
	c := &calendar{starts: append(make([]time.Time, 0, n+1), from), temps: make([]*energy.TempDay, 0, n)}
	date := dateOf(from)
	temps = temps[sort.Search(len(temps), func(i int) bool { return dateOf(temps[i].Date) >= date }):]
	for start := from; start.Before(to); {
		start = nextMidnight(start)
		date++
		var t *energy.TempDay
		for ; len(temps) > 0 && dateOf(temps[0].Date) < date; temps = temps[1:] {
			t = nil
			if temps[0].Valid() {
				t = &temps[0]
			}
		}
		c.starts, c.temps = append(c.starts, start), append(c.temps, t)
	}
	return c
}

// nextMidnight is that after a midnight; it asks the calendar only where a day may
// have another length.
func nextMidnight(t time.Time) time.Time {
	next := t.Add(day)
	_, was := t.Zone()
	if _, is := next.Zone(); is != was {
		return t.AddDate(0, 0, 1)
	}
	return next
}

// meterDay is one calendar day of a meter.
type meterDay struct {
	start, end time.Time
	days       *energy.Packed
	place      int // among days, -1 where nothing is known
	kwh        float64
	metered    bool            // the energy is known
	temp       *energy.TempDay // nil where it is not known
	// expected is what is expected of the day, if judged; counts tells that the
	// residual is part of the CUSUM.
	expected       baseline.Expectation
	judged, counts bool
}

// known is all that is known of the day.
func (d *meterDay) known() energy.Interval {
	if d.place < 0 {
		return energy.Interval{}
	}
	return d.days.At(d.place)
}

// between yields the days of a calendar from an instant on, and before it those
// that count in the CUSUM. A day is good until the next one.
func (m *meterDays) between(c *calendar, from time.Time) iter.Seq[*meterDay] {
	return func(yield func(*meterDay) bool) {
		begin := m.begin(from)
		k := sort.Search(len(c.temps), func(i int) bool { return !c.starts[i].Before(begin) })
		next := m.days.Find(begin)
		var d meterDay
		for ; k < len(c.temps); k++ {
			d = meterDay{start: c.starts[k], end: c.starts[k+1], days: &m.days, place: -1, temp: c.temps[k]}
			for ; next < m.days.Len() && m.days.Start(next).Before(d.end); next++ {
				d.place = next
			}
			m.judge(&d)
			if (d.counts || !d.start.Before(from)) && !yield(&d) {
				return
			}
		}
	}
}

// judge sets a day against what is expected of it.
func (m *meterDays) judge(d *meterDay) {
	if d.place >= 0 && m.meter.KWhPerUnit > 0 {
		d.kwh, d.metered = m.days.Energy(d.place)
	}
	if d.temp == nil || len(m.baseline.Segments) == 0 {
		return
	}
	if d.expected, d.judged = m.baseline.Predict(baseline.Day{Date: d.start, Temp: d.temp.Mean, HasTemp: true}); d.judged {
		d.expected = m.adjusted(d.expected, d.start)
		d.counts = d.metered && !d.start.Before(m.baseline.To) && !m.excludes(d.start)
	}
}

// excludes reports whether works leave a day out of the CUSUM.
func (m *meterDays) excludes(day time.Time) bool {
	return len(m.register.Entries) > 0 && m.register.Excludes(m.meter.Equipment, works.DayOf(day))
}

// dateOf numbers the calendar day of an instant in its own zone.
func dateOf(t time.Time) int64 {
	_, east := t.Zone()
	at, long := t.Unix()+int64(east), int64(day/time.Second)
	return (at - (at%long+long)%long) / long
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
