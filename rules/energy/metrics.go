package energy

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// daysPerMonth is the length of a month in the uncertainty's polynomial.
const daysPerMonth = 30.0

// residuals returns observed minus modelled for each day, not clamped at 0.
func residuals(b Baseline, days []Day) []float64 {
	out := make([]float64, len(days))
	for i, d := range days {
		out[i] = d.KWh - b.Segments[groupOf(b.Split, d.Date)].at(d.Temp)
	}
	return out
}

// measure judges the fit on the days it was fitted on.
func measure(b Baseline, s selection) Metrics {
	m := Metrics{N: len(s.days)}
	total := 0.0
	for _, d := range s.days {
		total += d.KWh
	}
	n := float64(m.N)
	m.Mean = total / n
	bias := 0.0
	res := residuals(b, s.days)
	for i, d := range s.days {
		m.SSE += res[i] * res[i]
		m.SST += (d.KWh - m.Mean) * (d.KWh - m.Mean)
		bias -= res[i]
	}
	parameters := -1
	for _, g := range b.Segments {
		m.P += g.slopes()
		parameters += g.parameters()
	}
	free := m.P // CalTRACK counts the slopes only
	if b.Mode == Native {
		free = parameters + 1
	} else {
		parameters = m.P
	}
	if m.SST > 0 {
		m.R2 = 1 - m.SSE/m.SST
		m.R2Adj = adjusted(m.R2, m.N, parameters)
	}
	if total > 0 && m.N > free {
		m.CVRMSE = math.Sqrt(m.SSE/(n-float64(free))) / m.Mean
		m.NMBE = bias / total
	}
	m.Rho = lagOne(res)
	m.NPrime = effectiveDays(m.N, m.Rho)
	return m
}

// lagOne returns the correlation of each value with the one before it.
func lagOne(x []float64) float64 {
	n := len(x) - 1
	if n < 2 {
		return 0
	}
	var ma, mb float64
	for i := range n {
		ma += x[i]
		mb += x[i+1]
	}
	ma /= float64(n)
	mb /= float64(n)
	var sab, saa, sbb float64
	for i := range n {
		a, b := x[i]-ma, x[i+1]-mb
		sab, saa, sbb = sab+a*b, saa+a*a, sbb+b*b
	}
	if saa <= 0 || sbb <= 0 {
		return 0
	}
	return sab / math.Sqrt(saa*sbb)
}

// effectiveDays returns n(1−ρ)/(1+ρ), the independent days n days are worth.
func effectiveDays(n int, rho float64) float64 {
	return float64(n) * (1 - rho) / (1 + rho)
}

// clampRho keeps an estimated correlation between none and nearly whole.
func clampRho(rho float64) float64 { return math.Min(0.95, math.Max(0, rho)) }

// relativeBand returns the half-width of the 90 % band of m days' total as a
// fraction of it (Sun and Baltazar's polynomial, ASHRAE Guideline 14).
func (b Baseline) relativeBand(m int) float64 {
	k := b.Metrics
	free := k.NPrime - float64(k.P)
	if m <= 0 || k.NPrime <= 0 || free <= 0 {
		return math.NaN()
	}
	months := float64(m) / daysPerMonth
	poly := -0.00024*months*months + 0.03535*months + 1.00286
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: free}.Quantile(0.95)
	return t * poly * k.CVRMSE * math.Sqrt(float64(k.N)/k.NPrime*(1+2/k.NPrime)/float64(m))
}

// ProvablePct returns the smallest change of one year's consumption, in per
// cent, that the baseline can prove with 90 % confidence; NaN when it can
// prove none.
func (b Baseline) ProvablePct() float64 { return 100 * b.relativeBand(daysPerYear) }

// daysPerYear is the length of the year for which a proof is stated.
const daysPerYear = 365

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

// Compare sums observed and expected over the days that have a consumption
// and a temperature; other days are left out of both.
func (b Baseline) Compare(days []Day) Comparison {
	var c Comparison
	for _, d := range days {
		if len(b.Segments) == 0 || !usable(d, minCoverageCaltrack) {
			continue
		}
		c.Days++
		c.ObservedKWh += d.KWh
		c.ExpectedKWh += b.Segments[groupOf(b.Split, d.Date)].at(d.Temp)
	}
	c.SavingKWh = c.ExpectedKWh - c.ObservedKWh
	c.BandKWh = b.relativeBand(c.Days) * b.Metrics.Mean * float64(b.Metrics.N)
	return c
}
