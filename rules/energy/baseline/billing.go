package baseline

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// CalTRACK 2.0 billing: what a period needs.
const (
	shortestBill = 25
	// longestMonthly and longestBill are the days of the longest period of a
	// monthly and of a bimonthly account.
	longestMonthly, longestBill = 35, 70
	// minBillTemps is the share of a period's days that need a temperature.
	minBillTemps = 0.9
	// minBills is the least number of periods on which anything is fitted.
	minBills = 6
	// monthlyGap is the median distance in days from which rows are periods.
	monthlyGap = 20
	// daysPerBill is the mean length of a month.
	daysPerBill = DaysPerYear / 12.0
)

// ErrFewBills says that no billing baseline can be fitted at all.
var ErrFewBills = errors.New("fit billing baseline: fewer than 6 periods have 25 to 70 days and their temperatures")

// Bill is the consumption of a period between two readings.
type Bill struct {
	// From is the first day, To the day after the last.
	From, To time.Time
	KWh      float64
	// Estimated says that the reading at the end was not one: the period is
	// merged with those after it up to a real reading.
	Estimated bool
}

// days is the length of the period.
func (b Bill) days() int { return dayNumber(b.To) - dayNumber(b.From) }

// Bills takes rows of which only some have a consumption for periods: each
// reaches from its day up to the next one that has a consumption, the last to
// the end of its calendar month or to the last row, if that is later. Where
// only those rows have a temperature it is that of all days of the period. It
// is false when the rows are days.
func Bills(days []Day) (bills []Bill, temps []Day, ok bool) {
	var metered []Day
	known := 0
	for _, d := range days {
		known += bit(d.HasTemp)
		if d.HasKWh {
			metered = append(metered, d)
		}
	}
	if len(metered) < 2 {
		return nil, nil, false
	}
	gaps := make([]int, 0, len(metered)-1)
	for i, d := range metered[1:] {
		gaps = append(gaps, dayNumber(d.Date)-dayNumber(metered[i].Date))
	}
	slices.Sort(gaps)
	if gaps[len(gaps)/2] < monthlyGap {
		return nil, nil, false
	}
	for i, d := range metered {
		end := d.Date.AddDate(0, 1, 0)
		if i+1 < len(metered) {
			end = metered[i+1].Date
		} else if last := days[len(days)-1].Date.AddDate(0, 0, 1); last.After(end) {
			end = last
		}
		bills = append(bills, Bill{From: d.Date, To: end, KWh: d.KWh})
		for at := d.Date; known <= len(metered) && d.HasTemp && at.Before(end); at = at.AddDate(0, 0, 1) {
			temps = append(temps, Day{Date: at, Temp: d.Temp, HasTemp: true})
		}
	}
	if known > len(metered) {
		temps = days
	}
	return bills, temps, true
}

// bill is a period as the regression sees it.
type bill struct {
	temps  []float64
	perDay float64 // mean consumption in kWh a day
	weight float64 // its days
}

// FitBilling fits CalTRACK's billing model: mean daily consumption of each
// period on the mean of its days' degree-days, weighted by its days. The days
// give the temperatures; of the options the carrier and the limits count. The
// baseline's metrics count periods. It predicts sums of days and no single
// day: [Baseline.Predict] has no answer.
func FitBilling(bills []Bill, temps []Day, o FitOptions) (Baseline, error) {
	o.Mode = CalTRACK
	b := newBaseline(o)
	b.grain = monthly
	kept, notes := keepBills(merge(bills), o)
	known := temperatures(temps, time.Time{}, time.Time{})
	var rows []bill
	days := 0
	for _, k := range kept {
		r := bill{weight: float64(k.days()), perDay: k.KWh / float64(k.days())}
		for at := k.From; at.Before(k.To); at = at.AddDate(0, 0, 1) {
			if t, ok := known[dayNumber(at)]; ok {
				r.temps = append(r.temps, t)
			}
		}
		if float64(len(r.temps)) < minBillTemps*r.weight {
			notes.cold++
			continue
		}
		if rows = append(rows, r); len(rows) == 1 {
			b.From = k.From
		}
		b.To, days = k.To, days+k.days()
	}
	if len(rows) < minBills {
		return Baseline{}, ErrFewBills
	}
	b.Whole = fitBills(rows, cools(o.Carrier))
	b.Model, b.Segments = b.Whole.Model, []Segment{b.Whole}
	b.Metrics = measureBills(b.Whole, rows)
	b.Compatible = Compatible{Whole: b.Whole, R2Adj: b.Metrics.R2Adj, CVRMSE: b.Metrics.CVRMSE}
	b.judgeBills(days, notes)
	return b, nil
}

