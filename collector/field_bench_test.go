package collector_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/simulators/modbus"
)

// The load that other agents were measured with: 50000 float32 values a second
// from a server of somebody else, in reads of 50, over ten connections.
const (
	loadConnections = 10
	loadValues      = 50
	loadRate        = 50000
	loadSeconds     = 12
	loadEnv         = "GTC_TEST_LOAD"
)

// load is what a loaded collector used.
type load struct {
	Values  int           `json:"values"`
	Elapsed time.Duration `json:"elapsed"`
	CPU     time.Duration `json:"cpu"`
	RSSKiB  int64         `json:"rss_kib"`
}

// TestMain is the loaded collector when the benchmark starts it as a process
// of its own, else it runs the tests.
func TestMain(m *testing.M) {
	var url string
	var units int
	if n, _ := fmt.Sscan(os.Getenv(loadEnv), &url, &units); n != 2 {
		m.Run()
		return
	}
	out, err := carry(url, units)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(out)
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err) // the benchmark misses the result
	}
}

// counted is a queue that counts the values in the lines.
type counted struct{ values atomic.Int64 }

func (c *counted) PublishLive(string, []byte) error { return nil }

func (c *counted) PublishSamples(_ context.Context, _ string, lines []byte) error {
	c.values.Add(int64(bytes.Count(lines, []byte("x_"))))
	return nil
}

func (c *counted) PublishEvent(context.Context, gtc.Event) error { return nil }

// floats is a meter of n float32 values, read every second.
func floats(n int) *profile.Profile {
	p := &profile.Profile{ID: "load", Protocol: "modbus", Slots: map[string]gtc.Kind{"meter": "electricity_meter"}}
	for i := range n {
		p.Registers = append(p.Registers, profile.Register{
			Slot: "meter", Point: gtc.PointID(fmt.Sprintf("x_v%02d", i)), Table: "holding", Address: uint16(2 * i), Type: "f32", Poll: "alarm",
		})
	}
	return p
}

// carry reads the load from as many units a connection for a while and tells
// what that took. Fewer units are read more often: the clock runs faster.
func carry(url string, units int) (load, error) {
	cat, err := catalogue.Load()
	if err != nil {
		return load{}, err
	}
	site := &config.Site{ID: "load"}
	for c := range loadConnections {
		conn := fmt.Sprint("c", c)
		site.Connections = append(site.Connections, config.Connection{ID: conn, URL: url})
		for u := range units {
			id := fmt.Sprintf("m%d-%d", c, u)
			site.Equipment = append(site.Equipment, config.Equipment{ID: gtc.EquipmentID(id), Kind: "electricity_meter"})
			site.Devices = append(site.Devices, config.Device{
				ID: gtc.DeviceID(id), Connection: conn, Profile: "load", Unit: uint8(u + 1),
				Equipment: map[string]gtc.EquipmentID{"meter": gtc.EquipmentID(id)},
			})
		}
	}
	q := &counted{}
	times := float64(loadRate) / float64(loadConnections*units*loadValues)
	c, err := collector.New(collector.Options{
		Site: site, Profiles: map[string]*profile.Profile{"load": floats(loadValues)}, Catalogue: cat,
		Queue: q, Clock: clock.NewFast(time.Now().Add(-time.Hour), times), Log: zerolog.Nop(),
	})
	if err != nil {
		return load{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), (loadSeconds+2)*time.Second)
	defer cancel()
	var running sync.WaitGroup
	running.Go(func() { _ = c.Run(ctx) })
	// The first two seconds connect and warm up.
	time.Sleep(2 * time.Second)
	before, began, used := q.values.Load(), time.Now(), usage()
	<-ctx.Done()
	out := load{Values: int(q.values.Load() - before), Elapsed: time.Since(began)}
	after := usage()
	out.CPU = time.Duration(after.Utime.Nano() + after.Stime.Nano() - used.Utime.Nano() - used.Stime.Nano())
	out.RSSKiB = after.Maxrss
	running.Wait()
	return out, nil
}

func usage() syscall.Rusage {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail with these arguments
	return u
}

// BenchmarkLoad reads 50000 float32 values a second from pymodbus, socket to
// encoded line, in a process of its own.
func BenchmarkLoad(b *testing.B) {
	for _, units := range []int{10, 100} {
		b.Run(fmt.Sprintf("%d devices every %d ms", loadConnections*units, 10*units), func(b *testing.B) {
			env := fmt.Sprintf("%s=%s %d", loadEnv, pymodbus(b, fmt.Sprint(units)), units)
			for b.Loop() {
				cmd := exec.CommandContext(b.Context(), os.Args[0])
				cmd.Env = append(os.Environ(), env)
				cmd.Stderr = os.Stderr
				raw, err := cmd.Output()
				require.NoError(b, err)
				var out load
				require.NoError(b, json.Unmarshal(raw, &out))
				rate := float64(out.Values) / out.Elapsed.Seconds()
				b.ReportMetric(rate, "values/s")
				b.ReportMetric(float64(out.CPU.Nanoseconds())/float64(out.Values), "cpu-ns/value")
				b.ReportMetric(float64(out.RSSKiB)/1024, "MB-rss")
				require.Greater(b, rate, 0.97*loadRate)
			}
		})
	}
}

