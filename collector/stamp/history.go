package stamp

import "sort"

// What is remembered of a series: at least keptLeast instants, and those of
// the last keptFor milliseconds as far as these are no more than keptMost. At
// one a second that is ten minutes, at one a minute two hours.
const (
	keptLeast = 128
	keptMost  = 1024
	keptFor   = 10 * 60 * 1000
)

// History keeps the instants of one series apart: after the clock went back,
// an instant may come twice, and the later value would replace the earlier one
// in the database. What comes from further back than it remembers is not kept
// apart. The zero History is ready to be used.
type History struct {
	marks []mark // by ms
}

type mark struct {
	ms    int64
	value float64
}

// Place returns the instant, in Unix milliseconds, at which a value may stand:
// ms itself, or the first free one after it when another value of the series
// has it. The same value at the same instant is the same sample.
func (h *History) Place(ms int64, value float64) int64 {
	i := len(h.marks)
	if i > 0 && ms <= h.marks[i-1].ms {
		for i = sort.Search(i, func(i int) bool { return h.marks[i].ms >= ms }); i < len(h.marks) && h.marks[i].ms == ms; i++ {
			if h.marks[i].value == value {
				return ms
			}
			ms++
		}
	}
	h.marks = append(h.marks, mark{})
	copy(h.marks[i+1:], h.marks[i:])
	h.marks[i] = mark{ms, value}
	// The smallest go first: instants that lie ahead, from before the clock
	// went back, stay until they have passed.
	newest := h.marks[len(h.marks)-1].ms
	for len(h.marks) > keptMost || len(h.marks) > keptLeast && h.marks[0].ms < newest-keptFor {
		h.marks = h.marks[1:]
	}
	return ms
}
