package mqtt_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// broker is a Mosquitto that keeps its sessions when it is restarted.
type broker struct {
	program, config string
	port            int
	cmd             *exec.Cmd
	// scheme is mqtt, or mqtts for a broker that speaks TLS.
	scheme string
}

// startBroker starts Mosquitto on a free port; without it the test is
// skipped, except in CI.
func startBroker(tb testing.TB) *broker {
	tb.Helper()
	return startBrokerWith(tb, "mqtt", "allow_anonymous true\n")
}

// startBrokerWith starts it with lines of configuration.
func startBrokerWith(tb testing.TB, scheme, settings string) *broker {
	tb.Helper()
	b := &broker{scheme: scheme, program: look(tb, "mosquitto", "/usr/sbin/mosquitto")}
	look(tb, "mosquitto_pub", "/usr/bin/mosquitto_pub")
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // only to learn a free port
	require.NoError(tb, err)
	b.port = l.Addr().(*net.TCPAddr).Port
	require.NoError(tb, l.Close())
	dir := tb.TempDir()
	b.config = filepath.Join(dir, "mosquitto.conf")
	text := fmt.Sprintf("listener %d 127.0.0.1\n%spersistence true\npersistence_location %s/\nmax_queued_messages 0\nmax_inflight_messages 4096\nlog_type none\n", b.port, settings, dir)
	if os.Getuid() == 0 {
		text += "user root\n" // else it gives up the rights to its own folder
	}
	require.NoError(tb, os.WriteFile(b.config, []byte(text), 0o600))
	b.start(tb)
	tb.Cleanup(func() { b.stop(tb) })
	return b
}

func look(tb testing.TB, names ...string) string {
	tb.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		tb.Fatalf("%s is needed", names[0])
	}
	tb.Skipf("no %s on this machine", names[0])
	return ""
}

func (b *broker) url() string { return b.scheme + "://127.0.0.1:" + strconv.Itoa(b.port) }

func (b *broker) start(tb testing.TB) {
	tb.Helper()
	b.cmd = exec.Command(b.program, "-c", b.config) //nolint:noctx // ended by stop
	require.NoError(tb, b.cmd.Start())
	listens(tb, net.JoinHostPort("127.0.0.1", strconv.Itoa(b.port)))
}

// listens waits until somebody takes connections at an address.
func listens(tb testing.TB, addr string) {
	tb.Helper()
	require.Eventually(tb, func() bool {
		c, err := net.Dial("tcp", addr) //nolint:noctx // loopback
		if err != nil {
			return false
		}
		return c.Close() == nil
	}, patience, 5*time.Millisecond)
}

// stop ends the broker, which saves its sessions on the way.
func (b *broker) stop(tb testing.TB) {
	tb.Helper()
	if b.cmd == nil {
		return
	}
	require.NoError(tb, b.cmd.Process.Signal(syscall.SIGTERM))
	_ = b.cmd.Wait()
	b.cmd = nil
}

// publish publishes with mosquitto_pub at QoS 1.
func (b *broker) publish(t *testing.T, topic, payload string, more ...string) {
	t.Helper()
	args := append([]string{"-h", "127.0.0.1", "-p", strconv.Itoa(b.port), "-q", "1", "-t", topic, "-m", payload}, more...)
	out, err := exec.CommandContext(t.Context(), "mosquitto_pub", args...).CombinedOutput()
	require.NoError(t, err, string(out))
}
