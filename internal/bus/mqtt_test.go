package bus

import (
	"context"
	"net"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/stretchr/testify/require"
)

func mqttClient(t *testing.T, e *Edge, user, password string) (paho.Client, error) {
	t.Helper()
	o := paho.NewClientOptions().AddBroker("tcp://" + e.MQTTAddr()).SetClientID(user + "-" + secret()[:6]).
		SetUsername(user).SetPassword(password).SetAutoReconnect(false).SetConnectTimeout(5 * time.Second)
	c := paho.NewClient(o)
	t.Cleanup(func() { c.Disconnect(0) })
	return c, wait(c.Connect())
}

func wait(token paho.Token) error {
	if !token.WaitTimeout(5 * time.Second) {
		return context.DeadlineExceeded
	}
	return token.Error()
}

func mqttEdge(t *testing.T, h *Hub) *Edge {
	t.Helper()
	o := edgeOptions(t, "site-a", h.LeafURL())
	o.MQTTListen = "127.0.0.1:0"
	o.MQTTUsers = []MQTTUser{
		{User: "collector", Password: "c", Publish: []string{"gtc-probe/#"}, Subscribe: []string{"#"}},
		{User: "panel", Password: "p", Publish: []string{"paradox/states/#", "a.b//c"}},
		{User: "careless", Password: "x", Publish: []string{"#"}, Subscribe: []string{"#"}},
	}
	return startTestEdge(t, o)
}

func TestMQTTDelivers(t *testing.T) {
	e := mqttEdge(t, startTestHub(t, hubOptions(t, "site-a")))
	collector, err := mqttClient(t, e, "collector", "c")
	require.NoError(t, err)
	got := make(chan string, 10)
	require.NoError(t, wait(collector.Subscribe("paradox/#", 1, func(_ paho.Client, m paho.Message) {
		got <- m.Topic() + "=" + string(m.Payload())
	})))
	panel, err := mqttClient(t, e, "panel", "p")
	require.NoError(t, err)
	require.NoError(t, wait(panel.Publish("paradox/states/zones/1/open", 1, true, "True")))
	require.Equal(t, "paradox/states/zones/1/open=True", receive(t, got))
	// Retained for those who come later.
	late, err := mqttClient(t, e, "collector", "c")
	require.NoError(t, err)
	require.NoError(t, wait(late.Subscribe("paradox/states/#", 1, func(_ paho.Client, m paho.Message) {
		got <- "late " + m.Topic()
	})))
	require.Equal(t, "late paradox/states/zones/1/open", receive(t, got))
}

func receive(t *testing.T, ch <-chan string) string {
	t.Helper()
	select {
	case s := <-ch:
		return s
	case <-time.After(patience):
		t.Fatal("nothing received")
		return ""
	}
}

func TestMQTTRefusesUnknownUsers(t *testing.T) {
	e := mqttEdge(t, startTestHub(t, hubOptions(t, "site-a")))
	for _, user := range []string{"", "nobody", edgeUser} {
		_, err := mqttClient(t, e, user, "c")
		require.Error(t, err, "user %q", user)
	}
	_, err := mqttClient(t, e, "panel", "c")
	require.Error(t, err)
}

// Nobody commands an alarm panel or steers the server over the broker, not
// even who may publish "#"; and nothing published there is on the bus.
func TestMQTTNeverForgesNorCommands(t *testing.T) {
	h := startTestHub(t, hubOptions(t, "site-a"))
	e := mqttEdge(t, h)
	run(t, h)
	heard := make(chan string, 100)
	listener, err := mqttClient(t, e, "collector", "c")
	require.NoError(t, err)
	require.NoError(t, wait(listener.Subscribe("#", 1, func(_ paho.Client, m paho.Message) { heard <- m.Topic() })))
	for _, topic := range []string{
		"paradox/control/partitions/1", "paradox/control", "paradox/panic/user/1", "site/paradox/control/zones/1",
		"intrusion/control/outputs/2", "home/alarm_control_panel/p1/set",
		"$JS/API/STREAM/DELETE/$MQTT_msgs", "$JS/API/STREAM/PURGE/SAMPLES", "$SYS/REQ/SERVER/PING", "$MQTT/msgs/forged",
	} {
		// The server may drop the message or the client: both are a refusal.
		c, err := mqttClient(t, e, "careless", "x")
		require.NoError(t, err)
		_ = wait(c.Publish(topic, 0, false, "forged"))
	}
	panel, err := mqttClient(t, e, "panel", "p")
	require.NoError(t, err)
	_ = wait(panel.Publish("other/topic", 0, false, "forged"))
	c, err := mqttClient(t, e, "careless", "x")
	require.NoError(t, err)
	for _, topic := range []string{"gtc/site-a/sample", "gtc/site-a/event", "in/site-a/sample"} {
		require.NoError(t, wait(c.Publish(topic, 1, false, "boiler,site=site-a forged=1 1")))
	}
	require.NoError(t, wait(c.Publish("last", 1, false, "")))
	var topics []string
	for topic := receive(t, heard); topic != "last"; topic = receive(t, heard) {
		topics = append(topics, topic)
	}
	require.ElementsMatch(t, []string{"gtc/site-a/sample", "gtc/site-a/event", "in/site-a/sample"}, topics)
	// What goes over the bus is only what the edge itself publishes.
	publishLines(t, e, 0, 1)
	requireLines(t, h, e, 1)
	require.Zero(t, count(t, h, StreamEvents))
}

func TestUsedPortIsNamed(t *testing.T) {
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = ln.Close() }()
	used := ln.Addr().String()

	e := edgeOptions(t, "site-a", "")
	e.MQTTListen = used
	_, err = StartEdge(t.Context(), e)
	require.ErrorContains(t, err, used)
	require.ErrorContains(t, err, "in use")

	h := hubOptions(t, "site-a")
	h.LeafListen = used
	_, err = StartHub(t.Context(), h)
	require.ErrorContains(t, err, used)

	h = hubOptions(t, "site-a")
	h.Listen = used
	_, err = StartHub(t.Context(), h)
	require.ErrorContains(t, err, used)
}
