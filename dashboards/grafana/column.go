package grafana

// column is one column of a table.
type column struct {
	field, title string
	unit         string
	decimals     *int
	width        int
	mappings     []Mapping
	// toned writes the value in the colour of its mapping or threshold.
	toned      bool
	thresholds *Thresholds
	link       string
}

func (c column) override() Override {
	o := Override{Matcher: Matcher{ID: "byName", Options: c.title}}
	set := func(id string, value any) { o.Properties = append(o.Properties, Property{ID: id, Value: value}) }
	if c.unit != "" {
		set("unit", c.unit)
	}
	if c.decimals != nil {
		set("decimals", *c.decimals)
	}
	if c.width > 0 {
		set("custom.width", c.width)
	}
	if len(c.mappings) > 0 {
		set("mappings", c.mappings)
	}
	if c.thresholds != nil {
		set("thresholds", c.thresholds)
	}
	if c.toned {
		set("custom.cellOptions", map[string]any{"type": "color-text"})
	}
	if c.link != "" {
		set("links", []Link{{Title: "Ouvrir", URL: c.link}})
	}
	return o
}

// arrange orders and names the fields of an answer; what is not named is hidden.
func arrange(columns []column) Transformation {
	order, names, include := map[string]any{}, map[string]any{}, map[string]any{}
	for i, c := range columns {
		order[c.field], names[c.field], include[c.field] = i, c.title, true
	}
	return Transformation{ID: "organize", Options: map[string]any{
		"indexByName": order, "renameByName": names, "includeByName": include, "excludeByName": map[string]any{},
	}}
}

// The columns that several tables share.
func siteColumn() column {
	return column{field: "site_label", title: "Site", link: "/d/gtc-site?var-site=${__data.fields.site}"}
}

func priorityColumn() column {
	return column{field: "priority", title: "Priorité", mappings: []Mapping{priorities()}, toned: true, width: 90}
}

func sinceColumn(field string) column {
	return column{field: field, title: "Depuis le", unit: instantFormat, width: 160}
}

func ageColumn() column { return column{field: "age_s", title: "Âge", unit: "dtdhms", width: 130} }
