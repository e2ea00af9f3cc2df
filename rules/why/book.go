package why

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/works"
)

// look is what one day showed; nil when it showed nothing.
type look []float64

// seen is one day of a course.
type seen struct {
	x look
	// left days are those of works: what they showed does not count.
	left bool
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
	records map[key]*record
	// from is day 0, days counts those looked at; those before sealed are
	// judged for good.
	from         time.Time
	days, sealed int
	works        works.Register
}

// NewBook opens the book of a site at a midnight of the site.
func NewBook(site gtc.Site, rules Set, from time.Time) *Book {
	return &Book{site: site, rules: rules, looks: evaluators(), records: map[key]*record{}, from: from}
}

// Next returns the first day that was not looked at yet.
func (b *Book) Next() time.Time { return b.date(b.days) }

// date is the midnight of a day.
func (b *Book) date(day int) time.Time { return b.from.AddDate(0, 0, day) }

// day is the first day that begins at or after an instant, as far as the book
// goes.
func (b *Book) day(at time.Time) int {
	return sort.Search(b.days, func(i int) bool { return !b.date(i).Before(at) })
}

// Forget drops the days from a midnight on, so that they are looked at again;
// those that are sealed stay.
func (b *Book) Forget(from time.Time) {
	day := max(b.sealed, b.day(from))
	if day == b.days {
		return
	}
	for _, rec := range b.records {
		rec.truncate(day)
	}
	b.days = day
}

// Look takes the days from [Book.Next] up to a midnight into the book.
// Evidence must reach a day back before the first of them, as nights begin
// the evening before; what it does not hold is absent.
func (b *Book) Look(ev *Evidence, until time.Time) {
	type task struct {
		rule *Rule
		look func(*day) look
		asset
		record *record
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
			if b.records[k] == nil {
				b.records[k] = &record{}
			}
			tasks = append(tasks, task{r, e.look, a, b.records[k]})
		}
	}
	for start := b.Next(); start.Before(until); start = b.Next() {
		end := b.date(b.days + 1)
		temp := mean(part(ev.Outdoor, ev.From, Step, start, end))
		for _, t := range tasks {
			d := day{ev: ev, rule: t.rule, start: start, end: end, eq: t.equipment, meter: t.meter, temp: temp}
			t.record.put(b.days, t.look(&d))
		}
		b.days++
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

// Judge returns the findings of all rules, those that are over too unless they
// were when the book was sealed, in order of detection.
func (b *Book) Judge() []gtc.Finding {
	var out []gtc.Finding
	var room follower
	for k, rec := range b.records {
		r := b.rules.Rule(k.rule)
		if r == nil || !r.Enabled {
			continue
		}
		f := rec.follow(room, r, b.looks[k.rule].say, b.days, b.leftOut(k))
		f.run(b.days - rec.first)
		for _, s := range f.stretches() {
			out = append(out, b.finding(r, k, rec.first, s))
		}
		room = f
	}
	inOrder(out)
	return out
}
