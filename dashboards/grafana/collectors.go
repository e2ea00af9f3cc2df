package grafana

// collectors: does what should answer answer, and does it arrive?
func collectors() Dashboard {
	of := func(q Query) Query {
		q.QueryType, q.Sites = "collectors", []string{"$site"}
		return q
	}
	panels := []Panel{
		table("Liaisons et files des sites", "Le boîtier de chaque site : relié ou non, ce qui y attend, ce qui s’est perdu.", "aucun site", at(0, 0, 24, 12), of(Query{Format: "edges"}),
			[]column{siteColumn(), {field: "state", title: "Liaison", mappings: []Mapping{linkStates()}, toned: true, width: 120}, sinceColumn("since"), {field: "waiting", title: "Messages en attente", decimals: whole()}, {field: "late", title: "Retard", unit: "string"}, {field: "lost", title: "Perdus", decimals: whole(), toned: true, thresholds: anyIs(colorP2)}, {field: "online", title: "Appareils qui répondent", decimals: whole()}, {field: "offline", title: "Appareils muets", decimals: whole(), toned: true, thresholds: anyIs(colorP2)}, {field: "points", title: "Points", decimals: whole()}, {field: "stale_points", title: "Points en retard", decimals: whole(), toned: true, thresholds: anyIs(colorP2)}}),
		table("Appareils", "Chaque appareil : dernière réponse, erreurs et temps de réponse.", "aucun appareil", at(0, 12, 24, 16), of(Query{Format: "devices"}),
			[]column{siteColumn(), {field: "device", title: "Appareil", width: 180}, {field: "profile", title: "Profil", width: 200}, {field: "state", title: "État", mappings: []Mapping{deviceStates()}, toned: true, width: 150}, {field: "last_success", title: "Dernière réponse", unit: instantFormat, width: 160}, {field: "error_rate", title: "Erreurs", unit: "percentunit", decimals: whole(), width: 90}, {field: "p50_ms", title: "Médiane (ms)", unit: plain, decimals: whole(), width: 120}, {field: "p95_ms", title: "95 % (ms)", unit: plain, decimals: whole(), width: 110}, {field: "reconnects", title: "Reconnexions", decimals: whole(), width: 120}, {field: "last_error", title: "Dernière erreur", wrapped: true}}),
	}
	return page(head{"gtc-collecteurs", "GTC · Collecteurs et liaisons", "Ce qui doit répondre répond-il, et cela arrive-t-il ?", desk()}, Range{From: "now-24h", To: "now"},
		[]any{choice("site", "Site", "sites", Query{}, true), adhoc()}, panels...)
}
