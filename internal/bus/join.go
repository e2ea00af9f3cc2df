package bus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
)

// joinWait is the time between two attempts to reach the hub that was joined.
const joinWait = time.Second

// JoinOptions describe the bus of another hub.
type JoinOptions struct {
	// URL is nats://host:port of the other hub's client listener, tls:// where
	// it has a certificate.
	URL string
	// Password of its user hub.
	Password string
	// CAFile is the authority of its certificate, "" for the system's.
	CAFile string
	Log    zerolog.Logger
}

// Joined is the bus of another hub, of which this one takes a share. It may be
// used by several goroutines.
type Joined struct {
	conn  *nats.Conn
	js    jetstream.JetStream
	state jetstream.KeyValue
}

// Join connects to the bus of another hub. The other hub must be there when it
// is joined; afterwards its absence is waited for. The caller must Close it.
func Join(ctx context.Context, o JoinOptions) (*Joined, error) {
	opts := []nats.Option{
		nats.UserInfo(hubUser, o.Password), nats.Name("gtc share"),
		nats.MaxReconnects(-1), nats.ReconnectWait(joinWait), nats.ReconnectBufSize(-1), // what cannot be sent now is said again
		nats.PingInterval(pingInterval),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				o.Log.Warn().Err(err).Str("url", o.URL).Msg("hub away")
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { o.Log.Info().Str("url", o.URL).Msg("hub is back") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			o.Log.Warn().Err(err).Str("url", o.URL).Msg("bus connection")
		}),
	}
	if o.CAFile != "" {
		opts = append(opts, nats.RootCAs(o.CAFile))
	}
	if deadline, ok := ctx.Deadline(); ok {
		opts = append(opts, nats.Timeout(time.Until(deadline)))
	}
	nc, err := nats.Connect(o.URL, opts...)
	if err != nil {
		return nil, fmt.Errorf("join the hub at %s: %w", o.URL, err)
	}
	j := &Joined{conn: nc}
	if j.js, err = jetstream.New(nc); err != nil {
		nc.Close()
		return nil, fmt.Errorf("join the hub at %s: %w", o.URL, err)
	}
	if j.state, err = j.js.KeyValue(ctx, BucketState); err != nil {
		nc.Close()
		return nil, fmt.Errorf("join the hub at %s: open bucket %s: %w", o.URL, BucketState, err)
	}
	return j, nil
}

// State returns the key-value bucket of alarm states.
func (j *Joined) State() jetstream.KeyValue { return j.state }

// PublishEvent stores an event; see [Hub.PublishEvent].
func (j *Joined) PublishEvent(ctx context.Context, ev gtc.Event) error {
	return publishEvent(ctx, j.js, ev)
}

// Conn returns the connection; it belongs to j.
func (j *Joined) Conn() *nats.Conn { return j.conn }

// Reject keeps a line or message that will never be accepted, with the reason.
func (j *Joined) Reject(ctx context.Context, site gtc.SiteID, db string, line []byte, reason string) error {
	return reject(ctx, j.js, site, db, line, reason)
}

// Connected reports whether the other hub is reached now.
func (j *Joined) Connected() bool { return j.conn.IsConnected() }

// Close ends the connection.
func (j *Joined) Close() { j.conn.Close() }

// ClientURL returns the address of the client listener, "" without one.
func (h *Hub) ClientURL() string {
	if h.o.Listen == "" {
		return ""
	}
	return h.server.ClientURL()
}

func reject(ctx context.Context, js jetstream.JetStream, site gtc.SiteID, db string, line []byte, reason string) error {
	msg := nats.NewMsg(inSubject(site, "rejected"))
	msg.Data = line
	msg.Header.Set(HeaderDatabase, db)
	msg.Header.Set(HeaderReason, reason)
	// A message that is judged again, by another hub or after a restart, has
	// the same bad lines: they are kept once.
	sum := sha256.Sum256(line)
	msg.Header.Set(nats.MsgIdHdr, string(site)+"/"+db+"/"+hex.EncodeToString(sum[:]))
	if _, err := js.PublishMsg(ctx, msg); err != nil {
		return fmt.Errorf("keep rejected line of %s: %w", site, err)
	}
	return nil
}
