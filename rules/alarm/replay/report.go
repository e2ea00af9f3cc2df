package replay

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/alarm"
	"github.com/cpas-charleroi/gtc/rules/alarm/measure"
)

// standingLong is how long an alarm holds before it counts as standing (EEMUA
// 191).
const standingLong = 24 * time.Hour

// Report says what a set of classes would have called over a period.
type Report struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Samples were played, Late arrived late, Outside lay outside the period
	// and its warm-up, Unwatched were of points that no class reads.
	Samples   int `json:"samples"`
	Late      int `json:"late"`
	Outside   int `json:"outside"`
	Unwatched int `json:"unwatched"`
	// GapHours are the hours, summed over sites, in which nothing came for
	// more than an hour.
	GapHours float64 `json:"gap_hours"`
	// Sites were played; Left are the classes that no history shows.
	Sites []gtc.SiteID `json:"sites"`
	Left  []string     `json:"left_out"`
	// Classes are all that were judged, BySite those that were raised by class
	// and site.
	Classes     []Line       `json:"classes"`
	BySite      []Line       `json:"by_site"`
	Load        Load         `json:"load"`
	Occurrences []Occurrence `json:"occurrences"`
}

// Line is one class, on one site unless Site is "".
type Line struct {
	Class    string       `json:"class"`
	Label    string       `json:"label,omitempty"`
	Site     gtc.SiteID   `json:"site,omitempty"`
	Priority gtc.Priority `json:"priority"`
	// Watched are the equipment of the class, Unheard those of which no sample
	// came.
	Watched int `json:"watched"`
	Unheard int `json:"unheard"`
	// Raised counts the occurrences, Called those that nothing suppressed, on
	// how many Equipment.
	Raised    int `json:"raised"`
	Called    int `json:"called"`
	Equipment int `json:"equipment"`
	// Late occurrences were over when they were heard of.
	Late int `json:"late"`
	// Hours is how long it held in all, Median and Longest in seconds.
	Hours   float64 `json:"hours"`
	Median  float64 `json:"median_s"`
	Longest float64 `json:"longest_s"`
	// Chattering are the equipment on which it chattered, Standing the
	// occurrences of more than 24 h, Open those that held at the end.
	Chattering int     `json:"chattering"`
	Standing   int     `json:"standing"`
	Open       int     `json:"open"`
	PerDay     float64 `json:"per_day"`
	// Peak is the most calls in ten minutes.
	Peak int `json:"peak_10min"`
}

// Load holds the calls against EEMUA 191.
type Load struct {
	Calls int `json:"calls"`
	// PerDay and PerTen are means a day and in ten minutes, Peak is the most in
	// ten minutes, Over the share of ten minutes with more than ten.
	PerDay float64 `json:"per_day"`
	PerTen float64 `json:"per_10min"`
	Peak   int     `json:"peak_10min"`
	Over   float64 `json:"over_10_share"`
	// Floods are how many, FloodShare the share of time in one.
	Floods     int     `json:"floods"`
	FloodShare float64 `json:"flood_share"`
	// Mix counts the calls by priority 1 to 4.
	Mix [4]int `json:"mix"`
	// Standing is the most alarms that had held for 24 h at one midnight UTC.
	Standing   int             `json:"standing_most"`
	Chattering int             `json:"chattering"`
	Top        []measureSource `json:"top"`
	TopShare   float64         `json:"top_share"`
}

type measureSource struct {
	Alarm string `json:"alarm"`
	Count int    `json:"count"`
}

// Of reports the runs of some sites. Only says which classes are reported, all
// when empty: the others were judged, as they suppress.
func Of(runs []Run, classes []alarm.Class, only []string, from, to time.Time) Report {
	r := Report{From: from, To: to, Sites: []gtc.SiteID{}, Left: []string{}, Classes: []Line{}, BySite: []Line{}, Occurrences: []Occurrence{}}
	wanted := func(class string) bool { return len(only) == 0 || slices.Contains(only, class) }
	var events []gtc.Event
	lines := map[string]*counter{}
	for i := range classes {
		c := &classes[i]
		switch {
		case !wanted(c.ID):
		case Plays(c):
			lines[c.ID] = &counter{Line: Line{Class: c.ID, Label: c.Label.In("fr"), Priority: c.Priority}}
		default:
			r.Left = append(r.Left, c.ID)
		}
	}
	slices.Sort(r.Left)
	sites := map[string]*counter{}
	for i := range runs {
		run := &runs[i]
		r.Sites = append(r.Sites, run.Site)
		r.Samples, r.Late, r.Outside, r.Unwatched = r.Samples+run.Samples, r.Late+run.Late, r.Outside+run.Outside, r.Unwatched+run.Unwatched
		r.GapHours += run.Gaps.Hours()
		shown := map[string]bool{}
		for k := range run.Occurrences {
			o := &run.Occurrences[k]
			if !wanted(o.Class) {
				continue
			}
			shown[o.Alarm] = true
			r.Occurrences = append(r.Occurrences, *o)
			key := o.Class + " " + string(run.Site)
			if sites[key] == nil {
				sites[key] = &counter{Line: Line{Class: o.Class, Site: run.Site, Watched: run.Watched[o.Class], Unheard: run.Unheard[o.Class], Priority: o.Priority}}
				if c := lines[o.Class]; c != nil {
					sites[key].Label, sites[key].Priority = c.Label, c.Priority
				}
			}
			for _, c := range []*counter{lines[o.Class], sites[key]} {
				if c != nil {
					c.add(o, from, to)
				}
			}
		}
		for _, c := range lines {
			c.Watched += run.Watched[c.Class]
			c.Unheard += run.Unheard[c.Class]
		}
		for k := range run.Events {
			if shown[run.Events[k].Subject] {
				events = append(events, run.Events[k])
			}
		}
	}
	slices.Sort(r.Sites)
	slices.SortFunc(r.Occurrences, inOrder)
	r.Classes, r.BySite = finish(lines, from, to), finish(sites, from, to)
	r.Load = loadOf(events, r.Occurrences, from, to)
	return r
}

