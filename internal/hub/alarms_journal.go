package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
)

const (
	// journalDays is how far back a starting hub reads the events of alarms.
	journalDays = 30 * 24 * time.Hour
	// journalEach is how many events of an alarm are remembered.
	journalEach = 100
	// measured is over what time the load of alarms is told.
	measured = 7 * 24 * time.Hour
)

// journal remembers the events of alarms: the last of each, and all of the last
// days, by which the load is measured.
type journal struct {
	mu      sync.Mutex
	byAlarm map[string][]gtc.Event
	// recent are events of alarms in the order in which they were received.
	recent []gtc.Event
	known  map[string]bool // ids of recent
}

func newJournal() *journal {
	return &journal{byAlarm: map[string][]gtc.Event{}, known: map[string]bool{}}
}

// add takes an event, which may be known already.
func (j *journal) add(ev gtc.Event) {
	if ev.Kind != gtc.EventAlarm && ev.Kind != gtc.EventComment {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	list := j.byAlarm[ev.Subject]
	if j.known[ev.ID] || slices.ContainsFunc(list, func(o gtc.Event) bool { return o.ID == ev.ID }) {
		return
	}
	if len(list) >= journalEach {
		list = append(list[:0:0], list[len(list)-journalEach+1:]...)
	}
	j.byAlarm[ev.Subject] = append(list, ev)
	if ev.Kind == gtc.EventAlarm {
		j.recent = append(j.recent, ev)
		j.known[ev.ID] = true
	}
}

// of returns the last events of an alarm, newest first.
func (j *journal) of(alarm string) []gtc.Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := slices.Clone(j.byAlarm[alarm])
	slices.SortStableFunc(out, func(a, b gtc.Event) int { return b.At.Compare(a.At) })
	return out
}

// since returns the events of alarms from an instant on and forgets those from
// before the time that is measured.
func (j *journal) since(from, now time.Time) []gtc.Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	old := 0
	for old < len(j.recent) && j.recent[old].Received.Before(now.Add(-measured-time.Hour)) {
		delete(j.known, j.recent[old].ID)
		old++
	}
	j.recent = j.recent[old:]
	var out []gtc.Event
	for _, ev := range j.recent {
		if !ev.Received.Before(from) {
			out = append(out, ev)
		}
	}
	return out
}

// follow reads the events of the last days and then what comes, also from
// other hubs, until ctx ends.
func (j *journal) follow(ctx context.Context, nc *nats.Conn, from time.Time, log zerolog.Logger) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("follow events: %w", err)
	}
	c, err := js.OrderedConsumer(ctx, bus.StreamEvents, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &from,
	})
	if err != nil {
		return fmt.Errorf("follow events: %w", err)
	}
	running, err := c.Consume(func(m jetstream.Msg) {
		var ev gtc.Event
		if err := json.Unmarshal(m.Data(), &ev); err != nil {
			log.Warn().Err(err).Msg("event not understood")
			return
		}
		if meta, err := m.Metadata(); err == nil && ev.Received.IsZero() {
			ev.Received = meta.Timestamp.UTC()
		}
		j.add(ev)
	})
	if err != nil {
		return fmt.Errorf("follow events: %w", err)
	}
	defer running.Stop()
	<-ctx.Done()
	return ctx.Err()
}
