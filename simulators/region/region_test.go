package region_test

import (
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/simulators"
	"github.com/cpas-charleroi/gtc/simulators/region"
)

// filtersASession is how many MQTT filters at QoS 1 the edge's broker gives
// one client: 65535 messages on their way, 4096 for each filter.
const filtersASession = 15

// load writes the files and reads them as the program does.
func load(t *testing.T, files region.Files) (*config.Config, *simulators.Park) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, files.Write(dir))
	cfg, err := config.Load(dir)
	require.NoError(t, err)
	park, err := simulators.Load(cfg, filepath.Join(dir, "park.yaml"))
	require.NoError(t, err)
	return cfg, park
}

func TestEveryParkIsAConfigurationWithoutMistake(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func() (region.Files, error){
		"demo":               region.Demo,
		"full":               func() (region.Files, error) { return region.Full(1) },
		"full, another seed": func() (region.Files, error) { return region.Full(99) },
		"one site":           func() (region.Files, error) { return region.Of(1, 5) },
		"a region":           func() (region.Files, error) { return region.Of(120, 3) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, err := make()
			require.NoError(t, err)
			cfg, _ := load(t, files)
			require.Len(t, cfg.Sites, sites(files))
			addresses := map[string]gtc.SiteID{}
			stations := 0
			for _, s := range cfg.Sites {
				if s.WeatherEquipment != "" {
					stations++
				}
				taken := map[string]bool{}
				for _, c := range s.Connections {
					at := config.EndpointOf(c.URL)
					require.Contains(t, []gtc.SiteID{"", s.ID}, addresses[at], at)
					addresses[at] = s.ID
					host, _, err := net.SplitHostPort(at)
					require.NoError(t, err)
					require.True(t, net.ParseIP(host).IsLoopback())
					require.False(t, taken[at])
					taken[at] = true
				}
				filters := map[string]bool{}
				for _, d := range s.Devices {
					if p := cfg.Profiles[d.Profile]; p.Protocol == "mqtt" {
						for _, f := range p.Filters(d.Topic) {
							filters[f] = true
						}
					}
				}
				require.LessOrEqual(t, len(filters), filtersASession, s.ID)
			}
			require.Equal(t, 1, stations, "one site makes the days of the station")
		})
	}
}

func TestNoTwoSitesShareAnAddress(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for n := 1; n <= 20_000; n++ {
		s := region.Spec{Number: n}
		for _, at := range []string{s.Heating(), s.Fire(), s.Broker()} {
			require.False(t, seen[at], at)
			seen[at] = true
			_, port, err := net.SplitHostPort(at)
			require.NoError(t, err)
			p, err := strconv.Atoi(port)
			require.NoError(t, err)
			require.Less(t, p, 32_768, "below the ports that the system gives out")
		}
	}
}

func sites(files region.Files) (n int) {
	for name := range files {
		if filepath.Dir(name) == "sites" {
			n++
		}
	}
	return n
}

func TestAParkIsTheSameFromItsSeed(t *testing.T) {
	t.Parallel()
	a, err := region.Of(40, 7)
	require.NoError(t, err)
	b, err := region.Of(40, 7)
	require.NoError(t, err)
	require.Equal(t, a, b)
	other, err := region.Of(40, 8)
	require.NoError(t, err)
	require.NotEqual(t, a["park.yaml"], other["park.yaml"])
	larger, err := region.Of(60, 7)
	require.NoError(t, err)
	for name, data := range a {
		if name != "park.yaml" {
			require.Equal(t, string(data), string(larger[name]), "a larger park begins with %s", name)
		}
	}
}

func TestTheFullParkIsThatOfTheCentre(t *testing.T) {
	t.Parallel()
	files, err := region.Full(1)
	require.NoError(t, err)
	cfg, park := load(t, files)
	require.NoError(t, park.Prepare(simulators.Options{Origin: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), Log: zerolog.Nop()}))
	kinds, points := map[gtc.Category]int{}, 0
	gateways := 0
	for _, s := range cfg.Sites {
		kinds[s.Category]++
		if slices.ContainsFunc(s.Devices, func(d config.Device) bool { return d.ID == "passerelle-incendie" }) {
			gateways++
		}
		require.NoError(t, park.History(s.ID, park.Epoch(), park.Epoch().Add(time.Second), time.Minute, func(samples []gtc.Sample) error {
			points += len(samples)
			return nil
		}))
	}
	require.Len(t, cfg.Sites, region.FullSites)
	require.InDelta(t, 9, kinds[gtc.CategoryRestHome], 2)
	require.InDelta(t, region.FullSites/2, gateways, 3, "half of the fire panels are relays only")
	require.Greater(t, points, 3000)
	require.GreaterOrEqual(t, len(slices.Collect(maps.Keys(kinds))), 7, fmt.Sprint(kinds))
	t.Logf("%d points, %v", points, kinds)
}

func TestAFolderThatIsThereIsNotOverwritten(t *testing.T) {
	t.Parallel()
	files, err := region.Of(1, 1)
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, files.Write(dir))
	require.ErrorContains(t, files.Write(dir), "exists")
}
