package grafana

// The characters of a wall, in pixels of a 55″ screen of 1920 × 1080. Capitals
// are read at 4 m when they are 23 mm high, which is 53 pixels of font; what
// only names a value may come down to 16 minutes of arc.
const (
	valueSize = 53
	nameSize  = 42
)

// wall is a page that nobody touches: shown for 20–30 s, asked again every 10.
func wall(uid, title, description string, panels ...Panel) Dashboard {
	d := page(head{uid, title, description, []string{"gtc", "mur"}}, Range{From: "now-24h", To: "now"}, nil, panels...)
	d.Refresh, d.Timepicker.Hidden, d.Links = "10s", true, []Link{}
	d.Annotations = List{List: []any{}}
	source := sourceVariable("cpas-gtc-datasource")
	source.Hide = hideVariable // a row of controls would push the last panels off the screen
	d.Templating = List{List: []any{source}}
	return d
}

// big is a number of a wall: its name is drawn beside it at the same distance
// as the number, because a panel's own title cannot be read at 4 m.
func big(name, description string, place Grid, q Query, field string, options ...option) Panel {
	p := stat("", description, place, q, field, append([]option{sized(nameSize, 56), withMappings(nothing(unknownBrief)), withOptions(map[string]any{"textMode": "value_and_name"})}, options...)...)
	p.FieldConfig.Defaults.DisplayName = name
	return p
}

// clock and newest tell a living picture from a frozen one: the hub's clock and
// the age of the newest value that reached it.
func clock(place Grid, options ...option) Panel {
	return big(clockName, "L’horloge du hub, redemandée toutes les 10 s. Si elle s’arrête, rien de ce qui est montré n’est à jour.",
		place, Query{QueryType: "sites", Format: "summary"}, "at", append([]option{withUnit(clockFormat)}, options...)...)
}

func newest(place Grid, options ...option) Panel {
	return big(newestName, "Âge de la mesure la plus récente de tout le parc. Au-delà d’une minute, la mesure ou sa transmission est arrêtée.",
		place, Query{QueryType: "sites", Format: "summary"}, "newest_age", append([]option{withUnit("string"), freshSeconds()}, options...)...)
}

// The two signs of life of a wall.
const (
	clockName  = "Heure du hub"
	newestName = "Reçu il y a"
)

// freshSeconds colours an age in words that is no longer of seconds.
func freshSeconds() option {
	return withMappings(nothing(unknownBrief), Mapping{Type: "regex", Options: map[string]any{
		"pattern": "^(\\d+ (?!s$).*)$", "result": map[string]any{"text": "▨ $1", "color": colorP2, "index": 0},
	}})
}

// beside draws the name and the number of a tile in one line.
func beside() option {
	return func(p *Panel) {
		withOptions(map[string]any{"wideLayout": true})(p)
		sized(nameSize, 64)(p)
	}
}

// lines draws the tiles of a board as lines, the name at the left.
func lines() option {
	return func(p *Panel) {
		withOptions(map[string]any{"orientation": "horizontal", "wideLayout": true})(p)
		sized(nameSize, valueSize)(p)
	}
}

// inWords colours what a board says and not its ground: a drift is no alarm, and
// a single one would fill half the wall.
func inWords(p Panel) Panel {
	p.Options["colorMode"] = "value"
	p.FieldConfig.Defaults.Mappings = append(marked(), begins("[^■▲●◆▨]", colorNormal, 5), nothing(unanswered))
	return p
}

// stacked draws the tiles of a board below each other, the name above: what
// they say fills a line alone.
func stacked() option {
	return func(p *Panel) {
		withOptions(map[string]any{"orientation": "horizontal"})(p)
		sized(nameSize, valueSize)(p)
	}
}

// shapeOnly leaves out axes and legend.
func shapeOnly() option {
	return func(p *Panel) {
		custom(map[string]any{"axisPlacement": "hidden"})(p)
		withOptions(map[string]any{"legend": legend(false)})(p)
		p.FieldConfig.Overrides = append(p.FieldConfig.Overrides, Override{
			Matcher: Matcher{ID: "byType", Options: "time"}, Properties: []Property{set("custom.axisPlacement", "hidden")},
		})
	}
}
