package kiosk

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Grafana's kiosk mode alone keeps the row of variables, which would push the
// last panels of a wall off the screen.
func TestPageAddress(t *testing.T) {
	for _, dark := range []bool{false, true} {
		address, err := pageAddress("https://grafana.example.be/sous", "gtc-mur-parc", dark)
		require.NoError(t, err)
		at, err := url.Parse(address)
		require.NoError(t, err)
		assert.Equal(t, "/sous/d/gtc-mur-parc", at.Path)
		q := at.Query()
		assert.True(t, q.Has("kiosk"))
		assert.Equal(t, map[bool]string{false: "light", true: "dark"}[dark], q.Get("theme"))
		assert.Equal(t, "10s", q.Get("refresh"))
		assert.Equal(t, "true", q.Get("_dash.hideVariables"))
		assert.Equal(t, "true", q.Get("_dash.hideTimePicker"))
	}
	_, err := pageAddress("grafana", "x", false)
	require.ErrorContains(t, err, "http(s)://host")
}
