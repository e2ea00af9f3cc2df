package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/carbon"
	"github.com/cpas-charleroi/gtc/rules/works"
)

// energyView answers "who drifts, since when, what is it worth?".
type energyView struct {
	// Drifting is the number of meters with an open drift; Number and Unit are
	// the page's one number: what all drifts cost a week.
	Drifting     int
	Number, Unit string
	Findings     []PricedFinding
	Quiet        []siteMeters
	// Cadastre ranks buildings by their heating per square metre; HasCarbon
	// tells that emissions have a page.
	Cadastre  []carbon.Standing
	HasCarbon bool
	// Pool is the park's pooled chart, nil without one.
	Pool *portfolioTop
}

// siteMeters are the meters of a site nothing was found about.
type siteMeters struct {
	Site   gtc.SiteID
	Label  gtc.Label
	Meters []MeterRef
}

func (s *server) energyPage(r *http.Request, t *tongue, park Park) (content, error) {
	sites, err := s.sites(r.Context(), park)
	if err != nil {
		return content{}, err
	}
	v := energyView{}
	if s.carbon != nil {
		c, err := s.carbon.Carbon(r.Context(), time.Time{})
		if err != nil {
			return content{}, fmt.Errorf("read cadastre: %w", err)
		}
		v.Cadastre, v.HasCarbon = c.Cadastre, true
	}
	var eur, kwh float64
	priced := false
	for _, d := range sites {
		open := map[gtc.EquipmentID]bool{}
		for _, f := range d.Open {
			f.SiteLabel = orLabel(f.SiteLabel, d.Label)
			f.MeterLabel = orLabel(f.MeterLabel, meterLabel(d.Meters, f.Meter))
			v.Findings = append(v.Findings, f)
			open[f.Meter] = true
			if f.Kind == gtc.FindingDrift && f.End.IsZero() {
				v.Drifting++
				kwh += f.KWhPerWeek
				if f.EURPerWeek != nil {
					eur, priced = eur+*f.EURPerWeek, true
				}
			}
		}
		quiet := siteMeters{Site: d.ID, Label: d.Label}
		for _, m := range d.Meters {
			if !open[m.ID] {
				quiet.Meters = append(quiet.Meters, m)
			}
		}
		if len(quiet.Meters) > 0 {
			v.Quiet = append(v.Quiet, quiet)
		}
	}
	if v.Pool, err = s.portfolioTop(r, t); err != nil {
		return content{}, err
	}
	v.Findings = worstFindings(v.Findings)
	v.Number, v.Unit = t.perWeek(nil, kwh)
	if priced || len(v.Findings) == 0 {
		v.Number, v.Unit = t.perWeek(&eur, kwh)
	}
	return content{nav: "energy", title: t.must("nav.energy"), stream: "/api/v1/events", body: v}, nil
}

// sites reads every site of the park.
func (s *server) sites(ctx context.Context, park Park) ([]SiteDetail, error) {
	var out []SiteDetail
	for _, site := range park.Sites {
		d, err := s.model.Site(ctx, site.ID)
		if errors.Is(err, ErrUnknown) {
			continue // taken out of the configuration since the park was read
		}
		if err != nil {
			return nil, fmt.Errorf("read site %s: %w", site.ID, err)
		}
		out = append(out, d)
	}
	return out, nil
}

func orLabel(l, other gtc.Label) gtc.Label {
	if len(l) > 0 {
		return l
	}
	return other
}

func meterLabel(meters []MeterRef, id gtc.EquipmentID) gtc.Label {
	for _, m := range meters {
		if m.ID == id {
			return m.Label
		}
	}
	return gtc.Label{reference: string(id)}
}

// worstFindings puts what costs most a week first: lasting before ended,
// drifts and missing data before savings.
func worstFindings(findings []PricedFinding) []PricedFinding {
	out := slices.Clone(findings)
	slices.SortStableFunc(out, func(a, b PricedFinding) int {
		return cmp.Or(
			cmp.Compare(endRank(a), endRank(b)),
			cmp.Compare(kindRank(a), kindRank(b)),
			cmp.Compare(eurOf(b), eurOf(a)),
			cmp.Compare(b.KWhPerWeek, a.KWhPerWeek),
			a.Onset.Compare(b.Onset),
		)
	})
	return out
}

func endRank(f PricedFinding) int {
	if f.End.IsZero() {
		return 0
	}
	return 1
}

func kindRank(f PricedFinding) int {
	return slices.Index([]gtc.FindingKind{gtc.FindingDrift, gtc.FindingData, gtc.FindingSaving}, f.Kind)
}

