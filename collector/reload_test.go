package collector_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/simulators/modbus"
)

// TestReloadTouchesOnlyWhatChanged changes one connection, adds one and
// removes one while a fourth goes on with its open connection.
func TestReloadTouchesOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	profiles, err := profile.Library()
	require.NoError(t, err)
	meter := func(value float64) string {
		u := &modbus.Unit{Profile: profiles["eastron-sdm630"], Values: func(string, gtc.PointID) gtc.Value { return gtc.Float(value) }}
		server := modbus.NewServer(map[uint8]*modbus.Unit{1: u})
		require.NoError(t, server.Listen("127.0.0.1:0"))
		t.Cleanup(server.Close)
		return server.URL()
	}
	lines := map[string]string{"steady": meter(1), "moved": meter(2), "gone": meter(3)}
	q := &watched{lines: map[string][]string{}}
	o := options(t, park("steady", "moved", "gone")(lines), q)
	o.Clock = clock.NewFast(time.Now().Add(-6*time.Hour), 100)
	c, _ := start(t, o)
	for id := range lines {
		q.await(t, "gtc", "electricity_meter,equipment=meter-"+id+",", "power_kw=")
	}
	before := health(c, "steady")

	lines["moved"], lines["new"] = meter(22), meter(4)
	changes, err := c.Reload(park("steady", "moved", "new")(lines), profiles)
	require.NoError(t, err)
	require.Equal(t, collector.Changes{Added: []string{"new"}, Changed: []string{"moved"}, Removed: []string{"gone"}}, changes)
	q.await(t, "gtc", "electricity_meter,equipment=meter-moved,", "power_kw=22")
	q.await(t, "gtc", "electricity_meter,equipment=meter-new,", "power_kw=4")
	require.Eventually(t, func() bool { return health(c, "steady").Polls > before.Polls }, patience, 5*time.Millisecond)
	require.Zero(t, health(c, "steady").Reconnects, "its connection stayed open")
	require.Empty(t, health(c, "gone").Device)

	same, err := c.Reload(park("steady", "moved", "new")(lines), profiles)
	require.NoError(t, err)
	require.True(t, same.None())

	wrong := park("steady", "moved", "new")(lines)
	wrong.Devices[0].Profile = "unknown"
	_, err = c.Reload(wrong, profiles)
	require.ErrorContains(t, err, "unknown")
	more := health(c, "steady").Polls
	require.Eventually(t, func() bool { return health(c, "steady").Polls > more }, patience, 5*time.Millisecond, "a refused configuration changes nothing")
	wrong.ID = "other"
	_, err = c.Reload(wrong, profiles)
	require.ErrorContains(t, err, "other")
}

// park is a site with a meter on each of some lines.
func park(ids ...string) func(urls map[string]string) *config.Site {
	return func(urls map[string]string) *config.Site {
		s := &config.Site{ID: "park"}
		for _, id := range ids {
			eq := gtc.EquipmentID("meter-" + id)
			s.Connections = append(s.Connections, config.Connection{ID: id, URL: urls[id]})
			s.Equipment = append(s.Equipment, config.Equipment{ID: eq, Kind: gtc.KindElectricityMeter})
			s.Devices = append(s.Devices, config.Device{ID: gtc.DeviceID(id), Connection: id, Profile: "eastron-sdm630", Equipment: map[string]gtc.EquipmentID{"meter": eq}})
		}
		return s
	}
}

func health(c *collector.Collector, id gtc.DeviceID) bus.DeviceHealth {
	for _, d := range c.Health() {
		if d.Device == id {
			return d
		}
	}
	return bus.DeviceHealth{}
}
