package grafana

// signature sets each day's consumption against its temperature, and beside it
// what the model expects of that day.
func signature(q Query) Panel {
	p := panel("xychart", "Signature énergétique", "Chaque rond est un jour : température extérieure moyenne et consommation ; chaque petit carré est ce que le modèle attend de ce jour.", at(0, 16, 12, 10), ask(q))
	p.FieldConfig.Defaults.Unit, p.FieldConfig.Defaults.NoValue = plain, unmeasured
	p.FieldConfig.Defaults.Custom = map[string]any{"show": "points", "pointSize": map[string]any{"fixed": 6}, "pointShape": "circle", "pointStrokeWidth": 1, "fillOpacity": 20}
	p.Options = map[string]any{
		"mapping": "manual", "series": []any{against("temperature", "actual", "Jours"), against("temperature", "expected", "Modèle")},
		"legend": legend(true), "tooltip": tooltip(false),
	}
	named("temperature", set("custom.axisLabel", "Température extérieure (°C)"), set("unit", plain), set("decimals", 1))(&p)
	named("actual", set("displayName", "Jours"), set("unit", plain), set("decimals", 0), set("custom.axisLabel", "kWh par jour"), set("color", fixed(colorNormal)))(&p)
	named("expected", set("displayName", "Modèle"), set("unit", plain), set("decimals", 0), set("color", fixed(colorText)),
		set("custom.pointShape", "square"), set("custom.pointSize.fixed", 4), set("custom.fillOpacity", 100))(&p)
	return p
}

// against is a series of an xychart: one field over another, of the first frame.
func against(x, y, name string) map[string]any {
	by := func(id string, option any) map[string]any {
		return map[string]any{"matcher": map[string]any{"id": id, "options": option}}
	}
	return map[string]any{"name": map[string]any{"fixed": name}, "frame": by("byIndex", 0), "x": by("byName", x), "y": by("byName", y)}
}

// carpet shows each hour of each day: nights and week-ends stand out. Of the
// fields Grafana's heat map takes the links alone; numbers get their look here.
func carpet(q Query) Panel {
	p := panel("heatmap", "Heure × jour", "La consommation de chaque heure : plus c’est sombre, plus c’est beaucoup. Une case vide : rien, ou pas de mesure ; l’infobulle et le message du panneau le disent.", at(12, 16, 12, 10), ask(q))
	p.FieldConfig.Defaults.Unit, p.FieldConfig.Defaults.NoValue = plain, unmeasured
	p.Options = map[string]any{
		"calculate":  false,
		"color":      map[string]any{"mode": "opacity", "fill": colorText, "scale": "linear", "exponent": 0.5, "scheme": "Greys", "steps": 64, "reverse": false},
		"yAxis":      map[string]any{"axisPlacement": "left", "axisLabel": "Heure", "reverse": true, "unit": "suffix: h", "decimals": 0},
		"cellValues": map[string]any{"unit": plain}, "cellGap": 0, "showValue": "never",
		// Grafana leaves out nought unless told otherwise: then it is as what was not measured.
		"filterValues": map[string]any{"le": -1e-9},
		"legend":       map[string]any{"show": true}, "tooltip": map[string]any{"mode": "single", "yHistogram": false, "showColorScale": true},
		"exemplars": map[string]any{"color": colorFocus},
	}
	return p
}

// duration sorts the hours by their power: how long is how much needed?
func duration(q Query) Panel {
	p := panel("trend", "Monotone de charge", "Les heures de la période, de la plus forte à la plus faible : pendant combien d’heures faut-il au moins cette puissance ?", at(0, 26, 12, 9), ask(q))
	p.FieldConfig.Defaults.Unit, p.FieldConfig.Defaults.NoValue = plain, unmeasured
	p.FieldConfig.Defaults.Color = fixed(colorObserved)
	p.FieldConfig.Defaults.Custom = map[string]any{"axisLabel": "kW", "drawStyle": "line", "lineWidth": 2, "fillOpacity": 10, "showPoints": "never"}
	p.Options = map[string]any{"xField": "hours", "legend": legend(false), "tooltip": tooltip(false)}
	axisUnit()(&p)
	// The axis below is the field's own: it would be called kW as well.
	named("hours", set("custom.axisLabel", "Heures"), set("decimals", 0))(&p)
	return p
}
