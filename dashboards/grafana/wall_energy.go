package grafana

// wallEnergy: who drifts, and what is it worth?
func wallEnergy() Dashboard {
	// Of heat there is often no price, and it is gas that was counted before.
	bought := []string{"gas", "oil", "electricity"}
	drift := Query{QueryType: "findings", Format: "summary", Kinds: []string{"drift"}, Carriers: bought, Open: new(true)}
	panels := []Panel{
		big("◆ Dérives", "Dérives ouvertes de gaz, de mazout et d’électricité.", at(0, 0, 3, 5), drift, "count", withThresholds(anyIs(colorP4))),
		big("EUR par semaine", "Ce que ces dérives coûtent par semaine, au prix marginal, TVA comprise.", at(3, 0, 5, 5), drift, "eur_per_week", withThresholds(anyIs(colorP4))),
		big("kWh par semaine", "Consommation au-delà de l’attendu, par semaine, de ces dérives.", at(8, 0, 5, 5), drift, "kwh_per_week"),
		big("kg CO₂ par semaine", "Émissions de ces dérives, avec le jeu de facteurs du hub.", at(13, 0, 5, 5), drift, "kgco2_per_week"),
	}
	panels = append(panels, heartbeat(18, 0)...)
	panels = append(panels,
		notice("Les quatre dérives les plus chères (prix marginal TVAC)", at(0, 5, 12, 2), 28),
		board("Les dérives ouvertes qui coûtent le plus : site, coût par semaine, compteur, durée.", "aucune dérive", at(0, 7, 12, 10),
			Query{QueryType: "findings", Kinds: []string{"drift"}, Carriers: bought, Open: new(true), Sort: "-eur_per_week", Limit: 4}, sized(28, 28)),
		weekOf("Gaz", "gas", 5), weekOf("Électricité", "electricity", 11),
		notice("Gaz, 60 jours : kWh par jour et attendu", at(0, 17, 12, 2), 28), monthOf("gas", 0),
		notice("Électricité, 60 jours : kWh par jour et attendu", at(12, 17, 12, 2), 28), monthOf("electricity", 12),
	)
	return wall("gtc-mur-energie", "GTC · Mur 2 · Énergie", "Où la consommation s’écarte de l’attendu, de combien et à quel coût.", panels...)
}

// weekOf compares seven days with what was to be expected of them.
func weekOf(label, carrier string, y int) Panel {
	return stat("", label+" : consommation des sept derniers jours et ce que le climat de ces jours laissait attendre, sur les compteurs du parc.", at(12, y, 12, 6),
		Query{QueryType: "energy", Carriers: []string{carrier}, Step: "day", Group: "park", Format: "total", Measures: []string{"actual", "expected", "residual_pct"}},
		"actual expected residual_pct", over("7d/d"), sized(28, 44), withMappings(none("pas de compteur"), nothing("▨ inconnu")),
		withOptions(map[string]any{"textMode": "value_and_name", "orientation": "vertical"}),
		named("actual", set("displayName", label+", 7 jours (kWh)")), named("expected", set("displayName", "Attendu (kWh)")),
		named("residual_pct", set("displayName", "Écart (%)"), set("decimals", 1)))
}

// monthOf draws 60 days of the whole park with their band.
func monthOf(carrier string, x int) Panel {
	return series("", "Consommation journalière du parc, attendue et sa bande à 90 %. Un jour absent reste vide.", "kWh par jour", at(x, 19, 12, 9),
		ask(Query{QueryType: "energy", Carriers: []string{carrier}, Step: "day", Group: "park"}), over("60d/d"), expectation())
}
