// Package mqtt reads devices that publish to an MQTT broker. It is set so that
// nothing is lost: the session persists under a stable client id, everything
// is subscribed at QoS 1, and a message is acknowledged only after its samples
// are stored. What a payload means is the device's profile's business; a
// payload that does not fit is counted with its reason and never a value.
package mqtt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/health"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/clock"
)

const (
	qos = 1
	// What the status topic says.
	online, offline = "online", "offline"
	// queueSize is how many messages may wait to be decoded. Beyond it the
	// connection is no longer read, and the broker keeps the rest.
	queueSize = 4096
	// maxPayload is the largest payload that is looked at, in bytes.
	maxPayload = 64 << 10
	// linkGrace is how long a broken link may last before the points behind it
	// are said to be lost.
	linkGrace = 10 * time.Second

	subscribeTimeout  = 10 * time.Second
	disconnectQuiesce = 250 // ms
	refusedBroker     = 0x80
)

// Emit takes the samples of one or more messages and returns nil once they
// are stored; it returns an error only when ctx ended. It does not keep the
// slice.
type Emit = func(ctx context.Context, samples ...gtc.Sample) error

// Device is one publisher behind the broker.
type Device struct {
	ID      gtc.DeviceID
	Profile *profile.Profile
	// Topic is the prefix that stands for {topic} in the profile.
	Topic string
	// Equipment gives the equipment of each slot; other slots are not read.
	Equipment map[string]gtc.EquipmentID
	// TypeOf gives the stored type of a point.
	TypeOf func(slot string, p gtc.PointID) gtc.ValueType
	// Health is where the device's state is kept.
	Health *health.Device
}

// Options of a Source.
type Options struct {
	Site gtc.SiteID
	Broker
	// ClientID names the session at the broker. It must be stable and used by
	// no one else.
	ClientID string
	// Status, when given, is the topic on which the source says online and
	// offline, retained; offline is its will too.
	Status  string
	Devices []Device
	Clock   clock.Clock
	// MayStamp, when set, tells whether the present instant is known. Until it
	// is, messages wait: the time that a message gives itself is believed or
	// not by the machine's clock.
	MayStamp func() bool
	Log      zerolog.Logger
}

// Source reads the devices behind one broker.
type Source struct {
	o      Options
	queue  chan message
	linked atomic.Bool

	refusals refusals
	link     link
	worker   worker
}

// message is what arrived, and when: by the clock of that moment, and for how
// long it has been here.
type message struct {
	paho.Message
	at      time.Time
	arrived time.Time // of use for its monotonic part
}

// link is the state of the connection, told by the client's callbacks.
type link struct {
	mu sync.Mutex
	// down is the instant the link broke, zero while it is up.
	down time.Time
	err  error
}

// NewSource checks the options. It does no I/O.
func NewSource(o Options) (*Source, error) {
	if _, _, err := o.check(); err != nil {
		return nil, err
	}
	if o.Status != "" && !Publishable(o.Status) {
		return nil, fmt.Errorf("mqtt connection %s: status topic %s: %w", o.URL, o.Status, ErrControlTopic)
	}
	s := &Source{o: o, queue: make(chan message, queueSize)}
	s.refusals.counts = map[refusalKey]*Refusal{}
	s.worker = newWorker(o, &s.refusals)
	return s, nil
}

