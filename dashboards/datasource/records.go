package datasource

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/cpas-charleroi/gtc/dashboards/datasource/hubapi"
)

// records answers with the maintenance planned or under way, the works
// register, and the views of the park's energy.
func (d *Datasource) records(ctx context.Context, q query) (data.Frames, error) {
	if err := d.knownSites(ctx, q); err != nil {
		return nil, err
	}
	if q.QueryType == "works" && (q.Register == "" || q.Register == "maintenance") {
		return d.maintenance(ctx, q)
	}
	path, register, err := registerOf(q)
	if err != nil {
		return nil, err
	}
	ask := url.Values{}
	got, err := hubapi.Get[map[string]any](ctx, d.hub, path, ask)
	if err != nil {
		return nil, err
	}
	f := d.flat(q.QueryType, d.rowsAt(got, register), q)
	meta(f, data.FrameTypeTable, d.asked(path, ask), nil)
	return data.Frames{f}, nil
}

// registerOf is where the hub answers, and which list of the answer is meant.
func registerOf(q query) (path, register string, err error) {
	for _, r := range []struct {
		query, path string
		lists       []string
	}{
		{"works", "/api/v1/works", []string{"works", "works.savings", "baselines"}},
		{"portfolio", "/api/v1/energy/portfolio", []string{"sites", "pools", "pools.weeks", "pools.findings", "pools.groups"}},
		{"carbon", "/api/v1/energy/carbon", []string{"cadastre", "path.years", "path.targets", "stations.years"}},
	} {
		if r.query != q.QueryType {
			continue
		}
		wanted := q.Register
		if r.query == "works" && wanted == "energy" {
			wanted = ""
		}
		register, err = choice("register", wanted, r.lists[0], r.lists...)
		return r.path, register, err
	}
	return "", "", badQuery{"queryType", q.QueryType}
}

// rowsAt are the objects of a list within an answer. A row of a list in a list
// also has the scalar members of what it is part of.
func (d *Datasource) rowsAt(answer map[string]any, path string) []map[string]any {
	first, rest, deeper := strings.Cut(path, ".")
	switch v := answer[first].(type) {
	case map[string]any:
		return d.rowsAt(v, rest)
	case []any:
		var out []map[string]any
		for _, o := range v {
			m, ok := o.(map[string]any)
			if !ok {
				continue
			}
			flat := map[string]any{}
			d.flatten("", m, flat)
			if !deeper {
				out = append(out, flat)
				continue
			}
			for _, row := range d.rowsAt(m, rest) {
				for k, v := range flat {
					if _, has := row[k]; !has {
						row[k] = v
					}
				}
				out = append(out, row)
			}
		}
		return out
	}
	return nil
}

// board returns the alarms and the maintenance that stand, and the names of the
// sites.
func (d *Datasource) board(ctx context.Context) (hubapi.Board, map[string]string, error) {
	board, err := hubapi.Get[hubapi.Board](ctx, d.hub, "/api/v1/alarms/board", nil)
	if err != nil {
		return hubapi.Board{}, nil, err
	}
	names, err := d.siteNames(ctx)
	return board, names, err
}

func (d *Datasource) maintenance(ctx context.Context, q query) (data.Frames, error) {
	board, names, err := d.board(ctx)
	if err != nil {
		return nil, err
	}
	t := d.table("works",
		column{name: "id", zero: ""}, column{name: "kind", zero: ""}, column{name: "site", zero: ""}, column{name: "site_label", zero: ""},
		column{name: "equipment", zero: ""}, column{name: "alarm", zero: ""}, column{name: "by", zero: ""}, column{name: "reason", zero: ""},
		column{name: "from", zero: time.Time{}}, column{name: "until", zero: time.Time{}}, column{name: "begun", zero: false},
	)
	for _, w := range board.Works {
		if q.Sites.wants(string(w.Site)) && q.Kinds.wants(w.Kind) && q.pass(row{"site": string(w.Site), "equipment": string(w.Equipment)}) {
			t.add(w.ID, w.Kind, string(w.Site), names[string(w.Site)], string(w.Equipment), w.Alarm, w.By, w.Reason, w.From, w.Until, w.Begun)
		}
	}
	f := t.cut(q.Limit)
	meta(f, "", d.asked("/api/v1/alarms/board", nil), hubTime(board.At))
	return data.Frames{f}, nil
}

