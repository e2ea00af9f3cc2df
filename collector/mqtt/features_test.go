package mqtt_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/mqtt"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/testcert"
	simulator "github.com/cpas-charleroi/gtc/simulators/mqtt"
)

// qualities returns the qualities of a series in order.
func (r *recorder) qualities(equipment gtc.EquipmentID, point gtc.PointID) []gtc.Quality {
	var out []gtc.Quality
	for _, s := range r.of(equipment, point) {
		out = append(out, s.Quality)
	}
	return out
}

func (r *recorder) await(t *testing.T, n int, equipment gtc.EquipmentID, point gtc.PointID) []gtc.Sample {
	t.Helper()
	require.Eventually(t, func() bool { return len(r.of(equipment, point)) >= n }, patience, 5*time.Millisecond, "%s %s", equipment, point)
	return r.of(equipment, point)
}

func room(t *testing.T) mqtt.Device {
	t.Helper()
	return device(t, "sensor", "zigbee2mqtt-climate", "zigbee2mqtt/bureau", map[string]gtc.EquipmentID{"room": "room-1"})
}

// What a device says about itself becomes the quality of its points.
func TestAvailabilityBecomesQuality(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	r, d := &recorder{}, room(t)
	_, _ = run(t, b, r, d)
	b.publish(t, "zigbee2mqtt/bureau", `{"temperature":20.5,"humidity":50}`)
	r.await(t, 1, "room-1", "air_temp")
	b.publish(t, "zigbee2mqtt/bureau/availability", `{"state":"offline"}`, "-r")
	lost := r.await(t, 2, "room-1", "air_temp")[1]
	require.Equal(t, gtc.QualityCommLost, lost.Quality)
	require.False(t, lost.Value.Present())
	require.False(t, d.Health.State().Online)
	require.Contains(t, d.Health.State().LastError, "offline")
	b.publish(t, "zigbee2mqtt/bureau/availability", "online", "-r") // the older form
	require.Eventually(t, func() bool { return d.Health.State().Online }, patience, 5*time.Millisecond)
	b.publish(t, "zigbee2mqtt/bureau", `{"temperature":20.5,"humidity":50}`)
	require.Equal(t, gtc.QualityGood, r.await(t, 3, "room-1", "air_temp")[2].Quality)
	// The bridge behind it is down: so is the device.
	b.publish(t, "zigbee2mqtt/bridge/state", `{"state":"offline"}`)
	require.Equal(t, gtc.QualityCommLost, r.await(t, 4, "room-1", "air_temp")[3].Quality)
}

// A retained state of a device that says that it is there holds at once.
func TestRetainedStateHoldsWhileItsDeviceIsThere(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	r, d := &recorder{}, panel(t)
	const mains, alarm = "paradox/states/system/troubles/ac_failure_trouble", "paradox/states/partitions/Area_1/audible_alarm"
	b.publish(t, mains, "True", "-r")
	b.publish(t, alarm, "False", "-r")
	_, stop := run(t, b, r, d)
	require.Equal(t, gtc.QualityStale, r.await(t, 1, "panel-1", "mains_fail")[0].Quality, "nobody knows whether the panel is there")
	b.publish(t, "paradox/interface/availability", "online", "-r")
	got := r.await(t, 2, "panel-1", "mains_fail")
	require.Equal(t, gtc.QualityGood, got[1].Quality)
	require.Equal(t, gtc.Bool(true), got[1].Value)
	require.True(t, got[1].At.After(got[0].At))
	r.await(t, 2, "panel-1", "intrusion_alarm")
	stop()

	// Told before the states, or after them: good within a moment.
	second := &recorder{}
	_, _ = run(t, b, second, panel(t))
	require.Eventually(t, func() bool {
		q := second.qualities("panel-1", "mains_fail")
		return len(q) > 0 && q[len(q)-1] == gtc.QualityGood
	}, patience, 5*time.Millisecond)
}

