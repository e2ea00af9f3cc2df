package collector

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config"
)

// What the site says about a point replaces what the profile says.
func TestWiringSettlesPoints(t *testing.T) {
	t.Parallel()
	cat, err := catalogue.Load()
	require.NoError(t, err)
	lib, err := profile.Library()
	require.NoError(t, err)
	site := &config.Site{
		ID:          "s1",
		Connections: []config.Connection{{ID: "line", URL: "modbus://127.0.0.1:1"}},
		Equipment: []config.Equipment{
			{ID: "circuit", Kind: "heating_circuit", Points: map[gtc.PointID]config.PointSettings{"flow_temp": {Deadband: new(0.5), Heartbeat: time.Hour}}},
			{ID: "doors", Kind: "contact"},
		},
	}
	w := &wiring{o: Options{Site: site, Profiles: lib, Catalogue: cat}, bands: map[pointKey]band{}}
	points, err := w.points(config.Device{Profile: "danfoss-ecl310-a247", Connection: "line", Equipment: map[string]gtc.EquipmentID{"circuit": "circuit"}})
	require.NoError(t, err)
	require.NotEmpty(t, points)
	require.Equal(t, map[pointKey]band{{"circuit", "flow_temp"}: {width: 0.5, heartbeat: time.Hour}}, w.bands)

	points, err = w.points(config.Device{
		Profile: "moxa-iologik-e1210", Connection: "line",
		Contacts: []config.Contact{{Input: 5, Equipment: "doors", Point: "door_open", Normally: "closed", Debounce: 2 * time.Second}},
	})
	require.NoError(t, err)
	require.Len(t, points, 1)
	require.EqualValues(t, 5, points[0].Register.Address)
	require.True(t, points[0].Register.Invert)
	require.Equal(t, 2*time.Second, points[0].Register.Debounce)
	_, err = w.points(config.Device{Profile: "moxa-iologik-e1210", Contacts: []config.Contact{{Input: 16, Equipment: "doors", Point: "door_open"}}})
	require.ErrorContains(t, err, "no input 16")
}
