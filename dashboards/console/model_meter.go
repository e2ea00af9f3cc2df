package console

import (
	"time"

	"github.com/cpas-charleroi/gtc"
)

// The ways in which a meter comes to its figures.
const (
	MadeOfIndex  = "index"
	MadeOfMeters = "virtual"
	MadeOfShare  = "allocated"
	MadeOfTank   = "tank"
)

// MeterNature says how a meter comes to its figures and where they count.
type MeterNature struct {
	// Made is one of the MadeOf words.
	Made string `json:"made"`
	// InTotal tells that the meter is part of the site's use of its carrier;
	// SubmeterOf is the meter that already counts what it does.
	InTotal    bool            `json:"in_total"`
	SubmeterOf gtc.EquipmentID `json:"submeter_of,omitempty"`
	// Terms are the meters that it is made of.
	Terms []MeterTerm `json:"terms,omitempty"`
	// Serves are the shares of buildings in it, by date.
	Serves []MeterShare `json:"serves,omitempty"`
}

// MeterTerm is one part of a virtual meter: its weight (1, -1 or a share) at
// present.
type MeterTerm struct {
	Site      gtc.SiteID      `json:"site"`
	Meter     gtc.EquipmentID `json:"meter"`
	Direction gtc.Direction   `json:"direction"`
	Weight    float64         `json:"weight"`
}

// MeterShare is the share, 0 to 1, of a building from a day on; Method says how
// it was found.
type MeterShare struct {
	Building string    `json:"building"`
	Share    float64   `json:"share"`
	Method   string    `json:"method"`
	From     time.Time `json:"from"`
}

// MeterBalance holds a meter against its sub-meters of the same carrier over
// the last days that all of them measured.
type MeterBalance struct {
	Days      int               `json:"days"`
	Submeters []gtc.EquipmentID `json:"submeters"`
	KWh       float64           `json:"kwh"`
	SubKWh    float64           `json:"sub_kwh"`
	RestKWh   float64           `json:"rest_kwh"`
	RestPct   float64           `json:"rest_pct"`
	// LimitPct is the most that may be left unexplained, 0 for no limit; Beyond
	// tells that the balance cannot be or is past the limit.
	LimitPct float64 `json:"limit_pct"`
	Beyond   bool    `json:"beyond"`
}
