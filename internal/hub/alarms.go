package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// The keys of the state bucket.
const (
	keyAlarm   = "alarm/"
	keyWorks   = "works"
	keyFinding = "finding/"
)

// alarms owns the alarm engine. What it decides is published before it is kept
// in the state bucket: a hub that dies between the two decides again, and says
// it again under the same event id.
type alarms struct {
	mu     sync.Mutex
	engine *alarm.Engine
	// health is the last heartbeat of each site and when it was received.
	health   map[gtc.SiteID]bus.Health
	received map[gtc.SiteID]time.Time
	// linkSince is since when the present state of the link has been so.
	linked    map[gtc.SiteID]bool
	linkSince map[gtc.SiteID]time.Time
	serves    map[gtc.SiteID]map[gtc.DeviceID][]gtc.EquipmentID
	// unsaid are the events decided but not yet published, unkept the alarms
	// that changed and are not yet kept, worksUnkept says it of the works.
	unsaid      []gtc.Event
	unkept      map[string]bool
	worksUnkept bool
	// ticked is when the engine was last told the time.
	ticked time.Time
}

func newAlarms(classes []alarm.Class, sites []gtc.Site, restored []gtc.Alarm, serves map[gtc.SiteID]map[gtc.DeviceID][]gtc.EquipmentID) *alarms {
	return &alarms{
		engine: alarm.New(classes, sites, restored),
		health: map[gtc.SiteID]bus.Health{}, received: map[gtc.SiteID]time.Time{},
		linked: map[gtc.SiteID]bool{}, linkSince: map[gtc.SiteID]time.Time{},
		serves: serves, unkept: map[string]bool{},
	}
}

// observe judges samples that came in order, or ahead of others that may be on
// their way. It reports whether there is something to publish.
func (a *alarms) observe(samples []gtc.Sample, inOrder bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if inOrder {
		a.say(a.engine.Observe(samples))
	} else {
		a.say(a.engine.ObserveLive(samples))
	}
	return len(a.unsaid) > 0
}

// silentAfter is how long without a heartbeat the link counts as lost.
const silentAfter = 90 * time.Second

func (a *alarms) heartbeat(h bus.Health, now time.Time) {
	in := alarm.Health{
		Site: h.Site, At: now, Queued: h.Queued,
		Queue: alarm.Queue{Fill: h.Fill, Refused: h.Refused != "", Lost: h.Lost + h.Dropped, ClockWrong: h.ClockWrong},
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, d := range h.Devices {
		in.Devices = append(in.Devices, alarm.Device{
			ID: d.Device, Equipment: a.serves[h.Site][d.Device],
			Online: d.Online, Known: d.Known, LastSuccess: d.LastSuccess,
		})
	}
	a.health[h.Site], a.received[h.Site] = h, now
	if !a.linked[h.Site] {
		a.linked[h.Site], a.linkSince[h.Site] = true, now
	}
	a.say(a.engine.Health(in))
}

func (a *alarms) tick(now time.Time, store alarm.Store) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for site, at := range a.received {
		if a.linked[site] && now.Sub(at) > silentAfter {
			a.linked[site], a.linkSince[site] = false, at
		}
	}
	a.say(a.engine.Tick(now))
	a.say(a.engine.Store(store))
	a.ticked = now
}

// channels judges the ways to people.
func (a *alarms) channels(c []alarm.Channel) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.say(a.engine.Channels(c))
}

// say takes over what the engine decided. Works change what is set aside, also
// where no event says so.
func (a *alarms) say(events []gtc.Event) {
	for i := range events {
		if events[i].Kind != gtc.EventWork {
			a.unkept[events[i].Subject] = true
			continue
		}
		a.worksUnkept = true
	}
	a.unsaid = append(a.unsaid, events...)
}

// list returns every alarm, worst first.
func (a *alarms) list() []gtc.Alarm {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.engine.Alarms()
}

// link returns the last heartbeat of a site and the state of its link.
func (a *alarms) link(site gtc.SiteID) (h bus.Health, linked bool, since time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.health[site], a.linked[site], a.linkSince[site]
}

// alarm returns one alarm as it stands.
func (a *alarms) alarm(id string) (gtc.Alarm, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.engine.Alarm(id)
}

// works returns those that are planned or under way.
func (a *alarms) works() []alarm.Work {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.engine.Works()
}

// pending returns the events to publish.
func (a *alarms) pending() []gtc.Event {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.unsaid
}

// said forgets the first n events: they are published.
func (a *alarms) said(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.unsaid = a.unsaid[n:]
}

// publishAlarms publishes what the alarm engine decided and keeps what it
// leaves behind. What fails stays and is tried again at the next turn.
func (h *Hub) publishAlarms(ctx context.Context) error {
	h.saying.Lock()
	defer h.saying.Unlock()
	for _, ev := range h.alarms.pending() {
		ev.Received = h.now()
		if err := h.bus.PublishEvent(ctx, ev); err != nil {
			return fmt.Errorf("publish event %s: %w", ev.ID, err)
		}
		h.journal.add(ev)
		h.log.Info().Str("site", string(ev.Site)).Str("subject", ev.Subject).Str("from", ev.From).Str("to", ev.To).Int("priority", int(ev.Priority)).Str("actor", ev.Actor).Msg(string(ev.Kind))
		h.changes.tell(ev.Site, "alarm", ev.At)
		h.alarms.said(1)
	}
	return h.keepAlarms(ctx)
}

func putJSON(ctx context.Context, kv jetstream.KeyValue, key string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = kv.Put(ctx, key, data)
	return err
}

// restoreState reads every value under a prefix of the state bucket.
func restoreState[T any](ctx context.Context, kv jetstream.KeyValue, prefix string) ([]T, error) {
	keys, err := kv.Keys(ctx)
	if errors.Is(err, jetstream.ErrNoKeysFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read state %s: %w", prefix, err)
	}
	var out []T
	for _, k := range keys {
		if !strings.HasPrefix(k, prefix) {
			continue
		}
		entry, err := kv.Get(ctx, k)
		if err != nil {
			return nil, fmt.Errorf("read state %s: %w", k, err)
		}
		var v T
		if err := json.Unmarshal(entry.Value(), &v); err != nil {
			return nil, fmt.Errorf("read state %s: %w", k, err)
		}
		out = append(out, v)
	}
	return out, nil
}
