package grafana

// wallEnergy: who drifts, and what is it worth?
func wallEnergy() Dashboard {
	found := Query{QueryType: "findings", Format: "summary", Open: new(true)}
	panels := []Panel{
		stat("◆ Constats ouverts", "Dérives, économies et données douteuses qui durent.", at(0, 0, 3, 4), found, "count", withThresholds(anyIs(colorP4)), sized(16, 56)),
		stat("Dérive par semaine (EUR, prix marginal TVAC)", "Ce que les dérives ouvertes coûtent par semaine, au prix marginal, TVA comprise.", at(3, 0, 6, 4), found, "eur_per_week", sized(16, 56)),
		stat("Dérive par semaine (kWh)", "Consommation au-delà de l’attendu, par semaine, sur les dérives ouvertes.", at(9, 0, 5, 4), found, "kwh_per_week", sized(16, 56)),
		stat("Dérive par semaine (kg CO₂)", "Émissions des dérives ouvertes, avec le jeu de facteurs du hub.", at(14, 0, 5, 4), found, "kgco2_per_week", sized(16, 56)),
	}
	panels = append(panels, heartbeatWide(19, 0)...)
	panels = append(panels,
		bars("Les plus chères (EUR par semaine, prix marginal TVAC)", "Les dérives ouvertes, la plus chère d’abord.", at(0, 4, 11, 12),
			Query{QueryType: "findings", States: nil, Open: new(true), Limit: 6}, "eur_per_week", withColor(fixed(colorP4)), sized(24, 30)),
		weekOf("Gaz", "gas", 11, 4), weekOf("Électricité", "electricity", 11, 10),
		monthOf("Gaz", "gas", 0, 16), monthOf("Électricité", "electricity", 12, 16),
	)
	return wall("gtc-mur-energie", "GTC · Mur 2 · Énergie", "Où la consommation s’écarte de l’attendu, de combien et à quel coût.", panels...)
}

// heartbeatWide sets the two signs of life one over the other.
func heartbeatWide(x, y int) []Panel {
	beat := heartbeat(x, y, 5)
	beat[0].GridPos, beat[1].GridPos = at(x, y, 5, 2), at(x, y+2, 5, 2)
	for _, p := range beat {
		sized(14, 30)(&p)
	}
	return beat
}

// weekOf compares seven days with what was to be expected of them.
func weekOf(label, carrier string, x, y int) Panel {
	return stat(label+" · 7 jours completes", "Consommation des sept derniers jours et ce que le climat de ces jours laissait attendre, sur les compteurs du parc.", at(x, y, 13, 6),
		Query{QueryType: "energy", Carriers: []string{carrier}, Step: "day", Group: "park", Format: "total", Measures: []string{"actual", "expected", "residual_pct"}},
		"(actual|expected|residual_pct|Réel|Attendu|Écart %)", over("7d/d"), sized(20, 44),
		withOptions(map[string]any{"textMode": "value_and_name"}),
		matching("Réel|actual", set("displayName", "Réel (kWh)")), matching("Attendu|expected", set("displayName", "Attendu (kWh)")),
		matching("Écart %|residual_pct", set("displayName", "Écart (%)"), set("decimals", 1)))
}

// monthOf draws 60 days of the whole park with their band.
func monthOf(label, carrier string, x, y int) Panel {
	return series(label+" · 60 jours", "Consommation journalière du parc, attendue et sa bande à 90 %. Un jour absent reste vide.", "kWh par jour", at(x, y, 12, 12),
		ask(Query{QueryType: "energy", Carriers: []string{carrier}, Step: "day", Group: "park"}), over("60d/d"), expectation())
}
