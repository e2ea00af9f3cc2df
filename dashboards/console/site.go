package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// siteView answers "is this building well?".
type siteView struct {
	SiteDetail
	Class string
	// Number and Unit are the page's one number, Says what it counts.
	Number, Unit, Says string
	Alarms             []SiteAlarm
	Worst              *SiteAlarm
	// Inhibited are the alarms that call nobody, Works the works.
	Inhibited []SiteAlarm
	Works     []workRow
	Cards     []equipmentCard
	Trend     *trendView
	Findings  []PricedFinding
}

// trendView is the choosable curve.
type trendView struct {
	Site    gtc.SiteID
	Key     string
	Span    string
	Spans   []string
	Groups  []seriesGroup
	Label   string
	Unit    string
	Figure  figure
	Latest  *valueRow
	CSV     string
	Query   string
	Failure string
}

type seriesGroup struct {
	Label   gtc.Label
	Choices []seriesChoice
}

type seriesChoice struct {
	Key     string
	Label   gtc.Label
	Current bool
}

// spanOf reads a span asked for; the first of the list is the default.
func spanOf(asked string) (string, time.Duration, error) {
	switch asked {
	case "", "24h":
		return "24h", 24 * time.Hour, nil
	case "7d":
		return asked, 7 * 24 * time.Hour, nil
	case "30d":
		return asked, 30 * 24 * time.Hour, nil
	}
	return "", 0, errBadRequest{"span", asked}
}

func (s *server) sitePage(r *http.Request, t *tongue, _ Park) (content, error) {
	span, _, err := spanOf(r.URL.Query().Get("span"))
	if err != nil {
		return content{}, err
	}
	d, err := s.model.Site(r.Context(), gtc.SiteID(r.PathValue("id")))
	if err != nil {
		return content{}, fmt.Errorf("read site: %w", err)
	}
	t = t.at(d.TimeZone)
	v := siteView{
		SiteDetail: d, Class: siteClass(d.SiteSummary), Alarms: siteAlarms(d, d.Standing), Inhibited: siteAlarms(d, d.Inhibited),
		Cards: t.cards(d, span), Findings: worstFindings(d.Open),
	}
	s.nameAll(r.Context(), v.Alarms)
	s.nameAll(r.Context(), v.Inhibited)
	if len(d.Works) > 0 {
		names := s.names(r.Context())
		for _, w := range d.Works {
			v.Works = append(v.Works, rowOfWork(w, d, names))
		}
	}
	if len(v.Alarms) > 0 {
		v.Worst = &v.Alarms[0]
	}
	for i := range v.Findings {
		v.Findings[i].SiteLabel = nil // the page says it
	}
	v.answer(t)
	if r.URL.Query().Get("part") != "live" {
		if v.Trend, err = s.trend(r.Context(), t, d, r.URL.Query().Get("s"), span); err != nil {
			return content{}, err
		}
	}
	return content{
		nav: "park", title: d.Label.In(t.Lang), stream: "/api/v1/events?site=" + string(d.ID), body: v,
	}, nil
}

// at returns the language in a site's own calendar.
func (t *tongue) at(zone string) *tongue {
	loc, err := time.LoadLocation(zone)
	if zone == "" || err != nil {
		return t
	}
	c := *t
	c.zone = loc
	return &c
}

// answer chooses the one number of the page: what the state is about.
func (v *siteView) answer(t *tongue) {
	active := 0
	for _, a := range v.Alarms {
		if a.Active() {
			active++
		}
	}
	switch v.State {
	case StateStale:
		v.Number = t.Number(float64(v.StalePoints), 0)
		v.Says = t.must("site.stale_points", t.Number(float64(v.Points), 0))
	case StateDrift:
		v.Number, v.Unit = t.perWeek(v.EURPerWeek, v.KWhPerWeek)
		v.Says = t.count("site.findings", v.SiteSummary.Findings)
	case StateAlarm, StateNormal:
		v.Number = t.Number(float64(active), 0)
		v.Says = t.must("site.active.many")
		if active < 2 {
			v.Says = t.must("site.active.one")
		}
	case StateUnknown:
		v.Number, v.Says = "?", t.must("site.unknown")
	default:
		v.Number, v.Says = "?", t.must("site.unknown")
	}
}

// perWeek is what a drift costs a week: money when there is a tariff, else
// energy.
func (t *tongue) perWeek(eur *float64, kwh float64) (number, unit string) {
	if eur != nil {
		return t.Money(*eur), t.must("unit.eur_week")
	}
	return t.Energy(kwh), t.must("unit.kwh_week")
}

// trend builds the curve asked for, or the first one worth looking at.
func (s *server) trend(ctx context.Context, t *tongue, d SiteDetail, key, span string) (*trendView, error) {
	chosen, err := choose(d, key)
	if err != nil {
		return nil, err
	}
	if chosen == nil {
		return nil, nil
	}
	_, length, err := spanOf(span)
	if err != nil {
		return nil, err
	}
	row := t.row(d.ID, *chosen, span)
	v := &trendView{
		Site: d.ID, Key: row.Key, Span: span, Spans: []string{"24h", "7d", "30d"}, Unit: chosen.Unit, Latest: &row,
		Groups: groups(d, row.Key), Label: t.equipmentLabel(d, chosen.Equipment) + " · " + chosen.Label.In(t.Lang),
		CSV: "/site/" + string(d.ID) + "/trend.csv?s=" + row.Key + "&span=" + span,
	}
	series := gtc.Series{Site: d.ID, Kind: chosen.Kind, Equipment: chosen.Equipment, Point: chosen.Point}
	got, err := s.model.Trend(ctx, series, d.At.Add(-length), d.At)
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return nil, err
		}
		s.log.Warn().Err(err).Stringer("series", series).Msg("trend not read")
		v.Failure = t.must("problem." + s.explain(err).kind + ".detail")
		return v, nil
	}
	v.Query = got.Query
	v.Figure = t.trendFigure(d, *chosen, got)
	return v, nil
}

func (t *tongue) equipmentLabel(d SiteDetail, id gtc.EquipmentID) string {
	for _, e := range d.Equipment {
		if e.ID == id {
			return e.Label.In(t.Lang)
		}
	}
	return string(id)
}

// choose finds the value whose key was asked for. Without a key it takes the
// first number of the first equipment, worst first.
func choose(d SiteDetail, key string) (*LiveValue, error) {
	equipment, point, _ := strings.Cut(key, "/")
	var first *LiveValue
	for _, e := range d.Equipment {
		for _, v := range e.Values {
			if key != "" && string(v.Equipment) == equipment && string(v.Point) == point {
				if private(v) {
					return nil, ErrPrivate
				}
				return &v, nil
			}
			if !private(v) && v.Type == "float" && (first == nil || first.Value == nil && v.Value != nil) {
				first = &v
			}
		}
	}
	if key != "" {
		return nil, fmt.Errorf("series %s of %s: %w", key, d.ID, ErrUnknown)
	}
	return first, nil
}

func groups(d SiteDetail, current string) []seriesGroup {
	var out []seriesGroup
	for _, e := range d.Equipment {
		g := seriesGroup{Label: e.Label}
		for _, v := range e.Values {
			key := string(v.Equipment) + "/" + string(v.Point)
			if !private(v) && (v.Type == "float" || v.Type == "bool") {
				g.Choices = append(g.Choices, seriesChoice{Key: key, Label: v.Label, Current: key == current})
			}
		}
		if len(g.Choices) > 0 {
			out = append(out, g)
		}
	}
	return out
}
