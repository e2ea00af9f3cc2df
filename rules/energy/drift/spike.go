package drift

import "slices"

// What makes a day too large to be a day's consumption.
const (
	// spikeRange is how many interquartile ranges of the baseline's days above
	// their median, spikeLargest how many times its largest days but spikeBad,
	// spikeTimes how many times what is expected, and spikeSigma how many
	// standard deviations beyond it.
	spikeRange, spikeLargest, spikeBad, spikeTimes, spikeSigma = 3.0, 1.5, 2, 5.0, 8.0
	// spikeDays in a row are strange; from the next one on they are a level.
	spikeDays = 2
	// catchUp times what is expected of the day itself, after zeros of which at
	// least half as much was expected, is their consumption when together they
	// come this near to what was expected of all of them.
	catchUp, catchUpLow, catchUpHigh = 1.8, 0.7, 2.0
)

// spikeLimit returns the consumption of a day that is far above all of a
// baseline's.
func spikeLimit(train []judged) float64 {
	y := make([]float64, len(train))
	for i := range train {
		y[i] = train[i].y
	}
	slices.Sort(y)
	at := func(q float64) float64 { return y[int(q*float64(len(y)-1))] }
	return max(at(.5)+spikeRange*(at(.75)-at(.25)), spikeLargest*y[max(0, len(y)-1-spikeBad)])
}

// spikes marks the days that are too large to be a day's consumption: an
// outlier, or what was not counted on the days of zero before. A day is judged
// with nothing but the days before it.
func (w *watch) spikes(line []judged) {
	run := 0
	for k := range line {
		d := &line[k]
		switch {
		case !d.seen:
		case d.y > 0 && (w.outlier(*d) || catchesUp(line, k)):
			run++
			d.spike = run <= spikeDays
		default:
			run = 0
		}
	}
}

func (w *watch) outlier(d judged) bool {
	return d.y > w.spike && d.y > spikeTimes*d.e && d.y > d.e+spikeSigma*d.sigma
}

// catchesUp reports whether a day has the consumption of the zeros before it.
func catchesUp(line []judged, k int) bool {
	d, missed := line[k], 0.0
	for i := k - 1; i >= 0 && line[i].seen && line[i].y == 0; i-- {
		missed += line[i].e
	}
	all := missed + d.e
	return missed >= d.e/2 && d.e > 0 && d.y > catchUp*d.e && d.y > d.e+2*d.sigma && d.y > catchUpLow*all && d.y < catchUpHigh*all
}
