package grafana

// wallPark: what needs us? A tile for each site, the worst first.
func wallPark() Dashboard {
	summary := Query{QueryType: "sites", Format: "summary"}
	counts := Query{QueryType: "alarms", Format: "summary"}
	panels := []Panel{
		stat("■ P1 critique", "Alarmes critiques qui durent, dans tout le parc.", at(0, 0, 3, 4), counts, "p1", withThresholds(anyIs(colorP1)), sized(16, 56)),
		stat("▲ P2 haute", "Alarmes hautes qui durent, dans tout le parc.", at(3, 0, 3, 4), counts, "p2", withThresholds(anyIs(colorP2)), sized(16, 56)),
		stat("À prendre en charge depuis", "Âge de la plus ancienne alarme que personne n’a prise en charge.", at(6, 0, 4, 4), counts,
			"oldest_unacknowledged_s", withUnit("dtdhms"), withMappings(nothing("aucune")), sized(16, 44)),
		stat("▨ Sites inconnus ou en retard", "Sites dont rien n’est arrivé, ou dont les valeurs sont trop vieilles : leur état n’est pas connu.", at(10, 0, 4, 4),
			summary, "(unknown|stale)", withThresholds(anyIs(colorP2)), sized(16, 56),
			withOptions(map[string]any{"textMode": "value_and_name"}), named("unknown", set("displayName", "inconnus")), named("stale", set("displayName", "en retard"))),
		stat("Sites sans anomalie", "Sites reliés, sans alarme ni dérive, dont les valeurs sont fraîches.", at(14, 0, 3, 4), summary, "normal", sized(16, 56)),
		stat("De garde", "Qui est appelé en ce moment, d’après le rôle de garde du hub.", at(17, 0, 3, 4), summary, "on_call",
			withMappings(nothing("non renseigné"), words(word{"", "non renseigné", colorUnknown})), sized(16, 32)),
	}
	panels = append(panels, heartbeat(20, 0, 2)...)
	panels = append(panels, stat("Sites, le plus urgent d’abord",
		"Une tuile par site : ■ P1, ▲ P2, ● P3, ◆ dérive, ▨ état inconnu ou en retard avec l’âge de la dernière valeur. Gris : normal. Seuls les 20 premiers sont montrés ; le nombre des sites sans anomalie est en haut.",
		at(0, 4, 24, 24), Query{QueryType: "sites", Limit: 20}, "tile", eachRow("site_label", 20), withMappings(tiles()...), sized(28, 34)))
	return wall("gtc-mur-parc", "GTC · Mur 1 · État du parc", "Ce qui demande quelqu’un, maintenant : un tableau mural que l’on lit à 4 m.", panels...)
}
