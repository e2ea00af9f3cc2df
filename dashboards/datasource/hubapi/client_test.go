package hubapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/dashboards/datasource/hubapi"
)

// Who asks for something fresh gets it, whatever others have kept.
func TestKeptForNothingIsAskedAgain(t *testing.T) {
	var asked atomic.Int64
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(asked.Add(1))
	}))
	defer hub.Close()
	c, err := hubapi.New(hubapi.Options{URL: hub.URL, HTTP: hub.Client(), Timeout: time.Minute, Keep: time.Hour})
	require.NoError(t, err)
	for want, keep := range []time.Duration{1: time.Hour, 2: 0, 3: 0} {
		if want == 0 {
			continue
		}
		got, err := hubapi.GetFor[int](t.Context(), c, "/x", nil, keep)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	got, err := hubapi.Get[int](t.Context(), c, "/x", nil)
	require.NoError(t, err)
	require.Equal(t, 1, got, "what was kept before holds for those who take it")
}
