package mqtt_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/health"
	"github.com/cpas-charleroi/gtc/collector/mqtt"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/clock"
	simulator "github.com/cpas-charleroi/gtc/simulators/mqtt"
)

const patience = 60 * time.Second

type recorder struct {
	mu      sync.Mutex
	samples []gtc.Sample
	// gate, when set, is called before samples are taken.
	gate func(ctx context.Context) error
}

func (r *recorder) emit(ctx context.Context, samples ...gtc.Sample) error {
	if r.gate != nil {
		if err := r.gate(ctx); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.samples = append(r.samples, samples...)
	return nil
}

func (r *recorder) of(equipment gtc.EquipmentID, point gtc.PointID) []gtc.Sample {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []gtc.Sample
	for _, s := range r.samples {
		if s.Equipment == equipment && s.Point == point {
			out = append(out, s)
		}
	}
	return out
}

func device(tb testing.TB, id, profileID, topic string, equipment map[string]gtc.EquipmentID) mqtt.Device {
	tb.Helper()
	library, err := profile.Library()
	require.NoError(tb, err)
	points, err := catalogue.Load()
	require.NoError(tb, err)
	p := library[profileID]
	require.NotNil(tb, p)
	all := *p // every value: how many are kept has tests of its own
	all.Topics = slices.Clone(p.Topics)
	for i := range all.Topics {
		all.Topics[i].Every = 0
	}
	p = &all
	return mqtt.Device{
		ID: gtc.DeviceID(id), Profile: p, Topic: topic, Equipment: equipment,
		Health: health.NewDevice(gtc.DeviceID(id), profileID),
		TypeOf: func(slot string, p2 gtc.PointID) gtc.ValueType {
			known, _ := points.Point(p.Slots[slot], p2)
			return known.Type
		},
	}
}

func panel(t *testing.T) mqtt.Device {
	t.Helper()
	return device(t, "alarm", "paradox-pai", "paradox", map[string]gtc.EquipmentID{"panel": "panel-1"})
}

func p1(t *testing.T) mqtt.Device {
	t.Helper()
	return device(t, "p1", "belgian-p1", "site/p1", map[string]gtc.EquipmentID{"meter": "elec-1", "gas": "gas-1"})
}

func reader(tb testing.TB) mqtt.Device {
	tb.Helper()
	return device(tb, "dsmr", "dsmr-reader", "dsmr", map[string]gtc.EquipmentID{"meter": "elec-2"})
}

// run runs a source until the test ends or stop is called, and returns once
// it is subscribed.
func run(t *testing.T, b *broker, r *recorder, devices ...mqtt.Device) (s *mqtt.Source, stop func()) {
	t.Helper()
	s, err := mqtt.NewSource(mqtt.Options{
		Site: "s1", Broker: mqtt.Broker{URL: b.url()}, ClientID: "gtc-s1-broker", Devices: devices,
		Clock: clock.Wall{}, Log: zerolog.Nop(),
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx, r.emit); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	require.Eventually(t, s.Linked, patience, 5*time.Millisecond)
	return s, stop
}

func publisher(t *testing.T, b *broker, id string) *simulator.Publisher {
	t.Helper()
	p, err := simulator.Dial(t.Context(), simulator.Options{URL: b.url(), ClientID: id, Log: zerolog.Nop()})
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

func TestSourceReadsTelegrams(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	r, d := &recorder{}, p1(t)
	_, _ = run(t, b, r, d)
	brussels, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	meter := &simulator.Device{
		Publisher: publisher(t, b, "meter"), Profile: d.Profile, Topic: d.Topic, Serial: "1SAG1100000292",
		Every: 100 * time.Millisecond, Location: brussels, Clock: clock.Wall{}, Log: zerolog.Nop(),
		Values: func(slot string, p gtc.PointID) gtc.Value {
			switch {
			case slot == "gas":
				return gtc.Float(100)
			case p == "power_kw":
				return gtc.Float(-1.5)
			case p == "energy_import_kwh":
				return gtc.Float(1000.5)
			}
			return gtc.Value{}
		},
	}
	began := time.Now()
	ctx, cancel := context.WithCancel(t.Context())
	var publishing sync.WaitGroup
	publishing.Go(func() { _ = meter.Run(ctx) })
	require.Eventually(t, func() bool { return len(r.of("elec-1", "power_kw")) >= 3 }, patience, 10*time.Millisecond)
	cancel()
	publishing.Wait()
	for _, s := range r.of("elec-1", "power_kw") {
		require.Equal(t, gtc.Float(-1.5), s.Value)
		require.Equal(t, gtc.QualityGood, s.Quality)
		require.WithinDuration(t, began, s.At, patience)
		require.Equal(t, gtc.KindElectricityMeter, s.Kind)
		require.Equal(t, gtc.SiteID("s1"), s.Site)
	}
	require.Equal(t, gtc.Float(1000.5), r.of("elec-1", "energy_import_kwh")[0].Value)
	require.LessOrEqual(t, len(r.of("gas-1", "volume_m3")), 2, "a value with its own time is not repeated")
	require.True(t, d.Health.State().Online)
}

func TestSourceReadsWhatMosquittoPublishes(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	r, d := &recorder{}, panel(t)
	b.publish(t, "paradox/states/system/troubles/ac_failure_trouble", "True", "-r") // before anyone listens
	s, _ := run(t, b, r, d)

	b.publish(t, "paradox/states/partitions/Area_1/current_state", "armed_away")
	b.publish(t, "paradox/states/partitions/Area_1/audible_alarm", "True", "-r")
	require.Eventually(t, func() bool { return len(r.of("panel-1", "intrusion_alarm")) == 1 }, patience, 5*time.Millisecond)
	require.Equal(t, gtc.Bool(true), r.of("panel-1", "intrusion_alarm")[0].Value)
	require.Equal(t, gtc.QualityGood, r.of("panel-1", "intrusion_alarm")[0].Quality)
	require.Equal(t, gtc.Enum(2), r.of("panel-1", "set_state")[0].Value)
	require.Equal(t, gtc.Enum(2), r.of("panel-1", "partition_01_set_state")[0].Value)

	// A retained state heard at the start is as old as the broker's memory.
	require.Equal(t, gtc.Bool(true), r.of("panel-1", "mains_fail")[0].Value)
	require.Equal(t, gtc.QualityStale, r.of("panel-1", "mains_fail")[0].Quality)

	// What does not fit is counted, said and never a value.
	b.publish(t, "paradox/states/partitions/Area_1/audible_alarm", "perhaps")
	b.publish(t, "paradox/states/partitions/Area_1/audible_alarm", strings.Repeat("x", 70_000))
	b.publish(t, "paradox/states/partitions/Area_1/audible_alarm", "")
	b.publish(t, "paradox/states/partitions/Area_1/audible_alarm", "False")
	require.Eventually(t, func() bool { return len(r.of("panel-1", "intrusion_alarm")) == 4 }, patience, 5*time.Millisecond)
	got := r.of("panel-1", "intrusion_alarm")
	require.Equal(t, gtc.QualityOutOfRange, got[1].Quality)
	require.Equal(t, gtc.QualitySensorFault, got[2].Quality)
	require.Equal(t, gtc.Bool(false), got[3].Value)
	for _, s := range got[1:3] {
		require.False(t, s.Value.Present())
	}
	refusals := s.Refusals()
	require.Len(t, refusals, 2)
	require.Equal(t, mqtt.Oversized, refusals[0].Reason)
	require.EqualValues(t, 1, refusals[0].Count)
	require.Contains(t, refusals[0].Last, "read alarm at "+b.url()+" topic paradox/states/partitions/Area_1/audible_alarm: 70000 bytes")
	require.Equal(t, mqtt.Undecodable, refusals[1].Reason)
	require.EqualValues(t, 2, refusals[1].Count)
	state := d.Health.State()
	require.EqualValues(t, 3, state.Errors)
	require.True(t, state.Online)
}

// count publishes 1..n, trying each until the broker has it.
func count(t *testing.T, p *simulator.Publisher, n int, at func(i int)) {
	t.Helper()
	for i := 1; i <= n; i++ {
		at(i)
		require.Eventually(t, func() bool {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			return p.Publish(ctx, "dsmr/reading/electricity_delivered_1", false, []byte(strconv.Itoa(i))) == nil
		}, patience, time.Millisecond)
	}
}

// requireAll requires every number up to n to have become a sample.
func requireAll(t *testing.T, n int, recorders ...*recorder) {
	t.Helper()
	missing := func() string {
		seen := map[float64]bool{}
		for _, r := range recorders {
			for _, s := range r.of("elec-2", "energy_import_t1_kwh") {
				seen[s.Value.Num] = true
			}
		}
		for i := 1; i <= n; i++ {
			if !seen[float64(i)] {
				return fmt.Sprintf("%d of %d, %d seen", i, n, len(seen))
			}
		}
		return ""
	}
	require.Eventually(t, func() bool { return missing() == "" }, patience, 10*time.Millisecond, "missing: %s", missing())
}

// A restart of the broker in the middle loses nothing.
func TestSourceLosesNothingWhenTheBrokerRestarts(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	r := &recorder{}
	s, _ := run(t, b, r, reader(t))
	const n = 600
	count(t, publisher(t, b, "counter"), n, func(i int) {
		if i == 200 || i == 400 {
			b.stop(t)
			b.start(t)
		}
	})
	requireAll(t, n, r)
	require.Eventually(t, s.Linked, patience, 5*time.Millisecond)
	var last time.Time
	for _, got := range r.of("elec-2", "energy_import_t1_kwh") {
		if got.Value.Present() {
			require.True(t, got.At.After(last), "stamps of a series strictly increase")
			last = got.At
		}
	}
}

// A message is acknowledged only when its samples are stored: what a source
// was still holding when it ended comes again to the next one.
func TestSourceAcknowledgesAfterStoring(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	held := make(chan struct{}, 1000)
	first := &recorder{gate: func(ctx context.Context) error {
		held <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}}
	_, stop := run(t, b, first, reader(t))
	p := publisher(t, b, "counter")
	const n = 50
	count(t, p, n/2, func(int) {})
	<-held
	stop()
	require.Empty(t, first.samples)
	count(t, p, n, func(int) {}) // while nobody listens
	second := &recorder{}
	_, _ = run(t, b, second, reader(t))
	requireAll(t, n, second)
}

// A broker that is gone makes its points lost after a while, once, and their
// return makes them good again.
func TestSourceSaysWhenTheBrokerIsGone(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	r, d := &recorder{}, panel(t)
	s, _ := run(t, b, r, d)
	const topic = "paradox/states/partitions/Area_1/audible_alarm"
	b.publish(t, topic, "False", "-r")
	require.Eventually(t, func() bool { return len(r.of("panel-1", "intrusion_alarm")) == 1 }, patience, 5*time.Millisecond)
	b.stop(t)
	require.Eventually(t, func() bool { return len(r.of("panel-1", "intrusion_alarm")) == 2 }, patience, 5*time.Millisecond)
	lost := r.of("panel-1", "intrusion_alarm")[1]
	require.Equal(t, gtc.QualityCommLost, lost.Quality)
	require.False(t, lost.Value.Present())
	require.False(t, d.Health.State().Online)
	require.False(t, s.Linked())
	b.start(t)
	require.Eventually(t, func() bool { return len(r.of("panel-1", "intrusion_alarm")) == 3 }, patience, 5*time.Millisecond)
	back := r.of("panel-1", "intrusion_alarm")[2]
	require.Equal(t, gtc.QualityGood, back.Quality, "retained, and what was heard live before")
	require.Equal(t, gtc.Bool(false), back.Value)
	require.True(t, d.Health.State().Online)
}

func TestNewSourceRefuses(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "tcp://h:1883", "mqtt://", "mqtt://[", "http://h"} {
		_, err := mqtt.NewSource(mqtt.Options{Broker: mqtt.Broker{URL: url}})
		require.Error(t, err, url)
	}
}

// BenchmarkSource measures messages at QoS 1 from the broker to emitted and
// acknowledged samples.
func BenchmarkSource(b *testing.B) {
	br := startBroker(b)
	r := &counter{done: make(chan struct{}), want: int64(b.N)}
	s, err := mqtt.NewSource(mqtt.Options{
		Site: "s1", Broker: mqtt.Broker{URL: br.url()}, ClientID: "bench", Devices: []mqtt.Device{reader(b)}, Clock: clock.Wall{}, Log: zerolog.Nop(),
	})
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = s.Run(ctx, r.emit) })
	require.Eventually(b, s.Linked, patience, 5*time.Millisecond)
	var publishing sync.WaitGroup
	b.ResetTimer()
	for k := range 8 {
		p, err := simulator.Dial(b.Context(), simulator.Options{URL: br.url(), ClientID: fmt.Sprint("bench-", k), Log: zerolog.Nop()})
		require.NoError(b, err)
		publishing.Go(func() {
			defer p.Close()
			for i := k; i < b.N; i += 8 {
				_ = p.Publish(ctx, fmt.Sprintf("dsmr/reading/electricity_delivered_%d", 1+k%2), false, []byte(strconv.Itoa(i)))
			}
		})
	}
	<-r.done
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	publishing.Wait()
	cancel()
	running.Wait()
}

type counter struct {
	n, want int64
	done    chan struct{}
}

func (c *counter) emit(_ context.Context, samples ...gtc.Sample) error {
	before := c.n
	c.n += int64(len(samples))
	if before < c.want && c.n >= c.want {
		close(c.done)
	}
	return nil
}
