package bus

import (
	"context"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/testcert"
)

// mosquitto runs mosquitto_pub or mosquitto_sub against an edge.
func mosquitto(t *testing.T, e *Edge, program string, args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is needed", program)
		}
		t.Skipf("no %s on this machine", program)
	}
	host, port, err := net.SplitHostPort(e.MQTTAddr())
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, append([]string{"-h", host, "-p", port}, args...)...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// The broker speaks TLS and MQTT 3.1.1 with clients that are not ours.
func TestBrokerSpeaksTLSWithMosquittoTools(t *testing.T) {
	a := testcert.New(t)
	o := edgeOptions(t, "site-a", "")
	o.MQTTListen = "127.0.0.1:0"
	o.MQTTUsers = []MQTTUser{{User: "meter", Password: "m", Publish: []string{"p1/#"}, Subscribe: []string{"p1/#"}}}
	o.MQTTCertFile, o.MQTTKeyFile = a.Issue(t, "broker")
	o.MQTTCAFile = a.CAFile
	e := startTestEdge(t, o)
	cert, key := a.Issue(t, "client")
	ca := []string{"--cafile", o.MQTTCAFile, "-u", "meter", "-P", "m", "-q", "1", "-V", "311"}
	own := append([]string{"--cert", cert, "--key", key}, ca...)

	out, err := mosquitto(t, e, "mosquitto_pub", append(own, "-r", "-t", "p1/main", "-m", "telegram")...)
	require.NoError(t, err, out)
	out, err = mosquitto(t, e, "mosquitto_sub", append(own, "-C", "1", "-W", "20", "-v", "-t", "p1/#")...)
	require.NoError(t, err, out)
	require.Equal(t, "p1/main telegram", out)

	// No certificate, no password, no TLS: no connection.
	_, err = mosquitto(t, e, "mosquitto_pub", append(ca, "-t", "p1/main", "-m", "x")...)
	require.Error(t, err)
	_, err = mosquitto(t, e, "mosquitto_pub", "--cafile", o.MQTTCAFile, "--cert", cert, "--key", key, "-u", "meter", "-P", "wrong", "-t", "p1/main", "-m", "x")
	require.Error(t, err)
	_, err = mosquitto(t, e, "mosquitto_pub", "-u", "meter", "-P", "m", "-q", "1", "-t", "p1/main", "-m", "x")
	require.Error(t, err)
}

// A last will is a message like any other: it commands no panel either.
func TestWillNeverCommands(t *testing.T) {
	e := mqttEdge(t, startTestHub(t, hubOptions(t, "site-a")))
	heard := make(chan string, 100)
	listener, err := mqttClient(t, e, "collector", "c")
	require.NoError(t, err)
	require.NoError(t, wait(listener.Subscribe("#", 1, func(_ paho.Client, m paho.Message) { heard <- m.Topic() })))
	for _, topic := range []string{"paradox/control/partitions/1", "a/b/c/paradox/control/zones/1", "paradox/panic/1", "harmless/will"} {
		o := paho.NewClientOptions().AddBroker("tcp://"+e.MQTTAddr()).SetClientID("will-"+secret()[:6]).
			SetUsername("careless").SetPassword("x").SetAutoReconnect(false).SetConnectTimeout(5*time.Second).
			SetWill(topic, "arm", 1, false)
		var conn net.Conn
		o.SetCustomOpenConnectionFn(func(_ *url.URL, _ paho.ClientOptions) (net.Conn, error) {
			var err error
			conn, err = net.Dial("tcp", e.MQTTAddr()) //nolint:noctx // loopback
			return conn, err
		})
		c := paho.NewClient(o)
		if wait(c.Connect()) != nil {
			continue // refused at once: as good
		}
		require.NoError(t, conn.Close()) // without saying goodbye
	}
	require.Equal(t, "harmless/will", receive(t, heard))
	c, err := mqttClient(t, e, "careless", "x")
	require.NoError(t, err)
	require.NoError(t, wait(c.Publish("last", 1, false, "")))
	require.Equal(t, "last", receive(t, heard))
}
