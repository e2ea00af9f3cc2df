package hub

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// keeper keeps values in the state bucket by compare-and-set: what another hub
// wrote meanwhile is never overwritten unseen. One goroutine at a time uses it.
type keeper struct {
	kv    jetstream.KeyValue
	known map[string]known
}

// known is what this hub last read or wrote of a key.
type known struct {
	revision uint64
	sum      [sha256.Size]byte
}

func newKeeper(kv jetstream.KeyValue) *keeper { return &keeper{kv: kv, known: map[string]known{}} }

// load reads a value and remembers its revision; false when there is none.
func (k *keeper) load(ctx context.Context, key string) ([]byte, bool, error) {
	e, err := k.kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		delete(k.known, key)
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read state %s: %w", key, err)
	}
	k.known[key] = known{e.Revision(), sha256.Sum256(e.Value())}
	return e.Value(), true, nil
}

// put writes a value unless it is the one that is kept. When another hub wrote
// the key meanwhile, it returns what that one wrote and writes nothing.
func (k *keeper) put(ctx context.Context, key string, v any) (theirs []byte, err error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("keep %s: %w", key, err)
	}
	was, now := k.known[key], sha256.Sum256(data)
	if was.revision != 0 && was.sum == now {
		return nil, nil
	}
	var revision uint64
	if was.revision == 0 {
		revision, err = k.kv.Create(ctx, key, data)
	} else {
		revision, err = k.kv.Update(ctx, key, data, was.revision)
	}
	if errors.Is(err, jetstream.ErrKeyExists) {
		theirs, _, err = k.load(ctx, key)
		return theirs, err
	}
	if err != nil {
		return nil, fmt.Errorf("keep %s: %w", key, err)
	}
	k.known[key] = known{revision, now}
	return nil, nil
}

// restoreAlarms reads the kept alarms and works.
func (k *keeper) restoreAlarms(ctx context.Context) ([]gtc.Alarm, []alarm.Work, error) {
	keys, err := k.kv.ListKeys(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("read state: %w", err)
	}
	var names []string
	for key := range keys.Keys() {
		if strings.HasPrefix(key, keyAlarm) {
			names = append(names, key)
		}
	}
	var alarms []gtc.Alarm
	for _, key := range names {
		data, ok, err := k.load(ctx, key)
		if err != nil {
			return nil, nil, err
		}
		var a gtc.Alarm
		if err := json.Unmarshal(data, &a); ok && err != nil {
			return nil, nil, fmt.Errorf("read state %s: %w", key, err)
		}
		alarms = append(alarms, a)
	}
	var works []alarm.Work
	data, ok, err := k.load(ctx, keyWorks)
	if err != nil || !ok {
		return alarms, nil, err
	}
	if err := json.Unmarshal(data, &works); err != nil {
		return nil, nil, fmt.Errorf("read state %s: %w", keyWorks, err)
	}
	return alarms, works, nil
}

// restoreWorks goes on with the works as they were kept. What is out of service
// for a work that is no longer known, as when a hub died while it ended or began
// one, is in service again.
func (a *alarms) restoreWorks(works []alarm.Work, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var lost []alarm.Work
	for _, al := range a.engine.Alarms() {
		i, is := alarm.Inhibited(al, gtc.AlarmOutOfService)
		if is && !slices.ContainsFunc(works, func(w alarm.Work) bool { return setsAside(w, al, i) }) {
			lost = append(lost, alarm.Work{
				ID: "lost/" + al.ID, Kind: alarm.WorkMaintenance, Site: al.Site, Equipment: al.Equipment, Alarm: al.ID,
				By: i.By, Reason: i.Reason, From: i.Since, Until: i.Until, Begun: true,
			})
		}
	}
	a.engine.RestoreWorks(append(slices.Clone(works), lost...))
	for _, w := range lost {
		events, err := a.engine.Finish(w.ID, "rules/alarm", now)
		if err != nil {
			continue // it is not in the engine's hands: no such site
		}
		a.unkept[w.Alarm] = true
		a.say(slices.DeleteFunc(events, func(ev gtc.Event) bool { return ev.Kind == gtc.EventWork }))
	}
}

// setsAside reports whether a work is why an alarm is out of service.
func setsAside(w alarm.Work, al gtc.Alarm, i gtc.Inhibition) bool {
	return w.Kind == alarm.WorkMaintenance && w.Site == al.Site && w.Until.Equal(i.Until) &&
		(w.Equipment == "" || w.Equipment == al.Equipment) && (w.Alarm == "" || w.Alarm == al.ID)
}

// changed returns the alarms to keep, with the works when those changed. A
// work changes what is set aside without an event for alarms at rest: all that
// were kept or are to be are then looked at.
func (a *alarms) changed(kept map[string]known) (alarms []gtc.Alarm, works []alarm.Work, withWorks bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.worksUnkept {
		for _, al := range a.engine.Alarms() {
			a.unkept[al.ID] = true
		}
		for key := range kept {
			if id, ok := strings.CutPrefix(key, keyAlarm); ok {
				a.unkept[id] = true
			}
		}
	}
	for id := range a.unkept {
		al, ok := a.engine.Alarm(id)
		switch {
		case !ok:
			delete(a.unkept, id)
		case a.speaks(al.Site) || a.acted[id]:
			alarms = append(alarms, al)
		}
	}
	return alarms, a.engine.Works(), a.worksUnkept
}

// keptAlarm notes that an alarm is kept as it was looked at, unless it changed
// since.
func (a *alarms) keptAlarm(al gtc.Alarm) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now, _ := a.engine.Alarm(al.ID)
	if now.Changed.Equal(al.Changed) && now.State == al.State {
		delete(a.unkept, al.ID)
		delete(a.acted, al.ID)
	}
}

// keptWorks notes that the works are kept.
func (a *alarms) keptWorks() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.worksUnkept = false
}

// cutAlarm returns the alarm that a key of the state bucket is about.
func cutAlarm(key string) (id string, ok bool) { return strings.CutPrefix(key, keyAlarm) }

// theirs takes over what another hub kept of an alarm, and forgets to say what
// that one has said. Of a site that this hub speaks for only a later change,
// of a person at the other, is news.
func (a *alarms) theirs(al gtc.Alarm) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now, _ := a.engine.Alarm(al.ID)
	if a.speaks(al.Site) {
		if al.Changed.After(now.Changed) {
			a.engine.Adopt(al)
		}
		return
	}
	until := al.Changed
	if same(now, al) || !al.Changed.Before(now.Changed) {
		a.engine.Adopt(al)
		delete(a.unkept, al.ID)
		until = later(now.Changed, al.Changed)
	}
	a.unsaid = slices.DeleteFunc(a.unsaid, func(ev gtc.Event) bool {
		return ev.Subject == al.ID && !ev.At.After(until) && !a.own[ev.ID]
	})
}

// same reports whether two hubs judge an alarm alike, at whatever instant they
// came to it.
func same(a, b gtc.Alarm) bool {
	return a.State == b.State && a.Under == b.Under && a.Occurrence == b.Occurrence && a.Priority == b.Priority && len(a.Inhibitions) == len(b.Inhibitions)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// planned takes over the works that the hub with the console keeps.
func (a *alarms) planned(works []alarm.Work) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.engine.TakeWorks(works, a.ticked)
	a.worksUnkept = true
}

// adopt goes on with what another hub made of an alarm.
func (a *alarms) adopt(al gtc.Alarm) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.engine.Adopt(al)
}
