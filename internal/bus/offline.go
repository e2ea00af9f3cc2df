package bus

import (
	"context"
	"fmt"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"
)

// Offline is the data folder of a hub that does not run, opened for backup or
// restore: its streams and nothing else. No site can reach it.
type Offline struct {
	server *server.Server
	conn   *nats.Conn
}

// OpenOffline opens a hub's data folder. The caller must Close it, and must be
// sure that no hub uses the folder.
func OpenOffline(ctx context.Context, dir string, log zerolog.Logger) (*Offline, error) {
	inProcess := secret()
	opts, err := hubServerOptions(HubOptions{Dir: dir, Password: secret()}, inProcess)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	o := &Offline{}
	if o.server, err = startServer(ctx, opts, log); err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	if o.conn, err = connect(o.server, hubUser+"-local", inProcess, log); err != nil {
		o.Close()
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	return o, nil
}

// Conn returns the connection to the streams; it belongs to o.
func (o *Offline) Conn() *nats.Conn { return o.conn }

// Close closes the folder; what is stored stays on the disk.
func (o *Offline) Close() {
	if o.conn != nil {
		o.conn.Close()
	}
	o.server.Shutdown()
	o.server.WaitForShutdown()
}

// DialHub connects to a running hub, as its user of the client listener.
func DialHub(addr, password string) (*nats.Conn, error) {
	nc, err := nats.Connect("nats://"+addr, nats.UserInfo(hubUser, password), nats.Name("gtc"), nats.MaxReconnects(0))
	if err != nil {
		return nil, fmt.Errorf("connect to the hub at %s: %w", addr, err)
	}
	return nc, nil
}
