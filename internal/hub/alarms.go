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
	// unsaid are the events decided but not yet published.
	unsaid []gtc.Event
}

func newAlarms(classes []alarm.Class, sites []gtc.Site, restored []gtc.Alarm, serves map[gtc.SiteID]map[gtc.DeviceID][]gtc.EquipmentID) *alarms {
	return &alarms{
		engine: alarm.New(classes, sites, restored),
		health: map[gtc.SiteID]bus.Health{}, received: map[gtc.SiteID]time.Time{},
		linked: map[gtc.SiteID]bool{}, linkSince: map[gtc.SiteID]time.Time{},
		serves: serves,
	}
}

// observe judges samples that came in order, or ahead of others that may be on
// their way.
func (a *alarms) observe(samples []gtc.Sample, inOrder bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if inOrder {
		a.unsaid = append(a.unsaid, a.engine.Observe(samples)...)
		return
	}
	a.unsaid = append(a.unsaid, a.engine.ObserveLive(samples)...)
}

// silentAfter is how long without a heartbeat the link counts as lost.
const silentAfter = 90 * time.Second

func (a *alarms) heartbeat(h bus.Health, now time.Time) {
	in := alarm.Health{Site: h.Site, At: now, Queued: h.Queued}
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
	a.unsaid = append(a.unsaid, a.engine.Health(in)...)
}

func (a *alarms) tick(now time.Time, store alarm.Store) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for site, at := range a.received {
		if a.linked[site] && now.Sub(at) > silentAfter {
			a.linked[site], a.linkSince[site] = false, at
		}
	}
	a.unsaid = append(a.unsaid, a.engine.Tick(now)...)
	a.unsaid = append(a.unsaid, a.engine.Store(store)...)
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

// pending returns the events to publish with the alarms they leave behind.
func (a *alarms) pending() ([]gtc.Event, map[string]gtc.Alarm) {
	a.mu.Lock()
	defer a.mu.Unlock()
	states := map[string]gtc.Alarm{}
	for _, ev := range a.unsaid {
		if al, ok := a.engine.Alarm(ev.Subject); ok {
			states[al.ID] = al
		}
	}
	return a.unsaid, states
}

func (a *alarms) said(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.unsaid = a.unsaid[n:]
}

// publishAlarms keeps and publishes what the alarm engine decided. What fails
// stays and is tried again at the next turn.
func (h *Hub) publishAlarms(ctx context.Context) error {
	events, states := h.alarms.pending()
	for i, ev := range events {
		ev.Received = h.now()
		if err := h.bus.PublishEvent(ctx, ev); err != nil {
			h.alarms.said(i)
			return fmt.Errorf("publish event %s: %w", ev.ID, err)
		}
		h.log.Info().Str("site", string(ev.Site)).Str("subject", ev.Subject).Str("from", ev.From).Str("to", ev.To).Int("priority", int(ev.Priority)).Msg("alarm")
		h.changes.tell(ev.Site, "alarm", ev.At)
	}
	for id, al := range states {
		if err := putJSON(ctx, h.bus.State(), keyAlarm+id, al); err != nil {
			return fmt.Errorf("keep alarm %s: %w", id, err)
		}
	}
	h.alarms.said(len(events))
	return nil
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
