package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// StreamOutbox holds the messages that are on their way to people, one subject
// outbox.<channel>.<priority> a lane.
const StreamOutbox = "OUTBOX"

const (
	// knownFor is how long a message is known by its id.
	knownFor = 48 * time.Hour
	// mostListed is how many alarms one message lists: a message of the bus
	// has to hold them.
	mostListed = 100
	// sendWithin bounds one attempt; the lane gives a message to another
	// sender when nothing is heard of it for a while longer.
	sendWithin = 3 * time.Minute
	// idle is how often a sender looks by itself.
	idle = 5 * time.Second
)

// outbox is the durable queue of messages.
type outbox struct {
	js     jetstream.JetStream
	stream jetstream.Stream
	// wake tells the senders of a channel that something came, those of
	// priority 1 and the others.
	wake map[lane]chan struct{}
}

// lane is a channel with or without priority 1.
type lane struct {
	channel notify.Channel
	first   bool
}

func openOutbox(ctx context.Context, js jetstream.JetStream) (*outbox, error) {
	o := &outbox{js: js, wake: map[lane]chan struct{}{}}
	var err error
	o.stream, err = js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: StreamOutbox, Subjects: []string{"outbox.>"}, Retention: jetstream.WorkQueuePolicy,
		Storage: jetstream.FileStorage, Compression: jetstream.S2Compression, Duplicates: knownFor,
	})
	if err != nil {
		return nil, fmt.Errorf("make stream %s: %w", StreamOutbox, err)
	}
	for _, c := range notify.Channels() {
		for _, first := range []bool{true, false} {
			o.wake[lane{c, first}] = make(chan struct{}, 8)
		}
	}
	return o, nil
}

// subject is where the messages of a channel and priority are.
func subject(c notify.Channel, p gtc.Priority) string {
	return "outbox." + string(c) + "." + strconv.Itoa(int(p))
}

// put stores a message; the same message put twice is stored once.
func (o *outbox) put(ctx context.Context, m notify.Message) error {
	if over := len(m.Alarms) - mostListed; over > 0 {
		m.Alarms, m.Numbers = m.Alarms[:mostListed], m.Numbers[:min(len(m.Numbers), mostListed)]
		m.More += over
	}
	for i := range m.Alarms {
		if i > 0 {
			m.Alarms[i].Advice = nil // only the worst one's is told
		}
	}
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("put message %s: %w", m.ID, err)
	}
	msg := nats.NewMsg(subject(m.Channel, m.Priority()))
	msg.Data = data
	if _, err := o.js.PublishMsg(ctx, msg, jetstream.WithMsgID(m.ID)); err != nil {
		return fmt.Errorf("put message %s: %w", m.ID, err)
	}
	o.tell(lane{m.Channel, m.Priority() == gtc.PriorityCritical})
	return nil
}

func (o *outbox) tell(l lane) {
	select {
	case o.wake[l] <- struct{}{}:
	default: // all its senders are told already
	}
}

// consumer opens the consumer of a lane's priority.
func (o *outbox) consumer(ctx context.Context, c notify.Channel, p gtc.Priority) (jetstream.Consumer, error) {
	name := string(c) + "-" + strconv.Itoa(int(p))
	consumer, err := o.stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: name, FilterSubject: subject(c, p), AckPolicy: jetstream.AckExplicitPolicy,
		// Messages that are tried again later are not acknowledged either and
		// must not keep others back.
		AckWait: sendWithin + time.Minute, MaxAckPending: -1,
	})
	if err != nil {
		return nil, fmt.Errorf("open consumer %s of %s: %w", name, StreamOutbox, err)
	}
	return consumer, nil
}

// next returns the next message of the first lane that has one, nil when none
// has.
func next(consumers []jetstream.Consumer) (jetstream.Msg, error) {
	for _, c := range consumers {
		batch, err := c.FetchNoWait(1)
		if err != nil {
			return nil, err
		}
		for m := range batch.Messages() {
			return m, nil
		}
		if err := batch.Error(); err != nil && !errors.Is(err, nats.ErrTimeout) {
			return nil, err
		}
	}
	return nil, nil //nolint:nilnil // nothing waits
}

// waiting counts the messages on their way and returns the instant of the
// oldest, zero when there is none.
func (o *outbox) waiting(ctx context.Context) (n uint64, oldest time.Time, err error) {
	info, err := o.stream.Info(ctx)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("look at %s: %w", StreamOutbox, err)
	}
	if info.State.Msgs == 0 {
		return 0, time.Time{}, nil
	}
	return info.State.Msgs, info.State.FirstTime.UTC(), nil
}
