package console

import (
	"context"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/coldroom"
)

// ColdModel answers the questions about cold rooms.
type ColdModel interface {
	// ColdRooms returns every cold room, in order of site and room.
	ColdRooms(ctx context.Context) ([]ColdRoom, error)
	// ColdRecord returns the record of a room over a calendar month of its
	// site; [ErrUnknown] when there is no such room.
	ColdRecord(ctx context.Context, site gtc.SiteID, room gtc.EquipmentID, year int, month time.Month) (ColdRecord, error)
}

// ColdRoom is one cold room.
type ColdRoom struct {
	Site      gtc.SiteID      `json:"site"`
	SiteLabel gtc.Label       `json:"site_label,omitempty"`
	Equipment gtc.EquipmentID `json:"equipment"`
	Label     gtc.Label       `json:"label,omitempty"`
	// TimeZone is the IANA name of the calendar of its days.
	TimeZone string `json:"time_zone"`
}

// ColdRecord is the temperature record of a room over a month.
type ColdRecord struct {
	ColdRoom
	// At is the instant the record was made.
	At time.Time `json:"at"`
	coldroom.Record
	// Alarms are those of the room in the month, oldest first.
	Alarms []ColdAlarm `json:"alarms"`
}

// ColdAlarm is one occurrence of an alarm of a cold room.
type ColdAlarm struct {
	ID       string       `json:"id"`
	Label    gtc.Label    `json:"label,omitempty"`
	Priority gtc.Priority `json:"priority"`
	From     time.Time    `json:"from"`
	// To is when it returned, zero while it stands.
	To time.Time `json:"to,omitzero"`
	// Taken is when somebody took it in charge, By who; zero and "" while
	// nobody has.
	Taken time.Time `json:"taken,omitzero"`
	By    string    `json:"by,omitempty"`
	// Actions are what people wrote and the steps they ticked.
	Actions []ColdAction `json:"actions"`
}

// ColdAction is what somebody noted beside an alarm.
type ColdAction struct {
	At   time.Time `json:"at"`
	By   string    `json:"by"`
	Text string    `json:"text"`
}
