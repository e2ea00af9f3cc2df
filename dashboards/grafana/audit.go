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
			ask(meter(Query{Step: "day", Measures: []string{"cusum"}})), withColor(fixed(colorObserved)), custom(map[string]any{"fillOpacity": 10}), kwh()),
		signature(meter(Query{Format: "signature", Step: "day"})),
		carpet(meter(Query{Format: "carpet", Step: "hour"})),
		duration(meter(Query{Format: "duration", Step: "hour"})),
		series("Par mois, trois ans", "La consommation de chaque mois et ce que le climat de ses jours laissait attendre.", "kWh par mois", at(12, 26, 12, 9),
			ask(meter(Query{Step: "month", Measures: []string{"actual", "expected"}})), over("36M/M"), expectation(), fromZero(),
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
