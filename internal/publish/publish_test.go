package publish_test

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/mqtt"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/publish"
)

const patience = 30 * time.Second

func site() *config.Site {
	private := gtc.Privacy(2)
	return &config.Site{
		ID: "home", Label: gtc.Label{"fr": "Maison"},
		Connections: []config.Connection{{ID: "local", URL: "mqtt://127.0.0.1:1883"}},
		Equipment: []config.Equipment{
			{ID: "elec", Kind: "electricity_meter", Label: gtc.Label{"fr": "Compteur"}},
			{ID: "boiler", Kind: "boiler"},
			{ID: "alarm", Kind: "intrusion_panel"}, // no class of its own: the points' must do
			{ID: "hall", Kind: "room", Privacy: 1},
			{ID: "flat-3", Kind: "room", Privacy: 3},
			{ID: "circuit", Kind: "heating_circuit", Points: map[gtc.PointID]config.PointSettings{"room_temp": {Privacy: &private}}},
		},
		Publish: config.Publish{Connection: "local", Points: []string{"*/*"}, HomeAssistant: "homeassistant"},
	}
}

func sample(kind gtc.Kind, equipment gtc.EquipmentID, point gtc.PointID, v gtc.Value, q gtc.Quality) gtc.Sample {
	return gtc.Sample{
		Series: gtc.Series{Site: "home", Kind: kind, Equipment: equipment, Point: point},
		At:     time.Now().UTC().Truncate(time.Millisecond), Value: v, Quality: q,
	}
}

// rig is a broker, a publisher on it and what others hear.
type rig struct {
	edge      *bus.Edge
	publisher *publish.Publisher
	stop      func()

	mu    sync.Mutex
	heard map[string]string
}

func start(t *testing.T, s *config.Site) *rig {
	t.Helper()
	r := &rig{heard: map[string]string{}}
	var err error
	r.edge, err = bus.StartEdge(t.Context(), bus.EdgeOptions{
		Site: "home", Dir: t.TempDir(), MQTTListen: "127.0.0.1:0", Log: zerolog.Nop(),
		MQTTUsers: []bus.MQTTUser{
			{User: "gtc", Password: "g", Publish: []string{"pub/#", "homeassistant/#"}},
			{User: "other", Password: "o", Subscribe: []string{"#"}},
		},
	})
	require.NoError(t, err)
	t.Cleanup(r.edge.Close)
	c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + r.edge.MQTTAddr()).SetClientID("other").SetUsername("other").SetPassword("o"))
	done := func(token paho.Token) {
		require.True(t, token.WaitTimeout(patience))
		require.NoError(t, token.Error())
	}
	done(c.Connect())
	done(c.Subscribe("#", 1, func(_ paho.Client, m paho.Message) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.heard[m.Topic()] = string(m.Payload())
	}))
	t.Cleanup(func() { c.Disconnect(0) })
	cat, err := catalogue.Load()
	require.NoError(t, err)
	r.publisher = publish.New(publish.Options{
		Site: s, Catalogue: cat, Log: zerolog.Nop(),
		Broker: mqtt.Broker{URL: "mqtt://" + r.edge.MQTTAddr(), User: "gtc", Password: "g"},
	})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = r.publisher.Run(ctx) })
	r.stop = func() { cancel(); running.Wait() }
	t.Cleanup(r.stop)
	return r
}

func (r *rig) of(topic string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.heard[topic]
}

func (r *rig) topics() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for topic := range r.heard {
		out = append(out, topic)
	}
	return out
}

