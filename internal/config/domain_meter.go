package config

import (
	"math"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// composed fills in what a meter is made of: the conversion of gas, the terms
// of a virtual meter, shares, a tank.
func (s *Site) composed(m Meter, loc *time.Location, out *gtc.Meter) {
	switch {
	case m.Gas != nil:
		out.Gas = s.gasVolume(m, loc)
		out.KWhPerUnit = nominal(out.Gas)
	case m.Virtual != nil:
		out.KWhPerUnit = 1
		out.Terms = slices.Concat(s.virtualTerms(m.Virtual.Add, 1), s.virtualTerms(m.Virtual.Subtract, -1))
	case m.terms != nil:
		out.KWhPerUnit = 1
	case m.Tank != nil:
		t := m.Tank
		out.Tank = &gtc.Tank{Unit: t.Unit, Capacity: t.Capacity, DipstickError: t.DipstickError, FullOnDelivery: t.FullOnDelivery}
		if t.Basis == basisNet {
			out.KWhPerUnit /= netOfGross(t.Fuel)
		}
	}
	for _, x := range m.Serves {
		out.Serves = append(out.Serves, gtc.Share{Building: x.Building, Share: x.Share, Method: x.Method, From: x.From.In(loc)})
	}
}

func (s *Site) virtualTerms(refs []string, weight float64) []gtc.MeterTerm {
	var out []gtc.MeterTerm
	for _, text := range refs {
		r := parseRef(text)
		out = append(out, gtc.MeterTerm{Site: s.ID, Meter: r.id, Direction: r.direction, Weights: []gtc.Weight{{Value: weight}}})
	}
	return out
}

// gasVolume is the conversion of a gas meter with the calorific values of its
// network: the site's own, else those of gtc.yaml.
func (s *Site) gasVolume(m Meter, loc *time.Location) *gtc.GasVolume {
	g := m.Gas
	out := &gtc.GasVolume{Normal: m.Point == pointNormalVolume, AirMbar: g.AirMbar, Absolute: g.PressurePoint == pressureAbsolute}
	if g.AltitudeM != nil {
		out.AirMbar = standardAir(*g.AltitudeM)
	}
	if g.PressureMbar != nil {
		out.PressureMbar = *g.PressureMbar
	}
	if g.TempC != nil {
		out.TempC = *g.TempC
	}
	values := s.CalorificValues
	if !slices.Contains(networks(values), g.Network) {
		values = s.gas
	}
	for _, v := range values {
		if v.Network == g.Network {
			out.Values = append(out.Values, gtc.CalorificValue{From: v.From.In(loc), KWhPerM3n: v.KWhPerM3n})
		}
	}
	slices.SortFunc(out.Values, func(a, b gtc.CalorificValue) int { return a.From.Compare(b.From) })
	return out
}

// standardAir is the pressure of the standard atmosphere at an altitude in m,
// in mbar (ISO 2533).
func standardAir(altitude float64) float64 {
	return 1013.25 * math.Pow(1-2.25577e-5*altitude, 5.25588)
}

// nominal is what one m³ is worth at the configured pressure and temperature
// and the last calorific value: for limits and estimates, never for a total.
func nominal(g *gtc.GasVolume) float64 {
	pcs := 11.0 // rich gas, where no value is known yet
	if n := len(g.Values); n > 0 {
		pcs = g.Values[n-1].KWhPerM3n
	}
	return pcs * g.Normalise(g.AirMbar+g.PressureMbar, g.TempC)
}
