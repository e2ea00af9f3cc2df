package api

import (
	"time"

	"github.com/cpas-charleroi/gtc"
)

// HistoryQuery asks for the changes of alarms in a time.
type HistoryQuery struct {
	Sites      []gtc.SiteID
	Priorities []gtc.Priority
	From, To   time.Time
	// Limit is the most changes, [MostChanges] when 0.
	Limit int
}

// MostChanges is how many changes of alarms one answer has at most.
const MostChanges = 10_000

// AlarmHistory is the changes of alarms in a time, newest first.
type AlarmHistory struct {
	At      time.Time     `json:"at"`
	From    time.Time     `json:"from"`
	To      time.Time     `json:"to"`
	Changes []AlarmChange `json:"changes"`
	// Cut tells that there are more, older ones.
	Cut bool `json:"cut"`
}

// AlarmChange is one change of state of an alarm.
type AlarmChange struct {
	At time.Time `json:"at"`
	// Alarm is its id, site/equipment/class.
	Alarm          string          `json:"alarm"`
	Class          string          `json:"class"`
	Site           gtc.SiteID      `json:"site"`
	SiteLabel      gtc.Label       `json:"site_label,omitempty"`
	Equipment      gtc.EquipmentID `json:"equipment"`
	EquipmentLabel gtc.Label       `json:"equipment_label,omitempty"`
	Label          gtc.Label       `json:"label,omitempty"`
	Discipline     string          `json:"discipline,omitempty"`
	Priority       gtc.Priority    `json:"priority"`
	From           gtc.AlarmState  `json:"from"`
	To             gtc.AlarmState  `json:"to"`
	Actor          string          `json:"actor,omitempty"`
	Reason         string          `json:"reason,omitempty"`
	Value          *float64        `json:"value,omitempty"`
}

// Collectors is the edges and devices of the sites.
type Collectors struct {
	At    time.Time `json:"at"`
	Edges []Edge    `json:"edges"`
}

// Edge is the collector of one site.
type Edge struct {
	Site      gtc.SiteID   `json:"site"`
	SiteLabel gtc.Label    `json:"site_label"`
	Category  gtc.Category `json:"category"`
	// Linked tells whether the heartbeat arrives, Since since when that has
	// been so; Heard is false before the first heartbeat.
	Linked bool      `json:"linked"`
	Heard  bool      `json:"heard"`
	Since  time.Time `json:"since,omitzero"`
	// Backlog is the number of messages the edge still holds for the hub.
	Backlog uint64 `json:"backlog"`
	// Delivery is in_order, late or lost; LateSeconds the age of the oldest
	// sample on its way, Waiting how many messages are, Lost what was discarded.
	// Known is false when the edge is not linked and may hold more.
	Delivery    string  `json:"delivery"`
	Known       bool    `json:"known"`
	LateSeconds float64 `json:"late_s"`
	Waiting     uint64  `json:"waiting"`
	Lost        uint64  `json:"lost"`
	// Newest is the instant of the newest sample.
	Newest      time.Time `json:"newest,omitzero"`
	Points      int       `json:"points"`
	StalePoints int       `json:"stale_points"`
	Devices     []Device  `json:"devices"`
}

// Device is the health of one device.
type Device struct {
	ID      gtc.DeviceID `json:"id"`
	Profile string       `json:"profile"`
	Online  bool         `json:"online"`
	// Known is false until the device has been tried.
	Known       bool      `json:"known"`
	LastSuccess time.Time `json:"last_success,omitzero"`
	LastError   string    `json:"last_error,omitempty"`
	Polls       uint64    `json:"polls"`
	Errors      uint64    `json:"errors"`
	Timeouts    uint64    `json:"timeouts"`
	Reconnects  uint64    `json:"reconnects"`
	Refused     int       `json:"refused"`
	P50MS       float64   `json:"p50_ms"`
	P95MS       float64   `json:"p95_ms"`
}
