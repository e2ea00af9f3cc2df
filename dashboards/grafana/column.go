package grafana

import (
	"cmp"
	"regexp"
)

// column is one column of a table.
type column struct {
	field, title string
	unit         string
	decimals     *int
	width        int
	mappings     []Mapping
	// toned writes the value in the colour of its mapping or threshold.
	toned bool
	// wrapped breaks a long text into lines.
	wrapped, left bool
	thresholds    *Thresholds
	link          string
}

func (c column) override() Override {
	o := Override{Matcher: Matcher{ID: "byName", Options: c.field}}
	set := func(id string, value any) { o.Properties = append(o.Properties, Property{ID: id, Value: value}) }
	set("displayName", c.title)
	set("noValue", c.absent())
	set("unit", cmp.Or(c.unit, plain))
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
	switch {
	case c.toned:
		set("custom.cellOptions", map[string]any{"type": "color-text"})
	case c.wrapped:
		set("custom.cellOptions", map[string]any{"type": "auto", "wrapText": true})
	}
	if c.left {
		set("custom.align", "left")
	}
	if c.link != "" {
		set("links", []DataLink{{Title: "Ouvrir", URL: c.link}})
	}
	return o
}

// absent is what stands for a cell without a value: a number, an age or a date
// is not known, while a text may have nothing to say.
func (c column) absent() string {
	if c.unit != "" || c.decimals != nil {
		return unknown
	}
	return "–"
}

// needs are the fields that the column's link speaks of.
func (c column) needs() []string {
	out := []string{}
	for _, m := range regexp.MustCompile(`__data\.fields\.(\w+)`).FindAllStringSubmatch(c.link, -1) {
		out = append(out, m[1])
	}
	return out
}

// The columns that several tables share.
func siteColumn() column {
	return column{field: "site_label", title: "Site", width: 270, link: "/d/gtc-site?var-site=${__data.fields.site}"}
}

func priorityColumn() column {
	return column{field: "priority", title: "Priorité", mappings: []Mapping{priorities()}, toned: true, left: true, width: 80}
}

func sinceColumn(field string) column {
	return column{field: field, title: "Depuis le", unit: instantFormat, width: 160}
}

func ageColumn() column { return column{field: "age", title: "Âge", unit: "string", width: 100} }
