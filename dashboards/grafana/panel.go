package grafana

import (
	"slices"
	"strconv"
	"strings"
)

// option changes a panel while it is made.
type option func(*Panel)

// at places a panel.
func at(x, y, w, h int) Grid { return Grid{X: x, Y: y, W: w, H: h} }

func panel(kind, title, description string, place Grid, targets []any) Panel {
	return Panel{
		Type: kind, PluginVersion: pluginVersion, Title: title, Description: description, GridPos: place, Datasource: gtc(), Targets: targets,
		FieldConfig: FieldConfig{Defaults: Field{Mappings: []Mapping{}}, Overrides: []Override{}},
		Options:     map[string]any{},
	}
}

// stat is one number, or several, with words for what is not known. The data
// source is asked for these fields alone, so that Grafana has nothing to choose
// by names that follow the language.
func stat(title, description string, place Grid, q Query, field string, options ...option) Panel {
	q.Fields = strings.Fields(field)
	p := panel("stat", title, description, place, ask(q))
	p.FieldConfig.Defaults.NoValue = unanswered
	p.FieldConfig.Defaults.Mappings = []Mapping{nothing(unknown)}
	p.FieldConfig.Defaults.Unit, p.FieldConfig.Defaults.Decimals = plain, whole()
	p.FieldConfig.Defaults.Color, p.FieldConfig.Defaults.Thresholds = byThreshold(), steps()
	p.Options = map[string]any{
		"colorMode": "value", "graphMode": "none", "justifyMode": "auto", "orientation": "auto", "textMode": "value",
		"wideLayout": false, "showPercentChange": false, "percentChangeColorMode": "standard",
		"reduceOptions": map[string]any{"calcs": []string{"lastNotNull"}, "fields": "/.*/", "values": false},
	}
	for _, o := range options {
		o(&p)
	}
	p.ownLook(q.Fields)
	return p
}

// ownLook gives fields the panel's own unit and decimals: what the data source
// says of a field goes before a panel's defaults, not before what it says of
// the field.
func (p *Panel) ownLook(fields []string) {
	own := make([]Override, 0, len(fields)+len(p.FieldConfig.Overrides))
	for _, name := range fields {
		o := Override{Matcher: Matcher{ID: "byName", Options: name}, Properties: []Property{set("unit", p.FieldConfig.Defaults.Unit)}}
		if p.FieldConfig.Defaults.Decimals != nil {
			o.Properties = append(o.Properties, set("decimals", *p.FieldConfig.Defaults.Decimals))
		}
		own = append(own, o)
	}
	p.FieldConfig.Overrides = append(own, p.FieldConfig.Overrides...)
}

// board makes a tile of each row, the worst first: its text, under the names of
// the fields given. The last tile counts those that have no place.
func board(description, empty string, place Grid, q Query, names string, options ...option) Panel {
	q.None = empty
	p := stat("", description, place, q, names+" tile", options...)
	reduce, _ := p.Options["reduceOptions"].(map[string]any)
	reduce["values"], reduce["limit"], reduce["fields"] = true, q.Limit, "/^tile$/"
	p.Options["textMode"], p.Options["colorMode"] = "value_and_name", "background_solid"
	p.FieldConfig.Defaults.Unit = "string"
	p.FieldConfig.Defaults.Mappings = append(tiles(), nothing(unanswered))
	return p
}

// table shows the given fields in their order, under French names. Fields that
// only links need are asked for and hidden.
func table(title, description, empty string, place Grid, q Query, columns []column) Panel {
	q.None = empty
	hidden := []string{}
	for _, c := range columns {
		q.Fields = append(q.Fields, c.field)
		for _, name := range c.needs() {
			if !slices.Contains(hidden, name) {
				hidden = append(hidden, name)
			}
		}
	}
	q.Fields = append(q.Fields, hidden...)
	p := panel("table", title, description, place, ask(q))
	p.FieldConfig.Defaults.Unit = plain
	p.FieldConfig.Defaults.NoValue = unanswered
	asTable(&p)
	for _, c := range columns {
		p.FieldConfig.Overrides = append(p.FieldConfig.Overrides, c.override())
	}
	for _, name := range hidden {
		named(name, set("custom.hidden", true))(&p)
	}
	return p
}

// asTable gives a table its heading and no foot. Later versions of Grafana move
// parts of custom elsewhere and expect that there is one.
func asTable(p *Panel) {
	p.FieldConfig.Defaults.Custom = map[string]any{"align": "auto", "inspect": false, "filterable": false, "cellOptions": map[string]any{"type": "auto"}}
	p.Options = map[string]any{
		"frameIndex": 0, "showHeader": true, "cellHeight": "sm",
		"footer": map[string]any{"show": false, "reducer": []string{"sum"}, "countRows": false},
	}
}

// legend lists the names of curves below the picture, or none.
func legend(shown bool) map[string]any {
	return map[string]any{"displayMode": "list", "placement": "bottom", "showLegend": shown, "calcs": []string{}}
}

// tooltip tells of one curve, or of all at that instant, the greatest first.
func tooltip(all bool) map[string]any {
	if all {
		return map[string]any{"mode": "multi", "sort": "desc"}
	}
	return map[string]any{"mode": "single", "sort": "none"}
}

// series draws curves. Gaps stay gaps.
func series(title, description, axis string, place Grid, targets []any, options ...option) Panel {
	p := panel("timeseries", title, description, place, targets)
	p.FieldConfig.Defaults.Unit, p.FieldConfig.Defaults.NoValue = plain, unmeasured
	p.FieldConfig.Defaults.Color = shades()
	p.FieldConfig.Defaults.Custom = map[string]any{
		"axisLabel": axis, "axisPlacement": "auto", "drawStyle": "line", "lineInterpolation": "linear", "lineWidth": 2,
		"fillOpacity": 0, "showPoints": "never", "spanNulls": false,
	}
	p.Options = map[string]any{"legend": legend(true), "tooltip": tooltip(true)}
	for _, o := range options {
		o(&p)
	}
	return p
}

// bars ranks sites by one number, the greatest first.
func bars(title, description string, place Grid, q Query, field string, options ...option) Panel {
	q.Sort = "-" + field
	p := stat(title, description, place, q, "site_label "+field)
	p.Type = "bargauge"
	p.Options = map[string]any{
		"displayMode": "basic", "orientation": "horizontal", "showUnfilled": false, "valueMode": "text", "namePlacement": "left",
		"legend": legend(false), "sizing": "auto", "minVizHeight": 24, "minVizWidth": 8, "maxVizHeight": 90,
		"reduceOptions": map[string]any{"calcs": []string{"lastNotNull"}, "fields": "", "values": true, "limit": q.Limit},
	}
	for _, o := range options {
		o(&p)
	}
	return p
}

// row is a heading between panels.
func row(title string, y int) Panel {
	return Panel{Type: "row", Title: title, GridPos: at(0, y, 24, 1), Collapsed: new(false), Panels: &[]Panel{}}
}

// fireNotice stands on every page that shows what fire panels say.
const fireNotice = "Cette vue n’alerte pas les secours. En cas de feu : procédure du site et 112."

// notice is a text that is always there, size pixels high.
func notice(text string, place Grid, size int) Panel {
	p := panel("text", "", "", place, nil)
	p.Datasource, p.Transparent = nil, true
	p.Options = map[string]any{
		"mode": "html",
		// Of the height of a line Grafana takes only what is said within font.
		"content": `<div style="font:600 ` + strconv.Itoa(size) + `px/1.15 Inter, Roboto, sans-serif;">` + text + `</div>`,
	}
	return p
}
