package config

import (
	"slices"
	"strings"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

// The points of a gas meter that count a volume: at the meter's own pressure
// and temperature, and at 0 °C and 1013.25 mbar.
const (
	pointVolume       gtc.PointID = "volume_m3"
	pointNormalVolume gtc.PointID = "volume_n_m3"
)

// The extreme gross calorific values of natural gas in Belgium, kWh/m³(n): lean
// gas from 9.53, rich gas up to 12.79 (Energuide, Fluvius).
const leastPCS, mostPCS = 9.53, 12.79

// The limits of what a site may say of its gas.
const (
	maxAltitude          = 800.0 // m: the highest ground of the country is at 694
	minAirMbar           = 850.0
	maxAirMbar           = 1100.0
	maxGasMbar           = 16_000.0
	minGasTemp, maxGasTC = -30.0, 60.0
)

// gas checks how the volume of a gas meter becomes energy.
func (c *siteChecker) gas(at string, m Meter, p catalogue.Point) {
	isVolume := m.Carrier == gtc.CarrierGas && (p.ID == pointVolume || p.ID == pointNormalVolume)
	if m.Gas == nil {
		if isVolume && m.KWhPerUnit != 0 && (m.KWhPerUnit < leastPCS || m.KWhPerUnit > mostPCS) {
			c.warn(at+".kwh_per_unit", "%s.kwh_per_unit: %v kWh in one m³ is outside %v to %v, what natural gas has: m³ as kWh, or a factor of ten?", at, m.KWhPerUnit, leastPCS, mostPCS)
		}
		return
	}
	switch {
	case !isVolume:
		c.add(at+".gas", "%s.gas: %s is no volume of gas: an energy is taken as it is", at, p.ID)
		return
	case m.KWhPerUnit != 0:
		c.add(at+".gas", "%s.gas: either gas (dated calorific values) or kwh_per_unit (one constant), not both", at)
	}
	if p.ID == pointNormalVolume {
		c.converted(at+".gas", *m.Gas)
		return
	}
	c.operating(at+".gas", *m.Gas)
}

// converted refuses to correct what a converter has corrected.
func (c *siteChecker) converted(at string, g GasVolume) {
	for _, x := range []struct {
		key   string
		given bool
	}{
		{"altitude_m", g.AltitudeM != nil},
		{"air_mbar", g.AirMbar != 0},
		{"pressure_mbar", g.PressureMbar != nil},
		{"temp_c", g.TempC != nil},
		{"pressure_point", g.PressurePoint != ""},
	} {
		if x.given {
			c.add(at+"."+x.key, "%s.%s: %s is corrected by the converter already; it would be corrected twice", at, x.key, pointNormalVolume)
		}
	}
}

// operating checks what an operating volume is corrected with.
func (c *siteChecker) operating(at string, g GasVolume) {
	switch {
	case g.AltitudeM == nil && g.AirMbar == 0:
		c.add(at, "%s: give altitude_m or air_mbar, the pressure of the air that the meter stands in", at)
	case g.AltitudeM != nil && g.AirMbar != 0:
		c.add(at+".air_mbar", "%s.air_mbar: either altitude_m or air_mbar, not both", at)
	case g.AltitudeM != nil:
		c.between(at+".altitude_m", *g.AltitudeM, -10, maxAltitude)
	default:
		c.between(at+".air_mbar", g.AirMbar, minAirMbar, maxAirMbar)
	}
	if g.PressureMbar == nil {
		c.add(at+".pressure_mbar", "%s.pressure_mbar is missing: the gauge pressure of the gas at the meter, where gas_pressure_mbar does not say it", at)
	} else {
		c.between(at+".pressure_mbar", *g.PressureMbar, 0, maxGasMbar)
	}
	if g.TempC == nil {
		c.add(at+".temp_c", "%s.temp_c is missing: the temperature of the gas at the meter, where gas_temp does not say it", at)
	} else {
		c.between(at+".temp_c", *g.TempC, minGasTemp, maxGasTC)
	}
	if g.PressurePoint != "" {
		c.word(at+".pressure_point", g.PressurePoint, []string{pressureGauge, pressureAbsolute})
	}
}

// What gas_pressure_mbar counts.
const pressureGauge, pressureAbsolute = "gauge", "absolute"

func (c *checker) between(path string, v, low, high float64) {
	if v < low || v > high {
		c.add(path, "%s: %v is not between %v and %v", path, v, low, high)
	}
}

// calorific checks a list of calorific values.
func (c *checker) calorific(values []CalorificValue) {
	seen := map[string]bool{}
	for i, v := range values {
		at := index("calorific_values", i)
		if v.From.IsZero() {
			if !c.doc.Has(at + ".from") {
				c.add(at+".from", "%s.from is missing: the first day on which it holds", at)
			}
			continue
		}
		key := v.Network + " " + v.From.String()
		if seen[key] {
			c.add(at+".from", "%s.from: there is a value from %s already", at, v.From)
		}
		seen[key] = true
		switch {
		case v.KWhPerM3n <= 0:
			c.add(at+".kwh_per_m3n", "%s.kwh_per_m3n: %v is not a calorific value in kWh/m³(n)", at, v.KWhPerM3n)
		case v.KWhPerM3n < leastPCS || v.KWhPerM3n > mostPCS:
			c.warn(at+".kwh_per_m3n", "%s.kwh_per_m3n: %v is outside %v to %v kWh/m³(n), what natural gas has here (another unit, or the net value?)", at, v.KWhPerM3n, leastPCS, mostPCS)
		}
	}
}

// networks returns the networks of calorific values.
func networks(values []CalorificValue) []string {
	var out []string
	for _, v := range values {
		if !slices.Contains(out, v.Network) {
			out = append(out, v.Network)
		}
	}
	return out
}

// networksOf checks that the calorific values of each gas meter are given.
func (c *siteChecker) networksOf(s *Site, hub []CalorificValue) {
	known := networks(slices.Concat(s.CalorificValues, hub))
	for i, m := range s.Meters {
		if m.Gas == nil || slices.Contains(known, m.Gas.Network) {
			continue
		}
		at := index("meters", i) + ".gas"
		if m.Gas.Network == "" {
			c.add(at, "%s: there is no calorific value without a network: give calorific_values in gtc.yaml or in this file, or network (one of %s)", at, strings.Join(known, ", "))
			continue
		}
		c.addHint(at+".network", strict.Near(m.Gas.Network, known), "%s.network: there is no calorific value of network %q in gtc.yaml or in this file", at, m.Gas.Network)
	}
}
