package alarm_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// said are the changes of events, in order.
func said(events []gtc.Event) (out []string) {
	for _, ev := range events {
		out = append(out, ev.Subject+" "+ev.To)
	}
	return out
}

func TestStore(t *testing.T) {
	_, classes := load(t)
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	e := alarm.New(classes, nil, nil)
	var got []string
	step := func(after time.Duration, away, refused bool) {
		at := start.Add(after)
		e.Tick(at)
		got = append(got, said(e.Store(alarm.Store{At: at, Away: away, Refused: refused}))...)
	}
	for s := range 280 { // a short absence calls nobody
		step(time.Duration(s)*time.Second, true, false)
	}
	step(281*time.Second, false, false)
	require.Empty(t, got)
	for s := range 310 {
		step(10*time.Minute+time.Duration(s)*time.Second, true, false)
	}
	require.Equal(t, []string{"hub/influxdb/store_away unacknowledged"}, got)
	// It is there, and refuses: another thing to do.
	for s := range 40 {
		step(20*time.Minute+time.Duration(s)*time.Second, true, true)
	}
	require.Equal(t, []string{
		"hub/influxdb/store_away unacknowledged", "hub/influxdb/store_away returned_unacknowledged",
		"hub/influxdb/store_refused unacknowledged",
	}, got)

	again := alarm.New(classes, nil, e.Alarms())
	for s := range 40 {
		at := start.Add(30*time.Minute + time.Duration(s)*time.Second)
		again.Tick(at)
		got = append(got, said(again.Store(alarm.Store{At: at}))...)
	}
	require.Equal(t, "hub/influxdb/store_refused returned_unacknowledged", got[len(got)-1])
	require.Len(t, got, 4)
}

// late is a site of which a backlog arrives, with a boiler and a meter.
func late(t *testing.T) (e *alarm.Engine, sample func(at time.Time, eq gtc.EquipmentID, k gtc.Kind, p gtc.PointID, v gtc.Value) []gtc.Sample, start time.Time) {
	t.Helper()
	_, classes := load(t)
	site := gtc.Site{ID: "s", Location: time.UTC, Equipment: []gtc.Equipment{
		{ID: "boiler", Kind: "boiler"}, {ID: "meter", Kind: gtc.KindElectricityMeter}, {ID: "panel", Kind: gtc.KindFirePanel},
	}}
	e = alarm.New(classes, []gtc.Site{site}, nil)
	start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	sample = func(at time.Time, eq gtc.EquipmentID, k gtc.Kind, p gtc.PointID, v gtc.Value) []gtc.Sample {
		return []gtc.Sample{{Series: gtc.Series{Site: "s", Kind: k, Equipment: eq, Point: p}, At: at, Value: v, Quality: gtc.QualityGood}}
	}
	return e, sample, start
}

// A live sample comes 30 hours after the cut began, ahead of the samples of
// those hours: the meter that they hold is not missing, a lockout that began and
// ended in them calls nobody, and one that goes on does.
func TestALiveSampleDoesNotJudgeWhatIsOnItsWay(t *testing.T) {
	e, sample, start := late(t)
	lockout := func(at time.Time, v bool) []gtc.Sample { return sample(at, "boiler", "boiler", "lockout", gtc.Bool(v)) }
	index := func(at time.Time, kwh float64) []gtc.Sample {
		return sample(at, "meter", gtc.KindElectricityMeter, "energy_import_kwh", gtc.Float(kwh))
	}
	back := start.Add(30 * time.Hour)
	e.Tick(start)
	require.Empty(t, e.Observe(index(start, 1)))
	require.Empty(t, e.Observe(lockout(start, false)))
	e.Tick(back)
	require.Empty(t, e.ObserveLive(sample(back, "boiler", "boiler", "flow_temp", gtc.Float(60))))
	e.Health(alarm.Health{Site: "s", At: back, Queued: 1800})
	e.Health(alarm.Health{Site: "s", At: back.Add(40 * time.Second), Queued: 1800}) // the edge is no longer lost
	for m := range 30 * 60 {
		at := start.Add(time.Duration(m+1) * time.Minute)
		var events []gtc.Event
		events = append(events, e.Observe(index(at, float64(m)))...)
		switch m {
		case 100:
			events = append(events, e.Observe(lockout(at, true))...)
			events = append(events, e.Observe(lockout(at.Add(30*time.Second), false))...)
		case 1799:
			events = append(events, e.Observe(lockout(at, true))...)
		}
		events = append(events, e.Tick(back.Add(time.Second))...)
		for _, ev := range events {
			require.NotContains(t, []string{"s/meter/electricity_meter_silent", "s/boiler/boiler_lockout"}, ev.Subject, "at %s", at)
		}
	}
	e.Tick(back.Add(time.Minute))
	events := e.Observe(index(back.Add(61*time.Second), 1800))
	require.Contains(t, said(events), "s/boiler/boiler_lockout unacknowledged")
}

// A device is not called lost while the site's messages wait, unless it serves
// a fire panel, whose silence the heartbeat knows.
func TestALostDeviceWaitsForTheBacklog(t *testing.T) {
	e, sample, start := late(t)
	beat := func(at time.Time, queued uint64) []gtc.Event {
		e.Tick(at)
		return e.Health(alarm.Health{Site: "s", At: at, Queued: queued, Devices: []alarm.Device{
			{ID: "plc", Equipment: []gtc.EquipmentID{"boiler"}, Known: true, LastSuccess: start},
			{ID: "central", Equipment: []gtc.EquipmentID{"panel"}, Known: true, LastSuccess: start},
		}})
	}
	require.Empty(t, beat(start.Add(15*time.Second), 40))
	var got []string
	for s := 30; s <= 300; s += 15 {
		got = append(got, said(beat(start.Add(time.Duration(s)*time.Second), 40))...)
	}
	require.Equal(t, []string{"s/central/device_lost unacknowledged"}, got)
	// What waits has come up to the time: now it is lost, since then.
	require.Empty(t, e.Observe(sample(start.Add(50*time.Second), "meter", gtc.KindElectricityMeter, "energy_import_kwh", gtc.Float(1))))
	events := e.Observe(sample(start.Add(70*time.Second), "meter", gtc.KindElectricityMeter, "energy_import_kwh", gtc.Float(1)))
	require.Equal(t, []string{"s/plc/device_lost unacknowledged"}, said(events))
	a, ok := e.Alarm("s/plc/device_lost")
	require.True(t, ok)
	require.Equal(t, start, a.Since, "since its last answer")
}