// Of the numbers of a telegram a second one in ten seconds is stored; a state
// that changes is never delayed.
func TestEveryKeepsFewerNumbersAndEveryState(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	d := p1(t)
	library, err := profile.Library()
	require.NoError(t, err)
	d.Profile = library["belgian-p1"] // as shipped
	r := &recorder{}
	_, _ = run(t, b, r, d)
	pub := publisher(t, b, "meter")
	began := time.Now().Add(-time.Minute).Truncate(time.Second)
	for i := range 31 {
		values := func(slot string, p gtc.PointID) gtc.Value {
			switch {
			case slot != "meter":
				return gtc.Value{}
			case p == "power_kw":
				return gtc.Float(float64(i))
			case p == "breaker_closed":
				return gtc.Bool(i != 15)
			}
			return gtc.Value{}
		}
		at := began.Add(time.Duration(i) * time.Second).In(time.FixedZone("CET", 3600))
		require.NoError(t, pub.Publish(t.Context(), d.Topic, false, simulator.Telegram("1", at, values)))
	}
	require.Len(t, r.await(t, 4, "elec-1", "power_kw"), 4, "at 0, 10, 20 and 30 s, or 9, 18, 27")
	var states []bool
	for _, s := range r.await(t, 3, "elec-1", "breaker_closed") {
		if len(states) == 0 || states[len(states)-1] != s.Value.True() {
			states = append(states, s.Value.True())
		}
	}
	require.Equal(t, []bool{true, false, true}, states)
}

func sparkDevice(t *testing.T) mqtt.Device {
	t.Helper()
	return device(t, "node", "sparkplug-meter", "CPAS/edge-1/tgbt", map[string]gtc.EquipmentID{"meter": "elec-9"})
}

// A Sparkplug node that was born before anyone listened, and one that leaves
// a number out, are asked for a rebirth; its death makes its values stale.
func TestSparkplug(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	r, d := &recorder{}, sparkDevice(t)
	var power float64
	var mu sync.Mutex
	node := &simulator.Device{
		Profile: d.Profile, Topic: d.Topic, Every: 50 * time.Millisecond, Clock: clock.Wall{}, Log: zerolog.Nop(),
		Faults: map[simulator.Fault]int{simulator.SequenceGap: 20},
		Values: func(_ string, p gtc.PointID) gtc.Value {
			mu.Lock()
			defer mu.Unlock()
			power++
			switch p {
			case "power_kw":
				return gtc.Float(power)
			case "breaker_closed":
				return gtc.Bool(true)
			}
			return gtc.Value{}
		},
	}
	pub, err := simulator.Dial(t.Context(), simulator.Options{
		URL: b.url(), ClientID: "node", Will: simulator.SparkplugWill(d.Topic, time.Now()), Log: zerolog.Nop(),
	})
	require.NoError(t, err)
	node.Publisher = pub
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = node.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	s, _ := run(t, b, r, d)
	got := r.await(t, 3, "elec-9", "power_kw")
	require.Equal(t, gtc.QualityGood, got[0].Quality, "an alias has a name after the rebirth")
	require.Equal(t, gtc.Bool(true), r.await(t, 1, "elec-9", "breaker_closed")[0].Value)
	require.Eventually(t, func() bool {
		for _, refusal := range s.Refusals() {
			if refusal.Reason == mqtt.Incomplete && refusal.Count > 1 {
				return true
			}
		}
		return false
	}, patience, 5*time.Millisecond, "the gap is counted")

	cancel()
	running.Wait()
	// A will of an earlier connection is not this one's death.
	pub2 := publisher(t, b, "broker")
	earlier := profile.AppendSparkplug(nil, profile.SparkplugPayload{Metrics: []profile.SparkplugMetric{{Name: "bdSeq", Datatype: profile.SparkplugUInt64, Text: "7"}}})
	require.NoError(t, pub2.Publish(t.Context(), "spBv1.0/CPAS/NDEATH/edge-1", false, earlier))
	require.NoError(t, pub2.Publish(t.Context(), "spBv1.0/CPAS/NDEATH/edge-1", false, simulator.SparkplugWill(d.Topic, time.Now()).Payload))
	require.Eventually(t, func() bool {
		q := r.qualities("elec-9", "power_kw")
		return q[len(q)-1] == gtc.QualityStale
	}, patience, 5*time.Millisecond)
	stale := 0
	for _, q := range r.qualities("elec-9", "power_kw") {
		if q == gtc.QualityStale {
			stale++
		}
	}
	require.Equal(t, 1, stale)
	require.False(t, d.Health.State().Online)
}

