package collector

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
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

// A queue that does not take a batch gets it again until it does; meanwhile
// the sources wait once enough is held, and nothing is lost.
func TestBatchHoldsSourcesBack(t *testing.T) {
	t.Parallel()
	var refuse sync.Mutex
	refusing := true
	tried := make(chan struct{}, 100)
	q := &memory{gate: func(context.Context) error {
		refuse.Lock()
		defer refuse.Unlock()
		if refusing {
			tried <- struct{}{}
			return errors.New("disk full")
		}
		return nil
	}}
	b, stop := startBatcher(t, q)
	const n = 120_000 // about 6 MB of lines: three times what is held
	emitted := make(chan int, n)
	go func() {
		for i := range n {
			if b.emit(context.Background(), sample("boiler", "b", "flow_temp", noon.Add(time.Duration(i)*time.Millisecond), gtc.Float(float64(i)), gtc.QualityGood)) != nil {
				return
			}
			emitted <- i
		}
		close(emitted)
	}()
	for range 3 {
		<-tried
	}
	require.Less(t, len(emitted), n/2, "held back")
	b.mu.Lock()
	require.Less(t, b.fill.size(), most+1000)
	b.mu.Unlock()
	refuse.Lock()
	refusing = false
	refuse.Unlock()
	count := 0
	for range emitted {
		count++
	}
	stop()
	require.Equal(t, n, count)
	require.GreaterOrEqual(t, b.retries.Load(), uint64(3))
	lines := 0
	for _, l := range q.lines("gtc") {
		if strings.HasPrefix(l, "boiler,") {
			lines++
		}
	}
	require.Equal(t, n, lines)
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
