package grafana

// wallTechnique: what do we no longer see, and what did we switch off ourselves?
func wallTechnique() Dashboard {
	summary := Query{QueryType: "sites", Format: "summary"}
	panels := []Panel{
		big("▨ Liaisons perdues", "Sites dont le boîtier ne parle plus au hub : rien de ce qui s’y passe n’est vu.", at(0, 0, 5, 5), summary, "unlinked", withThresholds(anyIs(colorP2))),
		big("▨ Points en retard", "Points dont la valeur a dépassé trois fois sa période de lecture.", at(5, 0, 5, 5), summary, "stale_points", withThresholds(anyIs(colorP2))),
		big("Inhibées", "Alarmes mises de côté, inhibées par une cause ou hors service : elles durent sans appeler personne.", at(10, 0, 3, 5),
			Query{QueryType: "alarms", Format: "summary"}, "inhibited", withThresholds(anyIs(colorP3))),
		big("Base de données", "Le hub écrit-il dans InfluxDB ? Sinon sa file garde les mesures.", at(13, 0, 5, 5), summary, "store_up", sized(28, 44), withUnit("string"),
			withMappings(nothing("▨ inconnu"), words(word{"true", "écrit", colorNormal}, word{"false", "▲ absente", colorP2}))),
	}
	panels = append(panels, heartbeat(18, 0)...)
	panels = append(panels,
		notice("Centrales : en essai, en dérangement, hors surveillance", at(0, 5, 12, 2), 28),
		board("Ce que les centrales incendie et intrusion disent d’elles-mêmes, la plus urgente d’abord. Lecture seule ; la centrale et la procédure du site font foi.",
			"aucune", at(0, 7, 12, 9), Query{QueryType: "alarms", Mode: "current", Classes: panelClasses(), Inhibited: true, Limit: 6}, sized(28, 28)),
		notice("Liaisons perdues", at(12, 5, 12, 2), 28),
		board("Une tuile par boîtier qui n’est pas relié au hub, avec l’âge de ce qui en vint.",
			"tous les boîtiers sont reliés", at(12, 7, 12, 9), Query{QueryType: "collectors", Format: "edges", States: []string{"lost", "unknown"}, Limit: 6}, sized(28, 28)),
		notice("Maintenance et essais", at(0, 16, 12, 2), 28),
		board("Travaux qui inhibent des alarmes, en cours ou annoncés, avec leur fin.", "aucun, ni en cours ni annoncé",
			at(0, 18, 12, 8), Query{QueryType: "works", Register: "maintenance", Limit: 6}, sized(28, 28)),
		notice("Appareils qui ne répondent pas", at(12, 16, 12, 2), 28),
		board("Les appareils hors ligne d’abord, avec l’âge de leur dernière réponse.", "tous les appareils répondent", at(12, 18, 12, 8),
			Query{QueryType: "collectors", Format: "devices", States: []string{"offline", "unknown"}, Limit: 6}, sized(28, 28)),
		notice(fireNotice, at(0, 26, 24, 2), 28),
	)
	return wall("gtc-mur-technique", "GTC · Mur 3 · Technique", "Ce que l’on ne voit plus, ce qui est inhibé, ce qui ne répond pas.", panels...)
}

// panelClasses are the alarm classes in which a fire or intrusion panel speaks
// of itself.
func panelClasses() []string {
	return []string{
		"fire_fault", "fire_disablement", "fire_test", "fire_mains_fail", "fire_battery_fault", "fire_routing_fault",
		"intrusion_tamper", "intrusion_mains_fail", "intrusion_battery_fault", "intrusion_technical",
	}
}
