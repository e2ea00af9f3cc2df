package cli

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMQTTUserOfAURL(t *testing.T) {
	p := &probe{}
	got, err := p.mqttUser("mqtt://gateway@10.0.0.9:1883")
	require.NoError(t, err)
	require.Equal(t, "mqtt://10.0.0.9:1883", got)
	require.Equal(t, "gateway", p.mqtt.user)

	p = &probe{}
	p.mqtt.user = "flag"
	_, err = p.mqttUser("mqtt://url@10.0.0.9")
	require.NoError(t, err)
	require.Equal(t, "flag", p.mqtt.user)

	_, err = p.mqttUser("mqtt://gateway:secret@10.0.0.9")
	require.ErrorContains(t, err, "GTC_MQTT_PASSWORD")
	require.NotContains(t, err.Error(), "secret")
}
