package hub

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// centre is a hub on the demo's configuration with a clock of the test's. Its
// parts are real; nothing runs unless the test says so.
type centre struct {
	*Hub
	at time.Time
}

func newCentre(t *testing.T, db *influx.Client) *centre {
	t.Helper()
	return newCentreOf(t, db, "../../deploy/demo")
}

// newCentreOf is a hub on the configuration in a folder.
func newCentreOf(t *testing.T, db *influx.Client, dir string) *centre {
	t.Helper()
	cfg, err := config.Load(dir)
	require.NoError(t, err)
	cat, err := catalogue.Load()
	require.NoError(t, err)
	classes, err := alarm.Library(cat)
	require.NoError(t, err)
	passwords := map[gtc.SiteID]string{}
	for _, s := range cfg.Sites {
		passwords[s.ID] = "password of this test"
	}
	b, err := bus.StartHub(t.Context(), bus.HubOptions{LeafListen: "127.0.0.1:0", Dir: t.TempDir(), Sites: passwords, NoSync: true, Log: zerolog.Nop()})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	c := &centre{at: time.Now().UTC().Truncate(time.Second)}
	c.Hub, err = New(t.Context(), Options{
		Config: cfg, Catalogue: cat, Classes: classes, Bus: b, Influx: db, Listener: l,
		Now: func() time.Time { return c.at }, Log: zerolog.Nop(), Registry: prometheus.NewRegistry(),
	})
	require.NoError(t, err)
	return c
}

// everything gives every point of a site a value now.
func (c *centre) everything(site gtc.SiteID) {
	info := c.byID[site]
	var lines []byte
	for _, p := range info.points {
		v := gtc.Value{Type: p.meta.Type}
		lines = influx.AppendSamples(lines, []gtc.Sample{{Series: p.Series, At: c.at, Value: v}})
	}
	c.take(site, lines, true)
	h := bus.Health{Site: site, At: c.at}
	for _, d := range info.devices {
		h.Devices = append(h.Devices, bus.DeviceHealth{Device: d.ID, Online: true, Known: true, LastSuccess: c.at})
	}
	c.onHealth(h)
}

func (c *centre) state(t *testing.T, site gtc.SiteID) console.SiteSummary {
	t.Helper()
	d, err := c.Site(t.Context(), site)
	require.NoError(t, err)
	return d.SiteSummary
}

func TestASiteIsUnknownUntilHeardOfAndStaleWhenNotAnyMore(t *testing.T) {
	c := newCentre(t, influxtest.Start(t))
	s := c.state(t, "abri-nuit")
	require.Equal(t, console.StateUnknown, s.State, "nothing is known")
	require.Equal(t, s.Points, s.StalePoints)

	c.everything("abri-nuit")
	s = c.state(t, "abri-nuit")
	require.Equal(t, console.StateNormal, s.State)
	require.Zero(t, s.StalePoints)

	c.at = c.at.Add(4 * time.Second) // three intervals of the 1 s points
	s = c.state(t, "abri-nuit")
	require.Equal(t, console.StateStale, s.State)
	require.Positive(t, s.StalePoints)
	require.Less(t, s.StalePoints, s.Points, "slower points are still current")

	c.at = c.at.Add(10 * time.Minute)
	c.alarms.tick(c.at, alarm.Store{At: c.at})
	s = c.state(t, "abri-nuit")
	require.False(t, s.Linked)
	require.NotEqual(t, console.StateNormal, s.State, "a lost edge is never normal")
	_, err := c.Site(t.Context(), "nowhere")
	require.ErrorIs(t, err, console.ErrUnknown)
}

func TestAFireAlarmIsFirstAndAVanishedValueDoesNotEndIt(t *testing.T) {
	c := newCentre(t, influxtest.Start(t))
	for _, s := range c.sites {
		c.everything(s.ID)
	}
	c.at = c.at.Add(time.Second)
	fire := gtc.Series{Site: "mr-monceau", Kind: gtc.KindFirePanel, Equipment: "incendie", Point: "fire_alarm"}
	c.take("mr-monceau", influx.AppendSamples(nil, []gtc.Sample{{Series: fire, At: c.at, Value: gtc.Bool(true)}}), true)
	c.alarms.tick(c.at, alarm.Store{At: c.at})
	park, err := c.Park(t.Context())
	require.NoError(t, err)
	require.Equal(t, gtc.SiteID("mr-monceau"), park.Sites[0].ID)
	require.Equal(t, 1, park.Sites[0].Alarms[1])

	// The event is said once, kept, and said under the same id again.
	require.NoError(t, c.publishAlarms(t.Context()))
	require.Empty(t, c.alarms.pending())
	kept, err := restoreState[gtc.Alarm](t.Context(), c.bus.State(), keyAlarm)
	require.NoError(t, err)
	require.Len(t, kept, 1)
	require.Equal(t, "fire_alarm", kept[0].Class)

	lost := gtc.Sample{Series: fire, At: c.at.Add(time.Second), Quality: gtc.QualityCommLost}
	c.take("mr-monceau", influx.AppendQuality(nil, lost), true)
	c.at = c.at.Add(2 * time.Second)
	c.alarms.tick(c.at, alarm.Store{At: c.at})
	require.Equal(t, 1, c.state(t, "mr-monceau").Alarms[1], "silence is never OK")
}

