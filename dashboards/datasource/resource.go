package datasource

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"

	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/dashboards/datasource/hubapi"
)

// Version of the plugin, set by the linker.
//
//nolint:gochecknoglobals // the linker can set nothing else
var Version = "dev"

// CallResource answers the editor, the variables and the ad-hoc filters.
func (d *Datasource) CallResource(ctx context.Context, req *backend.CallResourceRequest, sender backend.CallResourceResponseSender) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			log.DefaultLogger.Error("resource failed", "fault", fault, "path", req.Path, "stack", string(debug.Stack()))
			err = respond(sender, http.StatusInternalServerError, map[string]any{"message": d.say.f("err.plugin", fault), "status": 500})
		}
	}()
	body, err := d.resource(ctx, req)
	if err != nil {
		status, text := d.explain(err)
		return respond(sender, status, map[string]any{"message": text, "status": status})
	}
	return respond(sender, http.StatusOK, body)
}

func respond(sender backend.CallResourceResponseSender, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if status > 599 || status < 200 || status == 499 {
		status = http.StatusBadGateway
	}
	return sender.Send(&backend.CallResourceResponse{
		Status: status, Body: body, Headers: map[string][]string{"Content-Type": {"application/json"}},
	})
}

func (d *Datasource) resource(ctx context.Context, req *backend.CallResourceRequest) (any, error) {
	if d.wrong != nil {
		return nil, d.wrong
	}
	if req.Method != "" && req.Method != http.MethodGet {
		return nil, badQuery{"method", req.Method}
	}
	at, err := url.Parse(req.URL)
	if err != nil {
		return nil, badQuery{"url", req.URL}
	}
	ask := at.Query()
	q := asked(ask)
	switch strings.Trim(req.Path, "/") {
	case "catalogue":
		return d.catalogue(ctx)
	case "variables":
		all, err := d.options(ctx, ask.Get("type"), q)
		return full(all), err
	case "tag-keys":
		return tagKeys(), nil
	case "tag-values":
		all, err := d.tagValues(ctx, ask.Get("key"), q)
		return full(all), err
	case "annotations":
		return d.marksOf(ctx, ask, q)
	case "version":
		got, err := hubapi.GetFor[api.Info](ctx, d.hub, "/api/v1/version", nil, 0)
		return map[string]any{"plugin": Version, "needs": needs, "api": got.API, "version": got.Version, "at": got.At}, err
	}
	return nil, errNothing
}

func full[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}

// asked reads the parameters that narrow a question.
func asked(v url.Values) query {
	read := func(name string) list {
		var l list
		for _, s := range v[name] {
			l = append(l, split(s)...)
		}
		if len(l) == 1 && (l[0] == "*" || l[0] == "$__all" || l[0] == "__all") {
			return nil
		}
		return l
	}
	return query{
		Sites: read("site"), Categories: read("category"), Kinds: read("kind"), Equipment: read("equipment"), Carriers: read("carrier"),
		Priorities: read("priority"), What: read("what"),
	}
}

func (d *Datasource) marksOf(ctx context.Context, ask url.Values, q query) (any, error) {
	q.to = d.now().UTC()
	q.from = q.to.Add(-7 * 24 * time.Hour)
	for name, to := range map[string]*time.Time{"from": &q.from, "to": &q.to} {
		if text := ask.Get(name); text != "" {
			at, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return nil, badQuery{name, text}
			}
			*to = at.UTC()
		}
	}
	if !q.from.Before(q.to) {
		return nil, badQuery{d.say.f("range"), ask.Get("from") + " – " + ask.Get("to")}
	}
	all, err := d.marks(ctx, q)
	return full(all), err
}

// tagKeys are what a dashboard can be filtered by.
func tagKeys() []option {
	var out []option
	for _, k := range []string{
		"site", "category", "kind", "equipment", "point", "meter", "carrier", "priority", "state", "class", "discipline", "quality", "rule", "device",
	} {
		out = append(out, option{Text: k, Value: k})
	}
	return out
}

// tagValues are the values of a key.
func (d *Datasource) tagValues(ctx context.Context, key string, q query) ([]option, error) {
	variable, ok := map[string]string{
		"site": "sites", "category": "categories", "kind": "kinds", "equipment": "equipment", "point": "points", "meter": "meters",
		"carrier": "carriers", "priority": "priorities", "class": "classes", "discipline": "disciplines", "rule": "rules", "device": "devices",
	}[key]
	if ok {
		return d.options(ctx, variable, q)
	}
	var out []option
	switch key {
	case "state":
		for _, s := range append(siteOrder(), alarmOrder()...) {
			if o := (option{d.say.f("state." + s), s}); s != "normal" || !contains(out, s) {
				out = append(out, o)
			}
		}
	case "quality":
		for _, s := range []string{
			"good", "unknown", "stale", "comm_lost", "out_of_range", "sensor_fault", "refused", "bad_clock", "substituted", "manual",
			"not_accepted", "out_of_service",
		} {
			out = append(out, option{s, s})
		}
	default:
		return nil, badQuery{"key", key}
	}
	return out, nil
}

func contains(all []option, value string) bool {
	for _, o := range all {
		if o.Value == value {
			return true
		}
	}
	return false
}
