package mqtt

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/cpas-charleroi/gtc/collector/profile"
)

// ProbeOptions say what to listen to.
type ProbeOptions struct {
	Broker
	// Filter is what to subscribe to, everything (#) when empty.
	Filter string
	// For is how long to listen.
	For time.Duration
	// Profiles are tried on each topic.
	Profiles map[string]*profile.Profile
	// TypeOf gives the stored types of a profile's points.
	TypeOf func(p *profile.Profile) profile.TypeOf
}

// Seen is one topic that was heard.
type Seen struct {
	Topic    string
	Messages int
	Retained bool
	// Bytes is the size of the latest payload, Example its beginning.
	Bytes   int
	Example string
	// Profile is the one that fits best and Prefix the topic that a device of
	// it would have in the site file; both "" when none fits.
	Profile, Prefix string
	// Availability is what the message says of the device: online or offline.
	Availability string
	// Samples are what the latest message would give, by that profile.
	Samples []profile.FieldSample
	// Refused says why a profile whose topic fits cannot read the message.
	Refused string
}

// maxSeen bounds the topics that a probe remembers.
const maxSeen = 5000

// Probe listens to a broker and says what the messages would be. It publishes
// nothing, and its session leaves nothing behind.
func Probe(ctx context.Context, o ProbeOptions) ([]Seen, error) {
	if o.Filter == "" {
		o.Filter = "#"
	}
	options, err := o.ClientOptions(ctx, "gtc-probe-"+rand.Text()[:8])
	if err != nil {
		return nil, err
	}
	p := probe{o: o, seen: map[string]*heardTopic{}}
	options.SetCleanSession(true).SetAutoReconnect(false).SetConnectRetry(false)
	client := paho.NewClient(options)
	defer client.Disconnect(disconnectQuiesce)
	if err := await(ctx, client.Connect()); err != nil {
		return nil, fmt.Errorf("connect to %s: %w", o.URL, err)
	}
	token := client.Subscribe(o.Filter, 0, p.hear)
	if err := await(ctx, token); err != nil {
		return nil, fmt.Errorf("subscribe to %s at %s: %w", o.Filter, o.URL, err)
	}
	if t, ok := token.(*paho.SubscribeToken); ok && t.Result()[o.Filter] == refusedBroker {
		return nil, fmt.Errorf("subscribe to %s at %s: refused by the broker", o.Filter, o.URL)
	}
	end := time.NewTimer(o.For)
	defer end.Stop()
	select {
	case <-end.C:
	case <-ctx.Done():
	}
	return p.result(), nil
}

func await(ctx context.Context, token paho.Token) error {
	select {
	case <-token.Done():
		return token.Error()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// probe collects what is heard.
type probe struct {
	o    ProbeOptions
	mu   sync.Mutex
	seen map[string]*heardTopic
}

type heardTopic struct {
	Seen
	last []byte
	at   time.Time
}

func (p *probe) hear(_ paho.Client, m paho.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.seen[m.Topic()]
	if t == nil {
		if len(p.seen) >= maxSeen {
			return
		}
		t = &heardTopic{Seen: Seen{Topic: m.Topic()}}
		p.seen[m.Topic()] = t
	}
	t.Messages++
	t.Retained = m.Retained()
	t.Bytes, t.Example = len(m.Payload()), exampleOf(m.Payload())
	t.last, t.at = m.Payload(), time.Now()
	if len(t.last) > maxPayload {
		t.last = nil
	}
}

func (p *probe) result() []Seen {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Seen
	for _, t := range p.seen {
		p.explain(t)
		out = append(out, t.Seen)
	}
	slices.SortFunc(out, func(a, b Seen) int { return strings.Compare(a.Topic, b.Topic) })
	return out
}

// fit is how well a profile reads a message: first by what it gives, then by
// how much of the topic it knows.
type fit struct {
	values, literal int
	profile         string
}

func (a fit) compare(b fit) int {
	return cmp.Or(cmp.Compare(a.values, b.values), cmp.Compare(a.literal, b.literal), -strings.Compare(a.profile, b.profile))
}

// explain finds the profile that fits a topic best.
func (p *probe) explain(t *heardTopic) {
	if t.last == nil {
		t.Refused = fmt.Sprintf("%d bytes: %v", t.Bytes, errOversized)
		return
	}
	best := fit{values: -1}
	for id, prof := range p.o.Profiles {
		for i := range prof.Topics {
			pattern := &prof.Topics[i]
			prefix, ok := pattern.Prefix(t.Topic)
			if !ok {
				continue
			}
			topic, ok := prof.Match(prefix, t.Topic)
			if !ok || topic.Topic != pattern.Topic {
				continue // another topic of the profile takes it
			}
			p.try(t, id, prefix, topic, &best)
		}
	}
}

func (p *probe) try(t *heardTopic, id, prefix string, topic *profile.Topic, best *fit) {
	f := fit{literal: len(strings.ReplaceAll(topic.Topic, "{topic}", "")), profile: id}
	said := ""
	var samples []profile.FieldSample
	var err error
	if topic.Availability != nil {
		var there, known bool
		if there, known, err = profile.DecodeAvailability(topic, t.last); known {
			f.values, said = 1, offline
			if there {
				said = online
			}
		}
	} else {
		samples, err = profile.DecodePayload(topic, p.o.TypeOf(p.o.Profiles[id]), t.last, t.at)
		for _, s := range samples {
			if s.Value.Present() {
				f.values++
			}
		}
	}
	switch {
	case err != nil && f.literal > 0 && t.Profile == "":
		t.Refused = id + ": " + err.Error()
	case f.values > 0 && f.compare(*best) > 0:
		*best = f
		t.Profile, t.Prefix, t.Availability, t.Samples, t.Refused = id, prefix, said, samples, ""
	}
}
