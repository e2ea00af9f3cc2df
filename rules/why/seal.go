package why

import (
	"slices"
	"time"
)

// reference is how many days before a day, or before the onset of what lasts,
// the rules look at to know what is usual.
const reference = 400

// record is what is kept of one course.
type record struct {
	kept
	// first is the first day of the book that is kept.
	first int
	// at is how far the course was judged for good, in days of the book, and
	// state where that left it.
	at    int
	state state
}

// state is that of a follower between two days, in days of the book.
type state struct {
	open                     bool
	good, since, last, begin int
	away                     int
	// spoilt are the days of findings that are over.
	spoilt [][2]int
	// readings are those from told on: of all days of what is open, and else of
	// those on which a finding may turn out to have begun.
	told     int
	readings []reading
	// Of what is open: the onset, the detection, and the sum before told.
	onset, detected int
	earlier         tally
}

// Sealed returns the first day that is still judged anew.
func (b *Book) Sealed() time.Time { return b.date(b.sealed) }

// Seal judges the days before a midnight for good and drops those that the
// rules have no use for any more, so that a book has no more than the days from
// there on, a year of days before, and a year before the onset of what lasts. A
// finding that lasts keeps its onset, its detection and its sums; one that was
// over is not returned by [Book.Judge] again.
func (b *Book) Seal(until time.Time) {
	day := b.day(until)
	if day <= b.sealed {
		return
	}
	var buf follower
	for k, rec := range b.records {
		r := b.rules.Rule(k.rule)
		if r == nil || !r.Enabled {
			continue
		}
		f := rec.follow(buf, r, b.looks[k.rule].say, b.days, b.leftOut(k))
		f.run(day - rec.first)
		rec.seal(&f, day)
		buf = f
	}
	b.sealed = day
}

// follow returns a follower that goes on where the course was left, without the
// days that are left out; it takes the room of another that has done.
func (rec *record) follow(room follower, r *Rule, say func(course, int, int, *Rule) reading, end int, left [][2]int) follower {
	n := end - rec.first
	f := follower{
		rule: r, say: say, trip: r.Param(paramThreshold), back: r.Param(paramReset), c: rec.course(room.c, rec.first, end), next: rec.at - rec.first,
		all: slices.Grow(room.all[:0], n)[:n], bad: slices.Grow(room.bad[:0], n)[:n],
	}
	clear(f.all)
	clear(f.bad)
	f.c.leave(left, rec.first)
	s := &rec.state
	f.open, f.good, f.since, f.last, f.begin = s.open, s.good, s.since-rec.first, s.last-rec.first, s.begin-rec.first
	f.told, f.away = s.told-rec.first, s.away
	copy(f.all[f.told:], s.readings)
	for i, v := range s.readings {
		f.bad[f.told+i] = v.known && v.value >= f.trip
	}
	for _, x := range s.spoilt {
		for day := max(rec.first, x[0]); day < x[1]; day++ {
			f.c[day-rec.first].spoilt = true
		}
	}
	if s.open {
		f.out = []stretch{{onset: s.onset - rec.first, detected: s.detected - rec.first, earlier: s.earlier}}
	}
	return f
}

// seal keeps where a follower came to on a day of the book.
func (rec *record) seal(f *follower, day int) {
	first := rec.first
	s := state{
		open: f.open, good: f.good, since: f.since + first, last: f.last + first, begin: f.begin + first, away: f.away,
		told: day - min(f.next, f.rule.Within),
	}
	rec.at, rec.first = day, max(first, day-reference)
	if f.open {
		all := f.stretches()
		x := all[len(all)-1]
		s.onset, s.detected = x.onset+first, x.detected+first
		s.told = max(s.onset, f.told+first)
		n := max(0, min(len(x.readings), day-reference-s.told))
		s.earlier = x.earlier.add(x.readings[:n], f.trip)
		s.told += n
		rec.first = min(rec.first, max(first, s.onset-reference))
		rec.kept = rec.without(s.onset, day-reference)
	}
	s.readings = slices.Clone(f.all[s.told-first : f.next])
	rec.kept = rec.without(0, rec.first)
	for i := rec.first - first; i < f.next; i++ {
		if f.c[i].spoilt {
			s.spoilt = spoil(s.spoilt, i+first)
		}
	}
	rec.state = s
}

// spoil adds a day to spans of days.
func spoil(spans [][2]int, day int) [][2]int {
	if n := len(spans); n > 0 && spans[n-1][1] == day {
		spans[n-1][1]++
		return spans
	}
	return append(spans, [2]int{day, day + 1})
}
