// Package mqtt publishes like the devices that a building has behind a broker:
// the P1 port of a Belgian electricity meter, whole telegrams with their check
// sum, equipment with one text topic a value, such as an intrusion panel
// behind the Paradox interface, sensors and gateways with an object a message,
// Sparkplug nodes. It serves device profiles in reverse, from values in the
// points' own units, and lets go wrong what does in the field.
package mqtt

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/rs/zerolog"
)

const (
	qos            = 1
	keepAlive      = 30 * time.Second
	connectTimeout = 10 * time.Second
	writeTimeout   = 10 * time.Second
	retryInterval  = time.Second
	quiesce        = 250 // ms
)

// errLost tells that a message was on its way when the connection broke; it
// may or may not have arrived.
var errLost = errors.New("connection lost")

// Options of a Publisher.
type Options struct {
	// URL is mqtt://host:port.
	URL            string
	User, Password string
	// ClientID names the device at the broker.
	ClientID string
	// Will, when it has a topic, is what the broker says when the device is
	// cut off.
	Will Message
	Log  zerolog.Logger
}

// Publisher is a device's connection to a broker. It is safe for concurrent
// use.
type Publisher struct {
	client paho.Client
	url    string
}

// Dial connects and goes on reconnecting until Close. It returns when the
// first connection stands or ctx ended.
func Dial(ctx context.Context, o Options) (*Publisher, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "mqtt" || u.Host == "" {
		return nil, fmt.Errorf("publish to %q: want mqtt://host:port", o.URL)
	}
	options := paho.NewClientOptions().
		AddBroker("tcp://" + u.Host).
		SetClientID(o.ClientID).SetUsername(o.User).SetPassword(o.Password).
		SetProtocolVersion(4).
		SetKeepAlive(keepAlive).SetConnectTimeout(connectTimeout).SetWriteTimeout(writeTimeout).
		SetConnectRetry(true).SetConnectRetryInterval(retryInterval).SetMaxReconnectInterval(retryInterval).
		SetConnectionLostHandler(func(_ paho.Client, err error) {
			o.Log.Debug().Err(err).Str("client", o.ClientID).Msg("broker connection lost")
		})
	if o.Will.Topic != "" {
		options.SetBinaryWill(o.Will.Topic, o.Will.Payload, qos, o.Will.Retained)
	}
	p := &Publisher{client: paho.NewClient(options), url: o.URL}
	if err := wait(ctx, p.client.Connect()); err != nil {
		p.Close()
		return nil, fmt.Errorf("connect %s to %s: %w", o.ClientID, o.URL, err)
	}
	return p, nil
}

// Publish sends a message at QoS 1 and returns once the broker has it.
func (p *Publisher) Publish(ctx context.Context, topic string, retained bool, payload []byte) error {
	if !p.client.IsConnectionOpen() {
		return fmt.Errorf("publish %s to %s: %w", topic, p.url, errLost)
	}
	if err := wait(ctx, p.client.Publish(topic, qos, retained, payload)); err != nil {
		return fmt.Errorf("publish %s to %s: %w", topic, p.url, err)
	}
	return nil
}

// subscribe calls each with the payloads of a topic.
func (p *Publisher) subscribe(ctx context.Context, topic string, each func(payload []byte)) error {
	if err := wait(ctx, p.client.Subscribe(topic, qos, func(_ paho.Client, m paho.Message) { each(m.Payload()) })); err != nil {
		return fmt.Errorf("subscribe to %s at %s: %w", topic, p.url, err)
	}
	return nil
}

// Close disconnects for good.
func (p *Publisher) Close() { p.client.Disconnect(quiesce) }

func wait(ctx context.Context, t paho.Token) error {
	select {
	case <-t.Done():
		return t.Error()
	case <-ctx.Done():
		return ctx.Err()
	}
}
