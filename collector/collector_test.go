package collector_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/simulators/modbus"
	"github.com/cpas-charleroi/gtc/simulators/mqtt"
)

const patience = 30 * time.Second

// watched passes on to the edge's queue and remembers.
type watched struct {
	edge   *bus.Edge
	mu     sync.Mutex
	lines  map[string][]string
	events []gtc.Event
}

func (w *watched) PublishSamples(ctx context.Context, db string, lines []byte) error {
	text := strings.Split(strings.TrimSuffix(string(lines), "\n"), "\n")
	if w.edge != nil {
		if err := w.edge.PublishSamples(ctx, db, lines); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines[db] = append(w.lines[db], text...)
	return nil
}

func (w *watched) PublishLive(string, []byte) error { return nil }

func (w *watched) PublishEvent(ctx context.Context, ev gtc.Event) error {
	if w.edge != nil {
		if err := w.edge.PublishEvent(ctx, ev); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, ev)
	return nil
}

// has tells whether a line of a database starts and goes on as told.
func (w *watched) has(db, prefix, part string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.lines[db], func(l string) bool {
		return strings.HasPrefix(l, prefix) && strings.Contains(l, part)
	})
}

func (w *watched) await(t *testing.T, db, prefix, part string) {
	t.Helper()
	require.Eventually(t, func() bool { return w.has(db, prefix, part) }, patience, 5*time.Millisecond, "%s: %s … %s", db, prefix, part)
}

func options(t *testing.T, site *config.Site, q collector.Queue) collector.Options {
	t.Helper()
	profiles, err := profile.Library()
	require.NoError(t, err)
	points, err := catalogue.Load()
	require.NoError(t, err)
	return collector.Options{Site: site, Profiles: profiles, Catalogue: points, Queue: q, Clock: clock.Wall{}, Log: zerolog.Nop()}
}

func start(t *testing.T, o collector.Options) (c *collector.Collector, stop func()) {
	t.Helper()
	c, err := collector.New(o)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := c.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	return c, stop
}

// school is a site with a controller and a fire panel's contacts on Modbus, a
// P1 meter and an intrusion panel behind a broker.
func school(modbusURL, brokerURL string) *config.Site {
	return &config.Site{
		ID: "school",
		Connections: []config.Connection{
			{ID: "bus", URL: modbusURL}, {ID: "broker", URL: brokerURL}, {ID: "unused", URL: "mqtt://unused:1"},
		},
		Equipment: []config.Equipment{
			{ID: "circuit-1", Kind: "heating_circuit"},
			{ID: "dhw-1", Kind: "dhw"},
			{ID: "weather", Kind: "weather"},
			{ID: "fire", Kind: "fire_panel"},
			{ID: "alarm", Kind: "intrusion_panel"},
			{ID: "elec", Kind: "electricity_meter"},
			{ID: "gas", Kind: "gas_meter"},
		},
		Devices: []config.Device{
			{ID: "ecl", Connection: "bus", Profile: "danfoss-ecl310-a247", Unit: 254, Equipment: map[string]gtc.EquipmentID{"circuit": "circuit-1", "outdoor": "weather"}},
			{ID: "inputs", Connection: "bus", Profile: "moxa-iologik-e1210", Contacts: []config.Contact{
				{Input: 0, Equipment: "fire", Point: "fire_alarm", Normally: "open"},
				{Input: 3, Equipment: "fire", Point: "mains_fail", Normally: "closed"},
			}},
			{ID: "p1", Connection: "broker", Profile: "belgian-p1", Topic: "school/p1", Equipment: map[string]gtc.EquipmentID{"meter": "elec", "gas": "gas"}},
			{ID: "pai", Connection: "broker", Profile: "paradox-pai", Topic: "paradox", Equipment: map[string]gtc.EquipmentID{"panel": "alarm"}},
		},
	}
}

func schoolValues(slot string, p gtc.PointID) gtc.Value {
	switch p {
	case "set_state":
		return gtc.Enum(2)
	case "mode":
		return gtc.Enum(1)
	case "intrusion_alarm":
		return gtc.Bool(true)
	case "pump_run", "charge_pump_run", "circulation_pump_run":
		return gtc.Bool(true)
	case "energy_import_kwh":
		return gtc.Float(5000.25)
	case "volume_m3":
		return gtc.Float(77.5)
	}
	if slot == "panel" || slot == "meter" || strings.HasPrefix(slot, "partition") {
		return gtc.Value{}
	}
	return gtc.Float(4.5)
}