// Filters returns the topic filters that the source subscribes to.
func (s *Source) Filters() []string {
	var out []string
	for _, d := range s.o.Devices {
		out = append(out, d.Profile.Filters(d.Topic)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Linked reports whether the broker is connected and everything subscribed.
func (s *Source) Linked() bool { return s.linked.Load() }

// Refusals returns the messages that could not be taken, by topic and reason.
func (s *Source) Refusals() []Refusal { return s.refusals.list() }

// Run receives until ctx ends and then returns nil. Messages not stored by
// then are not acknowledged: the broker delivers them again.
func (s *Source) Run(ctx context.Context, emit Emit) error {
	s.link.set(s.o.Clock.Now(), fmt.Errorf("connect to %s: not connected yet", s.o.URL))
	options, err := s.clientOptions(ctx)
	if err != nil {
		return err
	}
	client := paho.NewClient(options)
	s.worker.rebirth = func(topic string, payload []byte) { client.Publish(topic, 0, false, payload) }
	client.Connect() // retries by itself until it succeeds
	defer func() {
		s.linked.Store(false)
		if s.o.Status != "" && client.IsConnectionOpen() { // a will is for ends that cannot be told
			client.Publish(s.o.Status, qos, true, offline).WaitTimeout(disconnectQuiesce * time.Millisecond)
		}
		client.Disconnect(disconnectQuiesce)
	}()
	watch := time.NewTicker(time.Second)
	defer watch.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-s.readable():
			if err := s.worker.take(ctx, m, s.queue, emit); err != nil {
				return ended(ctx, err)
			}
		case <-watch.C:
			if err := s.checkLink(ctx, emit); err != nil {
				return ended(ctx, err)
			}
		}
	}
}

// readable is the queue, or nil while the present instant is not known.
func (s *Source) readable() <-chan message {
	if s.o.MayStamp != nil && !s.o.MayStamp() {
		return nil // looked at again at the next tick
	}
	return s.queue
}

// ended is nil when the error is only that ctx ended.
func ended(ctx context.Context, err error) error {
	if errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

func (s *Source) clientOptions(ctx context.Context) (*paho.ClientOptions, error) {
	// The connection outlives ctx by what it takes to say goodbye.
	o, err := s.o.ClientOptions(context.WithoutCancel(ctx), s.o.ClientID)
	if err != nil {
		return nil, err
	}
	if s.o.Status != "" {
		o.SetWill(s.o.Status, offline, qos, true)
	}
	return o.
		SetCleanSession(false).
		SetAutoAckDisabled(true).
		// In order, because the handler does nothing but queue: stamps of one
		// topic must not overtake each other.
		SetOrderMatters(true).
		// A persistent session may deliver before anything is subscribed.
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { s.receive(ctx, m) }).
		SetOnConnectHandler(func(c paho.Client) { s.subscribe(ctx, c) }).
		SetConnectionLostHandler(func(_ paho.Client, err error) { s.lost(err) }), nil
}

// receive queues a message with its instant; when the queue is full it waits,
// and with it the connection.
func (s *Source) receive(ctx context.Context, m paho.Message) {
	select {
	case s.queue <- message{m, s.o.Clock.Now(), time.Now()}:
	case <-ctx.Done(): // not acknowledged
	}
}

func (s *Source) lost(err error) {
	s.linked.Store(false)
	s.link.set(s.o.Clock.Now(), fmt.Errorf("connection to %s: %w", s.o.URL, err))
	s.o.Log.Warn().Err(err).Str("broker", s.o.URL).Msg("broker connection lost")
}

// subscribe runs in a goroutine of the client after each connect; it ends with
// the connection or ctx.
func (s *Source) subscribe(ctx context.Context, c paho.Client) {
	if s.o.Status != "" {
		// Not at QoS 1: the session would keep it, and paho resumes what the
		// session keeps while this handler runs. Every new connection says it.
		c.Publish(s.o.Status, 0, true, online)
	}
	filters := map[string]byte{}
	for _, f := range s.Filters() {
		filters[f] = qos
	}
	for ctx.Err() == nil && c.IsConnectionOpen() {
		token := c.SubscribeMultiple(filters, nil)
		if !token.WaitTimeout(subscribeTimeout) || token.Error() != nil {
			s.o.Log.Warn().Err(token.Error()).Str("broker", s.o.URL).Msg("subscription not answered, trying again")
			if s.o.Clock.Sleep(ctx, time.Second) != nil {
				return
			}
			continue
		}
		if t, ok := token.(*paho.SubscribeToken); ok {
			s.checkGranted(t.Result())
		}
		s.link.clear()
		s.linked.Store(true)
		s.o.Log.Info().Str("broker", s.o.URL).Int("filters", len(filters)).Msg("subscribed")
		return
	}
}

// checkGranted tells which filters the broker refused: the devices behind them
// will never be heard. Without what it says about itself a device is merely
// less well known.
func (s *Source) checkGranted(granted map[string]byte) {
	for filter, code := range granted {
		if code != refusedBroker {
			continue
		}
		err := fmt.Errorf("subscribe to %s at %s: refused by the broker", filter, s.o.URL)
		s.o.Log.Error().Err(err).Msg("subscription refused")
		for _, d := range s.o.Devices {
			if slices.Contains(d.Profile.Filters(d.Topic), filter) && !d.Profile.IsAvailability(d.Topic, filter) {
				d.Health.Lost(err)
			}
		}
	}
}

// checkLink says that every point is lost once the link has been down for
// longer than linkGrace.
func (s *Source) checkLink(ctx context.Context, emit Emit) error {
	down, err := s.link.state()
	now := s.o.Clock.Now()
	if down.IsZero() || now.Sub(down) < linkGrace {
		return nil
	}
	return s.worker.linkLost(ctx, now, err, emit)
}

func (l *link) set(at time.Time, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down, l.err = at, err
}

func (l *link) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down, l.err = time.Time{}, nil
}

func (l *link) state() (time.Time, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.down, l.err
}
