package datasource

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/dashboards/datasource/hubapi"
)

// measure is one column of consumption.
type measure struct {
	name string
	of   func(*api.ConsumptionInterval) *float64
}

func allMeasures() []measure {
	return []measure{
		{"actual", func(i *api.ConsumptionInterval) *float64 { return i.Actual }},
		{"expected", func(i *api.ConsumptionInterval) *float64 { return i.Expected }},
		{"low", func(i *api.ConsumptionInterval) *float64 { return i.Low }},
		{"high", func(i *api.ConsumptionInterval) *float64 { return i.High }},
		{"compared", compared},
		{"residual", func(i *api.ConsumptionInterval) *float64 { return i.Residual }},
		{"residual_pct", func(i *api.ConsumptionInterval) *float64 { return i.ResidualPct }},
		{"cusum", func(i *api.ConsumptionInterval) *float64 { return i.CUSUM }},
		{"coverage", func(i *api.ConsumptionInterval) *float64 { return &i.Coverage }},
		{"temperature", func(i *api.ConsumptionInterval) *float64 { return i.Temperature }},
		{"dj15", func(i *api.ConsumptionInterval) *float64 { return i.DJ15 }},
	}
}

// compared is the part of the consumption beside which an expectation stands:
// of meters with a baseline, where both are known. Actual is that of all.
func compared(i *api.ConsumptionInterval) *float64 { return plus(i.Expected, i.Residual) }

// measures are those of the query, actual, expected and band unless it names
// some.
func (q *query) measures() ([]measure, error) {
	wanted := q.Measures
	if len(wanted) == 0 {
		wanted = list{"actual", "expected", "low", "high"}
	}
	var out []measure
	for _, name := range wanted {
		found := false
		for _, m := range allMeasures() {
			if m.name == name {
				out, found = append(out, m), true
			}
		}
		if !found {
			return nil, badQuery{"measures", name}
		}
	}
	return out, nil
}

// unitOfMeasure is Grafana's unit of a measure of consumption.
func unitOfMeasure(measure, unit, per string) string {
	switch measure {
	case "residual_pct":
		return "percent"
	case "coverage":
		return "percentunit"
	case "temperature":
		return "celsius"
	case "dj15":
		return "suffix: DJ"
	}
	below := map[string]string{api.PerM2: "/m²", api.PerDJ15: "/DJ", api.PerM2DJ15: "/(m²·DJ)"}[per]
	switch {
	case unit == api.UnitKWh && below == "":
		return "kwatth"
	case unit == api.UnitEUR && below == "":
		return "currencyEUR"
	case unit == api.UnitM3 && below == "":
		return "m3"
	}
	above := map[string]string{api.UnitKWh: "kWh", api.UnitEUR: "€", api.UnitKgCO2: "kg CO₂", api.UnitM3: "m³"}[unit]
	return "suffix: " + above + below
}

// energy answers with the consumption of meters.
func (d *Datasource) energy(ctx context.Context, q query) (data.Frames, error) {
	if slices.Contains(shapes(), q.Format) {
		return d.energyShape(ctx, q)
	}
	format, err := choice("format", q.Format, "auto", "wide", "table", "total")
	if err != nil {
		return nil, err
	}
	wanted, err := q.measures()
	if err != nil {
		return nil, err
	}
	ask, err := d.meters(ctx, q)
	if err != nil {
		return nil, err
	}
	if format == "total" {
		ask.Set("step", api.StepTotal)
	}
	got, err := hubapi.Get[api.Consumption](ctx, d.hub, "/api/v1/energy", ask)
	if err != nil {
		return nil, err
	}
	if len(got.Rows) == 0 {
		return nil, errNothing
	}
	var frames data.Frames
	switch {
	case format == "table":
		frames = data.Frames{d.energyTable(&got, wanted)}
	case format == "total":
		frames = data.Frames{d.energyTotals(&got, wanted)}
	case format == "wide" || len(got.Rows) == 1:
		for i := range got.Rows {
			frames = append(frames, d.energyWide(&got, i, wanted))
		}
	default:
		frames = d.energyMulti(&got, wanted)
	}
	custom := hubTime(got.At)
	custom["baselines"] = baselines(got.Rows)
	for _, f := range frames {
		meta(f, "", d.asked("/api/v1/energy", ask), custom)
	}
	d.noteEnergy(frames[0], &got, wanted)
	return frames, nil
}

