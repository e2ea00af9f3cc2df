package console

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console/chart"
)

// portfolioView answers "what does the whole park use beyond the expected, and
// is it the weather, everybody or somebody?".
type portfolioView struct {
	Portfolio
	Number, Unit, Says, Answer, Sub string
	Pools                           []poolView
	Span                            string
	Spans                           []string
}

// poolView is one pool on a screen.
type poolView struct {
	PortfolioPool
	Use, CUSUM figure
	CSV        string
	// Proven says in a sentence whether the year's excess is proven.
	Proven string
	// Loud are the groups with findings, Quiet counts the others.
	Loud  []PortfolioGroup
	Quiet int
}

// portfolioTop is the park's pooled chart at the top of the energy page.
type portfolioTop struct {
	Kind   string
	Use    figure
	Proven string
}

func (s *server) portfolioRoutes(pages *http.ServeMux) {
	if s.portfolio == nil {
		return
	}
	pages.HandleFunc("GET /energie/parc", s.page("portfolio", s.portfolioPage))
	pages.HandleFunc("GET /energie/parc/{kind}", s.portfolioCSV)
	pages.HandleFunc("GET /api/v1/energy/portfolio", s.answer(s.portfolioAPI))
}

func (s *server) portfolioAPI(r *http.Request) (any, error) {
	p, err := s.portfolio.Portfolio(r.Context())
	if err != nil {
		return nil, fmt.Errorf("read portfolio: %w", err)
	}
	p.Sites, p.Pools = list(p.Sites), list(p.Pools)
	for i := range p.Pools {
		pool := &p.Pools[i]
		pool.Weeks, pool.Findings, pool.Groups = list(pool.Weeks), list(pool.Findings), list(pool.Groups)
		for j := range pool.Groups {
			pool.Groups[j].Findings = list(pool.Groups[j].Findings)
		}
	}
	return p, nil
}

func (s *server) portfolioPage(r *http.Request, t *tongue, _ Park) (content, error) {
	p, err := s.portfolio.Portfolio(r.Context())
	if err != nil {
		return content{}, fmt.Errorf("read portfolio: %w", err)
	}
	span, from, err := energySpan(r.URL.Query().Get("span"), p.At)
	if err != nil {
		return content{}, err
	}
	v := portfolioView{Portfolio: p, Span: span, Spans: []string{"90d", "1y", "2y"}}
	for _, pool := range p.Pools {
		pv := poolView{PortfolioPool: pool, CSV: "/energie/parc/" + pool.Kind + ".csv", Proven: t.proven(pool)}
		pv.Use, pv.CUSUM = t.poolFigures(pool, from, true)
		for _, g := range pool.Groups {
			if len(g.Findings) > 0 {
				pv.Loud = append(pv.Loud, g)
			} else {
				pv.Quiet++
			}
		}
		v.Pools = append(v.Pools, pv)
	}
	t.portfolioAnswer(&v)
	return content{nav: "energy", title: t.must("portfolio.title"), body: v}, nil
}

// portfolioTop returns the first pool's chart for the energy page, nil when
// there is none.
func (s *server) portfolioTop(r *http.Request, t *tongue) (*portfolioTop, error) {
	if s.portfolio == nil {
		return nil, nil //nolint:nilnil // without a portfolio there is nothing on top
	}
	p, err := s.portfolio.Portfolio(r.Context())
	if err != nil {
		return nil, fmt.Errorf("read portfolio: %w", err)
	}
	if len(p.Pools) == 0 {
		return nil, nil //nolint:nilnil // as above
	}
	pool := p.Pools[0]
	use, _ := t.poolFigures(pool, p.At.AddDate(-1, 0, 0), false)
	return &portfolioTop{Kind: pool.Kind, Use: use, Proven: t.proven(pool)}, nil
}

