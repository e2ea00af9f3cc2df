package hub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/internal/ingest"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

func TestDeliveryIsInOrderLateOrLost(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	sample := func(age time.Duration) []gtc.Sample { return []gtc.Sample{{At: now.Add(-age)}} }
	for name, c := range map[string]struct {
		do    func(d *delivery)
		state console.DeliveryState
		late  time.Duration
		wait  uint64
	}{
		"never heard of":     {func(*delivery) {}, console.DeliveryInOrder, 0, 0},
		"all is there":       {func(d *delivery) { d.came("s", sample(time.Hour), now); d.link("s", true, 0) }, console.DeliveryInOrder, 0, 0},
		"one on its way":     {func(d *delivery) { d.came("s", sample(time.Second), now); d.link("s", true, 1) }, console.DeliveryInOrder, time.Second, 1},
		"a backlog":          {func(d *delivery) { d.came("s", sample(130*time.Minute), now); d.link("s", true, 12_300) }, console.DeliveryLate, 130 * time.Minute, 12_300},
		"the edge is away":   {func(d *delivery) { d.came("s", sample(3*time.Minute), now); d.link("s", false, 0) }, console.DeliveryLate, 3 * time.Minute, 0},
		"a clock runs ahead": {func(d *delivery) { d.came("s", sample(-time.Hour), now); d.link("s", false, 0) }, console.DeliveryInOrder, 0, 0},
		"InfluxDB is away": {func(d *delivery) {
			d.came("s", sample(time.Second), now)
			d.link("s", true, 2)
			d.stored(50, map[gtc.SiteID]waitingSamples{"s": {40, now.Add(-time.Hour)}, "other": {10, now}})
		}, console.DeliveryLate, time.Hour, 42},
		"InfluxDB is back": {func(d *delivery) {
			d.stored(50, map[gtc.SiteID]waitingSamples{"s": {40, now.Add(-time.Hour)}})
			d.came("s", sample(time.Second), now)
			d.link("s", true, 0)
			d.stored(0, nil)
		}, console.DeliveryInOrder, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDelivery()
			c.do(d)
			got := d.state("s", now)
			require.Equal(t, c.state, got.State)
			require.InDelta(t, c.late.Seconds(), got.LateSeconds, 1e-9)
			require.Equal(t, c.wait, got.Waiting)
		})
	}
}

func TestLossesAreCountedOverRestartsOfEdgeAndHub(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	d := newDelivery()
	beat := func(boot string, lost, dropped uint64) console.Delivery {
		now = now.Add(15 * time.Second)
		d.heard(bus.Health{Site: "s", Boot: boot, Lost: lost, Dropped: dropped}, now)
		return d.state("s", now)
	}
	got := beat("a", 7, 0)
	require.Equal(t, uint64(7), got.Lost, "lost before this hub knew the site")
	require.Equal(t, console.DeliveryInOrder, got.State, "nobody knows when")
	require.Equal(t, uint64(10), beat("a", 10, 0).Lost)
	require.Equal(t, console.DeliveryLost, beat("a", 10, 0).State)
	require.Equal(t, uint64(12), beat("a", 10, 2).Lost, "two lines found the disk full")
	require.Equal(t, uint64(12), beat("b", 10, 0).Lost, "the edge started again")
	require.Equal(t, uint64(13), beat("b", 10, 1).Lost)
	kept := d.losses()
	require.Empty(t, d.losses(), "kept once")

	d = newDelivery() // the hub started again
	for site, l := range kept {
		d.restore(site, l)
	}
	require.Equal(t, uint64(13), beat("b", 10, 1).Lost)
	require.Equal(t, uint64(15), beat("c", 2, 0).Lost, "a queue made anew")
	now = now.Add(25 * time.Hour)
	require.Equal(t, console.DeliveryInOrder, d.state("s", now).State, "shown for a day")
	require.Equal(t, uint64(15), d.state("s", now).Lost)
}

// awayStore refuses writes while it has an error.
type awayStore struct {
	err   error
	lines int
}

func (s *awayStore) Write(_ context.Context, _ influx.Database, lines []byte) error {
	if s.err == nil {
		s.lines += bytes.Count(lines, []byte{'\n'})
	}
	return s.err
}

func TestReportWaitsForTheStoreAndIsBounded(t *testing.T) {
	dropped := prometheus.NewCounter(prometheus.CounterOpts{Name: "dropped"})
	store := &awayStore{err: errors.New("away")}
	r := &report{store: store, dropped: dropped}
	sites := map[gtc.SiteID]console.Delivery{}
	for i := range 100 {
		sites[gtc.SiteID(fmt.Sprintf("site-%d", i))] = console.Delivery{LateSeconds: 1, Waiting: 2}
	}
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	const minutes = reportKept/100 + 5
	for m := range minutes {
		require.Error(t, r.write(t.Context(), sites, at.Add(time.Duration(m)*time.Minute)))
	}
	require.Equal(t, reportKept, r.waiting())
	require.InDelta(t, 500, testutil.ToFloat64(dropped), 0, "the oldest five minutes")
	store.err = nil
	require.NoError(t, r.write(t.Context(), nil, at))
	require.Equal(t, reportKept, store.lines)
	require.Zero(t, r.waiting())
	store.err = &influx.RejectedError{Status: 400, Reason: "never"}
	require.Error(t, r.write(t.Context(), sites, at))
	require.Zero(t, r.waiting(), "what is never taken is not in the way")
	require.InDelta(t, 600, testutil.ToFloat64(dropped), 0)
}

