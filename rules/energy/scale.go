package energy

import "math"

// Parameters of the drift detector; docs/energy-method.md says where they
// come from.
const (
	// budgetSlow and budgetFast are the shares of years without drift in
	// which the slow and the fast windows may raise a finding.
	budgetSlow, budgetFast = 0.22, 0.02
	// modelError is the standard deviation, relative to the expectation, by
	// which a baseline is off in another year although nothing happened.
	modelError = 0.02
	// leastExcess is the smallest relative excess that is worth a finding,
	// leastShort that of the slow windows up to shortWindow days.
	leastExcess, leastShort = 0.05, 0.10
	shortWindow             = 28
	// leastSudden is that of the fast windows.
	leastSudden = 0.30
	// leastSlow and leastFast are the lowest limits, in standard deviations.
	leastSlow, leastFast = 1.5, 4.5
	// tail widens the fast windows' limit: one year shows too few extreme
	// days to tell how far they can go.
	tail = 1.25
	// outlier limits one day's weight in the slow windows, in sigma, but never
	// to less than outlierShare of what is expected: on a meter with hardly any
	// noise, sigma alone would hide every drift.
	outlier, outlierShare = 1.5, 0.10
	// replicas is the number of years simulated to set the limits, blockDays
	// the length of the blocks of residuals they are made of.
	replicas, blockDays = 150, 7
	// longest is the longest window and the farthest an onset lies back.
	longest = 84
	// maxSilent is the share of a window's days that may be absent.
	maxSilent = 0.5
)

// window is a sliding window that ends with the day judged.
type window struct {
	// days is its length; fast windows look for sudden rises and take days as
	// they are, slow ones limit the weight of one day.
	days int
	fast bool
	// least is the smallest relative excess that counts.
	least float64
	// inflation of the variance of its sum over that of independent days.
	inflation float64
}

// windows returns the sliding windows: fast ones, and slow ones in whole
// weeks.
func windows() []window {
	out := make([]window, 0, 10)
	for _, days := range [...]int{2, 3, 5} {
		out = append(out, window{days: days, fast: true, least: leastSudden})
	}
	for _, days := range [...]int{7, 14, 21, 28, 42, 56, longest} {
		w := window{days: days, least: leastExcess}
		if days <= shortWindow {
			w.least = leastShort
		}
		out = append(out, w)
	}
	return out
}

// sigma is the standard deviation of the relative excess of a window with so
// much information.
func (w window) sigma(info float64) float64 {
	return math.Sqrt(w.inflation/info + modelError*modelError)
}

// running are cumulative sums over the timeline: of residual·e/σ² (with and
// without the limit on one day), of e²/σ², of the residuals and expectations
// themselves, and of the days that count.
type running struct{ raw, bounded, info, rest, due, days []float64 }

// newRunning makes the sums of n days.
func newRunning(n int) running {
	n++
	buf := make([]float64, 6*n)
	return running{raw: buf[:n], bounded: buf[n : 2*n], info: buf[2*n : 3*n], rest: buf[3*n : 4*n], due: buf[4*n : 5*n], days: buf[5*n:]}
}

// fill sums a timeline in one direction.
func (r running) fill(line []judged, sign float64) {
	for i := range line {
		d := &line[i]
		var raw, bounded, info, one, rest, due float64
		if d.ok {
			due, rest, one = d.e, sign*(d.y-d.e), 1
			z, w := rest/d.sigma, due/d.sigma
			raw, info = z*w, w*w
			limit := max(outlier, outlierShare*w)
			bounded = max(-limit, min(limit, z)) * w
		}
		r.raw[i+1], r.bounded[i+1] = r.raw[i]+raw, r.bounded[i]+bounded
		r.info[i+1], r.days[i+1] = r.info[i]+info, r.days[i]+one
		r.rest[i+1], r.due[i+1] = r.rest[i]+rest, r.due[i]+due
	}
}

// excess returns the excess of the days [a,b) relative to the expectation.
func (r running) excess(a, b int) float64 {
	if e := r.due[b] - r.due[a]; e > 0 {
		return (r.rest[b] - r.rest[a]) / e
	}
	return 0
}

// inflation returns the mean square of the sums of windows of l days over
// what independent days would give.
func (r running) inflation(l int) float64 {
	var sum, count float64
	for k := l; k < len(r.info); k++ {
		if info := r.info[k] - r.info[k-l]; info > 0 {
			x := r.bounded[k] - r.bounded[k-l]
			sum, count = sum+x*x/info, count+1
		}
	}
	if count == 0 {
		return 1
	}
	return sum / count
}

// gauge gives, by window and by day, what turns a window's sum into standard
// deviations: 0 where too many of its days are absent. It depends on what is
// expected and not on what was consumed.
type gauge [][]float64

// gauge prepares a timeline.
func (s scale) gauge(r running) gauge {
	g := make(gauge, len(s.windows))
	for i, w := range s.windows {
		g[i] = make([]float64, len(r.info)-1)
		for k := w.days - 1; k < len(g[i]); k++ {
			a := k + 1 - w.days
			info := r.info[k+1] - r.info[a]
			if info > 0 && r.days[k+1]-r.days[a] >= float64(w.days)*(1-maxSilent) {
				g[i][k] = 1 / (info * w.sigma(info))
			}
		}
	}
	return g
}

// best returns the highest scores of the fast and slow windows that end with
// day k, do not reach back beyond origin and show enough excess.
func (s scale) best(r running, g gauge, origin, k int) (fast, slow float64) {
	for i := range s.windows {
		w := &s.windows[i]
		a := k + 1 - w.days
		if a < origin {
			continue
		}
		if w.fast {
			if z := (r.raw[k+1] - r.raw[a]) * g[i][k]; z > fast && r.excess(a, k+1) > w.least {
				fast = z
			}
		} else if z := (r.bounded[k+1] - r.bounded[a]) * g[i][k]; z > slow && r.excess(a, k+1) > w.least {
			slow = z
		}
	}
	return fast, slow
}
