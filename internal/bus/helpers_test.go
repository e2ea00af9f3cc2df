package bus

import (
	"encoding/json"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

func counter(t *testing.T, c prometheus.Counter) float64 {
	t.Helper()
	var m dto.Metric
	require.NoError(t, c.Write(&m))
	return m.GetCounter().GetValue()
}

// eventID returns the id of an event as it is sent.
func eventID(data []byte) string {
	var ev gtc.Event
	if json.Unmarshal(data, &ev) != nil {
		return ""
	}
	return ev.ID
}
