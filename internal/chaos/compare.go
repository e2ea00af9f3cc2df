package chaos

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Points are lines by series and stamp ("measurement,tag=value… 1700000000000"),
// each with its fields as text.
type Points map[string]map[string]string

// Row is one stored line of a device: its stamp and its values by field.
type Row struct {
	At     int64 // Unix ms
	Fields map[string]float64
}

// Tally is the result of one comparison, in field values.
type Tally struct {
	Journalled int // what must be there
	Stored     int // what is there
	Lost       int // must be there and is not
	Doubled    int // is there under two stamps
	Moved      int // is there under another stamp than its own, and only there
	Wrong      int // is there with another value
	Foreign    int // is there and was never said
	Untaken    int // was said and not taken by the edge, as a kill explains
	// Examples are the first of what is wrong.
	Examples []string
}

const maxExamples = 10

func (t *Tally) example(format string, args ...any) {
	if len(t.Examples) < maxExamples {
		t.Examples = append(t.Examples, fmt.Sprintf(format, args...))
	}
}

// Add adds another tally.
func (t *Tally) Add(o Tally) {
	t.Journalled += o.Journalled
	t.Stored += o.Stored
	t.Lost += o.Lost
	t.Doubled += o.Doubled
	t.Moved += o.Moved
	t.Wrong += o.Wrong
	t.Foreign += o.Foreign
	t.Untaken += o.Untaken
	for _, e := range o.Examples {
		t.example("%s", e)
	}
}

// Failed reports whether anything is not as it must be.
func (t *Tally) Failed() bool {
	return t.Lost+t.Doubled+t.Moved+t.Wrong+t.Foreign > 0
}

// found is where each message or read is stored.
func found(rows []Row, t *Tally) map[int][]Row {
	out := map[int][]Row{}
	for _, r := range rows {
		t.Stored += len(r.Fields)
		number := 0
		for i, f := range Fields() {
			v, ok := r.Fields[f]
			if !ok {
				continue
			}
			n, ok := numberOf(v, i)
			if !ok || (number != 0 && n != number) {
				t.Wrong++
				t.example("at %d: %s=%v, with values of %d", r.At, f, v, number)
				continue
			}
			number = n
		}
		if number == 0 {
			continue // counted as wrong
		}
		out[number] = append(out[number], r)
	}
	return out
}

// ComparePublished checks the rows of a publisher: each message that was
// acknowledged is there once, whole and under its own stamp; one that was not
// may be there; nothing else is.
func ComparePublished(name string, said []Message, rows []Row) Tally {
	var t Tally
	stored := found(rows, &t)
	width := len(Fields())
	for n, where := range stored {
		if n > len(said) {
			t.Foreign += len(where) * width
			t.example("%s: message %d was never sent", name, n)
		}
	}
	for i, m := range said {
		n := i + 1
		if m.Acked {
			t.Journalled += width
		}
		here := slices.IndexFunc(stored[n], func(r Row) bool { return r.At == m.At })
		switch {
		case here >= 0:
			if missing := width - len(stored[n][here].Fields); missing > 0 {
				t.Lost += missing
				t.example("%s: message %d at %d lacks %d fields", name, n, m.At, missing)
			}
			if more := len(stored[n]) - 1; more > 0 {
				t.Doubled += more * width
				t.example("%s: message %d at %d is there %d times: %v", name, n, m.At, more+1, stamps(stored[n]))
			}
		case len(stored[n]) > 0:
			t.Moved += width
			t.example("%s: message %d of %d is at %v", name, n, m.At, stamps(stored[n]))
		case m.Acked:
			t.Lost += width
			t.example("%s: message %d of %d (%s) is not there", name, n, m.At, time.UnixMilli(m.At).UTC().Format("15:04:05.000"))
		}
	}
	return t
}

func stamps(rows []Row) []int64 {
	out := make([]int64, len(rows))
	for i, r := range rows {
		out[i] = r.At
	}
	return out
}

