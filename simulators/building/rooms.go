package building

import "math"

const (
	cellarTemp = 20.0 // around the hot-water loop, °C
	pipesTemp  = 16.0 // around the pipes of the heating, °C
	airWhPerM3 = 0.34 // heat capacity of a m³ of air, Wh/K
)

// rooms is the thermal side of the building: heat stores in Wh/K, exchanges in
// W/K.
type rooms struct {
	airC, structureC, radiatorC float64
	natural                     float64 // air to outside, windows as usual
	airToStructure              float64
	structureToOut              float64
	radiators                   float64 // emission at 50 K above the room
	water                       float64 // heat flow of the circuit's water when open
	pipes                       float64
	free                        float64 // share of emission no room valve closes
}

func newRooms(p Params) rooms {
	const inside = 8 // W/K and m² of floor between air and structure
	walls := (1 - p.AirShare) * p.LossWPerK
	between := max(inside*p.AreaM2, 1.5*walls)
	return rooms{
		airC: p.AirWhPerK, structureC: p.StructureWhPerK,
		// Water and steel of radiators and pipes, 12 Wh/K a kW.
		radiatorC:      12 * p.RadiatorKW,
		natural:        p.AirShare * p.LossWPerK,
		airToStructure: between,
		structureToOut: 1 / (1/walls - 1/between),
		radiators:      1000 * p.RadiatorKW / 50,
		// 15 to 20 K between flow and return at the design load.
		water: 1000 * p.RadiatorKW / 28,
		pipes: p.PipeWPerK,
		free:  0.15,
	}
}

// open returns how far the room valves are open, 0 to 1: a band of 2 K around
// the set point, never less than the free share.
func (r *rooms) open(sp, room float64) float64 {
	return r.free + (1-r.free)*min(max((sp+1-room)/2, 0), 1)
}

// exchange is one inner step's boundary of the three stores.
type exchange struct {
	h           float64 // hours
	outdoor     float64 // °C
	ventilation float64 // W/K with outside air
	supply      float64 // W/K with supplied air
	supplyTemp  float64 // °C
	airGain     float64 // W
	wallGain    float64 // W
	emission    float64 // W/K, radiators to air
	stream      float64 // W/K, source to radiators
	source      float64 // °C
	limit       float64 // W, what the boiler can give
}

// result is what an inner step came to.
type result struct {
	air, structure, radiator float64 // °C at the end
	heat                     float64 // W, into the circuit
}

// solve makes one implicit step; the energy balance of the step closes exactly
// because every flow uses the temperatures at its end.
func (r *rooms) solve(air, structure, radiator float64, x *exchange) result {
	y := r.linear(air, structure, radiator, x, x.stream, 0)
	y.heat = x.stream * (x.source - y.radiator)
	if bounded := min(max(y.heat, 0), x.limit); bounded != y.heat {
		y = r.linear(air, structure, radiator, x, 0, bounded)
		y.heat = bounded
	}
	return y
}

// linear solves the three balances. Each of radiator and structure touches the
// air only, so that they are put into its balance.
func (r *rooms) linear(air, structure, radiator float64, x *exchange, stream, heat float64) result {
	ca, cs, cr := r.airC/x.h, r.structureC/x.h, r.radiatorC/x.h
	k := r.airToStructure
	r1 := cr + stream + x.emission + r.pipes
	r0 := cr*radiator + stream*x.source + r.pipes*pipesTemp + heat
	s1 := cs + k + r.structureToOut
	s0 := cs*structure + r.structureToOut*x.outdoor + x.wallGain
	a1 := ca + x.ventilation + x.supply + k + x.emission
	a0 := ca*air + x.ventilation*x.outdoor + x.supply*x.supplyTemp + x.airGain
	er, ks := x.emission/r1, k/s1
	t := (a0 + er*r0 + ks*s0) / (a1 - er*x.emission - ks*k)
	return result{air: t, structure: (s0 + k*t) / s1, radiator: (r0 + x.emission*t) / r1}
}

