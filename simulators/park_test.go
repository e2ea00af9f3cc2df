package simulators_test

import (
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/simonvetter/modbus"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/simulators"
)

const (
	demoDir  = "../deploy/demo"
	parkFile = demoDir + "/park.yaml"
)

// origin is the start of the demo in these tests.
var origin = time.Date(2026, 11, 21, 10, 7, 0, 0, time.UTC)

// epoch is recent, so that the tests are short.
var epoch = origin.AddDate(0, -8, 0)

// still is a clock that a test sets.
type still struct {
	clock.Wall
	now atomic.Int64
}

func stillAt(t time.Time) *still {
	c := &still{}
	c.now.Store(t.UnixMilli())
	return c
}

func (c *still) Now() time.Time { return time.UnixMilli(c.now.Load()).UTC() }

// demo returns the demo's configuration on ports that the kernel chooses.
func demo(t *testing.T) *config.Config {
	t.Helper()
	return loadDemo(t)
}

func loadDemo(tb testing.TB) *config.Config {
	tb.Helper()
	cfg, err := config.Load(demoDir)
	require.NoError(tb, err)
	for _, s := range cfg.Sites {
		s.Broker.Listen = "127.0.0.1:0"
		for i := range s.Connections {
			scheme, _, _ := strings.Cut(s.Connections[i].URL, ":")
			s.Connections[i].URL = scheme + "://127.0.0.1:0"
		}
	}
	return cfg
}

func start(t *testing.T, cfg *config.Config, clk clock.Clock, replays ...*simulators.Replay) *simulators.Park {
	t.Helper()
	p, err := simulators.Load(cfg, parkFile)
	require.NoError(t, err)
	for _, r := range replays {
		p.Add(r)
	}
	require.NoError(t, p.Start(t.Context(), simulators.Options{
		Epoch: epoch, Origin: origin, Clock: clk, Log: zerolog.Nop(),
	}))
	t.Cleanup(p.Close)
	return p
}

// at returns the history of a site at one instant by series.
func at(t *testing.T, p *simulators.Park, site gtc.SiteID, instant time.Time) map[gtc.Series]gtc.Value {
	t.Helper()
	values := map[gtc.Series]gtc.Value{}
	require.NoError(t, p.History(site, instant, instant.Add(time.Second), time.Minute, func(samples []gtc.Sample) error {
		for _, s := range samples {
			require.Equal(t, gtc.QualityGood, s.Quality)
			require.Equal(t, instant, s.At)
			require.NotContains(t, values, s.Series)
			values[s.Series] = s.Value
		}
		return nil
	}))
	return values
}

// reader reads the devices of a configuration as a collector does, one
// register at a time.
type reader struct {
	t   *testing.T
	cfg *config.Config
	cat *catalogue.Catalogue
}

func newReader(t *testing.T, cfg *config.Config) reader {
	t.Helper()
	cat, err := catalogue.Load()
	require.NoError(t, err)
	return reader{t: t, cfg: cfg, cat: cat}
}

// device returns what a Modbus device shows by series, nil when it is silent.
func (r reader) device(s *config.Site, d config.Device) map[gtc.Series]gtc.Value {
	r.t.Helper()
	i := 0
	for s.Connections[i].ID != d.Connection {
		i++
	}
	u, err := url.Parse(s.Connections[i].URL)
	require.NoError(r.t, err)
	client, err := modbus.NewClient(&modbus.ClientConfiguration{URL: "tcp://" + u.Host, Timeout: 2 * time.Second})
	require.NoError(r.t, err)
	require.NoError(r.t, client.Open())
	defer func() { require.NoError(r.t, client.Close()) }()
	require.NoError(r.t, client.SetUnitId(d.Unit))

	p := r.cfg.Profiles[d.Profile]
	values := map[gtc.Series]gtc.Value{}
	for _, reg := range p.Registers {
		eq := d.Equipment[reg.Slot]
		if eq == "" {
			continue
		}
		kind := p.Slots[reg.Slot]
		def, ok := r.cat.Point(kind, reg.Point)
		require.True(r.t, ok, "%s %s", kind, reg.Point)
		v, err := r.register(client, p, reg, def.Type)
		if err != nil {
			require.ErrorIs(r.t, err, modbus.ErrRequestTimedOut, "%s %s %s", s.ID, d.ID, reg.Point)
			return nil
		}
		values[gtc.Series{Site: s.ID, Kind: kind, Equipment: eq, Point: reg.Point}] = v
	}
	for _, c := range d.Contacts {
		read := client.ReadDiscreteInput
		if p.Contacts.Table == "coil" {
			read = client.ReadCoil
		}
		closed, err := read(p.Contacts.Address + uint16(c.Input))
		require.NoError(r.t, err)
		e, ok := find(s, c.Equipment)
		require.True(r.t, ok)
		values[gtc.Series{Site: s.ID, Kind: e.Kind, Equipment: e.ID, Point: c.Point}] = gtc.Bool(closed != (c.Normally == "closed"))
	}
	return values
}

