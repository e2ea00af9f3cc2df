package api

import (
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Catalogue is what can be asked for: the sites with their equipment and
// meters, and the kinds with their names.
type Catalogue struct {
	At       time.Time     `json:"at"`
	Sites    []Site        `json:"sites"`
	Kinds    []Kind        `json:"kinds"`
	Carriers []gtc.Carrier `json:"carriers"`
	// Classes are the alarm classes with the trade that acts.
	Classes []AlarmClass `json:"classes"`
	// OnCall is who is on call now, a rota each, none when there is no rota; nil
	// of a hub that does not tell.
	OnCall []OnCall `json:"on_call"`
}

// OnCall is who a rota calls now. How to reach them is not said here.
type OnCall struct {
	Rota string `json:"rota"`
	// Name is what screens call the rota, "" of one that has only an id.
	Name string `json:"name,omitempty"`
	// Person is a name, "" when nobody of the rota is there.
	Person string `json:"person"`
	// Until is when that changes, zero when it is not known to change.
	Until time.Time `json:"until,omitzero"`
}

// Site is one site of the catalogue.
type Site struct {
	ID       gtc.SiteID     `json:"id"`
	Label    gtc.Label      `json:"label"`
	Category gtc.Category   `json:"category"`
	TimeZone string         `json:"time_zone"`
	AreaM2   float64        `json:"area_m2,omitempty"`
	Devices  []gtc.DeviceID `json:"devices"`
	// Equipment is what has at least one public point.
	Equipment []Equipment `json:"equipment"`
	Meters    []Meter     `json:"meters"`
}

// Equipment is one equipment with its points.
type Equipment struct {
	ID     gtc.EquipmentID `json:"id"`
	Kind   gtc.Kind        `json:"kind"`
	Label  gtc.Label       `json:"label"`
	Points []Point         `json:"points"`
}

// Point is one public point of an equipment.
type Point struct {
	ID    gtc.PointID `json:"id"`
	Label gtc.Label   `json:"label"`
	// Unit is the unit as shown, "" for states and counts.
	Unit string `json:"unit,omitempty"`
	// Type is float, bool or enum.
	Type string `json:"type"`
	// Counter tells that the point is a cumulative index.
	Counter bool `json:"counter,omitempty"`
	// Enum names the states of an enumeration by their number.
	Enum map[int]gtc.Label `json:"enum,omitempty"`
}

// Meter is one metered direction of a site.
type Meter struct {
	ID        gtc.EquipmentID `json:"id"`
	Label     gtc.Label       `json:"label"`
	Carrier   gtc.Carrier     `json:"carrier"`
	Direction gtc.Direction   `json:"direction"`
}

// Kind names a kind of equipment.
type Kind struct {
	ID    gtc.Kind  `json:"id"`
	Label gtc.Label `json:"label"`
}

// AlarmClass names a class of alarms.
type AlarmClass struct {
	ID         string       `json:"id"`
	Label      gtc.Label    `json:"label"`
	Priority   gtc.Priority `json:"priority"`
	Discipline string       `json:"discipline,omitempty"`
}