// heat advances rooms and circuit by an inner step and returns the heat given
// to the circuit in W.
func (b *Building) heat(s *State, x *interval, d decision, tank float64, a treated) float64 {
	r, in := &b.r, &b.inner
	sun := 0.6 * b.p.GlazingM2 * x.weather.SolarWM2
	open := r.open(x.c.ComfortTemp, s.RoomTemp)
	if x.c.Mode == HeatingManual {
		open = 1
	}
	e := exchange{
		h: x.h, outdoor: x.outdoor,
		ventilation: a.natural, supply: a.supply, supplyTemp: a.supplyTemp,
		airGain: x.gains + 0.4*sun, wallGain: 0.6 * sun,
		limit: b.k.spare(s, x, d, b.available(s, x)) - tank - a.coil,
	}
	e.limit = max(e.limit, 0)
	excess := exponent(max(in.radiatorTemp-s.RoomTemp, 1) / 50)
	e.emission = r.radiators * excess * open
	stream := 2 * r.water * open // flow to mean temperature
	s.ValvePct = 0
	if d.pump {
		share := b.mixing(s, d)
		s.ValvePct = 100 * share
		e.stream, e.source = stream, s.FlowTempSp
		if !d.wanted || d.forced || share > b.needed(s) {
			e.stream, e.source = stream*share/(2-share), s.BoilerFlowTemp
		}
	} else { // shut radiators still cool
		e.emission = max(e.emission, 0.5*r.radiators*excess)
	}
	y := r.solve(s.RoomTemp, s.StructureTemp, in.radiatorTemp, &e)
	s.RoomTemp, s.StructureTemp, in.radiatorTemp = y.air, y.structure, y.radiator

	out := e.ventilation*(y.air-x.outdoor) + e.supply*(y.air-a.recovered) + r.structureToOut*(y.structure-x.outdoor)
	b.ledger.Gains += (x.gains + sun) * x.h / 1000
	b.ledger.Envelope += out * x.h / 1000
	b.ledger.Pipes += r.pipes * (y.radiator - pipesTemp) * x.h / 1000
	x.circuit += y.heat * x.h
	b.waters(s, x, d, y.heat, stream, open)
	return y.heat
}

// exponent makes a radiator's emission grow with the power 1.3 of its excess
// temperature (EN 442), as a factor on its heat transfer: x to the power 5/16,
// out of square roots, which are the same on every machine.
func exponent(x float64) float64 {
	quarter := math.Sqrt(math.Sqrt(x))
	return quarter * math.Sqrt(math.Sqrt(quarter))
}

// needed returns the opening of the mixing valve, 0 to 1, that makes the flow
// temperature asked for out of the boiler's and the return's water.
func (b *Building) needed(s *State) float64 {
	mean := b.inner.radiatorTemp
	hot := s.FlowTempSp + s.BoilerFlowTemp - 2*mean
	switch {
	case s.FlowTempSp <= mean:
		return 0
	case s.BoilerFlowTemp <= s.FlowTempSp:
		return 1
	}
	return min(2*(s.FlowTempSp-mean)/hot, 1)
}

// mixing returns where the mixing valve stands, 0 to 1.
func (b *Building) mixing(s *State, d decision) float64 {
	if d.forced || !d.wanted {
		return d.valve
	}
	return max(b.needed(s), b.now.valve)
}

// waters sets the temperatures, the flow and the pump of the heating circuit.
func (b *Building) waters(s *State, x *interval, d decision, heat, stream, open float64) {
	mean := b.inner.radiatorTemp
	s.HeatM3h = 0
	if !d.pump {
		// The water that stands in the pipes follows the radiators.
		follow := x.h / (0.5 + x.h)
		s.FlowTemp += (mean - s.FlowTemp) * follow
		s.ReturnTemp += (mean - s.ReturnTemp) * follow
		s.PumpPct = 0
		return
	}
	s.FlowTemp = mean + heat/stream
	// What comes back first after a rest is the water that stood in the pipes.
	s.ReturnTemp = max(mean-heat/stream, min(mean, s.RoomTemp))
	s.HeatM3h = stream / 2 / 1163
	s.HeatM3 += s.HeatM3h * x.h
	s.PumpPct = 30 + 70*open
	x.pumped += x.h
	x.aux += 1000 * b.p.PumpKW * (0.3 + 0.7*open*open) * x.h
}