// counter fills in a line.
type counter struct {
	Line
	lasted     []time.Duration
	bins       map[int]int
	on, chatty map[string]bool
}

func (c *counter) add(o *Occurrence, from, to time.Time) {
	if c.on == nil {
		c.on, c.chatty, c.bins = map[string]bool{}, map[string]bool{}, map[int]int{}
	}
	c.Raised++
	c.on[o.Alarm] = true
	if !o.Suppressed {
		c.Called++
		c.bins[int(o.From.Sub(from)/measure.Bin)]++
	}
	if o.Late {
		c.Late++
	}
	if o.Chattering {
		c.chatty[o.Alarm] = true
	}
	d := o.Lasted(to)
	c.lasted = append(c.lasted, d)
	c.Hours += d.Hours()
	if d > standingLong {
		c.Standing++
	}
	if o.To.IsZero() || o.To.After(to) {
		c.Open++
	}
}

// finish returns the lines, those that called most first.
func finish(of map[string]*counter, from, to time.Time) []Line {
	days := to.Sub(from).Hours() / 24
	out := make([]Line, 0, len(of))
	for _, k := range slices.Sorted(maps.Keys(of)) {
		c := of[k]
		slices.Sort(c.lasted)
		if n := len(c.lasted); n > 0 {
			c.Median, c.Longest = c.lasted[n/2].Seconds(), c.lasted[n-1].Seconds()
		}
		for _, n := range c.bins {
			c.Peak = max(c.Peak, n)
		}
		c.Equipment, c.Chattering = len(c.on), len(c.chatty)
		if days > 0 {
			c.PerDay = float64(c.Called) / days
		}
		out = append(out, c.Line)
	}
	slices.SortStableFunc(out, func(a, b Line) int {
		return cmp.Or(b.Called-a.Called, b.Raised-a.Raised, cmp.Compare(a.Class, b.Class), cmp.Compare(a.Site, b.Site))
	})
	return out
}

func loadOf(events []gtc.Event, all []Occurrence, from, to time.Time) Load {
	m := measure.Of(events, from, to)
	out := Load{Floods: len(m.Floods), Top: []measureSource{}}
	over := 0
	for _, n := range m.Counts {
		out.Calls += n
		out.Peak = max(out.Peak, n)
		if n > measure.FloodAbove {
			over++
		}
	}
	if bins := len(m.Counts); bins > 0 {
		out.PerTen, out.Over = float64(out.Calls)/float64(bins), float64(over)/float64(bins)
		out.PerDay = float64(out.Calls) / (to.Sub(from).Hours() / 24)
	}
	for _, f := range m.Floods {
		out.FloodShare += f.To.Sub(f.From).Seconds() / to.Sub(from).Seconds()
	}
	copy(out.Mix[:], m.Mix[1:])
	top := 0
	for _, s := range m.Top {
		out.Top = append(out.Top, measureSource{s.Alarm, s.Count})
		top += s.Count
	}
	if out.Calls > 0 {
		out.TopShare = float64(top) / float64(out.Calls)
	}
	chatty := map[string]bool{}
	for i := range all {
		if all[i].Chattering {
			chatty[all[i].Alarm] = true
		}
	}
	out.Chattering = len(chatty)
	for day := from.Truncate(24 * time.Hour); !day.After(to); day = day.Add(24 * time.Hour) {
		n := 0
		for i := range all {
			if o := &all[i]; day.Sub(o.From) > standingLong && (o.To.IsZero() || o.To.After(day)) && !o.Suppressed {
				n++
			}
		}
		out.Standing = max(out.Standing, n)
	}
	return out
}