// portfolioAnswer is the page's number and sentence: what is at stake a week,
// and whether the park as a whole left its baseline.
func (t *tongue) portfolioAnswer(v *portfolioView) {
	var eur, kwh float64
	priced := false
	for _, s := range v.Sites {
		kwh += s.KWhPerWeek
		if s.EURPerWeek != nil {
			eur, priced = eur+*s.EURPerWeek, true
		}
	}
	v.Number, v.Unit = t.perWeek(nil, kwh)
	if priced || len(v.Sites) == 0 {
		v.Number, v.Unit = t.perWeek(&eur, kwh)
	}
	v.Says = t.must("portfolio.says")
	v.Answer = t.must("portfolio.nothing")
	if len(v.Pools) == 0 {
		v.Sub = t.must("portfolio.few")
		return
	}
	v.Answer = t.must("portfolio.none")
	for _, p := range v.Pools {
		if f := standingFinding(p.Findings); f != nil {
			v.Answer = t.must("portfolio.common", t.must("portfolio.kind."+p.Kind), t.Signed(f.ExcessPct, 1), t.Day(f.Onset))
			break
		}
	}
	v.Sub = v.Pools[0].Proven
}

// standingFinding returns the first finding that lasts.
func standingFinding(findings []gtc.Finding) *gtc.Finding {
	for i := range findings {
		if findings[i].End.IsZero() {
			return &findings[i]
		}
	}
	return nil
}

// proven says what the last year proves.
func (t *tongue) proven(p PortfolioPool) string {
	kind := t.must("portfolio.kind." + p.Kind)
	if p.Year.Days == 0 || p.Year.ExpectedKWh <= 0 {
		return t.must("portfolio.unknown", kind)
	}
	excess, band := p.Year.KWh-p.Year.ExpectedKWh, p.Year.BandKWh
	pct := func(kwh float64) string { return t.Number(math.Abs(kwh)/p.Year.ExpectedKWh*100, 1) }
	key := "portfolio.unproven"
	switch {
	case excess > band:
		key = "portfolio.excess"
	case -excess > band:
		key = "portfolio.saving"
	}
	return t.must(key, kind, strconv.Itoa(p.Year.Days), pct(excess), t.Energy(math.Abs(excess)), pct(band), strconv.Itoa(p.Meters))
}

// poolFigures draws actual and expected week by week, and the CUSUM under it
// when both are shown.
func (t *tongue) poolFigures(p PortfolioPool, from time.Time, both bool) (use, cusum figure) {
	weeks := p.Weeks
	for len(weeks) > 0 && weeks[0].Start.Before(from) {
		weeks = weeks[1:]
	}
	// A week of few days would look like a saving.
	for len(weeks) > 0 && weeks[len(weeks)-1].Days < wholeWeek {
		weeks = weeks[:len(weeks)-1]
	}
	if len(weeks) < 2 {
		return figure{}, figure{}
	}
	begin, end := weeks[0].Start.In(t.zone), weeks[len(weeks)-1].Start.In(t.zone).AddDate(0, 0, wholeWeek)
	names := []string{t.must("meter.observed"), t.must("meter.expected"), t.must("meter.cusum")}
	room := chart.NameRoom(names...)
	marks := t.poolMarks(p.Findings, begin, end)
	alt := t.proven(p)
	c := chart.Time{From: begin, To: end, Unit: t.must("portfolio.axis.week"), Alt: alt, Zero: true, Marks: marks, NamedMarks: true, HideTimes: both, RightRoom: room, Locale: t.locale}
	sum := chart.Time{From: begin, To: end, Unit: t.must("portfolio.axis.cusum"), Zero: true, Marks: marks, RightRoom: room, Locale: t.locale}
	c.Areas, c.Lines = weekCurves(weeks, names)
	sum.Areas, sum.Lines = cusumCurves(weeks, names[2])
	last := weeks[len(weeks)-1]
	sum.Alt = t.must("portfolio.alt.cusum", t.Signed(orNaN(last.CUSUM)/1000, 0), t.Day(end.AddDate(0, 0, -1)))
	id := "pool-" + p.Kind
	use = figure{Unit: "MWh", Alt: alt, Data: weekData(weeks), Names: jsonText(names), Decimals: 1, Charts: draw(id, poolSizes(270), func(id string, size chart.Size) string {
		c.ID, c.Size = id, size
		return c.SVG()
	})}
	cusum = figure{Unit: "MWh", Alt: sum.Alt, Charts: draw(id+"-cusum", poolSizes(190), func(id string, size chart.Size) string {
		sum.ID, sum.Size = id, size
		return sum.SVG()
	})}
	return use, cusum
}

