package datasource

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/datasource/hubapi"
)

// chosenFindings are the findings of a query, the costliest first.
func (d *Datasource) chosenFindings(ctx context.Context, q query) ([]hubapi.Finding, time.Time, error) {
	open := q.Open == nil || *q.Open
	ask := url.Values{}
	if !open {
		ask.Set("state", "any")
	}
	got, err := hubapi.Get[hubapi.Findings](ctx, d.hub, "/api/v1/findings", ask)
	if err != nil {
		return nil, time.Time{}, err
	}
	if err := d.knownSites(ctx, q); err != nil {
		return nil, time.Time{}, err
	}
	var out []hubapi.Finding
	for _, f := range got.Findings {
		within := f.End.IsZero() || !open && f.End.After(q.from) && f.Onset.Before(q.to)
		if within && q.Sites.wants(string(f.Site)) && q.Meters.wants(string(f.Meter)) && q.Carriers.wants(string(f.Carrier)) &&
			q.Rules.wants(f.Rule) && q.Kinds.wants(string(f.Kind)) && q.States.wants(string(f.State)) && q.pass(row{
			"site": string(f.Site), "meter": string(f.Meter), "carrier": string(f.Carrier), "rule": f.Rule, "state": string(f.State),
			"equipment": string(cmp.Or(f.Equipment, f.Meter)),
		}) {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b hubapi.Finding) int { return -cmp.Compare(a.KWhPerWeek, b.KWhPerWeek) })
	return out, got.At, nil
}

// knownSites refuses a query that names a site that is not there: an empty
// table would say that all is well.
func (d *Datasource) knownSites(ctx context.Context, q query) error {
	if len(q.Sites) == 0 {
		return nil
	}
	cat, err := d.catalogue(ctx)
	if err != nil {
		return err
	}
	for _, s := range q.Sites {
		known := s == string(gtc.HubSite)
		for _, c := range cat.Sites {
			known = known || s == string(c.ID)
		}
		if !known {
			return errNothing
		}
	}
	return nil
}

// findings answers with what energy rules conclude.
func (d *Datasource) findings(ctx context.Context, q query) (data.Frames, error) {
	format, err := choice("format", q.Format, "table", "summary", formatNumeric)
	if err != nil {
		return nil, err
	}
	all, at, err := d.chosenFindings(ctx, q)
	if err != nil {
		return nil, err
	}
	var f *data.Frame
	if format != "table" {
		f = d.findingSummary(all)
	} else {
		f = d.findingTable(all, at).cut(q.Limit)
	}
	meta(f, "", d.asked("/api/v1/findings", nil), hubTime(at))
	if format == formatNumeric {
		return numbers(f, q, findingNumbers())
	}
	return data.Frames{f}, nil
}

func (d *Datasource) findingTable(all []hubapi.Finding, now time.Time) *table {
	number, maybe := 0.0, (*float64)(nil)
	t := d.table("findings",
		column{name: "id", zero: ""}, column{name: "site", zero: ""}, column{name: "site_label", zero: ""}, column{name: "meter", zero: ""},
		column{name: "meter_label", zero: ""}, column{name: "equipment", zero: ""}, column{name: "carrier", zero: ""}, column{name: "rule", zero: ""},
		column{name: "kind", zero: ""}, column{name: "state", zero: ""}, column{name: "text", zero: ""},
		column{name: "onset", zero: time.Time{}}, column{name: "detected", zero: (*time.Time)(nil)}, column{name: "end", zero: (*time.Time)(nil)},
		column{name: "days", zero: number, unit: "suffix: j"}, column{name: "excess_kwh", zero: number, unit: "kwatth"},
		column{name: "excess_pct", zero: number, unit: "percent"}, column{name: "band_pct", zero: number, unit: "percent"},
		column{name: "confidence", zero: number, unit: "percentunit"}, column{name: "kwh_per_week", zero: number, unit: "kwatth"},
		column{name: "eur_per_week", zero: maybe, unit: "currencyEUR"}, column{name: "kgco2_per_week", zero: maybe, unit: "suffix: kg CO₂"},
		column{name: "eur", zero: maybe, unit: "currencyEUR"}, column{name: "kgco2", zero: maybe, unit: "suffix: kg CO₂"},
		column{name: "cause", zero: ""}, column{name: "owner", zero: ""}, column{name: "due", zero: (*time.Time)(nil)},
	)
	for _, f := range all {
		end := now
		if !f.End.IsZero() {
			end = f.End
		}
		t.add(f.ID, string(f.Site), d.say.label(f.SiteLabel, string(f.Site)), string(f.Meter), d.say.label(f.MeterLabel, string(f.Meter)),
			string(f.Equipment), string(f.Carrier), f.Rule, string(f.Kind), string(f.State), d.say.label(f.Text, f.Rule),
			f.Onset, known(f.Detected), known(f.End), end.Sub(f.Onset).Hours()/24, f.ExcessKWh, f.ExcessPct, f.BandPct, f.Confidence,
			f.KWhPerWeek, f.EURPerWeek, f.KgCO2PerWeek, f.EUR, f.KgCO2, d.cause(f), f.Owner, known(f.Due))
	}
	return t
}

func (d *Datasource) cause(f hubapi.Finding) string {
	if len(f.Causes) == 0 {
		return ""
	}
	return d.say.label(f.Causes[0].Label, f.Causes[0].ID)
}

// findingSummary is one row. Savings are not subtracted: a wall shows what is
// wasted. A price that one of them lacks makes the sum unknown.
func (d *Datasource) findingSummary(all []hubapi.Finding) *data.Frame {
	t := d.table("findings",
		column{name: "count", zero: int64(0)}, column{name: "kwh_per_week", zero: 0.0, unit: "kwatth"},
		column{name: "eur_per_week", zero: (*float64)(nil), unit: "currencyEUR"},
		column{name: "kgco2_per_week", zero: (*float64)(nil), unit: "suffix: kg CO₂"},
	)
	count, kwh, eur, co2 := int64(0), 0.0, new(0.0), new(0.0)
	for _, f := range all {
		if f.Kind == gtc.FindingSaving {
			continue
		}
		count++
		kwh += f.KWhPerWeek
		eur, co2 = plus(eur, f.EURPerWeek), plus(co2, f.KgCO2PerWeek)
	}
	t.add(count, kwh, eur, co2)
	meta(t.frame, data.FrameTypeNumericWide, "", nil)
	return t.frame
}

// plus is a sum that is unknown when a part is.
func plus(a, b *float64) *float64 {
	if a == nil || b == nil {
		return nil
	}
	return new(*a + *b)
}

// priority is a priority as a filter writes it.
func priority(p gtc.Priority) string { return strconv.Itoa(int(p)) }

// wantsPriority takes 1 as well as P1.
func (q *query) wantsPriority(p gtc.Priority) bool {
	return len(q.Priorities) == 0 || slices.ContainsFunc(q.Priorities, func(s string) bool {
		return strings.TrimPrefix(strings.ToUpper(s), "P") == priority(p)
	})
}