func (d *Datasource) siteNames(ctx context.Context) (map[string]string, error) {
	cat, err := d.catalogue(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, s := range cat.Sites {
		out[string(s.ID)] = d.say.label(s.Label, string(s.ID))
	}
	return out, nil
}

// flat makes a table of rows: a column for each scalar member, nested members
// dotted, a label in the language. Columns are in order of name, places first.
func (d *Datasource) flat(name string, rows []map[string]any, q query) *data.Frame {
	var chosen []map[string]any
	for _, r := range rows {
		keys := row{}
		for _, k := range []string{"site", "category", "meter", "carrier", "state", "kind", "equipment"} {
			if s, ok := r[k].(string); ok {
				keys[k] = s
			}
		}
		site, has := keys["site"]
		if (!has || q.Sites.wants(site)) && q.pass(keys) {
			chosen = append(chosen, r)
		}
	}
	limit := q.Limit
	if limit == 0 {
		limit = usualLimit
	}
	total := len(chosen)
	chosen = chosen[:min(total, limit)]
	f := data.NewFrame(name)
	for _, c := range columnsOf(chosen) {
		f.Fields = append(f.Fields, d.flatField(c, chosen))
	}
	if total > limit {
		note(f, d.say.f("note.cut", limit, total))
	}
	return f
}

// flatten puts the scalar members of an object under their dotted names.
func (d *Datasource) flatten(prefix string, m, into map[string]any) {
	for k, v := range m {
		switch v := v.(type) {
		case map[string]any:
			if text, ok := d.asLabel(v); ok {
				into[prefix+k] = text
			} else {
				d.flatten(prefix+k+".", v, into)
			}
		case string, float64, bool, nil:
			into[prefix+k] = v
		case []any:
			// Of a list within a row its texts have a place, objects have not.
			if text, ok := joined(v); ok {
				into[prefix+k] = text
			}
		}
	}
}

// joined writes a list of texts and numbers as one text.
func joined(list []any) (string, bool) {
	parts := make([]string, 0, len(list))
	for _, v := range list {
		switch v := v.(type) {
		case string:
			parts = append(parts, v)
		case float64:
			parts = append(parts, strconv.FormatFloat(v, 'f', -1, 64))
		default:
			return "", false
		}
	}
	return strings.Join(parts, ", "), len(parts) > 0
}

// asLabel reads an object of texts by language.
func (d *Datasource) asLabel(m map[string]any) (string, bool) {
	if len(m) == 0 {
		return "", false
	}
	for k, v := range m {
		if _, text := v.(string); !text || !slices.Contains(languages(), k) {
			return "", false
		}
	}
	for _, lang := range []string{d.say.lang, french, "en", "nl"} {
		if s, ok := m[lang].(string); ok && s != "" {
			return s, true
		}
	}
	return "", true
}

func columnsOf(rows []map[string]any) []string {
	seen := map[string]bool{}
	var out []string
	for _, r := range rows {
		for k := range r {
			if !seen[k] {
				seen[k] = true
				out = append(out, k)
			}
		}
	}
	rank := func(k string) int {
		if i := slices.Index([]string{"site", "site_label", "label", "meter", "meter_label"}, k); i >= 0 {
			return i
		}
		return 100
	}
	slices.SortFunc(out, func(a, b string) int {
		if r := rank(a) - rank(b); r != 0 {
			return r
		}
		return strings.Compare(a, b)
	})
	return out
}

// flatField is one column: numbers, truth values or instants when all that is
// there is one, texts otherwise.
func (d *Datasource) flatField(name string, rows []map[string]any) *data.Field {
	numbers, truths, times, texts := make([]*float64, len(rows)), make([]*bool, len(rows)), make([]*time.Time, len(rows)), make([]*string, len(rows))
	n, b, at, filled := 0, 0, 0, 0
	for i, r := range rows {
		switch v := r[name].(type) {
		case float64:
			numbers[i] = &v
			n++
			filled++
		case bool:
			truths[i] = &v
			b++
			filled++
		case string:
			texts[i] = &v
			filled++
			if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
				times[i] = &t
				at++
			}
		}
	}
	var f *data.Field
	switch {
	case filled > 0 && n == filled:
		f = data.NewField(name, nil, numbers)
	case filled > 0 && b == filled:
		f = data.NewField(name, nil, truths)
	case filled > 0 && at == filled:
		f = data.NewField(name, nil, times)
	default:
		f = data.NewField(name, nil, texts)
	}
	f.Config = &data.FieldConfig{Unit: unitOfName(name)}
	if l := d.say.column(name); !strings.HasPrefix(l, "col.") {
		f.Config.DisplayNameFromDS = l
	}
	return f
}

// unitOfName is the unit that the end of a member's name stands for.
func unitOfName(name string) string {
	for _, u := range [][2]string{
		{"kwh_per_week", "kwatth"},
		{"eur_per_week", "currencyEUR"},
		{"kgco2_per_week", "suffix: kg CO₂"},
		{"kwh_m2", "suffix: kWh/m²"},
		{"kwh_per_m2", "suffix: kWh/m²"},
		{"kwh", "kwatth"},
		{"eur", "currencyEUR"},
		{"kgco2", "suffix: kg CO₂"},
		{"tco2", "suffix: t CO₂"},
		{"pct", "percent"},
		{"m2", "suffix: m²"},
		{"_s", "s"},
		{"_ms", "ms"},
		{"_c", "celsius"},
	} {
		if strings.HasSuffix(name, u[0]) {
			return u[1]
		}
	}
	return ""
}
