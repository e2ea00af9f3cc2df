package grafana

// alarms: what stands, and how many there were.
func alarms() Dashboard {
	of := func(q Query) Query {
		q.QueryType, q.Sites, q.Priorities = "alarms", []string{"$site"}, []string{"$priorite"}
		return q
	}
	panels := []Panel{
		table("Alarmes qui durent", "La plus urgente d’abord. On prend en charge dans la console, pas ici.", at(0, 0, 24, 12), of(Query{Mode: "current", Inhibited: true}),
			[]column{priorityColumn(), sinceColumn("since"), ageColumn(), siteColumn(), {field: "equipment_label", title: "Équipement"}, {field: "label", title: "Alarme"}, {field: "state", title: "État", mappings: []Mapping{alarmStates()}, toned: true}, {field: "advice", title: "Consigne"}, {field: "by", title: "Par"}}),
		series("Alarmes apparues", "Nombre d’alarmes qui ont appelé, par pas de temps et par priorité.", "alarmes", at(0, 12, 24, 8), ask(of(Query{Mode: "history", Format: "count"})),
			custom(map[string]any{"drawStyle": "bars", "fillOpacity": 80, "stacking": map[string]any{"mode": "normal", "group": "A"}}), withUnit(plain),
			matching("^(p1|P1)", set("color", fixed(colorP1)), set("displayName", "■ P1")), matching("^(p2|P2)", set("color", fixed(colorP2)), set("displayName", "▲ P2")),
			matching("^(p3|P3)", set("color", fixed(colorP3)), set("displayName", "● P3")), matching("^(p4|P4)", set("color", fixed(colorP4)), set("displayName", "◆ P4"))),
		table("Histoire", "Chaque changement d’état sur la période, avec qui et pourquoi.", at(0, 20, 24, 14), of(Query{Mode: "history", Limit: 500}),
			[]column{{field: "time", title: "Le", unit: instantFormat, width: 160}, priorityColumn(), siteColumn(), {field: "equipment", title: "Équipement"}, {field: "label", title: "Alarme"}, {field: "from", title: "De", mappings: []Mapping{alarmStates()}}, {field: "to", title: "À", mappings: []Mapping{alarmStates()}}, {field: "actor", title: "Par"}, {field: "reason", title: "Raison"}}),
	}
	return page(head{"gtc-alarmes", "GTC · Alarmes", "Ce qui dure et ce qui s’est passé, par site et par priorité.", desk()}, Range{From: "now-7d", To: "now"},
		[]any{choice("site", "Site", "sites", Query{}, true), choice("priorite", "Priorité", "priorities", Query{}, true), adhoc()}, panels...)
}
