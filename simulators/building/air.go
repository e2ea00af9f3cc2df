package building

import (
	"math"

	"github.com/cpas-charleroi/gtc"
)

const (
	outdoorCO2   = 420.0 // ppm
	personWatt   = 72.0  // heat of a person that warms the room
	personCO2    = 0.018 // m³/h of a seated person
	personVapour = 45.0  // g/h

	usualCooling = 10.0 // K by which a cooling coil can cool the air of the fans
	leastSupply  = 8.0  // °C, colder air leaves no cooling coil
	coldPerKWh   = 3.0  // kWh of cold for one of electricity
)

// air is how the building is ventilated during a step.
type air struct {
	fans     float64 // m³/h
	recovery float64 // share of heat that comes back
	natural  float64 // W/K through joints and windows
	coil     bool    // the heating coil may run
}

// treated is the supplied air of one inner step.
type treated struct {
	natural, supply       float64 // W/K
	recovered, supplyTemp float64 // °C after the exchanger, after the coil
	coil, cold            float64 // W that the coils give and take
}

// surroundings sets what weather and people bring to the step.
func (b *Building) surroundings(s *State) {
	k := &b.block
	w := k.weather(s.At)
	s.OutdoorTemp, s.SolarWM2, s.HumidityPct, s.WindMS = w.AirTemp, w.SolarWM2, w.HumidityPct, w.WindMS
	s.Occupancy, s.Occupants, s.DayTariff = k.occupancy, k.occupants, k.dayTariff
	s.BaseKW = k.base * (1 + b.now.base)
	s.LightingKW, s.EquipmentKW, s.KitchenKW, s.LiftKW = k.lighting, k.equipment, k.kitchen, k.lift
	s.HeatM3h = 0
}

// ventilate decides how much air windows and fans bring.
func (b *Building) ventilate(s *State, x *interval) {
	c, p := x.c, &b.p
	s.VentilationMode = c.VentilationMode
	share := 0.0
	switch c.VentilationMode {
	case VentilationOff:
	case VentilationAuto:
		if c.VentilationSchedule.at(x.m, 0, false) && p.VentilationM3h > 0 {
			share = c.SupplyAirM3h / p.VentilationM3h
		}
		share = max(share, b.now.fans)
	case VentilationLow:
		share = 0.4
	case VentilationNormal:
		share = 0.7
	case VentilationHigh, VentilationNightCooling:
		share = 1
	}
	share = min(share, 1)
	if !c.VentilationEnable || p.VentilationM3h == 0 {
		share = 0
	}
	s.FanRun, s.FanPct, s.SupplyAirM3h = share > 0, 100*share, share*p.VentilationM3h
	s.VentilationKW = p.VentilationKW * share * share * (0.3 + 0.7*share)

	a := &x.air
	*a = air{fans: s.SupplyAirM3h, coil: share > 0, recovery: p.HeatRecovery}
	free := s.RoomTemp > c.ComfortTemp+1.5 && x.weather.AirTemp > 12 && x.weather.AirTemp < s.RoomTemp
	if c.VentilationMode == VentilationNightCooling || free {
		a.recovery, a.coil = 0, false
	}
	s.HeatRecoveryPct = 100 * b2f(a.recovery > 0 && share > 0)
	// Who is too hot opens a window when it is colder outside.
	hot := min(max((s.RoomTemp-c.ComfortTemp-2.5)/2, 0), 1)
	if x.weather.AirTemp > s.RoomTemp {
		hot = 0
	}
	a.natural = b.r.natural*b.block.airing*(1+2.5*hot) + airWhPerM3*p.VolumeM3*b.now.window
	s.WindowOpen = hot > 0.1 && s.Occupants > 0 || b.now.window > 0
}

// treat recovers and heats the supplied air of an inner step.
func (b *Building) treat(s *State, x *interval) treated {
	a := &x.air
	t := treated{natural: a.natural, supply: airWhPerM3 * a.fans}
	t.recovered = x.outdoor + a.recovery*(s.RoomTemp-x.outdoor)
	t.supplyTemp = t.recovered
	wanted, least := b.cooling(s, x, &t)
	t.cold = max(wanted, least)
	if t.supply > 0 {
		t.supplyTemp -= t.cold / t.supply
	}
	s.CoilPct = 0
	if a.coil && wanted == 0 && s.Season && b.available(s, x) && t.supplyTemp < x.c.SupplyAirTemp {
		cooled := t.supplyTemp
		t.supplyTemp = x.c.SupplyAirTemp
		t.coil = t.supply * (t.supplyTemp - cooled)
		s.CoilPct = min(100*(t.supplyTemp-cooled)/25, 100)
	}
	s.ExtractAirTemp = s.RoomTemp
	s.ExhaustAirTemp = s.RoomTemp - a.recovery*(s.RoomTemp-x.outdoor)
	s.SupplyAirTemp = t.supplyTemp
	if a.fans == 0 {
		s.SupplyAirTemp, s.ExhaustAirTemp = s.RoomTemp-1, s.RoomTemp-2 // ducts at rest
	}
	return t
}

// cooling returns what the cooling coil is to take from the supplied air and
// what it takes all the same because its valve does not shut, W, and sets the
// valve. A sound unit cools in proportion to how much too warm the rooms are,
// above a dead band, and does not heat meanwhile.
func (b *Building) cooling(s *State, x *interval, t *treated) (wanted, least float64) {
	s.CoolPct = 0
	if t.supply <= 0 {
		return 0, 0
	}
	capacity, share := 1000*b.p.CoolingKW, 0.0
	switch {
	case capacity == 0:
		capacity = usualCooling * airWhPerM3 * b.p.VentilationM3h
	case t.recovered > x.c.SupplyAirTemp: // else the air that comes in is cold enough
		share = min(max((s.RoomTemp-x.c.ComfortTemp-2)/1.5, 0), 1)
	}
	s.CoolPct = 100 * max(share, b.now.cool)
	most := t.supply * max(t.recovered-leastSupply, 0)
	return min(share*capacity, most), min(b.now.cool*capacity, most)
}

// electricity sums what does not depend on the heating, and its warmth.
func (b *Building) electricity(s *State, x *interval) {
	inside := s.BaseKW + s.LightingKW + s.EquipmentKW + s.KitchenKW + s.LiftKW
	x.elecKW = inside + s.VentilationKW
	x.gains = 1000*b.p.ElectricGain*inside + personWatt*s.Occupants
}

// indoorAir advances CO2 and humidity over the step.
func (b *Building) indoorAir(s *State, x *interval) {
	breath := personCO2
	if b.p.Category == gtc.CategoryRestHome || b.p.Category == gtc.CategoryNightShelter {
		breath = 0.75 * personCO2 // old or asleep
	}
	flow := x.air.natural/airWhPerM3 + x.air.fans
	level := outdoorCO2 + 1e6*breath*s.Occupants/flow
	s.CO2ppm = level + (s.CO2ppm-level)*math.Exp(-flow*x.hours/b.p.VolumeM3)
	// Vapour follows the people at once; furniture damps it.
	outside := s.HumidityPct / 100 * saturation(s.OutdoorTemp)
	vapour := outside + 1.37*personVapour*s.Occupants/flow // hPa
	s.RoomHumidityPct = min(max(8+0.84*100*vapour/saturation(s.RoomTemp), 15), 95)
}

// saturation is the vapour pressure of saturated air, hPa (Magnus).
func saturation(temp float64) float64 {
	return 6.112 * math.Exp(17.62*temp/(243.12+temp))
}
