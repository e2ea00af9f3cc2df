package energy

import (
	"math"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// What a pressure (absolute, in mbar) and a temperature (in °C) of gas in a
// building's pipe can be; anything else is a sensor at fault.
const (
	leastGasMbar, mostGasMbar = 800.0, 20_000.0
	leastGasC, mostGasC       = -40.0, 80.0
)

// GasState is the gas at the meter in one UTC hour, the mean of what the
// meter's own points say. What they do not say is not there.
type GasState struct {
	Start time.Time
	// Mbar is the pressure as the meter's point counts it, C the temperature.
	Mbar, C       float64
	HasMbar, HasC bool
}

// CalorificAt returns the calorific value in kWh/m³(n) that holds at an
// instant; false before the first one.
func CalorificAt(g *gtc.GasVolume, at time.Time) (float64, bool) {
	i, found := slices.BinarySearchFunc(g.Values, at, func(v gtc.CalorificValue, t time.Time) int { return v.From.Compare(t) })
	if !found {
		i--
	}
	if i < 0 {
		return 0, false
	}
	return g.Values[i].KWhPerM3n, true
}

// GasKWh returns the energy of a volume of gas at an instant, by the pressure
// and temperature of the configuration; false where no calorific value holds.
func GasKWh(g *gtc.GasVolume, volume float64, at time.Time) (float64, bool) {
	pcs, ok := CalorificAt(g, at)
	return volume * normalise(g, GasState{}) * pcs, ok
}

// convert gives hours their m³(n) and their energy from their volume, once:
// the states, in order of time, come before the constants of the meter.
func convert(g *gtc.GasVolume, hours []Interval, states []GasState) {
	for i := range hours {
		h := &hours[i]
		var s GasState
		if k, ok := slices.BinarySearchFunc(states, h.Start, func(s GasState, t time.Time) int { return s.Start.Compare(t) }); ok {
			s = states[k]
		}
		h.NormalVolume = h.Volume * normalise(g, s)
		pcs, ok := CalorificAt(g, h.Start)
		h.PCS, h.KWh, h.NoEnergy = pcs, h.NormalVolume*pcs, !ok && h.Volume > 0
	}
}

// normalise returns the m³(n) in one m³ of the meter.
func normalise(g *gtc.GasVolume, s GasState) float64 {
	mbar, celsius := g.AirMbar+g.PressureMbar, g.TempC
	if s.HasMbar {
		measured := s.Mbar
		if !g.Absolute {
			measured += g.AirMbar
		}
		if measured >= leastGasMbar && measured <= mostGasMbar {
			mbar = measured
		}
	}
	if s.HasC && s.C >= leastGasC && s.C <= mostGasC {
		celsius = s.C
	}
	return g.Normalise(mbar, celsius)
}

// Revalue gives an hour or a day of gas the calorific value that holds for it
// now, and reports whether that changes it. Energy is proportional to it, so
// that nothing need be read again. What was imported as an energy stays.
func Revalue(g *gtc.GasVolume, i *Interval) bool {
	pcs, ok := CalorificAt(g, i.Start)
	if i.NormalVolume == 0 && i.Source == "" { // of the time of a constant
		i.NormalVolume = i.Volume * normalise(g, GasState{})
	}
	if i.NormalVolume == 0 || ok != i.NoEnergy && math.Abs(pcs-i.PCS) < 1e-9 {
		return false
	}
	i.PCS, i.KWh, i.NoEnergy = pcs, i.NormalVolume*pcs, !ok
	return true
}
