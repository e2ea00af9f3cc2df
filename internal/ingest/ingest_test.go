package ingest_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/internal/ingest"
)

const patience = 60 * time.Second

// park is a hub and the edge of site-a on one machine.
type park struct {
	hub  *bus.Hub
	edge *bus.Edge
	base time.Time
}

func startPark(t *testing.T) *park {
	t.Helper()
	h, err := bus.StartHub(t.Context(), bus.HubOptions{
		LeafListen: "127.0.0.1:0", Dir: t.TempDir(), NoSync: true, Log: zerolog.Nop(),
		Sites: map[gtc.SiteID]string{"site-a": "secret"},
	})
	require.NoError(t, err)
	t.Cleanup(h.Close)
	e, err := bus.StartEdge(t.Context(), bus.EdgeOptions{
		Site: "site-a", Dir: t.TempDir(), HubURL: h.LeafURL(), Password: "secret", Log: zerolog.Nop(),
	})
	require.NoError(t, err)
	t.Cleanup(e.Close)
	background(t, h.Run)
	return &park{hub: h, edge: e, base: time.Now().Add(-time.Hour).UTC().Truncate(time.Second)}
}

func sites() []gtc.SiteID { return []gtc.SiteID{"site-a"} }

// background runs f until the test or stop ends it.
func background(t *testing.T, f func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := f(ctx); err != nil {
			t.Errorf("background: %v", err)
		}
	}()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(stop)
	return stop
}

// ingest runs the ingest into a store and returns the states it told.
func (p *park) ingest(t *testing.T, store ingest.Store) (states func() []bool, stop func()) {
	t.Helper()
	var mu sync.Mutex
	var told []bool
	stop = background(t, func(ctx context.Context) error {
		return ingest.Run(ctx, ingest.Options{Hub: p.hub, Store: store, Sites: sites, Log: zerolog.Nop(), OnState: func(up bool, _ error) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, up)
		}})
	})
	return func() []bool { mu.Lock(); defer mu.Unlock(); return append([]bool(nil), told...) }, stop
}

func (p *park) line(i int) string {
	return fmt.Sprintf("boiler,equipment=boiler-1,site=site-a flow_temp=%d %d\n", i, p.base.UnixMilli()+int64(i)*1000)
}

func (p *park) publish(t *testing.T, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		require.NoError(t, p.edge.PublishSamples(t.Context(), "gtc", []byte(p.line(i))))
	}
}

// values returns the answer of InfluxDB as rows of text.
func values(t *testing.T, c *influx.Client, query string) [][]string {
	t.Helper()
	var out [][]string
	err := c.Query(t.Context(), influx.Raw, query, func(tab *influx.Table) error {
		for i := range tab.Values {
			var row []string
			for j := range tab.Columns {
				row = append(row, fmt.Sprint(tab.Values[i][j]))
			}
			out = append(out, row)
		}
		return nil
	})
	require.NoError(t, err)
	return out
}

func temperatures(t *testing.T, c *influx.Client) int {
	t.Helper()
	rows := values(t, c, "SELECT flow_temp FROM boiler")
	for i, r := range rows {
		require.Equal(t, fmt.Sprint(i), r[1], "row %d", i)
	}
	return len(rows)
}

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	require.Eventually(t, cond, patience, 20*time.Millisecond, what)
}

func (p *park) rejected(t *testing.T) []*jetstream.RawStreamMsg {
	t.Helper()
	js, err := jetstream.New(p.hub.Conn())
	require.NoError(t, err)
	s, err := js.Stream(t.Context(), bus.StreamRejected)
	require.NoError(t, err)
	var out []*jetstream.RawStreamMsg
	for seq := range s.CachedInfo().State.LastSeq {
		m, err := s.GetMsg(t.Context(), seq+1)
		require.NoError(t, err)
		out = append(out, m)
	}
	return out
}

func (p *park) waitEmpty(t *testing.T) {
	t.Helper()
	eventually(t, "nothing waiting", func() bool {
		q, err := p.edge.Queued(t.Context())
		w, err2 := p.hub.Waiting(t.Context())
		return err == nil && err2 == nil && q == 0 && w == 0
	})
}

func TestStoreAwayForAWhile(t *testing.T) {
	dir := t.TempDir()
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := ln.Addr().String()
	require.NoError(t, ln.Close())
	client, server := influxtest.StartServer(t, dir, addr)
	require.NoError(t, client.EnsureDatabases(t.Context()))
	p := startPark(t)
	states, _ := p.ingest(t, client)
	p.publish(t, 0, 100)
	eventually(t, "the first lines", func() bool { return temperatures(t, client) == 100 })
	server.Stop()
	p.publish(t, 100, 400)
	eventually(t, "the outage is told", func() bool { s := states(); return len(s) == 2 && !s[1] })
	w, err := p.hub.Waiting(t.Context())
	require.NoError(t, err)
	require.NotZero(t, w)
	client, _ = influxtest.StartServer(t, dir, addr)
	eventually(t, "everything", func() bool { return temperatures(t, client) == 400 })
	p.waitEmpty(t)
	require.Equal(t, []bool{true, false, true}, states())
	require.Empty(t, p.rejected(t))
}

