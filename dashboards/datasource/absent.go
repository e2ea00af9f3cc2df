package datasource

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/dashboards/datasource/hubapi"
)

// absent is the answer to a query that names only what there is, but not
// together: the boilers of a site that has none. That is not a mistake of the
// query, and a dashboard of any site asks it: the frame is empty and says so.
// It is nil for other errors, and where an id is unknown or private.
func (d *Datasource) absent(ctx context.Context, raw backend.DataQuery, err error) data.Frames {
	if err == nil {
		return nil
	}
	status, why := d.explain(err)
	if hub, ok := errors.AsType[*hubapi.Error](err); status != 404 && (!ok || status != 403 || hub.Why != hubapi.Refused) {
		return nil
	}
	q, err := d.parse(raw)
	// A filter may name what is not there: that is an error.
	if err != nil || len(q.Filters) > 0 || !slices.Contains([]string{"points", "values", "energy"}, q.QueryType) {
		return nil
	}
	cat, err := d.catalogue(ctx)
	if err != nil || !q.allKnown(cat) || status == 403 && len(q.Equipment)+len(q.Meters) > 0 {
		return nil
	}
	wanted, err := q.measures()
	if err != nil {
		return nil
	}
	var f *data.Frame
	switch {
	case q.QueryType == "values":
		f = d.valueTable(nil, q.to).frame
	case q.QueryType == "energy" && q.Format == "total":
		f = d.energyTotals(&api.Consumption{}, wanted)
	case q.QueryType == "energy" && q.Format == "table":
		f = d.energyTable(&api.Consumption{}, wanted)
	case q.QueryType == "energy" && slices.Contains(shapes(), q.Format):
		f = d.emptyShape(q.Format)
	case q.QueryType == "energy":
		f = d.energyWide(&api.Consumption{Rows: []api.ConsumptionGroup{{}}}, 0, wanted)
	default:
		f = d.seriesFrame(&api.PointSeries{}, q)
		f.Fields[1].Config, f.Name = nil, ""
	}
	meta(f, "", "", nil)
	if status == 403 { // all that there is of the kind belongs to dwellings
		info(f, why)
		return data.Frames{f}
	}
	info(f, d.say.with(in("Pas de %s %s.", "Geen %s %s.", "No %s %s."), d.wantedNames(q, cat), q.where(d.say)))
	return data.Frames{f}
}

// allKnown reports whether every id of the query is one that there is.
func (q *query) allKnown(cat api.Catalogue) bool {
	ids := map[string]bool{}
	for _, s := range cat.Sites {
		ids["site "+string(s.ID)] = true
		for _, e := range s.Equipment {
			if q.Sites.wants(string(s.ID)) {
				ids["equipment "+string(e.ID)] = true
			}
			for _, p := range e.Points {
				ids["point "+string(p.ID)] = true
			}
		}
		for _, m := range s.Meters {
			if q.Sites.wants(string(s.ID)) {
				ids["meter "+string(m.ID)], ids["meter "+string(s.ID)+"/"+string(m.ID)] = true, true
			}
		}
	}
	for _, k := range cat.Kinds {
		ids["kind "+string(k.ID)] = true
	}
	for _, c := range []gtc.Carrier{gtc.CarrierElectricity, gtc.CarrierGas, gtc.CarrierHeat, gtc.CarrierOil, gtc.CarrierWater} {
		ids["carrier "+string(c)] = true
	}
	for what, list := range map[string]list{
		"site ": q.Sites, "equipment ": q.Equipment, "meter ": q.Meters, "kind ": q.Kinds, "carrier ": q.Carriers,
	} {
		if slices.ContainsFunc(list, func(id string) bool { return !ids[what+id] }) {
			return false
		}
	}
	// A point that no site has may be one of a kind that no site has.
	known := slices.ContainsFunc(q.Points, func(id string) bool { return ids["point "+id] })
	return len(q.Series) == 0 && (known || len(q.Points) == 0 || len(q.Kinds) > 0)
}

// wantedNames are the kinds or carriers that are not there, in words.
func (d *Datasource) wantedNames(q query, cat api.Catalogue) string {
	var names []string
	for _, k := range cat.Kinds {
		if len(q.Kinds) > 0 && q.Kinds.wants(string(k.ID)) {
			names = append(names, strings.ToLower(d.say.label(k.Label, string(k.ID))))
		}
	}
	if len(names) == 0 && q.QueryType == "energy" {
		for _, c := range q.Carriers {
			names = append(names, d.carrier(gtc.Carrier(c)))
		}
	}
	if len(names) == 0 && q.QueryType == "energy" {
		names = append(names, in("compteur", "meter", "meter").In(d.say.lang))
	}
	if len(names) == 0 {
		names = append(names, in("tel point", "dergelijk punt", "such point").In(d.say.lang))
	}
	return strings.Join(names, ", ")
}

// where says which places the query speaks of.
func (q *query) where(say texts) string {
	switch {
	case len(q.Equipment) > 0:
		return in("à cet équipement", "bij deze uitrusting", "at this equipment").In(say.lang)
	case len(q.Sites) == 1:
		return in("sur ce site", "op deze site", "at this site").In(say.lang)
	case len(q.Sites) > 1:
		return in("sur ces sites", "op deze sites", "at these sites").In(say.lang)
	}
	return in("dans le parc", "in het park", "in the park").In(say.lang)
}
