package grafana

// wallEnergy: who drifts, and what is it worth?
func wallEnergy() Dashboard {
	drift := Query{QueryType: "findings", Format: "summary", Kinds: []string{"drift"}, Open: new(true)}
	panels := []Panel{
		big("◆ Dérives", "Dérives de consommation qui durent.", at(0, 0, 3, 5), drift, "count", withThresholds(anyIs(colorP4))),
		big("EUR par semaine", "Ce que les dérives ouvertes coûtent par semaine, au prix marginal, TVA comprise.", at(3, 0, 5, 5), drift, "eur_per_week", withThresholds(anyIs(colorP4))),
		big("kWh par semaine", "Consommation au-delà de l’attendu, par semaine, sur les dérives ouvertes.", at(8, 0, 5, 5), drift, "kwh_per_week"),
		big("kg CO₂ par semaine", "Émissions des dérives ouvertes, avec le jeu de facteurs du hub.", at(13, 0, 5, 5), drift, "kgco2_per_week"),
	}
	panels = append(panels, heartbeat(18, 0)...)
	panels = append(panels,
		bars("Dérives, la plus chère d’abord (EUR par semaine, prix marginal TVAC)", "Les cinq dérives ouvertes qui coûtent le plus.", "aucune dérive", at(0, 5, 12, 12),
			Query{QueryType: "findings", Kinds: []string{"drift"}, Open: new(true), Limit: 5}, "eur_per_week", withColor(fixed(colorP4)), sized(28, 36)),
		weekOf("Gaz", "gas", 5), weekOf("Électricité", "electricity", 11),
		monthOf("Gaz", "gas", 0), monthOf("Électricité", "electricity", 12),
	)
	return wall("gtc-mur-energie", "GTC · Mur 2 · Énergie", "Où la consommation s’écarte de l’attendu, de combien et à quel coût.", panels...)
}

// weekOf compares seven days with what was to be expected of them.
func weekOf(label, carrier string, y int) Panel {
	p := stat(label+" · 7 jours, tout le parc", "Consommation des sept derniers jours complets et ce que le climat de ces jours laissait attendre, sur les compteurs du parc.", at(12, y, 12, 6),
		Query{QueryType: "energy", Carriers: []string{carrier}, Step: "day", Group: "park", Format: "total", Measures: []string{"actual", "expected", "residual_pct"}},
		"actual expected residual_pct", over("7d/d"), sized(28, 44),
		withOptions(map[string]any{"textMode": "value_and_name", "orientation": "vertical"}),
		named("actual", set("displayName", "Réel (kWh)"), set("unit", plain)), named("expected", set("displayName", "Attendu (kWh)"), set("unit", plain)),
		named("residual_pct", set("displayName", "Écart (%)"), set("unit", plain), set("decimals", 1)))
	return p
}

// monthOf draws 60 days of the whole park with their band.
func monthOf(label, carrier string, x int) Panel {
	return series(label+" · 60 jours, tout le parc", "Consommation journalière du parc, attendue et sa bande à 90 %. Un jour absent reste vide.", "kWh par jour", at(x, 17, 12, 11),
		ask(Query{QueryType: "energy", Carriers: []string{carrier}, Step: "day", Group: "park"}), over("60d/d"), expectation())
}