// What is between a read's stamp and its answer: the edge stamps the request,
// and gives up after requestTimeout.
const (
	beforeAnswer = 9 * time.Second
	afterAnswer  = 100 * time.Millisecond
	// untakenBefore is how long before a kill a read may have been answered
	// that the edge did not take: a batch waits 250 ms for company and then for
	// the disk, which others keep busy here.
	untakenBefore = 3 * time.Second
)

// CompareServed checks the rows of a polled device: each answered read is
// there once and whole, under the instant of its request by the edge's clock,
// unless the edge was killed before it can have taken it; and no value is there
// that was never said.
func CompareServed(name string, j SiteJournal, rows []Row) Tally {
	var t Tally
	stored := found(rows, &t)
	width := len(Fields())
	for n, where := range stored {
		if n > len(j.Served) {
			t.Foreign += len(where) * width
			t.example("%s: read %d was never answered", name, n)
		}
	}
	for i, at := range j.Served {
		n := i + 1
		t.Journalled += width
		where := stored[n]
		switch {
		case len(where) == 0 && untaken(j, i):
			t.Untaken += width
		case len(where) == 0:
			t.Lost += width
			t.example("%s: read %d at %s is not there", name, n, at.UTC().Format("15:04:05.000"))
		default:
			if len(where) > 1 {
				t.Doubled += (len(where) - 1) * width
				t.example("%s: read %d is there %d times: %v", name, n, len(where), stamps(where))
			}
			if !timely(j, at, where[0].At) {
				t.Moved += width
				t.example("%s: read %d answered at %d is at %d", name, n, at.UnixMilli(), where[0].At)
			}
			if missing := width - len(where[0].Fields); missing > 0 {
				t.Lost += missing
				t.example("%s: read %d lacks %d fields", name, n, missing)
			}
		}
	}
	return t
}

// untaken reports whether a kill explains that read i (from 0) was not taken.
func untaken(j SiteJournal, i int) bool {
	at := j.Served[i]
	return slices.ContainsFunc(j.Kills, func(k time.Time) bool {
		return !at.After(k.Add(afterAnswer)) && k.Sub(at) < untakenBefore
	})
}

// timely reports whether a stamp is that of a request answered at an instant.
func timely(j SiteJournal, answered time.Time, stamp int64) bool {
	return slices.ContainsFunc(j.aheadAt(answered, beforeAnswer), func(ahead time.Duration) bool {
		asked := time.UnixMilli(stamp).Add(-ahead)
		return !asked.After(answered.Add(afterAnswer)) && answered.Sub(asked) <= beforeAnswer
	})
}

// CompareQueue checks what an edge took (the lines in its queue) against what
// is stored of its site: all of it and, when the queue is whole, nothing else.
func CompareQueue(name string, taken, stored Points, whole bool) Tally {
	var t Tally
	for key, fields := range taken {
		t.Journalled += len(fields)
		there := stored[key]
		for f, v := range fields {
			got, ok := there[f]
			switch {
			case !ok:
				t.Lost++
				t.example("%s: %s %s is not there", name, key, f)
			case got != v:
				t.Wrong++
				t.example("%s: %s %s is %s, not %s", name, key, f, got, v)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(stored)) {
		t.Stored += len(stored[key])
		for f := range stored[key] {
			if _, ok := taken[key][f]; !ok && whole {
				t.Foreign++
				t.example("%s: %s %s was never taken", name, key, f)
			}
		}
	}
	return t
}

// CompareEvents checks that every event of an edge is at the hub once; ids may
// repeat neither here nor there.
func CompareEvents(name string, edge, hub []string) Tally {
	t := Tally{Journalled: len(edge), Stored: len(hub)}
	there := map[string]int{}
	for _, id := range hub {
		there[id]++
	}
	for _, id := range edge {
		switch n := there[id]; {
		case n == 0:
			t.Lost++
			t.example("%s: event %s is not at the hub", name, id)
		case n > 1:
			t.Doubled += n - 1
			t.example("%s: event %s is at the hub %d times", name, id, n)
		}
		delete(there, id)
	}
	return t
}

// number is the one text of a number, whatever the type it was sent as.
func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
