package grafana

// option changes a panel while it is made.
type option func(*Panel)

// at places a panel.
func at(x, y, w, h int) Grid { return Grid{X: x, Y: y, W: w, H: h} }

func panel(kind, title, description string, place Grid, targets []any) Panel {
	return Panel{
		Type: kind, Title: title, Description: description, GridPos: place, Datasource: gtc(), Targets: targets,
		FieldConfig: FieldConfig{Defaults: Field{Mappings: []Mapping{}}, Overrides: []Override{}},
		Options:     map[string]any{},
	}
}

// stat is one number, or a tile a row, with words for what is not known.
func stat(title, description string, place Grid, q Query, field string, options ...option) Panel {
	p := panel("stat", title, description, place, ask(q))
	p.FieldConfig.Defaults.NoValue = "▨ inconnu"
	p.FieldConfig.Defaults.Mappings = []Mapping{nothing("▨ inconnu")}
	p.FieldConfig.Defaults.Unit, p.FieldConfig.Defaults.Decimals = plain, whole()
	p.FieldConfig.Defaults.Color, p.FieldConfig.Defaults.Thresholds = byThreshold(), steps()
	p.Options = map[string]any{
		"colorMode": "value", "graphMode": "none", "justifyMode": "auto", "orientation": "auto", "textMode": "value",
		"wideLayout": true, "showPercentChange": false, "percentChangeColorMode": "standard",
		"reduceOptions": map[string]any{"calcs": []string{"lastNotNull"}, "fields": "/^" + field + "$/", "values": false},
	}
	for _, o := range options {
		o(&p)
	}
	return p
}

// eachRow makes a tile of every row, named by another field of it.
func eachRow(name string, limit int) option {
	return func(p *Panel) {
		reduce, _ := p.Options["reduceOptions"].(map[string]any)
		reduce["values"], reduce["limit"] = true, limit
		p.Options["textMode"], p.Options["colorMode"] = "value_and_name", "background_solid"
		p.FieldConfig.Defaults.DisplayName = "${__data.fields." + name + "}"
	}
}

// table shows the given fields in their order, under French names, and hides
// the others.
func table(title, description string, place Grid, q Query, columns []column) Panel {
	p := panel("table", title, description, place, ask(q))
	p.FieldConfig.Defaults.Unit = plain
	p.FieldConfig.Defaults.NoValue = "–"
	p.FieldConfig.Defaults.Custom = map[string]any{"align": "auto", "filterable": false, "cellOptions": map[string]any{"type": "auto"}}
	p.Options = map[string]any{"showHeader": true, "cellHeight": "md", "footer": map[string]any{"show": false, "reducer": []string{"sum"}}}
	p.Transformations = []Transformation{arrange(columns)}
	for _, c := range columns {
		p.FieldConfig.Overrides = append(p.FieldConfig.Overrides, c.override())
	}
	return p
}

// series draws curves. Gaps stay gaps.
func series(title, description, axis string, place Grid, targets []any, options ...option) Panel {
	p := panel("timeseries", title, description, place, targets)
	p.FieldConfig.Defaults.Unit = plain
	p.FieldConfig.Defaults.Color = &Color{Mode: "palette-classic-by-name"}
	p.FieldConfig.Defaults.Custom = map[string]any{
		"axisLabel": axis, "axisPlacement": "auto", "drawStyle": "line", "lineInterpolation": "linear", "lineWidth": 2,
		"fillOpacity": 0, "showPoints": "never", "spanNulls": false, "axisSoftMin": nil,
	}
	p.Options = map[string]any{
		"legend":  map[string]any{"displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": []string{}},
		"tooltip": map[string]any{"mode": "multi", "sort": "desc"},
	}
	for _, o := range options {
		o(&p)
	}
	return p
}

// bars ranks sites by one number.
func bars(title, description string, place Grid, q Query, field string, options ...option) Panel {
	p := stat(title, description, place, q, field)
	p.Type = "bargauge"
	reduce := p.Options["reduceOptions"]
	p.Options = map[string]any{
		"displayMode": "basic", "orientation": "horizontal", "showUnfilled": false, "valueMode": "text", "namePlacement": "left",
		"sizing": "auto", "minVizHeight": 24, "minVizWidth": 8, "maxVizHeight": 90, "reduceOptions": reduce,
	}
	eachRow("site_label", 10)(&p)
	delete(p.Options, "textMode")
	delete(p.Options, "colorMode")
	for _, o := range options {
		o(&p)
	}
	return p
}

// row is a heading between panels.
func row(title string, y int) Panel {
	p := panel("row", title, "", at(0, y, 24, 1), nil)
	p.Datasource = nil
	return p
}
