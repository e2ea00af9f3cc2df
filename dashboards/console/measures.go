package console

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console/chart"
)

// The targets for one person who answers alarms (EEMUA 191, ISA-18.2). Below
// enough alarms a share says nothing and is not judged.
const (
	mostMean      = 1.0  // alarms in ten minutes, on average
	mostPeak      = 10   // alarms in any ten minutes
	mostFlood     = 0.01 // of the time
	mostHigh      = 0.05 // of the alarms: P1
	mostMedium    = 0.15 // of the alarms: P2
	mostTop       = 0.05 // of the alarms come from the ten most frequent
	mostStanding  = 5    // active for more than a day: fewer than this
	enoughAlarms  = 20
	enoughSources = 100
	bin           = 10 * time.Minute
	// takenTarget is our own: within this, 95 % of the high alarms are taken in
	// charge.
	takenTarget = 15 * time.Minute
)

// verdict is one measure against its target.
type verdict struct {
	// Key names the texts measures.<key>.
	Key           string
	Value, Target string
	// State is met, missed or open (too few alarms to judge).
	State string
}

// measuresView answers "can the people keep up?".
type measuresView struct {
	Measures
	Verdicts []verdict
	// Missed counts the targets missed, the page's number; Judged those judged.
	Missed, Judged int
	Total          int
	Figure         figure
	Taken          []takenRow
	Mix            []mixRow
}

type takenRow struct {
	Priority gtc.Priority
	TakenIn
}

type mixRow struct {
	Priority gtc.Priority
	Count    int
	Share    float64
}

func (s *server) measuresPage(r *http.Request, t *tongue, _ Park) (content, error) {
	m, err := s.alarms.Measures(r.Context())
	if err != nil {
		return content{}, fmt.Errorf("read measures of alarms: %w", err)
	}
	v := measuresView{Measures: m, Verdicts: t.verdicts(m)}
	for _, w := range v.Verdicts {
		switch w.State {
		case "missed":
			v.Missed++
			v.Judged++
		case "met":
			v.Judged++
		}
	}
	v.Total = total(m)
	for p := 1; p <= 4; p++ {
		v.Taken = append(v.Taken, takenRow{gtc.Priority(p), m.Taken[p]})
		v.Mix = append(v.Mix, mixRow{gtc.Priority(p), m.Mix[p], share(m.Mix[p], v.Total)})
	}
	v.Figure = t.loadFigure(m)
	return content{nav: "alarms", title: t.must("measures.title"), body: v}, nil
}

func total(m Measures) int {
	n := 0
	for _, c := range m.Mix {
		n += c
	}
	return n
}

func share(part, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(part) / float64(of)
}

// judge is met or missed, or open without enough to judge by.
func judge(met, enough bool) string {
	switch {
	case !enough:
		return "open"
	case met:
		return "met"
	}
	return "missed"
}

// verdicts holds the measures against the targets, the missed first.
func (t *tongue) verdicts(m Measures) []verdict {
	n, sum, peak := total(m), 0, 0
	for _, c := range m.Counts {
		sum += c
		peak = max(peak, c)
	}
	mean := 0.0
	if len(m.Counts) > 0 {
		mean = float64(sum) / float64(len(m.Counts))
	}
	var flood time.Duration
	for _, f := range m.Floods {
		flood += f.To.Sub(f.From)
	}
	span := m.To.Sub(m.From)
	flooded := 0.0
	if span > 0 {
		flooded = float64(flood) / float64(span)
	}
	top := 0
	for _, c := range m.Top {
		top += c.Count
	}
	high, medium := share(m.Mix[1], n), share(m.Mix[2], n)
	taken := m.Taken[gtc.PriorityHigh]
	pct := func(v float64) string { return t.Number(v*100, 1) + "\u00a0%" }
	known := len(m.Counts) > 0
	out := []verdict{
		{"mean", t.Number(mean, 2), t.Number(mostMean, 0), judge(mean <= mostMean, known)},
		{"peak", t.Number(float64(peak), 0), t.Number(mostPeak, 0), judge(peak <= mostPeak, known)},
		{"flood", pct(flooded), pct(mostFlood), judge(flooded < mostFlood, known)},
		{"mix", pct(high) + " / " + pct(medium), pct(mostHigh) + " / " + pct(mostMedium), judge(high <= mostHigh && medium <= mostMedium, n >= enoughAlarms)},
		{"top", pct(share(top, n)), pct(mostTop), judge(share(top, n) < mostTop, n >= enoughSources)},
		{"standing", t.Number(float64(len(m.LongStanding)), 0), t.Number(mostStanding, 0), judge(len(m.LongStanding) < mostStanding, true)},
		{"chattering", t.Number(float64(len(m.Chattering)), 0), "0", judge(len(m.Chattering) == 0, true)},
		{"taken", t.Age(taken.P95), t.Age(takenTarget), judge(taken.P95 <= takenTarget, taken.Count > 0)},
	}
	if taken.Count == 0 {
		out[len(out)-1].Value = "–"
	}
	order := []string{"missed", "open", "met"}
	slices.SortStableFunc(out, func(a, b verdict) int { return slices.Index(order, a.State) - slices.Index(order, b.State) })
	return out
}

// loadFigure draws how many alarms called in each ten minutes.
func (t *tongue) loadFigure(m Measures) figure {
	if len(m.Counts) == 0 {
		return figure{}
	}
	line := chart.Line{Class: "observed", Step: true}
	rows := make([][]float64, 0, len(m.Counts))
	peak := 0
	var at time.Time
	for i, c := range m.Counts {
		from := m.From.Add(time.Duration(i) * bin)
		line.Points = append(line.Points, chart.Point{T: from, V: float64(c)})
		rows = append(rows, []float64{float64(from.UnixMilli()), float64(c)})
		if c > peak {
			peak, at = c, from
		}
	}
	limit := chart.Line{Class: "expected", Name: t.must("measures.flood_limit"), Points: []chart.Point{{T: m.From, V: mostPeak}, {T: m.To, V: mostPeak}}}
	f := figure{Unit: "", Data: jsonText(rows), Names: jsonText([]string{t.must("measures.axis")}), Alt: t.must("measures.alt.none", t.Moment(m.From), t.Moment(m.To))}
	if peak > 0 {
		f.Alt = t.must("measures.alt", t.Moment(m.From), t.Moment(m.To), peak, t.Moment(at))
	}
	c := chart.Time{
		From: m.From.In(t.zone), To: m.To.In(t.zone), Unit: t.must("measures.axis"), Alt: f.Alt, Lines: []chart.Line{line, limit},
		Locale: t.locale, Zero: true,
	}
	f.Charts = draw("load", []chart.Size{{W: 344, H: 220}, {W: 640, H: 240}, {W: 1100, H: 260}}, func(id string, size chart.Size) string {
		c.ID, c.Size = id, size
		return c.SVG()
	})
	return f
}
