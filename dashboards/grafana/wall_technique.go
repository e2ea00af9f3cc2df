package grafana

// wallTechnique: what do we no longer see, and what did we switch off ourselves?
func wallTechnique() Dashboard {
	summary := Query{QueryType: "sites", Format: "summary"}
	panels := []Panel{
		big("Sites perdus", "Sites dont le boîtier ne parle plus au hub : rien de ce qui s’y passe n’est vu.", at(0, 0, 4, 4), summary, "unlinked", withThresholds(anyIs(colorP2))),
		big("▨ Points en retard", "Points dont la valeur a dépassé trois fois sa période de lecture.", at(4, 0, 5, 4), summary, "stale_points", withThresholds(anyIs(colorP2))),
		big("Inhibées", "Alarmes mises de côté, inhibées par une cause ou hors service : elles durent sans appeler personne.", at(9, 0, 3, 4),
			Query{QueryType: "alarms", Format: "summary"}, "inhibited", withThresholds(anyIs(colorP3))),
		big("Historique", "Le hub écrit-il dans sa base (InfluxDB) ? Sinon sa file garde les mesures.", at(12, 0, 4, 4), summary, "store_up", withUnit("string"),
			withMappings(nothing(unknownBrief), words(word{"true", "écrit", colorNormal}, word{"false", "▲ absent", colorP2}))),
		clock(at(16, 0, 4, 4)), newest(at(20, 0, 4, 4)),
	}
	panels = append(panels,
		section("Centrales en essai, en dérangement, hors surveillance", 4, 6),
		board("Ce que les centrales incendie et intrusion disent d’elles-mêmes, la plus urgente d’abord. Lecture seule ; la centrale et la procédure du site font foi.",
			"aucune", at(6, 4, 18, 6), Query{QueryType: "alarms", Mode: "current", Classes: panelClasses(), Inhibited: true, Limit: 2}, "site_label label", stacked()),
		section("Liaisons perdues", 10, 5),
		board("Une ligne par boîtier qui n’est pas relié au hub, avec l’âge de ce qui en vint.",
			"tous les boîtiers sont reliés", at(6, 10, 18, 5), Query{QueryType: "collectors", Format: "edges", States: []string{"lost", "unknown"}, Limit: 2}, "site_label", lines()),
		section("Maintenance et essais", 15, 6),
		board("Travaux qui inhibent des alarmes, en cours ou annoncés, avec leur fin.", "aucun, ni en cours ni annoncé",
			at(6, 15, 18, 6), Query{QueryType: "works", Register: "maintenance", Limit: 2}, "site_label reason", stacked()),
		section("Appareils qui ne répondent pas", 21, 5),
		board("Les appareils hors ligne d’abord, avec l’âge de leur dernière réponse.", "tous les appareils répondent", at(6, 21, 18, 5),
			Query{QueryType: "collectors", Format: "devices", States: []string{"offline", "unknown"}, Limit: 2}, "site_label device", lines()),
		notice(fireNotice, at(0, 26, 24, 2), nameSize),
	)
	return wall("gtc-mur-technique", "GTC · Mur 3 · Technique", "Ce que l’on ne voit plus, ce qui est inhibé, ce qui ne répond pas.", panels...)
}

// section names the board at its right.
func section(text string, y, h int) Panel { return notice(text, at(0, y, 6, h), nameSize) }

// panelClasses are the alarm classes in which a fire or intrusion panel speaks
// of itself.
func panelClasses() []string {
	return []string{
		"fire_fault", "fire_disablement", "fire_test", "fire_mains_fail", "fire_battery_fault", "fire_routing_fault",
		"intrusion_tamper", "intrusion_mains_fail", "intrusion_battery_fault", "intrusion_technical",
	}
}
