package bus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
)

// The accounts of an edge.
const (
	accountQueue = "GTC"   // the queue and the link to the hub
	accountLocal = "LOCAL" // MQTT clients
)

// edgeUser is the edge's own user in account GTC, in-process only.
const edgeUser = "gtc/queue"

const (
	reconnectWait   = 50 * time.Millisecond // to the server within the process
	reconnectBuffer = 1 << 20
)

const (
	defaultMaxAge   = 14 * 24 * time.Hour
	defaultMaxBytes = 4 << 30
	eventsMaxAge    = 90 * 24 * time.Hour
	eventsMaxBytes  = 256 << 20
	localMaxBytes   = 256 << 20
	maxMessage      = 256 << 10
)

// EdgeOptions describe the bus of one site.
type EdgeOptions struct {
	Site gtc.SiteID
	// Dir keeps the queue.
	Dir string
	// MQTTListen is the address of the MQTT 3.1.1 broker for local equipment,
	// "" for none.
	MQTTListen string
	MQTTUsers  []MQTTUser
	// MQTTCertFile and MQTTKeyFile make the broker speak TLS; with MQTTCAFile
	// clients must show a certificate of that authority.
	MQTTCertFile, MQTTKeyFile, MQTTCAFile string
	// HubURL is the hub's leaf listener, tls://host:port or nats://host:port;
	// "" leaves the edge alone.
	HubURL string
	// Password is the site's password at the hub; its user is the site id.
	Password string
	// CAFile verifies the hub; "" means the system's authorities.
	CAFile string
	// MaxAge and MaxBytes bound the queue of samples, the oldest out first;
	// 0 means 14 days and 4 GiB.
	MaxAge   time.Duration
	MaxBytes int64
	// SyncAlways writes every message through to the disk before it is
	// acknowledged.
	SyncAlways bool
	// Reserve is the free space of the disk, in bytes, below which the queue
	// takes no more samples; 0 means 64 MiB, or a twentieth of a smaller disk.
	Reserve uint64
	Log     zerolog.Logger
}

// MQTTUser is a client of the edge's broker. Publish and Subscribe are MQTT
// topic filters; what is not listed is refused, and command topics of alarm
// panels are refused to everyone.
type MQTTUser struct {
	User, Password     string
	Publish, Subscribe []string
}

// Edge is the bus of one site. It may be used by several goroutines.
type Edge struct {
	site      gtc.SiteID
	boot      string
	o         EdgeOptions
	inProcess string // password of edgeUser
	seq       atomic.Uint64
	server    embedded
	conn      *nats.Conn
	js        jetstream.JetStream
	mqttAddr  string
	guard     *guard
	failed    chan struct{}
	failOnce  sync.Once
	stop      context.CancelFunc
	watching  sync.WaitGroup
}

// StartEdge starts the site's server, makes its streams and links it to the
// hub, which need not be there yet. A port in use is an error that names it.
// The caller must Close the edge; ctx bounds the start only.
func StartEdge(ctx context.Context, o EdgeOptions) (*Edge, error) {
	if o.MaxAge == 0 {
		o.MaxAge = defaultMaxAge
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultMaxBytes
	}
	e, err := startEdge(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("start bus of site %s: %w", o.Site, err)
	}
	return e, nil
}

func startEdge(ctx context.Context, o EdgeOptions) (*Edge, error) {
	if err := checkSite(o.Site); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder of the queue: %w", err)
	}
	e := &Edge{site: o.Site, boot: secret(), o: o, inProcess: secret(), failed: make(chan struct{})}
	var err error
	if e.guard, err = newGuard(e, o); err != nil {
		return nil, err
	}
	opts, err := edgeServerOptions(e.o, e.inProcess)
	if err != nil {
		return nil, err
	}
	if err := e.server.start(ctx, opts, o.Log); err != nil {
		return nil, listenError(err, o.MQTTListen)
	}
	if o.MQTTListen != "" {
		if v, err := e.server.current().Varz(nil); err == nil {
			e.mqttAddr = actual(o.MQTTListen, v.MQTT.Port)
		}
	}
	if err := e.open(ctx); err != nil {
		e.Close()
		return nil, err
	}
	watch, stop := context.WithCancel(context.WithoutCancel(ctx))
	e.stop = stop
	e.watching.Go(func() { e.guard.run(watch) })
	return e, nil
}

// open connects to the own server and makes the streams.
func (e *Edge) open(ctx context.Context) error {
	var err error
	e.conn, err = connect(&e.server, edgeUser, e.inProcess, e.o.Log,
		nats.ReconnectWait(reconnectWait), nats.ReconnectBufSize(reconnectBuffer))
	if err != nil {
		return err
	}
	if e.js, err = jetstream.New(e.conn); err != nil {
		return fmt.Errorf("open queue: %w", err)
	}
	return e.makeStreams(ctx, e.o)
}

// listenError adds the whole address to the server's message, which names the
// port or nothing.
func listenError(err error, addrs ...string) error {
	for _, a := range addrs {
		if a != "" {
			err = fmt.Errorf("%w (listen on %s)", err, a)
		}
	}
	return err
}

// Close stops the site's bus; what is queued stays on the disk.
func (e *Edge) Close() {
	if e.stop != nil {
		e.stop()
		e.watching.Wait()
	}
	if e.conn != nil {
		e.conn.Close()
	}
	if err := e.server.stop(); err != nil {
		e.o.Log.Error().Err(err).Msg("bus left as it is; what is queued is on the disk")
	}
}

// Failed is closed when the queue cannot be brought back within this process:
// it must end and be started again.
func (e *Edge) Failed() <-chan struct{} { return e.failed }

func (e *Edge) fail(err error) {
	e.failOnce.Do(func() {
		e.o.Log.Error().Err(err).Msg("queue cannot be restarted")
		close(e.failed)
	})
}

// MQTTAddr returns the broker's host:port, "" when there is none.
func (e *Edge) MQTTAddr() string { return e.mqttAddr }

// Conn returns the edge's own connection, in account GTC: commands are
// answered on it. It belongs to the edge and must not be closed.
func (e *Edge) Conn() *nats.Conn { return e.conn }

// Boot identifies this run of the edge.
func (e *Edge) Boot() string { return e.boot }

// Linked reports whether the edge is connected to the hub.
func (e *Edge) Linked() bool { return e.server.current().NumLeafNodes() > 0 }

var errTooLong = errors.New("longer than a message may be")
