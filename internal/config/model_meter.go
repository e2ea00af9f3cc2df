package config

import (
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Meter says how one index counts as energy. It is one of three: an index
// (equipment and point), a virtual meter (id and virtual), or a tank
// (equipment and tank).
type Meter struct {
	// ID names a virtual meter; any other has the id of its equipment.
	ID         gtc.EquipmentID `yaml:"id"`
	Equipment  gtc.EquipmentID `yaml:"equipment"`
	Point      gtc.PointID     `yaml:"point"`
	Carrier    gtc.Carrier     `yaml:"carrier"`
	Direction  gtc.Direction   `yaml:"direction"`
	Label      gtc.Label       `yaml:"label"`
	EAN        string          `yaml:"ean"`
	KWhPerUnit float64         `yaml:"kwh_per_unit"`
	// Gas converts m³ with dated calorific values, instead of KWhPerUnit.
	Gas        *GasVolume `yaml:"gas"`
	RolloverAt float64    `yaml:"rollover_at"`
	MaxPerHour float64    `yaml:"max_per_hour"`
	// SubscribedKW is the power contracted for, of an electricity meter.
	SubscribedKW float64 `yaml:"subscribed_kw"`
	Swaps        []Swap  `yaml:"swaps"`
	// Baseline is "FROM..TO" (both days included), empty for automatic.
	Baseline string `yaml:"baseline"`
	// SubmeterOf is the meter of the site that already counts what this one does.
	SubmeterOf gtc.EquipmentID `yaml:"submeter_of"`
	// BalanceMaxPct is how much of the meter its sub-meters may leave unexplained.
	BalanceMaxPct float64  `yaml:"balance_max_pct"`
	Virtual       *Virtual `yaml:"virtual"`
	Serves        []Share  `yaml:"serves"`
	Tank          *Tank    `yaml:"tank"`

	// terms are those of a meter that was made from shares.
	terms []gtc.MeterTerm
}

// key names the meter within its site.
func (m *Meter) key() gtc.EquipmentID {
	if m.ID != "" {
		return m.ID
	}
	return m.Equipment
}

// Swap is a meter replacement as written in a site file.
type Swap struct {
	At       time.Time `yaml:"at"`
	OldIndex float64   `yaml:"old_index"`
	NewIndex float64   `yaml:"new_index"`
}

// GasVolume says how the m³ of a gas meter become kWh. A converter's volume
// (volume_n_m3) takes the network only.
type GasVolume struct {
	// AltitudeM or AirMbar gives the air pressure of the site.
	AltitudeM *float64 `yaml:"altitude_m"`
	AirMbar   float64  `yaml:"air_mbar"`
	// PressureMbar is the gauge pressure, TempC the temperature of the gas at
	// the meter, where its own points do not say them.
	PressureMbar *float64 `yaml:"pressure_mbar"`
	TempC        *float64 `yaml:"temp_c"`
	// PressurePoint says what gas_pressure_mbar counts: gauge (if not given) or
	// absolute.
	PressurePoint string `yaml:"pressure_point"`
	// Network chooses among the calorific values, "" where there is one network.
	Network string `yaml:"network"`
}

// CalorificValue is a dated gross calorific value of a network.
type CalorificValue struct {
	From      Date    `yaml:"from"`
	KWhPerM3n float64 `yaml:"kwh_per_m3n"`
	Network   string  `yaml:"network"`
	Source    string  `yaml:"source"`
}

// Virtual says of which meters a virtual one is the sum and the difference,
// each written meter or meter/direction.
type Virtual struct {
	Add      []string `yaml:"add"`
	Subtract []string `yaml:"subtract"`
}

// Share is the part of a meter that serves a building, from a day on.
type Share struct {
	// Building is the id of another site, or of a building of this one.
	Building string  `yaml:"building"`
	Share    float64 `yaml:"share"`
	// Method is area, people, submeter, agreement or estimate.
	Method string `yaml:"method"`
	From   Date   `yaml:"from"`
}

// Tank is a store of fuel.
type Tank struct {
	// Fuel is heating_oil, propane or pellets.
	Fuel string `yaml:"fuel"`
	// Unit of levels and deliveries: l or kg.
	Unit     string  `yaml:"unit"`
	Capacity float64 `yaml:"capacity"`
	// Basis of the meter's kwh_per_unit: pci or pcs.
	Basis string `yaml:"basis"`
	// DipstickError is how far a level may be off, in the unit.
	DipstickError float64 `yaml:"dipstick_error"`
	// FullOnDelivery says that every delivery fills the tank.
	FullOnDelivery bool `yaml:"full_on_delivery"`
}

// Building is one building of a site of several.
type Building struct {
	ID     string    `yaml:"id"`
	Label  gtc.Label `yaml:"label"`
	AreaM2 float64   `yaml:"area_m2"`
}
