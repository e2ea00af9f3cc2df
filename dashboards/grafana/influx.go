package grafana

// The plain dashboards ask InfluxDB itself. It knows no sites by name, no
// alarms' advice and no baselines: use the others where the data source of gtc
// can be installed. A series that stopped stays visible with its last age.

func plainSource(panels []Panel) []Panel {
	for i := range panels {
		if panels[i].Datasource != nil {
			panels[i].Datasource = influx()
		}
	}
	return panels
}

func influxPage(uid, title, description string, variables []any, panels ...Panel) Dashboard {
	d := page(head{uid, title, description, []string{"gtc", "influxdb"}}, Range{From: "now-24h", To: "now"}, nil, plainSource(panels)...)
	d.Templating = List{List: append([]any{sourceVariable("influxdb")}, variables...)}
	return d
}

// mean asks for a point of a kind at a site, by equipment; a gap stays a gap.
func mean(kind, point, where string) InfluxQuery {
	return InfluxQuery{
		Query:        `SELECT mean("` + point + `") FROM "` + kind + `" WHERE ` + where + ` AND $timeFilter GROUP BY time($__interval), "equipment" fill(null)`,
		ResultFormat: "time_series", Alias: "$tag_equipment · " + point,
	}
}

func curves(title, description, axis string, place Grid, queries ...InfluxQuery) Panel {
	return series(title, description, axis, place, askInflux(queries...), pens())
}

const atSite = `"site" =~ /^$site$/`

func influxSite() Dashboard {
	points := func(kind string, names ...string) []InfluxQuery {
		out := make([]InfluxQuery, len(names))
		for i, name := range names {
			out[i] = mean(kind, name, atSite)
		}
		return out
	}
	newest := panel("table", "Dernières valeurs reçues des chaudières", "Instant et valeur les plus récents de chaque chaudière. Une date ancienne veut dire que rien n’arrive.", at(0, 0, 24, 6),
		askInflux(InfluxQuery{Query: `SELECT last("flow_temp") AS "Départ (°C)", "return_temp" AS "Retour (°C)" FROM "boiler" WHERE ` + atSite + ` GROUP BY "equipment"`, ResultFormat: "table"}))
	asTable(&newest)
	newest.FieldConfig.Defaults.Unit, newest.FieldConfig.Defaults.NoValue = plain, unmeasured
	newest.FieldConfig.Overrides = []Override{{Matcher: Matcher{ID: "byType", Options: "time"}, Properties: []Property{set("unit", instantFormat)}}}
	return influxPage("gtc-influx-site", "GTC · Site (InfluxDB seul)", "Les courbes d’un site demandées à InfluxDB, sans la source de données GTC.",
		[]any{influxChoice("site", "Site", `SHOW TAG VALUES FROM "collector" WITH KEY = "site"`)},
		newest,
		curves("Chaudières", "Départ et retour.", "°C", at(0, 6, 12, 9), points("boiler", "flow_temp", "return_temp")...),
		curves("Circuits de chauffage", "Départ, consigne calculée et ambiance.", "°C", at(12, 6, 12, 9), points("heating_circuit", "flow_temp", "flow_temp_sp", "room_temp")...),
		curves("Extérieur", "Sonde extérieure du site.", "°C", at(0, 15, 12, 8), points("weather", "air_temp")...),
		curves("Eau chaude sanitaire", "Ballon et retour de boucle.", "°C", at(12, 15, 12, 8), points("dhw", "storage_temp", "circulation_return_temp")...),
		curves("Électricité", "Puissance prise au réseau.", "kW", at(0, 23, 12, 8), points("electricity_meter", "power_kw")...),
		curves("Gaz", "Débit.", "m³/h", at(12, 23, 12, 8), points("gas_meter", "flow_m3h")...),
		curves("Appareils : erreurs de lecture", "Erreurs comptées par le collecteur.", "erreurs", at(0, 31, 24, 7), InfluxQuery{
			Query:        `SELECT sum("errors") FROM "collector" WHERE ` + atSite + ` AND $timeFilter GROUP BY time($__interval), "device" fill(null)`,
			ResultFormat: "time_series", Alias: "$tag_device",
		}),
	)
}

func influxEquipment() Dashboard {
	where := atSite + ` AND "equipment" =~ /^$equipement$/`
	return influxPage("gtc-influx-equipement", "GTC · Équipement (InfluxDB seul)", "Un point d’un équipement et sa qualité, demandés à InfluxDB.",
		[]any{
			influxChoice("site", "Site", `SHOW TAG VALUES FROM "collector" WITH KEY = "site"`),
			influxChoice("genre", "Genre", `SHOW MEASUREMENTS`),
			influxChoice("equipement", "Équipement", `SHOW TAG VALUES FROM "$genre" WITH KEY = "equipment" WHERE `+atSite),
			influxChoice("point", "Point", `SHOW FIELD KEYS FROM "$genre"`),
		},
		curves("Point choisi", "Moyenne par pas de temps ; un trou est une absence de mesure.", "unité du point", at(0, 0, 24, 12),
			mean("$genre", "$point", where)),
		qualities(where),
	)
}

// qualities shows when a point was not to be trusted.
func qualities(where string) Panel {
	p := panel("state-timeline", "Qualité", "La qualité de chaque point, écrite quand elle change. Sans autre mention : bonne.", at(0, 12, 24, 9),
		askInflux(InfluxQuery{
			Query:        `SELECT "quality" FROM "point_quality" WHERE ` + where + ` AND $timeFilter GROUP BY "point"`,
			ResultFormat: "time_series", Alias: "$tag_point",
		}))
	p.FieldConfig.Defaults.Unit = "string"
	p.FieldConfig.Defaults.NoValue = unmeasured
	p.FieldConfig.Defaults.Color = fixed(colorUnknown)
	p.FieldConfig.Defaults.Mappings = []Mapping{qualityWords()}
	p.Options = map[string]any{
		"mergeValues": true, "showValue": "auto", "rowHeight": 0.8, "alignValue": "left",
		"legend": legend(true), "tooltip": tooltip(false),
	}
	return p
}
