package grafana

// equipment: everything that one equipment says.
func equipment() Dashboard {
	here := Query{Sites: []string{"$site"}, Equipment: []string{"$equipement"}}
	ofType := func(queryType string) Query {
		q := here
		q.QueryType = queryType
		return q
	}
	curves := ofType("points")
	curves.Points = []string{"$point"}
	live := curves
	live.Live, live.Aggregate = true, "raw"
	history := ofType("alarms")
	history.Mode = "history"
	panels := []Panel{
		table("Valeurs de maintenant", "Chaque point avec son unité, son âge et sa qualité.", at(0, 0, 12, 14), ofType("values"),
			[]column{{field: "point_label", title: "Point"}, {field: "text", title: "Valeur"}, {field: "at", title: "Mesuré le", unit: instantFormat, width: 160}, ageColumn(), {field: "quality", title: "Qualité"}, {field: "state", title: "État", mappings: []Mapping{valueStates()}, toned: true, width: 130}}),
		series("Points choisis", "Les points de la variable, regroupés comme il convient à chacun.", "unité du point", at(12, 0, 12, 14), ask(curves)),
		series("En direct", "Les mêmes points, au fil de l’eau : chaque mesure paraît dès qu’elle atteint le hub.", "unité du point", at(0, 14, 12, 10), ask(live), over("15m")),
		table("Histoire des alarmes", "Chaque changement d’état sur la période, avec qui et pourquoi.", at(12, 14, 12, 10), history,
			[]column{{field: "time", title: "Le", unit: instantFormat, width: 160}, priorityColumn(), {field: "label", title: "Alarme"}, {field: "from", title: "De", mappings: []Mapping{alarmStates()}}, {field: "to", title: "À", mappings: []Mapping{alarmStates()}}, {field: "actor", title: "Par"}, {field: "reason", title: "Raison"}}),
	}
	d := page(head{"gtc-equipement", "GTC · Équipement", "Tout ce que dit un équipement : maintenant, en direct et sur la période.", desk()}, Range{From: "now-24h", To: "now"},
		[]any{
			choice("site", "Site", "sites", Query{}, false),
			choice("equipement", "Équipement", "equipment", Query{Sites: []string{"$site"}}, false),
			choice("point", "Points", "points", Query{Sites: []string{"$site"}, Equipment: []string{"$equipement"}}, true),
		}, panels...)
	d.Annotations = story("$site")
	return d
}
