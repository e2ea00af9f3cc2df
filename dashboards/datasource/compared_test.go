package datasource

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cpas-charleroi/gtc/dashboards/api"
)

// Like is held against like: of 900 kWh, 500 are of meters with a baseline.
func TestCompared(t *testing.T) {
	for _, c := range []struct {
		name string
		of   api.ConsumptionInterval
		want *float64
	}{
		{"a part has a baseline", api.ConsumptionInterval{Actual: new(900.0), Expected: new(450.0), Residual: new(50.0)}, new(500.0)},
		{"none has a baseline", api.ConsumptionInterval{Actual: new(900.0)}, nil},
		{"nothing was measured", api.ConsumptionInterval{Expected: new(450.0)}, nil},
		{"less than expected", api.ConsumptionInterval{Actual: new(400.0), Expected: new(450.0), Residual: new(-50.0)}, new(400.0)},
	} {
		assert.Equal(t, c.want, compared(&c.of), c.name)
	}
}
