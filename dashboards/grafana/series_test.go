package grafana

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	base "github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

// Curves are told apart by names: those of the catalogue, in every language
// that the data source speaks.
func TestPensKnowTheirPoints(t *testing.T) {
	cat, err := catalogue.Load()
	require.NoError(t, err)
	panel := Panel{}
	pens()(&panel)
	line := func(name string) []Property {
		var out []Property
		for _, o := range panel.FieldConfig.Overrides {
			pattern, ok := o.Matcher.Options.(string)
			require.True(t, ok)
			if regexp.MustCompile(strings.Trim(pattern, "/")).MatchString(name) {
				out = append(out, o.Properties...)
			}
		}
		return out
	}
	for _, c := range []struct {
		kind  base.Kind
		point base.PointID
		want  []Property
	}{
		{"boiler", "flow_temp", nil},
		{"boiler", "return_temp", returns().properties},
		{"boiler", "flow_temp_sp", setpoints().properties},
		{"heating_circuit", "flow_temp", nil},
		{"heating_circuit", "return_temp", returns().properties},
		{"heating_circuit", "flow_temp_sp", setpoints().properties},
		{"heating_circuit", "room_temp", nil},
		{"heating_circuit", "room_temp_comfort_sp", setpoints().properties},
		{"weather", "air_temp", outdoors().properties},
		{"dhw", "storage_temp", outdoors().properties},
		{"dhw", "flow_temp", nil},
		{"dhw", "circulation_return_temp", returns().properties},
		{"electricity_meter", "power_kw", nil},
		{"electricity_meter", "demand_kw", returns().properties},
	} {
		meta, ok := cat.Point(c.kind, c.point)
		require.True(t, ok, c.point)
		for _, language := range []string{"fr", "nl", "en"} {
			name := meta.Label.In(language)
			assert.Equal(t, c.want, line("Chaudière 1 · "+name), "%s %s", c.kind, name)
			assert.Equal(t, c.want, line(name), "%s %s", c.kind, name)
		}
	}
}