// startDevices starts the school's devices: the Modbus ones on a server of
// their own, the others as clients of the edge's broker.
func startDevices(t *testing.T, broker string, fire *bool, mu *sync.Mutex) *modbus.Server {
	t.Helper()
	profiles, err := profile.Library()
	require.NoError(t, err)
	server := modbus.NewServer(map[uint8]*modbus.Unit{
		254: {Profile: profiles["danfoss-ecl310-a247"], Values: schoolValues},
		1: {Profile: profiles["moxa-iologik-e1210"], Inputs: func(i int) bool {
			mu.Lock()
			defer mu.Unlock()
			return (i == 0) == *fire && (i == 0 || i == 3)
		}},
	})
	require.NoError(t, server.Listen("127.0.0.1:0"))
	t.Cleanup(server.Close)
	p, err := mqtt.Dial(t.Context(), mqtt.Options{URL: broker, User: "devices", Password: "devices-password", ClientID: "devices", Log: zerolog.Nop()})
	require.NoError(t, err)
	t.Cleanup(p.Close)
	ctx, cancel := context.WithCancel(context.Background())
	var publishing sync.WaitGroup
	for id, topic := range map[string]string{"belgian-p1": "school/p1", "paradox-pai": "paradox"} {
		d := &mqtt.Device{
			Publisher: p, Profile: profiles[id], Topic: topic, Serial: "1", Values: schoolValues,
			Every: 200 * time.Millisecond, Republish: 2, Clock: clock.Wall{}, Log: zerolog.Nop(),
		}
		publishing.Go(func() { _ = d.Run(ctx) })
	}
	t.Cleanup(func() { cancel(); publishing.Wait() })
	return server
}

// The whole edge: real sockets on one side, the site's own bus on the other.
func TestCollectorReadsASite(t *testing.T) {
	t.Parallel()
	edge, err := bus.StartEdge(t.Context(), bus.EdgeOptions{
		Site: "school", Dir: t.TempDir(), MQTTListen: "127.0.0.1:0", Log: zerolog.Nop(),
		MQTTUsers: []bus.MQTTUser{
			{User: "devices", Password: "devices-password", Publish: []string{"school/p1", "paradox/states/#"}},
			{User: "collector", Password: "collector-password", Subscribe: []string{"school/p1", "paradox/states/#"}},
		},
	})
	require.NoError(t, err)
	t.Cleanup(edge.Close)
	broker := "mqtt://" + edge.MQTTAddr()
	var mu sync.Mutex
	fire := false
	server := startDevices(t, broker, &fire, &mu)
	q := &watched{edge: edge, lines: map[string][]string{}}
	o := options(t, school(server.URL(), "mqtt://local:1"), q)
	registry := prometheus.NewRegistry()
	o.Registry = registry
	o.BrokerURL = func(id string) string {
		if id == "broker" {
			return "mqtt://collector:collector-password@" + edge.MQTTAddr()
		}
		return ""
	}
	c, stop := start(t, o)

	q.await(t, "gtc", "heating_circuit,equipment=circuit-1,site=school ", "flow_temp=4.5")
	q.await(t, "gtc", "heating_circuit,equipment=circuit-1,site=school ", "mode=1i")
	q.await(t, "gtc", "weather,equipment=weather,site=school ", "air_temp=4.5")
	q.await(t, "gtc", "electricity_meter,equipment=elec,site=school ", "energy_import_kwh=5000.25")
	q.await(t, "gtc", "gas_meter,equipment=gas,site=school ", "volume_m3=77.5")
	q.await(t, "gtc", "intrusion_panel,equipment=alarm,site=school ", "intrusion_alarm=true")
	q.await(t, "gtc_private", "intrusion_panel,equipment=alarm,site=school ", "set_state=2i")
	q.await(t, "gtc_private", "point_quality,equipment=alarm,point=set_state,site=school ", `quality="good"`)
	// Input 0 is open and normally so; input 3 is closed and normally so.
	q.await(t, "gtc", "fire_panel,equipment=fire,site=school ", "fire_alarm=false,mains_fail=false")
	mu.Lock()
	fire = true // input 0 closes, input 3 opens
	mu.Unlock()
	q.await(t, "gtc", "fire_panel,equipment=fire,site=school ", "fire_alarm=true,mains_fail=true")
	require.False(t, q.has("gtc", "dhw,", ""), "a slot that the site does not name is not read")
	require.False(t, q.has("gtc", "intrusion_panel,", "set_state"))

	require.Eventually(t, func() bool {
		q.mu.Lock()
		defer q.mu.Unlock()
		return len(q.events) == 4
	}, patience, 5*time.Millisecond)
	for _, ev := range q.events {
		require.Equal(t, gtc.EventDevice, ev.Kind)
		require.Equal(t, "unknown", ev.From)
		require.Equal(t, "online", ev.To)
	}
	health := c.Health()
	require.Len(t, health, 4)
	for _, d := range health {
		require.True(t, d.Known && d.Online, d.Device)
		require.Positive(t, d.Polls)
	}
	families, err := registry.Gather()
	require.NoError(t, err)
	counts := map[string]int{}
	for _, f := range families {
		counts[f.GetName()] = len(f.GetMetric())
	}
	require.Equal(t, 4, counts["gtc_collector_polls_total"])
	require.Equal(t, 4, counts["gtc_collector_online"])
	require.Equal(t, 1, counts["gtc_collector_batches_total"])
	stop()
	require.Zero(t, server.Writes(), "the collector wrote")
	queued, err := edge.Queued(t.Context())
	require.NoError(t, err)
	require.Positive(t, queued)
}

