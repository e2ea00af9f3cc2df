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

// Meter says how one index of an equipment counts as energy or volume.
type Meter struct {
	// Equipment is the metering equipment, also the meter's id.
	Equipment EquipmentID
	// Kind is the equipment's kind.
	Kind Kind
	// Point is the index that is differenced, for example volume_m3.
	Point     PointID
	Carrier   Carrier
	Direction Direction
	Label     Label
	// EAN is the access point's number, "" for a submeter.
	EAN string
	// KWhPerUnit converts the index's unit to kWh: 1 for a kWh index, the
	// calorific value (PCS, kWh/m³ at operating conditions) for gas. 0 means
	// that the medium is not energy (water).
	KWhPerUnit float64
	// RolloverAt is the index at which the register wraps to 0, 0 if unknown.
	RolloverAt float64
	// MaxPerHour is the largest plausible increase of the index in one hour,
	// in the index's unit; a faster rise is refused. 0 means no limit.
	MaxPerHour float64
	// Swaps are the replacements of the meter, oldest first.
	Swaps []MeterSwap
	// Baseline is the period on which the meter's baseline is fitted; a zero
	// period leaves the choice to the energy rules (the first full year).
	Baseline Period
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
