package datasource

import (
	"context"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/dashboards/datasource/hubapi"
)

// siteOrder lists the states of sites, the worst first.
func siteOrder() []string { return []string{"alarm", "unknown", "stale", "drift", "normal"} }

// sites answers with the state of sites, worst first.
func (d *Datasource) sites(ctx context.Context, q query) (data.Frames, error) {
	format, err := choice("format", q.Format, "table", "summary", formatNumeric)
	if err != nil {
		return nil, err
	}
	park, err := hubapi.Get[hubapi.Park](ctx, d.hub, "/api/v1/park", nil)
	if err != nil {
		return nil, err
	}
	named := 0
	var chosen []hubapi.Site
	var unknown []string
	for _, s := range park.Sites {
		if !q.Sites.wants(string(s.ID)) {
			continue
		}
		named++
		if !q.Categories.wants(string(s.Category)) || !q.States.wants(s.State) ||
			!q.pass(row{"site": string(s.ID), "category": string(s.Category), "state": s.State}) {
			continue
		}
		chosen = append(chosen, s)
		if s.State == "unknown" || s.State == "stale" {
			unknown = append(unknown, d.say.label(s.Label, string(s.ID)))
		}
	}
	if named == 0 {
		return nil, errNothing
	}
	var f *data.Frame
	switch format {
	case formatNumeric:
		return numbers(d.withUnknown(d.siteTable(chosen, park.At).frame), q, siteNumbers(), "site", "site_label")
	case "summary":
		f, err = d.siteSummary(ctx, chosen, &park)
	default:
		f = d.siteTable(chosen, park.At).cut(q.Limit)
	}
	if err != nil {
		return nil, err
	}
	meta(f, "", d.asked("/api/v1/park", nil), hubTime(park.At))
	if len(unknown) > 0 {
		note(f, d.say.f("note.unknownsites", len(unknown), some(unknown)))
	}
	if !park.Store.Up {
		note(f, d.say.f("note.store"))
	}
	return data.Frames{f}, nil
}

func (d *Datasource) siteTable(all []hubapi.Site, now time.Time) *table {
	count, maybe := int64(0), (*float64)(nil)
	t := d.table("sites",
		column{name: "site", zero: ""}, column{name: "site_label", zero: ""}, column{name: "category", zero: ""},
		column{name: "state", zero: "", maps: d.say.siteStates()}, column{name: "state_rank", zero: count},
		column{name: "p1", zero: count}, column{name: "p2", zero: count}, column{name: "p3", zero: count}, column{name: "p4", zero: count},
		column{name: "worst", zero: ""}, column{name: "worst_priority", zero: (*int64)(nil), maps: priorityMap()},
		column{name: "worst_since", zero: (*time.Time)(nil)},
		column{name: "last_sample", zero: (*time.Time)(nil)}, column{name: "age_s", zero: maybe, unit: "s"},
		column{name: "linked", zero: false}, column{name: "link_since", zero: (*time.Time)(nil)},
		column{name: "stale_points", zero: count}, column{name: "points", zero: count}, column{name: "findings", zero: count},
		column{name: "kwh_per_week", zero: 0.0, unit: "kwatth"}, column{name: "eur_per_week", zero: maybe, unit: "currencyEUR"},
		column{name: "kgco2_per_week", zero: maybe, unit: "suffix: kg CO₂"},
		column{name: "delivery", zero: ""}, column{name: "late_s", zero: maybe, unit: "s"}, column{name: "waiting", zero: (*int64)(nil)},
		column{name: "lost", zero: (*int64)(nil)}, column{name: "tile", zero: ""},
	)
	t.frame.Fields[len(t.frame.Fields)-1].Config = nil // its name is no heading
	for _, s := range all {
		worst, priority, since := "", (*int64)(nil), (*time.Time)(nil)
		if s.Worst != nil {
			worst, priority, since = d.say.label(s.Worst.Label, s.Worst.Class), new(int64(s.Worst.Priority)), known(s.Worst.Since)
		}
		t.add(string(s.ID), d.say.label(s.Label, string(s.ID)), string(s.Category), s.State, int64(slices.Index(siteOrder(), s.State)),
			s.Alarms[1], s.Alarms[2], s.Alarms[3], s.Alarms[4], worst, priority, since, known(s.LastSample), age(now, s.LastSample),
			s.Linked, known(s.LinkSince), s.StalePoints, s.Points, s.Findings, s.KWhPerWeek, s.EURPerWeek, s.KgCO2PerWeek,
			delivery(s.Delivery.State, s.Delivery.Known), sure(s.Delivery.Known, s.Delivery.LateSeconds), sure(s.Delivery.Known, s.Delivery.Waiting),
			sure(s.Delivery.Known, s.Delivery.Lost), d.tile(&s, now))
	}
	return t
}

