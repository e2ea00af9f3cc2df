package alert

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/channel"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// patience bounds a test that would otherwise wait for ever.
const patience = time.Minute

// desk is a service on a real bus, with alarms that a test raises.
type desk struct {
	t    *testing.T
	bus  *bus.Hub
	opts Options

	mu     sync.Mutex
	alarms map[string]notify.Subject
	taken  chan string
	now    time.Time

	service *Service
	stop    func()
}

func newDesk(t *testing.T, book *notify.Book, ways ...Way) *desk {
	t.Helper()
	b, err := bus.StartHub(t.Context(), bus.HubOptions{Dir: t.TempDir(), NoSync: true, Sites: map[gtc.SiteID]string{"home": "password"}, Log: zerolog.Nop()})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	d := &desk{t: t, bus: b, alarms: map[string]notify.Subject{}, taken: make(chan string, 8), now: time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)}
	d.opts = Options{
		Conn: b.Conn(), Ways: ways, Seed: book, PublicURL: "https://gtc.exemple.be/", Now: d.clock, Log: zerolog.Nop(),
		Locate: func(gtc.SiteID) *time.Location { return time.UTC },
		Places: func(s gtc.SiteID, _ gtc.EquipmentID) (site, eq gtc.Label) { return gtc.Label{"fr": string(s)}, nil },
		Subject: func(_ context.Context, ev gtc.Event) (notify.Subject, bool) {
			d.mu.Lock()
			defer d.mu.Unlock()
			s, ok := d.alarms[ev.Subject]
			return s, ok
		},
		Acknowledge: func(_ context.Context, alarm, by string) error {
			d.taken <- alarm + " " + by
			return nil
		},
	}
	d.start()
	return d
}

func (d *desk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *desk) pass(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(by)
}

func (d *desk) start() {
	d.t.Helper()
	ctx, cancel := context.WithCancel(d.t.Context())
	s, err := New(ctx, d.opts)
	require.NoError(d.t, err)
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	d.service = s
	d.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			d.t.Error(err)
		}
	})
	d.t.Cleanup(d.stop)
}

// change publishes what an alarm did.
func (d *desk) change(n int, p gtc.Priority, to gtc.AlarmState) string {
	d.t.Helper()
	id := fmt.Sprintf("home/eq-%d/fault", n)
	a := gtc.Alarm{
		ID: id, Site: "home", Priority: p, LifeSafety: p == gtc.PriorityCritical, State: to, Occurrence: 1,
		Since: d.clock(), Label: gtc.Label{"fr": "Alarme"}, Advice: gtc.Label{"fr": "Aller voir.\n"},
	}
	d.mu.Lock()
	d.alarms[id] = notify.Subject{Alarm: a, Discipline: "heating"}
	d.mu.Unlock()
	require.NoError(d.t, d.bus.PublishEvent(d.t.Context(), gtc.Event{
		ID: fmt.Sprintf("%s/1/%s", id, to), Site: "home", At: a.Since, Kind: gtc.EventAlarm, Subject: id, To: string(to), Priority: p,
	}))
	return id
}

// see publishes what an alarm did and waits until the service has taken it.
func (d *desk) see(n int, p gtc.Priority, to gtc.AlarmState) string {
	d.t.Helper()
	id := d.change(n, p, to)
	require.Eventually(d.t, func() bool {
		c, ok := d.caseOf(id)
		return ok && c.Subject.Alarm.State == to && len(c.Told) > 0
	}, patience, time.Millisecond)
	return id
}

// caseOf returns the case of an alarm.
func (d *desk) caseOf(id string) (notify.Case, bool) {
	d.service.turning.Lock()
	defer d.service.turning.Unlock()
	for _, c := range d.service.engine.Cases() {
		if c.Subject.Alarm.ID == id {
			return c, true
		}
	}
	return notify.Case{}, false
}

func bookOf(channels ...notify.Channel) *notify.Book {
	return &notify.Book{
		People: []notify.Person{{ID: "un", Phone: "+32475000001", Email: "un@exemple.be"}},
		Routes: []notify.Route{{ID: "tout", Steps: []notify.Step{{To: []string{"person:un"}, Channels: channels}}}},
	}
}

// counter is a way that a test looks into.
type counter struct {
	sent  chan notify.Message
	texts chan channel.Text
	fail  func(notify.Message) error
}

func newCounter() *counter {
	return &counter{sent: make(chan notify.Message, 4096), texts: make(chan channel.Text, 4096), fail: func(notify.Message) error { return nil }}
}

func (c *counter) Send(_ context.Context, m notify.Message, t channel.Text) error {
	if err := c.fail(m); err != nil {
		return err
	}
	c.sent <- m
	c.texts <- t
	return nil
}

func await[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		require.FailNow(t, "nothing came")
		panic("not reached")
	}
}