// dropped counts the periods left out.
type dropped struct{ short, long, cold, negative int }

// String names what was left out, "" for nothing.
func (d dropped) String() string {
	var out []string
	add := func(n int, what string) {
		if n > 0 {
			out = append(out, fmt.Sprintf("%d %s %s left out", n, plural(n), what))
		}
	}
	add(d.short, "under 25 days")
	add(d.long, "too long")
	add(d.cold, "with too few temperatures")
	add(d.negative, "below zero")
	return strings.Join(out, ", ")
}

func plural(n int) string {
	if n == 1 {
		return "period"
	}
	return "periods"
}

// merge puts estimated periods together with those after them.
func merge(bills []Bill) []Bill {
	bills = slices.Clone(bills)
	slices.SortStableFunc(bills, func(a, b Bill) int { return a.From.Compare(b.From) })
	var out []Bill
	for _, b := range bills {
		if n := len(out); n > 0 && out[n-1].Estimated && out[n-1].To.Equal(b.From) {
			out[n-1].To, out[n-1].Estimated = b.To, b.Estimated
			out[n-1].KWh += b.KWh
			continue
		}
		out = append(out, b)
	}
	return out
}

// keepBills leaves out the periods that CalTRACK does not fit.
func keepBills(bills []Bill, o FitOptions) (kept []Bill, d dropped) {
	lengths := make([]int, 0, len(bills))
	for _, b := range bills {
		lengths = append(lengths, b.days())
	}
	slices.Sort(lengths)
	longest := longestMonthly
	if len(lengths) > 0 && lengths[len(lengths)/2] > longestMonthly {
		longest = longestBill
	}
	for _, b := range bills {
		switch n := b.days(); {
		case !inside(b.From, o.From, o.To) || !o.To.IsZero() && b.To.After(o.To):
		case b.KWh < 0:
			d.negative++
		case n < shortestBill:
			d.short++
		case n > longest, b.Estimated:
			d.long++
		default:
			kept = append(kept, b)
		}
	}
	return kept, d
}

// judgeBills decides whether a billing baseline may be used.
func (b *Baseline) judgeBills(days int, notes dropped) {
	b.Reason = notes.String()
	why := ""
	switch m := b.Metrics; {
	case days < minBaselineDays:
		why = fmt.Sprintf("too few days: periods of %d days of the %d needed", days, minBaselineDays)
	case m.Mean <= 0:
		why = "no consumption"
	case m.CVRMSE > BrokenCV:
		why = fmt.Sprintf("broken series: CV(RMSE) is %.0f %%", 100*m.CVRMSE)
	default:
		if why = notWeather(*b); why != "" {
			why = "not weather-driven: " + why
		}
	}
	b.Eligible = why == ""
	if why != "" {
		b.Reason = strings.TrimSuffix(why+" ("+b.Reason+")", " ()")
	}
}

// fitBills returns the qualified candidate with the highest adjusted R².
func fitBills(rows []bill, cooling bool) Segment {
	mean, weights := 0.0, 0.0
	for _, r := range rows {
		mean, weights = mean+r.weight*r.perDay, weights+r.weight
	}
	best := Segment{Name: "all", Model: ModelFlat, Intercept: mean / weights, N: len(rows)}
	best.SSE = sseBills(best, rows)
	sst, bestR2 := best.SSE, 0.0
	consider := func(c Segment) {
		c, ok := c.fitBills(rows)
		if !ok || sst <= 0 {
			return
		}
		if r := adjusted(1-c.SSE/sst, len(rows), c.slopes()); r > bestR2+caltrackTie {
			best, bestR2 = c, r
		}
	}
	for h := caltrackLowF; h <= caltrackHighF; h++ {
		heat := celsius(float64(h))
		consider(Segment{Model: ModelHeating, Heating: 1, HeatingBP: heat})
		for c := caltrackLowF; cooling && c <= caltrackHighF; c++ {
			cool := celsius(float64(c))
			if h == caltrackLowF {
				consider(Segment{Model: ModelCooling, Cooling: 1, CoolingBP: cool})
			}
			if c >= h {
				consider(Segment{Model: ModelBoth, Heating: 1, HeatingBP: heat, Cooling: 1, CoolingBP: cool})
			}
		}
	}
	return best
}

