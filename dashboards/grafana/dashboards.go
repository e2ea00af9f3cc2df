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
		Refresh: "1m", Time: span, GraphTooltip: 1, SchemaVersion: schemaVersion,
		Templating:  List{List: append([]any{sourceVariable("cpas-gtc-datasource")}, variables...)},
		Annotations: List{List: []any{}},
		Links: []Link{
			{Title: "Tableaux GTC", Type: "dashboards", Icon: "external link", Tags: []string{"gtc", "bureau"}, AsDropdown: true, KeepTime: true, IncludeVars: true},
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
func heartbeat(x, y int) []Panel {
	summary := Query{QueryType: "sites", Format: "summary"}
	return []Panel{
		big(clockName, "L’horloge du hub, redemandée toutes les 10 s. Si elle s’arrête, rien de ce qui est montré n’est à jour.",
			at(x, y, 3, 5), summary, "at", withUnit(clockFormat), sized(28, 40)),
		big(newestName, "Âge de la mesure la plus récente de tout le parc. Au-delà d’une minute, la mesure ou sa transmission est arrêtée.",
			at(x+3, y, 3, 5), summary, "newest_age", withUnit("string"), sized(28, 40), freshSeconds()),
	}
}

// The two signs of life of a wall.
const (
	clockName  = "Heure du hub"
	newestName = "Reçu il y a"
)

// freshSeconds colours an age in words that is no longer of seconds.
func freshSeconds() option {
	return withMappings(nothing("▨ inconnu"), Mapping{Type: "regex", Options: map[string]any{
		"pattern": "^(\\d+ (?!s$).*)$", "result": map[string]any{"text": "▨ $1", "color": colorP2, "index": 0},
	}})
}
