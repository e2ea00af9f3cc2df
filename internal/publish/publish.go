// Package publish shows the present values of chosen points of a site to
// other programs of the building: retained messages over MQTT, and on request
// the announcements that Home Assistant looks for. What is private is never
// published, whatever was chosen.
package publish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/mqtt"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config"
)

const (
	qos = 1
	// interval is the shortest time between two messages of a point.
	interval = time.Second
	// repeat is after how long a value that did not change is said again.
	repeat = 5 * time.Minute
	// answer is how long the broker may take for one message.
	answer  = 10 * time.Second
	quiesce = 250 // ms

	statusOnline, statusOffline = "online", "offline"
)

var errNoAnswer = errors.New("the broker does not answer")

// Options of a Publisher.
type Options struct {
	Site      *config.Site
	Catalogue *catalogue.Catalogue
	// Broker is where to publish.
	Broker mqtt.Broker
	Log    zerolog.Logger
}

// Publisher keeps the latest value of each chosen point and publishes it.
type Publisher struct {
	o         Options
	prefix    string
	equipment map[gtc.EquipmentID]config.Equipment
	wake      chan struct{}

	mu     sync.Mutex
	points map[gtc.Series]*point
	// erase are topics whose retained message must go: what they show is no
	// longer to be seen.
	erase []string
}

// point is what is known of one series; topic is "" when it is not published.
type point struct {
	topic string
	def   catalogue.Point
	last  gtc.Sample
	// due tells that last was not published yet, at that it was.
	due, announced bool
	at             time.Time
}

// message is the payload of a published value.
type message struct {
	Value   any    `json:"value"`
	Unit    string `json:"unit"`
	Time    string `json:"time"`
	Quality string `json:"quality"`
}

// New returns a publisher of what the site's publish section chooses; nil
// when it chooses nothing.
func New(o Options) *Publisher {
	if o.Site.Publish.Connection == "" {
		return nil
	}
	p := &Publisher{
		o: o, prefix: o.Site.Publish.Prefix,
		wake: make(chan struct{}, 1), points: map[gtc.Series]*point{},
	}
	if p.prefix == "" {
		p.prefix = config.DefaultPublishPrefix
	}
	p.list(o.Site)
	return p
}

// list notes the site's equipment.
func (p *Publisher) list(s *config.Site) {
	p.equipment = map[gtc.EquipmentID]config.Equipment{}
	for _, e := range s.Equipment {
		p.equipment[e.ID] = e
	}
}

