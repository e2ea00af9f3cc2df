package cli

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
)

// TestAHubJoinsAnother runs what gtc serve runs with bus.join.
func TestAHubJoinsAnother(t *testing.T) {
	db := influxtest.Start(t)
	h, err := bus.StartHub(t.Context(), bus.HubOptions{
		Listen: "127.0.0.1:0", Password: "of the hubs", Dir: t.TempDir(), NoSync: true, Log: zerolog.Nop(),
		Sites: map[gtc.SiteID]string{"banc": "secret"},
	})
	require.NoError(t, err)
	defer h.Close()
	dir := t.TempDir()
	password := filepath.Join(dir, "password")
	require.NoError(t, os.WriteFile(password, []byte("of the hubs\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "gtc.yaml"), fmt.Appendf(nil,
		"influx: {url: %q}\nbus: {join: %q, password_file: %q}\nconsole: {listen: \"127.0.0.1:0\"}\n", db.URL(), h.ClientURL(), password), 0o600))
	cfg, err := config.Load(dir)
	require.NoError(t, err)
	o := centreOptions{
		config: cfg, influx: influx.Options{URL: db.URL()}, listen: cfg.Hub.Console.Listen,
		getenv: func(string) string { return "" }, log: zerolog.Nop(), registry: newRegistry(),
	}
	s, err := startShare(t.Context(), o)
	require.NoError(t, err)
	defer s.close()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.run(ctx) }()

	m := nats.NewMsg("in.banc.sample") // of a site that its own folder does not have
	m.Header.Set(bus.HeaderFormat, bus.FormatLines)
	m.Header.Set(bus.HeaderDatabase, string(influx.Raw))
	m.Data = fmt.Appendf(nil, "boiler,equipment=b,site=banc flow_temp=1 %d\n", time.Now().UnixMilli())
	_, err = h.Conn().RequestMsg(m, 5*time.Second)
	require.NoError(t, err)
	rows := 0
	require.Eventually(t, func() bool {
		err := db.Query(t.Context(), influx.Raw, "SELECT flow_temp FROM boiler", func(tab *influx.Table) error {
			rows += len(tab.Values)
			return nil
		})
		return err == nil && rows == 1
	}, time.Minute, 100*time.Millisecond)

	answers := func(path string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.listener.Addr().String()+path, http.NoBody)
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode
	}
	require.Equal(t, http.StatusOK, answers("/healthz"))
	require.Equal(t, http.StatusOK, answers("/metrics"))
	h.Close()
	require.Eventually(t, func() bool { return answers("/healthz") == http.StatusServiceUnavailable }, time.Minute, 20*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
}
