package grafana

// audit: the energy of one meter, as an auditor looks at it.
func audit() Dashboard {
	meter := func(q Query) Query {
		q.QueryType, q.Sites, q.Meters = "energy", []string{"$site"}, []string{"$compteur"}
		return q
	}
	panels := []Panel{
		series("Consommation journalière, attendue et bande à 90 %", "Ce qui fut consommé et ce que le climat de chaque jour laissait attendre.", "kWh par jour", at(0, 0, 24, 9),
			ask(meter(Query{Step: "day"})), expectation()),
		series("CUSUM : écart cumulé", "La somme des écarts depuis le début de la période. Une pente dit une dérive, son début la date.", "kWh", at(0, 9, 24, 7),
			ask(meter(Query{Step: "day", Measures: []string{"cusum"}})), withColor(fixed(colorText)), custom(map[string]any{"fillOpacity": 10}), kwh()),
		signature(meter(Query{Format: "signature", Step: "day"})),
		carpet(meter(Query{Format: "carpet", Step: "hour"})),
		duration(meter(Query{Format: "duration", Step: "hour"})),
		series("Par mois, trois ans", "La consommation de chaque mois et ce que le climat de ses jours laissait attendre.", "kWh par mois", at(12, 26, 12, 9),
			ask(meter(Query{Step: "month", Measures: []string{"actual", "expected"}})), over("36M/M"), expectation(),
			named("actual", set("custom.drawStyle", "bars"), set("custom.fillOpacity", 40), set("color", fixed(colorNormal)))),
		table("Total de la période", "Sommes de la période choisie, avec la part des jours mesurés.", "aucun total", at(0, 35, 24, 5),
			meter(Query{Format: "total", Step: "day", Measures: []string{"actual", "expected", "residual", "residual_pct", "coverage", "dj15"}}),
			[]column{{field: "meter_label", title: "Compteur"}, {field: "actual", title: "Réel (kWh)", unit: plain, decimals: whole()}, {field: "expected", title: "Attendu (kWh)", unit: plain, decimals: whole()}, {field: "residual", title: "Écart (kWh)", unit: plain, decimals: whole()}, {field: "residual_pct", title: "Écart (%)", unit: plain, decimals: new(1)}, {field: "coverage", title: "Couverture", unit: "percentunit", decimals: whole()}, {field: "dj15", title: "Degrés-jours 15/15", unit: plain, decimals: whole()}}),
		table("Constats du compteur", "Ouverts ou terminés dans la période.", "aucun constat", at(0, 40, 24, 7), Query{QueryType: "findings", Sites: []string{"$site"}, Meters: []string{"$compteur"}, Open: new(false)}, findingColumns()),
	}
	d := page(head{"gtc-audit", "GTC · Audit énergétique", "Signature, écart cumulé, profil horaire et courbe de charge d’un compteur.", desk()}, Range{From: "now-1y/d", To: "now/d"},
		[]any{choice("site", "Site", "sites", Query{}, false), choice("compteur", "Compteur", "meters", Query{Sites: []string{"$site"}}, false)}, panels...)
	d.Annotations = story("$site")
	return d
}

func findingColumns() []column {
	return []column{
		siteColumn(),
		{field: "kind", title: "Genre", mappings: []Mapping{findingKinds()}, toned: true, width: 120},
		{field: "state", title: "Suite", mappings: []Mapping{findingStates()}, width: 100},
		{field: "meter_label", title: "Compteur", width: 150},
		{field: "onset", title: "Depuis le", unit: dayFormat, width: 110},
		{field: "excess_kwh", title: "Écart (kWh)", unit: plain, decimals: whole(), width: 110},
		{field: "excess_pct", title: "Écart (%)", unit: plain, decimals: new(1), width: 90},
		{field: "band_pct", title: "± (points)", unit: plain, decimals: new(1), width: 90},
		{field: "eur_per_week", title: "EUR/sem.", unit: plain, decimals: whole(), width: 90},
		{field: "kgco2_per_week", title: "kg CO₂/sem.", unit: plain, decimals: whole(), width: 110},
		{field: "cause", title: "Cause probable", width: 230},
		{field: "text", title: "Ce qui fut constaté", wrapped: true},
	}
}

