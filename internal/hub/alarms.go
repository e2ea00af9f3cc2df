package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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

// alarms owns the alarm engine. What it decides is published, then kept in the
// state bucket, and only then are the samples that decided it acknowledged: a
// hub that dies before that is handed the samples again, decides again, and says
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
	// mine tells whether this hub speaks for a site, nil for all. What it decides
	// of others waits in unsaid until the hub that speaks for them has said it,
	// or is gone.
	mine func(gtc.SiteID) bool
	// own are the ids of unsaid events that a person caused here, acted the
	// alarms that are to be kept for that.
	own, acted map[string]bool
	// waits are the ids of events that the hub which speaks for their site has
	// not said yet, with the time since when; left counts those that it never
	// said.
	waits map[string]time.Time
	left  int
	// ticked is when the engine was last told the time.
	ticked time.Time
	// taken is the place in the stream of the last sample message judged in
	// order.
	taken uint64
	// stored is the place of the newest sample message in the stream, nil when
	// nothing is read from there; until is what it was when a site's queue was
	// first said to be empty.
	stored func() (uint64, error)
	until  map[gtc.SiteID]uint64
}

func newAlarms(classes []alarm.Class, sites []gtc.Site, restored []gtc.Alarm, serves map[gtc.SiteID]map[gtc.DeviceID][]gtc.EquipmentID) *alarms {
	return &alarms{
		engine: alarm.New(classes, sites, restored),
		health: map[gtc.SiteID]bus.Health{}, received: map[gtc.SiteID]time.Time{},
		linked: map[gtc.SiteID]bool{}, linkSince: map[gtc.SiteID]time.Time{},
		serves: serves, unkept: map[string]bool{}, own: map[string]bool{}, acted: map[string]bool{},
		waits: map[string]time.Time{}, until: map[gtc.SiteID]uint64{},
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
	return slices.ContainsFunc(a.unsaid, a.says)
}

// came notes the place in the stream up to which sample messages are judged.
func (a *alarms) came(seq uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.taken = max(a.taken, seq)
}

// knows reports whether the sample message at a place in the stream is judged.
func (a *alarms) knows(seq uint64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return seq <= a.taken
}

// silentAfter is how long without a heartbeat the link counts as lost.
const silentAfter = 90 * time.Second

func (a *alarms) heartbeat(h bus.Health, now time.Time) {
	in := alarm.Health{
		Site: h.Site, At: now, Queued: h.Queued,
		Queue: alarm.Queue{Fill: h.Fill, Refused: h.Refused != "", Lost: h.Lost + h.Dropped, ClockWrong: h.ClockWrong},
	}
	if a.waiting(h) {
		in.Queued = max(1, h.Queued)
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
	a.pass(now)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.say(a.engine.Store(store))
}

// pass tells the engine the time.
func (a *alarms) pass(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for site, at := range a.received {
		if a.linked[site] && now.Sub(at) > silentAfter {
			a.linked[site], a.linkSince[site] = false, at
		}
	}
	events := a.engine.Tick(now)
	a.ticked = now
	a.say(events)
	a.leave(now)
}

// othersSay is how long the hub that speaks for a site has to say what this one
// decided of it. Longer than any take-over: what it has not said by then it
// judges otherwise.
const othersSay = 2 * time.Minute

// leave forgets what the hub that speaks for a site judges otherwise; the caller
// holds mu.
func (a *alarms) leave(now time.Time) {
	for id, since := range a.waits {
		if now.Sub(since) < othersSay {
			continue
		}
		delete(a.waits, id)
		a.unsaid = slices.DeleteFunc(a.unsaid, func(ev gtc.Event) bool {
			gone := ev.ID == id && !a.says(ev)
			if gone {
				a.left++
				delete(a.unkept, ev.Subject)
			}
			return gone
		})
	}
}

// leftOut is how many events of this engine another hub never said.
func (a *alarms) leftOut() float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return float64(a.left)
}

// channels judges the ways to people.
func (a *alarms) channels(c []alarm.Channel) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.say(a.engine.Channels(c))
}

// say takes over what the engine decided. Works change what is set aside, also
// where no event says so. That a work of another hub's site begins or ends, that
// hub records.
func (a *alarms) say(events []gtc.Event) {
	for i := range events {
		if events[i].Kind != gtc.EventWork {
			a.unkept[events[i].Subject] = true
			a.unsaid = append(a.unsaid, events[i])
			if !a.speaks(events[i].Site) {
				a.waits[events[i].ID] = a.ticked
			}
			continue
		}
		a.worksUnkept = true
		if a.speaks(events[i].Site) {
			a.unsaid = append(a.unsaid, events[i])
		}
	}
}

// sayOwn takes over what a person decided here, for whichever site.
func (a *alarms) sayOwn(events []gtc.Event) {
	for i := range events {
		a.own[events[i].ID] = true
		if events[i].Kind != gtc.EventWork {
			a.acted[events[i].Subject] = true
		} else if !a.speaks(events[i].Site) {
			a.unsaid = append(a.unsaid, events[i])
		}
	}
	a.say(events)
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

// pending returns the events to publish: those of the sites that this hub
// speaks for, what a person decided here, and every beginning of an alarm that
// concerns life safety, as whoever sees it first says it. Another hub that says
// the same says it under the same id.
func (a *alarms) pending() []gtc.Event {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(a.unsaid), func(ev gtc.Event) bool { return !a.says(ev) })
}

// says reports whether this hub publishes an event; the caller holds mu.
func (a *alarms) says(ev gtc.Event) bool {
	if a.speaks(ev.Site) || a.own[ev.ID] {
		return true
	}
	if ev.Kind != gtc.EventAlarm || ev.To != string(gtc.AlarmUnacknowledged) {
		return false
	}
	al, ok := a.engine.Alarm(ev.Subject)
	return ok && al.LifeSafety
}

// speaks reports whether this hub speaks for a site; the caller holds mu.
func (a *alarms) speaks(site gtc.SiteID) bool { return a.mine == nil || a.mine(site) }

// said forgets an event: it is published.
func (a *alarms) said(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.own, id)
	delete(a.waits, id)
	if i := slices.IndexFunc(a.unsaid, func(ev gtc.Event) bool { return ev.ID == id }); i >= 0 {
		a.unsaid = slices.Delete(a.unsaid, i, i+1)
	}
}

// publishAlarms publishes what the alarm engine decided and keeps what it
// leaves behind.
func (h *Hub) publishAlarms(ctx context.Context) error { return h.sayer.publish(ctx) }

// said notes an event that was published.
func (h *Hub) said(ev gtc.Event) {
	h.journal.add(ev)
	h.changes.tell(ev.Site, "alarm", ev.At)
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