// Update takes over what a changed site file chooses and what it calls
// private. What is no longer to be seen is erased at the broker. Connection
// and prefixes stay as they were.
func (p *Publisher) Update(s *config.Site) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := *s
	now.Publish.Connection, now.Publish.Prefix = p.o.Site.Publish.Connection, p.o.Site.Publish.Prefix
	now.Publish.HomeAssistant = p.o.Site.Publish.HomeAssistant
	p.o.Site = &now
	p.list(s)
	for series, pt := range p.points {
		if _, ok := p.chosen(series); ok || pt.topic == "" {
			delete(p.points, series) // looked at afresh
			continue
		}
		p.erase = append(p.erase, pt.topic)
		if discovery := now.Publish.HomeAssistant; discovery != "" {
			topic, _ := p.announcement(discovery, series, pt)
			p.erase = append(p.erase, topic)
		}
		delete(p.points, series)
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Observe takes samples as they were read. It neither blocks nor keeps the
// slice.
func (p *Publisher) Observe(samples ...gtc.Sample) {
	p.mu.Lock()
	due := false
	for _, s := range samples {
		pt := p.point(s.Series)
		if pt.topic == "" || s.At.Before(pt.last.At) {
			continue
		}
		pt.due = pt.due || pt.last.Value != s.Value || pt.last.Quality != s.Quality || pt.at.IsZero()
		pt.last = s
		due = due || pt.due
	}
	p.mu.Unlock()
	if !due {
		return
	}
	select {
	case p.wake <- struct{}{}:
	default: // Run has not looked yet
	}
}

// point returns what is known of a series. The caller holds mu.
func (p *Publisher) point(s gtc.Series) *point {
	pt := p.points[s]
	if pt == nil {
		pt = &point{}
		if def, ok := p.chosen(s); ok {
			pt.def = def
			pt.topic = fmt.Sprintf("%s/%s/%s/%s", p.prefix, s.Site, s.Equipment, s.Point)
		}
		p.points[s] = pt
	}
	return pt
}

// chosen reports whether a series is chosen and may be published at all. A
// point that the catalogue does not know, or of equipment that the site does
// not have, is not.
func (p *Publisher) chosen(s gtc.Series) (catalogue.Point, bool) {
	e, known := p.equipment[s.Equipment]
	def, ok := p.o.Catalogue.Point(s.Kind, s.Point)
	if !known || !ok || e.Kind != s.Kind || s.Site != p.o.Site.ID {
		return def, false
	}
	class := max(e.Privacy, def.Privacy)
	if own := e.Points[s.Point].Privacy; own != nil {
		class = max(class, *own)
	}
	if !config.Publishable(class, s.Point) {
		return def, false
	}
	for _, pattern := range p.o.Site.Publish.Points {
		if ok, err := path.Match(pattern, string(s.Equipment)+"/"+string(s.Point)); err == nil && ok {
			return def, true
		}
	}
	return def, false
}

// Status is the topic that tells whether the values are kept up to date.
func (p *Publisher) Status() string { return fmt.Sprintf("%s/%s/status", p.prefix, p.o.Site.ID) }

// Run publishes until ctx ends and then returns nil.
func (p *Publisher) Run(ctx context.Context) error {
	options, err := p.o.Broker.ClientOptions(context.WithoutCancel(ctx), "gtc-"+string(p.o.Site.ID)+"-publish")
	if err != nil {
		return fmt.Errorf("publish values of %s: %w", p.o.Site.ID, err)
	}
	options.SetCleanSession(true).SetWill(p.Status(), statusOffline, qos, true).SetOnConnectHandler(func(paho.Client) {
		p.again()
	})
	client := paho.NewClient(options)
	client.Connect() // retries by itself until it succeeds
	defer func() {
		if client.IsConnectionOpen() { // a will is for ends that cannot be told
			client.Publish(p.Status(), qos, true, statusOffline).WaitTimeout(quiesce * time.Millisecond)
		}
		client.Disconnect(quiesce)
	}()
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.wake:
		case <-tick.C:
		}
		if client.IsConnectionOpen() {
			if err := p.publish(ctx, client); err != nil && ctx.Err() == nil {
				p.o.Log.Warn().Err(err).Msg("values not published, trying again")
			}
		}
		select { // points do not change faster than this for others
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// again makes every value due: a broker that was away may have forgotten.
func (p *Publisher) again() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, pt := range p.points {
		pt.due, pt.announced = pt.topic != "" && !pt.last.At.IsZero(), false
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// outgoing is a message to be published.
type outgoing struct {
	topic   string
	payload []byte
	point   *point
}

// publish sends what is due and waits for the broker to have it.
func (p *Publisher) publish(ctx context.Context, client paho.Client) error {
	tokens := []paho.Token{client.Publish(p.Status(), qos, true, statusOnline)}
	out := p.take(time.Now())
	for _, m := range out {
		if !mqtt.Publishable(m.topic) {
			return fmt.Errorf("publish %s: %w", m.topic, mqtt.ErrControlTopic)
		}
		tokens = append(tokens, client.Publish(m.topic, qos, true, m.payload))
	}
	timeout := time.NewTimer(answer)
	defer timeout.Stop()
	for _, token := range tokens {
		select {
		case <-token.Done():
			if err := token.Error(); err != nil {
				p.putBack(out)
				return fmt.Errorf("publish at %s: %w", p.o.Broker.URL, err)
			}
		case <-timeout.C:
			p.putBack(out)
			return fmt.Errorf("publish at %s: %w", p.o.Broker.URL, errNoAnswer)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// take returns what is due, announcements first, and notes it as published.
func (p *Publisher) take(now time.Time) []outgoing {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []outgoing
	for _, topic := range p.erase {
		out = append(out, outgoing{topic: topic}) // an empty message erases
	}
	p.erase = nil
	for series, pt := range p.points {
		if pt.topic == "" || !pt.due && (pt.at.IsZero() || now.Sub(pt.at) < repeat) {
			continue
		}
		if discovery := p.o.Site.Publish.HomeAssistant; discovery != "" && !pt.announced {
			topic, payload := p.announcement(discovery, series, pt)
			out = append(out, outgoing{topic: topic, payload: payload})
			pt.announced = true
		}
		out = append(out, outgoing{topic: pt.topic, payload: payloadOf(pt), point: pt})
		pt.due, pt.at = false, now
	}
	return out
}

func (p *Publisher) putBack(out []outgoing) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range out {
		if len(m.payload) == 0 {
			p.erase = append(p.erase, m.topic)
		}
		if m.point != nil {
			m.point.due, m.point.announced = true, false
		}
	}
}

func payloadOf(pt *point) []byte {
	s := pt.last
	m := message{Unit: pt.def.Unit, Time: s.At.UTC().Format("2006-01-02T15:04:05.000Z"), Quality: s.Quality.String()}
	switch {
	case !s.Value.Present():
	case s.Value.Type == gtc.TypeBool:
		m.Value = s.Value.True()
	default:
		m.Value = s.Value.Num
	}
	data, err := json.Marshal(m)
	if err != nil { // no value of a sample is beyond JSON
		return nil
	}
	return data
}
