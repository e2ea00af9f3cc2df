package baseline

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/cpas-charleroi/gtc"
)

// ModelTOWT is the form of an hourly baseline: time of week and temperature.
const ModelTOWT = "towt"

// The time-of-week-and-temperature model.
const (
	weekHours = 168
	// minHours is the least number of hours on which anything is fitted, four
	// weeks.
	minHours = 4 * weekHours
	// minBinHours is the least number of hours of a temperature bin.
	minBinHours = 20
	// occupiedShare is the share of hours above the plain model from which an
	// hour of the week is an occupied one.
	occupiedShare = 0.65
	// The balance points in °F of the plain model that tells occupied hours.
	occupiedHeatF, occupiedCoolF = 50, 65
	// minBaselineHours is nine tenths of a year.
	minBaselineHours = 24 * minBaselineDays
)

// ErrFewHours says that no hourly baseline can be fitted at all.
var ErrFewHours = errors.New("fit hourly baseline: fewer than four weeks of hours have both a consumption and a temperature")

// Hour is the consumption and the outdoor temperature of one hour.
type Hour struct {
	// Start is in the time zone of the building, whose week counts.
	Start time.Time
	// KWh is the consumption, Temp the mean outdoor temperature in °C.
	KWh, Temp float64
}

// Hourly is a fitted model of hourly consumption: a value for each hour of the
// week plus, for occupied and for other hours of the week apart, a slope for
// each part of the temperature that lies in a bin.
type Hourly struct {
	Carrier  gtc.Carrier
	From, To time.Time
	// Occupied are the hours of the week, from Sunday 0 h, that are occupied.
	Occupied [weekHours]bool
	// Week are the values of the hours of the week in kWh.
	Week [weekHours]float64
	// Modes are the slopes of unoccupied and of occupied hours.
	Modes [2]Bins
	// Metrics count hours, Daily the sums of whole days.
	Metrics, Daily Metrics
	// Eligible and Reason are as for a [Baseline].
	Eligible bool
	Reason   string
}

// Bins is a temperature, piecewise linear.
type Bins struct {
	// Ends are the upper ends in °C of all bins but the last, rising.
	Ends []float64
	// Slopes are in kWh/°C, one for each bin.
	Slopes []float64
}

// parts divides a temperature among bins: what of it lies in each.
func parts(ends []float64, t float64, out []float64) {
	low := math.Inf(-1)
	for i := range out {
		high := math.Inf(1)
		if i < len(ends) {
			high = ends[i]
		}
		out[i] = math.Min(t, high)
		if i > 0 {
			out[i] = math.Max(0, out[i]-low)
		}
		low = high
	}
}

// hourOfWeek counts from Sunday 0 h.
func hourOfWeek(t time.Time) int { return 24*int(t.Weekday()) + t.Hour() }

// FitHourly fits a time-of-week-and-temperature model. Of the options the
// carrier, the limits, the calendar and the excluded spans count; public
// holidays are taken for Sundays. Hours without a number and negative ones are
// left out.
func FitHourly(hours []Hour, o FitOptions) (Hourly, error) {
	used := slices.Clone(hours)
	used = slices.DeleteFunc(used, func(h Hour) bool {
		return !inside(h.Start, o.From, o.To) || math.IsNaN(h.KWh) || math.IsNaN(h.Temp) || h.KWh < 0 || excludes(o.Exclude, h.Start)
	})
	slices.SortStableFunc(used, func(a, b Hour) int { return a.Start.Compare(b.Start) })
	if len(used) < minHours {
		return Hourly{}, ErrFewHours
	}
	m := fitTOWT(used, nil)
	m.Carrier, m.From, m.To = o.Carrier, used[0].Start, used[len(used)-1].Start.Add(time.Hour)
	m.measure(used)
	m.judge()
	return m, nil
}

func excludes(spans []gtc.Period, t time.Time) bool {
	return slices.ContainsFunc(spans, func(p gtc.Period) bool { return inside(t, p.From, p.To) })
}

// Expected returns what is expected of an hour in kWh, not below zero.
func (m Hourly) Expected(start time.Time, temp float64) float64 {
	w := weekHour(start)
	b := m.Modes[bit(m.Occupied[w])]
	x := make([]float64, len(b.Slopes))
	parts(b.Ends, temp, x)
	e := m.Week[w]
	for i, v := range x {
		e += b.Slopes[i] * v
	}
	return math.Max(0, e)
}