func TestPublishesValuesAndAnnouncements(t *testing.T) {
	t.Parallel()
	r := start(t, site())
	power := sample("electricity_meter", "elec", "power_kw", gtc.Float(12.5), gtc.QualityGood)
	r.publisher.Observe(power, sample("boiler", "boiler", "lockout", gtc.Bool(true), gtc.QualityGood), sample("boiler", "boiler", "flow_temp", gtc.Value{}, gtc.QualityCommLost))
	require.Eventually(t, func() bool { return len(r.topics()) >= 7 }, patience, 5*time.Millisecond, "%v", r.topics())
	require.JSONEq(t, `{"value":12.5,"unit":"kW","time":"`+power.At.Format("2006-01-02T15:04:05.000Z")+`","quality":"good"}`, r.of("pub/home/elec/power_kw"))
	require.Contains(t, r.of("pub/home/boiler/lockout"), `"value":true,"unit":""`)
	require.Contains(t, r.of("pub/home/boiler/flow_temp"), `"value":null`)
	require.Contains(t, r.of("pub/home/boiler/flow_temp"), `"quality":"comm_lost"`)
	require.Equal(t, "online", r.of("pub/home/status"))
	var announced map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.of("homeassistant/sensor/gtc_home_elec_power_kw/config")), &announced))
	require.Equal(t, "pub/home/elec/power_kw", announced["state_topic"])
	require.Equal(t, "power", announced["device_class"])
	require.Equal(t, "kW", announced["unit_of_measurement"])
	require.Contains(t, r.of("homeassistant/binary_sensor/gtc_home_boiler_lockout/config"), `"payload_on":"true"`)

	// A later value replaces it; an earlier one that comes late does not.
	next := sample("electricity_meter", "elec", "power_kw", gtc.Float(13), gtc.QualityGood)
	r.publisher.Observe(next)
	late := sample("electricity_meter", "elec", "power_kw", gtc.Float(99), gtc.QualityGood)
	late.At = power.At.Add(-time.Hour)
	r.publisher.Observe(late)
	require.Eventually(t, func() bool { return strings.Contains(r.of("pub/home/elec/power_kw"), `"value":13`) }, patience, 5*time.Millisecond)

	// Retained, for programs that are not ours.
	if path, err := exec.LookPath("mosquitto_sub"); err == nil {
		host, port, err := net.SplitHostPort(r.edge.MQTTAddr())
		require.NoError(t, err)
		out, err := exec.CommandContext(t.Context(), path, "-h", host, "-p", port, "-u", "other", "-P", "o", "-C", "1", "-W", "20", "-t", "pub/home/elec/power_kw").CombinedOutput()
		require.NoError(t, err, string(out))
		require.Contains(t, string(out), `"value":13`)
	} else if os.Getenv("CI") == "true" {
		t.Fatal("mosquitto_sub is needed")
	}
	r.stop()
	require.Eventually(t, func() bool { return r.of("pub/home/status") == "offline" }, patience, 5*time.Millisecond)
}

// Whatever is chosen, nothing private leaves: no set states, no occupancy, no
// class 2 or 3, nothing of another site and nothing unknown.
func TestNeverPublishesWhatIsPrivate(t *testing.T) {
	t.Parallel()
	s := site()
	s.Publish.Points = []string{"*/*", "alarm/set_state", "alarm/*", "flat-3/*", "*/occupied", "circuit/room_temp"}
	r := start(t, s)
	good := gtc.QualityGood
	other := sample("electricity_meter", "elec", "power_kw", gtc.Float(1), good)
	other.Site = "elsewhere"
	r.publisher.Observe(
		sample("intrusion_panel", "alarm", "set_state", gtc.Enum(2), good),
		sample("intrusion_panel", "alarm", "partition_01_set_state", gtc.Enum(2), good),
		sample("room", "hall", "occupied", gtc.Bool(true), good),
		sample("heating_circuit", "circuit", "occupied", gtc.Bool(true), good),
		sample("heating_circuit", "circuit", "room_temp", gtc.Float(22), good),
		sample("room", "flat-3", "air_temp", gtc.Float(22), good),
		sample("room", "ghost", "air_temp", gtc.Float(22), good),
		sample("boiler", "hall", "flow_temp", gtc.Float(22), good),
		other,
		sample("room", "hall", "air_temp", gtc.Float(21), good),
	)
	require.Eventually(t, func() bool { return r.of("pub/home/hall/air_temp") != "" }, patience, 5*time.Millisecond)
	r.publisher.Observe(sample("electricity_meter", "elec", "power_kw", gtc.Float(2), good)) // a round later
	require.Eventually(t, func() bool { return r.of("pub/home/elec/power_kw") != "" }, patience, 5*time.Millisecond)
	require.ElementsMatch(t, []string{
		"pub/home/status", "pub/home/hall/air_temp", "pub/home/elec/power_kw",
		"homeassistant/sensor/gtc_home_hall_air_temp/config", "homeassistant/sensor/gtc_home_elec_power_kw/config",
	}, r.topics())
}

// A point that becomes private while it is published is erased.
func TestUpdateErasesWhatBecamePrivate(t *testing.T) {
	t.Parallel()
	r := start(t, site())
	hall := sample("room", "hall", "air_temp", gtc.Float(21), gtc.QualityGood)
	r.publisher.Observe(hall)
	require.Eventually(t, func() bool { return r.of("pub/home/hall/air_temp") != "" }, patience, 5*time.Millisecond)
	s := site()
	s.Equipment[3].Privacy = 3
	r.publisher.Update(s)
	gone := func(topic string) bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		payload, heard := r.heard[topic]
		return heard && payload == ""
	}
	require.Eventually(t, func() bool {
		return gone("pub/home/hall/air_temp") && gone("homeassistant/sensor/gtc_home_hall_air_temp/config")
	}, patience, 5*time.Millisecond)
	hall.At, hall.Value = hall.At.Add(time.Second), gtc.Float(22)
	r.publisher.Observe(hall, sample("electricity_meter", "elec", "power_kw", gtc.Float(2), gtc.QualityGood))
	require.Eventually(t, func() bool { return r.of("pub/home/elec/power_kw") != "" }, patience, 5*time.Millisecond)
	require.True(t, gone("pub/home/hall/air_temp"))
}

func TestNoPublisherWithoutAChoice(t *testing.T) {
	t.Parallel()
	require.Nil(t, publish.New(publish.Options{Site: &config.Site{}}))
}
