//go:build e2e

package cli

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
)

// TestInfluxDBAway takes the database away for a while: the console says so,
// and every sample of the time arrives afterwards, with its own stamp.
func TestInfluxDBAway(t *testing.T) {
	data := t.TempDir()
	_, server := influxtest.StartServer(t, data, "")
	u, err := url.Parse(server.URL)
	require.NoError(t, err)

	dir := t.TempDir()
	keepSites(t, dir, server.URL, "mr-monceau.yaml", "ec-dampremy.yaml")
	r := startDemo(t, "--dir", dir, "--listen", "127.0.0.1:0", "--history", "3")
	eventually(t, r, "/api/v1/park", time.Minute, func(p console.Park) bool {
		return len(p.Sites) == 2 && p.Store.Up && !p.Sites[0].LastSample.IsZero() && !p.Sites[1].LastSample.IsZero()
	}, "live")

	from := time.Now()
	server.Stop()
	p := eventually(t, r, "/api/v1/park", time.Minute, func(p console.Park) bool {
		return !p.Store.Up && p.Store.Waiting > 20 && siteOf(p, "mr-monceau").LastSample.Sub(from) > 12*time.Second
	}, "the outage is shown while live values go on")
	require.NotEmpty(t, p.Store.Error)
	to := time.Now()

	client, _ := influxtest.StartServer(t, data, u.Host)
	eventually(t, r, "/api/v1/park", time.Minute, func(p console.Park) bool { return p.Store.Up && p.Store.Waiting == 0 }, "everything has arrived")

	stamps := map[int64]int{}
	q := fmt.Sprintf("SELECT fire_alarm FROM fire_panel WHERE site='mr-monceau' AND time >= %dms AND time < %dms", from.UnixMilli(), to.UnixMilli())
	require.NoError(t, client.Query(t.Context(), influx.Raw, q, func(tb *influx.Table) error {
		for i := range tb.Values {
			stamps[tb.Time(i).Unix()]++
		}
		return nil
	}))
	missing := 0
	for s := from.Unix() + 1; s < to.Unix(); s++ {
		if stamps[s] == 0 && stamps[s-1] < 2 && stamps[s+1] < 2 {
			missing++ // a contact is read once a second, not once in each second
		}
	}
	require.Greater(t, len(stamps), 5)
	require.LessOrEqual(t, missing, 1, "samples of %s of outage", to.Sub(from))
	require.Zero(t, r.stop())
}

// keepSites writes the demo's configuration with some of its sites only and
// the address of a database, "" for the demo's own.
func keepSites(t *testing.T, dir, influxURL string, keep ...string) {
	t.Helper()
	config := filepath.Join(dir, "config")
	require.NoError(t, writeDemoConfig(config))
	gtc := filepath.Join(config, "gtc.yaml")
	yaml, err := os.ReadFile(gtc)
	require.NoError(t, err)
	if influxURL != "" {
		require.NoError(t, os.WriteFile(gtc, append(yaml, "\ninflux: {url: \""+influxURL+"\"}\n"...), 0o600))
	}
	park, err := os.ReadFile(filepath.Join(config, "park.yaml"))
	require.NoError(t, err)
	sites, err := filepath.Glob(filepath.Join(config, "sites", "*.yaml"))
	require.NoError(t, err)
	kept := "seed: 1\nweather_seed: 1\nsites:\n"
	for _, s := range sites {
		if !strings.Contains(strings.Join(keep, " "), filepath.Base(s)) {
			require.NoError(t, os.Remove(s))
		}
	}
	for block := range strings.SplitSeq(string(park), "\n\n") {
		for _, k := range keep {
			if strings.Contains(block, "  "+strings.TrimSuffix(k, ".yaml")+":") {
				kept += strings.TrimPrefix(block[strings.Index(block, "  "+strings.TrimSuffix(k, ".yaml")+":"):], "\n") + "\n"
			}
		}
	}
	require.NoError(t, os.WriteFile(filepath.Join(config, "park.yaml"), []byte(kept), 0o600))
}
