package mqtt_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/mqtt"
	"github.com/cpas-charleroi/gtc/internal/clock"
)

// wrongClock is the machine's clock, so much ahead; its monotonic part is
// right.
type wrongClock struct {
	clock.Wall
	ahead atomic.Int64
}

func (c *wrongClock) Now() time.Time { return c.Wall.Now().Add(time.Duration(c.ahead.Load())) }

func meteringPlug(t *testing.T) mqtt.Device {
	t.Helper()
	return device(t, "plug", "tasmota-meter", "plug", map[string]gtc.EquipmentID{"meter": "elec-1"})
}

func runWith(t *testing.T, b *broker, r *recorder, c clock.Clock, mayStamp func() bool, devices ...mqtt.Device) {
	t.Helper()
	s, err := mqtt.NewSource(mqtt.Options{
		Site: "s1", Broker: mqtt.Broker{URL: b.url()}, ClientID: "gtc-s1-broker", Devices: devices,
		Clock: c, MayStamp: mayStamp, Log: zerolog.Nop(),
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = s.Run(ctx, r.emit) })
	t.Cleanup(func() { cancel(); running.Wait() })
	require.Eventually(t, s.Linked, patience, 5*time.Millisecond)
}

// While the machine does not know the time, it cannot judge that of a message:
// the message waits, and keeps its own time. One without a time of its own
// gets the instant at which it arrived.
func TestMessagesWaitForTheClock(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	r := &recorder{}
	c := &wrongClock{}
	c.ahead.Store(-int64(time.Since(time.Unix(3600, 0))))
	var set atomic.Bool
	var asked atomic.Int64
	mayStamp := func() bool { asked.Add(1); return set.Load() }
	runWith(t, b, r, c, mayStamp, meteringPlug(t), reader(t))
	brussels, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	own := time.Now().Add(-time.Minute).Truncate(time.Second)
	began := time.Now()
	b.publish(t, "tele/plug/SENSOR", fmt.Sprintf(`{"Time":%q,"ENERGY":{"Power":100}}`, own.In(brussels).Format("2006-01-02T15:04:05")))
	b.publish(t, "dsmr/reading/electricity_delivered_1", "1.5")
	arrived := time.Now()
	before := asked.Load()
	require.Eventually(t, func() bool { return asked.Load() > before+1 }, patience, 10*time.Millisecond, "it looks at the clock again")
	require.Empty(t, r.of("elec-1", "power_kw"))
	c.ahead.Store(0)
	set.Store(true)
	got := r.await(t, 1, "elec-1", "power_kw")[0]
	require.Equal(t, gtc.QualityGood, got.Quality)
	require.True(t, own.Equal(got.At), "%v, not its own time %v", got.At, own)
	got = r.await(t, 1, "elec-2", "energy_import_t1_kwh")[0]
	require.WithinRange(t, got.At, began.Add(-time.Millisecond), arrived.Add(50*time.Millisecond))
}

// A clock that is set back does not hold the stamps of a topic in the future.
func TestStampsFollowAClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	r := &recorder{}
	c := &wrongClock{}
	c.ahead.Store(int64(time.Hour))
	runWith(t, b, r, c, nil, reader(t))
	const topic = "dsmr/reading/electricity_delivered_1"
	b.publish(t, topic, "1.5")
	r.await(t, 1, "elec-2", "energy_import_t1_kwh")
	c.ahead.Store(0)
	b.publish(t, topic, "1.6")
	require.WithinDuration(t, time.Now(), r.await(t, 2, "elec-2", "energy_import_t1_kwh")[1].At, 20*time.Second)
}
