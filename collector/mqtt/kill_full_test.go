//go:build full

package mqtt_test

import (
	"testing"
	"time"
)

// TestFullKills kills each broker 20 times in five minutes.
func TestFullKills(t *testing.T) {
	t.Parallel()
	t.Run("mosquitto", func(t *testing.T) {
		t.Parallel()
		killed(t, mosquittoVictim{startBroker(t)}, 20, 14*time.Second)
	})
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		killed(t, startEmbedded(t), 20, 14*time.Second)
	})
}
