package hub

import (
	"context"
	"encoding/json"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/alert"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/channel"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/internal/ingest"
	"github.com/cpas-charleroi/gtc/rules/alarm"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// pair is a hub that holds the bus, and one that joined it.
type pair struct {
	t       *testing.T
	cfg     *config.Config
	classes []alarm.Class
	cat     *catalogue.Catalogue
	db      *influx.Client
	bus     *bus.Hub
	first   *Hub
	sent    *sentMessages

	mu     sync.Mutex
	events []gtc.Event
}

// sentMessages counts what people are told.
type sentMessages struct {
	mu  sync.Mutex
	all map[string]int
}

// Send takes a message.
func (s *sentMessages) Send(_ context.Context, m notify.Message, _ channel.Text) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range m.Alarms {
		s.all[m.Why+" "+a.ID]++
	}
	return nil
}

func (s *sentMessages) count(what string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[what]
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{t: t, db: influxtest.Start(t), sent: &sentMessages{all: map[string]int{}}}
	require.NoError(t, p.db.EnsureDatabases(t.Context()))
	var err error
	p.cfg, err = config.Load("../../deploy/demo")
	require.NoError(t, err)
	p.cat, err = catalogue.Load()
	require.NoError(t, err)
	p.classes, err = alarm.Library(p.cat)
	require.NoError(t, err)
	for i := range p.classes {
		if p.classes[i].ID == "boiler_lockout" {
			p.classes[i].OnDelay, p.classes[i].OffDelay = 0, 0
		}
	}
	passwords := map[gtc.SiteID]string{}
	for _, s := range p.cfg.Sites {
		passwords[s.ID] = "password of this test"
	}
	p.bus, err = bus.StartHub(t.Context(), bus.HubOptions{
		Listen: "127.0.0.1:0", Password: "of the hubs", LeafListen: "127.0.0.1:0", Dir: t.TempDir(), Sites: passwords, NoSync: true, Log: zerolog.Nop(),
	})
	require.NoError(t, err)
	t.Cleanup(p.bus.Close)
	js, err := jetstream.New(p.bus.Conn())
	require.NoError(t, err)
	c, err := js.OrderedConsumer(t.Context(), bus.StreamEvents, jetstream.OrderedConsumerConfig{})
	require.NoError(t, err)
	running, err := c.Consume(func(m jetstream.Msg) {
		var ev gtc.Event
		if err := json.Unmarshal(m.Data(), &ev); err != nil {
			t.Error(err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.events = append(p.events, ev)
	})
	require.NoError(t, err)
	t.Cleanup(running.Stop)
	return p
}

// said are the events of an alarm in their order.
func (p *pair) said(id string) (out []gtc.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, ev := range p.events {
		if ev.Subject == id {
			out = append(out, ev)
		}
	}
	return out
}

// place is where in the order of events an alarm became something, -1 if never.
func (p *pair) place(id string, to gtc.AlarmState) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.IndexFunc(p.events, func(ev gtc.Event) bool { return ev.Subject == id && ev.To == string(to) })
}

// store puts a sample into the hub's stream, as a pull does.
func (p *pair) store(s gtc.Sample) {
	p.t.Helper()
	m := nats.NewMsg("in." + string(s.Site) + ".sample")
	m.Header.Set(bus.HeaderFormat, bus.FormatLines)
	m.Header.Set(bus.HeaderDatabase, string(influx.Raw))
	m.Data = influx.AppendSamples(nil, []gtc.Sample{s})
	_, err := p.bus.Conn().RequestMsg(m, 10*time.Second)
	require.NoError(p.t, err)
}

// startFirst runs the hub that holds the bus.
func (p *pair) startFirst() {
	p.t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(p.t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(p.t, err)
	p.first, err = New(p.t.Context(), Options{
		Config: p.cfg, Catalogue: p.cat, Classes: p.classes, Bus: p.bus, Influx: p.db, Listener: l, Log: zerolog.Nop(), Registry: prometheus.NewRegistry(),
		Ways: []alert.Way{{Name: "gateway", Channel: notify.SMS, Sender: p.sent}},
		Seed: &notify.Book{
			People: []notify.Person{{ID: "un", Phone: "+32475000001"}},
			Routes: []notify.Route{{ID: "tout", Steps: []notify.Step{{To: []string{"person:un"}, Channels: []notify.Channel{notify.SMS}}}}},
		},
	})
	require.NoError(p.t, err)
	p.run(p.first.Run)
}

// run runs something until the test ends, or until the returned function is
// called.
func (p *pair) run(f func(context.Context) error) (stop func()) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(p.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := f(ctx); err != nil && ctx.Err() == nil {
			p.t.Error(err)
		}
	}()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	p.t.Cleanup(stop)
	return stop
}

// startSecond runs a hub that joins; kill cuts it off before it can say anything.
func (p *pair) startSecond() (j *Judge, kill func()) {
	p.t.Helper()
	joined, err := bus.Join(p.t.Context(), bus.JoinOptions{URL: p.bus.ClientURL(), Password: "of the hubs", Log: zerolog.Nop()})
	require.NoError(p.t, err)
	j, err = NewJudge(p.t.Context(), JudgeOptions{Config: p.cfg, Catalogue: p.cat, Classes: p.classes, Bus: joined, Name: "second", Log: zerolog.Nop()})
	require.NoError(p.t, err)
	var sites []gtc.SiteID
	for _, s := range p.cfg.Sites {
		sites = append(sites, s.ID)
	}
	stopIngest := p.run(func(ctx context.Context) error {
		return ingest.Run(ctx, ingest.Options{Hub: joined, Store: p.db, Sites: func() []gtc.SiteID { return sites }, Log: zerolog.Nop(), OnPartition: j.Hold})
	})
	stopJudge := p.run(j.Run)
	return j, sync.OnceFunc(func() {
		joined.Close()
		stopJudge()
		stopIngest()
	})
}

// point is a point of some equipment of the demo that a class watches.
func (p *pair) point(kind gtc.Kind, id gtc.PointID, not ...gtc.SiteID) gtc.Series {
	p.t.Helper()
	for _, s := range p.cfg.Sites {
		info := newSiteInfo(s, p.cfg.Profiles, p.cat)
		for i := range info.points {
			if x := info.points[i].Series; x.Kind == kind && x.Point == id && !slices.Contains(not, x.Site) {
				return x
			}
		}
	}
	require.FailNow(p.t, "no such point", "%s %s", kind, id)
	panic("not reached")
}

func (p *pair) eventually(what string, is func() bool) {
	p.t.Helper()
	require.Eventually(p.t, is, time.Minute, 20*time.Millisecond, what)
}

// Two hubs on one real bus. The second speaks for the sites whose partition it
// has; a person acts at the first; the second is killed in the middle. Nothing
// is lost, nothing is said twice, an occurrence keeps its start, and life
// safety does not wait for anybody to notice.
func TestAlarmsSurviveTheHubThatJudgesThem(t *testing.T) {
	p := newPair(t)
	lockout := p.point("boiler", "lockout")
	other := p.point("boiler", "lockout", lockout.Site)
	fire := p.point(gtc.KindFirePanel, "fire_alarm")
	sample := func(s gtc.Series, on bool) gtc.Sample {
		return gtc.Sample{Series: s, At: time.Now().UTC().Truncate(time.Millisecond), Value: gtc.Bool(on), Quality: gtc.QualityGood}
	}
	j, kill := p.startSecond()
	p.eventually("the second hub has the partitions", func() bool {
		for _, s := range []gtc.Series{lockout, other, fire} {
			p.store(sample(s, false))
		}
		c := j.claimed()
		return slices.Contains(c, lockout.Site) && slices.Contains(c, other.Site) && slices.Contains(c, fire.Site)
	})
	p.startFirst()
	p.eventually("the first one leaves them to it", func() bool {
		return !p.first.others.leave(lockout.Site) && !p.first.others.leave(other.Site)
	})

	began := sample(lockout, true)
	p.store(began)
	id, otherID, fireID := alarm.ID(lockout.Site, lockout.Equipment, "boiler_lockout"), alarm.ID(other.Site, other.Equipment, "boiler_lockout"), alarm.ID(fire.Site, fire.Equipment, "fire_alarm")
	p.eventually("raised", func() bool { return len(p.said(id)) == 1 })
	p.eventually("both know", func() bool {
		a, _ := p.first.alarms.alarm(id)
		b, _ := j.alarms.alarm(id)
		return a.State == gtc.AlarmUnacknowledged && b.State == a.State && a.Since.Equal(began.At) && len(p.first.alarms.pendingOf(id)) == 0
	})
	p.eventually("told", func() bool { return p.sent.count("raised "+id) == 1 })

	require.NoError(t, p.first.Act(t.Context(), console.Action{Kind: console.ActAcknowledge, Alarm: id, By: "un"}))
	p.eventually("the second hub knows what a person did at the first", func() bool {
		b, _ := j.alarms.alarm(id)
		return b.State == gtc.AlarmAcknowledged && b.By == "un"
	})

	kill()
	require.False(t, p.first.others.leave(other.Site), "it is not known yet")
	p.store(sample(other, true))
	p.eventually("judged", func() bool { a, _ := p.first.alarms.alarm(otherID); return a.Active() })
	p.store(sample(fire, true))
	p.eventually("told of the fire", func() bool { return p.sent.count("raised "+fireID) == 1 })
	p.eventually("told of the other", func() bool { return p.sent.count("raised "+otherID) == 1 })
	require.Less(t, p.place(fireID, gtc.AlarmUnacknowledged), p.place(otherID, gtc.AlarmUnacknowledged), "a fire waits for nobody")
	p.store(sample(lockout, false))
	p.eventually("over", func() bool { return p.place(id, gtc.AlarmNormal) >= 0 || p.place(id, gtc.AlarmLatched) >= 0 })

	var states []string
	for _, ev := range p.said(id) {
		states = append(states, ev.To)
	}
	require.Len(t, states, 3, "%v", states)
	require.Equal(t, []string{"unacknowledged", "acknowledged"}, states[:2])
	require.Len(t, p.said(otherID), 1)
	require.Len(t, p.said(fireID), 1)
	for _, told := range []string{"raised " + id, "raised " + otherID, "raised " + fireID} {
		require.Equal(t, 1, p.sent.count(told), told)
	}
	a, _ := p.first.alarms.alarm(id)
	require.Equal(t, began.At, a.Since)
	require.Equal(t, 1, a.Occurrence)
}

// pendingOf are the events of an alarm that wait, to be published by this hub or
// by the one that speaks for its site.
func (a *alarms) pendingOf(id string) (out []gtc.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, ev := range a.unsaid {
		if ev.Subject == id {
			out = append(out, ev)
		}
	}
	return out
}
