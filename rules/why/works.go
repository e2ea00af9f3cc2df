package why

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/works"
)

// SetWorks gives the book the works register of its site, for all days that are
// not sealed. A day inside works on the meter that pays, or on the whole site,
// proves nothing, neither that something is wrong nor that it is right, and is no
// measure of what is usual: exactly as it is part of no baseline. What lasted
// before goes on. Rules that tell of a danger to people look at such days too.
func (b *Book) SetWorks(r works.Register) { b.works = r }

// Dangerous reports whether a finding tells of a danger to people: gas that may
// leak, water in which legionella grow. No works silence it, and it is listed
// under no other.
func Dangerous(f gtc.Finding) bool { return dangerous(f.Rule) }

func dangerous(rule string) bool {
	return rule == ruleGas || rule == "W2-dead-leg" || rule == "W2-lukewarm"
}

// leftOut returns the days of the book that are left out of a course, as spans
// with the last day not included.
func (b *Book) leftOut(k key) [][2]int {
	var out [][2]int
	for _, e := range b.worksOn(k) {
		from, to := b.day(e.From.Time(b.from.Location())), b.days
		if e.To != "" {
			to = b.day(e.To.Next().Time(b.from.Location()))
		}
		if from < to {
			out = append(out, [2]int{from, to})
		}
	}
	return out
}

// worksOn returns the works that leave days out of a course.
func (b *Book) worksOn(k key) []works.Entry {
	if dangerous(k.rule) {
		return nil
	}
	var out []works.Entry
	for _, e := range b.works.Entries {
		if e.Kind == works.Works && e.Touches(cmp.Or(k.meter, k.equipment)) {
			out = append(out, e)
		}
	}
	return out
}

// within reports whether a day lies in one of some spans.
func within(spans [][2]int, day int) bool {
	return slices.ContainsFunc(spans, func(x [2]int) bool { return day >= x[0] && day < x[1] })
}

// leave takes the days of spans out of a course that begins with a day of the
// book.
func (c course) leave(spans [][2]int, first int) {
	for _, x := range spans {
		for day := max(first, x[0]); day < min(x[1], first+len(c)); day++ {
			c[day-first] = seen{left: true}
		}
	}
}

// tellWorks says in a finding how many of its days were left out, from the first
// on which it may have begun, and for which works; nothing when none was.
func (b *Book) tellWorks(f *gtc.Finding, r *Rule, k key) {
	left := b.leftOut(k)
	if len(left) == 0 {
		return
	}
	n, from := 0, f.Onset.AddDate(0, 0, 1-r.Within)
	for day := b.day(from); day < b.day(f.Through.AddDate(0, 0, 1)); day++ {
		if within(left, day) {
			n++
		}
	}
	if n == 0 {
		return
	}
	var which []string
	for _, e := range b.worksOn(k) {
		if e.From > works.DayOf(f.Through) || e.To != "" && e.To < works.DayOf(from) {
			continue
		}
		which = append(which, e.ID+" "+string(e.From)+".."+string(e.To))
	}
	f.Inputs["works"] = fmt.Sprintf("%d d left out: %s", n, strings.Join(which, ", "))
}

// KeptBack returns the findings that would have been detected on a day inside works
// and are not said, in order of detection.
func (b *Book) KeptBack() []gtc.Finding {
	var out []gtc.Finding
	for k, rec := range b.records {
		r, left := b.rules.Rule(k.rule), b.leftOut(k)
		if r == nil || !r.Enabled || len(left) == 0 {
			continue
		}
		told := b.stretches(rec, r, k, left)
		for _, s := range b.stretches(rec, r, k, nil) {
			covered := slices.ContainsFunc(told, func(o stretch) bool { return o.onset <= s.detected && s.detected < o.end })
			if within(left, rec.first+s.detected) && !covered {
				out = append(out, b.finding(r, k, rec.first, s))
			}
		}
	}
	inOrder(out)
	return out
}

// stretches judges a course without the days that are left out.
func (b *Book) stretches(rec *record, r *Rule, k key, left [][2]int) []stretch {
	f := rec.follow(follower{}, r, b.looks[k.rule].say, b.days, left)
	f.run(b.days - rec.first)
	return f.stretches()
}

// inOrder sorts findings by detection.
func inOrder(fs []gtc.Finding) {
	slices.SortFunc(fs, func(x, y gtc.Finding) int {
		return cmp.Or(x.Detected.Compare(y.Detected), cmp.Compare(x.ID, y.ID))
	})
}

// worked reports whether a day between two others is left out.
func (c course) worked(from, to int) bool {
	return slices.ContainsFunc(c[from:to], func(s seen) bool { return s.left })
}
