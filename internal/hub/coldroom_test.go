package hub

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/rules/coldroom"
)

// The record of a cold room is made of what InfluxDB and the events hold: the
// temperatures with their gap, and the alarm with who took it and what was done.
func TestColdRecordFromInfluxDB(t *testing.T) {
	db := influxtest.Start(t)
	require.NoError(t, db.EnsureDatabases(t.Context()))
	c := newCentre(t, db)
	rooms, err := c.ColdRooms(t.Context())
	require.NoError(t, err)
	require.Len(t, rooms, 2)
	room := rooms[0]
	require.Equal(t, "Chambre froide", room.Label.In("fr"))
	loc := c.byID[room.Site].Location
	year, month, _ := c.at.In(loc).Date()
	from, _ := coldroom.Month(year, month, loc)
	c.at = from.Add(30 * time.Hour)
	id := gtc.Series{Site: room.Site, Kind: kindColdRoom, Equipment: room.Equipment}
	series := func(p gtc.PointID) gtc.Series { s := id; s.Point = p; return s }
	var lines []byte
	for at := from; at.Before(c.at); at = at.Add(30 * time.Minute) {
		if h := at.Sub(from).Hours(); h > 10 && h < 15 {
			continue
		}
		lines = influx.AppendSamples(lines, []gtc.Sample{
			{Series: series(coldroom.AirTemp), At: at, Value: gtc.Float(4)}, {Series: series(coldroom.SetPoint), At: at, Value: gtc.Float(3)},
		})
	}
	require.NoError(t, db.Write(t.Context(), influx.Raw, lines))
	alarmID, began := string(room.Site)+"/"+string(room.Equipment)+"/cold_room_warm", c.at.Add(-time.Hour)
	for i, ev := range []gtc.Event{
		{Kind: gtc.EventAlarm, From: "normal", To: "unacknowledged", Actor: "rules/alarm", Priority: 2},
		{Kind: gtc.EventAlarm, From: "unacknowledged", To: "acknowledged", Actor: "chef"},
		{Kind: gtc.EventComment, To: "comment", Actor: "chef", Reason: "porte fermée"},
		{Kind: gtc.EventAlarm, From: "acknowledged", To: "normal", Actor: "rules/alarm"},
		{Kind: gtc.EventComment, To: "comment", Actor: "frigoriste", Reason: "joint remplacé"},
	} {
		ev.ID, ev.Site, ev.Subject, ev.Equipment = alarmID+string(rune('a'+i)), room.Site, alarmID, room.Equipment
		ev.At = began.Add(time.Duration(i) * time.Minute)
		require.NoError(t, c.bus.PublishEvent(t.Context(), ev))
	}
	other := gtc.Event{ID: "other", Site: room.Site, Subject: "x/y/z", Equipment: "other", At: began, Kind: gtc.EventAlarm, To: "unacknowledged"}
	require.NoError(t, c.bus.PublishEvent(t.Context(), other))

	r, err := c.ColdRecord(t.Context(), room.Site, room.Equipment, year, month)
	require.NoError(t, err)
	require.Equal(t, []coldroom.Gap{{From: from.Add(11 * time.Hour).UTC(), To: from.Add(15 * time.Hour).UTC()}}, r.Gaps)
	require.InDelta(t, 26*60, r.Month.Recorded, 1e-6)
	require.InDelta(t, 0, *r.Month.Warm, 0)
	require.True(t, r.Fixed, "this room has no set point to read, but a limit of its own")
	require.InDelta(t, 7, *r.Highest, 0)
	require.Nil(t, r.Month.Doors, "no contact was read")
	require.Len(t, r.Alarms, 1)
	a := r.Alarms[0]
	require.Equal(t, "Chambre froide trop chaude", a.Label.In("fr"))
	require.Equal(t, "chef", a.By)
	require.Equal(t, began.Add(time.Minute).UTC(), a.Taken)
	require.Equal(t, began.Add(3*time.Minute).UTC(), a.To)
	require.Equal(t, []console.ColdAction{
		{At: began.Add(2 * time.Minute).UTC(), By: "chef", Text: "porte fermée"},
		{At: began.Add(4 * time.Minute).UTC(), By: "frigoriste", Text: "joint remplacé"},
	}, a.Actions)
	_, err = c.ColdRecord(t.Context(), room.Site, "chaudiere", year, month)
	require.ErrorIs(t, err, console.ErrUnknown)
	_, err = c.ColdRecord(t.Context(), "nowhere", room.Equipment, year, month)
	require.ErrorIs(t, err, console.ErrUnknown)
}
