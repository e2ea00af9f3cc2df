// Package influxd runs a real InfluxDB 1.8 as a child process on loopback, for
// machines without one (`gtc demo`) and for tests.
package influxd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc/internal/influx"
)

// Options say how to run the child.
type Options struct {
	// Binary is the influxd program; see Find.
	Binary string
	// Dir holds its data; it is made if missing.
	Dir string
	// Listen is the preferred address. When it is taken, or empty, a free
	// port of 127.0.0.1 is used and the log says so.
	Listen string
	// User and Password, when given, are made its only administrator. The
	// password must have no space: InfluxDB cannot parse one in a token.
	User, Password string
	Log            zerolog.Logger
}

// Server is a running child.
type Server struct {
	// URL is its address, for example http://127.0.0.1:8086.
	URL  string
	stop context.CancelFunc
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// ErrNoBinary tells that no influxd program was found.
var ErrNoBinary = errors.New("no influxd program found")

// Find returns the influxd program: the named one, or var/bin/influxd in the
// working folder or a folder above it. One on PATH is not taken: it may well be
// a 2.x, which is run in another way.
func Find(named string) (string, error) {
	if named != "" {
		return named, nil
	}
	dir, err := os.Getwd()
	for err == nil {
		p := filepath.Join(dir, "var", "bin", "influxd")
		if st, e := os.Stat(p); e == nil && !st.IsDir() {
			return p, nil
		}
		if filepath.Dir(dir) == dir {
			break
		}
		dir = filepath.Dir(dir)
	}
	return "", fmt.Errorf("%w: run `make influxd`, or give the address of an InfluxDB in gtc.yaml (influx.url)", ErrNoBinary)
}

// Start runs the child until ctx ends or Stop is called, and returns once it
// answers.
func Start(ctx context.Context, o Options) (*Server, error) {
	addr, err := freeAddress(o.Listen, o.Log)
	if err != nil {
		return nil, err
	}
	rpc, err := freeAddress("", o.Log)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("start influxd: %w", err)
	}
	logFile, err := os.OpenFile(filepath.Join(o.Dir, "influxd.log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o640)
	if err != nil {
		return nil, fmt.Errorf("start influxd: %w", err)
	}
	runCtx, cancel := context.WithCancel(ctx)
	s := &Server{URL: "http://" + addr, stop: cancel, done: make(chan struct{})}
	started := make(chan error, 1)
	s.cmd = command(runCtx, o, addr, rpc, logFile)
	go s.run(runCtx, s.cmd, logFile, started)
	if err := <-started; err != nil {
		cancel()
		return nil, fmt.Errorf("start %s: %w", o.Binary, err)
	}
	if err := s.ready(ctx, o); err != nil {
		s.Stop()
		return nil, fmt.Errorf("start influxd at %s (log %s): %w", s.URL, logFile.Name(), err)
	}
	return s, nil
}

func command(ctx context.Context, o Options, addr, rpc string, out io.Writer) *exec.Cmd {
	cmd := exec.CommandContext(ctx, o.Binary, "run", "-config", os.DevNull)
	auth := "false"
	if o.User != "" {
		auth = "true"
	}
	cmd.Env = append(os.Environ(),
		"INFLUXDB_META_DIR="+filepath.Join(o.Dir, "meta"),
		"INFLUXDB_DATA_DIR="+filepath.Join(o.Dir, "data"),
		"INFLUXDB_DATA_WAL_DIR="+filepath.Join(o.Dir, "wal"),
		"INFLUXDB_DATA_INDEX_VERSION=tsi1",
		"INFLUXDB_DATA_QUERY_LOG_ENABLED=false",
		"INFLUXDB_BIND_ADDRESS="+rpc,
		"INFLUXDB_HTTP_BIND_ADDRESS="+addr,
		"INFLUXDB_HTTP_LOG_ENABLED=false",
		"INFLUXDB_HTTP_AUTH_ENABLED="+auth,
		"INFLUXDB_HTTP_FLUX_ENABLED=false",
		"INFLUXDB_MONITOR_STORE_ENABLED=false",
		"INFLUXDB_CONTINUOUS_QUERIES_ENABLED=false",
		"INFLUXDB_REPORTING_DISABLED=true",
		"INFLUXDB_LOGGING_LEVEL=warn",
	)
	cmd.Stdout, cmd.Stderr = out, out
	// Its own group, so that Ctrl-C reaches the parent alone, which stops the
	// child last; and the child never outlives the parent.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	return cmd
}

// run owns the child. It keeps its thread because the death signal is tied to
// the thread that started the child, not to the process.
func (s *Server) run(_ context.Context, cmd *exec.Cmd, logFile *os.File, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(s.done)
	defer logFile.Close() //nolint:errcheck // only the child wrote to it.
	err := cmd.Start()
	started <- err
	if err == nil {
		s.err = cmd.Wait()
	}
}

// Stop ends the child and waits for it.
func (s *Server) Stop() {
	s.stop()
	<-s.done
}

// Kill ends the child without a warning, as a power cut does, waits for it and
// returns its state.
func (s *Server) Kill() *os.ProcessState {
	_ = s.cmd.Process.Kill() // it may have ended
	<-s.done
	return s.cmd.ProcessState
}

func (s *Server) ready(ctx context.Context, o Options) error {
	token := ""
	if o.User != "" {
		token = o.User + ":" + o.Password
	}
	client, err := influx.Open(influx.Options{URL: s.URL, Token: token, Timeout: 5 * time.Second})
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := client.Ping(ctx)
		if err == nil {
			return s.admin(ctx, client, o)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w; last: %w", ctx.Err(), err)
		case <-s.done:
			return fmt.Errorf("ended: %w", s.err)
		case <-tick.C:
		}
	}
}

// admin makes the administrator of a fresh database: InfluxDB 1.8 with
// authentication lets the very first user be made without one.
func (s *Server) admin(ctx context.Context, client *influx.Client, o Options) error {
	if o.User == "" {
		return nil
	}
	none := func(*influx.Table) error { return nil }
	if client.Query(ctx, "", "SHOW DATABASES", none) == nil {
		return nil
	}
	first, err := influx.Open(influx.Options{URL: s.URL, Timeout: 5 * time.Second})
	if err != nil {
		return err
	}
	defer first.Close()
	q := "CREATE USER " + influx.Ident(o.User) + " WITH PASSWORD " + influx.Quote(o.Password) + " WITH ALL PRIVILEGES"
	if err := first.Query(ctx, "", q, none); err != nil {
		return errors.New("make administrator: refused; the data folder has another one")
	}
	return client.Query(ctx, "", "SHOW DATABASES", none)
}

func freeAddress(preferred string, log zerolog.Logger) (string, error) {
	var lc net.ListenConfig
	if preferred != "" {
		l, err := lc.Listen(context.Background(), "tcp", preferred)
		if err == nil {
			return preferred, l.Close()
		}
		log.Warn().Str("address", preferred).Err(err).Msg("address taken, InfluxDB uses another port")
	}
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}
