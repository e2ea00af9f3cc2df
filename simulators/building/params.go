package building

import (
	"math"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/simulators/weather"
)

// Step is the step of integration.
const Step = 15 * time.Minute

// Params describe one building. A zero field takes a value that suits the
// category and the area; see [Params.Complete].
type Params struct {
	Seed     uint64
	Weather  *weather.Weather
	Location *time.Location
	// Epoch is the instant from which the building is integrated; a multiple
	// of [Step]. No earlier instant can be asked.
	Epoch    time.Time
	Category gtc.Category
	AreaM2   float64

	// LossWPerK is the heat lost by envelope and ventilation, W/K.
	LossWPerK float64
	// GlazingM2 is the area that lets the sun in, as if horizontal, m².
	GlazingM2 float64
	// ComfortTemp and SetbackTemp are the room set points, °C.
	ComfortTemp, SetbackTemp float64
	// CurveSlope and CurveShiftK make the flow temperature from the outdoor
	// temperature: sp + shift + slope × (sp − outdoor).
	CurveSlope, CurveShiftK float64
	// SummerLimitTemp is the damped outdoor temperature above which the
	// heating is off, °C.
	SummerLimitTemp float64
	BoilerKW        float64
	// BoilerEfficiency is on PCS at a return of 50 °C, 0 to 1.
	BoilerEfficiency float64

	// HotWaterLitres is the hot water drawn on an ordinary day, litres at 60 °C.
	HotWaterLitres float64
	// HotWaterTemp is the tank's set point, °C.
	HotWaterTemp float64
	// LoopWPerK is the heat lost by the circulation loop, W per kelvin above 20 °C.
	LoopWPerK float64

	// BaseLoadKW and OccupiedLoadKW are electric: always, and added when full.
	BaseLoadKW, OccupiedLoadKW float64
	// ElectricGain is the share of the electricity that heats the rooms, 0 to 1.
	ElectricGain float64
	// GasKWhPerM3 is the calorific value (PCS) at operating conditions.
	GasKWhPerM3 float64

	Faults []Fault
}

// typical holds what a category has per m² of heated floor.
type typical struct {
	loss, glazing     float64 // W/K, m²
	comfort, setback  float64 // °C
	litres, loop      float64 // l/day, W/K
	base, occupied    float64 // W
	slope, efficiency float64
}

func typicalOf(c gtc.Category) typical {
	office := typical{1.9, 0.045, 20.5, 16.5, 0.12, 0.006, 2.0, 9, 1.25, 0.86}
	switch c {
	case gtc.CategoryRestHome:
		return typical{1.7, 0.04, 22, 22, 1.5, 0.022, 2.8, 4.5, 1.2, 0.87}
	case gtc.CategoryCommunityCentre:
		return typical{2.3, 0.05, 20, 16, 0.2, 0.010, 1.6, 8, 1.3, 0.84}
	case gtc.CategoryKitchen:
		return typical{2.4, 0.03, 19.5, 16, 6, 0.05, 14, 55, 1.2, 0.86}
	case gtc.CategoryNightShelter:
		return typical{2.2, 0.035, 20.5, 17.5, 2.2, 0.03, 2.4, 6, 1.3, 0.84}
	case gtc.CategoryHousing:
		return typical{1.8, 0.04, 20.5, 18, 1.2, 0.015, 1.5, 4, 1.2, 0.87}
	case gtc.CategoryOffice, gtc.CategorySocialOffice, gtc.CategoryOther:
		return office
	}
	return office
}

// Complete returns the parameters with every zero field filled in.
func (p Params) Complete() Params {
	if p.AreaM2 <= 0 {
		p.AreaM2 = 1000
	}
	if p.Location == nil {
		p.Location = time.UTC
	}
	if p.Weather == nil {
		p.Weather = weather.New(p.Seed)
	}
	p.Epoch = p.Epoch.UTC().Truncate(Step)
	k := typicalOf(p.Category)
	a := p.AreaM2
	set(&p.LossWPerK, k.loss*a)
	set(&p.GlazingM2, k.glazing*a)
	set(&p.ComfortTemp, k.comfort)
	set(&p.SetbackTemp, k.setback)
	set(&p.CurveSlope, k.slope)
	set(&p.SummerLimitTemp, 17)
	set(&p.BoilerEfficiency, k.efficiency)
	set(&p.HotWaterLitres, k.litres*a)
	set(&p.HotWaterTemp, 60)
	set(&p.LoopWPerK, k.loop*a)
	set(&p.BaseLoadKW, k.base*a/1000)
	set(&p.OccupiedLoadKW, k.occupied*a/1000)
	indoors := 0.7
	if p.Category == gtc.CategoryKitchen {
		indoors = 0.25 // the hoods take the rest
	}
	set(&p.ElectricGain, indoors)
	set(&p.GasKWhPerM3, 10.9)
	// Enough for −10 °C outside with a third in reserve, and the hot water.
	set(&p.BoilerKW, math.Ceil((p.LossWPerK*(p.ComfortTemp+10)*1.35+p.HotWaterLitres*6+2000)/5000)*5)
	return p
}

func set(field *float64, value float64) {
	if *field == 0 {
		*field = value
	}
}