func eurOf(f PricedFinding) float64 {
	if f.EURPerWeek == nil {
		return 0
	}
	return *f.EURPerWeek
}

// meterView is one meter against what was expected of it.
type meterView struct {
	Energy
	// Number and Unit are the page's one number, Says what it counts; Answer
	// is the page's sentence.
	Number, Unit, Says, Answer string
	// Worst is the finding the page is about, nil without one.
	Worst                         *PricedFinding
	Span                          string
	Spans                         []string
	Consumption, CUSUM, Signature figure
	CSV                           string
	// Smooth tells that the span is long and drawn as means of seven days.
	Smooth bool
	// Known counts the days with a value.
	Known int
	// Moves are those of the baseline, the last one first; Moved and MoveRefused
	// say what came of the visitor's own.
	Moves       []works.Move
	Moved       bool
	MoveRefused string
	// Nature says where the figures come from.
	Nature natureView
}

func (s *server) meterPage(r *http.Request, t *tongue, park Park) (content, error) {
	span, from, err := energySpan(r.URL.Query().Get("span"), park.At)
	if err != nil {
		return content{}, err
	}
	site, meter := gtc.SiteID(r.PathValue("site")), gtc.EquipmentID(r.PathValue("meter"))
	e, err := s.model.Energy(r.Context(), site, meter, from, park.At)
	if err != nil {
		return content{}, fmt.Errorf("read energy of %s/%s: %w", site, meter, err)
	}
	e.Findings = worstFindings(e.Findings)
	v := meterView{
		Energy: e, Span: span, Spans: []string{"90d", "1y", "2y"},
		CSV: fmt.Sprintf("/energy/%s/%s/days.csv?span=%s", site, meter, span),
	}
	v.Nature = t.nature(e)
	for _, d := range e.Days {
		if d.KWh != nil {
			v.Known++
		}
	}
	if len(e.Findings) > 0 {
		v.Worst = &e.Findings[0]
	}
	if err := s.moves(r, t, &v); err != nil {
		return content{}, err
	}
	v.answer(t)
	t.energyFigures(&v)
	return content{
		nav: "energy", title: e.SiteLabel.In(t.Lang) + " · " + e.Meter.Label.In(t.Lang),
		stream: "/api/v1/events?site=" + string(site), body: v,
	}, nil
}

// energySpan reads a span of days asked for, ending now.
func energySpan(asked string, now time.Time) (string, time.Time, error) {
	switch asked {
	case "", "1y":
		return "1y", now.AddDate(-1, 0, 0), nil
	case "90d":
		return asked, now.AddDate(0, 0, -90), nil
	case "2y":
		return asked, now.AddDate(-2, 0, 0), nil
	}
	return "", time.Time{}, errBadRequest{"span", asked}
}

func (v *meterView) answer(t *tongue) {
	v.Answer = t.verdict(v.Energy)
	if v.Worst != nil && v.Worst.End.IsZero() && v.Worst.Kind != gtc.FindingData {
		v.Number, v.Unit = t.perWeek(v.Worst.EURPerWeek, v.Worst.KWhPerWeek)
		v.Says = t.must("meter.says." + string(v.Worst.Kind))
		return
	}
	// Without a verdict the number is the consumption of the days shown.
	var sum float64
	for _, d := range v.Days {
		if d.KWh != nil {
			sum += *d.KWh
		}
	}
	v.Number, v.Unit = "–", "kWh"
	if v.Known > 0 {
		v.Number = t.Energy(sum)
	}
	v.Says = t.must("meter.says.sum", t.Number(float64(v.Known), 0))
}

// verdict says in one sentence what is known of a meter: also the alternative
// text of its chart.
func (t *tongue) verdict(e Energy) string {
	place := e.SiteLabel.In(t.Lang) + " · " + e.Meter.Label.In(t.Lang)
	if len(e.Findings) == 0 || !e.Findings[0].End.IsZero() {
		if !e.Baseline.Judgeable {
			return t.must("meter.verdict.blind", place)
		}
		return t.must("meter.verdict.none", place)
	}
	f := e.Findings[0]
	since := t.Day(f.Onset)
	switch f.Kind {
	case gtc.FindingData:
		return t.must("meter.verdict.data", place, since)
	case gtc.FindingSaving:
		return t.must("meter.verdict.saving", place, t.Number(-f.ExcessPct, 0), since)
	case gtc.FindingDrift:
	}
	number, unit := t.perWeek(f.EURPerWeek, f.KWhPerWeek)
	return t.must("meter.verdict.drift", place, t.Number(f.ExcessPct, 0), since, number+"\u00a0"+unit)
}