func (r reader) register(client *modbus.ModbusClient, p *profile.Profile, reg profile.Register, typ gtc.ValueType) (gtc.Value, error) {
	r.t.Helper()
	switch reg.Table {
	case "coil":
		b, err := client.ReadCoil(reg.Address)
		return profile.DecodeBit(reg, b), err
	case "discrete":
		b, err := client.ReadDiscreteInput(reg.Address)
		return profile.DecodeBit(reg, b), err
	}
	table := modbus.HOLDING_REGISTER
	if reg.Table == "input" {
		table = modbus.INPUT_REGISTER
	}
	words, err := client.ReadRegisters(reg.Address, uint16(reg.Words()), table)
	if err != nil {
		return gtc.Value{}, err
	}
	v, quality := profile.Decode(reg, p.Modbus.WordOrder, typ, words)
	require.Equal(r.t, gtc.QualityGood, quality, "%s %s", p.ID, reg.Point)
	return v, nil
}

func find(s *config.Site, id gtc.EquipmentID) (config.Equipment, bool) {
	for _, e := range s.Equipment {
		if e.ID == id {
			return e, true
		}
	}
	return config.Equipment{}, false
}

func TestHistoryIsWhatADeviceShows(t *testing.T) {
	t.Parallel()
	for name, instant := range map[string]time.Time{
		"now":               origin,
		"a summer's night":  time.Date(2026, 7, 4, 1, 23, 45, 0, time.UTC),
		"the first instant": epoch,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := demo(t)
			p := start(t, cfg, stillAt(instant))
			r := newReader(t, cfg)
			for _, s := range cfg.Sites {
				history := at(t, p, s.ID, instant)
				require.Greater(t, len(history), 40, s.ID)
				live := map[gtc.Series]gtc.Value{}
				published := map[gtc.EquipmentID]bool{}
				for _, d := range s.Devices {
					if cfg.Profiles[d.Profile].Protocol != "modbus" {
						for _, id := range d.Equipment {
							published[id] = true
						}
						continue
					}
					for series, v := range r.device(s, d) {
						live[series] = v
						require.Equal(t, history[series], v, series)
					}
				}
				for series := range history {
					if !published[series.Equipment] {
						require.Contains(t, live, series)
					}
				}
			}
		})
	}
}

func TestTheDemoHasItsFaults(t *testing.T) {
	t.Parallel()
	p := start(t, demo(t), stillAt(origin))
	value := func(site gtc.SiteID, eq gtc.EquipmentID, point gtc.PointID, instant time.Time) (gtc.Value, bool) {
		for s, v := range at(t, p, site, instant) {
			if s.Equipment == eq && s.Point == point {
				return v, true
			}
		}
		return gtc.Value{}, false
	}
	lockout, ok := value("ec-gosselies", "chaudiere", "lockout", origin)
	require.True(t, ok)
	require.True(t, lockout.True())
	before, ok := value("ec-gosselies", "chaudiere", "lockout", origin.Add(-4*time.Hour))
	require.True(t, ok)
	require.False(t, before.True())
	disabled, ok := value("mr-monceau", "incendie", "disablement", origin)
	require.True(t, ok)
	require.True(t, disabled.True())
	_, ok = value("ec-dampremy", "chaleur", "energy_kwh", origin)
	require.False(t, ok)
	_, ok = value("ec-dampremy", "chaleur", "energy_kwh", origin.AddDate(0, 0, -2))
	require.True(t, ok)
	for _, healthy := range []gtc.SiteID{"antenne-gilly", "cuisine-jumet", "abri-nuit"} {
		for s, v := range at(t, p, healthy, origin) {
			if v.True() && (s.Kind == gtc.KindFirePanel || s.Kind == "contact") {
				require.Equal(t, gtc.PointID("day_mode"), s.Point)
			}
		}
	}
}

func TestAUsedPortIsReplaced(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	taken, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, taken.Close()) }()
	broker, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, broker.Close()) }()

	cfg := demo(t)
	cfg.Sites = cfg.Sites[:1]
	s := cfg.Sites[0]
	s.Connections[0].URL = "modbus://" + taken.Addr().String()
	s.Broker.Listen = broker.Addr().String()
	s.Connections[2].URL = "mqtt://" + broker.Addr().String()

	var log strings.Builder
	f, err := simulators.Load(cfg, onlySite(t, s.ID))
	require.NoError(t, err)
	require.NoError(t, f.Start(t.Context(), simulators.Options{
		Epoch: origin.AddDate(0, -1, 0), Origin: origin, Clock: stillAt(origin), Log: zerolog.New(&log),
	}))
	defer f.Close()
	require.NotEqual(t, "modbus://"+taken.Addr().String(), s.Connections[0].URL)
	require.NotEqual(t, broker.Addr().String(), s.Broker.Listen)
	require.Equal(t, "mqtt://"+s.Broker.Listen, s.Connections[2].URL)
	require.Equal(t, 2, strings.Count(log.String(), "address in use"))
	require.Len(t, f.Addresses(), 3)
	require.Equal(t, s.Connections[0].URL, f.Addresses()[0].URL)
	require.NotEmpty(t, newReader(t, cfg).device(s, s.Devices[0]))
}
