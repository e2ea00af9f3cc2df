package hub

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/alert"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/channel"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/rules/alarm"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// again is the hub that starts after this one on the same bus.
func (c *centre) again(t *testing.T, ways ...alert.Way) *centre {
	t.Helper()
	cfg, err := config.Load("../../deploy/demo")
	require.NoError(t, err)
	cat, err := catalogue.Load()
	require.NoError(t, err)
	classes, err := alarm.Library(cat)
	require.NoError(t, err)
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	next := &centre{at: c.at.Add(time.Second)}
	next.Hub, err = New(t.Context(), Options{
		Config: cfg, Catalogue: cat, Classes: classes, Bus: c.bus, Influx: c.db, Listener: l, Ways: ways,
		Seed: &notify.Book{
			People: []notify.Person{{ID: "un", Phone: "+32475000001"}},
			Routes: []notify.Route{{ID: "tout", Steps: []notify.Step{{To: []string{"person:un"}, Channels: []notify.Channel{notify.SMS}}}}},
		},
		Now: func() time.Time { return next.at }, Log: zerolog.Nop(), Registry: prometheus.NewRegistry(),
	})
	require.NoError(t, err)
	return next
}

// lockout raises the lockout of a boiler of the demo and returns its alarm's id.
func (c *centre) lockout(t *testing.T) string {
	t.Helper()
	for _, info := range c.sites {
		for _, p := range info.points {
			if p.Kind != "boiler" || p.Point != "lockout" {
				continue
			}
			c.everything(info.ID)
			for range 4 {
				c.at = c.at.Add(30 * time.Second)
				c.take(info.ID, influx.AppendSamples(nil, []gtc.Sample{{Series: p.Series, At: c.at, Value: gtc.Bool(true)}}), true)
				c.alarms.tick(c.at, alarm.Store{At: c.at})
			}
			require.NoError(t, c.publishAlarms(t.Context()))
			id := alarm.ID(info.ID, p.Equipment, "boiler_lockout")
			a, ok := c.alarms.alarm(id)
			require.True(t, ok)
			require.Equal(t, gtc.AlarmUnacknowledged, a.State)
			return id
		}
	}
	require.FailNow(t, "no boiler")
	return ""
}

func TestWhatAPersonDoesIsRecordedAndOutlivesTheHub(t *testing.T) {
	c := newCentre(t, influxtest.Start(t))
	id := c.lockout(t)
	ctx := t.Context()
	act := func(c *centre, a console.Action) error {
		c.at = c.at.Add(time.Second)
		a.Alarm, a.By = id, "un"
		return c.Act(ctx, a)
	}
	require.ErrorIs(t, act(c, console.Action{Kind: console.ActShelve, Until: c.at.Add(time.Hour)}), alarm.ErrNoReason)
	require.ErrorIs(t, act(c, console.Action{Kind: console.ActComment}), alarm.ErrNoReason)
	require.ErrorIs(t, act(c, console.Action{Kind: "dance"}), alarm.ErrUnknown)
	require.NoError(t, act(c, console.Action{Kind: console.ActAcknowledge}))
	require.NoError(t, act(c, console.Action{Kind: console.ActComment, Reason: " brûleur encrassé "}))
	require.NoError(t, act(c, console.Action{Kind: console.ActTick, Step: 2, Reason: "Réarmer une fois"}))
	until := c.at.Add(4 * time.Hour).Truncate(time.Second)
	require.NoError(t, act(c, console.Action{Kind: console.ActShelve, Reason: "pièce commandée", Until: until}))

	d, err := c.Alarm(ctx, id)
	require.NoError(t, err)
	require.Equal(t, gtc.AlarmShelved, d.State)
	require.NotEmpty(t, d.Steps["fr"])
	require.NotEmpty(t, d.Series)
	var said []string
	for _, ev := range d.Events {
		said = append(said, string(ev.Kind)+" "+ev.To+" "+ev.Actor+" "+ev.Reason)
	}
	require.Equal(t, []string{
		"alarm shelved un pièce commandée", "comment tick un Réarmer une fois", "comment comment un brûleur encrassé",
		"alarm acknowledged un ", "alarm unacknowledged rules/alarm ",
	}, said)
	require.Equal(t, until, d.Events[0].Until)
	require.InDelta(t, 2, *d.Events[1].Value, 0)

	site, eq := d.Site, d.Equipment
	work := alarm.Work{Kind: alarm.WorkMaintenance, Site: site, Equipment: eq, By: "un", Reason: "entretien", From: c.at, Until: c.at.Add(48 * time.Hour)}
	require.NoError(t, c.Plan(ctx, work))
	require.ErrorIs(t, c.Plan(ctx, alarm.Work{Kind: alarm.WorkMaintenance, Site: site, By: "un"}), alarm.ErrNoReason)

	next := c.again(t)
	board, err := next.Alarms(ctx)
	require.NoError(t, err)
	require.Len(t, board.Works, 1)
	require.True(t, board.Works[0].Begun)
	mine, err := next.Alarm(ctx, id)
	require.NoError(t, err)
	before, err := c.Alarm(ctx, id)
	require.NoError(t, err)
	require.Equal(t, before.Alarm, mine.Alarm, "acknowledged, shelved and out of service as before")
	require.Equal(t, gtc.AlarmOutOfService, mine.State)
	// An alarm at rest of the same equipment is out of service too.
	rest, ok := next.alarms.alarm(alarm.ID(site, eq, "boiler_pressure_low"))
	require.True(t, ok)
	require.Equal(t, gtc.AlarmOutOfService, rest.State)

	require.NoError(t, next.Finish(ctx, board.Works[0].ID, "deux"))
	mine, err = next.Alarm(ctx, id)
	require.NoError(t, err)
	require.Equal(t, gtc.AlarmShelved, mine.State)
	third := next.again(t)
	rest, _ = third.alarms.alarm(rest.ID)
	require.Equal(t, gtc.AlarmNormal, rest.State, "also kept when nobody saw it")
	require.Empty(t, third.alarms.works())
}