func TestAHubThatStartsAgainShowsTheLastStoredValues(t *testing.T) {
	db := influxtest.Start(t)
	c := newCentre(t, db)
	at := c.at.Add(-10 * time.Minute)
	gas := gtc.Series{Site: "abri-nuit", Kind: gtc.KindGasMeter, Equipment: "gaz", Point: "volume_m3"}
	mode := gtc.Series{Site: "abri-nuit", Kind: "heating_circuit", Equipment: "circuit-radiateurs", Point: "mode"}
	set := gtc.Series{Site: "abri-nuit", Kind: gtc.KindIntrusionPanel, Equipment: "intrusion", Point: "set_state"}
	require.NoError(t, db.Write(t.Context(), influx.Raw, influx.AppendSamples(nil, []gtc.Sample{
		{Series: gas, At: at.Add(-time.Minute), Value: gtc.Float(10)}, {Series: gas, At: at, Value: gtc.Float(11)}, {Series: mode, At: at, Value: gtc.Enum(1)},
	})))
	require.NoError(t, db.Write(t.Context(), influx.Raw, influx.AppendQuality(nil, gtc.Sample{Series: gas, At: at.Add(time.Second), Quality: gtc.QualityCommLost})))
	require.NoError(t, db.Write(t.Context(), influx.Private, influx.AppendSamples(nil, []gtc.Sample{{Series: set, At: at, Value: gtc.Enum(2)}})))
	require.NoError(t, c.restoreLive(t.Context()))

	st, ok := c.live.point("abri-nuit", "gaz", "volume_m3")
	require.True(t, ok)
	require.Equal(t, gtc.Float(11), st.value)
	require.Equal(t, at, st.at, "its own age is shown")
	require.Equal(t, gtc.QualityCommLost, st.quality)
	st, _ = c.live.point("abri-nuit", "circuit-radiateurs", "mode")
	require.Equal(t, gtc.Enum(1), st.value)
	st, _ = c.live.point("abri-nuit", "intrusion", "set_state")
	require.Equal(t, gtc.Enum(2), st.value)
}

func TestTrendKeepsGaps(t *testing.T) {
	db := influxtest.Start(t)
	c := newCentre(t, db)
	room := gtc.Series{Site: "abri-nuit", Kind: "heating_circuit", Equipment: "circuit-radiateurs", Point: "room_temp"}
	from := c.at.Add(-24 * time.Hour)
	var samples []gtc.Sample
	for m := range 24 * 60 {
		if m > 600 && m < 720 {
			continue // two hours of silence
		}
		samples = append(samples, gtc.Sample{Series: room, At: from.Add(time.Duration(m) * time.Minute), Value: gtc.Float(20 + float64(m%2))})
	}
	require.NoError(t, db.Write(t.Context(), influx.Raw, influx.AppendSamples(nil, samples)))
	tr, err := c.Trend(t.Context(), room, from, c.at)
	require.NoError(t, err)
	gaps := 0
	for _, p := range tr.Points {
		if p.Value == nil {
			gaps++
		} else {
			require.InDelta(t, 20.5, *p.Value, 0.5)
		}
	}
	require.Equal(t, 1, gaps)
	require.Equal(t, "°C", tr.Unit)
	require.Contains(t, tr.Query, "room_temp")
	_, err = c.Trend(t.Context(), gtc.Series{Site: "abri-nuit", Equipment: "gaz", Point: "nothing"}, from, c.at)
	require.ErrorIs(t, err, console.ErrUnknown)
}

func TestASlowPageDelaysNobody(t *testing.T) {
	ch := newChanges()
	ctx, cancel := context.WithCancel(t.Context())
	sub := ch.subscribe(ctx)
	for range 3 * changeBuffer {
		ch.tell("a", "sample", time.Now())
	}
	require.Len(t, sub, changeBuffer)
	cancel()
	for range sub {
		continue // until it is closed
	}
	require.Eventually(t, func() bool { return !ch.watched() }, time.Second, time.Millisecond)
}