// weekHour is the hour of the week, that of Sunday on a public holiday.
func weekHour(t time.Time) int {
	if Holiday(t) {
		return t.Hour()
	}
	return hourOfWeek(t)
}

// fitTOWT fits the model with a weight for each hour, all alike if nil.
func fitTOWT(hours []Hour, weight func(i int) float64) Hourly {
	var m Hourly
	m.Occupied = occupied(hours)
	for mode := range m.Modes {
		var temps []float64
		for _, h := range hours {
			if m.Occupied[weekHour(h.Start)] == (mode == 1) {
				temps = append(temps, h.Temp)
			}
		}
		m.Modes[mode].Ends = binEnds(temps)
	}
	for mode := range m.Modes {
		m.fitMode(mode == 1, hours, weight)
	}
	return m
}

// occupied tells the hours of the week that lie above a plain model of
// temperature on most days.
func occupied(hours []Hour) (out [weekHours]bool) {
	points := make([]point, len(hours))
	for i, h := range hours {
		points[i] = point{h.Temp, h.KWh}
	}
	slices.SortFunc(points, byTemperature)
	s := newSums(points, nil)
	plain := s.twoKnees(s.heating(celsius(occupiedHeatF)), s.cooling(celsius(occupiedCoolF)))
	if plain.Model == "" {
		plain = s.flat()
	}
	var above, all [weekHours]int
	for _, h := range hours {
		w := weekHour(h.Start)
		all[w]++
		above[w] += bit(h.KWh > plain.At(h.Temp))
	}
	for w := range out {
		out[w] = float64(above[w]) > occupiedShare*float64(all[w])
	}
	return out
}

// binEnds returns the ends of the temperature bins that have enough hours.
func binEnds(temps []float64) []float64 {
	slices.Sort(temps)
	var ends []float64
	from := 0
	for _, f := range [...]float64{30, 45, 55, 65, 75, 90} {
		end := celsius(f)
		to, _ := slices.BinarySearch(temps, end)
		if to-from >= minBinHours && len(temps)-to >= minBinHours {
			ends, from = append(ends, end), to
		}
	}
	return ends
}

// fitMode fits the hours of one mode: the values of the hours of the week are
// taken out of both sides first (Frisch and Waugh), so that only the slopes
// are solved for.
func (m *Hourly) fitMode(mode bool, hours []Hour, weight func(i int) float64) {
	b := &m.Modes[bit(mode)]
	k := len(b.Ends) + 1
	var n [weekHours]float64
	var sum [weekHours][]float64 // of the parts and of the consumption
	x := make([]float64, k+1)
	each := func(f func(w int, weight float64)) {
		for i, h := range hours {
			w := weekHour(h.Start)
			if m.Occupied[w] != mode {
				continue
			}
			v := 1.0
			if weight != nil {
				v = weight(i)
			}
			if v > 0 {
				parts(b.Ends, h.Temp, x[:k])
				x[k] = h.KWh
				f(w, v)
			}
		}
	}
	each(func(w int, v float64) {
		if sum[w] == nil {
			sum[w] = make([]float64, k+1)
		}
		n[w] += v
		for c, xc := range x {
			sum[w][c] += v * xc
		}
	})
	a, y := mat.NewSymDense(k, nil), mat.NewVecDense(k, nil)
	each(func(w int, v float64) {
		for c := range x {
			x[c] -= sum[w][c] / n[w]
		}
		for r := range k {
			y.SetVec(r, y.AtVec(r)+v*x[r]*x[k])
			for c := r; c < k; c++ {
				a.SetSym(r, c, a.At(r, c)+v*x[r]*x[c])
			}
		}
	})
	slopes, ok := solve(a, y)
	if !ok {
		b.Ends, slopes = nil, make([]float64, 1) // no temperature tells anything
		k = 1
	}
	b.Slopes = slopes
	for w := range m.Week {
		if n[w] > 0 {
			e := sum[w][len(sum[w])-1]
			for c, slope := range slopes {
				e -= slope * sum[w][c]
			}
			m.Week[w] = e / n[w]
		}
	}
}

