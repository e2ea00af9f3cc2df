package baseline

import (
	"cmp"
	"math"
	"slices"
)

// cell is a day of a view: its place among the days and its group.
type cell struct {
	point
	day, group int
}

// view are days in order of the temperature that is felt, in groups.
type view struct {
	cells []cell
	names []string
}

// view returns the days as a building of this inertia feels them, in one
// group.
func (f fitter) view(lag float64) view {
	v := view{cells: make([]cell, len(f.s.rows)), names: []string{"all"}}
	for i, r := range f.s.rows {
		v.cells[i] = cell{point: point{r.temp(lag), r.y}, day: i}
	}
	slices.SortFunc(v.cells, func(a, b cell) int { return cmp.Compare(a.t, b.t) })
	return v
}

// divide puts the days of a view into groups.
func (f fitter) divide(v view, by grouping) view {
	out := view{cells: slices.Clone(v.cells), names: by.names}
	for i := range out.cells {
		out.cells[i].group = by.of(f.s.days[out.cells[i].day].Date)
	}
	return out
}

// outFold reports whether a day is left out in a fold.
func outFold(day, fold int) bool { return day/outDays%outFolds == fold }

// points returns those of each group, without the days of a fold if there is
// one.
func (v view) points(fold *int) [][]point {
	groups, sizes := make([][]point, len(v.names)), make([]int, len(v.names))
	for _, c := range v.cells {
		sizes[c.group]++
	}
	room := make([]point, len(v.cells)) // for all groups, one after the other
	for g, n := range sizes {
		groups[g], room = room[:0:n], room[n:]
	}
	for _, c := range v.cells {
		if fold == nil || !outFold(c.day, *fold) {
			groups[c.group] = append(groups[c.group], c.point)
		}
	}
	return groups
}

// whole fits all days together.
func (f fitter) whole(v view, fold *int) Segment {
	points := make([]point, 0, len(v.cells))
	for _, c := range v.cells {
		if fold == nil || !outFold(c.day, *fold) {
			points = append(points, c.point)
		}
	}
	out := fitForms(points, f.cooling, f.worth*float64(len(points))/float64(len(v.cells)), f.room)
	out.Name = "all"
	return out
}

// groups fits each group of a view, nil when one has too few days. Whole gives
// the model of all days, when it is needed.
func (f fitter) groups(v view, fold *int, whole func() Segment) []Segment {
	if len(v.names) == 1 {
		return []Segment{whole()}
	}
	out := make([]Segment, len(v.names))
	for i, g := range v.points(fold) {
		switch {
		case len(g) < minScaledDays:
			return nil
		case len(g) < minSegmentDays:
			out[i] = scaled(whole(), g)
		default:
			out[i] = fitForms(g, f.cooling, f.worth*float64(len(g))/float64(len(v.cells)), f.room)
		}
		out[i].Name = v.names[i]
	}
	return out
}

// firm fits segments robustly.
func firm(segments []Segment, groups [][]point) []Segment {
	out := make([]Segment, len(segments))
	for g, points := range groups {
		out[g] = segments[g].robust(points)
	}
	return out
}

// fit fits a view, nil segments when a group has too few days.
func (f fitter) fit(v view, robust bool, fold *int) (whole Segment, segments []Segment) {
	whole = f.whole(v, fold)
	segments = f.groups(v, fold, func() Segment { return whole })
	if robust && segments != nil {
		segments = firm(segments, v.points(fold))
		one := v
		one.cells, one.names = slices.Clone(v.cells), []string{"all"}
		for i := range one.cells {
			one.cells[i].group = 0
		}
		whole = whole.robust(one.points(fold)[0])
	}
	return whole, segments
}

// settle goes back to a simpler model, or to a robust one, as days that were
// not fitted want it: what the criterion prefers must also predict.
func (f fitter) settle(b *Baseline, o FitOptions) {
	v := f.divide(f.view(b.Lag), groupingOf(b.Split, o.Calendar))
	if b.Split != splitNone || b.Lag > 0 {
		simple := f.view(0)
		least, _ := f.out(simple, false)
		if b.Split != splitNone {
			if sse, _ := f.out(v, false); sse > least {
				b.Split, v = splitNone, f.view(b.Lag)
			}
		}
		if b.Split == splitNone && b.Lag > 0 {
			if sse, _ := f.out(v, false); sse > least {
				b.Lag, v = 0, simple
			}
		}
	}
	b.Whole, b.Segments = f.fit(v, false, nil)
	if o.features.noRobust || !strange(b.Segments, v.points(nil)) {
		return
	}
	if plain, robust := f.out(v, true); robust > (1-robustGain)*plain {
		return
	}
	whole, segments := f.fit(v, true, nil)
	if spread(segments) <= spread(b.Segments)+robustCost*f.mean() {
		b.Robust, b.Whole, b.Segments = true, whole, segments
	}
}

// strange reports whether a day lies so far from its model that a robust fit
// would leave it out.
func strange(segments []Segment, groups [][]point) bool {
	for g, points := range groups {
		rest := make([]float64, len(points))
		for i, p := range points {
			rest[i] = math.Abs(p.y - segments[g].At(p.t))
		}
		slices.Sort(rest)
		if n := len(rest); rest[n-1] > bisquare*madToSigma*rest[n/2] {
			return true
		}
	}
	return false
}

// spread is the root mean square of the residuals of segments.
func spread(segments []Segment) float64 {
	n, sse := 0, 0.0
	for _, s := range segments {
		n, sse = n+s.N, sse+s.SSE
	}
	return math.Sqrt(sse / float64(n))
}

// mean is the mean consumption.
func (f fitter) mean() float64 {
	sum := 0.0
	for _, r := range f.s.rows {
		sum += r.y
	}
	return sum / float64(len(f.s.rows))
}

// out returns the sum of squares of days predicted by models of the others, by
// least squares and, if asked, robustly.
func (f fitter) out(v view, robustly bool) (plain, robust float64) {
	for fold := range outFolds {
		segments := f.groups(v, &fold, func() Segment { return f.whole(v, &fold) })
		if segments == nil {
			return math.Inf(1), math.Inf(1)
		}
		strong := segments
		if robustly {
			strong = firm(segments, v.points(&fold))
		}
		for _, c := range v.cells {
			if outFold(c.day, fold) {
				e, k := c.y-math.Max(0, segments[c.group].At(c.t)), c.y-math.Max(0, strong[c.group].At(c.t))
				plain, robust = plain+e*e, robust+k*k
			}
		}
	}
	return plain, robust
}