// TLS with an authority, a client certificate and a password, at a broker that
// asks for all three; the status topic says online, and offline at the end.
func TestSourceOverTLS(t *testing.T) {
	t.Parallel()
	a := testcert.New(t)
	cert, key := a.Issue(t, "broker")
	passwords := filepath.Join(t.TempDir(), "passwords")
	out, err := exec.CommandContext(t.Context(), look(t, "mosquitto_passwd"), "-c", "-b", passwords, "gtc", "secret").CombinedOutput()
	require.NoError(t, err, string(out))
	require.NoError(t, os.Chmod(passwords, 0o644)) //nolint:gosec // of a test, for the broker's own user
	b := startBrokerWith(t, "mqtts", fmt.Sprintf("cafile %s\ncertfile %s\nkeyfile %s\nrequire_certificate true\nallow_anonymous false\npassword_file %s\n", a.CAFile, cert, key, passwords))
	clientCert, clientKey := a.Issue(t, "collector")
	tls := []string{"--cafile", a.CAFile, "--cert", clientCert, "--key", clientKey, "-u", "gtc", "-P", "secret"}
	r, d := &recorder{}, panel(t)
	o := mqtt.Options{
		Site: "s1", ClientID: "gtc-s1-tls", Devices: []mqtt.Device{d}, Clock: clock.Wall{}, Log: zerolog.Nop(), Status: "gtc/s1/status",
		Broker: mqtt.Broker{URL: b.url(), User: "gtc", Password: "secret", CAFile: a.CAFile, CertFile: clientCert, KeyFile: clientKey},
	}
	s, err := mqtt.NewSource(o)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = s.Run(ctx, r.emit) })
	t.Cleanup(func() { cancel(); running.Wait() })
	require.Eventually(t, s.Linked, patience, 5*time.Millisecond)
	b.publish(t, "paradox/states/partitions/Area_1/audible_alarm", "True", tls...)
	require.Equal(t, gtc.Bool(true), r.await(t, 1, "panel-1", "intrusion_alarm")[0].Value)
	status := func() string {
		args := append([]string{"-h", "127.0.0.1", "-p", fmt.Sprint(b.port), "-C", "1", "-W", "60", "-t", "gtc/s1/status"}, tls...)
		out, err := exec.CommandContext(t.Context(), look(t, "mosquitto_sub"), args...).CombinedOutput()
		require.NoError(t, err, string(out))
		return strings.TrimSpace(string(out))
	}
	require.Equal(t, "online", status())
	cancel()
	running.Wait()
	require.Equal(t, "offline", status())

	o.CAFile = filepath.Join(t.TempDir(), "missing.pem")
	broken, err := mqtt.NewSource(o)
	require.NoError(t, err)
	require.ErrorContains(t, broken.Run(t.Context(), r.emit), "read authority")
	o.Status = "paradox/control/partitions/1"
	_, err = mqtt.NewSource(o)
	require.ErrorIs(t, err, mqtt.ErrControlTopic)
}

func TestPublishable(t *testing.T) {
	t.Parallel()
	for topic, want := range map[string]bool{
		"pub/s1/elec/power_kw": true, "homeassistant/sensor/x/config": true, "spBv1.0/G/NCMD/N": true,
		"paradox/control/zones/1": false, "a/b/paradox/Control/partitions/1": false, "x/panic/1": false,
		"home/alarm_control_panel/p/set": false, "$SYS/x": false, "": false, "a/#": false, "a/+/b": false,
	} {
		require.Equal(t, want, mqtt.Publishable(topic), topic)
	}
}