func TestBadLinesAreRejectedAlone(t *testing.T) {
	client := influxtest.Start(t)
	p := startPark(t)
	p.publish(t, 0, 10)
	stamp := p.base.UnixMilli()
	bad := []string{
		fmt.Sprintf("boiler,equipment=boiler-1,site=site-a flow_temp=true %d", stamp+10_500), // another type
		fmt.Sprintf("boiler,equipment=boiler-1,site=site-a flow_temp= %d", stamp+11_500),     // not a line
		fmt.Sprintf("boiler,equipment=boiler-1,site=site-b flow_temp=1 %d", stamp+12_500),    // of another site
		"boiler,equipment=boiler-1,site=site-a flow_temp=1",                                  // no stamp
	}
	var lines strings.Builder
	for i := 10; i < 60; i++ {
		lines.WriteString(p.line(i))
		if i-10 < len(bad) {
			lines.WriteString(bad[i-10] + "\n")
		}
	}
	require.NoError(t, p.edge.PublishSamples(t.Context(), "gtc", []byte(lines.String())))
	require.NoError(t, p.edge.PublishSamples(t.Context(), "gtc_rollup", []byte(p.line(60))))
	p.publish(t, 60, 70)
	p.ingest(t, client)
	eventually(t, "all good lines", func() bool { return temperatures(t, client) == 70 })
	p.waitEmpty(t)
	got := map[string]string{}
	for _, m := range p.rejected(t) {
		require.Equal(t, "in.site-a.rejected", m.Subject)
		got[string(m.Data)] = m.Header.Get(bus.HeaderReason)
	}
	require.Len(t, got, 5)
	require.Contains(t, got[bad[0]], "field type conflict")
	require.Contains(t, got[bad[1]], "missing field value")
	require.Equal(t, "site tag is not site-a", got[bad[2]])
	require.Equal(t, "no time stamp", got[bad[3]])
	require.Equal(t, `unknown database "gtc_rollup"`, got[p.line(60)])
}

func TestMissingDatabaseLosesNothing(t *testing.T) {
	client, _ := influxtest.StartServer(t, t.TempDir(), "")
	p := startPark(t)
	p.publish(t, 0, 50)
	states, stop := p.ingest(t, client)
	eventually(t, "the trouble is told", func() bool { return len(states()) == 1 && !states()[0] })
	stop()
	require.NoError(t, client.EnsureDatabases(t.Context()))
	p.ingest(t, client)
	eventually(t, "everything", func() bool { return temperatures(t, client) == 50 })
	require.Empty(t, p.rejected(t))
}

func TestEventsAreProjected(t *testing.T) {
	client := influxtest.Start(t)
	p := startPark(t)
	value := 3.5
	alarm := gtc.Event{
		ID: "ev-1", Site: "site-a", At: p.base, Kind: gtc.EventAlarm, Subject: "site-a/boiler-1/lockout", From: "normal",
		To: "unacknowledged", Actor: "alarm", Equipment: "boiler-1", Priority: gtc.PriorityHigh, Value: &value,
	}
	ack := alarm
	ack.ID, ack.From, ack.To, ack.Actor, ack.Reason = "ev-2", "unacknowledged", "acknowledged", "anne", "seen, \"on my way\" to it"
	finding := gtc.Event{
		ID: "ev-3", Site: "site-a", At: p.base, Kind: gtc.EventFinding, Subject: "site-a/elec-1/drift/2025-01-01", To: "new",
		Finding: &gtc.Finding{Meter: "elec-1", Rule: "drift", ExcessKWh: 1200, Confidence: 0.97, Onset: p.base},
	}
	quality := gtc.Event{ID: "ev-4", Site: "site-a", At: p.base, Kind: gtc.EventQuality, Equipment: "boiler-1", Point: "flow_temp", To: "comm_lost"}
	_, stop := p.ingest(t, client)
	require.NoError(t, p.hub.PublishEvent(t.Context(), alarm))
	require.NoError(t, p.edge.PublishEvent(t.Context(), quality))
	require.NoError(t, p.hub.PublishEvent(t.Context(), finding))
	eventually(t, "the alarm", func() bool { return len(values(t, client, "SELECT state FROM alarm")) == 1 })
	stop()
	// The same instant, after a restart: the second must not write over the first.
	require.NoError(t, p.hub.PublishEvent(t.Context(), ack))
	require.NoError(t, p.edge.PublishEvent(t.Context(), alarm)) // delivered a second time, another way
	p.ingest(t, client)
	eventually(t, "the acknowledgement", func() bool { return len(values(t, client, "SELECT state FROM alarm")) == 2 })
	eventually(t, "the quality", func() bool { return len(values(t, client, "SELECT quality FROM point_quality")) == 1 })
	rows := values(t, client, "SELECT state, actor, reason, priority, value, alarm, equipment, site FROM alarm")
	ms := func(d int64) string { return fmt.Sprint(p.base.UnixMilli() + d) }
	require.Equal(t, []string{ms(0), "unacknowledged", "alarm", "<nil>", "2", "3.5", "lockout", "boiler-1", "site-a"}, rows[0])
	require.Equal(t, []string{ms(1), "acknowledged", "anne", ack.Reason, "2", "3.5", "lockout", "boiler-1", "site-a"}, rows[1])
	require.Equal(t, [][]string{{ms(0), "new", "1200", "0.97", "elec-1", "drift"}},
		values(t, client, "SELECT state, excess_kwh, confidence, meter, rule FROM finding"))
	require.Equal(t, [][]string{{ms(0), "comm_lost", "flow_temp"}}, values(t, client, "SELECT quality, point FROM point_quality"))
}

// sampleMessage is a message of the hub's stream of samples.
func sampleMessage(site, lines string) *nats.Msg {
	m := nats.NewMsg("in." + site + ".sample")
	m.Data = []byte(lines)
	m.Header.Set(bus.HeaderFormat, bus.FormatLines)
	m.Header.Set(bus.HeaderDatabase, string(influx.Raw))
	return m
}
