package why

import "math"

// silent is how many days without evidence close a finding.
const silent = 60

// stretch is the life of one finding in days of a course; end is one beyond
// the last while it lasts.
type stretch struct {
	onset, detected, end int
	over                 bool
	// earlier sums the first days, readings are those of the others; all days
	// from the onset up to the end are in one of them.
	earlier  tally
	readings []reading
}

// tally sums readings.
type tally struct {
	days, known, bad int
	kwh              float64
}

// add adds readings, of which those from trip on are bad.
func (t tally) add(readings []reading, trip float64) tally {
	t.days += len(readings)
	for _, v := range readings {
		if v.known {
			t.known++
			t.kwh += v.kwh
			t.bad += int(b2f(v.value >= trip))
		}
	}
	return t
}

// follower follows a rule through a course, day by day.
type follower struct {
	rule *Rule
	say  func(c course, i, ref int, r *Rule) reading
	c    course
	// A reading from trip on is bad, one below back is good.
	trip, back float64
	// all are the readings, bad says which reached the threshold, by day.
	all []reading
	bad []bool
	// next is the first day not judged yet.
	next int
	// open says that the last stretch lasts; since is the first of good days in
	// a row, last the last known day, begin where the next stretch may begin.
	open                     bool
	good, since, last, begin int
	// away counts the days since the last known one that are left out.
	away int
	out  []stretch
	// told is the first day of which the reading is held; what is before it of
	// an open stretch is in its tally.
	told int
}

// run judges the days up to one.
func (f *follower) run(until int) {
	for ; f.next < until; f.next++ {
		f.day(f.next)
	}
}

// day judges one day.
func (f *follower) day(i int) {
	if f.c[i].left {
		f.away++
		return
	}
	r := f.rule
	v := f.say(f.c, i, f.ref(i), r)
	if !v.known || math.IsNaN(v.value) || math.IsNaN(v.kwh) {
		if f.open && i-f.last-f.away >= silent {
			f.close(f.last+1, i)
		}
		return
	}
	f.all[i], f.last, f.away = v, i, 0
	f.bad[i] = v.value >= f.trip
	if !f.open {
		from := max(f.begin, i+1-r.Within)
		if f.bad[i] && count(f.bad[from:i+1]) >= r.Open {
			f.out = append(f.out, stretch{onset: firstBad(f.bad, from, i+1), detected: i})
			f.open, f.good = true, 0
		}
		return
	}
	if v.value >= f.back {
		f.good = 0
		return
	}
	if f.good++; f.good == 1 {
		f.since = i
	}
	if f.good >= r.Clear {
		f.close(f.since, i)
	}
}

// ref is the first day that is suspect on day i.
func (f *follower) ref(i int) int {
	if f.open {
		return f.out[len(f.out)-1].onset
	}
	if k := firstBad(f.bad, max(f.begin, i+1-f.rule.Within), i); k >= 0 {
		return k
	}
	return i
}

// close ends the open stretch at a day, after its detection; another may begin
// from now on. Its days are no measure of what is usual.
func (f *follower) close(end, now int) {
	s := &f.out[len(f.out)-1]
	s.end, s.over = max(end, s.detected+1), true
	f.open, f.begin = false, now
	for k := s.onset; k < s.end; k++ {
		f.c[k].spoilt = true
	}
}

// stretches returns those found so far.
func (f *follower) stretches() []stretch {
	for k := range f.out {
		s := &f.out[k]
		if !s.over {
			s.end = f.next
		}
		s.readings = f.all[max(s.onset, f.told):s.end]
	}
	return f.out
}

func firstBad(bad []bool, from, to int) int {
	for i := from; i < to; i++ {
		if bad[i] {
			return i
		}
	}
	return -1
}

func count(bad []bool) int {
	n := 0
	for _, b := range bad {
		if b {
			n++
		}
	}
	return n
}
