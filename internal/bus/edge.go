package bus

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
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
	Log        zerolog.Logger
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
	site     gtc.SiteID
	boot     string
	seq      atomic.Uint64
	server   *server.Server
	conn     *nats.Conn
	js       jetstream.JetStream
	mqttAddr string
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
	inProcess := secret()
	opts, err := edgeServerOptions(o, inProcess)
	if err != nil {
		return nil, err
	}
	e := &Edge{site: o.Site, boot: secret()}
	if e.server, err = startServer(ctx, opts, o.Log); err != nil {
		return nil, listenError(err, o.MQTTListen)
	}
	if o.MQTTListen != "" {
		if v, err := e.server.Varz(nil); err == nil {
			e.mqttAddr = actual(o.MQTTListen, v.MQTT.Port)
		}
	}
	if e.conn, err = connect(e.server, edgeUser, inProcess, o.Log); err == nil {
		if e.js, err = jetstream.New(e.conn); err == nil {
			err = e.makeStreams(ctx, o)
		}
	}
	if err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
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

func edgeServerOptions(o EdgeOptions, inProcess string) (*server.Options, error) {
	users, passwords := mqttUsers(o.MQTTUsers)
	passwords[edgeUser] = inProcess
	sync := any("10s")
	if o.SyncAlways {
		sync = "always"
	}
	config := object{
		"server_name": string(o.Site),
		"jetstream": object{
			"store_dir":     o.Dir,
			"domain":        string(o.Site),
			"max_mem":       64 << 20,
			"max_file":      o.MaxBytes + eventsMaxBytes + 2*localMaxBytes,
			"sync_interval": sync,
		},
		"accounts": object{
			accountQueue: object{
				"jetstream": "enabled",
				"users":     []object{{"user": edgeUser, "password": "-", "allowed_connection_types": []string{"IN_PROCESS"}}},
			},
			accountLocal: object{
				"jetstream": object{"max_file": localMaxBytes, "max_mem": 32 << 20},
				"users":     users,
			},
		},
	}
	if o.MQTTListen != "" {
		addr, err := listenAddress("mqtt", o.MQTTListen)
		if err != nil {
			return nil, err
		}
		config["mqtt"] = mqttListener(o, addr)
	}
	opts, err := parseConfig(config)
	if err != nil {
		return nil, err
	}
	opts.DontListen = true
	opts.PingInterval = pingInterval
	setSecrets(opts, func(user string) string { return passwords[user] })
	if o.HubURL != "" {
		remote, err := leafRemote(o)
		if err != nil {
			return nil, err
		}
		opts.LeafNode.Remotes = []*server.RemoteLeafOpts{remote}
		opts.LeafNode.ReconnectInterval = time.Second
	}
	return opts, nil
}

// pingInterval bounds how long a dead link goes unnoticed (three of them).
const pingInterval = 10 * time.Second

func leafRemote(o EdgeOptions) (*server.RemoteLeafOpts, error) {
	u, err := url.Parse(o.HubURL)
	if err != nil {
		return nil, fmt.Errorf("hub url: %w", err)
	}
	if u.Port() == "" {
		return nil, fmt.Errorf("hub url %q: no port", o.HubURL)
	}
	r := &server.RemoteLeafOpts{
		LocalAccount:            accountQueue,
		IgnoreDiscoveredServers: true,
		FirstInfoTimeout:        5 * time.Second,
		DialTimeout:             5 * time.Second,
		Compression:             server.CompressionOpts{Mode: server.CompressionS2Auto},
	}
	switch u.Scheme {
	case "tls":
		r.TLS = true
		r.TLSTimeout = 10
		r.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: u.Hostname()}
		if o.CAFile != "" {
			if r.TLSConfig.RootCAs, err = loadCA(o.CAFile); err != nil {
				return nil, err
			}
		}
	case "nats", "nats-leaf":
	default:
		return nil, fmt.Errorf("hub url %q: scheme is neither tls nor nats", o.HubURL)
	}
	u.User = url.UserPassword(string(o.Site), o.Password)
	r.URLs = []*url.URL{u}
	return r, nil
}

func loadCA(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read authority %s: no certificate in it", file)
	}
	return pool, nil
}

// Close stops the site's bus; what is queued stays on the disk.
func (e *Edge) Close() {
	if e.conn != nil {
		e.conn.Close()
	}
	e.server.Shutdown()
	e.server.WaitForShutdown()
}

// MQTTAddr returns the broker's host:port, "" when there is none.
func (e *Edge) MQTTAddr() string { return e.mqttAddr }

// Conn returns the edge's own connection, in account GTC: commands are
// answered on it. It belongs to the edge and must not be closed.
func (e *Edge) Conn() *nats.Conn { return e.conn }

// Boot identifies this run of the edge.
func (e *Edge) Boot() string { return e.boot }

// Linked reports whether the edge is connected to the hub.
func (e *Edge) Linked() bool { return e.server.NumLeafNodes() > 0 }

// Queued returns the number of messages that the hub has not taken yet.
func (e *Edge) Queued(ctx context.Context) (uint64, error) {
	var n uint64
	for _, name := range []string{StreamSamples, StreamEvents} {
		// What is acknowledged is a place in the stream; the consumer's own
		// counts of pending messages move while a pull is under way.
		c, err := e.js.Consumer(ctx, name, hubConsumer)
		if err != nil {
			return 0, fmt.Errorf("count queued of %s: %w", name, err)
		}
		s, err := e.js.Stream(ctx, name)
		if err != nil {
			return 0, fmt.Errorf("count queued of %s: %w", name, err)
		}
		state := s.CachedInfo().State
		taken := c.CachedInfo().AckFloor.Stream
		if state.FirstSeq > 0 {
			taken = max(taken, state.FirstSeq-1) // the oldest were dropped
		}
		if state.LastSeq > taken {
			n += state.LastSeq - taken
		}
	}
	return n, nil
}

var errTooLong = errors.New("longer than a message may be")