// signature sets each day's consumption against its temperature, and the model beside it.
func signature(q Query) Panel {
	p := panel("xychart", "Signature énergétique", "Chaque point est un jour : température extérieure moyenne et consommation ; la ligne est ce que le modèle attend.", at(0, 16, 12, 10), ask(q))
	p.FieldConfig.Defaults.Unit = plain
	p.FieldConfig.Defaults.Custom = map[string]any{"show": "points", "pointSize": map[string]any{"fixed": 5}, "axisLabel": ""}
	byName := func(name string) map[string]any {
		return map[string]any{"matcher": map[string]any{"id": "byName", "options": name}}
	}
	p.Options = map[string]any{
		"mapping": "manual",
		"series": []any{
			map[string]any{"name": map[string]any{"fixed": "Jours"}, "x": byName("temperature"), "y": byName("actual"), "frame": map[string]any{"matcher": map[string]any{"id": "byIndex", "options": 0}}},
			map[string]any{"name": map[string]any{"fixed": "Modèle"}, "x": byName("temperature"), "y": byName("expected"), "frame": map[string]any{"matcher": map[string]any{"id": "byIndex", "options": 0}}},
		},
		"legend":  map[string]any{"displayMode": "list", "placement": "bottom", "showLegend": true},
		"tooltip": map[string]any{"mode": "single"},
	}
	named("temperature", set("custom.axisLabel", "Température extérieure (°C)"), set("unit", plain), set("decimals", 1))(&p)
	named("actual", set("displayName", "Jours"), set("unit", plain), set("decimals", 0), set("custom.axisLabel", "kWh par jour"), set("color", fixed(colorText)))(&p)
	named("expected", set("displayName", "Modèle"), set("unit", plain), set("decimals", 0), set("color", fixed(colorP4)), set("custom.pointSize", map[string]any{"fixed": 3}))(&p)
	return p
}

// carpet shows each hour of each day: nights and week-ends stand out.
func carpet(q Query) Panel {
	p := panel("heatmap", "Heure × jour", "La consommation de chaque heure : sombre, beaucoup ; vide, pas de mesure.", at(12, 16, 12, 10), ask(q))
	p.FieldConfig.Defaults.Unit = plain
	p.Options = map[string]any{
		"calculate": false,
		"color":     map[string]any{"mode": "opacity", "fill": colorText, "scale": "linear", "exponent": 0.5, "steps": 64},
		"yAxis":     map[string]any{"axisPlacement": "left", "axisLabel": "Heure", "reverse": true, "unit": "short"},
		"rowsFrame": map[string]any{"layout": "auto", "value": "kWh"},
		"cellGap":   0, "filterValues": map[string]any{}, "showValue": "never",
		"legend": map[string]any{"show": true}, "tooltip": map[string]any{"mode": "single", "yHistogram": false, "showColorScale": true},
	}
	axisUnit()(&p)
	return p
}

// duration sorts the hours by their power: how long is how much needed?
func duration(q Query) Panel {
	p := panel("trend", "Monotone de charge", "Les heures de la période, de la plus forte à la plus faible : pendant combien d’heures faut-il au moins cette puissance ?", at(0, 26, 12, 9), ask(q))
	p.FieldConfig.Defaults.Unit = plain
	p.FieldConfig.Defaults.Color = fixed(colorText)
	p.FieldConfig.Defaults.Custom = map[string]any{"axisLabel": "kW", "drawStyle": "line", "lineWidth": 2, "fillOpacity": 10, "showPoints": "never"}
	p.Options = map[string]any{
		"xField": "hours", "legend": map[string]any{"displayMode": "list", "placement": "bottom", "showLegend": false}, "tooltip": map[string]any{"mode": "single"},
	}
	axisUnit()(&p)
	return p
}
