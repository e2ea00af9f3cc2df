package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/edge/bundle"
	"github.com/cpas-charleroi/gtc/internal/testcert"
	"github.com/cpas-charleroi/gtc/simulators/modbus"
)

const ownProfile = `profile: own-meter
maker: Test
model: Meter
protocol: modbus
source: test
slots: {meter: electricity_meter}
modbus: {word_order: high}
registers:
  - {slot: meter, point: power_kw, table: holding, address: 0, type: f32, poll: alarm}
`

// edgePark is a hub's configuration folder with two sites.
type edgePark struct {
	dir string
	ca  *testcert.Authority
}

func (p *edgePark) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(p.dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

// newEdgePark makes the folder; device is what site-a reads.
func newEdgePark(t *testing.T, leafURL, device, consoleAddr string, ca *testcert.Authority) *edgePark {
	t.Helper()
	p := &edgePark{dir: t.TempDir(), ca: ca}
	p.write(t, "gtc.yaml", fmt.Sprintf("bus: {credentials_dir: %q, ca_file: %q}\nconsole: {listen: %q}\n",
		filepath.Join(p.dir, "credentials"), ca.CAFile, consoleAddr))
	for _, id := range []string{"site-a", "site-b"} {
		p.write(t, "sites/"+id+".yaml", fmt.Sprintf(`site: %s
label: {fr: Site}
category: other
hub: {url: %q, password_file: nowhere, ca_file: nowhere}
connections:
  - {id: line, url: "modbus://%s"}
equipment:
  - {id: meter, kind: electricity_meter, label: {fr: Compteur}}
devices:
  - {id: dev, connection: line, profile: own-meter, equipment: {meter: meter}}
`, id, leafURL, device))
	}
	p.write(t, "profiles/own.yaml", ownProfile)
	p.write(t, "profiles/other.yaml", strings.Replace(ownProfile, "own-meter", "other-meter", 1))
	return p
}

// gtc runs gtc with arguments.
func (p *edgePark) gtc(args ...string) (code int, out, errs string) {
	var stdout, stderr bytes.Buffer
	code = Run(context.Background(), Env{
		Args: slices.Insert(args, min(len(args), 2), "--config", p.dir), Getenv: func(string) string { return "" }, Stdout: &stdout, Stderr: &stderr,
	})
	return code, stdout.String(), stderr.String()
}

// complete asks for the completion of arguments.
func (p *edgePark) complete(args ...string) (code int, out, errs string) {
	return p.gtc(append([]string{"__complete", args[0]}, args[1:]...)...)
}

func (p *edgePark) password(t *testing.T, site string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(p.dir, "credentials", site))
	require.NoError(t, err)
	return strings.TrimSpace(string(data))
}

func TestEdgeEnrol(t *testing.T) {
	t.Parallel()
	linked := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"sites":[{"id":"site-a","linked":true,"backlog":7}]}`))
	}))
	t.Cleanup(linked.Close)
	p := newEdgePark(t, "tls://hub.example.org:7422", "127.0.0.1:1", strings.TrimPrefix(linked.URL, "http://"), testcert.New(t))
	out := filepath.Join(t.TempDir(), "a.tar.gz")

	code, text, errs := p.gtc("edge", "enrol", "site-a", "--out", out)
	require.Zero(t, code, errs)
	require.Contains(t, text, "gtc collect --bundle "+out)
	first := p.password(t, "site-a")
	require.Len(t, first, 64)
	for _, name := range []string{out, filepath.Join(p.dir, "credentials", "site-a")} {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
	}
	data, err := os.ReadFile(out)
	require.NoError(t, err)
	b, err := bundle.Read(bytes.NewReader(data))
	require.NoError(t, err)
	require.Equal(t, first, b.Password)
	require.Equal(t, "tls://hub.example.org:7422", b.Manifest.HubURL)
	ca, err := os.ReadFile(p.ca.CAFile)
	require.NoError(t, err)
	require.Equal(t, ca, b.CA)
	require.Contains(t, b.Files, "sites/site-a.yaml")
	require.Contains(t, b.Files, "profiles/own-meter.yaml")
	require.Len(t, b.Files, 2, "nothing of another site, no profile that is not used")

	code, _, errs = p.gtc("edge", "enrol", "site-a", "--out", out+".2")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "--renew")
	require.NoFileExists(t, out+".2")
	code, _, errs = p.gtc("edge", "enrol", "site-b", "--out", out)
	require.Equal(t, 1, code, "another site's file is not replaced")
	require.Contains(t, errs, "exists already")
	require.Equal(t, first, p.password(t, "site-a"))
	code, _, errs = p.gtc("edge", "enrol", "site-a", "--out", out, "--renew")
	require.Zero(t, code, errs)
	require.NotEqual(t, first, p.password(t, "site-a"))
	code, _, errs = p.gtc("edge", "enrol", "site-c")
	require.Equal(t, 1, code)
	require.Contains(t, errs, `did you mean "site-`)

	code, _, errs = p.gtc("edge", "revoke", "site-b")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "not enrolled")
	code, _, errs = p.gtc("edge", "revoke", "site-a")
	require.Zero(t, code, errs)
	gone := p.password(t, "site-a")
	require.Greater(t, len(gone), 64, "nobody can guess it")
	code, _, _ = p.gtc("edge", "revoke", "site-a")
	require.Zero(t, code, "again")
	require.Equal(t, gone, p.password(t, "site-a"))

	code, text, errs = p.gtc("edge", "list", "--json")
	require.Zero(t, code, errs)
	var rows []edgeState
	require.NoError(t, json.Unmarshal([]byte(text), &rows))
	require.Len(t, rows, 2)
	require.Equal(t, []string{revoked, notEnrolled}, []string{rows[0].State, rows[1].State})
	require.True(t, *rows[0].Linked)
	require.Nil(t, rows[1].Linked)
	code, text, _ = p.gtc("edge", "list")
	require.Zero(t, code)
	require.Regexp(t, `site-a +révoqué +\S+ \S+ +oui +7`, text)
	require.Regexp(t, `site-b +non enrôlé +\? +0`, text)
	linked.Close()
	code, text, errs = p.gtc("edge", "list")
	require.Zero(t, code, "without the hub as well")
	require.Contains(t, errs, "ne répond pas")
	require.Regexp(t, `site-a +révoqué +\S+ \S+ +\? +0`, text)

	// A revoked site is enrolled again.
	code, _, errs = p.gtc("edge", "enrol", "site-a", "--out", out+".3", "--json")
	require.Zero(t, code, errs)
	_, text, _ = p.complete("edge", "revoke", "site-")
	require.Contains(t, text, "site-a\nsite-b\n")
}

