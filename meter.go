package gtc

import "time"

// Carrier is an energy carrier or another metered medium.
type Carrier string

// The carriers.
const (
	CarrierElectricity Carrier = "electricity"
	CarrierGas         Carrier = "gas"
	CarrierHeat        Carrier = "heat"
	CarrierOil         Carrier = "oil"
	CarrierPropane     Carrier = "propane"
	CarrierPellets     Carrier = "pellets"
	CarrierWater       Carrier = "water"
)

// Direction is the direction of a metered flow, seen from the site.
type Direction string

// The directions.
const (
	DirectionImport     Direction = "import"
	DirectionExport     Direction = "export"
	DirectionProduction Direction = "production"
)

// Meter says how one index of an equipment counts as energy or volume; a
// virtual meter has Terms instead of an index, a tank has its levels.
type Meter struct {
	// Equipment is the metering equipment, also the meter's id. A virtual meter
	// has an id and no equipment.
	Equipment EquipmentID
	// Kind is the equipment's kind, "" for a virtual meter.
	Kind Kind
	// Point is the index that is differenced, for example volume_m3.
	Point     PointID
	Carrier   Carrier
	Direction Direction
	Label     Label
	// EAN is the access point's number, "" for a submeter.
	EAN string
	// KWhPerUnit converts the index's unit to kWh: 1 for a kWh index, the
	// calorific value (PCS, kWh/m³ at operating conditions) for gas, kWh PCS of
	// a litre or kg for a tank. With Gas it is only the nominal figure. 0 means
	// that the medium is not energy (water).
	KWhPerUnit float64
	// Gas, when not nil, converts a volume of gas hour by hour.
	Gas *GasVolume
	// RolloverAt is the index at which the register wraps to 0, 0 if unknown.
	RolloverAt float64
	// MaxPerHour is the largest plausible increase of the index in one hour,
	// in the index's unit; a faster rise is refused. 0 means no limit.
	MaxPerHour float64
	// SubscribedKW is the power contracted with the grid operator of an
	// electricity meter, kW; 0 if unknown.
	SubscribedKW float64
	// Swaps are the replacements of the meter, oldest first.
	Swaps []MeterSwap
	// Baseline is the period on which the meter's baseline is fitted; a zero
	// period leaves the choice to the energy rules (the first full year).
	Baseline Period
	// SubmeterOf is the meter of the site that already counts what this one
	// does: of a sub-meter, or of a heat meter behind a gas boiler.
	SubmeterOf EquipmentID
	// BalanceMaxPct is how much of this meter, in per cent, its sub-meters may
	// leave unexplained before it is said; 0 for never.
	BalanceMaxPct float64
	// Terms, of a virtual meter, are summed. Allocated says that they are
	// shares of a meter that serves several buildings.
	Terms     []MeterTerm
	Allocated bool
	// Serves are the shares of buildings in this meter, each from its day on
	// until the building's next one.
	Serves []Share
	// Tank, when not nil, is a store whose use is known by levels and deliveries.
	Tank *Tank
}

// MeterTerm is one part of a virtual meter. Its weight is dated; before the
// first weight nothing is known of it.
type MeterTerm struct {
	Site      SiteID
	Meter     EquipmentID
	Direction Direction
	Weights   []Weight
}

// Weight is the factor of a term from an instant on: 1, -1, or a share.
type Weight struct {
	From  time.Time
	Value float64
}

// Share is the part of a meter, 0 to 1, that serves a building (a building of
// the site or another site) from a day on. Method says how it was found.
type Share struct {
	Building string
	Share    float64
	Method   string
	From     time.Time
}

// GasVolume says how m³ of gas become kWh: m³ × (AirMbar + PressureMbar)/1013.25
// × 273.15/(273.15 + TempC) × the calorific value of the date. Normal is set
// for a converter, whose m³(n) are multiplied by the calorific value alone.
type GasVolume struct {
	Normal                       bool
	AirMbar, PressureMbar, TempC float64
	// Absolute says that the meter's point gas_pressure_mbar includes AirMbar.
	Absolute bool
	// Values are the gross calorific values, oldest first.
	Values []CalorificValue
}

// CalorificValue is the gross calorific value (PCS) in kWh/m³(n), at 0 °C and
// 1013.25 mbar, from a day on.
type CalorificValue struct {
	From      time.Time
	KWhPerM3n float64
}

// Tank is a store of fuel. Capacity and DipstickError are in Unit (l or kg).
type Tank struct {
	Unit                    string
	Capacity, DipstickError float64
	// FullOnDelivery says that every delivery fills the tank.
	FullOnDelivery bool
}

// MeterSwap is the replacement of a meter: the old index at which it stopped
// and the new index from which its successor counts.
type MeterSwap struct {
	At       time.Time
	OldIndex float64
	NewIndex float64
}

// Period is a span of days from From (included) to To (excluded), both at
// midnight of the site. The zero Period means "not given".
type Period struct {
	From, To time.Time
}

// IsZero reports whether the period was not given.
func (p Period) IsZero() bool { return p.From.IsZero() && p.To.IsZero() }

// Normalise returns the m³(n) in one m³ of gas at an absolute pressure in mbar
// and a temperature in °C; a converter's volume is normal already.
func (g *GasVolume) Normalise(mbar, celsius float64) float64 {
	if g.Normal {
		return 1
	}
	return mbar / 1013.25 * 273.15 / (273.15 + celsius)
}
