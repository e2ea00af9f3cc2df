package hub

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

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
		if al, ok := a.engine.Alarm(id); ok {
			alarms = append(alarms, al)
			continue
		}
		delete(a.unkept, id)
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
	}
}

// adopt goes on with what another hub made of an alarm.
func (a *alarms) adopt(al gtc.Alarm) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.engine.Adopt(al)
}

// keepAlarms keeps every alarm that changed, and the works.
func (h *Hub) keepAlarms(ctx context.Context) error {
	alarms, works, withWorks := h.alarms.changed(h.keeper.known)
	for i := range alarms {
		if err := h.keepAlarm(ctx, alarms[i]); err != nil {
			return err
		}
		h.alarms.keptAlarm(alarms[i])
	}
	if !withWorks {
		return nil
	}
	if works == nil {
		works = []alarm.Work{}
	}
	theirs, err := h.keeper.put(ctx, keyWorks, works)
	if err == nil && theirs != nil { // once more, over what is known now
		h.metrics.conflicts.Inc()
		_, err = h.keeper.put(ctx, keyWorks, works)
	}
	if err != nil {
		return err
	}
	h.alarms.mu.Lock()
	h.alarms.worksUnkept = false
	h.alarms.mu.Unlock()
	return nil
}

// keepAlarm keeps one alarm. Of two hubs the one that saw the later change is
// right; the other one goes on with it.
func (h *Hub) keepAlarm(ctx context.Context, al gtc.Alarm) error {
	theirs, err := h.keeper.put(ctx, keyAlarm+al.ID, al)
	if err != nil || theirs == nil {
		return err
	}
	h.metrics.conflicts.Inc()
	var other gtc.Alarm
	if err := json.Unmarshal(theirs, &other); err != nil {
		return fmt.Errorf("read state %s%s: %w", keyAlarm, al.ID, err)
	}
	h.log.Warn().Str("subject", al.ID).Str("mine", string(al.State)).Str("theirs", string(other.State)).Msg("another hub changed the alarm")
	if other.Changed.After(al.Changed) {
		h.alarms.adopt(other)
		return nil
	}
	if theirs, err = h.keeper.put(ctx, keyAlarm+al.ID, al); err == nil && theirs != nil {
		err = fmt.Errorf("keep alarm %s: another hub changes it all the time", al.ID)
	}
	return err
}
