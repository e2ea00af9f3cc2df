package console

import (
	"encoding/json"
	"html/template"
	"math"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console/chart"
)

// figure is a chart in the sizes the page may need; the style sheet shows the
// one that fits, so that its letters keep their size.
type figure struct {
	Charts []sized
	// Data are the points for the reading under the pointer:
	// [[milliseconds, value, …], …].
	Data string
	// Names and Unit go with the values of Data; Decimals of each number.
	Names    string
	Unit     string
	Decimals int
	// Daily tells that a point is a whole day.
	Daily bool
	Alt   string
}

type sized struct {
	Class string
	SVG   template.HTML
}

// draw makes the chart in each size; narrow ones are s, then m, then l.
func draw(id string, sizes []chart.Size, svg func(id string, size chart.Size) string) []sized {
	var out []sized
	for i, size := range sizes {
		name := []string{"s", "m", "l"}[i]
		if i == len(sizes)-1 && i == 1 {
			name = "ml"
		}
		out = append(out, sized{Class: "fit-" + name, SVG: template.HTML(svg(id+"-"+name, size))})
	}
	return out
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

// trendFigure draws one series; gaps stay gaps.
func (t *tongue) trendFigure(d SiteDetail, v LiveValue, got Trend) figure {
	f, c := t.seriesChart(d, v, got)
	f.Charts = drawSeries("trend", c)
	return f
}

// seriesChart prepares the picture of one series, to be drawn by [drawSeries].
func (t *tongue) seriesChart(d SiteDetail, v LiveValue, got Trend) (figure, chart.Time) {
	unit := v.Unit
	line := chart.Line{Class: "observed", Gaps: true, Step: v.Type == "bool"}
	for _, p := range got.Points {
		line.Points = append(line.Points, chart.Point{T: p.At, V: orNaN(p.Value)})
	}
	f := figure{Unit: unit, Decimals: decimalsOf(unit), Data: trendData(got.Points), Names: jsonText([]string{v.Label.In(t.Lang)})}
	f.Alt = t.trendSentence(d, v, got)
	c := chart.Time{
		From: got.From.In(t.zone), To: got.To.In(t.zone), Unit: unit, Alt: f.Alt, Lines: []chart.Line{line},
		Locale: t.locale, Zero: unit == "%" || unit == "kW",
	}
	if v.Type == "bool" {
		c.States, c.Zero = []string{t.must("value.false"), t.must("value.true")}, true
	}
	return f, c
}

// drawSeries draws the chart of a series for a phone and beside a list.
func drawSeries(name string, c chart.Time) []sized {
	return draw(name, []chart.Size{{W: 344, H: 220}, {W: 560, H: 260}}, func(id string, size chart.Size) string {
		c.ID, c.Size = id, size
		return c.SVG()
	})
}

// trendSentence says what the curve shows.
func (t *tongue) trendSentence(d SiteDetail, v LiveValue, got Trend) string {
	place := d.Label.In(t.Lang) + " · " + t.equipmentLabel(d, v.Equipment) + " · " + v.Label.In(t.Lang)
	lo, hi, last := math.Inf(1), math.Inf(-1), math.NaN()
	for _, p := range got.Points {
		if p.Value != nil {
			lo, hi, last = math.Min(lo, *p.Value), math.Max(hi, *p.Value), *p.Value
		}
	}
	if math.IsNaN(last) {
		return t.must("trend.alt.empty", place, t.Moment(got.From), t.Moment(got.To))
	}
	if v.Type == "bool" {
		return t.must("trend.alt.state", place, t.Moment(got.From), t.Moment(got.To))
	}
	n := decimalsOf(v.Unit)
	return t.must("trend.alt", place, t.Number(lo, n), t.Number(hi, n), v.Unit, t.Moment(got.From), t.Moment(got.To), t.Number(last, n))
}

func trendData(points []TrendPoint) string {
	rows := make([][]*float64, 0, len(points))
	for _, p := range points {
		ms := float64(p.At.UnixMilli())
		rows = append(rows, []*float64{&ms, p.Value})
	}
	return jsonText(rows)
}

// jsonText is v as JSON, "[]" for what JSON cannot say (a NaN).
func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "[]"
	}
	return string(b)
}

