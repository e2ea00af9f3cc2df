package replay

import (
	"cmp"
	"maps"
	"slices"

	"github.com/cpas-charleroi/gtc"
)

// Comparison is what another set of classes changes over the same history.
type Comparison struct {
	// Lines are the classes of which something changes, by site.
	Lines []Change `json:"lines"`
	// Only are the occurrences that only the first or only the second set has:
	// none of the same alarm overlaps them in the other.
	OnlyFirst  []Occurrence `json:"only_first"`
	OnlySecond []Occurrence `json:"only_second"`
}

// Change is what becomes of a class on a site.
type Change struct {
	Class string     `json:"class"`
	Site  gtc.SiteID `json:"site"`
	// Called, Hours and Longest (seconds) by the first set and by the second.
	Called  [2]int     `json:"called"`
	Hours   [2]float64 `json:"hours"`
	Longest [2]float64 `json:"longest_s"`
	// Gone and New count the occurrences that only one of them has.
	Gone int `json:"gone"`
	New  int `json:"new"`
}

// Compare holds a second report against a first one of the same history.
func Compare(first, second Report) Comparison {
	out := Comparison{Lines: []Change{}, OnlyFirst: alone(first.Occurrences, second), OnlySecond: alone(second.Occurrences, first)}
	lines := map[string]*Change{}
	of := func(class string, site gtc.SiteID) *Change {
		key := class + " " + string(site)
		if lines[key] == nil {
			lines[key] = &Change{Class: class, Site: site}
		}
		return lines[key]
	}
	for i, r := range []Report{first, second} {
		for _, l := range r.BySite {
			c := of(l.Class, l.Site)
			c.Called[i], c.Hours[i], c.Longest[i] = l.Called, l.Hours, l.Longest
		}
	}
	for _, o := range out.OnlyFirst {
		of(o.Class, o.Site).Gone++
	}
	for _, o := range out.OnlySecond {
		of(o.Class, o.Site).New++
	}
	for _, k := range slices.Sorted(maps.Keys(lines)) {
		c := lines[k]
		if c.Called[0] != c.Called[1] || c.Hours[0] != c.Hours[1] || c.Gone > 0 || c.New > 0 {
			out.Lines = append(out.Lines, *c)
		}
	}
	slices.SortStableFunc(out.Lines, func(a, b Change) int {
		return cmp.Or(cmp.Compare(b.Gone+b.New, a.Gone+a.New), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Site, b.Site))
	})
	return out
}

// alone returns the occurrences of which the other report has none at the same
// time.
func alone(of []Occurrence, other Report) []Occurrence {
	byAlarm := map[string][]*Occurrence{}
	for i := range other.Occurrences {
		o := &other.Occurrences[i]
		byAlarm[o.Alarm] = append(byAlarm[o.Alarm], o)
	}
	out := []Occurrence{}
	for i := range of {
		o := &of[i]
		end := o.From.Add(o.Lasted(other.To))
		meets := slices.ContainsFunc(byAlarm[o.Alarm], func(x *Occurrence) bool {
			return !x.From.After(end) && !x.From.Add(x.Lasted(other.To)).Before(o.From)
		})
		if !meets {
			out = append(out, *o)
		}
	}
	return out
}
