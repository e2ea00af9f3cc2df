package grafana

// wallPark: what needs us? A line for each site, the worst first.
func wallPark() Dashboard {
	summary := Query{QueryType: "sites", Format: "summary"}
	counts := Query{QueryType: "alarms", Format: "summary"}
	waiting := counts
	waiting.None = "aucune"
	panels := []Panel{
		big("■ P1", "Alarmes critiques qui durent, dans tout le parc.", at(0, 0, 4, 3), counts, "p1", withThresholds(anyIs(colorP1)), beside()),
		big("▲ P2", "Alarmes hautes qui durent, dans tout le parc.", at(4, 0, 4, 3), counts, "p2", withThresholds(anyIs(colorP2)), beside()),
		big("À prendre depuis", "Âge de la plus ancienne alarme que personne n’a prise en charge.", at(8, 0, 8, 3), waiting,
			"oldest_unacknowledged", withUnit("string"), beside()),
		clock(at(16, 0, 8, 3), beside()),
		big("▨ Inconnus", "Sites dont rien n’est arrivé : leur état n’est pas connu.", at(0, 3, 5, 3), summary, "unknown", withThresholds(anyIs(colorP2)), beside()),
		big("▨ En retard", "Sites dont des valeurs sont trop vieilles : leur état n’est pas sûr.", at(5, 3, 5, 3), summary, "stale", withThresholds(anyIs(colorP2)), beside()),
		big("Garde", "Qui la garde appelle maintenant. ▲ : personne n’y est ; ▨ : le hub ne le dit pas.", at(10, 3, 9, 3), summary, "on_call",
			withUnit("string"), withMappings(nothing(unknownBrief), begins("▲", colorP2, 0), begins(".*▲", colorP2, 1)), beside(), sized(nameSize, valueSize)),
		newest(at(19, 3, 5, 3), beside()),
		board("Une ligne par site, le plus urgent d’abord : ■ P1, ▲ P2, ● P3, ◆ dérive, ▨ état inconnu ou en retard avec l’âge de la dernière valeur. Gris clair : normal. La dernière ligne compte les sites qui n’ont pas de place.",
			"▨ aucun site connu", at(0, 6, 24, 22), Query{QueryType: "sites", Limit: 7}, "site_label", lines()),
	}
	return wall("gtc-mur-parc", "GTC · Mur 1 · État du parc", "Ce qui demande quelqu’un, maintenant : un tableau mural que l’on lit à 4 m.", panels...)
}
