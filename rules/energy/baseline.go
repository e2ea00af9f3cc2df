package energy

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
	// N counts the days fitted, SSE is their sum of squared residuals.
	N   int
	SSE float64
}

// Metrics judge a fit. Ratios are fractions, not per cent.
type Metrics struct {
	// N is the number of days, P the number of slopes.
	N, P int
	// Mean is the mean consumption in kWh a day.
	Mean float64
	// SSE is the sum of squared residuals, SST that about the mean.
	SSE, SST float64
	R2, R2Adj,
	CVRMSE, NMBE float64
	// Rho is the correlation of residuals of successive days.
	Rho float64
	// NPrime is the number of independent days that N days are worth.
	NPrime float64
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
	// Split names the grouping: "none", "week", "season" or "season+week".
	Split   string
	Metrics Metrics
	// Eligible says that the baseline may serve to normalise and to prove;
	// Reason says why not, or what to know.
	Eligible bool
	Reason   string
	// Judgeable says that drift can be judged against it even if the
	// consumption does not follow the weather.
	Judgeable bool

	judge *judgement
}

// Expectation is the consumption expected of one day in kWh, with the limits
// of its 90 % band.
type Expectation struct{ KWh, Low, High float64 }

// z90 is the two-sided 90 % point of the normal distribution.
const z90 = 1.6448536269514722

// Predict returns what the baseline expects of a day, which is what drift is
// judged by: a native baseline follows the weekday when it is split by it and
// its own year's departure from the model smoothly through the seasons. It is
// false when the day has no temperature or the baseline is empty. The
// consumption of the day is not looked at.
func (b Baseline) Predict(d Day) (Expectation, bool) {
	if b.judge == nil || !d.HasTemp {
		return Expectation{}, false
	}
	return b.judge.model().expect(d), true
}

// at returns the model's value at a temperature.
func (s Segment) at(t float64) float64 {
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
	if o.Mode == "" {
		o.Mode = Native
	}
	if o.Mode != Native && o.Mode != CalTRACK {
		return Baseline{}, fmt.Errorf("fit baseline: mode %q is unknown", o.Mode)
	}
	s, err := selectDays(days, o)
	if err != nil {
		return Baseline{}, err
	}
	b := Baseline{Mode: o.Mode, Carrier: o.Carrier, Split: splitNone}
	b.From, b.To = s.days[0].Date, s.days[len(s.days)-1].Date.AddDate(0, 0, 1)
	if o.Mode == CalTRACK {
		b.Whole = fitCaltrack(s.points, cools(o.Carrier))
		b.Segments = []Segment{b.Whole}
	} else {
		fitNative(&b, s)
	}
	b.Model = b.Whole.Model
	b.Metrics = measure(b, s)
	b.judge = &judgement{base: b, days: s}
	judge(&b, s)
	return b, nil
}

// cools reports whether a carrier's consumption can rise with temperature.
func cools(c gtc.Carrier) bool { return c == gtc.CarrierElectricity }
