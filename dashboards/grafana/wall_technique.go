package grafana

// wallTechnique: what do we no longer see, and what did we switch off ourselves?
func wallTechnique() Dashboard {
	panels := []Panel{
		stat("▨ Liaisons perdues", "Sites dont le boîtier ne parle plus au hub : rien de ce qui s’y passe n’est vu.", at(0, 0, 4, 4),
			Query{QueryType: "sites", Format: "summary"}, "unlinked", withThresholds(anyIs(colorP2)), sized(16, 56)),
		stat("▨ Points en retard", "Points dont la valeur a dépassé trois fois sa période de lecture.", at(4, 0, 4, 4),
			Query{QueryType: "sites", Format: "summary"}, "stale_points", withThresholds(anyIs(colorP2)), sized(16, 56)),
		stat("Alarmes inhibées", "Mises de côté, inhibées par une cause ou hors service : elles durent sans appeler personne.", at(8, 0, 4, 4),
			Query{QueryType: "alarms", Format: "summary"}, "inhibited", withThresholds(anyIs(colorP3)), sized(16, 56)),
		stat("Base de données", "Le hub écrit-il dans InfluxDB ? Sinon les mesures attendant dans sa file.", at(12, 0, 4, 4),
			Query{QueryType: "sites", Format: "summary"}, "store_up", sized(16, 32),
			withMappings(nothing("▨ inconnu"), words(word{"true", "écrit", colorNormal}, word{"false", "▲ absente, les mesures attendant", colorP2},
				word{"1", "écrit", colorNormal}, word{"0", "▲ absente, les mesures attendant", colorP2}))),
	}
	panels = append(panels, heartbeat(16, 0, 4)...)
	panels = append(panels,
		stat("Liaisons des sites", "Une tuile par boîtier, les perdus d’abord, avec ce qui attend sur le site.", at(0, 4, 10, 12),
			Query{QueryType: "collectors", Format: "edges", Limit: 12}, "state", eachRow("site_label", 12), withMappings(linkStates(), nothing("▨ Inconnue")), sized(20, 26)),
		table("Centrales en essai, en dérangement ou mises hors surveillance", "Ce que les centrales incendie et intrusion disent d’elles-mêmes. Lecture seule ; la centrale et la procédure du site font foi.",
			at(10, 4, 14, 12), Query{QueryType: "alarms", Mode: "current", Classes: panelClasses(), Limit: 12},
			[]column{priorityColumn(), siteColumn(), {field: "label", title: "Alarme"}, sinceColumn("since"), {field: "by", title: "Par", width: 180}}),
		table("Maintenance et essais", "Travaux qui inhibent des alarmes, en cours ou annoncés, avec leur fin.", at(0, 16, 12, 12),
			Query{QueryType: "works", Register: "maintenance", Limit: 10},
			[]column{siteColumn(), {field: "equipment_label", title: "Équipement"}, {field: "reason", title: "Raison"}, {field: "by", title: "Par"}, {field: "until", title: "Jusqu’à", unit: instantFormat, width: 160}}),
		table("Appareils qui ne répondent pas", "Les appareils hors ligne d’abord, avec leur dernière réponse.", at(12, 16, 12, 12),
			Query{QueryType: "collectors", Format: "devices", States: []string{"offline", "unknown"}, Limit: 10},
			[]column{siteColumn(), {field: "device", title: "Appareil"}, {field: "state", title: "État", mappings: []Mapping{deviceStates()}, toned: true, width: 150}, {field: "last_success", title: "Dernière réponse", unit: instantFormat, width: 160}, {field: "last_error", title: "Dernière erreur"}}),
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
