package datasource

import (
	"context"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/dashboards/datasource/hubapi"
)

// collectors answers with the edges and their devices, the worst first.
func (d *Datasource) collectors(ctx context.Context, q query) (data.Frames, error) {
	format, err := choice("format", q.Format, "devices", "edges", formatNumeric)
	if err != nil {
		return nil, err
	}
	got, err := hubapi.Get[api.Collectors](ctx, d.hub, "/api/v1/collectors", nil)
	if err != nil {
		return nil, err
	}
	var edges []api.Edge
	for _, e := range got.Edges {
		if q.Sites.wants(string(e.Site)) && q.Categories.wants(string(e.Category)) && q.pass(row{"site": string(e.Site), "category": string(e.Category)}) {
			edges = append(edges, e)
		}
	}
	if len(edges) == 0 {
		return nil, errNothing
	}
	var f *data.Frame
	if format == formatNumeric {
		return numbers(d.withLinked(d.edgeTable(edges, q, got.At).frame), q, edgeNumbers(), "site", "site_label")
	}
	if format == "edges" {
		f = d.edgeTable(edges, q, got.At).cut(q.Limit)
	} else {
		f = d.deviceTable(edges, q, got.At).cut(q.Limit)
	}
	meta(f, "", d.asked("/api/v1/collectors", nil), hubTime(got.At))
	return data.Frames{f}, nil
}

func deviceState(x api.Device) string {
	switch {
	case !x.Known:
		return "unknown"
	case x.Online:
		return "online"
	}
	return "offline"
}

func edgeState(e api.Edge) string {
	switch {
	case e.Linked:
		return "linked"
	case e.Heard:
		return "lost"
	}
	return "unknown"
}

func (d *Datasource) edgeTable(edges []api.Edge, q query, now time.Time) *table {
	count, perhaps := int64(0), (*int64)(nil)
	t := d.table("edges",
		column{name: "site", zero: ""}, column{name: "site_label", zero: ""},
		column{name: "state", zero: "", maps: d.say.states([2]string{"lost", colourP2}, [2]string{"unknown", colourPlain}, [2]string{"linked", colourPlain})},
		column{name: "since", zero: (*time.Time)(nil)}, column{name: "age_s", zero: (*float64)(nil), unit: "s"},
		column{name: "backlog", zero: perhaps}, column{name: "waiting", zero: perhaps}, column{name: "late_s", zero: (*float64)(nil), unit: "s"},
		column{name: "lost", zero: perhaps}, column{name: "delivery", zero: ""}, column{name: "devices", zero: count},
		column{name: "online", zero: perhaps}, column{name: "offline", zero: perhaps}, column{name: "unknown", zero: count},
		column{name: "points", zero: count}, column{name: "stale_points", zero: count},
	)
	for _, e := range edges {
		if s := edgeState(e); !q.States.wants(s) || !q.pass(row{"state": s}) {
			continue
		}
		by := map[string]int64{}
		for _, x := range e.Devices {
			by[deviceState(x)]++
		}
		t.add(string(e.Site), d.say.label(e.SiteLabel, string(e.Site)), edgeState(e), known(e.Since), age(now, e.Newest), sure(e.Linked, whole(e.Backlog)),
			sure(e.Known, whole(e.Waiting)), sure(e.Known, e.LateSeconds), sure(e.Known, whole(e.Lost)), delivery(e.Delivery, e.Known), int64(len(e.Devices)), sure(e.Linked, by["online"]), sure(e.Linked, by["offline"]), by["unknown"],
			int64(e.Points), int64(e.StalePoints))
	}
	return t
}

// whole is a count as frames hold it.
func whole(n uint64) int64 { return int64(min(n, 1<<62)) } //nolint:gosec // bounded

func (d *Datasource) deviceTable(edges []api.Edge, q query, now time.Time) *table {
	number := (*float64)(nil)
	t := d.table("devices",
		column{name: "site", zero: ""}, column{name: "site_label", zero: ""}, column{name: "device", zero: ""}, column{name: "profile", zero: ""},
		column{name: "state", zero: "", maps: d.say.states([2]string{"offline", colourP2}, [2]string{"unknown", colourPlain}, [2]string{"online", colourPlain})},
		column{name: "last_success", zero: (*time.Time)(nil)}, column{name: "age_s", zero: (*float64)(nil), unit: "s"},
		column{name: "polls", zero: number}, column{name: "errors", zero: number},
		column{name: "error_rate", zero: (*float64)(nil), unit: "percentunit"}, column{name: "timeouts", zero: number},
		column{name: "reconnects", zero: number}, column{name: "refused", zero: int64(0)}, column{name: "p50_ms", zero: number, unit: "ms"},
		column{name: "p95_ms", zero: number, unit: "ms"}, column{name: "last_error", zero: ""},
	)
	type line struct {
		e api.Edge
		x api.Device
	}
	var lines []line
	for _, e := range edges {
		for _, x := range e.Devices {
			if s := deviceState(x); q.States.wants(s) && q.pass(row{"device": string(x.ID), "state": s}) {
				lines = append(lines, line{e, x})
			}
		}
	}
	rank := func(l line) int { return slices.Index([]string{"offline", "unknown", "online"}, deviceState(l.x)) }
	slices.SortStableFunc(lines, func(a, b line) int { return rank(a) - rank(b) })
	for _, l := range lines {
		x := l.x
		var rate *float64
		if x.Polls > 0 {
			rate = new(float64(x.Errors) / float64(x.Polls))
		}
		t.add(string(l.e.Site), d.say.label(l.e.SiteLabel, string(l.e.Site)), string(x.ID), x.Profile, deviceState(x), known(x.LastSuccess),
			age(now, x.LastSuccess), sure(x.Known, float64(x.Polls)), sure(x.Known, float64(x.Errors)), rate, sure(x.Known, float64(x.Timeouts)),
			sure(x.Known, float64(x.Reconnects)), int64(x.Refused), sure(x.Polls > 0, x.P50MS), sure(x.Polls > 0, x.P95MS), x.LastError)
	}
	return t
}
