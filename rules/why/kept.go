package why

import (
	"math"
	"slices"
)

// kept is what the days of a course showed, in little room: days in a row that
// showed the same are held once, days that showed nothing not at all. Days are
// numbers of the book's.
type kept struct {
	runs   []run
	values []float64
}

// run are days in a row that showed the same.
type run struct {
	day, days int32
	at        int32 // where the values begin; they end where those of the next run begin
}

// shown are the values of a run.
func (k *kept) shown(i int) look {
	end := len(k.values)
	if i+1 < len(k.runs) {
		end = int(k.runs[i+1].at)
	}
	at := int(k.runs[i].at)
	return k.values[at:end:end]
}

// put adds what a day showed, which is after all others.
func (k *kept) put(day int, x look) {
	if len(x) == 0 {
		return
	}
	if n := len(k.runs); n > 0 {
		last := &k.runs[n-1]
		if int(last.day+last.days) == day && sameLook(k.shown(n-1), x) {
			last.days++
			return
		}
	}
	k.runs = append(k.runs, run{day: int32(day), days: 1, at: int32(len(k.values))}) //nolint:gosec // days of a book
	k.values = append(k.values, x...)
}

func sameLook(a, b look) bool {
	return slices.EqualFunc(a, b, func(u, v float64) bool { return math.Float64bits(u) == math.Float64bits(v) })
}

// truncate drops the days from one on.
func (k *kept) truncate(day int) {
	for n := len(k.runs); n > 0; n-- {
		last := &k.runs[n-1]
		if int(last.day) < day {
			last.days = min(last.days, int32(day)-last.day) //nolint:gosec // as above
			return
		}
		k.values, k.runs = k.values[:last.at], k.runs[:n-1]
	}
}

// without returns what is left when the days [from,to) are dropped.
func (k *kept) without(from, to int) kept {
	out := kept{make([]run, 0, len(k.runs)), make([]float64, 0, len(k.values))}
	for i, r := range k.runs {
		for day := int(r.day); day < int(r.day+r.days); day++ {
			if day < from || day >= to {
				out.put(day, k.shown(i))
			}
		}
	}
	return kept{slices.Clone(out.runs), slices.Clone(out.values)} // in no more room than it needs
}

// course lays the days [first,end) out in buf, to be judged.
func (k *kept) course(buf course, first, end int) course {
	c := slices.Grow(buf[:0], end-first)[:end-first]
	clear(c)
	for i, r := range k.runs {
		for day := max(first, int(r.day)); day < min(end, int(r.day+r.days)); day++ {
			c[day-first].x = k.shown(i)
		}
	}
	return c
}
