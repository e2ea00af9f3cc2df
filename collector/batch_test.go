package collector

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config"
)

// memory is a queue that keeps what it is given.
type memory struct {
	mu       sync.Mutex
	messages []string // database and lines
	live     []string
	events   []gtc.Event
	// gate, when set, is called before lines are taken.
	gate func(ctx context.Context) error
}

func (m *memory) PublishSamples(ctx context.Context, db string, lines []byte) error {
	if m.gate != nil {
		if err := m.gate(ctx); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.messages = append(m.messages, db+"\n"+string(lines))
	return nil
}

func (m *memory) PublishLive(db string, lines []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.live = append(m.live, db+"\n"+string(lines))
	return nil
}

func (m *memory) PublishEvent(_ context.Context, ev gtc.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events = append(m.events, ev)
	return nil
}

// lines returns the lines of a database in order.
func (m *memory) lines(db string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, msg := range m.messages {
		name, text, _ := strings.Cut(msg, "\n")
		if name == db {
			out = append(out, strings.Split(strings.TrimSuffix(text, "\n"), "\n")...)
		}
	}
	return out
}

func points(tb testing.TB) *catalogue.Catalogue {
	tb.Helper()
	c, err := catalogue.Load()
	require.NoError(tb, err)
	return c
}

// startBatcher runs a batcher until the test ends or stop is called.
func startBatcher(t *testing.T, q Queue, equipment ...config.Equipment) (b *batcher, stop func()) {
	t.Helper()
	b = newBatcher(Options{
		Site: &config.Site{ID: "s1", Equipment: equipment}, Catalogue: points(t), Queue: q, Log: zerolog.Nop(),
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = b.run(ctx) })
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	return b, stop
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func sample(kind gtc.Kind, equipment gtc.EquipmentID, point gtc.PointID, at time.Time, v gtc.Value, q gtc.Quality) gtc.Sample {
	return gtc.Sample{Series: gtc.Series{Site: "s1", Kind: kind, Equipment: equipment, Point: point}, At: at, Value: v, Quality: q}
}

func TestBatchLines(t *testing.T) {
	t.Parallel()
	q := &memory{}
	b, stop := startBatcher(t, q, config.Equipment{ID: "room-12", Kind: "room", Privacy: 3}, config.Equipment{ID: "boiler-1", Kind: "boiler"})
	ctx := t.Context()
	good, lost := gtc.QualityGood, gtc.QualityCommLost
	require.NoError(t, b.emit(ctx,
		sample("boiler", "boiler-1", "flow_temp", noon, gtc.Float(61.5), good),
		sample("boiler", "boiler-1", "burner_run", noon, gtc.Bool(true), good),
		sample("boiler", "boiler-1", "flue_temp", noon, gtc.Value{}, gtc.QualitySensorFault),
		sample("room", "room-12", "air_temp", noon, gtc.Float(22), good),
		sample("intrusion_panel", "panel-1", "set_state", noon, gtc.Enum(2), good),
		sample("intrusion_panel", "panel-1", "intrusion_alarm", noon, gtc.Bool(false), good),
	))
	later := noon.Add(time.Second)
	require.NoError(t, b.emit(ctx, sample("boiler", "boiler-1", "flow_temp", later, gtc.Float(62), good)))
	require.NoError(t, b.emit(ctx, sample("boiler", "boiler-1", "flow_temp", later.Add(time.Second), gtc.Value{}, lost)))
	require.NoError(t, b.emit(ctx, sample("boiler", "boiler-1", "flow_temp", later.Add(2*time.Second), gtc.Value{}, lost)))
	// A clock that was not set yet stamps nothing.
	require.NoError(t, b.emit(ctx, sample("boiler", "boiler-1", "flow_temp", time.Unix(86400, 0), gtc.Float(1), good)))
	stop() // what is waiting is stored at the end

	quality := func(equipment, point, q string, at time.Time) string {
		return fmt.Sprintf("point_quality,equipment=%s,point=%s,site=s1 quality=%q %d", equipment, point, q, at.UnixMilli())
	}
	require.ElementsMatch(t, []string{
		fmt.Sprintf("boiler,equipment=boiler-1,site=s1 flow_temp=61.5,burner_run=true %d", noon.UnixMilli()),
		fmt.Sprintf("intrusion_panel,equipment=panel-1,site=s1 intrusion_alarm=false %d", noon.UnixMilli()),
		fmt.Sprintf("boiler,equipment=boiler-1,site=s1 flow_temp=62 %d", later.UnixMilli()),
		quality("boiler-1", "flow_temp", "good", noon),
		quality("boiler-1", "burner_run", "good", noon),
		quality("boiler-1", "flue_temp", "sensor_fault", noon),
		quality("panel-1", "intrusion_alarm", "good", noon),
		quality("boiler-1", "flow_temp", "comm_lost", later.Add(time.Second)),
	}, q.lines("gtc"))
	require.ElementsMatch(t, []string{
		fmt.Sprintf("room,equipment=room-12,site=s1 air_temp=22 %d", noon.UnixMilli()),
		fmt.Sprintf("intrusion_panel,equipment=panel-1,site=s1 set_state=2i %d", noon.UnixMilli()),
		quality("room-12", "air_temp", "good", noon),
		quality("panel-1", "set_state", "good", noon),
	}, q.lines("gtc_private"))
	require.EqualValues(t, 1, b.unstamped.Load())
	require.EqualValues(t, 6, b.samples.Load())
	require.LessOrEqual(t, b.batches.Load(), uint64(4), "lines share messages")
}

// An emit that is waited for returns only once its samples are stored, and
// waits for no one else's.
func TestDurableEmitWaitsForTheQueue(t *testing.T) {
	t.Parallel()
	open := make(chan struct{})
	q := &memory{gate: func(ctx context.Context) error {
		select {
		case <-open:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
	b, _ := startBatcher(t, q)
	returned := make(chan error, 1)
	go func() {
		returned <- b.emitDurable(context.Background(), sample("boiler", "b", "flow_temp", noon, gtc.Float(1), gtc.QualityGood))
	}()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, b.emitDurable(ctx, sample("boiler", "b", "flow_temp", noon, gtc.Float(1), gtc.QualityGood)), context.Canceled)
	select {
	case err := <-returned:
		t.Fatalf("returned before the queue had it: %v", err)
	default:
	}
	close(open)
	require.NoError(t, <-returned)
	require.NotEmpty(t, q.lines("gtc"))
}

// refusing is a queue that takes nothing until it is told to.
type refusing struct {
	memory
	takes atomic.Bool
	tried chan struct{}
}

func newRefusing() *refusing {
	r := &refusing{tried: make(chan struct{}, 100_000)}
	r.gate = func(context.Context) error {
		if r.takes.Load() {
			return nil
		}
		r.tried <- struct{}{}
		return errors.New("disk full")
	}
	return r
}

func values(lines []string) []string {
	return slices.DeleteFunc(lines, func(l string) bool { return !strings.HasPrefix(l, "boiler,") })
}

// A full disk stops nothing: the sources go on, their values are shown live,
// what fits into memory is held and stored in order once the queue takes it,
// and the oldest of the rest are dropped and counted.
func TestQueueTakesNothing(t *testing.T) {
	t.Parallel()
	q := newRefusing()
	b, stop := startBatcher(t, q)
	const n = 240_000 // about 13 MB of lines: more than is held
	for i := range n {
		require.NoError(t, b.emit(t.Context(), sample("boiler", "b", "flow_temp", noon.Add(time.Duration(i)*time.Millisecond), gtc.Float(float64(i)), gtc.QualityGood)))
	}
	<-q.tried
	require.NoError(t, b.emit(t.Context(), sample("boiler", "b", "flow_temp", noon.Add(n*time.Millisecond), gtc.Float(n), gtc.QualityGood)))
	newest := fmt.Sprintf("flow_temp=%d ", n)
	require.Eventually(t, func() bool {
		q.mu.Lock()
		defer q.mu.Unlock()
		return len(q.live) > 0 && strings.Contains(q.live[len(q.live)-1], newest)
	}, 10*time.Second, 5*time.Millisecond, "the newest value is shown")
	require.Empty(t, q.lines("gtc"))
	q.takes.Store(true)
	require.Eventually(t, func() bool { return strings.Contains(strings.Join(q.lines("gtc"), "\n"), newest) }, 10*time.Second, 20*time.Millisecond)
	stop()
	got := values(q.lines("gtc"))
	require.NotZero(t, b.dropped.Load())
	// One quality line was the first of all, and so dropped.
	require.EqualValues(t, n+1+1, uint64(len(got))+b.dropped.Load(), "stored and dropped are all")
	first := n + 1 - len(got)
	for i, l := range got {
		require.Contains(t, l, fmt.Sprintf("flow_temp=%d ", first+i), "in order, the newest ones")
	}
	require.GreaterOrEqual(t, b.retries.Load(), uint64(1))
}

// A short failure of the queue loses nothing, and an acknowledged message is
// stored.
func TestQueueFailsForAMoment(t *testing.T) {
	t.Parallel()
	q := newRefusing()
	b, stop := startBatcher(t, q)
	returned := make(chan error, 1)
	go func() {
		returned <- b.emitDurable(context.Background(), sample("boiler", "b", "flow_temp", noon, gtc.Float(1), gtc.QualityGood))
	}()
	<-q.tried
	<-q.tried
	require.Empty(t, returned)
	q.takes.Store(true)
	require.NoError(t, <-returned)
	require.Len(t, values(q.lines("gtc")), 1)
	stop()
	require.Zero(t, b.dropped.Load())
}

// A durable source does not wait for ever either.
func TestShelfLetsGo(t *testing.T) {
	t.Parallel()
	var s shelf
	done := make(chan struct{})
	require.Zero(t, s.put([databases][]byte{[]byte("a 1\n"), []byte("b 1\nc 1\n")}, []chan struct{}{done}))
	s.since = noon
	s.letGo(noon.Add(shelfWait - 1))
	select {
	case <-done:
		t.Fatal("let go too early")
	default:
	}
	s.letGo(noon.Add(shelfWait))
	<-done
	s.letGo(noon.Add(2 * shelfWait)) // closes nothing twice
	require.Equal(t, 3, s.batches[0].count())
	big := bytes.Repeat([]byte("x 1\n"), shelfMost/4)
	require.Equal(t, 3, s.put([databases][]byte{big}, nil), "the oldest is dropped")
	s.drop()
	require.Zero(t, s.bytes)
}

// BenchmarkDecodeToLine is the hot path of a poll: words of 50 floats are
// decoded, encoded as one line and batched. Reported per value.
func BenchmarkDecodeToLine(b *testing.B) {
	const values = 50
	b.ReportAllocs()
	discard := &memory{gate: func(context.Context) error { return nil }}
	t := newBatcher(Options{Site: &config.Site{ID: "s1"}, Catalogue: points(b), Queue: discard, Log: zerolog.Nop()})
	words := make([]uint16, 2*values)
	registers := make([]profile.Register, values)
	samples := make([]gtc.Sample, values)
	for i := range registers {
		words[2*i], words[2*i+1] = 0x4248, uint16(i) // 50 and a bit
		registers[i] = profile.Register{Type: "f32", Scale: 0.1, Absent: []int64{-9999}}
		samples[i].Series = gtc.Series{Site: "s1", Kind: "electricity_meter", Equipment: "elec-1", Point: gtc.PointID(fmt.Sprintf("voltage_l%d_v", i))}
	}
	n := 0
	for b.Loop() {
		at := noon.Add(time.Duration(n) * time.Millisecond)
		for i := range samples {
			samples[i].At = at
			samples[i].Value, samples[i].Quality = profile.Decode(registers[i], "high", gtc.TypeFloat, words[2*i:2*i+2])
		}
		if err := t.emit(context.Background(), samples...); err != nil {
			b.Fatal(err)
		}
		if n++; t.fill.size() > full {
			t.fill.reset() // as run does
		}
	}
	perValue := float64(b.Elapsed().Nanoseconds()) / float64(n*values)
	b.ReportMetric(perValue, "ns/value")
	b.ReportMetric(1e9/perValue, "values/s")
}

// Requests share messages: forty of them within a second make at most five,
// each synced once.
func TestRequestsShareMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &memory{}
		b, stop := startBatcher(t, q)
		for i := range 40 {
			require.NoError(t, b.emit(t.Context(), sample("boiler", "b", "flow_temp", noon.Add(time.Duration(i)*time.Millisecond), gtc.Float(float64(i)), gtc.QualityGood)))
			time.Sleep(25 * time.Millisecond)
		}
		time.Sleep(time.Second)
		q.mu.Lock()
		n := len(q.messages)
		q.mu.Unlock()
		require.Len(t, values(q.lines("gtc")), 40)
		require.LessOrEqual(t, n, 5)
		require.EqualValues(t, n, b.batches.Load())
		stop()
	})
}
