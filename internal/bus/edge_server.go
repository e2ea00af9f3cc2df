package bus

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/rs/zerolog"
)

// embedded is the server of an edge. It is exchanged for another one on the
// same folder when it stopped storing; connections within the process find the
// new one by themselves.
type embedded struct {
	mu sync.RWMutex
	ns *server.Server
}

var errNoServer = errors.New("no server")

// InProcessConn connects to the present server.
func (s *embedded) InProcessConn() (net.Conn, error) {
	ns := s.current()
	if ns == nil {
		return nil, errNoServer
	}
	return ns.InProcessConn()
}

func (s *embedded) current() *server.Server {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.ns
}

// start starts a server; there must be none.
func (s *embedded) start(ctx context.Context, opts *server.Options, log zerolog.Logger) error {
	ns, err := startServer(ctx, opts, log)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.ns = ns
	s.mu.Unlock()
	return nil
}

// errHangs tells that the server does not stop: only the end of the process
// helps.
var errHangs = errors.New("the server does not stop")

// stop stops the server, if there is one. A server that a failed write has
// left in a bad way may never stop; that is errHangs.
func (s *embedded) stop() error {
	ns := s.current()
	if ns == nil {
		return nil
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		ns.Shutdown()
		ns.WaitForShutdown()
	}()
	timer := time.NewTimer(stopPatience)
	defer timer.Stop()
	select {
	case <-done:
		return nil
	case <-timer.C:
		return errHangs
	}
}

// restartServer exchanges the server. What is queued stays.
func (e *Edge) restartServer(ctx context.Context) error {
	if err := e.server.stop(); err != nil {
		return err
	}
	o := e.o
	if e.mqttAddr != "" {
		o.MQTTListen = e.mqttAddr // clients come back to where they were
	}
	opts, err := edgeServerOptions(o, e.inProcess)
	if err != nil {
		return err
	}
	if err := e.server.start(ctx, opts, o.Log); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return e.makeStreams(ctx, o)
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
		opts.LeafNode.ReconnectInterval = relink
	}
	return opts, nil
}

// relink is left between attempts to reach the hub; the server waits up to
// twice as long, so that not all edges come at once.
const relink = 400 * time.Millisecond

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
		Compression:             server.CompressionOpts{Mode: server.CompressionS2Fast},
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
