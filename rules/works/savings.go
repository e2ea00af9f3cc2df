package works

import (
	"math"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

const (
	// yearBefore is the length of the baseline before works, in days.
	yearBefore = 365
	// farthest is how many days ahead a proof is looked for.
	farthest = 730
)

// Why no saving can be told.
const (
	// ReasonOpen is that the works go on.
	ReasonOpen = "open"
	// ReasonKind is that the entry is not of works.
	ReasonKind = "kind"
	// ReasonEarly is that no day after their end is known.
	ReasonEarly = "early"
	// ReasonBaseline is that the year before them allows no baseline.
	ReasonBaseline = "baseline"
)

// Saving is what works have saved on one meter since their end, against the
// year before them (IPMVP option C). Sums are over the known days.
type Saving struct {
	Meter gtc.EquipmentID `json:"meter"`
	// Reason says why there is nothing to tell, Detail in which way; "" else.
	Reason string `json:"reason,omitempty"`
	Detail string `json:"detail,omitempty"`
	// BaselineFrom and BaselineTo are the first and the last day of the baseline,
	// Form is its form, BaselineDays the days fitted.
	BaselineFrom Day     `json:"baseline_from,omitempty"`
	BaselineTo   Day     `json:"baseline_to,omitempty"`
	BaselineDays int     `json:"baseline_days,omitempty"`
	Form         string  `json:"form,omitempty"`
	CVRMSE       float64 `json:"cvrmse,omitempty"`
	// From and To are the first and the last day after the works; Days counts
	// the known ones. The next works on the meter end them.
	From Day `json:"from,omitempty"`
	To   Day `json:"to,omitempty"`
	Days int `json:"days,omitempty"`

	ObservedKWh float64 `json:"observed_kwh"`
	ExpectedKWh float64 `json:"expected_kwh"`
	// SavingKWh is expected less observed, BandKWh the half-width of its 90 %
	// band; the Pct are of the expected consumption.
	SavingKWh float64 `json:"saving_kwh"`
	BandKWh   float64 `json:"band_kwh"`
	SavingPct float64 `json:"saving_pct"`
	BandPct   float64 `json:"band_pct"`
	// FSU is the fractional savings uncertainty, band by saving; nil without a
	// saving.
	FSU *float64 `json:"fsu,omitempty"`
	// Proven is that the saving, or the excess, is larger than its band.
	Proven bool `json:"proven"`
	// MoreDays is how many more known days at the same rate would prove it; 0
	// when it is proven, −1 when two years would not.
	MoreDays int `json:"more_days"`
	// YearKWh is the saving of a year like the baseline's.
	YearKWh float64 `json:"year_kwh"`
}

// Prepare returns days as a baseline or the detector may see them: those inside
// works are absent, and non-routine adjustments are taken out of the
// consumption. Expect tells what the baseline expects of a day; without it a
// relative adjustment divides. The register is one site's; what is given is not
// changed.
func (r Register) Prepare(meter gtc.EquipmentID, days []baseline.Day, expect func(baseline.Day) (float64, bool)) []baseline.Day {
	if len(r.Entries) == 0 {
		return days
	}
	out := slices.Clone(days)
	for i := range out {
		d := &out[i]
		if !d.HasKWh {
			continue
		}
		date := DayOf(d.Date)
		if r.Excludes(meter, date) {
			d.HasKWh, d.KWh, d.Coverage = false, 0, 0
			continue
		}
		kwh, share := r.Adjustment(meter, date)
		if kwh == 0 && share == 0 {
			continue
		}
		if e, ok := expected(expect, *d); ok {
			d.KWh -= kwh + share*e
		} else if share > -1 {
			d.KWh = (d.KWh - kwh) / (1 + share)
		}
		d.KWh = math.Max(0, d.KWh)
	}
	return out
}

func expected(expect func(baseline.Day) (float64, bool), d baseline.Day) (float64, bool) {
	if expect == nil {
		return 0, false
	}
	return expect(d)
}

// Judge tells what works have saved on a meter, of which the days are given in
// order of date. The baseline is fitted by the options but on the year before
// the works. The register is one site's.
func (r Register) Judge(e Entry, meter gtc.EquipmentID, o baseline.FitOptions, days []baseline.Day) Saving {
	s := Saving{Meter: meter}
	switch {
	case e.Kind != Works || !e.Touches(meter):
		s.Reason = ReasonKind
		return s
	case e.To == "":
		s.Reason = ReasonOpen
		return s
	}
	b, ok := r.before(&s, e, o, days)
	if !ok {
		return s
	}
	after := r.after(e, meter, days)
	clean := r.Prepare(meter, after, func(d baseline.Day) (float64, bool) { x, ok := b.Predict(d); return x.KWh, ok })
	c := b.Compare(clean)
	if c.Days == 0 {
		s.Reason = ReasonEarly
		return s
	}
	s.From, s.To, s.Days = DayOf(after[0].Date), DayOf(after[len(after)-1].Date), c.Days
	s.ObservedKWh, s.ExpectedKWh, s.SavingKWh, s.BandKWh = c.ObservedKWh, c.ExpectedKWh, c.SavingKWh, c.BandKWh
	if math.IsNaN(s.BandKWh) {
		s.Reason, s.Detail, s.BandKWh = ReasonBaseline, "its days tell no uncertainty", 0
		return s
	}
	if s.ExpectedKWh > 0 {
		s.SavingPct, s.BandPct = 100*s.SavingKWh/s.ExpectedKWh, 100*s.BandKWh/s.ExpectedKWh
		s.YearKWh = s.SavingPct / 100 * b.Metrics.Mean * baseline.DaysPerYear
	}
	if s.SavingKWh != 0 {
		fsu := s.BandKWh / math.Abs(s.SavingKWh)
		s.FSU = &fsu
	}
	s.Proven = math.Abs(s.SavingKWh) > s.BandKWh
	s.MoreDays = moreDays(b, s)
	return s
}

// before fits the baseline of the year before the works.
func (r Register) before(s *Saving, e Entry, o baseline.FitOptions, days []baseline.Day) (baseline.Baseline, bool) {
	if len(days) == 0 {
		s.Reason = ReasonBaseline
		return baseline.Baseline{}, false
	}
	to := e.From.Time(days[0].Date.Location())
	o.From, o.To = to.AddDate(0, 0, -yearBefore), to
	b, err := baseline.Fit(r.Prepare(s.Meter, days, nil), o)
	switch {
	case err != nil:
		s.Reason, s.Detail = ReasonBaseline, err.Error()
		return b, false
	case !b.Judgeable:
		s.Reason, s.Detail = ReasonBaseline, b.Reason
		return b, false
	}
	s.BaselineFrom, s.BaselineTo, s.BaselineDays = DayOf(b.From), DayOf(b.To.AddDate(0, 0, -1)), b.Metrics.N
	s.Form, s.CVRMSE = b.Model, b.Metrics.CVRMSE
	return b, true
}

// after returns the days after the works up to the next works on the meter.
func (r Register) after(e Entry, meter gtc.EquipmentID, days []baseline.Day) []baseline.Day {
	next := Day("")
	for _, o := range r.Entries {
		if o.ID != e.ID && o.Kind == Works && o.Touches(meter) && o.From > e.From && (o.To == "" || o.To > e.To) && (next == "" || o.From < next) {
			next = o.From
		}
	}
	var out []baseline.Day
	for _, d := range days {
		if day := DayOf(d.Date); day > e.To && (next == "" || day < next) {
			out = append(out, d)
		}
	}
	return out
}

// moreDays looks for the number of days from which the saving would be proven
// if it went on at the rate of the days so far.
func moreDays(b baseline.Baseline, s Saving) int {
	if s.Proven {
		return 0
	}
	rate, due := math.Abs(s.SavingKWh)/float64(s.Days), s.ExpectedKWh/float64(s.Days)
	for m := s.Days + 1; m <= s.Days+farthest; m++ {
		if rate*float64(m) > b.BandKWh(m, due*float64(m)) {
			return m - s.Days
		}
	}
	return -1
}

// ModelOf describes a baseline to keep beside the one that takes its place, nil
// for an empty one.
func ModelOf(b baseline.Baseline) *Model {
	if len(b.Segments) == 0 {
		return nil
	}
	m := &Model{
		From: DayOf(b.From), To: DayOf(b.To.AddDate(0, 0, -1)), Form: b.Model, Intercept: b.Whole.Intercept, Slope: b.Whole.Heating,
		R2: b.Metrics.R2, CVRMSE: b.Metrics.CVRMSE, Days: b.Metrics.N, KWhPerDay: b.Metrics.Mean,
	}
	if b.Whole.Heating != 0 {
		m.BalanceC = b.Whole.HeatingBP
	}
	return m
}

// Period returns the moved baseline period at midnights of a calendar.
func (m Move) Period(loc *time.Location) gtc.Period {
	return gtc.Period{From: m.From.Time(loc), To: m.To.Next().Time(loc)}
}