// wholeWeek is the days of a week.
const wholeWeek = 7

func poolSizes(height float64) []chart.Size {
	return []chart.Size{{W: 344, H: height - 30}, {W: 640, H: height}, {W: 1120, H: height + 20}}
}

// middle is the middle of a week.
func (w PortfolioWeek) middle() time.Time { return w.Start.Add(84 * time.Hour) }

// weekCurves are expected with its band, and actual, in MWh.
func weekCurves(weeks []PortfolioWeek, names []string) ([]chart.Area, []chart.Line) {
	band, over, under := chart.Area{Class: "band"}, chart.Area{Class: "excess"}, chart.Area{Class: "saving"}
	actual, expected := chart.Line{Name: names[0], Class: "observed", Gaps: true}, chart.Line{Name: names[1], Class: "expected"}
	for _, w := range weeks {
		at, y, e, b := w.middle(), orNaN(w.KWh)/1000, orNaN(w.Expected)/1000, orNaN(w.Band)/1000
		if w.Days < wholeWeek { // scale a week with gaps to the whole
			f := wholeWeek / float64(max(1, w.Days))
			y, e, b = y*f, e*f, b*f
		}
		actual.Points, expected.Points = append(actual.Points, chart.Point{T: at, V: y}), append(expected.Points, chart.Point{T: at, V: e})
		band.Ranges = append(band.Ranges, chart.Range{T: at, Low: math.Max(0, e-b), High: e + b})
		over.Ranges = append(over.Ranges, chart.Range{T: at, Low: e + b, High: math.Max(y, e+b)})
		under.Ranges = append(under.Ranges, chart.Range{T: at, Low: math.Min(y, e-b), High: e - b})
	}
	return []chart.Area{band, over, under}, []chart.Line{expected, actual}
}

// cusumCurves is the CUSUM with its band, in MWh.
func cusumCurves(weeks []PortfolioWeek, name string) ([]chart.Area, []chart.Line) {
	line, band := chart.Line{Name: name, Class: "cusum"}, chart.Area{Class: "band"}
	for _, w := range weeks {
		at := w.Start.AddDate(0, 0, wholeWeek)
		b := orNaN(w.CUSUMBand) / 1000
		line.Points = append(line.Points, chart.Point{T: at, V: orNaN(w.CUSUM) / 1000})
		band.Ranges = append(band.Ranges, chart.Range{T: at, Low: -b, High: b})
	}
	return []chart.Area{band}, []chart.Line{line}
}

func (t *tongue) poolMarks(findings []gtc.Finding, from, to time.Time) []chart.Mark {
	var out []chart.Mark
	for _, f := range findings {
		if !f.Onset.Before(from) && f.Onset.Before(to) {
			out = append(out, chart.Mark{T: f.Onset, Class: "onset", Name: t.must("meter.mark.onset", t.locale.Day(f.Onset.In(t.zone)))})
		}
	}
	return out
}

func weekData(weeks []PortfolioWeek) string {
	rows := make([][]*float64, 0, len(weeks))
	for _, w := range weeks {
		ms := float64(w.middle().UnixMilli())
		rows = append(rows, []*float64{&ms, mega(w.KWh), mega(w.Expected), mega(w.CUSUM)})
	}
	return jsonText(rows)
}

func mega(kwh *float64) *float64 {
	if kwh == nil {
		return nil
	}
	return rounded(new(*kwh / 1000))
}

// lastShared is the last whole week of which the shared deviation is known.
func lastShared(weeks []PortfolioWeek) *PortfolioWeek {
	for i := len(weeks) - 1; i >= 0; i-- {
		if w := &weeks[i]; w.Days == wholeWeek && w.SharedPct != nil && w.ChancePct != nil {
			return w
		}
	}
	return nil
}
