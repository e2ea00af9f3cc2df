package mqtt_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector"
	"github.com/cpas-charleroi/gtc/collector/mqtt"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/config"
)

// floodEnv makes the test program a publisher, so that its CPU time is not
// counted as the collector's: host:port, QoS, messages, window, user, password.
const floodEnv = "GTC_TEST_FLOOD"

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(floodEnv) != "":
		if err := flood(strings.Fields(os.Getenv(floodEnv))); err != nil {
			panic(err)
		}
	case os.Getenv(brokerEnv) != "":
		serveBroker(strings.Fields(os.Getenv(brokerEnv)))
	default:
		m.Run()
	}
}

const floodTopic = "zigbee2mqtt/plug"

// flood publishes numbered messages with four fields as fast as the broker
// takes them; at QoS 1 at most window of them are unacknowledged.
func flood(args []string) error {
	level, _ := strconv.Atoi(args[1])
	n, _ := strconv.Atoi(args[2])
	window, _ := strconv.Atoi(args[3])
	conn, err := net.Dial("tcp", args[0]) //nolint:noctx // a child process that is killed
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	connect, _ := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	connect.ProtocolName, connect.ProtocolVersion, connect.CleanSession, connect.ClientIdentifier = "MQTT", 4, true, "flood"
	if len(args) > 5 {
		connect.Username, connect.Password, connect.UsernameFlag, connect.PasswordFlag = args[4], []byte(args[5]), true, true
	}
	if err := connect.Write(conn); err != nil {
		return err
	}
	in := bufio.NewReaderSize(conn, 64<<10)
	if _, err := packets.ReadPacket(in); err != nil {
		return err
	}
	free := make(chan struct{}, window)
	acked := make(chan error, 1)
	go func() {
		for range n * level {
			if _, err := packets.ReadPacket(in); err != nil {
				acked <- err
				return
			}
			<-free
		}
		acked <- nil
	}()
	out := bufio.NewWriterSize(conn, 64<<10)
	p, _ := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.TopicName, p.Qos = floodTopic, byte(level)
	for i := range n {
		if level > 0 {
			select {
			case free <- struct{}{}:
			default:
				if err := out.Flush(); err != nil {
					return err
				}
				free <- struct{}{}
			}
		}
		p.MessageID = uint16(i%65535 + 1) //nolint:gosec // in range
		p.Payload = fmt.Appendf(nil, `{"current":0.52,"energy":%d,"power":118.5,"voltage":231}`, i+1)
		if err := p.Write(out); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return <-acked
}

// startFlood runs flood in a process of its own.
func startFlood(tb testing.TB, args ...any) (wait func()) {
	tb.Helper()
	cmd := exec.Command(os.Args[0]) //nolint:noctx,gosec // ended by wait
	cmd.Env = append(os.Environ(), floodEnv+"="+strings.TrimSpace(fmt.Sprintln(args...)))
	cmd.Stderr = os.Stderr
	require.NoError(tb, cmd.Start())
	return func() { require.NoError(tb, cmd.Wait()) }
}

// cpu is the CPU time of this process.
func cpu(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	require.NoError(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func plug(tb testing.TB) mqtt.Device {
	tb.Helper()
	return device(tb, "plug", "zigbee2mqtt-meter", "zigbee2mqtt/plug", map[string]gtc.EquipmentID{"meter": "elec-1"})
}

// tally counts the messages by their number.
type tally struct {
	seen atomic.Int64
	last atomic.Int64
}

func (t *tally) observe(samples ...gtc.Sample) {
	for _, s := range samples {
		if s.Point == "energy_import_kwh" && s.Value.Present() {
			t.seen.Add(1)
			t.last.Store(int64(s.Value.Num))
		}
	}
}

// BenchmarkJSON measures messages of four fields at QoS 0 from Mosquitto to
// decoded samples, and the CPU time that the collector spends on one.
func BenchmarkJSON(b *testing.B) {
	br := startBroker(b)
	var t tally
	s, err := mqtt.NewSource(mqtt.Options{
		Site: "s1", Broker: mqtt.Broker{URL: br.url()}, ClientID: "bench", Devices: []mqtt.Device{plug(b)}, Clock: clock.Wall{}, Log: zerolog.Nop(),
	})
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() {
		_ = s.Run(ctx, func(_ context.Context, samples ...gtc.Sample) error { t.observe(samples...); return nil })
	})
	require.Eventually(b, s.Linked, patience, 5*time.Millisecond)
	b.ResetTimer()
	before := cpu(b)
	wait := startFlood(b, strings.TrimPrefix(br.url(), "mqtt://"), 0, b.N, 1)
	awaitTally(b, &t, int64(b.N))
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/message")
	b.ReportMetric(float64(int64(b.N)-t.seen.Load()), "lost")
	wait()
	cancel()
	running.Wait()
}

func awaitTally(tb testing.TB, t *tally, n int64) {
	tb.Helper()
	deadline := time.NewTimer(5 * time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for t.seen.Load() < n {
		select {
		case <-tick.C:
		case <-deadline.C:
			tb.Fatalf("%d of %d, last %d", t.seen.Load(), n, t.last.Load())
		}
	}
}

// edgeOf starts a site's bus with a synced queue and a broker.
func edgeOf(tb testing.TB, dir, listen string) *bus.Edge {
	tb.Helper()
	e, err := bus.StartEdge(tb.Context(), bus.EdgeOptions{
		Site: "s1", Dir: dir, SyncAlways: true, MQTTListen: listen, Log: zerolog.Nop(),
		MQTTUsers: []bus.MQTTUser{{User: "collector", Password: "c", Publish: []string{"#"}, Subscribe: []string{"#"}}},
	})
	require.NoError(tb, err)
	tb.Cleanup(e.Close)
	return e
}

// collect runs a whole collector: acknowledgement after the samples are in
// JetStream on the disk.
func collect(tb testing.TB, e *bus.Edge, brokerURL string, observe func(...gtc.Sample)) (stop func()) {
	tb.Helper()
	library, err := profile.Library()
	require.NoError(tb, err)
	unthinned := *library["zigbee2mqtt-meter"]
	for i := range unthinned.Topics {
		unthinned.Topics[i].Every = 0
	}
	library["zigbee2mqtt-meter"] = &unthinned
	points, err := catalogue.Load()
	require.NoError(tb, err)
	c, err := collector.New(collector.Options{
		Site: &config.Site{
			ID: "s1", Equipment: []config.Equipment{{ID: "elec-1", Kind: "electricity_meter"}},
			Connections: []config.Connection{{ID: "broker", URL: brokerURL, User: "collector"}},
			Devices:     []config.Device{{ID: "plug", Connection: "broker", Profile: "zigbee2mqtt-meter", Topic: floodTopic, Equipment: map[string]gtc.EquipmentID{"meter": "elec-1"}}},
		},
		Profiles: library, Catalogue: points, Queue: e, Clock: clock.Wall{}, Log: zerolog.Nop(), Observe: observe,
		Getenv: func(key string) string { return map[string]string{"GTC_MQTT_PASSWORD": "c"}[key] },
	})
	require.NoError(tb, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	var running sync.WaitGroup
	running.Go(func() { _ = c.Run(ctx) })
	return func() { cancel(); running.Wait() }
}

// preload leaves n messages for the collector in its session at the broker.
func preload(tb testing.TB, host string, n int, login ...any) {
	tb.Helper()
	startFlood(tb, append([]any{host, 1, n, 1000}, login...)...)()
}

// BenchmarkDurable measures QoS 1 with the acknowledgement after the durable
// write, from an outside broker and from the embedded one whose store is
// synced too: first the messages come while they are published, then those
// that waited in the session.
func BenchmarkDurable(b *testing.B) {
	b.Run("mosquitto", func(b *testing.B) {
		br := startBroker(b)
		e := edgeOf(b, b.TempDir(), "")
		durable(b, e, br.url(), strings.TrimPrefix(br.url(), "mqtt://"))
	})
	b.Run("embedded", func(b *testing.B) {
		e := edgeOf(b, b.TempDir(), "127.0.0.1:0")
		durable(b, e, "mqtt://"+e.MQTTAddr(), e.MQTTAddr(), "collector", "c")
	})
}

func durable(b *testing.B, e *bus.Edge, brokerURL, host string, login ...any) {
	b.Helper()
	var t tally
	stop := collect(b, e, brokerURL, t.observe)
	// The session is there once a first message came through.
	require.Eventually(b, func() bool {
		preload(b, host, 1, login...)
		return t.seen.Load() > 0
	}, patience, 100*time.Millisecond)
	quiet := int64(-1)
	require.Eventually(b, func() bool { before := quiet; quiet = t.seen.Load(); return before == quiet }, patience, 300*time.Millisecond)
	start := t.seen.Load()
	b.ResetTimer()
	wait := startFlood(b, append([]any{host, 1, b.N, 4096}, login...)...)
	awaitTally(b, &t, start+int64(b.N))
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric(float64(start+int64(b.N)-t.seen.Load()), "lost")
	wait()

	stop() // messages that wait in the session
	before := t.seen.Load()
	preload(b, host, b.N, login...)
	b.StartTimer()
	began := time.Now()
	stop = collect(b, e, brokerURL, t.observe)
	awaitTally(b, &t, before+int64(b.N))
	b.StopTimer()
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "waiting-messages/s")
	stop()
}
