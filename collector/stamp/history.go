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
	all  []mark // by ms, from head on
	head int
}

type mark struct {
	ms    int64
	value float64
}

// Place returns the instant, in Unix milliseconds, at which a value may stand:
// ms itself, or the first free one after it when another value of the series
// has it. The same value at the same instant is the same sample.
func (h *History) Place(ms int64, value float64) int64 {
	marks := h.all[h.head:]
	i := len(marks)
	if i > 0 && ms <= marks[i-1].ms {
		for i = sort.Search(i, func(i int) bool { return marks[i].ms >= ms }); i < len(marks) && marks[i].ms == ms; i++ {
			if marks[i].value == value {
				return ms
			}
			ms++
		}
	}
	h.insert(i, mark{ms, value})
	return ms
}

// insert puts a mark before the i-th and forgets the smallest: instants that
// lie ahead, from before the clock went back, stay until they have passed.
func (h *History) insert(i int, m mark) {
	if len(h.all) == cap(h.all) && h.head > len(h.all)/2 { // room at the front
		h.all = h.all[:copy(h.all, h.all[h.head:])]
		h.head = 0
	}
	h.all = append(h.all, mark{})
	marks := h.all[h.head:]
	copy(marks[i+1:], marks[i:])
	marks[i] = m
	newest := marks[len(marks)-1].ms
	for len(marks) > keptMost || len(marks) > keptLeast && marks[0].ms < newest-keptFor {
		marks = marks[1:]
		h.head++
	}
}
