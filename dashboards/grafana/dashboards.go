package grafana

// Dashboards are all dashboards, the walls first.
func Dashboards() []Dashboard {
	return []Dashboard{
		wallPark(), wallEnergy(), wallTechnique(),
		site(), equipment(), audit(), portfolio(), alarms(), collectors(),
		influxSite(), influxEquipment(),
	}
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
