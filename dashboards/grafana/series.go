package grafana

import (
	"regexp"
	"slices"
	"strings"
)

// pen draws the curves of certain points: which of them is which is told by
// dash and width, as colour is for what is abnormal. Equipment of one kind is
// told apart by the shade.
type pen struct {
	// names are those of the points in the catalogue, in every language, as the
	// data source names a curve "site · equipment · point" in its own; and their
	// ids, by which InfluxDB's curves are called.
	names      []string
	properties []Property
}

// dashed is what should be: expected, set.
func dashed() Property {
	return set("custom.lineStyle", map[string]any{"fill": "dash", "dash": []int{8, 6}})
}

// dotted is what comes back, or a mean beside the value itself.
func dotted() Property {
	return set("custom.lineStyle", map[string]any{"fill": "dot", "dash": []int{0, 6}})
}

func width(pixels int) Property { return set("custom.lineWidth", pixels) }

// returns, setpoints and outdoors are the points that are drawn otherwise than
// with a plain line.
func returns() pen {
	return pen{[]string{
		"Température de retour", "Retourtemperatuur", "Return temperature",
		"Retour de boucle", "Retour circulatie", "Circulation return temperature",
		"Puissance quart-horaire", "Kwartiervermogen", "Quarter-hour demand",
		"return_temp", "circulation_return_temp",
	}, []Property{dotted(), width(3)}}
}

func setpoints() pen {
	return pen{[]string{
		"Consigne de départ", "Gewenste vertrektemperatuur", "Flow setpoint",
		"Consigne de départ calculée", "Berekende vertrektemperatuur", "Computed flow setpoint",
		"Consigne de confort", "Comforttemperatuur", "Comfort setpoint",
		"flow_temp_sp",
	}, []Property{dashed(), width(1)}}
}

func outdoors() pen {
	return pen{[]string{
		"Température extérieure", "Buitentemperatuur", "Outdoor temperature",
		"Ballon (haut)", "Boiler (boven)", "Storage temperature (top)",
		"storage_temp",
	}, []Property{width(4)}}
}

// pens gives each point its line.
func pens() option {
	return func(p *Panel) {
		for _, one := range []pen{returns(), setpoints(), outdoors()} {
			one.draw(p, "$")
		}
	}
}

// carriers draws gas and oil darker than electricity and heat, and each pair
// apart by its width.
func carriers() option {
	return func(p *Panel) {
		for _, one := range []pen{
			{[]string{"gaz", "gas"}, []Property{set("color", fixed(colorText)), width(2)}},
			{[]string{"mazout", "stookolie", "oil"}, []Property{set("color", fixed(colorText)), width(4)}},
			{[]string{"électricité", "elektriciteit", "electricity"}, []Property{set("color", fixed(colorPale)), width(2)}},
			{[]string{"chaleur", "warmte", "heat"}, []Property{set("color", fixed(colorPale)), width(4)}},
		} {
			one.draw(p, "( · |$)")
		}
	}
}

// draw matches the names that a curve's own name has as a part of its own.
func (one pen) draw(p *Panel, end string) {
	quoted := slices.Clone(one.names)
	for i := range quoted {
		quoted[i] = regexp.QuoteMeta(quoted[i])
	}
	p.FieldConfig.Overrides = append(p.FieldConfig.Overrides, Override{
		Matcher:    Matcher{ID: "byRegexp", Options: "/(^| · )(" + strings.Join(quoted, "|") + ")" + end + "/"},
		Properties: one.properties,
	})
}
