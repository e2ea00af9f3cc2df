package simulators_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/simulators"
	"github.com/cpas-charleroi/gtc/simulators/region"
)

// Environment of the process that is measured: the folder of the park and the
// broker that its devices publish to.
const (
	envPark   = "GTC_TEST_PARK"
	envBroker = "GTC_TEST_BROKER"
	everyone  = "everyone"
)

// TestParkAlone is the process that is measured: the park alone, apart from
// those who read it. Without its environment there is nothing to do.
func TestParkAlone(t *testing.T) {
	if dir := os.Getenv(envPark); dir != "" {
		require.NoError(t, parkAlone(dir, os.Getenv(envBroker)))
	}
}

// livePark loads a park whose devices all publish to one broker and whose
// servers take any port.
func livePark(dir, broker string) (*config.Config, error) {
	cfg, err := config.Load(dir)
	if err != nil {
		return nil, err
	}
	for _, s := range cfg.Sites {
		s.Broker = config.Broker{}
		for i := range s.Connections {
			c := &s.Connections[i]
			c.PasswordFile = ""
			if strings.HasPrefix(c.URL, "mqtt:") {
				c.URL, c.User = broker, everyone
			} else {
				c.URL = "modbus://127.0.0.1:0"
			}
		}
	}
	return cfg, nil
}

// parkAlone runs the park until its input ends.
func parkAlone(dir, broker string) error {
	cfg, err := livePark(dir, broker)
	if err != nil {
		return err
	}
	p, err := simulators.Load(cfg, filepath.Join(dir, "park.yaml"))
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	err = p.Start(context.Background(), simulators.Options{Origin: now, Log: zerolog.Nop(), PasswordFor: func(gtc.SiteID, string) string { return everyone }})
	if err != nil {
		return err
	}
	defer p.Close()
	if err := json.NewEncoder(os.Stdout).Encode(p.Addresses()); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// BenchmarkLivePark measures the process of the simulated park of 50 sites
// while the real collectors read all its Modbus devices and its publishers
// publish to a real broker: in cores, and the points that are served.
func BenchmarkLivePark(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "park")
	files, err := region.Full(1)
	require.NoError(b, err)
	require.NoError(b, files.Write(dir))
	edge, err := bus.StartEdge(b.Context(), bus.EdgeOptions{
		Site: "banc", Dir: b.TempDir(), MQTTListen: "127.0.0.1:0", Log: zerolog.Nop(),
		MQTTUsers: []bus.MQTTUser{{User: everyone, Password: everyone, Publish: []string{"#"}, Subscribe: []string{"#"}}},
	})
	require.NoError(b, err)
	defer edge.Close()
	broker := "mqtt://" + edge.MQTTAddr()

	child := exec.CommandContext(b.Context(), os.Args[0], "-test.run", "^TestParkAlone$")
	child.Env = append(os.Environ(), envPark+"="+dir, envBroker+"="+broker)
	child.Stderr = os.Stderr
	stdin, err := child.StdinPipe()
	require.NoError(b, err)
	stdout, err := child.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, child.Start())
	defer func() { _ = stdin.Close(); _ = child.Wait() }()
	var addresses []simulators.Address
	require.NoError(b, json.NewDecoder(bufio.NewReader(stdout)).Decode(&addresses))

	read, points := readers(b, dir, broker, addresses, edge)
	for b.Loop() {
		time.Sleep(3 * time.Second) // every device has been read once
		from, before, began := read.Load(), processTime(b, child.Process.Pid), time.Now()
		time.Sleep(20 * time.Second)
		took := time.Since(began).Seconds()
		b.ReportMetric((processTime(b, child.Process.Pid)-before).Seconds()/took, "cores")
		b.ReportMetric(float64(points), "points")
		b.ReportMetric(float64(read.Load()-from)/took, "samples/s")
	}
}

// readers runs the real collectors of the Modbus side of every site.
func readers(b *testing.B, dir, broker string, addresses []simulators.Address, queue collector.Queue) (read *atomic.Int64, points int) {
	b.Helper()
	cfg, err := livePark(dir, broker)
	require.NoError(b, err)
	cat, err := catalogue.Load()
	require.NoError(b, err)
	read = &atomic.Int64{}
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan error, len(cfg.Sites))
	for _, s := range cfg.Sites {
		points += len(configured(cfg, s))
		for i := range s.Connections {
			at := slices.IndexFunc(addresses, func(a simulators.Address) bool { return a.Site == s.ID && a.Connection == s.Connections[i].ID })
			s.Connections[i].URL = addresses[at].URL
		}
		modbus := func(c string) bool {
			i := slices.IndexFunc(s.Connections, func(x config.Connection) bool { return x.ID == c })
			return strings.HasPrefix(s.Connections[i].URL, "modbus:")
		}
		s.Devices = slices.DeleteFunc(s.Devices, func(d config.Device) bool { return !modbus(d.Connection) })
		s.Connections = slices.DeleteFunc(s.Connections, func(c config.Connection) bool { return !strings.HasPrefix(c.URL, "modbus:") })
		c, err := collector.New(collector.Options{
			Site: s, Profiles: cfg.Profiles, Catalogue: cat, Queue: queue, Clock: clock.Wall{}, Log: zerolog.Nop(),
			Observe: func(samples ...gtc.Sample) { read.Add(int64(len(samples))) },
		})
		require.NoError(b, err)
		go func() { done <- c.Run(ctx) }()
	}
	b.Cleanup(func() {
		stop()
		for range cfg.Sites {
			require.NoError(b, <-done)
		}
	})
	return read, points
}

// processTime is what a process has used, user and system.
func processTime(b *testing.B, pid int) time.Duration {
	b.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	require.NoError(b, err)
	_, rest, ok := strings.Cut(string(data), ") ")
	require.True(b, ok)
	fields := strings.Fields(rest)
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux
	var sum time.Duration
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		require.NoError(b, err)
		sum += time.Duration(n) * tick
	}
	return sum
}
