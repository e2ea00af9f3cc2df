package grafana

// Dashboards are all dashboards, the walls first.
func Dashboards() []Dashboard {
	return []Dashboard{
		wallPark(), wallEnergy(), wallTechnique(),
		site(), equipment(), audit(), portfolio(), alarms(), collectors(),
		influxSite(), influxEquipment(),
	}
}

// wall is a page that nobody touches: shown for 20–30 s, asked again every 10.
func wall(uid, title, description string, panels ...Panel) Dashboard {
	d := page(head{uid, title, description, []string{"gtc", "mur"}}, Range{From: "now-24h", To: "now"}, nil, panels...)
	d.Refresh, d.Timepicker.Hidden, d.Links = "10s", true, []Link{}
	d.Annotations = List{List: []any{}}
	return d
}

// head is what a dashboard is called and for whom it is.
type head struct {
	uid, title, description string
	tags                    []string
}

// page is a dashboard for a desk.
func page(h head, span Range, variables []any, panels ...Panel) Dashboard {
	return Dashboard{
		UID: h.uid, Title: h.title, Description: h.description, Tags: h.tags, Timezone: "Europe/Brussels", WeekStart: "monday",
		Refresh: "1m", Time: span, GraphTooltip: 1, SchemaVersion: 41,
		Templating:  List{List: append([]any{sourceVariable("cpas-gtc-datasource")}, variables...)},
		Annotations: List{List: []any{}},
		Links: []Link{
			{Title: "Tableaux GTC", Type: "dashboards", Tags: []string{"gtc", "bureau"}, AsDropdown: true, KeepTime: true, IncludeVars: true},
		},
		Panels: panels,
	}
}

func desk() []string { return []string{"gtc", "bureau"} }

// story is what happened over the curves of a site.
func story(sites string) List {
	only := []string{sites}
	return List{List: []any{
		annotation("Alarmes", colorP1, true, Query{What: []string{"alarms"}, Sites: only, Priorities: []string{"1", "2"}}),
		annotation("Travaux", colorFocus, true, Query{What: []string{"works"}, Sites: only}),
		annotation("Constats", colorP4, true, Query{What: []string{"findings"}, Sites: only}),
	}}
}

// heartbeat is what tells a living picture from a frozen one: the hub's clock
// and the age of the newest value that reached it.
func heartbeat(x, y, w int) []Panel {
	return []Panel{
		stat("Heure du hub", "L’horloge du hub, redemandée toutes les 10 s. Si elle s’arrête, rien de ce qui est montré n’est à jour.",
			at(x, y, w, 4), Query{QueryType: "sites", Format: "summary"}, "at", withUnit(clockFormat), sized(16, 44)),
		stat("Dernière mesure reçue il y a", "Âge de la mesure la plus récente de tout le parc. Au-delà de 60 s, la mesure ou sa transmission est arrêtée.",
			at(x+w, y, w, 4), Query{QueryType: "sites", Format: "summary"}, "newest_age_s", withUnit("dtdhms"), sized(16, 44),
			withThresholds(steps(from(60, colorP2)))),
	}
}
