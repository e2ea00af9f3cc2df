package building

import "math"

const stepHours = float64(Step) / 3.6e12

// heating is the thermal side of the building: heat stores in Wh/K, exchanges
// in W/K.
type heating struct {
	airC, structureC      float64
	ventilation           float64 // air to outside, windows included
	airToStructure        float64
	structureToOut        float64
	radiators, water      float64 // emission; water's heat flow when open
	flowTempMin, flowTemp float64 // limits of the flow, °C
	free                  float64 // share of emission no room valve closes
}

func newHeating(p Params) heating {
	const ventilationShare, inside = 0.45, 6
	walls := (1 - ventilationShare) * p.LossWPerK
	between := inside * p.AreaM2
	return heating{
		airC: 15 * p.AreaM2, structureC: 60 * p.AreaM2,
		ventilation:    ventilationShare * p.LossWPerK,
		airToStructure: between,
		structureToOut: 1 / (1/walls - 1/between),
		radiators:      1.7 * p.LossWPerK,
		water:          2 * p.LossWPerK,
		flowTempMin:    20, flowTemp: 80,
		free: 0.15,
	}
}

// curve returns the flow temperature asked for, °C.
func (h heating) curve(p Params, sp, outdoor, shift float64) float64 {
	t := sp + shift + p.CurveSlope*(sp-outdoor)
	return math.Min(math.Max(t, h.flowTempMin), h.flowTemp)
}

// valve returns how far the room valves are open, 0 to 1: a band of 2 K
// around the set point, never less than the free share while heat is offered.
func (h heating) valve(sp, room float64) float64 {
	open := min(max((sp+1-room)/2, 0), 1)
	return h.free + (1-h.free)*open
}

// exchange is one step's boundary of the two stores.
type exchange struct {
	outdoor     float64 // °C
	ventilation float64 // W/K this step
	airGain     float64 // W
	wallGain    float64 // W
	flow        float64 // °C, of the radiators
	valve       float64 // 0 to 1, 0 when the pump stands
	limit       float64 // W, what the boiler can give
}

// result is what a step came to.
type result struct {
	air, structure float64 // °C at the end
	heat, envelope float64 // W
}

// solve makes one implicit step; the energy balance of the step closes
// exactly because every flow uses the temperatures at its end.
func (h heating) solve(air, structure float64, x exchange) result {
	emission := 0.0
	if x.valve > 0 {
		k := h.radiators * x.valve
		emission = k / (1 + k/(2*h.water*x.valve))
	}
	r := h.linear(air, structure, x, emission, emission*x.flow)
	heat := emission * (x.flow - r.air)
	if bounded := min(max(heat, 0), x.limit); bounded != heat {
		r = h.linear(air, structure, x, 0, bounded)
		heat = bounded
	}
	r.heat = heat
	r.envelope = x.ventilation*(r.air-x.outdoor) + h.structureToOut*(r.structure-x.outdoor)
	return r
}

// linear solves the two balances with a heat of constant − slope × air.
func (h heating) linear(air, structure float64, x exchange, slope, constant float64) result {
	ca, cs := h.airC/stepHours, h.structureC/stepHours
	k := h.airToStructure
	a11 := ca + x.ventilation + k + slope
	a22 := cs + k + h.structureToOut
	b1 := ca*air + x.ventilation*x.outdoor + x.airGain + constant
	b2 := cs*structure + h.structureToOut*x.outdoor + x.wallGain
	det := a11*a22 - k*k
	return result{air: (b1*a22 + k*b2) / det, structure: (a11*b2 + k*b1) / det}
}
