package building

import (
	"math"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/simulators/weather"
)

// typical holds what a category has per m² of heated floor.
type typical struct {
	loss, glazing     float64 // W/K, m²
	comfort, setback  float64 // °C
	litres, loop      float64 // l/day, W/K
	base, occupied    float64 // W
	slope, efficiency float64
	air, recovery     float64 // mechanical m³/h, share of heat recovered
	people            float64 // m² a person when full
}

// Categories lists the categories that buildings differ by.
func Categories() []gtc.Category {
	return []gtc.Category{
		gtc.CategoryRestHome, gtc.CategoryOffice, gtc.CategorySocialOffice, gtc.CategoryCommunityCentre,
		gtc.CategoryKitchen, gtc.CategoryNightShelter, gtc.CategoryHousing, gtc.CategoryOther,
	}
}

func typicalOf(c gtc.Category) typical {
	switch c {
	case gtc.CategoryRestHome:
		return typical{1.7, 0.04, 22, 22, 1.5, 0.022, 2.8, 4.5, 1.4, 0.87, 0.9, 0.55, 25}
	case gtc.CategoryCommunityCentre:
		return typical{2.3, 0.05, 20, 16, 0.2, 0.010, 1.6, 8, 1.5, 0.84, 1.5, 0.6, 10}
	case gtc.CategoryKitchen:
		return typical{2.4, 0.03, 19.5, 16, 6, 0.05, 14, 55, 1.4, 0.86, 4, 0.4, 25}
	case gtc.CategoryNightShelter:
		return typical{2.2, 0.035, 20.5, 17.5, 2.2, 0.03, 2.4, 6, 1.5, 0.84, 1.2, 0.5, 9}
	case gtc.CategoryHousing:
		return typical{1.8, 0.04, 20.5, 18, 1.2, 0.015, 1.5, 4, 1.4, 0.87, 0, 0, 30}
	case gtc.CategorySocialOffice:
		return typical{1.9, 0.045, 20.5, 16.5, 0.12, 0.006, 2.0, 9, 1.5, 0.86, 1.2, 0.6, 13}
	case gtc.CategoryOffice, gtc.CategoryOther:
	}
	return typical{1.9, 0.045, 20.5, 16.5, 0.12, 0.006, 2.0, 9, 1.5, 0.86, 1.6, 0.65, 15}
}

// uses are the shares of the occupied load: lighting, equipment, kitchen,
// lift, fans.
func uses(c gtc.Category) [5]float64 {
	switch c {
	case gtc.CategoryRestHome:
		return [5]float64{0.34, 0.18, 0.28, 0.06, 0.14}
	case gtc.CategoryKitchen:
		return [5]float64{0.10, 0.07, 0.70, 0.01, 0.12}
	case gtc.CategoryCommunityCentre:
		return [5]float64{0.52, 0.22, 0.12, 0.02, 0.12}
	case gtc.CategoryNightShelter:
		return [5]float64{0.46, 0.26, 0.16, 0.01, 0.11}
	case gtc.CategoryHousing:
		return [5]float64{0.30, 0.42, 0.25, 0.03, 0}
	case gtc.CategoryOffice, gtc.CategorySocialOffice, gtc.CategoryOther:
	}
	return [5]float64{0.44, 0.37, 0.03, 0.04, 0.12}
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
	if p.Step <= 0 {
		p.Step = Step
	}
	p.Epoch = p.Epoch.UTC().Truncate(Step)
	k := typicalOf(p.Category)
	p.completeRooms(k)
	p.completeElectricity(k)
	p.completeWater(k)
	// Enough for −10 °C outside with a third in reserve, and the hot water.
	set(&p.BoilerKW, math.Ceil((p.LossWPerK*(p.ComfortTemp+10)*1.35+p.HotWaterLitres*6+2000)/5000)*5)
	set(&p.BoilerEfficiency, k.efficiency)
	set(&p.MinModulation, 0.2)
	set(&p.BoilerTempMin, 42)
	set(&p.SwitchingK, 12)
	set(&p.PumpKW, 0.0025*p.BoilerKW)
	set(&p.GasKWhPerM3, 10.9)
	set(&p.GasVariation, 0.012)
	return p
}

func (p *Params) completeRooms(k typical) {
	a := p.AreaM2
	set(&p.LossWPerK, k.loss*a)
	set(&p.AirShare, 0.32)
	set(&p.GlazingM2, k.glazing*a)
	set(&p.AirWhPerK, 18*a)
	set(&p.StructureWhPerK, 80*a)
	set(&p.VolumeM3, 2.9*a)
	set(&p.ComfortTemp, k.comfort)
	set(&p.SetbackTemp, min(k.setback, p.ComfortTemp))
	set(&p.CurveSlope, k.slope)
	set(&p.FlowTempMin, 20)
	set(&p.FlowTempMax, 80)
	set(&p.SummerLimitTemp, 17)
	set(&p.RadiatorKW, 1.7*p.LossWPerK*(p.ComfortTemp+10)/1000)
	set(&p.PipeWPerK, 0.02*p.LossWPerK)
	set(&p.People, math.Ceil(a/k.people))
	if p.Schedule == (Schedule{}) {
		p.Schedule = heatingProgram(p.Category)
	}
	if p.VentilationSchedule == (Schedule{}) {
		p.VentilationSchedule = fanProgram(p.Category)
	}
	set(&p.VentilationM3h, k.air*a)
	if p.NaturalVentilation {
		p.VentilationM3h = 0
	}
	set(&p.HeatRecovery, k.recovery)
	set(&p.SupplyAirTemp, 18)
}

func (p *Params) completeElectricity(k typical) {
	set(&p.BaseLoadKW, k.base*p.AreaM2/1000)
	set(&p.OccupiedLoadKW, k.occupied*p.AreaM2/1000)
	u := uses(p.Category)
	for i, kw := range []*float64{&p.LightingKW, &p.EquipmentKW, &p.KitchenKW, &p.LiftKW, &p.VentilationKW} {
		set(kw, u[i]*p.OccupiedLoadKW)
	}
	indoors := 0.7
	if p.Category == gtc.CategoryKitchen {
		indoors = 0.25 // the hoods take the rest
	}
	set(&p.ElectricGain, indoors)
}

func (p *Params) completeWater(k typical) {
	set(&p.HotWaterLitres, k.litres*p.AreaM2)
	set(&p.HotWaterTemp, 60)
	set(&p.TankLitres, max(0.5*p.HotWaterLitres, 300))
	set(&p.LoopWPerK, k.loop*p.AreaM2)
	if p.Legionella == (Legionella{}) {
		p.Legionella = Legionella{Weekday: time.Wednesday, Hour: 2, Temp: 66}
		if p.Category == gtc.CategoryOffice || p.Category == gtc.CategorySocialOffice || p.Category == gtc.CategoryOther {
			p.Legionella.Off = true // a few wash-basins
		}
	}
}

func set(field *float64, value float64) {
	if *field == 0 {
		*field = value
	}
}