// meters says to the hub which meters are meant, and how they are summed.
func (d *Datasource) meters(ctx context.Context, q query) (url.Values, error) {
	out := url.Values{}
	for _, c := range []struct {
		name, value, otherwise string
		allowed                []string
	}{
		{"step", q.Step, api.StepDay, []string{api.StepHour, api.StepWeek, api.StepMonth, api.StepYear}},
		{"unit", q.Unit, api.UnitKWh, []string{api.UnitEUR, api.UnitKgCO2, api.UnitM3}},
		{"per", q.Per, "", []string{api.PerM2, api.PerDJ15, api.PerM2DJ15}},
		{"group", q.Group, api.GroupMeter, []string{api.GroupSite, api.GroupCarrier, api.GroupPark}},
	} {
		v, err := choice(c.name, c.value, c.otherwise, c.allowed...)
		if err != nil {
			return nil, err
		}
		if v != "" {
			out.Set(c.name, v)
		}
	}
	every := time.Hour
	from, to := align(q.from, q.to, every)
	out.Set("from", from.Format(time.RFC3339))
	out.Set("to", to.Format(time.RFC3339))
	put(out, "direction", q.Directions)
	put(out, "carrier", q.Carriers)
	if !q.filters("site", "category", "meter", "carrier") {
		put(out, "site", q.Sites)
		put(out, "category", q.Categories)
		put(out, "meter", q.Meters)
		return out, nil
	}
	cat, err := d.catalogue(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range cat.Sites {
		for _, m := range s.Meters {
			if q.Sites.wants(string(s.ID)) && q.Categories.wants(string(s.Category)) && q.Carriers.wants(string(m.Carrier)) &&
				(q.Meters.wants(string(m.ID)) || q.Meters.wants(string(s.ID)+"/"+string(m.ID))) && q.pass(row{
				"site": string(s.ID), "category": string(s.Category), "meter": string(m.ID), "carrier": string(m.Carrier),
			}) {
				out.Add("meter", string(s.ID)+"/"+string(m.ID))
			}
		}
	}
	if !out.Has("meter") {
		return nil, errNothing
	}
	return out, nil
}

func baselines(rows []api.ConsumptionGroup) []map[string]any {
	out := []map[string]any{}
	for _, r := range rows {
		if b := r.Baseline; b != nil {
			out = append(out, map[string]any{
				"site": r.Site, "meter": r.Meter, "model": b.Model, "eligible": b.Eligible, "reason": b.Reason, "from": b.From, "to": b.To,
				"balance_point_c": b.Balance, "intercept": b.Intercept, "slope": b.Slope, "r2": b.R2, "cvrmse": b.CVRMSE, "provable_pct": b.ProvablePct,
			})
		}
	}
	return out
}

// groupName is how a group is called, "" for the park. One that is asked for by
// carrier is called so, also while a single meter makes it.
func (d *Datasource) groupName(got *api.Consumption, r *api.ConsumptionGroup) string {
	var parts []string
	if r.Site != "" {
		parts = append(parts, d.say.label(r.SiteLabel, string(r.Site)))
	}
	switch {
	case r.Meter != "" && got.Group != api.GroupCarrier:
		parts = append(parts, d.say.label(r.MeterLabel, string(r.Meter)))
	case r.Carrier != "":
		parts = append(parts, d.carrier(r.Carrier))
	}
	return strings.Join(parts, " · ")
}

func (d *Datasource) carrier(c gtc.Carrier) string {
	switch c {
	case gtc.CarrierElectricity:
		return in("électricité", "elektriciteit", "electricity").In(d.say.lang)
	case gtc.CarrierGas:
		return in("gaz", "gas", "gas").In(d.say.lang)
	case gtc.CarrierHeat:
		return in("chaleur", "warmte", "heat").In(d.say.lang)
	case gtc.CarrierOil:
		return in("mazout", "stookolie", "oil").In(d.say.lang)
	case gtc.CarrierWater:
		return in("eau", "water", "water").In(d.say.lang)
	case gtc.CarrierPropane:
		return in("propane", "propaan", "propane").In(d.say.lang)
	case gtc.CarrierPellets:
		return in("pellets", "pellets", "pellets").In(d.say.lang)
	}
	return string(c)
}

func (d *Datasource) groupLabels(r *api.ConsumptionGroup) data.Labels {
	l := data.Labels{}
	for name, v := range map[string]string{
		"site": string(r.Site), "site_label": r.SiteLabel.In(d.say.lang), "meter": string(r.Meter), "meter_label": r.MeterLabel.In(d.say.lang),
		"carrier": string(r.Carrier), "direction": string(r.Direction),
	} {
		if v != "" {
			l[name] = v
		}
	}
	return l
}

func instants(r *api.ConsumptionGroup) *data.Field {
	times := make([]time.Time, len(r.Intervals))
	for i := range r.Intervals {
		times[i] = time.UnixMilli(r.Intervals[i].At).UTC()
	}
	return data.NewField("time", nil, times)
}

func (d *Datasource) measured(got *api.Consumption, r *api.ConsumptionGroup, m measure) *data.Field {
	values := make([]*float64, len(r.Intervals))
	for i := range r.Intervals {
		values[i] = m.of(&r.Intervals[i])
	}
	labels := d.groupLabels(r)
	labels["measure"] = m.name // alert rules know numbers by their labels alone
	f := data.NewField(m.name, labels, values)
	name := d.say.column(m.name)
	if g := d.groupName(got, r); g != "" && len(got.Rows) > 1 {
		name = g + " · " + name
	}
	f.Config = &data.FieldConfig{DisplayNameFromDS: name, Unit: unitOfMeasure(m.name, got.Unit, got.Per)}
	return f
}

// energyWide is one group with each measure as a column.
func (d *Datasource) energyWide(got *api.Consumption, i int, wanted []measure) *data.Frame {
	r := &got.Rows[i]
	f := data.NewFrame(d.groupName(got, r), instants(r))
	for _, m := range wanted {
		f.Fields = append(f.Fields, d.measured(got, r, m))
	}
	kind := data.FrameTypeTimeSeriesWide
	if len(got.Rows) > 1 {
		kind = data.FrameTypeUnknown // the wide form is one frame
	}
	meta(f, kind, "", nil)
	return f
}

// energyMulti is one frame a group and measure.
func (d *Datasource) energyMulti(got *api.Consumption, wanted []measure) data.Frames {
	var out data.Frames
	for i := range got.Rows {
		r := &got.Rows[i]
		for _, m := range wanted {
			f := data.NewFrame(d.groupName(got, r), instants(r), d.measured(got, r, m))
			meta(f, data.FrameTypeTimeSeriesMulti, "", nil)
			out = append(out, f)
		}
	}
	return out
}

func (d *Datasource) energyColumns(got *api.Consumption, wanted []measure, first ...column) []column {
	out := append(first, column{name: "site", zero: ""}, column{name: "site_label", zero: ""}, column{name: "meter", zero: ""},
		column{name: "meter_label", zero: ""}, column{name: "carrier", zero: ""})
	for _, m := range wanted {
		out = append(out, column{name: m.name, zero: (*float64)(nil), unit: unitOfMeasure(m.name, got.Unit, got.Per)})
	}
	return out
}

func (d *Datasource) groupCells(r *api.ConsumptionGroup) []any {
	return []any{string(r.Site), d.say.label(r.SiteLabel, string(r.Site)), string(r.Meter), d.say.label(r.MeterLabel, string(r.Meter)), string(r.Carrier)}
}

// energyTable is every interval of every group as a row.
func (d *Datasource) energyTable(got *api.Consumption, wanted []measure) *data.Frame {
	t := d.table("energy", d.energyColumns(got, wanted, column{name: "time", zero: time.Time{}})...)
	for i := range got.Rows {
		r := &got.Rows[i]
		for k := range r.Intervals {
			cells := append([]any{time.UnixMilli(r.Intervals[k].At).UTC()}, d.groupCells(r)...)
			for _, m := range wanted {
				cells = append(cells, m.of(&r.Intervals[k]))
			}
			t.add(cells...)
		}
	}
	return t.frame
}

// energyTotals is the whole range of each group as a row.
func (d *Datasource) energyTotals(got *api.Consumption, wanted []measure) *data.Frame {
	t := d.table("energy", append(d.energyColumns(got, wanted), column{name: "area_m2", zero: (*float64)(nil), unit: "suffix: m²"})...)
	for i := range got.Rows {
		r := &got.Rows[i]
		cells := d.groupCells(r)
		for _, m := range wanted {
			if len(r.Intervals) == 0 {
				cells = append(cells, (*float64)(nil)) // nothing is known of it
			} else {
				cells = append(cells, m.of(&r.Intervals[0]))
			}
		}
		var area *float64
		if r.AreaM2 > 0 {
			area = &r.AreaM2
		}
		t.add(append(cells, area)...)
	}
	meta(t.frame, data.FrameTypeNumericLong, "", nil)
	return t.frame
}

// noteEnergy says what the figures do not hold.
func (d *Datasource) noteEnergy(f *data.Frame, got *api.Consumption, wanted []measure) {
	judging, meters, unjudged, unpriced, areaMissing := false, 0, 0, 0, false
	for _, m := range wanted {
		switch m.name {
		case "expected", "low", "high", "compared", "residual", "residual_pct", "cusum":
			judging = true
		}
	}
	lowest := 1.0
	var gaps []string
	for i := range got.Rows {
		r := &got.Rows[i]
		meters += r.Meters
		unjudged += r.Unjudged
		unpriced += r.Unpriced
		areaMissing = areaMissing || r.AreaM2 == 0
		least := 1.0
		for k := range r.Intervals {
			least = min(least, r.Intervals[k].Coverage)
		}
		if least < 0.9 {
			gaps = append(gaps, d.groupName(got, r))
			lowest = min(lowest, least)
		}
	}
	switch {
	case judging && (got.Step == api.StepHour || got.Unit == api.UnitM3):
		note(f, d.say.f("note.noexpected"))
	case judging && unjudged > 0:
		note(f, d.say.f("note.unjudged", unjudged, meters))
	}
	if unpriced > 0 {
		note(f, d.say.f("note.unpriced", unpriced))
	}
	if areaMissing && (got.Per == api.PerM2 || got.Per == api.PerM2DJ15) {
		note(f, d.say.f("note.noarea"))
	}
	if len(gaps) > 0 {
		note(f, d.say.f("note.gaps", some(gaps), 100*lowest))
	}
}
