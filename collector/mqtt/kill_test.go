package mqtt_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
)

// brokerEnv makes the test program an edge with a broker that can be killed:
// folder and host:port.
const brokerEnv = "GTC_TEST_BROKER"

func serveBroker(args []string) {
	_, err := bus.StartEdge(context.Background(), bus.EdgeOptions{
		Site: "s1", Dir: args[0], SyncAlways: true, MQTTListen: args[1], Log: zerolog.Nop(),
		MQTTUsers: []bus.MQTTUser{{User: "collector", Password: "c", Publish: []string{"#"}, Subscribe: []string{"#"}}},
	})
	if err != nil {
		panic(err)
	}
	select {} // until it is killed
}

// victim is a broker that is killed and started again.
type victim interface {
	kill(tb testing.TB)
	start(tb testing.TB)
	address() (url string, login []string)
}

// mosquittoVictim gets the signal that lets it save its sessions: it does not
// claim to survive another.
type mosquittoVictim struct{ *broker }

func (m mosquittoVictim) kill(tb testing.TB) { tb.Helper(); m.stop(tb) }

func (m mosquittoVictim) address() (url string, login []string) { return m.url(), nil }

// embeddedVictim is killed without a warning.
type embeddedVictim struct {
	dir, addr string
	cmd       *exec.Cmd
}

func startEmbedded(tb testing.TB) *embeddedVictim {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // only to learn a free port
	require.NoError(tb, err)
	e := &embeddedVictim{dir: tb.TempDir(), addr: l.Addr().String()}
	require.NoError(tb, l.Close())
	e.start(tb)
	tb.Cleanup(func() { e.kill(tb) })
	return e
}

func (e *embeddedVictim) start(tb testing.TB) {
	tb.Helper()
	e.cmd = exec.Command(os.Args[0]) //nolint:noctx,gosec // ended by kill
	e.cmd.Env = append(os.Environ(), brokerEnv+"="+e.dir+" "+e.addr)
	e.cmd.Stderr = os.Stderr
	require.NoError(tb, e.cmd.Start())
	listens(tb, e.addr)
}

func (e *embeddedVictim) kill(tb testing.TB) {
	tb.Helper()
	if e.cmd == nil {
		return
	}
	require.NoError(tb, e.cmd.Process.Kill())
	_ = e.cmd.Wait()
	e.cmd = nil
}

func (e *embeddedVictim) address() (url string, login []string) {
	return "mqtt://" + e.addr, []string{"-u", "collector", "-P", "c"}
}

// A broker that is killed and started again while mosquitto_pub publishes at
// QoS 1 loses nothing: what mosquitto_pub was told to be taken is in the
// site's queue. See also kill_full_test.go.
func TestNothingIsLostWhenTheBrokerIsKilled(t *testing.T) {
	t.Parallel()
	t.Run("mosquitto", func(t *testing.T) {
		t.Parallel()
		killed(t, mosquittoVictim{startBroker(t)}, 4, time.Second)
	})
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		killed(t, startEmbedded(t), 4, time.Second)
	})
}

// killed kills a broker so many times, with pauses.
func killed(t *testing.T, v victim, times int, pause time.Duration) {
	t.Helper()
	look(t, "mosquitto_pub")
	url, login := v.address()
	var mu sync.Mutex
	got := map[int]int{}
	queue := edgeOf(t, t.TempDir(), "")
	stop := collect(t, queue, url, func(samples ...gtc.Sample) {
		mu.Lock()
		defer mu.Unlock()
		for _, s := range samples {
			if s.Point == "energy_import_kwh" && s.Value.Present() {
				got[int(s.Value.Num)]++
			}
		}
	})
	t.Cleanup(stop)
	seen := func(i int) bool { mu.Lock(); defer mu.Unlock(); return got[i] > 0 }
	require.Eventually(t, func() bool { return pubOnce(t, url, login, 1) && seen(1) }, patience, 10*time.Millisecond, "the session is there")

	ctx, cancel := context.WithCancel(t.Context())
	taken := make(chan int, 1)
	go func() {
		n := 1
		for i := 2; ctx.Err() == nil; i++ {
			for !pubOnce(t, url, login, i) && ctx.Err() == nil {
			}
			if ctx.Err() == nil {
				n = i
			}
		}
		taken <- n
	}()
	for range times {
		<-time.After(pause)
		v.kill(t)
		v.start(t)
	}
	<-time.After(pause)
	cancel()
	n := <-taken
	missing := func() (out []int) {
		mu.Lock()
		defer mu.Unlock()
		for i := 1; i <= n; i++ {
			if got[i] == 0 {
				out = append(out, i)
			}
		}
		return out
	}
	require.Eventually(t, func() bool { return len(missing()) == 0 }, patience, 10*time.Millisecond, "of %d lost: %v", n, missing())
	t.Logf("%d messages, %d kills, 0 lost", n, times)
}

// pubOnce publishes one message with mosquitto_pub at QoS 1 and reports
// whether the broker acknowledged it.
func pubOnce(t *testing.T, url string, login []string, i int) bool {
	t.Helper()
	host, port, err := net.SplitHostPort(strings.TrimPrefix(url, "mqtt://"))
	if err != nil {
		return false
	}
	args := append([]string{"-h", host, "-p", port, "-q", "1", "-t", floodTopic, "-m", fmt.Sprintf(`{"energy":%d}`, i)}, login...)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second) // outlives the test by one message
	defer cancel()
	return exec.CommandContext(ctx, "mosquitto_pub", args...).Run() == nil
}
