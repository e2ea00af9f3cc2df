package grafana

// site: is this building well?
func site() Dashboard {
	here := []string{"$site"}
	only := func(q Query) Query {
		q.Sites = here
		return q
	}
	panels := []Panel{
		stat("État du site", "Le plus grave de ce qui y dure ; ▨ quand rien n’est su.", at(0, 0, 8, 4), only(Query{QueryType: "sites"}), "tile",
			withMappings(tiles()...), withOptions(map[string]any{"colorMode": "background_solid"}), sized(16, 24)),
		stat("■ P1 · ▲ P2", "Alarmes critiques et hautes qui durent.", at(8, 0, 4, 4), only(Query{QueryType: "alarms", Format: "summary"}), "(p1|p2)",
			withThresholds(anyIs(colorP2)), withOptions(map[string]any{"textMode": "value_and_name"}),
			named("p1", set("displayName", "■ P1")), named("p2", set("displayName", "▲ P2")), sized(14, 36)),
		stat("Dernière mesure reçue il y a", "Âge de la valeur la plus récente du site.", at(12, 0, 4, 4), only(Query{QueryType: "sites"}), "age_s",
			withUnit("dtdhms"), withThresholds(steps(from(180, colorP2))), sized(14, 28)),
		stat("Attend sur le site", "Messages que le boîtier garde jusqu’à ce que le hub les ait.", at(16, 0, 4, 4), only(Query{QueryType: "sites"}), "waiting", sized(14, 36)),
		stat("Dérive par semaine (EUR, prix marginal TVAC)", "Ce que les dérives ouvertes du site coûtent par semaine.", at(20, 0, 4, 4),
			only(Query{QueryType: "findings", Format: "summary", Open: new(true)}), "eur_per_week", withMappings(nothing("aucune")), sized(14, 36)),
		table("Alarmes qui durent", "La plus urgente d’abord, avec ce qu’il faut faire.", at(0, 4, 14, 9), only(Query{QueryType: "alarms", Mode: "current", Inhibited: true}),
			[]column{priorityColumn(), sinceColumn("since"), {field: "equipment_label", title: "Équipement"}, {field: "label", title: "Alarme"}, {field: "state", title: "État", mappings: []Mapping{alarmStates()}, toned: true}, {field: "advice", title: "Consigne"}, {field: "by", title: "Par"}}),
		table("Valeurs anormales, en retard ou inconnues", "Tout ce qui n’est pas une valeur fraîche et normale.", at(14, 4, 10, 9), only(Query{QueryType: "values", Abnormal: true}),
			[]column{{field: "equipment_label", title: "Équipement"}, {field: "point_label", title: "Point"}, {field: "text", title: "Valeur"}, ageColumn(), {field: "state", title: "État", mappings: []Mapping{valueStates()}, toned: true, width: 130}}),
		row("Chauffage", 13),
		series("Températures des circuits et des chaudières", "Départ, retour et consigne calculée par le régulateur.", "°C", at(0, 14, 12, 9),
			ask(only(Query{QueryType: "points", Kinds: []string{"boiler", "heating_circuit"}, Points: []string{"flow_temp", "return_temp", "flow_temp_sp"}}))),
		series("Température extérieure et ambiances", "Sonde extérieure et températures d’ambiance des circuits.", "°C", at(12, 14, 12, 9),
			ask(only(Query{QueryType: "points", Kinds: []string{"weather", "heating_circuit"}, Points: []string{"air_temp", "room_temp", "room_temp_comfort_sp"}}))),
		series("Eau chaude sanitaire", "Ballon, départ et retour de boucle. Le retour reste au-dessus de 55 °C.", "°C", at(0, 23, 12, 8),
			ask(only(Query{QueryType: "points", Kinds: []string{"dhw"}, Points: []string{"storage_temp", "flow_temp", "circulation_return_temp"}}))),
		series("Puissance électrique", "Puissance prise au réseau et moyenne du quart d’heure.", "kW", at(12, 23, 12, 8),
			ask(only(Query{QueryType: "points", Kinds: []string{"electricity_meter"}, Points: []string{"power_kw", "demand_kw"}}))),
		row("Énergie", 31),
		series("Consommation journalière · 90 jours", "Réelle, attendue et sa bande à 90 %, par compteur.", "kWh par jour", at(0, 32, 14, 10),
			ask(only(Query{QueryType: "energy", Step: "day", Group: "carrier", Carriers: []string{"gas", "oil", "heat", "electricity"}})), over("90d/d"), expectation()),
		table("Constats ouverts", "Dérives, économies et données douteuses, la plus chère d’abord.", at(14, 32, 10, 10), only(Query{QueryType: "findings", Open: new(true)}),
			[]column{{field: "kind", title: "Genre", mappings: []Mapping{findingKinds()}, toned: true, width: 120}, {field: "meter_label", title: "Compteur"}, sinceColumn("onset"), {field: "eur_per_week", title: "EUR par semaine (prix marginal TVAC)", decimals: whole()}, {field: "cause", title: "Cause"}}),
	}
	d := page(head{"gtc-site", "GTC · Site", "Ce bâtiment va-t-il bien ? Alarmes, valeurs, courbes et énergie d’un site.", desk()}, Range{From: "now-24h", To: "now"},
		[]any{choice("site", "Site", "sites", Query{}, false), adhoc()}, panels...)
	d.Annotations = story("$site")
	return d
}
