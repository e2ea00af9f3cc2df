package drift

// window is a sliding window that ends with the day judged.
type window struct {
	// days is its length; fast windows look for sudden rises and take days as
	// they are, slow ones limit the weight of one day.
	days int
	fast bool
	// limit of the score for too much (index 0) and too little (index 1).
	limit [2]float64
	// inflation of the variance of its sum over that of independent weeks.
	inflation float64
}

// windows returns the sliding windows: fast ones, and slow ones in whole
// weeks, in which a weekly pattern cancels.
func windows() []window {
	out := make([]window, 0, 10)
	for _, days := range [...]int{2, 3, 5} {
		out = append(out, window{days: days, fast: true})
	}
	for _, days := range [...]int{7, 14, 21, 28, 42, 56, longest} {
		out = append(out, window{days: days})
	}
	return out
}

// running are cumulative sums over the timeline: of weighted residuals (with
// and without the limit on one day), of the squared weights, of the residuals
// and expectations themselves, and of the days that count. The weight of a
// day is what is expected of it in sigma.
type running struct{ raw, bounded, info, rest, due, days []float64 }

// newRunning makes the sums of n days.
func newRunning(n int) running {
	n++
	buf := make([]float64, 6*n)
	return running{raw: buf[:n], bounded: buf[n : 2*n], info: buf[2*n : 3*n], rest: buf[3*n : 4*n], due: buf[4*n : 5*n], days: buf[5*n:]}
}

// fill sums a timeline in one direction, against level times what is expected.
func (r running) fill(line []judged, sign, level float64) {
	for i := range line {
		d := &line[i]
		var raw, bounded, info, one, rest, due float64
		if d.ok {
			due, one = d.e*level, 1
			rest = sign * (d.y - due)
			z, w := rest/d.sigma, d.weight*level
			raw, info = z*w, w*w
			limit := dayLimit(w)
			bounded = max(-limit, min(limit, z)) * w
		}
		r.raw[i+1], r.bounded[i+1] = r.raw[i]+raw, r.bounded[i]+bounded
		r.info[i+1], r.days[i+1] = r.info[i]+info, r.days[i]+one
		r.rest[i+1], r.due[i+1] = r.rest[i]+rest, r.due[i]+due
	}
}

// dayLimit is how much of a day's deviation, in sigma, counts in the slow windows.
func dayLimit(weight float64) float64 { return max(outlier, outlierShare*weight) }

// sums returns the weighted residuals that a window adds up.
func (r running) sums(w window) []float64 {
	if w.fast {
		return r.raw
	}
	return r.bounded
}

// excess returns the excess of the days [a,b) relative to the expectation.
func (r running) excess(a, b int) float64 {
	if e := r.due[b] - r.due[a]; e > 0 {
		return (r.rest[b] - r.rest[a]) / e
	}
	return 0
}

// enough reports whether enough of the days [a,b) count.
func (r running) enough(a, b int) bool {
	return r.info[b] > r.info[a] && r.days[b]-r.days[a] >= float64(b-a)*(1-maxSilent)
}

// inflation returns the mean square of the sums of windows of l days over
// what independent weeks would give.
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

// gauge gives, by window and by day, what turns a window's sum into a score,
// 0 where too many of its days are absent. It depends on what is expected and
// not on what was consumed.
type gauge [][]float64

// gauge prepares a timeline.
func (s scale) gauge(r running) gauge {
	n := len(r.info) - 1
	g, buf := make(gauge, len(s.windows)), make([]float64, len(s.windows)*n)
	for i, w := range s.windows {
		score := buf[i*n : (i+1)*n]
		for k := w.days - 1; k < n; k++ {
			a := k + 1 - w.days
			if r.enough(a, k+1) {
				info := r.info[k+1] - r.info[a]
				score[k] = 1 / (info * s.tuning.error(info, r.days[k+1]-r.days[a]))
			}
		}
		g[i] = score
	}
	return g
}

// least returns the smallest excess in kWh that counts in a window in which
// so much is due.
func (s *scale) least(w window, due float64) float64 {
	if w.fast {
		return max(s.tuning.leastSudden*due, s.tuning.worthSudden*s.mean)
	}
	return max(s.tuning.least*due, s.tuning.worth*s.mean)
}

// leastExcess is that by window and by day.
func (s *scale) leastExcess(r running) [][]float64 {
	n := len(r.due) - 1
	out, room := make([][]float64, len(s.windows)), make([]float64, len(s.windows)*n)
	for i, w := range s.windows {
		out[i] = room[i*n : (i+1)*n]
		for k := w.days - 1; k < n; k++ {
			out[i][k] = s.least(w, r.due[k+1]-r.due[k+1-w.days])
		}
	}
	return out
}