// TestWhatWaitsAtTheHubIsKnownBySite stores messages of three sites while nobody
// ingests two of them any further, and looks at figures, measurement and alarm.
func TestWhatWaitsAtTheHubIsKnownBySite(t *testing.T) {
	db := influxtest.Start(t)
	c := newCentre(t, db)
	ids := c.siteIDs()[:3]
	publish := func(id gtc.SiteID, age time.Duration) {
		m := nats.NewMsg("in." + string(id) + ".sample")
		m.Header.Set(bus.HeaderFormat, bus.FormatLines)
		m.Header.Set(bus.HeaderDatabase, "gtc")
		m.Data = fmt.Appendf(nil, "boiler,equipment=b,site=%s flow_temp=1 %d\n", id, c.at.Add(-age).UnixMilli())
		_, err := c.bus.Conn().RequestMsg(m, 5*time.Second)
		require.NoError(t, err)
	}
	for _, id := range ids {
		publish(id, 2*time.Hour)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- ingest.Run(ctx, ingest.Options{Hub: c.bus, Store: db, Sites: c.siteIDs, Log: zerolog.Nop()})
	}()
	require.Eventually(t, func() bool { w, err := c.bus.Waiting(t.Context()); return err == nil && w == 0 }, time.Minute, 20*time.Millisecond)
	cancel()
	require.NoError(t, <-done)

	publish(ids[0], time.Hour)
	publish(ids[0], 30*time.Minute)
	publish(ids[1], time.Minute)
	var waiting map[gtc.SiteID]waitingSamples
	require.Eventually(t, func() bool { // the server counts a moment later
		var all uint64
		var err error
		all, waiting, err = c.waitingAtHub(t.Context())
		return err == nil && all == 3
	}, time.Minute, 10*time.Millisecond)
	require.Equal(t, waitingSamples{2, c.at.Add(-time.Hour)}, waiting[ids[0]])
	require.Equal(t, waitingSamples{1, c.at.Add(-time.Minute)}, waiting[ids[1]])
	require.Zero(t, waiting[ids[2]])

	c.everything(ids[0])
	c.lookAtDelivery(t.Context())
	s := c.state(t, ids[0])
	require.Equal(t, console.DeliveryLate, s.Delivery.State)
	require.InDelta(t, time.Hour.Seconds(), s.Delivery.LateSeconds, 1)
	require.Equal(t, uint64(2), s.Delivery.Waiting)
	require.NoError(t, newReport(db, c.metrics.unreported).write(t.Context(), c.deliveries(c.at), c.at))
	var late, queued float64
	q := "SELECT late_s, queued FROM collector WHERE device='edge' AND site=" + influx.Quote(string(ids[0]))
	require.NoError(t, db.Query(t.Context(), influx.Raw, q, func(tab *influx.Table) error {
		late, _ = tab.Float(0, 1)
		queued, _ = tab.Float(0, 2)
		return nil
	}))
	require.InDelta(t, time.Hour.Seconds(), late, 1)
	require.InDelta(t, 2, queued, 0)
	families, err := c.metrics.registry.(*prometheus.Registry).Gather()
	require.NoError(t, err)
	found := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if len(m.GetLabel()) == 0 || m.GetLabel()[0].GetValue() == string(ids[0]) {
				found[f.GetName()] = m.GetGauge().GetValue()
			}
		}
	}
	require.InDelta(t, 3, found["gtc_ingest_waiting_messages"], 0)
	require.InDelta(t, 2, found["gtc_site_delivery_backlog_messages"], 0)
	require.InDelta(t, time.Hour.Seconds(), found["gtc_site_delivery_late_seconds"], 1)
	require.InDelta(t, float64(c.at.Unix()), found["gtc_site_delivery_newest_timestamp_seconds"], 1)
}

// TestAStoreThatRefusesIsAnAlarmOfTheHub has the hub judge what the ingest says.
func TestAStoreThatRefusesIsAnAlarmOfTheHub(t *testing.T) {
	c := newCentre(t, influxtest.Start(t))
	refused := fmt.Errorf("write: %w with status 401", influx.ErrRefused)
	c.onStore(true, nil)
	tick := func(d time.Duration) {
		c.at = c.at.Add(d)
		c.alarms.tick(c.at, c.storeHealth(c.at))
	}
	tick(time.Second)
	c.onStore(false, refused)
	tick(time.Second)
	tick(time.Minute)
	require.NoError(t, c.publishAlarms(t.Context()))
	park, err := c.Park(t.Context())
	require.NoError(t, err)
	require.Len(t, park.Centre, 1)
	require.Equal(t, "hub/influxdb/store_refused", park.Centre[0].ID)
	require.Contains(t, park.Store.Error, "401")
	c.onStore(true, nil)
	tick(time.Second)
	tick(time.Minute)
	a, ok := c.alarms.engine.Alarm("hub/influxdb/store_refused")
	require.True(t, ok)
	require.Equal(t, gtc.AlarmReturned, a.State)
	c.onStore(false, errors.New("connection refused"))
	tick(time.Second)
	require.Equal(t, alarm.Store{At: c.at, Away: true}, c.storeHealth(c.at))
}
