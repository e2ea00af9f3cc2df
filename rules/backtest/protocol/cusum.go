package protocol

import (
	"math"
	"time"

	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// The weekly CUSUM: k in standard deviations, h the limit, least the excess
// that counts; sigma grows with the level, not below a share of the pooled.
const (
	cusumK, cusumH, cusumLeast = 0.5, 5.0, 0.05
	cusumFloor                 = 0.25
	absToSigma                 = 1.2533
)

// cusum returns the days on which the weekly CUSUM speaks.
func (p Pair) cusum(days []baseline.Day) []time.Time {
	level := p.spread()
	var out []time.Time
	var sum, excess, expected float64
	for i := 0; i+blockDays <= len(days); i += blockDays {
		rest, due := p.week(days[i : i+blockDays])
		if sum == 0 {
			excess, expected = 0, 0
		}
		sum = math.Max(0, sum+rest/level(due)-cusumK)
		excess, expected = excess+rest, expected+due
		if sum > cusumH && excess > cusumLeast*expected {
			out = append(out, days[i+blockDays-1].Date)
			sum = 0
		}
	}
	return out
}

// week sums residuals and expectations.
func (p Pair) week(days []baseline.Day) (rest, due float64) {
	for _, d := range days {
		e := p.model.At(d.Temp)
		rest, due = rest+d.KWh-e, due+e
	}
	return rest, due
}

// spread returns a week's standard deviation by what is due.
func (p Pair) spread() func(due float64) float64 {
	var n, sx, sxx, sy, sxy, sum, squares float64
	for i := 0; i+blockDays <= len(p.a); i += blockDays {
		rest, due := p.week(p.a[i : i+blockDays])
		y := absToSigma * math.Abs(rest)
		n, sx, sxx, sy, sxy = n+1, sx+due, sxx+due*due, sy+y, sxy+due*y
		sum, squares = sum+rest, squares+rest*rest
	}
	floor := cusumFloor * math.Sqrt(math.Max(0, squares-sum*sum/n)/(n-1))
	slope := (sxy - sx*sy/n) / (sxx - sx*sx/n)
	base := (sy - slope*sx) / n
	return func(due float64) float64 { return math.Max(floor, base+slope*due) }
}
