package alert

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/channel"
	"github.com/cpas-charleroi/gtc/internal/channel/modem"
	"github.com/cpas-charleroi/gtc/rules/alarm"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// Way is one way to people: a mail server, a provider, a modem.
type Way struct {
	// Name is email, gateway, modem, push or webhook-NAME.
	Name    string
	Channel notify.Channel
	// Webhook is the name of a webhook.
	Webhook string
	Sender  channel.Sender
	// Check asks whether the way would work, without telling anybody.
	Check func(ctx context.Context) error
	// Inbox reads answers, nil where none can be.
	Inbox Inbox
	// Bounces tells of what did not arrive after all, nil where nothing does.
	Bounces Mailbox
	// Close ends the way, nil where there is nothing to end.
	Close func() error
}

// Inbox is where answers come in, and from where they are confirmed.
type Inbox interface {
	Receive(ctx context.Context) (received []modem.Received, skipped int, err error)
	Send(ctx context.Context, number, text string) error
}

// WayState is how a way to people is.
type WayState struct {
	Name    string         `json:"name"`
	Channel notify.Channel `json:"channel"`
	// Tested is the instant of the last test, zero before the first; Error
	// what was wrong, "" when nothing was.
	Tested time.Time `json:"tested,omitzero"`
	Error  string    `json:"error,omitempty"`
}

// Failed reports whether the last test failed.
func (w WayState) Failed() bool { return w.Error != "" }

// channelState is whether what a channel was given was sent.
type channelState struct {
	Channel notify.Channel `json:"channel"`
	// Unsent is since when, zero when the last message was sent; Why the cause.
	Unsent time.Time `json:"unsent,omitzero"`
	Why    string    `json:"why,omitempty"`
}

// ways are all ways to people and how they are.
type ways struct {
	kv  jetstream.KeyValue
	all []Way

	mu       sync.Mutex
	state    map[string]WayState
	channels map[notify.Channel]channelState
	// addresses are those at which a mail did not arrive, by person.
	addresses map[string]badAddress
	// refusals are the last errors of channels, doubted the ways that did not
	// take a message since their last test, asked when those were tested for it.
	refusals map[notify.Channel]string
	doubted  map[string]bool
	asked    map[string]time.Time
}

func newWays(ctx context.Context, kv jetstream.KeyValue, all []Way) (*ways, error) {
	w := &ways{kv: kv, all: all, state: map[string]WayState{}, channels: map[notify.Channel]channelState{}, addresses: map[string]badAddress{}}
	w.refusals, w.doubted, w.asked = map[notify.Channel]string{}, map[string]bool{}, map[string]time.Time{}
	err := each(ctx, kv, keyChannel, func(c channelState) { w.channels[c.Channel] = c })
	if err == nil {
		err = each(ctx, kv, keyAddress, func(a badAddress) { w.addresses[a.Person] = a })
	}
	if err == nil {
		err = each(ctx, kv, keyWay, func(s WayState) { w.state[s.Name] = s })
	}
	return w, err
}

// sender returns what sends a message, nil when nothing does. Where a channel
// has several ways, one takes over from the other.
func (w *ways) sender(m notify.Message) channel.Sender {
	var out channel.Sender
	for _, way := range slices.Backward(w.all) {
		switch {
		case way.Channel != m.Channel || way.Webhook != m.Webhook:
		case out == nil:
			out = way.Sender
		default:
			out = channel.NewBoth(way.Sender, out)
		}
	}
	return out
}

// only returns the channel that a way is the only one of, "" when another one
// is left.
func (w *ways) only(name string) notify.Channel {
	var out notify.Channel
	for _, way := range w.all {
		if way.Name == name {
			out = way.Channel
		}
	}
	for _, way := range w.all {
		if way.Name != name && way.Channel == out {
			return ""
		}
	}
	return out
}

// sent notes that a message of a channel went through.
func (w *ways) sent(ctx context.Context, c notify.Channel, log zerolog.Logger) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.channels[c].Unsent.IsZero() {
		return
	}
	w.keepChannel(ctx, channelState{Channel: c}, log)
}

// gaveUp notes that a message of a channel was given up.
func (w *ways) gaveUp(ctx context.Context, c notify.Channel, why string, now time.Time, log zerolog.Logger) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keepChannel(ctx, channelState{Channel: c, Unsent: now, Why: why}, log)
}

// keepChannel stores what is known of a channel; that it could not be stored
// matters only after a restart.
func (w *ways) keepChannel(ctx context.Context, c channelState, log zerolog.Logger) {
	w.channels[c.Channel] = c
	if err := putJSON(ctx, w.kv, keyChannel+string(c.Channel), c); err != nil {
		log.Warn().Err(err).Str("channel", string(c.Channel)).Msg("state of channel not kept")
	}
}

// tested notes the outcome of a test.
func (w *ways) tested(ctx context.Context, s WayState) error {
	w.mu.Lock()
	w.state[s.Name] = s
	w.mu.Unlock()
	if err := putJSON(ctx, w.kv, keyWay+s.Name, s); err != nil {
		return fmt.Errorf("keep test of %s: %w", s.Name, err)
	}
	return nil
}

// states returns how the ways are, in their order.
func (w *ways) states() []WayState {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]WayState, len(w.all))
	for i, way := range w.all {
		out[i] = w.state[way.Name]
		out[i].Name, out[i].Channel = way.Name, way.Channel
	}
	return out
}

// alarms returns the ways as the alarm engine judges them.
func (w *ways) alarms(now time.Time, badAddress bool) []alarm.Channel {
	var out []alarm.Channel
	for _, s := range w.states() {
		out = append(out, alarm.Channel{Name: gtc.EquipmentID(s.Name), At: now, Failed: s.Failed()})
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range notify.Channels() {
		unsent := !w.channels[c].Unsent.IsZero() || c == notify.Email && badAddress
		i := slices.IndexFunc(out, func(x alarm.Channel) bool { return x.Name == gtc.EquipmentID(c) })
		if i >= 0 {
			out[i].Unsent = unsent
			continue
		}
		out = append(out, alarm.Channel{Name: gtc.EquipmentID(c), At: now, Unsent: unsent})
	}
	return out
}

// Channels returns the ways to people as the alarm engine judges them at now.
func (s *Service) Channels(now time.Time) []alarm.Channel {
	return append(s.ways.alarms(now, len(s.badAddresses(now)) > 0), alarm.Channel{Name: alarm.People, At: now, Untold: s.untold.since()})
}

// Avoid returns the channel by which nobody can be told of an alarm, because
// it is what the alarm is about; "" for any other alarm.
func (s *Service) Avoid(a gtc.Alarm, w alarm.Watch) notify.Channel {
	switch {
	case a.Site != gtc.HubSite:
	case w == alarm.WatchUnsent:
		return notify.Channel(a.Equipment)
	case w == alarm.WatchChannel:
		return s.ways.only(string(a.Equipment))
	}
	return ""
}
