package cli

import (
	"bytes"
	"encoding/json"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/bus"
)

// A probe lists what a broker carries, who could read it and as what.
func TestProbeMQTT(t *testing.T) {
	t.Parallel()
	e, err := bus.StartEdge(t.Context(), bus.EdgeOptions{
		Site: "site-a", Dir: t.TempDir(), MQTTListen: "127.0.0.1:0", Log: zerolog.Nop(),
		MQTTUsers: []bus.MQTTUser{{User: "probe", Password: "secret", Publish: []string{"#"}, Subscribe: []string{"#"}}},
	})
	require.NoError(t, err)
	t.Cleanup(e.Close)
	c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + e.MQTTAddr()).SetClientID("devices").SetUsername("probe").SetPassword("secret"))
	token := c.Connect()
	require.True(t, token.WaitTimeout(10*time.Second))
	require.NoError(t, token.Error())
	t.Cleanup(func() { c.Disconnect(0) })
	for topic, payload := range map[string]string{
		"zigbee2mqtt/bureau":                             `{"temperature":20.5,"humidity":48}`,
		"zigbee2mqtt/bureau/availability":                `{"state":"online"}`,
		"shellypro3em-1/status/emdata:0":                 `{"total_act":1500,"total_act_ret":0}`,
		"paradox/states/partitions/Area_1/audible_alarm": "True",
		"tele/plug/SENSOR":                               `{"Time":"2026`,
		"unknown/thing":                                  "hello",
	} {
		token := c.Publish(topic, 1, true, payload)
		require.True(t, token.WaitTimeout(10*time.Second))
		require.NoError(t, token.Error())
	}
	password := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(password, []byte("secret\n"), 0o600))
	var out, errs bytes.Buffer
	run := func(args ...string) int {
		out.Reset()
		errs.Reset()
		return Run(t.Context(), Env{
			Args:   append([]string{"probe", "mqtt://" + e.MQTTAddr(), "--user", "probe", "--password-file", password, "--listen", "1s"}, args...),
			Getenv: func(string) string { return "" }, Stdout: &out, Stderr: &errs,
		})
	}
	require.Zero(t, run("--json"), errs.String())
	var got struct{ Topics []topicLine }
	require.NoError(t, json.Unmarshal(out.Bytes(), &got))
	byTopic := map[string]topicLine{}
	for _, l := range got.Topics {
		byTopic[l.Topic] = l
	}
	require.Len(t, byTopic, 6)
	climate := byTopic["zigbee2mqtt/bureau"]
	require.Equal(t, "zigbee2mqtt-climate", climate.Profile)
	require.Equal(t, "zigbee2mqtt/bureau", climate.Prefix)
	require.Len(t, climate.Samples, 2)
	require.InDelta(t, 20.5, climate.Samples[0].Value, 0)
	require.Equal(t, "°C", climate.Samples[0].Unit)
	require.Equal(t, "online", byTopic["zigbee2mqtt/bureau/availability"].Availability)
	require.Equal(t, "shelly-pro-3em", byTopic["shellypro3em-1/status/emdata:0"].Profile)
	require.Equal(t, "paradox", byTopic["paradox/states/partitions/Area_1/audible_alarm"].Prefix)
	require.Contains(t, byTopic["tele/plug/SENSOR"].Refused, "tasmota-meter: decode a JSON message")
	require.Equal(t, "hello", byTopic["unknown/thing"].Example)
	require.Empty(t, byTopic["unknown/thing"].Profile)

	require.Zero(t, run("--topic", "paradox/#"), errs.String())
	require.Contains(t, out.String(), "paradox-pai, topic: paradox")
	require.Contains(t, out.String(), "intrusion_alarm")
	require.NotContains(t, out.String(), "zigbee2mqtt")

	require.Equal(t, 1, run("--profile", "eastron-sdm630"))
	require.Contains(t, errs.String(), "speaks modbus")
	require.Equal(t, 1, run("--profile", "zigbee2mqtt-climat"))
	require.Contains(t, errs.String(), "zigbee2mqtt-climate")
	u := url.URL{Scheme: "mqtt", Host: net.JoinHostPort("127.0.0.1", "1")}
	require.Equal(t, 2, Run(t.Context(), Env{Args: []string{"probe", u.String(), "--listen", "1s"}, Getenv: func(string) string { return "" }, Stdout: &out, Stderr: &errs}))
}
