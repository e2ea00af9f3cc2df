package grafana

// wallPark: what needs us? A tile for each site, the worst first.
func wallPark() Dashboard {
	summary := Query{QueryType: "sites", Format: "summary"}
	counts := Query{QueryType: "alarms", Format: "summary"}
	panels := []Panel{
		big("■ P1", "Alarmes critiques qui durent, dans tout le parc.", at(0, 0, 2, 5), counts, "p1", withThresholds(anyIs(colorP1))),
		big("▲ P2", "Alarmes hautes qui durent, dans tout le parc.", at(2, 0, 2, 5), counts, "p2", withThresholds(anyIs(colorP2))),
		big("À prendre depuis", "Âge de la plus ancienne alarme que personne n’a prise en charge.", at(4, 0, 4, 5), counts,
			"oldest_unacknowledged", withMappings(nothing("aucune")), withUnit("string")),
		big("", "Sites dont rien n’est arrivé, et sites dont des valeurs sont trop vieilles : leur état n’est pas connu.", at(8, 0, 4, 5),
			summary, "unknown stale", withThresholds(anyIs(colorP2)), withOptions(map[string]any{"orientation": "horizontal"}), sized(28, 40),
			named("unknown", set("displayName", "▨ inconnus")), named("stale", set("displayName", "▨ en retard"))),
		big("Normaux", "Sites reliés, sans alarme ni dérive, dont les valeurs sont fraîches.", at(12, 0, 2, 5), summary, "normal"),
		big("De garde", "Qui la garde appelle maintenant. ▲ : personne n’y est ; ▨ : le hub ne le dit pas.", at(14, 0, 4, 5), summary, "on_call",
			withUnit("string"), sized(28, 32), withMappings(nothing("▨ inconnu"), begins("▲", colorP2, 0), begins(".*▲", colorP2, 1))),
	}
	panels = append(panels, heartbeat(18, 0)...)
	panels = append(panels, board("Une tuile par site, le plus urgent d’abord : ■ P1, ▲ P2, ● P3, ◆ dérive, ▨ état inconnu ou en retard avec l’âge de la dernière valeur. Gris : normal. Les 20 premiers sont montrés ; le nombre des sites normaux est en haut.",
		"▨ aucun site connu", at(0, 5, 24, 23), Query{QueryType: "sites", Limit: 20}, sized(28, 32)))
	return wall("gtc-mur-parc", "GTC · Mur 1 · État du parc", "Ce qui demande quelqu’un, maintenant : un tableau mural que l’on lit à 4 m.", panels...)
}

// big is a number of a wall: its name is drawn beside it at the same distance
// as the number, because a panel's own title cannot be read at 4 m.
func big(name, description string, place Grid, q Query, field string, options ...option) Panel {
	p := stat("", description, place, q, field, append([]option{sized(28, 56), withOptions(map[string]any{"textMode": "value_and_name"})}, options...)...)
	p.FieldConfig.Defaults.DisplayName = name
	return p
}