// energyFigures draws consumption against expected, the CUSUM under it on the
// same x, and the signature.
func (t *tongue) energyFigures(v *meterView) {
	if len(v.Days) == 0 {
		return
	}
	from := v.Days[0].Day.In(t.zone)
	to := v.Days[len(v.Days)-1].Day.In(t.zone).AddDate(0, 0, 1)
	names := []string{t.must("meter.observed"), t.must("meter.expected")}
	room := chart.NameRoom(append([]string{t.must("meter.cusum")}, names...)...)
	marks := t.marks(v.Findings, from, to)
	use := chart.Time{
		From: from, To: to, Unit: t.must("meter.axis.day"), Alt: v.Answer, Zero: true, Marks: marks, NamedMarks: true,
		HideTimes: hasCUSUM(v.Days), RightRoom: room, Locale: t.locale,
	}
	use.Areas, use.Lines = consumption(v, names)
	sizes := []chart.Size{{W: 344, H: 240}, {W: 640, H: 270}, {W: 1120, H: 320}}
	v.Consumption = figure{
		Data: dayData(v.Days), Names: jsonText(append(names, t.must("meter.cusum"))), Unit: "kWh", Alt: v.Answer, Daily: true,
		Charts: draw("use", sizes, func(id string, size chart.Size) string {
			use.ID, use.Size = id, size
			return use.SVG()
		}),
	}
	if hasCUSUM(v.Days) {
		v.CUSUM = t.cusumFigure(v, marks, room, from, to)
	}
	v.Signature = t.signature(v)
}

// smoothFrom is the number of days from which the lines are means of seven
// days: a year of single days hides what changed.
const smoothFrom = 120

func consumption(v *meterView, names []string) ([]chart.Area, []chart.Line) {
	observed, expected := make([]float64, len(v.Days)), make([]float64, len(v.Days))
	low, high := make([]float64, len(v.Days)), make([]float64, len(v.Days))
	some := false
	for i, d := range v.Days {
		observed[i], expected[i] = orNaN(d.KWh), orNaN(d.Expected)
		low[i], high[i] = math.Max(0, orNaN(d.Low)), orNaN(d.High)
		some = some || d.Expected != nil
	}
	var lines []chart.Line
	if v.Smooth = len(v.Days) > smoothFrom; v.Smooth {
		lines = append(lines, dailyLine(v.Days, observed, chart.Line{Class: "daily", Gaps: true}))
		observed, expected, low, high = weekMeans(observed), weekMeans(expected), weekMeans(low), weekMeans(high)
	}
	if some {
		lines = append(lines, dailyLine(v.Days, expected, chart.Line{Name: names[1], Class: "expected"}))
	}
	lines = append(lines, dailyLine(v.Days, observed, chart.Line{Name: names[0], Class: "observed", Gaps: !v.Smooth}))
	band := chart.Area{Class: "band"}
	for i, d := range v.Days {
		band.Ranges = append(band.Ranges, chart.Range{T: noon(d), Low: low[i], High: high[i]})
	}
	areas := []chart.Area{band}
	for _, f := range v.Findings {
		if f.Kind != gtc.FindingData {
			areas = append(areas, excess(v.Days, observed, expected, f))
		}
	}
	return areas, lines
}

func noon(d EnergyDay) time.Time { return d.Day.Add(12 * time.Hour) }

func dailyLine(days []EnergyDay, values []float64, l chart.Line) chart.Line {
	for i, d := range days {
		l.Points = append(l.Points, chart.Point{T: noon(d), V: values[i]})
	}
	return l
}

// weekMeans are the means of the seven days around each day, NaN where fewer
// than four of them are known or the day itself is not.
func weekMeans(values []float64) []float64 {
	out := make([]float64, len(values))
	for i := range values {
		sum, n := 0.0, 0
		for j := max(0, i-3); j <= min(len(values)-1, i+3); j++ {
			if !math.IsNaN(values[j]) {
				sum, n = sum+values[j], n+1
			}
		}
		out[i] = math.NaN()
		if n >= 4 && !math.IsNaN(values[i]) {
			out[i] = sum / float64(n)
		}
	}
	return out
}

// excess is the surface between expected and observed while a finding lasts.
func excess(days []EnergyDay, observed, expected []float64, f PricedFinding) chart.Area {
	a := chart.Area{Class: "excess"}
	if f.Kind == gtc.FindingSaving {
		a.Class = "saving"
	}
	for i, d := range days {
		if d.Day.Before(f.Onset) || !f.End.IsZero() && !d.Day.Before(f.End) {
			continue
		}
		seen, exp := observed[i], expected[i]
		r := chart.Range{T: noon(d), Low: exp, High: math.Max(seen, exp)}
		if a.Class == "saving" {
			r.Low, r.High = math.Min(seen, exp), exp
		}
		a.Ranges = append(a.Ranges, r)
	}
	return a
}

