package grafana

// alarms: what stands, and how many there were.
func alarms() Dashboard {
	of := func(q Query) Query {
		q.QueryType, q.Sites, q.Priorities = "alarms", []string{"$site"}, []string{"$priorite"}
		return q
	}
	panels := []Panel{
		table("Alarmes qui durent", "La plus urgente d’abord. On prend en charge dans la console, pas ici.", "aucune alarme", at(0, 0, 24, 12), of(Query{Mode: "current", Inhibited: true}),
			[]column{priorityColumn(), sinceColumn("since"), ageColumn(), siteColumn(), {field: "equipment_label", title: "Équipement", width: 190}, {field: "label", title: "Alarme", width: 270}, {field: "state", title: "État", mappings: []Mapping{alarmStates()}, width: 190}, {field: "advice", title: "Consigne", wrapped: true}, {field: "by", title: "Par", width: 110}}),
		series("Alarmes apparues", "Nombre d’alarmes qui ont appelé, par pas de temps et par priorité.", "alarmes", at(0, 12, 24, 8), ask(of(Query{Mode: "history", Format: "count"})),
			custom(map[string]any{"drawStyle": "bars", "fillOpacity": 80, "stacking": map[string]any{"mode": "normal", "group": "A"}}), withUnit(plain),
			named("p1", set("color", fixed(colorP1)), set("displayName", "■ P1")), named("p2", set("color", fixed(colorP2)), set("displayName", "▲ P2")),
			named("p3", set("color", fixed(colorP3)), set("displayName", "● P3")), named("p4", set("color", fixed(colorP4)), set("displayName", "◆ P4"))),
		table("Histoire", "Chaque changement d’état sur la période, avec qui et pourquoi.", "aucune sur la période", at(0, 20, 24, 14), of(Query{Mode: "history", Limit: 500}),
			[]column{{field: "time", title: "Le", unit: instantFormat, width: 140}, priorityColumn(), siteColumn(), {field: "equipment_label", title: "Équipement", width: 190}, {field: "label", title: "Alarme", width: 290}, {field: "from", title: "De", mappings: []Mapping{alarmStates()}, width: 220}, {field: "to", title: "À", mappings: []Mapping{alarmStates()}, width: 220}, {field: "actor", title: "Par", width: 110}, {field: "reason", title: "Raison", wrapped: true}}),
	}
	return page(head{"gtc-alarmes", "GTC · Alarmes", "Ce qui dure et ce qui s’est passé, par site et par priorité.", desk()}, Range{From: "now-7d", To: "now"},
		[]any{choice("site", "Site", "sites", Query{}, true), choice("priorite", "Priorité", "priorities", Query{}, true), adhoc()}, panels...)
}
