//go:build linux

package bus

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// Only the broker meets the full disk: its clients are acknowledged again when
// there is space, and a message that was acknowledged before is not lost.
func TestBrokerOnAFullDisk(t *testing.T) {
	dir, here := smallDisk(t, 8)
	if !here {
		return // it passed elsewhere
	}
	o := edgeOptions(t, "site-a", "")
	o.Dir, o.SyncAlways, o.MQTTListen = dir, true, "127.0.0.1:0"
	o.Reserve = 1
	o.MQTTUsers = []MQTTUser{{User: "meter", Password: "m", Publish: []string{"#"}}, {User: "collector", Password: "c", Subscribe: []string{"#"}}}
	e := startTestEdge(t, o)
	collector, err := mqttClient(t, e, "collector", "c") // somebody to keep messages for
	require.NoError(t, err)
	require.NoError(t, wait(collector.Subscribe("dev/#", 1, nil)))
	publish := func(i int) error {
		c, err := mqttClient(t, e, "meter", "m")
		if err != nil {
			return err
		}
		defer c.Disconnect(0)
		return wait(c.Publish("dev/values", 1, false, fmt.Sprintf("%d %s", i, bulky("site-a", i))))
	}
	require.NoError(t, publish(1))
	release := fillDisk(t, dir, 0)
	require.Error(t, publish(2), "nothing is acknowledged that is not on the disk")
	release()
	eventually(t, "acknowledged again", func() bool { return publish(3) == nil })
	require.NotZero(t, e.Queue().Restarts)
}