// measure judges the fit on its own hours.
func (m *Hourly) measure(hours []Hour) {
	k := Metrics{N: len(hours)}
	for _, h := range hours {
		k.Total += h.KWh
	}
	k.Mean = k.Total / float64(k.N)
	rest := make([]float64, len(hours))
	bias := 0.0
	for i, h := range hours {
		e := m.Expected(h.Start, h.Temp)
		rest[i] = h.KWh - e
		bias += e - h.KWh
		k.SSE += rest[i] * rest[i]
		k.SST += (h.KWh - k.Mean) * (h.KWh - k.Mean)
	}
	slopes := len(m.Modes[0].Slopes) + len(m.Modes[1].Slopes)
	k.P = slopes + weekHours - 1
	if k.SST > 0 {
		k.R2 = 1 - k.SSE/k.SST
		k.R2Adj = adjusted(k.R2, k.N, k.P)
	}
	if k.Total > 0 && k.N > k.P+1 {
		k.CVRMSE, k.NMBE = math.Sqrt(k.SSE/float64(k.N-k.P-1))/k.Mean, bias/k.Total
	}
	k.Rho = lagOne(rest)
	k.NPrime = effectiveDays(k.N, k.Rho)
	m.Metrics = k
	m.Daily = measureDays(hours, rest)
	m.Daily.P = slopes
}

// measureDays judges the sums of the days of which at most an hour is absent.
func measureDays(hours []Hour, rest []float64) Metrics {
	var k Metrics
	var sums []float64
	for i := 0; i < len(hours); {
		day, n, sum, total := dayNumber(hours[i].Start), 0, 0.0, 0.0
		for ; i < len(hours) && dayNumber(hours[i].Start) == day; i++ {
			n, sum, total = n+1, sum+rest[i], total+hours[i].KWh
		}
		if n >= 23 {
			sums = append(sums, sum)
			k.SSE, k.Total = k.SSE+sum*sum, k.Total+total
		}
	}
	if k.N = len(sums); k.N > 0 && k.Total > 0 {
		k.Mean = k.Total / float64(k.N)
		k.CVRMSE = math.Sqrt(k.SSE/float64(k.N)) / k.Mean
		k.Rho = lagOne(sums)
		k.NPrime = effectiveDays(k.N, k.Rho)
	}
	return k
}

// judge decides whether the model may be used.
func (m *Hourly) judge() {
	switch k := m.Metrics; {
	case k.N < minBaselineHours:
		m.Reason = fmt.Sprintf("too few hours: %d of the %d needed", k.N, minBaselineHours)
	case k.Mean <= 0:
		m.Reason = "no consumption"
	case m.Daily.CVRMSE > BrokenCV:
		m.Reason = fmt.Sprintf("broken series: CV(RMSE) of the days is %.0f %%", 100*m.Daily.CVRMSE)
	default:
		m.Eligible = true
	}
}

// Compare sums observed and expected over hours. The band is the wider of that
// of hours and that of their days' sums: successive hours resemble one another
// more than the formula for hours knows.
func (m Hourly) Compare(hours []Hour) Comparison {
	var c Comparison
	n := 0
	for _, h := range hours {
		if !math.IsNaN(h.KWh) && !math.IsNaN(h.Temp) {
			c.ObservedKWh, c.ExpectedKWh = c.ObservedKWh+h.KWh, c.ExpectedKWh+m.Expected(h.Start, h.Temp)
			n++
		}
	}
	c.Days = n / 24
	c.SavingKWh = c.ExpectedKWh - c.ObservedKWh
	c.BandKWh = m.band(n, c.ExpectedKWh)
	return c
}

// ProvablePct returns the smallest change of one year's consumption, in per
// cent, that the model can prove with 90 % confidence; NaN when it can prove
// none.
func (m Hourly) ProvablePct() float64 {
	year := m.Metrics.Mean * 24 * DaysPerYear
	return 100 * m.band(24*DaysPerYear, year) / year
}

// band is the half-width in kWh of the 90 % band of so many hours' total.
func (m Hourly) band(hours int, expectedKWh float64) float64 {
	days := m.Daily.native(daily, hours/24, expectedKWh)
	if b := m.Metrics.native(hourly, hours, expectedKWh); b > days {
		return b
	}
	return days
}
