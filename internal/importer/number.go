package importer

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// absent are the ways in which exports write that there is no value.
func absent(text string) bool {
	switch strings.ToLower(text) {
	case "", "-", "--", "nan", "na", "n/a", "null", "#n/a":
		return true
	}
	return false
}

// number reads a number written with the decimal sign given; spaces and the
// other sign, and an apostrophe, separate thousands. A separator must stand
// before groups of three: 1,23 is no number with a decimal point.
func number(text, decimal string) (float64, error) {
	wrong := fmt.Errorf("%q n'est pas un nombre", text)
	clean := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f', '\'', '’':
			return -1
		case '−':
			return '-'
		}
		return r
	}, text)
	whole, fraction, found := strings.Cut(clean, decimal)
	if found && strings.Contains(fraction, decimal) {
		return 0, wrong
	}
	other := ","
	if decimal == "," {
		other = "."
	}
	if strings.Contains(fraction, other) {
		return 0, wrong
	}
	groups := strings.Split(strings.TrimPrefix(strings.TrimPrefix(whole, "-"), "+"), other)
	if len(groups) > 1 && (len(groups[0]) > 3 || strings.TrimLeft(groups[0], "0") == "") {
		return 0, wrong // 0.250 is no thousand
	}
	for _, g := range groups[1:] {
		if len(g) != 3 {
			return 0, wrong
		}
	}
	whole = strings.ReplaceAll(whole, other, "")
	plain := whole
	if found {
		plain += "." + fraction
	}
	if strings.Trim(plain, "0123456789.eE+-") != "" {
		return 0, wrong
	}
	v, err := strconv.ParseFloat(plain, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0, wrong
	}
	return v, nil
}

// guessDecimal returns the decimal sign of a column of numbers. Where both
// signs stand in one number the last is it; otherwise a sign that stands twice
// in a number, or before something else than three digits, tells. Where
// nothing tells it is the one that is there, and a comma where none is.
func guessDecimal(values []string) string {
	var comma, point bool
	for _, v := range values {
		c, p := strings.LastIndexByte(v, ','), strings.LastIndexByte(v, '.')
		switch {
		case c >= 0 && p >= 0:
			if c > p {
				return ","
			}
			return "."
		case strings.Count(v, ",") > 1:
			return "."
		case strings.Count(v, ".") > 1:
			return ","
		case c >= 0:
			comma = true
		case p >= 0:
			point = true
		}
	}
	if point && !comma {
		return "."
	}
	return ","
}

// unit is what a column counts in.
type unit struct {
	name string
	// factor brings a value to kWh, m³, litre or kg, or to kW for a power.
	factor float64
	medium medium
}

// medium is what is counted.
type medium int

const (
	nothing medium = iota
	mediumEnergy
	mediumPower
	mediumVolume
	mediumLitre
	mediumMass
	mediumShare
)

// parseUnit understands a unit as written in a column, a head or a flag.
func parseUnit(text string) (unit, bool) {
	switch strings.ToLower(strings.Trim(text, " .\u00a0")) {
	case "wh":
		return unit{"Wh", 0.001, mediumEnergy}, true
	case "kwh", "kilowattheure", "kwh pcs", "kwh (pcs)":
		return unit{"kWh", 1, mediumEnergy}, true
	case "mwh":
		return unit{"MWh", 1000, mediumEnergy}, true
	case "gj":
		return unit{"GJ", 1000 / 3.6, mediumEnergy}, true
	case "w":
		return unit{"W", 0.001, mediumPower}, true
	case "kw":
		return unit{"kW", 1, mediumPower}, true
	case "mw":
		return unit{"MW", 1000, mediumPower}, true
	case "m3", "m³", "nm3", "nm³", "m3n", "m³(n)", "m3(n)":
		return unit{"m³", 1, mediumVolume}, true
	case "dm3", "dm³":
		return unit{"dm³", 0.001, mediumVolume}, true
	case "l", "litre", "litres", "liter":
		return unit{"litre", 1, mediumLitre}, true
	case "kg":
		return unit{"kg", 1, mediumMass}, true
	case "t", "tonne", "tonnes", "ton":
		return unit{"t", 1000, mediumMass}, true
	case "%", "pct":
		return unit{"%", 1, mediumShare}, true
	}
	return unit{}, false
}
