package baseline

import "math"

// absToSigma turns a mean absolute deviation into a standard deviation.
const absToSigma = 1.2533141373155

// sigmaFloor is the least standard deviation as a share of the pooled one.
const sigmaFloor = 0.25

// noise is the standard deviation of a day about its expectation, which grows
// with the expectation: base + perKWh·expected, not below floor.
type noise struct{ base, perKWh, floor float64 }

// day returns the standard deviation of a day of which e kWh are expected.
func (n noise) day(e float64) float64 {
	return math.Max(n.floor, n.base+n.perKWh*e)
}

// noiseOf fits the noise on the residuals of days on which so many parameters
// were fitted.
func noiseOf(line []residual, parameters int) noise {
	var n, sx, sxx, sy, sxy, ss float64
	for _, d := range line {
		r := d.y - d.e
		x, y := d.e, absToSigma*math.Abs(r)
		n, sx, sxx, sy, sxy, ss = n+1, sx+x, sxx+x*x, sy+y, sxy+x*y, ss+r*r
	}
	if n == 0 {
		return noise{}
	}
	// The fitted parameters take up a part of the variation.
	wide := math.Sqrt(n / math.Max(1, n-float64(parameters)))
	pooled := math.Sqrt(ss/n) * wide
	out := noise{base: pooled, floor: sigmaFloor * pooled}
	if d := sxx - sx*sx/n; d > 1e-9*sxx {
		out.perKWh = wide * (sxy - sx*sy/n) / d
		out.base = wide*sy/n - out.perKWh*sx/n
	}
	return out
}
