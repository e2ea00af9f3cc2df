package grafana

// portfolio: which building first?
func portfolio() Dashboard {
	year := func(q Query) Query {
		q.QueryType, q.Carriers = "energy", []string{"$vecteur"}
		return q
	}
	panels := []Panel{
		series("Parc : consommation, attendu et bande à 90 %", "La somme des compteurs choisis. Le message du panneau dit combien n’ont pas de consommation de référence.", "kWh par semaine", at(0, 0, 24, 9),
			ask(year(Query{Step: "week", Group: "park"})), expectation()),
		bars("Consommation par m² (kWh/m²)", "Sur la période choisie, sites dont la surface est connue, le plus grand d’abord.", at(0, 9, 12, 16),
			year(Query{Step: "day", Group: "site", Per: "m2", Format: "total", Measures: []string{"actual"}}), "(actual|Réel)", withColor(fixed(colorNormal)), ranked("actual"), sized(14, 16)),
		bars("Écart à l’attendu (kWh)", "Somme de la période, la plus grande dérive d’abord ; négatif : une économie.", at(12, 9, 12, 16),
			year(Query{Step: "day", Group: "site", Format: "total", Measures: []string{"residual"}}), "(residual|Écart)", withColor(fixed(colorP4)), ranked("residual"), sized(14, 16)),
		table("Constats, le plus cher d’abord", "Ce qui dure, ce que cela coûte, et pourquoi.", at(0, 25, 24, 12), Query{QueryType: "findings", Carriers: []string{"$vecteur"}, Open: new(true)}, findingColumns()),
		table("Sites sur la période", "Sommes par site, à trier par un clic sur un titre.", at(0, 37, 24, 14),
			year(Query{Step: "day", Group: "site", Format: "total", Measures: []string{"actual", "expected", "residual", "residual_pct", "coverage", "dj15"}}),
			[]column{siteColumn(), {field: "area_m2", title: "Surface (m²)", decimals: whole()}, {field: "actual", title: "Réel (kWh)", decimals: whole()}, {field: "expected", title: "Attendu (kWh)", decimals: whole()}, {field: "residual", title: "Écart (kWh)", decimals: whole()}, {field: "residual_pct", title: "Écart (%)", decimals: new(1)}, {field: "coverage", title: "Couverture", unit: "percentunit"}, {field: "dj15", title: "Degrés-jours 15/15", decimals: whole()}}),
	}
	return page(head{"gtc-parc", "GTC · Classement du parc", "Quel bâtiment d’abord ? Consommations par m², écarts et constats de tout le parc.", desk()}, Range{From: "now-1y/d", To: "now/d"},
		[]any{choice("vecteur", "Vecteur", "carriers", Query{}, true), adhoc()}, panels...)
}

// ranked sorts the rows, the greatest first, and keeps the first twenty.
func ranked(field string) option {
	return func(p *Panel) {
		p.Transformations = []Transformation{
			{ID: "sortBy", Options: map[string]any{"sort": []any{map[string]any{"field": field, "desc": true}}}},
			{ID: "limit", Options: map[string]any{"limitField": "20"}},
		}
		reduce, _ := p.Options["reduceOptions"].(map[string]any)
		reduce["limit"] = 20
	}
}
