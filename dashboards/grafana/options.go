package grafana

import "maps"

func withUnit(unit string) option {
	return func(p *Panel) { p.FieldConfig.Defaults.Unit, p.FieldConfig.Defaults.Decimals = unit, whole() }
}

func withMappings(m ...Mapping) option {
	return func(p *Panel) { p.FieldConfig.Defaults.Mappings = m }
}

func withThresholds(t *Thresholds) option {
	return func(p *Panel) { p.FieldConfig.Defaults.Thresholds = t }
}

func withColor(c *Color) option {
	return func(p *Panel) { p.FieldConfig.Defaults.Color = c }
}

// sized sets the characters of a tile in pixels: a wall is read at 4 m.
func sized(title, value int) option {
	return func(p *Panel) { p.Options["text"] = map[string]any{"titleSize": title, "valueSize": value} }
}

// over sets another range than the dashboard's and says it in the title.
func over(last string) option {
	return func(p *Panel) { p.TimeFrom, p.HideTimeOver = last, true }
}

// custom sets what a kind of panel alone has.
func custom(values map[string]any) option {
	return func(p *Panel) {
		if p.FieldConfig.Defaults.Custom == nil {
			p.FieldConfig.Defaults.Custom = map[string]any{}
		}
		maps.Copy(p.FieldConfig.Defaults.Custom, values)
	}
}

func withOptions(values map[string]any) option {
	return func(p *Panel) { maps.Copy(p.Options, values) }
}

// named changes the fields of a name, as the data source calls them.
func named(field string, properties ...Property) option {
	return func(p *Panel) {
		p.FieldConfig.Overrides = append(p.FieldConfig.Overrides, Override{
			Matcher: Matcher{ID: "byName", Options: field}, Properties: properties,
		})
	}
}

func set(id string, value any) Property { return Property{ID: id, Value: value} }

// expectation draws one meter's answer: what was used as a line, what was to be
// expected dashed, its band filled below.
func expectation() option {
	return func(p *Panel) {
		for _, observed := range []string{"actual", "compared"} {
			named(observed, set("displayName", "Réel"), set("color", fixed(colorObserved)), set("custom.lineWidth", 2))(p)
		}
		named("expected", set("displayName", "Attendu"), set("color", fixed(colorNormal)),
			dashed())(p)
		named("low", set("displayName", "Bande basse"), set("color", fixed(colorGround)), set("custom.lineWidth", 0), set("custom.hideFrom", hidden()))(p)
		named("high", set("displayName", "Bande haute"), set("color", fixed(colorGround)), set("custom.lineWidth", 0), set("custom.fillOpacity", 45),
			set("custom.fillBelowTo", "Bande basse"), set("custom.hideFrom", hidden()))(p)
		kwh()(p)
	}
}

// kwh writes energy by the language of the browser: the unit stands on the axis.
func kwh() option {
	return func(p *Panel) {
		for _, name := range []string{"actual", "compared", "expected", "low", "high", "residual", "cusum"} {
			named(name, set("unit", plain))(p)
		}
	}
}

// hidden keeps a border of the band out of the legend, not out of the picture.
func hidden() map[string]any { return map[string]any{"legend": true, "tooltip": false, "viz": false} }

// withoutSite leaves the site's name out of the names of curves: the page is of
// one site. It works in every language, as names are "site · equipment · point".
func withoutSite() option {
	return func(p *Panel) {
		p.Transformations = append(p.Transformations, Transformation{ID: "renameByRegex", Options: map[string]any{
			"regex": "^[^·]+ · (.*)$", "renamePattern": "$1",
		}})
	}
}

// axisUnit lets the axis say the unit, once, and numbers follow the language.
func axisUnit() option {
	return func(p *Panel) {
		p.FieldConfig.Overrides = append(p.FieldConfig.Overrides, Override{
			Matcher: Matcher{ID: "byType", Options: "number"}, Properties: []Property{set("unit", plain)},
		})
	}
}

// fromZero begins bars at nought.
func fromZero() option { return func(p *Panel) { p.FieldConfig.Defaults.Min = new(0.0) } }
