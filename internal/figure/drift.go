package figure

import (
	"image/color"
	"io"
	"math"
	"time"

	"gonum.org/v1/plot/plotter"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// History is what the figures of a drift show: a meter's days in order, the
// baseline and what was found.
type History struct {
	Baseline baseline.Baseline
	Days     []baseline.Day
	Findings []gtc.Finding
}

// judged is one calendar day of a history; NaN where there is no value.
type judged struct {
	at                          time.Time
	kwh, expected, low, high, c float64
}

// days returns every calendar day from the first to the last, so that absent
// ones are gaps, with the cumulative difference since the baseline's end.
func (h History) days() []judged {
	if len(h.Days) == 0 {
		return nil
	}
	known := make(map[string]baseline.Day, len(h.Days))
	for _, d := range h.Days {
		known[d.Date.Format(time.DateOnly)] = d
	}
	none := math.NaN()
	var out []judged
	sum := 0.0
	last := h.Days[len(h.Days)-1].Date
	for at := h.Days[0].Date; !at.After(last); at = at.AddDate(0, 0, 1) {
		j := judged{at: at, kwh: none, expected: none, low: none, high: none, c: none}
		d, ok := known[at.Format(time.DateOnly)]
		if ok && d.HasKWh {
			j.kwh = d.KWh
		}
		if e, can := h.Baseline.Predict(d); ok && can {
			j.expected, j.low, j.high = e.KWh, e.Low, e.High
		}
		if diff := j.kwh - j.expected; !at.Before(h.Baseline.To) && !math.IsNaN(diff) {
			sum += diff
			j.c = sum
		}
		out = append(out, j)
	}
	return out
}

// Consumption draws what was used against what was expected, with the 90 %
// band of a day; days of a finding are hatched.
func Consumption(w io.Writer, words Words, h History) error {
	days := h.days()
	if len(days) < 2 {
		return errEmpty(words)
	}
	return write(w, words, h.consumption(days, 360))
}

// CUSUM draws the cumulative sum of used minus expected since the baseline,
// under the consumption and over the same days, with the onset and the
// detection of each finding.
func CUSUM(w io.Writer, words Words, h History) error {
	days := h.days()
	if len(days) < 2 {
		return errEmpty(words)
	}
	cal := calendar{days[0].at, days[len(days)-1].at.AddDate(0, 0, 1)}
	sum := curve{pts: points(days, func(d judged) float64 { return d.c / 1000 }), style: line(ink(), 1.4)}
	p := timed("CUSUM (MWh)", 230, cal, true, sum)
	p.Add(sum)
	var found marks
	for i, f := range h.Findings {
		c := colorOf(f.Kind)
		found = append(
			found, mark{at: x(f.Onset), style: line(c, 1, 3, 2)},
			mark{
				at: x(f.Detected), style: line(c, 1), row: i % 8, diamond: true,
				text: word(f.Kind) + " depuis le " + Date(f.Onset) + ", vue le " + Date(f.Detected),
			},
		)
	}
	p.Add(found, names{{text: "écart cumulé", y: sum.last(), color: ink()}, {text: "┆ début", y: p.Y.Min, color: quiet()}, {text: "◆ détection", y: p.Y.Min, color: quiet()}})
	return write(w, words, h.consumption(days, 230), p)
}

// consumption is the panel of used against expected.
func (h History) consumption(days []judged, height float64) panel {
	cal := calendar{days[0].at, days[len(days)-1].at.AddDate(0, 0, 1)}
	used := curve{pts: points(days, func(d judged) float64 { return d.kwh }), style: line(ink(), 0.9)}
	expected := curve{pts: points(days, func(d judged) float64 { return d.expected }), style: line(quiet(), 1.1, 3, 2)}
	low := curve{pts: points(days, func(d judged) float64 { return d.low })}
	high := curve{pts: points(days, func(d judged) float64 { return d.high })}
	p := timed("Consommation (kWh par jour)", height, cal, true, used, expected)
	p.Add(area{low: low, high: high, fill: bandFill()})
	for _, f := range h.Findings {
		c := excess()
		if f.Kind == gtc.FindingSaving {
			c = saving()
		}
		if f.Kind != gtc.FindingData {
			p.Add(h.hatched(f, used.pts, expected.pts, days, hatch{style: line(c, 0.9)}))
		}
	}
	p.Add(expected, used, h.reference())
	p.Add(names{{text: "consommé", y: used.last(), color: ink()}, {text: "attendu", y: expected.last(), color: quiet()}, {text: "bande 90 %", y: high.last(), color: quiet()}})
	return p
}

// hatched strokes the days of a finding on which it was so.
func (h History) hatched(f gtc.Finding, used, expected plotter.XYs, days []judged, out hatch) hatch {
	sign := 1.0
	if f.Kind == gtc.FindingSaving {
		sign = -1
	}
	for i, d := range days {
		if d.at.Before(f.Onset) || !f.End.IsZero() && !d.at.Before(f.End) || !(sign*(d.kwh-d.expected) > 0) {
			continue
		}
		out.from, out.to = append(out.from, expected[i]), append(out.to, used[i])
	}
	return out
}

// reference marks the end of the baseline.
func (h History) reference() marks {
	return marks{{at: x(h.Baseline.To), text: "← période de référence", style: line(quiet(), 0.8, 1, 2), left: true}}
}

// points places values at noon of their day.
func points(days []judged, value func(judged) float64) plotter.XYs {
	return series(days, func(d judged) time.Time { return d.at.Add(12 * time.Hour) }, value)
}

func colorOf(k gtc.FindingKind) color.Color {
	switch k {
	case gtc.FindingSaving:
		return saving()
	case gtc.FindingData:
		return quiet()
	case gtc.FindingDrift:
	}
	return drift()
}

// word names a kind of finding.
func word(k gtc.FindingKind) string {
	switch k {
	case gtc.FindingSaving:
		return "économie"
	case gtc.FindingData:
		return "anomalie de données"
	case gtc.FindingDrift:
	}
	return "dérive"
}