// oneDevice is a collector's world with the regulator of the school alone.
func oneDevice(t *testing.T, q *watched) (*modbus.Unit, *modbus.Server, collector.Options) {
	t.Helper()
	profiles, err := profile.Library()
	require.NoError(t, err)
	unit := &modbus.Unit{Profile: profiles["danfoss-ecl310-a247"], Values: schoolValues}
	server := modbus.NewServer(map[uint8]*modbus.Unit{254: unit})
	require.NoError(t, server.Listen("127.0.0.1:0"))
	t.Cleanup(server.Close)
	site := school(server.URL(), "")
	site.Devices = site.Devices[:1]
	return unit, server, options(t, site, q)
}

// A device that does not answer is said so, and its points with it; the
// minute's report counts it.
func TestCollectorReportsADeadDevice(t *testing.T) {
	t.Parallel()
	q := &watched{lines: map[string][]string{}}
	_, server, o := oneDevice(t, q)
	fast := clock.NewFast(time.Now().Add(-time.Hour), 50)
	o.Clock = fast
	c, _ := start(t, o)
	q.await(t, "gtc", "heating_circuit,", "flow_temp=4.5")
	server.Close()
	q.await(t, "gtc", "point_quality,equipment=circuit-1,point=flow_temp,site=school ", `quality="comm_lost"`)
	require.Eventually(t, func() bool { return !c.Health()[0].Online }, patience, 5*time.Millisecond)
	q.await(t, "gtc", "collector,device=ecl,site=school ", "polls=")
	require.Eventually(t, func() bool {
		q.mu.Lock()
		defer q.mu.Unlock()
		return slices.ContainsFunc(q.events, func(ev gtc.Event) bool {
			return ev.To == "offline" && ev.Subject == "ecl" && strings.Contains(ev.Reason, server.Addr())
		})
	}, patience, 5*time.Millisecond)
}

// unset is a clock that starts in 1970 and is set when told.
type unset struct {
	clock.Wall
	mu    sync.Mutex
	isSet bool
	asked chan struct{}
}

func (u *unset) Now() time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.isSet {
		return u.Wall.Now()
	}
	return time.Unix(3600, 0).UTC()
}

func (u *unset) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case u.asked <- struct{}{}:
	default:
	}
	return u.Wall.Sleep(ctx, min(d, 10*time.Millisecond))
}

// Nothing is read, and so nothing is stamped, before the clock was set.
func TestCollectorWaitsForTheClock(t *testing.T) {
	t.Parallel()
	q := &watched{lines: map[string][]string{}}
	unit, _, o := oneDevice(t, q)
	u := &unset{asked: make(chan struct{})}
	o.Clock = u
	_, _ = start(t, o)
	for range 5 {
		<-u.asked
	}
	require.Zero(t, unit.Reads())
	u.mu.Lock()
	u.isSet = true
	u.mu.Unlock()
	q.await(t, "gtc", "heating_circuit,", "flow_temp=4.5")
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*config.Site){
		`connection bus: device ecl: unknown profile "x"`:                   func(s *config.Site) { s.Devices[0].Profile = "x" },
		"connection bus: ftp://h: unknown scheme":                           func(s *config.Site) { s.Connections[0].URL = "ftp://h" },
		"profile moxa-iologik-e1210 has no input 16":                        func(s *config.Site) { s.Devices[1].Contacts[0].Input = 16 },
		"input 0: fire_panel has no two-state point disabled_count":         func(s *config.Site) { s.Devices[1].Contacts[0].Point = "disabled_count" },
		"input 0: unknown equipment nothing":                                func(s *config.Site) { s.Devices[1].Contacts[0].Equipment = "nothing" },
		"connection broker: read secret":                                    func(s *config.Site) { s.Connections[1].User, s.Connections[1].PasswordFile = "u", "/nowhere" },
		"connection broker: mqtt connection mqtt://: want mqtt://host:port": func(s *config.Site) { s.Connections[1].URL = "mqtt://" },
	} {
		site := school("modbus://127.0.0.1:1", "mqtt://127.0.0.1:1")
		change(site)
		_, err := collector.New(options(t, site, nil))
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, fmt.Sprintf("collector of site %s: ", site.ID))
	}
}
