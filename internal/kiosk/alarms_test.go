package kiosk

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAskHub(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		status       int
		urgent       bool
		fails        string
	}{
		{"nothing", `{"alarms":[]}`, 200, false, ""},
		{"waits for somebody", `{"alarms":[{"priority":3,"state":"unacknowledged"},{"priority":2,"state":"unacknowledged"}]}`, 200, true, ""},
		{"over and kept, nobody came", `{"alarms":[{"priority":1,"state":"latched_unacknowledged"}]}`, 200, true, ""},
		{"taken in charge", `{"alarms":[{"priority":1,"state":"acknowledged"}]}`, 200, false, ""},
		{"can wait", `{"alarms":[{"priority":3,"state":"unacknowledged"}]}`, 200, false, ""},
		{"token refused", `{}`, 401, false, "401"},
		{"not a hub", `<html>`, 200, false, "ask"},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, "Bearer gtc_x", r.Header.Get("Authorization"))
				assert.Equal(t, "/api/v1/alarms", r.URL.Path)
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.answer))
			}))
			defer srv.Close()
			urgent, err := AskHub(srv.Client(), srv.URL, "gtc_x")(t.Context())
			if c.fails != "" {
				require.ErrorContains(t, err, c.fails)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.urgent, urgent)
		})
	}
}
