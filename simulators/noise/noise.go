// Package noise makes irregularity that repeats: values that look random along
// time but depend on nothing except a seed and the instant asked, so that any
// instant can be asked in any order and two runs agree.
package noise

import (
	"math"
	"time"
)

// Hash mixes a seed and an index into 64 well-spread bits (splitmix64).
func Hash(seed uint64, n int64) uint64 {
	x := seed + uint64(n)*0x9e3779b97f4a7c15 + 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Seed derives a seed from a parent seed and a name.
func Seed(parent uint64, name string) uint64 {
	h := Hash(parent, 0)
	for i := range len(name) {
		h = Hash(h, int64(name[i]))
	}
	return h
}

// Uniform returns a value from 0 (included) to 1 (excluded).
func Uniform(seed uint64, n int64) float64 {
	return float64(Hash(seed, n)>>11) / (1 << 53)
}

// Normal returns a value of mean 0 and standard deviation 1, nearly Gaussian
// and within ±3.5: the sum of four 16-bit uniforms.
func Normal(seed uint64, n int64) float64 {
	h := Hash(seed, n)
	sum := float64(h&0xffff) + float64(h>>16&0xffff) + float64(h>>32&0xffff) + float64(h>>48)
	const mean, sd = 4 * 65535.0 / 2, 65536 * 0.57735 // sqrt(4/12)
	return (sum - mean) / sd
}

// Layer is smooth noise around 0: independent values Period apart, joined
// without steps. Its standard deviation is SD at every instant.
type Layer struct {
	Seed   uint64
	Period time.Duration
	SD     float64
}

// At returns the layer's value at t.
func (l Layer) At(t time.Time) float64 {
	// Instants stay far inside int64 nanoseconds (years 1678 to 2262).
	ns, period := t.UnixNano(), int64(l.Period)
	n := ns / period
	if ns < 0 && ns%period != 0 {
		n--
	}
	x := float64(ns-n*period) / float64(period)
	w := x * x * (3 - 2*x)
	v := (1-w)*Normal(l.Seed, n) + w*Normal(l.Seed, n+1)
	return l.SD * v / math.Sqrt((1-w)*(1-w)+w*w)
}
