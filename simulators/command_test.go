package simulators_test

import (
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/simonvetter/modbus"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/simulators"
)

// commanded is one running demo site and a client written by others.
type commanded struct {
	t      *testing.T
	cfg    *config.Config
	site   *config.Site
	clock  *still
	reader reader
}

// command starts a demo site at an instant.
func command(t *testing.T, id gtc.SiteID, at time.Time) *commanded {
	t.Helper()
	cfg := demo(t)
	cfg.Sites = slices.DeleteFunc(cfg.Sites, func(s *config.Site) bool { return s.ID != id })
	c := &commanded{t: t, cfg: cfg, site: cfg.Sites[0], clock: stillAt(at), reader: newReader(t, cfg)}
	p, err := simulators.Load(cfg, onlySite(t, id))
	require.NoError(t, err)
	require.NoError(t, p.Start(t.Context(), simulators.Options{Epoch: at.AddDate(0, 0, -20), Origin: at, Clock: c.clock, Speed: 60, Log: zerolog.Nop()}))
	t.Cleanup(p.Close)
	return c
}

// device returns a device of the site.
func (c *commanded) device(id gtc.DeviceID) config.Device {
	c.t.Helper()
	i := slices.IndexFunc(c.site.Devices, func(d config.Device) bool { return d.ID == id })
	require.GreaterOrEqual(c.t, i, 0)
	return c.site.Devices[i]
}

// client connects to a device.
func (c *commanded) client(d config.Device) *modbus.ModbusClient {
	c.t.Helper()
	i := slices.IndexFunc(c.site.Connections, func(x config.Connection) bool { return x.ID == d.Connection })
	u, err := url.Parse(c.site.Connections[i].URL)
	require.NoError(c.t, err)
	client, err := modbus.NewClient(&modbus.ClientConfiguration{URL: "tcp://" + u.Host, Timeout: 2 * time.Second})
	require.NoError(c.t, err)
	require.NoError(c.t, client.Open())
	c.t.Cleanup(func() { _ = client.Close() })
	require.NoError(c.t, client.SetUnitId(max(d.Unit, 1)))
	return client
}

// read reads a point of a device.
func (c *commanded) read(d config.Device, eq gtc.EquipmentID, p gtc.PointID) float64 {
	c.t.Helper()
	for s, v := range c.reader.device(c.site, d) {
		if s.Equipment == eq && s.Point == p {
			return v.Num
		}
	}
	c.t.Fatalf("%s has no %s", eq, p)
	return 0
}

// pass lets time pass, read every five minutes as a collector does.
func (c *commanded) pass(d time.Duration) {
	for range d / (5 * time.Minute) {
		c.clock.now.Add((5 * time.Minute).Milliseconds())
		c.reader.device(c.site, c.device("regulateur"))
	}
}

// The registers of the controller that the profile can write.
const (
	slopeRegister   = 11174
	comfortRegister = 11179
	setbackRegister = 11180
)

func TestTheRoomFollowsItsSetPoint(t *testing.T) {
	t.Parallel()
	// A Tuesday morning in winter, with people in the office.
	c := command(t, "antenne-gilly", time.Date(2026, 1, 13, 9, 0, 0, 0, time.UTC))
	d := c.device("regulateur")
	client := c.client(d)
	require.InDelta(t, 20.5, c.read(d, "circuit-radiateurs", "room_temp_comfort_sp"), 1e-9)
	flow, room := c.read(d, "circuit-radiateurs", "flow_temp"), c.read(d, "circuit-radiateurs", "room_temp")

	require.NoError(t, client.WriteRegister(comfortRegister, 235))
	require.InDelta(t, 23.5, c.read(d, "circuit-radiateurs", "room_temp_comfort_sp"), 1e-9, "read back at once")
	c.pass(time.Hour)
	require.Greater(t, c.read(d, "circuit-radiateurs", "flow_temp"), flow+3, "hotter water")
	c.pass(4 * time.Hour)
	require.Greater(t, c.read(d, "circuit-radiateurs", "room_temp"), room+1, "a warmer room")

	// And back: the building cools.
	warm := c.read(d, "circuit-radiateurs", "room_temp")
	require.NoError(t, client.WriteRegister(comfortRegister, 180))
	c.pass(3 * time.Hour)
	require.Less(t, c.read(d, "circuit-radiateurs", "room_temp"), warm-0.5)
	require.InDelta(t, 18, c.read(d, "circuit-radiateurs", "room_temp_comfort_sp"), 1e-9)
}

func TestTheFlowFollowsTheCurve(t *testing.T) {
	t.Parallel()
	c := command(t, "mr-monceau", time.Date(2026, 1, 13, 9, 0, 0, 0, time.UTC))
	d := c.device("regulateur")
	client := c.client(d)
	before := c.read(d, "circuit-radiateurs", "flow_temp_sp")
	require.NoError(t, client.WriteRegister(slopeRegister, 25))
	c.pass(15 * time.Minute)
	require.InDelta(t, 2.5, c.read(d, "circuit-radiateurs", "curve_slope"), 1e-9)
	require.Greater(t, c.read(d, "circuit-radiateurs", "flow_temp_sp"), before+5)
}

func TestSupplyAirFollowsItsSetPoint(t *testing.T) {
	t.Parallel()
	c := command(t, "mr-marcinelle", time.Date(2026, 1, 13, 9, 0, 0, 0, time.UTC))
	d := c.device("centrale-air")
	client := c.client(d)
	before := c.read(d, "ventilation", "supply_air_temp")
	require.NoError(t, client.WriteRegister(588, 220))
	require.InDelta(t, 22, c.read(d, "ventilation", "supply_air_temp_sp"), 1e-9)
	c.pass(30 * time.Minute)
	require.Greater(t, c.read(d, "ventilation", "supply_air_temp"), before+2)
}

func TestWritesAreRefusedAsDevicesRefuseThem(t *testing.T) {
	t.Parallel()
	c := command(t, "ec-docherie", origin)
	controller := c.client(c.device("regulateur"))
	for name, x := range map[string]struct {
		write func() error
		want  error
	}{
		"a register that is only read":     {func() error { return controller.WriteRegister(11177, 90) }, modbus.ErrIllegalDataAddress},
		"an address without a register":    {func() error { return controller.WriteRegister(30000, 1) }, modbus.ErrIllegalDataAddress},
		"a value no controller would take": {func() error { return controller.WriteRegister(setbackRegister, 10) }, modbus.ErrServerDeviceFailure},
		"a value outside the range":        {func() error { return controller.WriteRegister(comfortRegister, 900) }, modbus.ErrIllegalDataValue},
	} {
		require.ErrorIs(t, x.write(), x.want, name)
	}
	require.InDelta(t, 20, c.read(c.device("regulateur"), "circuit-radiateurs", "room_temp_comfort_sp"), 1e-9, "nothing changed")

	// Nothing that shares an address with the fire panel can be written.
	for _, id := range []gtc.DeviceID{"contacts-incendie", "passerelle-incendie"} {
		client := c.client(c.device(id))
		require.ErrorIs(t, client.WriteCoil(0, true), modbus.ErrIllegalFunction, id)
		require.ErrorIs(t, client.WriteCoils(0, []bool{true, false}), modbus.ErrIllegalFunction, id)
		require.ErrorIs(t, client.WriteRegister(1100, 0), modbus.ErrIllegalFunction, id)
		require.ErrorIs(t, client.WriteRegisters(1100, []uint16{0, 0}), modbus.ErrIllegalFunction, id)
	}
}