// pymodbus starts the server of collector/modbus's tests.
func pymodbus(tb testing.TB, args ...string) string {
	tb.Helper()
	const python = "/usr/bin/python3"
	if err := exec.CommandContext(tb.Context(), python, "-c", "import pymodbus.server").Run(); err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatalf("pymodbus is needed (deploy/dev/prerequisites.sh test installs it): %v", err)
		}
		tb.Skipf("no pymodbus for %s: %v", python, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, python, append([]string{"modbus/testdata/server.py"}, args...)...)
	out, err := cmd.StdoutPipe()
	require.NoError(tb, err)
	require.NoError(tb, cmd.Start())
	tb.Cleanup(func() { cancel(); _ = cmd.Wait() }) // killed
	in := bufio.NewReader(out)
	port, err := in.ReadString('\n')
	require.NoError(tb, err)
	go func() { _, _ = io.Copy(io.Discard, in) }() // ends with the server
	return "modbus://127.0.0.1:" + strings.TrimSpace(port)
}

// BenchmarkFirstValue measures how long 100 devices on 100 connections take to
// their first values after the start, with a host among them that is not
// there.
func BenchmarkFirstValue(b *testing.B) {
	for b.Loop() {
		took := firstValue(b)
		b.ReportMetric(took.Seconds(), "s-to-last-first-value")
		require.Less(b, took, time.Second)
	}
}

// TestUnreachableHostDelaysNone is the benchmark with room for a loaded
// machine.
func TestUnreachableHostDelaysNone(t *testing.T) {
	require.Less(t, firstValue(t), 5*time.Second)
}

func firstValue(tb testing.TB) time.Duration {
	tb.Helper()
	const devices = 100
	p := floats(4)
	site := &config.Site{ID: "first"}
	site.Connections = append(site.Connections, config.Connection{ID: "gone", URL: deaf(tb)})
	site.Equipment = append(site.Equipment, config.Equipment{ID: "gone", Kind: "electricity_meter"})
	site.Devices = append(site.Devices, config.Device{ID: "gone", Connection: "gone", Profile: "load", Equipment: map[string]gtc.EquipmentID{"meter": "gone"}})
	for i := range devices {
		s := modbus.NewServer(map[uint8]*modbus.Unit{1: {Profile: p, Values: func(string, gtc.PointID) gtc.Value { return gtc.Float(1) }}})
		require.NoError(tb, s.Listen("127.0.0.1:0"))
		tb.Cleanup(s.Close)
		id := fmt.Sprint("m", i)
		site.Connections = append(site.Connections, config.Connection{ID: id, URL: s.URL()})
		site.Equipment = append(site.Equipment, config.Equipment{ID: gtc.EquipmentID(id), Kind: "electricity_meter"})
		site.Devices = append(site.Devices, config.Device{ID: gtc.DeviceID(id), Connection: id, Profile: "load", Equipment: map[string]gtc.EquipmentID{"meter": gtc.EquipmentID(id)}})
	}
	cat, err := catalogue.Load()
	require.NoError(tb, err)
	ctx, cancel := context.WithCancel(context.Background())
	c, err := collector.New(collector.Options{
		Site: site, Profiles: map[string]*profile.Profile{"load": p}, Catalogue: cat, Queue: &counted{}, Clock: clock.Wall{}, Log: zerolog.Nop(),
	})
	require.NoError(tb, err)
	var running sync.WaitGroup
	began := time.Now()
	running.Go(func() { _ = c.Run(ctx) })
	defer running.Wait()
	defer cancel()
	require.Eventually(tb, func() bool {
		up := 0
		for _, h := range c.Health() {
			if h.Online && !h.LastSuccess.IsZero() {
				up++
			}
		}
		return up == devices
	}, patience, 5*time.Millisecond)
	return time.Since(began)
}

// deaf returns the URL of a host that does not answer when it is dialled: a
// socket whose queue of connections is full.
func deaf(tb testing.TB) string {
	tb.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = syscall.Close(fd) })
	require.NoError(tb, syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(tb, syscall.Listen(fd, 0))
	name, err := syscall.Getsockname(fd)
	require.NoError(tb, err)
	address := name.(*syscall.SockaddrInet4)
	for range 3 { // fill the queue
		c, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
		require.NoError(tb, err)
		tb.Cleanup(func() { _ = syscall.Close(c) })
		_ = syscall.Connect(c, address) // in progress
	}
	return fmt.Sprintf("modbus://127.0.0.1:%d", address.Port)
}
