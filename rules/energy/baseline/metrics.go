package baseline

import "math"

// daysPerMonth is the length of a month in the uncertainty's polynomial.
const daysPerMonth = 30.0

// residuals returns observed minus modelled for each day.
func residuals(b Baseline, s selection) []float64 {
	out := make([]float64, len(s.days))
	by := groupingOf(b.Split, b.Calendar)
	for i, d := range s.days {
		out[i] = d.KWh - b.value(by, d, s.rows[i])
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
	m.Mean, m.Total = total/n, total
	bias := 0.0
	res := residuals(b, s)
	for i, d := range s.days {
		m.SSE += res[i] * res[i]
		m.SST += (d.KWh - m.Mean) * (d.KWh - m.Mean)
		bias -= res[i]
	}
	parameters := -1 + bit(b.Lag > 0)
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

// DaysPerYear is the length of the year for which a proof is stated.
const DaysPerYear = 365
