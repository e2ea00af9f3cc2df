package hub

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// store puts a sample into the hub's stream, as a pull does.
func (c *centre) store(t *testing.T, s gtc.Series, v gtc.Value) {
	t.Helper()
	m := nats.NewMsg("in." + string(s.Site) + ".sample")
	m.Header.Set(bus.HeaderFormat, bus.FormatLines)
	m.Header.Set(bus.HeaderDatabase, string(influx.Raw))
	m.Data = influx.AppendSamples(nil, []gtc.Sample{{Series: s, At: c.at, Value: v, Quality: gtc.QualityGood}})
	_, err := c.bus.Conn().RequestMsg(m, 10*time.Second)
	require.NoError(t, err)
}

// drain judges and acknowledges everything in the stream.
func (c *centre) drain(t *testing.T) {
	t.Helper()
	until, err := c.alarms.stored()
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = c.bus.Consume(ctx, bus.StreamSamples, judgedBy, 256, c.onStored)
	}()
	require.Eventually(t, func() bool {
		acked, err := c.acked(ctx)
		return err == nil && acked >= until
	}, 30*time.Second, 10*time.Millisecond)
	stop()
	<-done
}

// beat is a heartbeat of a site that is all well.
func (c *centre) beat(site gtc.SiteID) {
	h := bus.Health{Site: site, At: c.at}
	for _, d := range c.byID[site].devices {
		h.Devices = append(h.Devices, bus.DeviceHealth{Device: d.ID, Online: true, Known: true, LastSuccess: c.at})
	}
	c.onHealth(h)
	c.alarms.pass(c.at)
}

func (c *centre) stateOf(t *testing.T, id string) gtc.AlarmState {
	t.Helper()
	a, ok := c.alarms.alarm(id)
	require.True(t, ok, id)
	return a.State
}

func TestRunningDelaysOutliveTheHub(t *testing.T) {
	c := newCentre(t, influxtest.Start(t))
	test := c.find(t, gtc.KindFirePanel, "test")
	id := alarm.ID(test.Site, test.Equipment, "fire_test")
	begin := c.at
	for i, on := range []bool{true, false, true} {
		c.at = begin.Add(time.Duration(i) * time.Minute)
		c.store(t, test, gtc.Bool(on))
		c.drain(t)
		if i == 0 {
			c.keepRecall(t.Context()) // what comes after it is only in the stream
		}
	}
	for d := 30 * time.Minute; d < 4*time.Hour; d += 30 * time.Minute {
		c = c.again(t) // killed: nothing is kept at its end
		c.at = begin.Add(d)
		c.beat(test.Site)
		c.store(t, test, gtc.Bool(true))
		c.drain(t)
		want := gtc.AlarmNormal
		if d > 2*time.Hour { // of the test that began after two minutes
			want = gtc.AlarmUnacknowledged
		}
		require.Equal(t, want, c.stateOf(t, id), "%s", d)
		if d > time.Hour {
			c.keepRecall(t.Context())
		}
	}
	require.Len(t, c.storedEvents(t, id), 1, "said once")
	a, _ := c.alarms.alarm(id)
	require.Equal(t, begin.Add(2*time.Minute), a.Since)
}

func TestAHeartbeatIsNotAheadOfWhatTheHubHasToJudge(t *testing.T) {
	c := newCentre(t, influxtest.Start(t))
	meter := c.find(t, gtc.KindElectricityMeter, "energy_import_kwh")
	id := alarm.ID(meter.Site, meter.Equipment, "electricity_meter_silent")
	c.store(t, meter, gtc.Float(100))
	c.drain(t)
	c.keepRecall(t.Context())

	// The hub was away for more than a day. The edge has handed over what it
	// kept, the hub has not judged it yet.
	c = c.again(t)
	c.at = c.at.Add(30 * time.Hour)
	c.store(t, meter, gtc.Float(101))
	c.beat(meter.Site)
	require.Equal(t, gtc.AlarmNormal, c.stateOf(t, id))
	c.drain(t)
	c.beat(meter.Site)
	require.Equal(t, gtc.AlarmNormal, c.stateOf(t, id))

	// From then on it is silent, whoever judges it.
	c.keepRecall(t.Context())
	c = c.again(t)
	c.at = c.at.Add(25 * time.Hour)
	c.beat(meter.Site)
	require.Equal(t, gtc.AlarmUnacknowledged, c.stateOf(t, id))
}

func TestWhatIsKeptOfAFormerSiteIsForgotten(t *testing.T) {
	c := newCentre(t, influxtest.Start(t))
	require.NoError(t, putJSON(t.Context(), c.bus.State(), keyRecall+"former", recalled{Recall: alarm.Recall{Site: "former"}}))
	_, err := c.bus.State().Put(t.Context(), keyRecall+"broken", []byte("no JSON"))
	require.NoError(t, err)
	c = c.again(t) // starts all the same
	c.keepRecall(t.Context())
	kept, err := restoreState[recalled](t.Context(), c.bus.State(), keyRecall)
	require.NoError(t, err)
	for _, r := range kept {
		require.Contains(t, c.byID, r.Recall.Site)
	}
}

// A hub that was restored from a backup has what was kept then, and a stream
// that begins anew: what came meanwhile it never sees.
func TestWhatIsKeptOfAnotherStreamIsForgotten(t *testing.T) {
	c := newCentre(t, influxtest.Start(t))
	meter := c.find(t, gtc.KindElectricityMeter, "energy_import_kwh")
	id := alarm.ID(meter.Site, meter.Equipment, "electricity_meter_silent")
	c.store(t, meter, gtc.Float(100))
	c.drain(t)
	r, ok := c.alarms.recall(meter.Site)
	require.True(t, ok)
	r.Seq = 1000
	require.NoError(t, putJSON(t.Context(), c.bus.State(), keyRecall+string(meter.Site), r))
	c = c.again(t)
	c.at = c.at.Add(30 * time.Hour)
	c.beat(meter.Site)
	require.Equal(t, gtc.AlarmNormal, c.stateOf(t, id))
	kept, err := restoreState[recalled](t.Context(), c.bus.State(), keyRecall)
	require.NoError(t, err)
	require.Empty(t, kept)
}
