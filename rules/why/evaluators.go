package why

import "github.com/cpas-charleroi/gtc"

// The kinds of equipment that are looked at one by one.
const (
	kindCircuit     gtc.Kind = "heating_circuit"
	kindBoiler      gtc.Kind = "boiler"
	kindHotWater    gtc.Kind = "dhw"
	kindVentilation gtc.Kind = "ventilation"
)

// evaluators are the rules that look and judge for themselves.
func evaluators() map[string]evaluator {
	return map[string]evaluator{
		"H3":          {look: lookNight, say: sayNight},
		"H4":          {kind: kindCircuit, look: lookCold, say: sayFirst},
		"H5":          {look: lookSummer, say: saySummer},
		"H5-circuit":  {kind: kindCircuit, look: lookSummerCircuit, say: sayFirst},
		"H6":          {look: lookBase, say: sayBase},
		"H7":          {look: lookSlope, say: saySlope},
		"H8":          {look: lookClosed, say: sayClosed},
		"H9":          {kind: kindVentilation, look: lookBoth, say: sayFirst},
		"H10":         {look: lookStart, say: sayFirst},
		"H11":         {kind: kindBoiler, look: lookCycling, say: sayFirst},
		"H11-runs":    {kind: kindBoiler, look: lookRuns, say: sayRuns},
		"H12":         {kind: kindCircuit, look: lookSpread, say: saySpread},
		"H12-return":  {kind: kindBoiler, look: lookReturn, say: sayFirst},
		"H13":         {kind: kindCircuit, look: lookCurve, say: sayFirst},
		"H14":         {kind: kindCircuit, look: lookFailing, say: sayFirst},
		"H14-gas":     {look: lookNoHeat, say: sayNoHeat},
		"W1":          {kind: kindHotWater, look: lookStorage, say: sayFirst},
		"W2":          {kind: kindHotWater, look: lookLoop, say: sayFirst},
		"W2-dead-leg": {kind: kindHotWater, look: lookDeadLeg, say: sayFirst},
		"W2-lukewarm": {kind: kindHotWater, look: lookLukewarm, say: sayFirst},
		"W3":          {kind: kindHotWater, look: lookShock, say: sayShock},
		"E1":          {look: lookFloor, say: sayFloor},
		"E2":          {look: lookNightLoad, say: sayNightLoad},
		"E3":          {look: lookOutOfHours, say: sayOutOfHours},
		"E4":          {look: lookPeak, say: sayFirst},
		"G1":          {look: lookGas, say: sayFirst},
		"G2":          {kind: kindBoiler, look: lookPressure, say: sayPressure},
		"D1":          {kind: kindCircuit, look: lookStuck, say: sayFirst},
		"D1-room":     {kind: kindCircuit, look: lookStuckRoom, say: sayFirst},
		"D3":          {look: lookIndex, say: sayFirst},
		"D4":          {look: lookGap, say: sayFirst},
		"D5":          {look: lookProfile, say: sayShift},
		"D7":          {kind: gtc.KindWeather, look: lookBias, say: sayFirst},
		"D8":          {look: lookDial, say: sayDial},
	}
}

// sayFirst says what the day itself showed: the measure and, if there is one,
// the kWh.
func sayFirst(c course, i, _ int, _ *Rule) reading {
	x := c[i].x
	switch len(x) {
	case 0:
		return reading{}
	case 1:
		return reading{value: x[0], known: true}
	}
	return reading{value: x[0], kwh: x[1], known: true}
}

// before collects a figure of up to n known days before day ref, the nearest
// first, no farther back than span days.
func before(c course, ref, n, span int, get func(look) float64) []float64 {
	var out []float64
	for k := ref - 1; k >= max(0, ref-span) && len(out) < n; k-- {
		if c[k].x != nil && !c[k].spoilt {
			out = append(out, get(c[k].x))
		}
	}
	return out
}

// first is the first figure of a day.
func first(x look) float64 { return x[0] }
