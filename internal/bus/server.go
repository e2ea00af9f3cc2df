package bus

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"
)

// object is a block of the server's configuration.
type object = map[string]any

const startTimeout = 20 * time.Second

// parseConfig turns a configuration into the server's options. Secrets are not
// part of it: they are put into the options by setSecrets afterwards.
func parseConfig(config object) (*server.Options, error) {
	// The server's configuration language is a superset of JSON, but for
	// escapes such as \u003e.
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(config); err != nil {
		return nil, fmt.Errorf("encode bus configuration: %w", err)
	}
	opts := &server.Options{}
	if err := opts.ProcessConfigString(text.String()); err != nil {
		return nil, fmt.Errorf("bus configuration: %w", err)
	}
	opts.NoSigs = true
	return opts, nil
}

// setSecrets gives each user its password.
func setSecrets(opts *server.Options, password func(user string) string) {
	for _, u := range opts.Users {
		u.Password = password(u.Username)
	}
}

// startServer starts a server and waits until it accepts connections.
func startServer(ctx context.Context, opts *server.Options, log zerolog.Logger) (*server.Server, error) {
	ns, err := server.NewServer(opts)
	if err != nil {
		return nil, err
	}
	bridge := &serverLog{log: log}
	ns.SetLogger(bridge, false, false)
	ns.Start()
	if err := awaitReady(ctx, ns, bridge); err != nil {
		ns.Shutdown()
		ns.WaitForShutdown()
		return nil, err
	}
	bridge.up.Store(ns)
	return ns, nil
}

func awaitReady(ctx context.Context, ns *server.Server, log *serverLog) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		if msg := log.failure(); msg != "" {
			return errors.New(msg)
		}
		if ns.ReadyForConnections(50*time.Millisecond) && log.failure() == "" {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("wait for the server: %w", err)
		}
	}
}

// connect opens a connection within the process. It outlives any trouble: the
// only way to lose it is to stop the server for good.
func connect(ns nats.InProcessConnProvider, user, password string, log zerolog.Logger, opts ...nats.Option) (*nats.Conn, error) {
	opts = append([]nats.Option{
		nats.InProcessServer(ns),
		nats.UserInfo(user, password),
		nats.Name("gtc " + user),
		nats.MaxReconnects(-1),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			subject := ""
			if sub != nil {
				subject = sub.Subject
			}
			log.Warn().Err(err).Str("subject", subject).Msg("bus connection")
		}),
	}, opts...)
	nc, err := nats.Connect("", opts...)
	if err != nil {
		return nil, fmt.Errorf("connect to the bus as %s: %w", user, err)
	}
	return nc, nil
}

// listenAddress splits host:port for the server, which writes a port chosen by
// the kernel as -1 and no listener as 0.
func listenAddress(what, addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("%s address %q: %w", what, addr, err)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", fmt.Errorf("%s address %q: port %q", what, addr, port)
	}
	if host == "" {
		host = "0.0.0.0"
	}
	if n == 0 {
		return net.JoinHostPort(host, "-1"), nil
	}
	return net.JoinHostPort(host, port), nil
}

// actual replaces the port of a listen address by the one that was given.
func actual(addr string, port int) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return ""
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}

// secret returns a new random password for connections within the process.
func secret() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
