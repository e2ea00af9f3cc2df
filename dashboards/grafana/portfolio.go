package grafana

// portfolio: which building first?
func portfolio() Dashboard {
	year := func(q Query) Query {
		q.QueryType, q.Carriers = "energy", []string{"$vecteur"}
		return q
	}
	panels := []Panel{
		series("Parc : consommation, attendu et bande à 90 %", "La somme des compteurs choisis qui ont une consommation de référence. Le message du panneau dit combien n’en ont pas.", "kWh par semaine", at(0, 0, 24, 9),
			ask(year(Query{Step: "week", Group: "park", Measures: []string{"compared", "expected", "low", "high"}})), expectation()),
		bars("Consommation par m² (kWh/m²)", "Sur la période choisie, les vingt premiers ; « ▨ inconnu » : surface inconnue.", at(0, 9, 12, 16),
			year(Query{Step: "day", Group: "site", Per: "m2", Format: "total", Measures: []string{"actual"}, Limit: 20}), "actual", withColor(fixed(colorNormal)), sized(14, 16), fromZero()),
		bars("Écart à l’attendu (kWh)", "Somme de la période, la plus grande dérive d’abord ; négatif, sans barre : une économie.", at(12, 9, 12, 16),
			year(Query{Step: "day", Group: "site", Format: "total", Measures: []string{"residual"}, Limit: 20}), "residual", withColor(fixed(colorP4)), sized(14, 16), fromZero()),
		table("Constats, le plus cher d’abord", "Ce qui dure, ce que cela coûte (prix marginal TVAC), et pourquoi.", "aucun constat", at(0, 25, 24, 12), Query{QueryType: "findings", Carriers: []string{"$vecteur"}, Open: new(true)}, findingColumns()),
		table("Sites sur la période", "Sommes par site, à trier par un clic sur un titre. L’attendu et l’écart sont ceux du réel comparé : des compteurs qui ont une référence.", "aucune consommation connue", at(0, 37, 24, 14),
			year(Query{Step: "day", Group: "site", Format: "total", Measures: []string{"actual", "compared", "expected", "residual", "residual_pct", "coverage", "dj15"}}),
			[]column{siteColumn(), {field: "area_m2", title: "Surface (m²)", unit: plain, decimals: whole()}, {field: "actual", title: "Réel (kWh)", unit: plain, decimals: whole()}, {field: "compared", title: "Réel comparé (kWh)", unit: plain, decimals: whole()}, {field: "expected", title: "Attendu (kWh)", unit: plain, decimals: whole()}, {field: "residual", title: "Écart (kWh)", unit: plain, decimals: whole()}, {field: "residual_pct", title: "Écart (%)", unit: plain, decimals: new(1)}, {field: "coverage", title: "Couverture", unit: "percentunit", decimals: whole()}, {field: "dj15", title: "Degrés-jours 15/15", unit: plain, decimals: whole()}}),
	}
	return page(head{"gtc-parc", "GTC · Classement du parc", "Quel bâtiment d’abord ? Consommations par m², écarts et constats de tout le parc.", desk()}, Range{From: "now-1y/d", To: "now/d"},
		[]any{choice("vecteur", "Vecteur", "carriers", Query{}, true), adhoc()}, panels...)
}
