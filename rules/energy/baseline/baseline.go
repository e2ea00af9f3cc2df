package baseline

import (
	"fmt"
	"math"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Mode is the way a baseline is fitted.
type Mode string

// The modes: native finds the balance point continuously, chooses by an
// information criterion and may split the week and the seasons; caltrack is
// CalTRACK 2.0 daily, for comparison with other programs.
const (
	Native   Mode = "native"
	CalTRACK Mode = "caltrack"
)

// The forms of a model, named as CalTRACK names them.
const (
	ModelFlat    = "intercept_only"
	ModelHeating = "hdd_only"
	ModelCooling = "cdd_only"
	ModelBoth    = "cdd_hdd"
	// ModelLinear is a straight line (2P), ModelTwoSlopes one balance point
	// with a slope of its own on each side (4P); CalTRACK has neither.
	ModelLinear    = "linear"
	ModelTwoSlopes = "two_slopes"
)

// Day is the consumption and the outdoor temperature of one calendar day.
type Day struct {
	// Date is midnight at the start of the day.
	Date time.Time
	// KWh is the day's consumption, absent unless HasKWh.
	KWh float64
	// Temp is the day's mean outdoor temperature in °C, absent unless HasTemp.
	Temp            float64
	HasKWh, HasTemp bool
	// Coverage is the metered part of the day, 0 to 1.
	Coverage float64
}

// FitOptions says how to fit.
type FitOptions struct {
	// Mode is Native if empty.
	Mode Mode
	// Carrier decides the forms: gas, heat and oil have no cooling.
	Carrier gtc.Carrier
	// From (included) and To (excluded) limit the days; zero means no limit.
	From, To time.Time
	// Calendar says when the building is used; nil when that is not known.
	// Native only.
	Calendar *Calendar
	// Factors are what the consumption follows beside the weather.
	Factors []Factor
	// Exclude are spans whose days are not fitted, such as works.
	Exclude []gtc.Period

	features features
}

// features leave out parts of the native fit, to tell what each is worth.
type features struct{ noLag, noHolidays, noRobust bool }

// lags are the inertias looked at, the first being none.
func (o FitOptions) lags() []float64 {
	if o.features.noLag {
		return []float64{0}
	}
	return []float64{0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8}
}

// splits are the groupings looked at beside none.
func (o FitOptions) splits() []string {
	out := []string{splitWeek, splitSeason, splitBoth}
	if !o.features.noHolidays {
		out = append(out, splitOff, splitSunday, splitDays, splitSeasonOff)
	}
	if o.Calendar.given() {
		out = append(out, splitOpen, splitVacant, splitSeasonOpen)
	}
	return out
}

// Segment is the model of one group of days: Intercept + Heating·(HeatingBP −
// T)⁺ + Cooling·(T − CoolingBP)⁺ in kWh a day, slopes in kWh/(°C·d) and
// balance points in °C.
type Segment struct {
	// Name says which days: "all", "weekday", "weekend", "winter" …
	Name                 string
	Model                string
	Intercept            float64
	Heating, Cooling     float64
	HeatingBP, CoolingBP float64
	// Scaled says that there were too few days for more than a size of their
	// own: the model is that of all days times a factor.
	Scaled bool
	// N counts the days fitted, SSE is their sum of squared residuals.
	N   int
	SSE float64
}

// Metrics judge a fit. Ratios are fractions, not per cent.
type Metrics struct {
	// N is the number of days, or of periods of a billing baseline; P the
	// number of slopes.
	N, P int
	// Mean is the mean consumption in kWh a day, Total the whole in kWh.
	Mean, Total float64
	// SSE is the sum of squared residuals, SST that about the mean.
	SSE, SST float64
	R2, R2Adj,
	CVRMSE, NMBE float64
	// Rho is the correlation of residuals of successive days.
	Rho float64
	// NPrime is the number of independent days that N days are worth.
	NPrime float64
}

// Compatible is the CalTRACK model of the days of a baseline.
type Compatible struct {
	Whole Segment
	// R2Adj and CVRMSE are as CalTRACK counts them, fractions.
	R2Adj, CVRMSE float64
}

// Baseline is a fitted model of daily consumption. Its zero value predicts
// nothing.
type Baseline struct {
	Mode    Mode
	Carrier gtc.Carrier
	// From and To are the first day fitted and the day after the last.
	From, To time.Time
	// Model is the form of the whole, taken before any split.
	Model string
	// Whole is the model of all days together; Segments are the models used,
	// one named "all" when the days are not split.
	Whole    Segment
	Segments []Segment
	// Split names the grouping: "none", "week", "season", "season+week" …
	Split string
	// Lag is the thermal inertia a: the model's temperature is that of the day
	// and of the two before it, weighted 1, a and a². 0 is none.
	Lag float64
	// Robust says that days far from the model counted less in the last fit.
	Robust bool
	// Calendar and Factors are those of the fit, empty if none were given.
	Calendar *Calendar
	Factors  []Factor
	// Compatible is what CalTRACK would choose on the same days; that of a
	// CalTRACK baseline is its own model.
	Compatible Compatible
	// Excluded counts the days that were not to be fitted.
	Excluded int
	Metrics  Metrics
	// Eligible says that the baseline may serve to normalise and to prove;
	// Reason says why not, or what to know.
	Eligible bool
	Reason   string
	// Judgeable says that drift can be judged against it even if the
	// consumption does not follow the weather.
	Judgeable bool
	// Shift is a change of level inside the baseline's own days that is worth
	// naming, nil for none.
	Shift *Shift

	grain  grain
	course *Course
	fitted fitted
}

// Expectation is the consumption expected of one day in kWh, with the limits
// of its 90 % band.
type Expectation struct{ KWh, Low, High float64 }

// Billing reports whether the baseline was fitted on periods and not on days.
func (b Baseline) Billing() bool { return b.grain == monthly }

// Z90 is the two-sided 90 % point of the normal distribution.
const Z90 = 1.6448536269514722

// Predict returns what the baseline expects of a day, which is what drift is
// judged by: a native baseline follows the weekday when it is split by it and
// its own year's departure from the model smoothly through the seasons. It is
// false when the day has no temperature or the baseline is empty. The
// consumption of the day is not looked at.
func (b Baseline) Predict(d Day) (Expectation, bool) {
	if b.course == nil || !d.HasTemp {
		return Expectation{}, false
	}
	return b.course.expect(d), true
}

// Days returns the days that the baseline was fitted on, in order of date.
func (b Baseline) Days() []Day { return b.fitted.list() }

// Course returns what the baseline expects through the year, nil for an empty
// baseline.
func (b Baseline) Course() *Course { return b.course }

// At returns the model's value in kWh a day at an outdoor temperature in °C.
func (s Segment) At(t float64) float64 {
	y := s.Intercept
	if s.Heating != 0 {
		y += s.Heating * math.Max(0, s.HeatingBP-t)
	}
	if s.Cooling != 0 {
		y += s.Cooling * math.Max(0, t-s.CoolingBP)
	}
	return y
}

// Fit fits a baseline on the days that have a consumption and a temperature.
// An error says that there is nothing to fit; a baseline that is not to be
// trusted is returned with Eligible false and the reason.
func Fit(days []Day, o FitOptions) (Baseline, error) {
	o = o.normal()
	if o.Mode != Native && o.Mode != CalTRACK {
		return Baseline{}, fmt.Errorf("fit baseline: mode %q is unknown", o.Mode)
	}
	for _, f := range o.Factors {
		if err := f.check(); err != nil {
			return Baseline{}, err
		}
	}
	s, err := selectDays(days, o)
	if err != nil {
		return Baseline{}, err
	}
	b := newBaseline(o)
	b.Excluded = s.excluded
	b.From, b.To = s.days[0].Date, s.days[len(s.days)-1].Date.AddDate(0, 0, 1)
	b.model(s, o)
	b.Model = b.Whole.Model
	b.Metrics = measure(b, s)
	b.fitted = newFitted(s.days)
	b.course = newCourse(b, s)
	b.Compatible = compatible(b, days, o)
	judge(&b, s)
	return b, nil
}

// compatible fits CalTRACK's model on the days that it would take.
func compatible(b Baseline, days []Day, o FitOptions) Compatible {
	if o.Mode == Native {
		o.Mode = CalTRACK
		s, err := selectDays(days, o)
		if err != nil {
			return Compatible{}
		}
		b = newBaseline(o)
		b.model(s, o)
		b.Metrics = measure(b, s)
	}
	return Compatible{Whole: b.Whole, R2Adj: b.Metrics.R2Adj, CVRMSE: b.Metrics.CVRMSE}
}

// newBaseline returns the baseline of options before anything is fitted.
func newBaseline(o FitOptions) Baseline {
	return Baseline{Mode: o.Mode, Carrier: o.Carrier, Split: splitNone, Calendar: o.Calendar, Factors: o.Factors}
}

// normal returns the options with what is not given filled in.
func (o FitOptions) normal() FitOptions {
	if o.Mode == "" {
		o.Mode = Native
	}
	return o
}

// model chooses and fits the models.
func (b *Baseline) model(s selection, o FitOptions) {
	if o.Mode == CalTRACK {
		b.Whole = fitCaltrack(s.points, cools(o.Carrier))
		b.Segments = []Segment{b.Whole}
		return
	}
	fitNative(b, s, o)
}

// value is what the models expect of a day.
func (b *Baseline) value(by grouping, d Day, r row) float64 {
	return factors(b.Factors).at(d.Date) * math.Max(0, b.Segments[by.of(d.Date)].At(r.temp(b.Lag)))
}

// GroupOf returns the name of the segment that a day belongs to.
func (b Baseline) GroupOf(day time.Time) string {
	by := groupingOf(b.Split, b.Calendar)
	return by.names[by.of(day)]
}

// Expected returns what the models expect of each day in kWh, NaN of a day
// without a temperature. The days before a day, where they are given, count
// for the thermal inertia. Unlike [Baseline.Predict] it knows the seasons and
// the days before, and not the baseline year's own departure from the model:
// it serves sums, not the watching of single days.
func (b Baseline) Expected(days []Day) []float64 {
	out := make([]float64, len(days))
	temps, by := temperatures(days, time.Time{}, time.Time{}), groupingOf(b.Split, b.Calendar)
	for i, d := range days {
		out[i] = math.NaN()
		if len(b.Segments) > 0 && d.HasTemp {
			out[i] = b.value(by, d, row{t: temps.felt(d)})
		}
	}
	return out
}

// cools reports whether a carrier's consumption can rise with temperature.
func cools(c gtc.Carrier) bool { return c == gtc.CarrierElectricity }
