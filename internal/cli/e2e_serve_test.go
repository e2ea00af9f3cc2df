//go:build e2e

package cli

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/simulators/modbus"
)

// TestServeAndCollect runs the hub and an edge as they run in production: two
// programs with a configuration folder each, joined by the leaf link alone.
func TestServeAndCollect(t *testing.T) {
	_, server := influxtest.StartServer(t, t.TempDir(), "")
	unit := &modbus.Unit{Profile: shippedProfile(t, "eastron-sdm630"), Values: func(string, gtc.PointID) gtc.Value { return gtc.Float(12) }}
	device := modbus.NewServer(map[uint8]*modbus.Unit{1: unit})
	require.NoError(t, device.Listen("127.0.0.1:0"))
	defer device.Close()

	leaf, page := freePort(t), freePort(t)
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	secret := write("credentials/banc", "a password of this test\n")
	write("gtc.yaml", fmt.Sprintf("influx: {url: %q}\nbus: {leaf_listen: %q, dir: %q, credentials_dir: %q}\nconsole: {listen: %q}\n",
		server.URL, leaf, filepath.Join(dir, "hub"), filepath.Join(dir, "credentials"), page))
	write("sites/banc.yaml", fmt.Sprintf(`site: banc
label: {fr: Banc}
category: other
time_zone: Europe/Brussels
hub: {url: "nats://%s", password_file: %q}
connections:
  - {id: ligne, url: "modbus://%s"}
equipment:
  - {id: compteur, kind: electricity_meter, label: {fr: Compteur}}
devices:
  - {id: sdm, connection: ligne, profile: eastron-sdm630, equipment: {meter: compteur}}
`, leaf, secret, device.Addr()))

	hub := launch(t, "serve", "--config", dir)
	edge := launch(t, "collect", "--config", dir, "--data", filepath.Join(dir, "edge"), "--metrics", "")
	r := &running{url: "http://" + page, stdout: &syncBuffer{}, stderr: hub.stderr}
	hub.await(t, "hub started")
	eventually(t, r, "/api/v1/sites/banc", time.Minute, func(s console.SiteDetail) bool {
		return s.Linked && value(s, "compteur", "energy_import_kwh") == 12
	}, "the edge's values at the hub")
	client, err := influx.Open(influx.Options{URL: server.URL})
	require.NoError(t, err)
	defer client.Close()
	require.Eventually(t, func() bool {
		found := false
		err := client.Query(t.Context(), influx.Raw, "SELECT last(energy_import_kwh) FROM electricity_meter WHERE site='banc'", func(*influx.Table) error { found = true; return nil })
		return err == nil && found
	}, 30*time.Second, 100*time.Millisecond, "stored")

	// A running edge takes over a changed file, and refuses a wrong one.
	good, err := os.ReadFile(filepath.Join(dir, "sites", "banc.yaml"))
	require.NoError(t, err)
	write("sites/banc.yaml", strings.Replace(string(good), "profile: eastron-sdm630", "profile: eastron-sdm631", 1))
	edge.await(t, "changed configuration refused")
	require.Contains(t, edge.stderr.String(), "eastron-sdm630", "the suggestion")
	write("sites/banc.yaml", strings.Replace(string(good), "id: ligne, url", "id: ligne, timeout: 3s, url", 1))
	edge.await(t, `"changed":["ligne"]`)
	write("sites/banc.yaml", string(good))
	require.Zero(t, edge.stop())
	require.Zero(t, hub.stop())

	// The wrong password links nothing, and says so.
	require.NoError(t, os.WriteFile(secret, []byte("another\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "edge-password"), []byte("guess\n"), 0o600))
	site, err := os.ReadFile(filepath.Join(dir, "sites", "banc.yaml"))
	require.NoError(t, err)
	write("sites/banc.yaml", strings.Replace(string(site), secret, filepath.Join(dir, "edge-password"), 1))
	hub = launch(t, "serve", "--config", dir)
	hub.await(t, "hub started")
	edge = launch(t, "collect", "--config", dir, "--data", filepath.Join(dir, "edge"), "--metrics", "")
	edge.await(t, "uthorization")
	require.Zero(t, edge.stop())
	require.Zero(t, hub.stop())
}

// program is one gtc command under test.
type program struct {
	stderr *syncBuffer
	stop   func() int
}

func launch(t *testing.T, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := &program{stderr: &syncBuffer{}}
	done := make(chan int, 1)
	go func() {
		done <- Run(ctx, Env{Args: args, Getenv: func(string) string { return "" }, Stdout: &bytes.Buffer{}, Stderr: p.stderr})
	}()
	stopped := false
	code := 0
	p.stop = func() int {
		if !stopped {
			cancel()
			code, stopped = <-done, true
		}
		return code
	}
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("gtc %s:\n%s", args[0], tail(p.stderr.String(), 3000))
		}
	})
	return p
}

// await waits until the program's log holds a text.
func (p *program) await(t *testing.T, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(p.stderr.String(), text) }, 30*time.Second, 50*time.Millisecond, "log: %s", text)
}

// freePort returns an address that was free a moment ago; the configuration of
// two programs must name the same one.
func freePort(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close() //nolint:errcheck // it was only to find the port
	return l.Addr().String()
}

func shippedProfile(t *testing.T, id string) *profile.Profile {
	t.Helper()
	all, err := profile.Library()
	require.NoError(t, err)
	require.Contains(t, all, id)
	return all[id]
}