// delivery is how samples arrive: nobody knows it of an edge that is not
// linked, unless it is known to be bad.
func delivery(state string, known bool) string {
	if !known && state == "in_order" {
		return "unknown"
	}
	return state
}

// sure is a number, nil for a zero that may be more.
func sure[T int64 | float64](known bool, v T) *T {
	if !known && v == 0 {
		return nil
	}
	return &v
}

// siteSummary is the park in one row.
func (d *Datasource) siteSummary(ctx context.Context, all []hubapi.Site, park *hubapi.Park) (*data.Frame, error) {
	version, err := hubapi.GetFor[api.Info](ctx, d.hub, "/api/v1/version", nil, catalogueKept)
	if err != nil {
		return nil, err
	}
	cat, err := d.catalogue(ctx)
	if err != nil {
		return nil, err
	}
	onCall, onCallUntil := d.onCall(cat.OnCall)
	count, maybe := int64(0), (*float64)(nil)
	t := d.table("sites",
		column{name: "at", zero: time.Time{}}, column{name: "sites", zero: count}, column{name: "alarm_sites", zero: count},
		column{name: "unknown", zero: count}, column{name: "stale", zero: count}, column{name: "drift", zero: count}, column{name: "normal", zero: count},
		column{name: "p1", zero: count}, column{name: "p2", zero: count}, column{name: "p3", zero: count}, column{name: "p4", zero: count},
		column{name: "linked", zero: count}, column{name: "unlinked", zero: count}, column{name: "points", zero: count},
		column{name: "stale_points", zero: count}, column{name: "store_up", zero: false}, column{name: "store_waiting", zero: count},
		column{name: "newest", zero: (*time.Time)(nil)}, column{name: "newest_age_s", zero: maybe, unit: "s"}, column{name: "findings", zero: count},
		column{name: "kwh_per_week", zero: 0.0, unit: "kwatth"}, column{name: "eur_per_week", zero: maybe, unit: "currencyEUR"},
		column{name: "kgco2_per_week", zero: maybe, unit: "suffix: kg CO₂"}, column{name: "version", zero: ""}, column{name: "on_call", zero: (*string)(nil)},
		column{name: "on_call_until", zero: (*time.Time)(nil)},
	)
	t.frame.Fields[2].Name = "alarm"
	t.frame.Fields[2].Config.DisplayNameFromDS = d.say.f("state.alarm")
	sum := sumSites(all)
	t.add(park.At, int64(len(all)), sum.states["alarm"], sum.states["unknown"], sum.states["stale"], sum.states["drift"], sum.states["normal"],
		sum.alarms[1], sum.alarms[2], sum.alarms[3], sum.alarms[4], sum.linked, int64(len(all))-sum.linked, sum.points, sum.stale, park.Store.Up,
		int64(min(park.Store.Waiting, 1<<62)), known(sum.newest), age(park.At, sum.newest), sum.findings, sum.kwh, sum.eur, sum.co2, //nolint:gosec // bounded
		version.Version, onCall, onCallUntil)
	return t.frame, nil
}

type siteSum struct {
	states                          map[string]int64
	alarms                          [5]int64
	linked, points, stale, findings int64
	newest                          time.Time
	kwh                             float64
	eur, co2                        *float64
}

func sumSites(all []hubapi.Site) siteSum {
	out := siteSum{states: map[string]int64{}, eur: new(0.0), co2: new(0.0)}
	for _, s := range all {
		out.states[s.State]++
		for p := range out.alarms {
			out.alarms[p] += s.Alarms[p]
		}
		if s.Linked {
			out.linked++
		}
		out.points += s.Points
		out.stale += s.StalePoints
		out.findings += s.Findings
		if s.LastSample.After(out.newest) {
			out.newest = s.LastSample
		}
		out.kwh += s.KWhPerWeek
		if s.Findings > 0 {
			out.eur, out.co2 = plus(out.eur, s.EURPerWeek), plus(out.co2, s.KgCO2PerWeek)
		}
	}
	return out
}