// Two hubs: what one changed is not overwritten by the other, which goes on
// with it.
func TestAnotherHubsChangeIsNotOverwritten(t *testing.T) {
	c := newCentre(t, influxtest.Start(t))
	id := c.lockout(t)
	other := c.again(t)
	require.NoError(t, other.Act(t.Context(), console.Action{Kind: console.ActAcknowledge, Alarm: id, By: "deux"}))
	c.alarms.mu.Lock()
	c.alarms.unkept[id] = true // this hub keeps what it believes
	c.alarms.engine.Adopt(func() gtc.Alarm { a, _ := c.alarms.engine.Alarm(id); a.Chattering = true; return a }())
	c.alarms.mu.Unlock()
	require.NoError(t, c.publishAlarms(t.Context()))
	a, _ := c.alarms.alarm(id)
	require.Equal(t, gtc.AlarmAcknowledged, a.State)
	require.Equal(t, "deux", a.By)
	require.NoError(t, c.Act(t.Context(), console.Action{Kind: console.ActComment, Alarm: id, By: "un", Reason: "vu"}))
}

// From the contact of the panel to the provider, through every real part: by
// events alone, without a clock of its own.
func TestAFireContactReachesTheSMSGateway(t *testing.T) {
	posts := make(chan string, 8)
	provider := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body struct{ Text string }
		if r.Method != http.MethodPost {
			return
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		posts <- body.Text
	}))
	t.Cleanup(provider.Close)
	g, err := channel.NewGateway(channel.GatewayOptions{URL: provider.URL, Fields: map[string]string{"to": "$to", "text": "$text"}})
	require.NoError(t, err)
	c := newCentre(t, influxtest.Start(t)).again(t, alert.Way{Name: "gateway", Channel: notify.SMS, Sender: g})
	for _, s := range c.sites {
		c.everything(s.ID)
	}
	fire := gtc.Series{Site: "mr-monceau", Kind: gtc.KindFirePanel, Equipment: "incendie", Point: "fire_alarm"}
	c.at = c.at.Add(time.Second)
	c.alarms.tick(c.at, alarm.Store{At: c.at})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.alert.Run(ctx) }()
	t.Cleanup(func() { stop(); require.ErrorIs(t, <-done, context.Canceled) })
	contact := time.Now()
	c.take("mr-monceau", influx.AppendSamples(nil, []gtc.Sample{{Series: fire, At: c.at, Value: gtc.Bool(true)}}), false)
	require.NoError(t, c.publishAlarms(t.Context()))
	select {
	case text := <-posts:
		require.Contains(t, text, "P1 · ")
		require.Contains(t, text, "Info GTC – procédure du site et 112")
		t.Logf("contact to provider: %s (the target is 30 s)", time.Since(contact))
	case <-time.After(30 * time.Second):
		require.FailNow(t, "nobody was told within 30 s")
	}
}

func TestMeasures(t *testing.T) {
	c := newCentre(t, influxtest.Start(t))
	id := c.lockout(t)
	raised := c.at
	c.at = c.at.Add(2 * time.Minute)
	require.NoError(t, c.Act(t.Context(), console.Action{Kind: console.ActAcknowledge, Alarm: id, By: "un"}))
	c.at = c.at.Add(25 * time.Hour)
	m, err := c.Measures(t.Context())
	require.NoError(t, err)
	require.Positive(t, m.Mix[2])
	require.True(t, slices.ContainsFunc(m.Top, func(a console.AlarmCount) bool { return a.Alarm.ID == id }), m.Top)
	require.Equal(t, 1, m.Taken[2].Count)
	require.True(t, slices.ContainsFunc(m.LongStanding, func(a console.SiteAlarm) bool { return a.ID == id }))
	line := string(c.loadLine(raised.Truncate(10 * time.Minute).Add(10 * time.Minute)))
	require.Regexp(t, `^alarm_load,site=hub calls=[1-9][0-9]*,.*p2=[1-9].*standing=[1-9].*standing_long=0`, line)
	require.NoError(t, c.db.Write(t.Context(), influx.Raw, []byte(line)))
}

// The journal knows what was said before the hub started, and by others.
func TestJournalReadsWhatWasSaidBefore(t *testing.T) {
	c := newCentre(t, influxtest.Start(t))
	id := c.lockout(t)
	next := c.again(t)
	require.Empty(t, next.journal.of(id))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- next.journal.follow(ctx, next.bus.Conn(), time.Now().Add(-time.Hour), zerolog.Nop()) }()
	t.Cleanup(func() { stop(); require.ErrorIs(t, <-done, context.Canceled) })
	require.Eventually(t, func() bool { return len(next.journal.of(id)) == 1 }, time.Minute, time.Millisecond)
	require.NoError(t, c.Act(t.Context(), console.Action{Kind: console.ActAcknowledge, Alarm: id, By: "un"}))
	require.Eventually(t, func() bool { return len(next.journal.of(id)) == 2 }, time.Minute, time.Millisecond)
}

func TestFirstLinkAndTheConsole(t *testing.T) {
	c := newCentre(t, influxtest.Start(t))
	to, err := c.FirstLink(t.Context())
	require.NoError(t, err)
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, to, http.NoBody))
	require.Equal(t, http.StatusOK, w.Code, "the page on which the first user chooses a password")
	_, err = c.bus.State().Get(t.Context(), "nothing")
	require.ErrorIs(t, err, jetstream.ErrKeyNotFound)
}
