package hub

import (
	"math"
	"sync"
	"time"

	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/dashboards/console"
)

// dayTable keeps the days of meters as the energy pages show them, so that a
// wall does not let every expectation be computed anew. The days of a meter
// change when it is judged.
type dayTable struct {
	mu     sync.Mutex
	meters map[meterKey]*meterDays
}

// meterDays are the days of one meter before today.
type meterDays struct {
	judgement int
	today     time.Time

	days     []meterDay
	baseline api.Baseline
	judged   bool
}

// meterDay is one day; what is not known is NaN.
type meterDay struct {
	start                           time.Time
	span                            time.Duration
	kwh, expected, low, high, cusum float64
	coverage, temperature, dj15     float64
}

func newDayTable() *dayTable { return &dayTable{meters: map[meterKey]*meterDays{}} }

// daysOf returns the days of a meter, which are not to be changed.
func (h *Hub) daysOf(m metered, now time.Time) *meterDays {
	today := midnight(now, m.site.Location)
	h.days.mu.Lock()
	defer h.days.mu.Unlock()
	judgement := h.energy.judgementOf(m.key())
	if have := h.days.meters[m.key()]; have != nil && judgement > 0 && have.judgement == judgement && have.today.Equal(today) {
		return have
	}
	out := &meterDays{judgement: judgement, today: today}
	e := console.Energy{At: now, To: now}
	h.energy.describe(m.key(), &e)
	out.days = make([]meterDay, 0, len(e.Days))
	dj := h.degreeDays(m.site.WeatherStation)
	for _, d := range e.Days {
		x := meterDay{
			start: d.Day, span: d.Day.AddDate(0, 0, 1).Sub(d.Day), kwh: orNaN(d.KWh), expected: orNaN(d.Expected), low: orNaN(d.Low), high: orNaN(d.High), cusum: orNaN(d.CUSUM),
			coverage: d.Coverage, temperature: orNaN(d.Temperature), dj15: math.NaN(),
		}
		if v, ok := dj[d.Day.Format(time.DateOnly)]; ok {
			x.dj15 = v
		}
		out.days = append(out.days, x)
	}
	b := e.Baseline
	out.judged = b.Model != ""
	out.baseline = api.Baseline{
		Model: b.Model, Eligible: b.Eligible, Reason: b.Reason, From: b.From, To: b.To, Balance: b.Balance, Intercept: b.Intercept,
		Slope: b.Slope, R2: b.R2, CVRMSE: b.CVRMSE, ProvablePct: b.ProvablePct,
	}
	h.days.meters[m.key()] = out
	return out
}

// warmDays brings the table up to date, so that nobody waits for it: after a
// pass only the meters that were judged are computed.
func (h *Hub) warmDays(now time.Time) {
	for _, s := range h.sites {
		for _, m := range s.Meters {
			h.daysOf(metered{s, m}, now)
		}
	}
}

// judgementOf counts how often a meter was judged, 0 where it is not known.
func (e *energyRules) judgementOf(k meterKey) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	if ms := e.meters[k]; ms != nil {
		return ms.version
	}
	return 0
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

// times is a number times a factor, nil when one is not known.
func times(v *float64, factor float64, ok bool) *float64 {
	if v == nil || !ok {
		return nil
	}
	x := *v * factor
	return &x
}