// From enrolment to revocation: the bundle alone makes an edge that reads its
// device and reaches the running hub over TLS; when the site is revoked it is
// locked out within seconds, and a new bundle brings it back with all it read.
func TestEdgeFromBundle(t *testing.T) {
	t.Parallel()
	p0, err := profile.Parse("own.yaml", []byte(ownProfile))
	require.Empty(t, err)
	device := modbus.NewServer(map[uint8]*modbus.Unit{1: {Profile: p0, Values: func(string, gtc.PointID) gtc.Value { return gtc.Float(12.5) }}})
	require.NoError(t, device.Listen("127.0.0.1:0"))
	t.Cleanup(device.Close)
	ca := testcert.New(t)
	h := startCredentialsHub(t, ca)
	p := newEdgePark(t, h.LeafURL(), device.Addr(), "127.0.0.1:1", ca)
	cfg, loadErr := config.Load(p.dir)
	require.NoError(t, loadErr)
	c := newCredentials(cfg, func(string) string { return "" })
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{}, 2)
	go func() { _ = h.Run(ctx); ended <- struct{}{} }()
	go func() { _ = c.follow(ctx, h, nil, zerolog.Nop()); ended <- struct{}{} }()
	t.Cleanup(func() { cancel(); <-ended; <-ended })

	data := t.TempDir()
	file := filepath.Join(t.TempDir(), "a.tar.gz")
	code, _, errs := p.gtc("edge", "enrol", "site-a", "--out", file)
	require.Zero(t, code, errs)
	stop := collectFrom(t, file, data)
	linked := func() bool { return h.Linked("site-a") }
	require.Eventually(t, linked, time.Minute, 20*time.Millisecond)
	stored := func() int { return storedSamples(t, h) }
	require.Eventually(t, func() bool { return stored() > 0 }, time.Minute, 20*time.Millisecond)

	code, _, errs = p.gtc("edge", "revoke", "site-a")
	require.Zero(t, code, errs)
	require.Eventually(t, func() bool { return !linked() }, 10*time.Second, 20*time.Millisecond)
	before := stored()
	require.Never(t, linked, 3*time.Second, 50*time.Millisecond)
	require.Equal(t, before, stored())
	stop()

	code, _, errs = p.gtc("edge", "enrol", "site-a", "--out", file, "--renew")
	require.Zero(t, code, errs)
	stop = collectFrom(t, file, data)
	require.Eventually(t, func() bool { return linked() && stored() > before+2 }, time.Minute, 20*time.Millisecond)
	stop()

	require.NoError(t, os.WriteFile(file, []byte("x"), 0o600))
	for want, args := range map[string][]string{
		"not a bundle":       {"collect", "--bundle", file, "--data", data},
		"exclude each other": {"collect", "--bundle", file, "--config", p.dir},
		"open bundle":        {"collect", "--bundle", file + ".none"},
	} {
		var out bytes.Buffer
		require.Equal(t, 1, Run(t.Context(), Env{Args: args, Getenv: func(string) string { return "" }, Stdout: &out, Stderr: &out}))
		require.Contains(t, out.String(), want)
	}
}

func startCredentialsHub(t *testing.T, ca *testcert.Authority) *bus.Hub {
	t.Helper()
	cert, key := ca.Issue(t, "hub")
	h, err := bus.StartHub(t.Context(), bus.HubOptions{
		LeafListen: "127.0.0.1:0", Dir: t.TempDir(), CertFile: cert, KeyFile: key, NoSync: true,
		Sites: map[gtc.SiteID]string{}, Log: zerolog.Nop(),
	})
	require.NoError(t, err)
	t.Cleanup(h.Close)
	return h
}

func collectFrom(t *testing.T, file, data string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan int, 1)
	var out bytes.Buffer
	go func() {
		done <- Run(ctx, Env{Args: []string{"collect", "--bundle", file, "--data", data, "--metrics", ""}, Getenv: func(string) string { return "" }, Stdout: &out, Stderr: &out})
	}()
	return func() {
		cancel()
		require.Zero(t, <-done, out.String())
	}
}

func storedSamples(t *testing.T, h *bus.Hub) int {
	t.Helper()
	w, err := h.Waiting(t.Context())
	require.NoError(t, err)
	return int(w) //nolint:gosec // few
}