// fitBills fits the coefficients of a form with given balance points; false
// when it does not qualify.
func (s Segment) fitBills(rows []bill) (Segment, bool) {
	var heat, cool float64
	x := make([][]float64, len(rows))
	y, w := make([]float64, len(rows)), make([]float64, len(rows))
	for i, r := range rows {
		h, c := r.degrees(s)
		heat, cool = heat+h*r.weight, cool+c*r.weight
		x[i] = []float64{1}
		if s.Heating != 0 {
			x[i] = append(x[i], h)
		}
		if s.Cooling != 0 {
			x[i] = append(x[i], c)
		}
		y[i], w[i] = r.perDay, r.weight
	}
	if s.Heating != 0 && heat*9/5 < caltrackMinTotalF || s.Cooling != 0 && cool*9/5 < caltrackMinTotalF {
		return s, false
	}
	beta, ok := leastSquares(x, y, w)
	if !ok {
		return s, false
	}
	s.Name, s.N, s.Intercept = "all", len(rows), beta[0]
	next := 1
	for _, slope := range []*float64{&s.Heating, &s.Cooling} {
		if *slope != 0 {
			*slope = beta[next]
			next++
		}
	}
	s.SSE = sseBills(s, rows)
	return s, s.Intercept >= 0 && s.Heating >= 0 && s.Cooling >= 0
}

// degrees are the mean degree-days of the days of a period.
func (r bill) degrees(s Segment) (heating, cooling float64) {
	for _, t := range r.temps {
		heating += math.Max(0, s.HeatingBP-t)
		cooling += math.Max(0, t-s.CoolingBP)
	}
	n := float64(len(r.temps))
	return heating / n, cooling / n
}

// expected is the mean daily consumption that a model expects of a period.
func (r bill) expected(s Segment) float64 {
	h, c := r.degrees(s)
	return s.Intercept + s.Heating*h + s.Cooling*c
}

// sseBills is the weighted sum of squares.
func sseBills(s Segment, rows []bill) float64 {
	sum := 0.0
	for _, r := range rows {
		e := r.perDay - r.expected(s)
		sum += r.weight * e * e
	}
	return sum
}

// measureBills judges the fit by the mean daily consumption of the periods.
// Months are taken for independent (ASHRAE Guideline 14).
func measureBills(s Segment, rows []bill) Metrics {
	m := Metrics{N: len(rows), P: s.slopes(), NPrime: float64(len(rows))}
	var weights, sse, sst, bias float64
	for _, r := range rows {
		m.Mean, weights = m.Mean+r.weight*r.perDay, weights+r.weight
	}
	m.Total = m.Mean
	m.Mean /= weights
	plain, rest := 0.0, make([]float64, len(rows))
	for i, r := range rows {
		e := r.perDay - r.expected(s)
		rest[i] = e
		m.SSE += e * e
		bias -= r.weight * e
		sse, sst = sse+r.weight*e*e, sst+r.weight*(r.perDay-m.Mean)*(r.perDay-m.Mean)
		plain += r.perDay / float64(len(rows))
	}
	m.SST = sst
	if sst > 0 {
		m.R2 = 1 - sse/sst
		m.R2Adj = adjusted(m.R2, m.N, m.P)
	}
	if plain > 0 && m.N > m.P {
		m.CVRMSE = math.Sqrt(m.SSE/float64(m.N-m.P)) / plain
		m.NMBE = bias / m.Total
	}
	m.Rho = lagOne(rest)
	return m
}
