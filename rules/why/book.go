package why

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// look is what one day showed; nil when it showed nothing.
type look []float64

// seen is one day of a course.
type seen struct {
	date time.Time
	x    look
	// spoilt days are those of a finding that is over: no measure of what is
	// usual.
	spoilt bool
}

// course is what the days showed one after the other, without holes.
type course []seen

// reading is how bad a day was. A day of which nothing can be said has the
// zero reading.
type reading struct {
	value float64
	// kwh is what the day used beyond what it should have.
	kwh   float64
	known bool
}

// evaluator is how one rule looks and judges.
type evaluator struct {
	// kind of equipment that is looked at one by one; "" for a meter.
	kind gtc.Kind
	// look sees one day, or nil.
	look func(d *day) look
	// say judges day i with the days before it. The ones from ref on are
	// suspect: they count for nothing as a measure of what is usual.
	say func(c course, i, ref int, r *Rule) reading
}

// key names one course.
type key struct {
	rule      string
	equipment gtc.EquipmentID // "" when the rule looks at the meter
	meter     gtc.EquipmentID
}

// Book keeps what the rules saw of one site, day by day.
type Book struct {
	site    gtc.Site
	rules   Set
	looks   map[string]evaluator
	courses map[key]course
	// next is the first day not looked at yet.
	next time.Time
}

// NewBook opens the book of a site at a midnight of the site.
func NewBook(site gtc.Site, rules Set, from time.Time) *Book {
	return &Book{site: site, rules: rules, looks: evaluators(), courses: map[key]course{}, next: from}
}

// Next returns the first day that was not looked at yet.
func (b *Book) Next() time.Time { return b.next }

// Forget drops the days from a midnight on, so that they are looked at again.
func (b *Book) Forget(from time.Time) {
	if !from.Before(b.next) {
		return
	}
	b.next = from
	for k, c := range b.courses {
		n, _ := slices.BinarySearchFunc(c, from, func(s seen, t time.Time) int { return s.date.Compare(t) })
		b.courses[k] = c[:n]
	}
}

// Look takes the days from [Book.Next] up to a midnight into the book.
// Evidence must reach a day back before the first of them, as nights begin
// the evening before; what it does not hold is absent.
func (b *Book) Look(ev *Evidence, until time.Time) {
	type task struct {
		rule *Rule
		look func(*day) look
		asset
		key key
	}
	var tasks []task
	for i := range b.rules {
		r := &b.rules[i]
		e, ok := b.looks[r.ID]
		if !ok || !r.Enabled {
			continue
		}
		for _, a := range assets(ev, r, e) {
			k := key{r.ID, a.equipment, ""}
			if a.meter != nil {
				k.meter = a.meter.Equipment
			}
			tasks = append(tasks, task{r, e.look, a, k})
		}
	}
	for start := b.next; start.Before(until); start = start.AddDate(0, 0, 1) {
		end := start.AddDate(0, 0, 1)
		temp := mean(part(ev.Outdoor, ev.From, Step, start, end))
		for _, t := range tasks {
			d := day{ev: ev, rule: t.rule, start: start, end: end, eq: t.equipment, meter: t.meter, temp: temp}
			b.courses[t.key] = append(b.courses[t.key], seen{date: start, x: t.look(&d)})
		}
		b.next = end
	}
}

// asset is what a rule looks at.
type asset struct {
	equipment gtc.EquipmentID
	meter     *gtc.Meter
}

// assets returns what a rule looks at on a site.
func assets(ev *Evidence, r *Rule, e evaluator) []asset {
	var out []asset
	if e.kind == "" {
		for _, n := range r.Needs {
			for _, m := range metersOf(ev.Site, n.Meter) {
				out = append(out, asset{meter: m})
			}
		}
		return out
	}
	var pays *gtc.Meter
	if m := metersOf(ev.Site, "heat"); len(m) > 0 {
		pays = m[0]
	}
	for _, q := range ev.Site.Equipment {
		if q.Kind == e.kind {
			out = append(out, asset{q.ID, pays})
		}
	}
	return out
}

