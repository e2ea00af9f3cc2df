package grafana

// site: is this building well?
func site() Dashboard {
	here := []string{"$site"}
	only := func(q Query) Query {
		q.Sites = here
		return q
	}
	state := stat("État du site", "Le plus grave de ce qui y dure ; ▨ quand rien n’est su.", at(0, 0, 8, 4), only(Query{QueryType: "sites"}), "tile",
		withUnit("string"), withMappings(append(tiles(), nothing(unknown))...), withOptions(map[string]any{"colorMode": "background_solid"}), sized(16, 24))
	panels := []Panel{
		state,
		stat("Alarmes P1 et P2", "Alarmes critiques et hautes qui durent.", at(8, 0, 4, 4), only(Query{QueryType: "alarms", Format: "summary"}), "p1 p2",
			withThresholds(anyIs(colorP2)), withOptions(map[string]any{"textMode": "value_and_name", "orientation": "vertical"}),
			named("p1", set("displayName", "■ P1"), set("thresholds", anyIs(colorP1))), named("p2", set("displayName", "▲ P2")), sized(16, 36)),
		stat("Mesure reçue il y a", "Âge de la valeur la plus récente du site.", at(12, 0, 4, 4), only(Query{QueryType: "sites"}), "age",
			withUnit("string"), freshMinutes(), sized(16, 36)),
		stat("Attend sur le site", "Messages que le boîtier garde jusqu’à ce que le hub les ait.", at(16, 0, 4, 4), only(Query{QueryType: "sites"}), "waiting", sized(16, 36)),
		stat("Dérive (EUR par semaine)", "Ce que les dérives ouvertes du site coûtent par semaine, au prix marginal, TVA comprise.", at(20, 0, 4, 4),
			only(Query{QueryType: "findings", Format: "summary", Kinds: []string{"drift"}, Open: new(true)}), "eur_per_week",
			withThresholds(anyIs(colorP4)), sized(16, 36)),
		table("Alarmes qui durent", "La plus urgente d’abord, avec ce qu’il faut faire.", "aucune alarme", at(0, 4, 14, 9), only(Query{QueryType: "alarms", Mode: "current", Inhibited: true}),
			[]column{priorityColumn(), ageColumn(), {field: "equipment_label", title: "Équipement", width: 180}, {field: "label", title: "Alarme", width: 260}, {field: "state", title: "État", mappings: []Mapping{alarmStates()}, width: 190}, {field: "advice", title: "Consigne", wrapped: true}}),
		table("Valeurs anormales, en retard ou inconnues", "Tout ce qui n’est pas une valeur fraîche et normale.", "aucune", at(14, 4, 10, 9), only(Query{QueryType: "values", Abnormal: true}),
			[]column{{field: "equipment_label", title: "Équipement", width: 190}, {field: "point_label", title: "Point", width: 210}, {field: "text", title: "Valeur", unit: "string"}, ageColumn(), {field: "state", title: "État", mappings: []Mapping{valueStates()}, toned: true, width: 120}}),
		notice(fireNotice, at(0, 13, 24, 1), 16),
	}
	panels = append(panels, siteCurves(only)...)
	panels = append(panels, siteEnergy(only)...)
	d := page(head{"gtc-site", "GTC · Site", "Ce bâtiment va-t-il bien ? Alarmes, valeurs, courbes et énergie d’un site.", desk()}, Range{From: "now-24h", To: "now"},
		[]any{choice("site", "Site", "sites", Query{}, false), adhoc()}, panels...)
	d.Annotations = story("$site")
	return d
}

// freshMinutes colours an age in words of more than minutes.
func freshMinutes() option {
	return withMappings(nothing(unknown), Mapping{Type: "regex", Options: map[string]any{
		"pattern": `^(\d+ (h|j|d).*)$`, "result": map[string]any{"text": "▨ $1", "color": colorP2, "index": 0},
	}})
}

// siteCurves are the temperatures and the power of a day. A site that has no
// such equipment says so instead of an error.
func siteCurves(only func(Query) Query) []Panel {
	points := func(kinds []string, points ...string) []any {
		return ask(only(Query{QueryType: "points", Kinds: kinds, Points: points}))
	}
	return []Panel{
		row("Chauffage, eau chaude et électricité", 14),
		series("Chaudières et circuits", "Départ, retour et consigne calculée par le régulateur.", "°C", at(0, 15, 12, 10),
			points([]string{"boiler", "heating_circuit"}, "flow_temp", "return_temp", "flow_temp_sp"), rightLegend(), withoutSite(), axisUnit(), pens()),
		series("Extérieur et ambiances", "Sonde extérieure et températures d’ambiance des circuits.", "°C", at(12, 15, 12, 10),
			points([]string{"weather", "heating_circuit"}, "air_temp", "room_temp", "room_temp_comfort_sp"), rightLegend(), withoutSite(), axisUnit(), pens()),
		series("Eau chaude sanitaire", "Ballon, départ et retour de boucle. Le retour reste au-dessus de 55 °C.", "°C", at(0, 25, 12, 8),
			points([]string{"dhw"}, "storage_temp", "flow_temp", "circulation_return_temp"), rightLegend(), withoutSite(), axisUnit(), pens()),
		series("Puissance électrique", "Puissance prise au réseau et moyenne du quart d’heure.", "kW", at(12, 25, 12, 8),
			points([]string{"electricity_meter"}, "power_kw", "demand_kw"), rightLegend(), withoutSite(), axisUnit(), pens()),
	}
}

func siteEnergy(only func(Query) Query) []Panel {
	return []Panel{
		row("Énergie", 33),
		series("Consommation par énergie · 90 jours", "Réelle, et attendue en tireté, par énergie.", "kWh par jour", at(0, 34, 14, 10),
			ask(only(Query{QueryType: "energy", Step: "day", Group: "carrier", Carriers: []string{"gas", "oil", "heat", "electricity"}, Measures: []string{"actual", "expected"}})),
			over("90d/d"), kwh(), withoutSite(), carriers(), named("expected", dashed(), width(1))),
		table("Constats ouverts", "Dérives, économies et données douteuses, la plus chère d’abord.", "aucun constat", at(14, 34, 10, 10), only(Query{QueryType: "findings", Open: new(true)}),
			[]column{{field: "kind", title: "Genre", mappings: []Mapping{findingKinds()}, toned: true, width: 110}, {field: "meter_label", title: "Compteur", width: 150}, {field: "onset", title: "Depuis le", unit: dayFormat, width: 110}, {field: "eur_per_week", title: "EUR/sem.", unit: plain, decimals: whole(), width: 90}, {field: "cause", title: "Cause probable", wrapped: true}}),
	}
}