// marks are the onset and detection of the worst finding, and the onsets of
// the others without detection.
func (t *tongue) marks(findings []PricedFinding, from, to time.Time) []chart.Mark {
	var out []chart.Mark
	for i, f := range findings {
		if i > 1 || f.Kind == gtc.FindingData {
			continue
		}
		if !f.Onset.Before(from) && f.Onset.Before(to) {
			out = append(out, chart.Mark{T: f.Onset, Class: "onset", Name: t.must("meter.mark.onset", t.locale.Day(f.Onset.In(t.zone)))})
		}
		if i == 0 && !f.Detected.Before(from) && f.Detected.Before(to) {
			out = append(out, chart.Mark{T: f.Detected, Class: "detection", Name: t.must("meter.mark.detected", t.locale.Day(f.Detected.In(t.zone)))})
		}
	}
	return out
}

func hasCUSUM(days []EnergyDay) bool {
	for _, d := range days {
		if d.CUSUM != nil {
			return true
		}
	}
	return false
}

func (t *tongue) cusumFigure(v *meterView, marks []chart.Mark, room float64, from, to time.Time) figure {
	line := chart.Line{Name: t.must("meter.cusum"), Class: "cusum"}
	last := math.NaN()
	for _, d := range v.Days {
		line.Points = append(line.Points, chart.Point{T: d.Day.AddDate(0, 0, 1), V: orNaN(d.CUSUM)})
		if d.CUSUM != nil {
			last = *d.CUSUM
		}
	}
	c := chart.Time{
		From: from, To: to, Unit: t.must("meter.axis.cusum"), Zero: true, Marks: marks, RightRoom: room, Locale: t.locale,
		Alt: t.must("meter.alt.cusum", t.Signed(last, 0), t.Day(to.AddDate(0, 0, -1))), Lines: []chart.Line{line},
	}
	sizes := []chart.Size{{W: 344, H: 180}, {W: 640, H: 180}, {W: 1120, H: 200}}
	return figure{Unit: "kWh", Alt: c.Alt, Charts: draw("cusum", sizes, func(id string, size chart.Size) string {
		c.ID, c.Size = id, size
		return c.SVG()
	})}
}

func dayData(days []EnergyDay) string {
	rows := make([][]*float64, 0, len(days))
	for _, d := range days {
		ms := float64(d.Day.UnixMilli())
		rows = append(rows, []*float64{&ms, rounded(d.KWh), rounded(d.Expected), rounded(d.CUSUM)})
	}
	return jsonText(rows)
}

func rounded(v *float64) *float64 {
	if v == nil {
		return nil
	}
	r := math.Round(*v*10) / 10
	return &r
}

// signature draws consumption against outdoor temperature, empty when there is
// no temperature to draw against.
func (t *tongue) signature(v *meterView) figure {
	c := chart.Scatter{
		XUnit: t.must("meter.axis.temperature"), YUnit: t.must("meter.axis.day"), Balance: math.NaN(), Locale: t.locale,
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, d := range v.Days {
		if d.KWh == nil || d.Temperature == nil {
			continue
		}
		dot := chart.Dot{X: *d.Temperature, Y: *d.KWh, Shade: int(d.Day.In(t.zone).Month()) - 1}
		if v.Worst != nil && v.Worst.Kind == gtc.FindingDrift && v.Worst.End.IsZero() && !d.Day.Before(v.Worst.Onset) {
			dot.Class = "after"
		}
		c.Dots = append(c.Dots, dot)
		lo, hi = math.Min(lo, dot.X), math.Max(hi, dot.X)
	}
	if len(c.Dots) < 20 {
		return figure{}
	}
	b := v.Baseline
	if b.Eligible && b.Slope != nil && b.Balance != nil {
		at := func(x float64) chart.XY { return chart.XY{X: x, Y: b.Intercept + *b.Slope*math.Max(0, *b.Balance-x)} }
		c.Model = []chart.XY{at(lo), at(math.Min(*b.Balance, hi)), at(hi)}
		c.Balance = *b.Balance
		c.BalanceName = t.must("meter.balance", t.Number(*b.Balance, 1))
	} else if b.Eligible && b.Slope == nil {
		c.Model = []chart.XY{{X: lo, Y: b.Intercept}, {X: hi, Y: b.Intercept}}
	}
	c.Alt = t.must("meter.alt.signature", v.SiteLabel.In(t.Lang)+" · "+v.Meter.Label.In(t.Lang))
	return figure{Alt: c.Alt, Charts: draw("signature", []chart.Size{{W: 344, H: 260}, {W: 560, H: 340}}, func(id string, size chart.Size) string {
		c.ID, c.Size = id, size
		return c.SVG()
	})}
}
