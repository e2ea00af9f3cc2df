package grafana

// wallEnergy: who drifts, and what is it worth?
func wallEnergy() Dashboard {
	// Of heat there is often no price, and it is gas that was counted before.
	bought := []string{"gas", "oil", "electricity"}
	drift := Query{QueryType: "findings", Format: "summary", Kinds: []string{"drift"}, Carriers: bought, Open: new(true)}
	panels := []Panel{
		big("◆ Dérives", "Dérives ouvertes de gaz, de mazout et d’électricité.", at(0, 0, 3, 4), drift, "count", withThresholds(anyIs(colorP4))),
		big("EUR / semaine", "Ce que ces dérives coûtent par semaine, au prix marginal, TVA comprise.", at(3, 0, 4, 4), drift, "eur_per_week", withThresholds(anyIs(colorP4))),
		big("kWh / semaine", "Consommation au-delà de l’attendu, par semaine, de ces dérives.", at(7, 0, 4, 4), drift, "kwh_per_week"),
		big("kg CO₂ / semaine", "Émissions de ces dérives, avec le jeu de facteurs du hub.", at(11, 0, 5, 4), drift, "kgco2_per_week"),
		clock(at(16, 0, 4, 4)), newest(at(20, 0, 4, 4)),
		inWords(board("Les dérives ouvertes qui coûtent le plus au prix marginal TVAC, la plus chère d’abord : site, compteur, coût par semaine, durée. La dernière ligne compte les autres.", "aucune dérive", at(0, 4, 24, 13),
			Query{QueryType: "findings", Kinds: []string{"drift"}, Carriers: bought, Open: new(true), Sort: "-eur_per_week", Limit: 6}, "site_label meter_label", lines())),
	}
	panels = append(panels, carrierOf("Gaz", "gas", 0)...)
	panels = append(panels, carrierOf("Électricité", "electricity", 12)...)
	return wall("gtc-mur-energie", "GTC · Mur 2 · Énergie", "Où la consommation s’écarte de l’attendu, de combien et à quel coût.", panels...)
}

// carrierOf compares seven days, then sixty, with what was to be expected of them.
func carrierOf(label, carrier string, x int) []Panel {
	return []Panel{
		notice(label+", 7 et 60 jours : réel —, attendu - -", at(x, 17, 12, 2), nameSize),
		weekOf(label, carrier, at(x, 19, 12, 4)), monthOf(label, carrier, at(x, 23, 12, 5)),
	}
}

// weekOf sets what the meters that have a baseline used beside what was to be
// expected of the same meters and days. What others used is in neither.
func weekOf(label, carrier string, place Grid) Panel {
	const fields = "compared expected residual_pct coverage"
	return stat("", label+" : consommation des sept derniers jours et ce que le climat de ces jours laissait attendre, sur les compteurs du parc qui ont une référence ; et la part des jours et des compteurs qui est mesurée.", place,
		Query{QueryType: "energy", Carriers: []string{carrier}, Step: "day", Group: "park", Format: "total", Measures: []string{"compared", "expected", "residual_pct", "coverage"}, None: "pas de compteur"},
		fields, over("7d/d"), sized(nameSize, valueSize), withMappings(nothing(unknownBrief)),
		withOptions(map[string]any{"textMode": "value_and_name", "orientation": "vertical"}),
		named("compared", set("displayName", "Réel, kWh")), named("expected", set("displayName", "Attendu")),
		named("residual_pct", set("displayName", "Écart, %"), set("decimals", 1)),
		named("coverage", set("displayName", "Mesuré"), set("unit", "percentunit"), set("mappings", []Mapping{tooLittle(), nothing(unknownBrief)})))
}

// tooLittle calls a sum unknown of which less than nine tenths were measured.
func tooLittle() Mapping {
	return Mapping{Type: "range", Options: map[string]any{
		"from": 0, "to": 0.8999, "result": map[string]any{"text": "▨ < 90", "color": colorP2, "index": 0},
	}}
}

// monthOf draws 60 days of the whole park with their band. Grafana writes axes
// and legends too small for a wall: the picture is of the shape alone, its
// numbers stand above it.
func monthOf(label, carrier string, place Grid) Panel {
	return series("", label+" : consommation journalière sur 60 jours des compteurs du parc qui ont une référence, attendue et sa bande à 90 %. Un jour absent reste vide.", "kWh par jour", place,
		ask(Query{QueryType: "energy", Carriers: []string{carrier}, Step: "day", Group: "park", Measures: []string{"compared", "expected", "low", "high"}}),
		over("60d/d"), expectation(), shapeOnly())
}