// metersOf returns the meters that a need means: the one that pays for heat or
// electricity, or all.
func metersOf(site *gtc.Site, need string) []*gtc.Meter {
	var all []*gtc.Meter
	for i := range site.Meters {
		if m := &site.Meters[i]; m.KWhPerUnit > 0 && m.Direction == gtc.DirectionImport {
			all = append(all, m)
		}
	}
	var carriers []gtc.Carrier
	switch need {
	case "any":
		return all
	case "heat":
		carriers = []gtc.Carrier{gtc.CarrierGas, gtc.CarrierOil, gtc.CarrierHeat}
	case "electricity":
		carriers = []gtc.Carrier{gtc.CarrierElectricity}
	}
	// The access point first, the others are behind it.
	slices.SortStableFunc(all, func(a, b *gtc.Meter) int {
		return cmp.Or(slices.Index(carriers, a.Carrier)-slices.Index(carriers, b.Carrier), strings.Compare(named(a.EAN), named(b.EAN)))
	})
	for _, m := range all {
		if slices.Contains(carriers, m.Carrier) {
			return []*gtc.Meter{m}
		}
	}
	return nil
}

func named(ean string) string {
	if ean == "" {
		return "~"
	}
	return ""
}

// Judge returns the findings of all rules, those that are over too, in order
// of detection.
func (b *Book) Judge() []gtc.Finding {
	var out []gtc.Finding
	for k, c := range b.courses {
		r := b.rules.Rule(k.rule)
		if r == nil || !r.Enabled {
			continue
		}
		for _, s := range stretches(r, c, b.looks[k.rule].say) {
			out = append(out, b.finding(r, k, c, s))
		}
	}
	slices.SortFunc(out, func(x, y gtc.Finding) int {
		return cmp.Or(x.Detected.Compare(y.Detected), cmp.Compare(x.ID, y.ID))
	})
	return out
}

// silent is how many days without evidence close a finding.
const silent = 60

// stretch is the life of one finding in days of a course; end is one beyond
// the last while it lasts.
type stretch struct {
	onset, detected, end int
	over                 bool
	readings             []reading // from the onset on
}

// stretches follows a rule through a course, day by day.
func stretches(r *Rule, c course, say func(course, int, int, *Rule) reading) []stretch {
	trip, back := r.Param(paramThreshold), r.Param(paramReset)
	c = slices.Clone(c)
	all := make([]reading, len(c))
	bad := make([]bool, len(c))
	var out []stretch
	open := false
	good, since, last, begin := 0, 0, 0, 0
	for i := range c {
		ref := i
		if open {
			ref = out[len(out)-1].onset
		} else if f := firstBad(bad, max(begin, i+1-r.Within), i); f >= 0 {
			ref = f
		}
		v := say(c, i, ref, r)
		if !v.known || math.IsNaN(v.value) || math.IsNaN(v.kwh) {
			if open && i-last >= silent {
				open, begin = close(&out[len(out)-1], last+1, i)
				spoil(c, out[len(out)-1])
			}
			continue
		}
		all[i], last = v, i
		bad[i] = v.value >= trip
		if !open {
			from := max(begin, i+1-r.Within)
			if bad[i] && count(bad[from:i+1]) >= r.Open {
				out = append(out, stretch{onset: firstBad(bad, from, i+1), detected: i})
				open, good = true, 0
			}
			continue
		}
		if v.value >= back {
			good = 0
			continue
		}
		if good++; good == 1 {
			since = i
		}
		if good >= r.Clear {
			open, begin = close(&out[len(out)-1], since, i)
			spoil(c, out[len(out)-1])
		}
	}
	for k := range out {
		s := &out[k]
		if !s.over {
			s.end = len(c)
		}
		s.readings = all[s.onset:s.end]
	}
	return out
}

// close ends a stretch at a day, after its detection, and says from which day
// on another may begin.
func close(s *stretch, end, now int) (open bool, begin int) {
	s.end, s.over = max(end, s.detected+1), true
	return false, now
}

// spoil marks the days of a stretch that is over.
func spoil(c course, s stretch) {
	for k := s.onset; k < s.end; k++ {
		c[k].spoilt = true
	}
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
