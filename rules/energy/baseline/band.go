package baseline

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// grain is the time that one value of a fit covers.
type grain int

const (
	daily grain = iota
	monthly
	hourly
)

// polynomial is the factor by which autocorrelation within the baseline widens
// the band of m values' total (Sun and Baltazar 2013, ASHRAE Guideline 14),
// the number of months of the reporting period being what it depends on.
func (g grain) polynomial(m int) float64 {
	switch g {
	case monthly:
		months := float64(m)
		return -0.00022*months*months + 0.03306*months + 0.94054
	case hourly:
		return 1.26
	default:
		months := float64(m) / daysPerMonth
		return -0.00024*months*months + 0.03535*months + 1.00286
	}
}

// leastCV is the CV(RMSE) below which days show no noise at all to tell an
// uncertainty from.
const leastCV = 1e-9

// ModelError is the standard deviation, relative to the expectation, by which a
// native baseline is off in another year although nothing happened: what the
// days of one year cannot show.
const ModelError = 0.02

// relativeBand returns the half-width of the 90 % band of m values' total as a
// fraction of m times the baseline's mean; NaN when nothing can be said.
func (k Metrics) relativeBand(g grain, m int) float64 {
	free := k.NPrime - float64(k.P)
	if m <= 0 || k.NPrime <= 0 || free <= 0 || k.CVRMSE < leastCV {
		return math.NaN()
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: free}.Quantile(0.95)
	return t * g.polynomial(m) * k.CVRMSE * math.Sqrt(float64(k.N)/k.NPrime*(1+2/k.NPrime)/float64(m))
}

// native returns the half-width in kWh of the 90 % band of m values' total of
// which so many kWh are expected. The noise is that of m mean values, or
// follows the expectation where that is more: on real meters neither alone
// holds in summer and in winter.
func (k Metrics) native(g grain, m int, expectedKWh float64) float64 {
	noise := k.relativeBand(g, m) * max(k.Mean*float64(m), expectedKWh)
	return math.Hypot(noise, Z90*ModelError*expectedKWh)
}

// ProvablePct returns the smallest change of one year's consumption, in per
// cent, that the baseline can prove with 90 % confidence; NaN when it can
// prove none.
func (b Baseline) ProvablePct() float64 {
	year := b.Metrics.Mean * DaysPerYear
	return 100 * b.BandKWh(DaysPerYear, year) / year
}

// BandKWh returns the half-width in kWh of the 90 % band of the difference
// between observed and expected consumption over so many days, of which so
// much is expected; NaN when the baseline can say none. A CalTRACK baseline
// counts the days as days of its mean, a native one adds [ModelError].
func (b Baseline) BandKWh(days int, expectedKWh float64) float64 {
	mean := b.Metrics.Mean * float64(days)
	switch {
	case b.grain == monthly:
		return b.Metrics.relativeBand(monthly, int(math.Round(float64(days)/daysPerBill))) * mean
	case b.Mode == CalTRACK:
		return b.Metrics.relativeBand(daily, days) * mean
	}
	return b.Metrics.native(daily, days, expectedKWh)
}

// Comparison sets a period's consumption against the baseline.
type Comparison struct {
	// Days counts the days that have both series.
	Days int
	// ObservedKWh and ExpectedKWh are the sums over those days; their
	// difference SavingKWh is positive when less was used than expected.
	ObservedKWh, ExpectedKWh, SavingKWh float64
	// BandKWh is the half-width of the 90 % band of the saving; the saving or
	// the excess is proven when it is larger.
	BandKWh float64
}

// FSU is the fractional savings uncertainty, the band relative to the saving.
func (c Comparison) FSU() float64 { return c.BandKWh / math.Abs(c.SavingKWh) }

// Compare sums observed and expected over the days that have a consumption
// and a temperature; other days are left out of both.
func (b Baseline) Compare(days []Day) Comparison {
	var c Comparison
	for i, e := range b.Expected(days) {
		if d := days[i]; !math.IsNaN(e) && usable(d, minCoverageCaltrack) {
			c.Days, c.ObservedKWh, c.ExpectedKWh = c.Days+1, c.ObservedKWh+d.KWh, c.ExpectedKWh+e
		}
	}
	c.SavingKWh = c.ExpectedKWh - c.ObservedKWh
	c.BandKWh = b.BandKWh(c.Days, c.ExpectedKWh)
	return c
}

// NormalYear is the consumption that a baseline expects of a year of given
// weather, such as the normal year of a place.
type NormalYear struct {
	// Days counts the days that have a temperature.
	Days int
	// KWh is what is expected of them, BandKWh the half-width of its 90 % band.
	KWh, BandKWh float64
}

// NormalYear sums what the baseline expects of days with a temperature; their
// consumption is not looked at. Factors have the value of the days' dates.
func (b Baseline) NormalYear(days []Day) NormalYear {
	var y NormalYear
	for _, e := range b.Expected(days) {
		if !math.IsNaN(e) {
			y.Days, y.KWh = y.Days+1, y.KWh+e
		}
	}
	y.BandKWh = b.BandKWh(y.Days, y.KWh)
	return y
}
