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
	current := ofType("alarms")
	current.Mode, current.Inhibited = "current", true
	history := ofType("alarms")
	history.Mode, history.Limit = "history", 200
	panels := []Panel{
		table("Valeurs de maintenant", "Chaque point avec son unité, son âge et sa qualité.", "aucun point", at(0, 0, 11, 14), ofType("values"),
			[]column{{field: "point_label", title: "Point"}, {field: "text", title: "Valeur", width: 190}, ageColumn(), {field: "quality", title: "Qualité", mappings: []Mapping{qualityWords()}, width: 130}, {field: "state", title: "État", mappings: []Mapping{valueStates()}, toned: true, width: 120}}),
		series("Points choisis", "Les points de la variable, regroupés comme il convient à chacun.", "unité du point", at(11, 0, 13, 14), ask(curves), rightLegend(), ownUnits(), withoutSite(), pens()),
		series("En direct · 15 minutes", "Les mêmes points, au fil de l’eau : chaque mesure paraît dès qu’elle atteint le hub.", "unité du point", at(0, 14, 12, 12), ask(live), over("15m"), rightLegend(), ownUnits(), withoutSite(), pens()),
		table("Alarmes qui durent", "La plus urgente d’abord, avec ce qu’il faut faire.", "aucune alarme", at(12, 14, 12, 6), current,
			[]column{priorityColumn(), ageColumn(), {field: "label", title: "Alarme", width: 190}, {field: "state", title: "État", mappings: []Mapping{alarmStates()}, width: 160}, {field: "advice", title: "Consigne", wrapped: true}}),
		table("Histoire des alarmes", "Chaque changement d’état sur la période, avec qui et pourquoi.", "aucune sur la période", at(12, 20, 12, 6), history,
			[]column{{field: "time", title: "Le", unit: instantFormat, width: 140}, priorityColumn(), {field: "label", title: "Alarme"}, {field: "from", title: "De", mappings: []Mapping{alarmStates()}, width: 170}, {field: "to", title: "À", mappings: []Mapping{alarmStates()}, width: 170}, {field: "actor", title: "Par", width: 100}}),
		notice(fireNotice, at(0, 26, 24, 1), 16),
	}
	d := page(head{"gtc-equipement", "GTC · Équipement", "Tout ce que dit un équipement : maintenant, en direct et sur la période.", desk()}, Range{From: "now-24h", To: "now"},
		[]any{
			choice("site", "Site", "sites", Query{}, false),
			choice("equipement", "Équipement", "equipment", Query{Sites: []string{"$site"}}, false),
			several(choice("point", "Points", "points", Query{Sites: []string{"$site"}, Equipment: []string{"$equipement"}}, false)),
		}, panels...)
	d.Annotations = story("$site")
	return d
}

// ownUnits leaves to each curve the unit that the data source gives it: points
// of several units share the picture.
func ownUnits() option {
	return func(p *Panel) { p.FieldConfig.Defaults.Unit = "" }
}

// rightLegend lists curves beside the picture: their names are long.
func rightLegend() option {
	return withOptions(map[string]any{"legend": map[string]any{
		"displayMode": "list", "placement": "right", "width": 330, "showLegend": true, "calcs": []string{},
	}})
}
