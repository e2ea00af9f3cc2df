package simulators_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
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
)

// observed is what the collector of a site has read so far.
type observed struct {
	mu   sync.Mutex
	good map[gtc.Series]gtc.Sample
	bad  map[gtc.Series]gtc.Quality
	news chan struct{}
}

func (o *observed) take(samples ...gtc.Sample) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range samples {
		if s.Quality == gtc.QualityGood && s.Value.Present() {
			o.good[s.Series] = s
			delete(o.bad, s.Series)
		} else {
			o.bad[s.Series] = s.Quality
		}
	}
	select {
	case o.news <- struct{}{}:
	default:
	}
}

// collect runs the edge of a site and its collector with the real sources
// until the test ends.
func collect(t *testing.T, cfg *config.Config, s *config.Site, clk clock.Clock) *observed {
	t.Helper()
	cat, err := catalogue.Load()
	require.NoError(t, err)
	o := bus.EdgeOptions{Site: s.ID, Dir: t.TempDir(), MQTTListen: s.Broker.Listen, Log: zerolog.Nop()}
	for _, u := range s.Broker.Users {
		o.MQTTUsers = append(o.MQTTUsers, bus.MQTTUser{User: u.User, Password: password(s.ID, u.User), Publish: u.Publish, Subscribe: u.Subscribe})
	}
	edge, err := bus.StartEdge(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(edge.Close)
	for i := range s.Connections {
		if c := &s.Connections[i]; c.User != "" {
			c.PasswordFile = filepath.Join(t.TempDir(), "password")
			require.NoError(t, os.WriteFile(c.PasswordFile, []byte(password(s.ID, c.User)), 0o600))
		}
	}
	seen := &observed{good: map[gtc.Series]gtc.Sample{}, bad: map[gtc.Series]gtc.Quality{}, news: make(chan struct{}, 1)}
	c, err := collector.New(collector.Options{
		Site: s, Profiles: cfg.Profiles, Catalogue: cat, Queue: edge, Clock: clk, Observe: seen.take, Log: zerolog.Nop(),
	})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	t.Cleanup(func() { stop(); require.NoError(t, <-done) })
	return seen
}

// configured lists every series that the site file has read, but what a device
// of the model need not have (the third partition of a panel).
func configured(cfg *config.Config, s *config.Site) map[gtc.Series]gtc.DeviceID {
	kinds := map[gtc.EquipmentID]gtc.Kind{}
	for _, e := range s.Equipment {
		kinds[e.ID] = e.Kind
	}
	out := map[gtc.Series]gtc.DeviceID{}
	for _, d := range s.Devices {
		add := func(eq gtc.EquipmentID, p gtc.PointID) {
			if eq != "" {
				out[gtc.Series{Site: s.ID, Kind: kinds[eq], Equipment: eq, Point: p}] = d.ID
			}
		}
		for _, r := range cfg.Profiles[d.Profile].Registers {
			if !r.Optional {
				add(d.Equipment[r.Slot], r.Point)
			}
		}
		for _, topic := range cfg.Profiles[d.Profile].Topics {
			for _, f := range topic.Fields {
				if !f.Optional && !strings.Contains(string(f.Point), "{") {
					add(d.Equipment[f.Slot], f.Point)
				}
			}
		}
		for _, c := range d.Contacts {
			add(c.Equipment, c.Point)
		}
	}
	return out
}

// TestEveryPointIsReached reads the whole demo park through the real sources:
// every point that a site file configures, through its real protocol, good. One
// site after the other: each has a broker and a queue of its own.
func TestEveryPointIsReached(t *testing.T) {
	cfg := demo(t)
	p, err := simulators.Load(cfg, "")
	require.NoError(t, err)
	now := time.Now().UTC()
	require.NoError(t, p.Start(t.Context(), simulators.Options{
		Epoch: now.AddDate(0, 0, -3), Origin: now, Log: zerolog.Nop(), PasswordFor: password,
	}))
	t.Cleanup(p.Close)
	for _, s := range cfg.Sites {
		t.Run(string(s.ID), func(t *testing.T) {
			seen := collect(t, cfg, s, clock.Wall{})
			missing := configured(cfg, s)
			require.Greater(t, len(missing), 70)
			deadline := time.After(100 * time.Second)
			for len(missing) > 0 {
				select {
				case <-seen.news:
				case <-deadline:
					t.Fatalf("never read: %v\nbad: %v", missing, seen.bad)
				}
				seen.mu.Lock()
				for series := range seen.good {
					delete(missing, series)
				}
				seen.mu.Unlock()
			}
		})
	}
}

// fast starts one demo site whose time runs from 30 days ago, once let go.
func fast(t *testing.T, speed float64) (*config.Config, *simulators.Park, *clock.Fast) {
	t.Helper()
	cfg := demo(t)
	cfg.Sites = cfg.Sites[:1]
	p, err := simulators.Load(cfg, "")
	require.NoError(t, err)
	began := time.Now().UTC().AddDate(0, 0, -30).Truncate(time.Second)
	clk := clock.NewHeld(began)
	require.NoError(t, p.Start(t.Context(), simulators.Options{
		Epoch: began.AddDate(0, 0, -1), Origin: began, Clock: clk, Speed: speed, Log: zerolog.Nop(), PasswordFor: password,
	}))
	t.Cleanup(p.Close)
	return cfg, p, clk
}

// shows returns what the history has for a point at an instant.
func shows(t *testing.T, p *simulators.Park, site gtc.SiteID, eq gtc.EquipmentID, point gtc.PointID, instant time.Time) (v float64) {
	t.Helper()
	require.NoError(t, p.History(site, instant, instant.Add(time.Millisecond), time.Hour, func(samples []gtc.Sample) error {
		for _, x := range samples {
			if x.Equipment == eq && x.Point == point {
				v = x.Value.Num
			}
		}
		return nil
	}))
	return v
}

// TestARegisterBelongsToItsInstant: at ten thousand times the speed a register
// shows what was between the instants before and after the request.
func TestARegisterBelongsToItsInstant(t *testing.T) {
	t.Parallel()
	const speed = 10_000
	cfg, p, clk := fast(t, speed)
	s := cfg.Sites[0]
	i := slices.IndexFunc(s.Devices, func(d config.Device) bool { return d.ID == "impulsions-gaz" })
	read := newReader(t, cfg)
	clk.Go(speed)
	gas := gtc.Series{Site: s.ID, Kind: gtc.KindGasMeter, Equipment: "gaz", Point: "volume_m3"}
	last := 0.0
	for range 20 {
		before := clk.Now().Truncate(time.Second)
		v := read.device(s, s.Devices[i])[gas].Num
		after := clk.Now()
		const pulse = 0.011 // what the counter resolves
		require.GreaterOrEqual(t, v, shows(t, p, s.ID, "gaz", "volume_m3", before)-pulse)
		require.LessOrEqual(t, v, shows(t, p, s.ID, "gaz", "volume_m3", after)+pulse)
		require.GreaterOrEqual(t, v, last)
		last = v
	}
}

// TestTimeIsOneTimeHoweverFastItRuns: what the collector stamps (Modbus), what
// meters stamp themselves (P1) and what the physics says belong together.
func TestTimeIsOneTimeHoweverFastItRuns(t *testing.T) {
	t.Parallel()
	const speed = 1000 // as fast as a collector keeps up with inputs read every second
	cfg, p, clk := fast(t, speed)
	began, s := clk.Now(), cfg.Sites[0]
	seen := collect(t, cfg, s, clk)
	clk.Go(speed)

	index := map[gtc.EquipmentID]gtc.PointID{"elec": "energy_import_kwh", "elec-divisionnaire": "energy_import_kwh", "gaz": "volume_m3"}
	first, last := map[gtc.EquipmentID]gtc.Sample{}, map[gtc.EquipmentID]gtc.Sample{}
	deadline := time.After(2 * time.Minute)
	enough := func() bool {
		for eq := range index {
			if last[eq].At.Sub(first[eq].At) < 3*time.Hour {
				return false
			}
		}
		return true
	}
	for !enough() {
		select {
		case <-seen.news:
		case <-deadline:
			t.Fatalf("time does not pass: %v %v", first, last)
		}
		seen.mu.Lock()
		for series, x := range seen.good {
			if index[series.Equipment] != series.Point {
				continue
			}
			require.False(t, x.At.Before(began), series)
			require.False(t, x.At.After(clk.Now()), series)
			if first[series.Equipment].At.IsZero() {
				first[series.Equipment] = x
			}
			require.False(t, x.At.Before(last[series.Equipment].At), series)
			last[series.Equipment] = x
		}
		for series, q := range seen.bad {
			require.NotEqual(t, gtc.QualityBadClock, q, series)
		}
		seen.mu.Unlock()
	}
	// What a meter counted between its own stamps is what the physics counted.
	for eq, point := range index {
		counted := last[eq].Value.Num - first[eq].Value.Num
		want := shows(t, p, s.ID, eq, point, last[eq].At) - shows(t, p, s.ID, eq, point, first[eq].At)
		require.Positive(t, want, eq)
		require.InEpsilon(t, want, counted, 0.05, eq)
	}
}
