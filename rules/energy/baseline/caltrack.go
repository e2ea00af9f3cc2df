package baseline

import "math"

// CalTRACK 2.0 daily: balance points on whole degrees Fahrenheit.
const (
	caltrackLowF, caltrackHighF = 30, 90
	// The least degree-days (°F) and days with degree-days of a candidate.
	caltrackMinTotalF  = 20.0
	caltrackMinNonZero = 10
	// caltrackTie is the least gain in R² that counts: above the warmest day
	// all balance points give the same model but for rounding.
	caltrackTie = 1e-12
)

// celsius converts a temperature from °F.
func celsius(f float64) float64 { return (f - 32) * 5 / 9 }

// fitCaltrack returns the qualified candidate with the highest adjusted R².
// Points are in order of temperature.
func fitCaltrack(points []point, cooling bool) Segment {
	sums := newSums(points, nil)
	best, bestR2 := sums.flat(), 0.0
	consider := func(c Segment, slopes int) {
		if c.Model == "" || c.Intercept < 0 || c.Heating < 0 || c.Cooling < 0 {
			return
		}
		if r := adjusted(1-c.SSE/sums.sst, sums.n, slopes); r > bestR2+caltrackTie {
			best, bestR2 = c, r
		}
	}
	heats, cools := caltrackKnees(sums, cooling)
	for _, h := range heats {
		consider(sums.oneKnee(h, ModelHeating), 1)
	}
	for _, c := range cools {
		consider(sums.oneKnee(c, ModelCooling), 1)
	}
	for _, h := range heats {
		for _, c := range cools {
			if c.at >= h.at {
				consider(sums.twoKnees(h, c), 2)
			}
		}
	}
	best.Name, best.N = "all", sums.n
	return best
}

// caltrackKnees returns the balance points with enough degree-days.
func caltrackKnees(s sums, cooling bool) (heats, cools []knee) {
	enough := func(k knee) bool {
		return k.days >= caltrackMinNonZero && k.s1*9/5 >= caltrackMinTotalF
	}
	for f := caltrackLowF; f <= caltrackHighF; f++ {
		at := celsius(float64(f))
		if k := s.heating(at); enough(k) {
			heats = append(heats, k)
		}
		if !cooling {
			continue
		}
		if k := s.cooling(at); enough(k) {
			cools = append(cools, k)
		}
	}
	return heats, cools
}

// adjusted returns the adjusted R² for n days and p slopes.
func adjusted(r2 float64, n, p int) float64 {
	if n <= p+1 {
		return math.NaN()
	}
	return 1 - (1-r2)*float64(n-1)/float64(n-p-1)
}
