package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/influx"
)

// events stores the projections of events.
func (w *writer) events(ctx context.Context, p *projector, msgs []bus.Message) error {
	var batches batches
	for _, m := range msgs {
		line, err := p.line(m)
		if err != nil {
			if err := w.refuse(ctx, m.Site, "", m.Data, err.Error()); err != nil {
				return err
			}
			continue
		}
		if len(line) > 0 {
			batches.add(influx.Raw, m.Site, line[:len(line)-1])
		}
	}
	return w.writeAll(ctx, batches)
}

// line decodes an event and returns its line with the line end, nil for kinds
// without a projection.
func (p *projector) line(m bus.Message) ([]byte, error) {
	ev, err := decodeEvent(m)
	if err != nil {
		return nil, err
	}
	return p.project(ev)
}

func decodeEvent(m bus.Message) (gtc.Event, error) {
	var ev gtc.Event
	if err := json.Unmarshal(m.Data, &ev); err != nil {
		return ev, fmt.Errorf("decode event: %w", err)
	}
	switch {
	case ev.Site != m.Site:
		return ev, fmt.Errorf("event of site %q, not %s", ev.Site, m.Site)
	case ev.ID == "":
		return ev, fmt.Errorf("event of %s without id", m.Site)
	case ev.At.IsZero():
		return ev, fmt.Errorf("event %s without instant", ev.ID)
	}
	return ev, nil
}

// projector turns events into lines. It is used by one goroutine.
type projector struct {
	series map[string][]stamp // the last stamps given in each series
}

// stamp says which event has an instant of a series.
type stamp struct {
	ms int64
	id string
}

// stampsKept bounds the stamps remembered a series: events that share a
// millisecond come close to each other.
const stampsKept = 64

func newProjector() *projector { return &projector{series: map[string][]stamp{}} }

// recentEvents is how many events before the first new one decide the stamps of
// new ones.
const recentEvents = 500

// remembering returns a projector that knows the last events of a partition that
// were dealt with, so that the next ones get the stamps that any hub would give.
func remembering(ctx context.Context, js jetstream.JetStream, c jetstream.Consumer) (*projector, error) {
	p := newProjector()
	info, err := c.Info(ctx)
	if err != nil {
		return nil, fmt.Errorf("read recent events: %w", err)
	}
	floor := info.AckFloor.Stream
	if floor == 0 {
		return p, nil
	}
	reader, err := js.CreateConsumer(ctx, info.Stream, jetstream.ConsumerConfig{
		FilterSubjects: info.Config.FilterSubjects, DeliverPolicy: jetstream.DeliverByStartSequencePolicy,
		OptStartSeq: max(floor, recentEvents) - recentEvents + 1, AckPolicy: jetstream.AckNonePolicy,
		MemoryStorage: true, InactiveThreshold: time.Minute,
	})
	if err != nil {
		return nil, fmt.Errorf("read recent events: %w", err)
	}
	defer func() { _ = js.DeleteConsumer(ctx, info.Stream, reader.CachedInfo().Name) }()
	got, err := reader.FetchNoWait(recentEvents)
	if err != nil {
		return nil, fmt.Errorf("read recent events: %w", err)
	}
	for m := range got.Messages() {
		meta, err := m.Metadata()
		if err != nil {
			return nil, fmt.Errorf("read recent events: %w", err)
		}
		if meta.Sequence.Stream <= floor {
			p.remember(bus.Message{Site: siteOf(m.Subject()), Data: m.Data()})
		}
	}
	if err := got.Error(); err != nil {
		return nil, fmt.Errorf("read recent events: %w", err)
	}
	return p, nil
}

// remember takes note of an event that was projected by a former run, so that
// the next ones get the stamps they would have got without the restart.
func (p *projector) remember(m bus.Message) {
	_, _ = p.line(m) // was dealt with then
}

// project returns the line of an event, nil for kinds without a projection.
func (p *projector) project(ev gtc.Event) ([]byte, error) {
	series, fill := projection(ev)
	if fill == nil {
		return nil, nil
	}
	at := p.stamp(strings.Join(series, ","), ev)
	line := influx.NewLine(series[0])
	for _, tag := range series[1:] {
		k, v, _ := strings.Cut(tag, "=")
		line.Tag(k, v)
	}
	fill(line)
	text := line.At(at).Append(nil)
	if err := line.Err(); err != nil {
		return nil, fmt.Errorf("encode event %s: %w", ev.ID, err)
	}
	return text, nil
}

// stamp returns the instant under which an event is stored: its own, or the
// next free millisecond when another event of its series has that. The same
// event gets the same stamp again.
func (p *projector) stamp(series string, ev gtc.Event) time.Time {
	used := p.series[series]
	ms := ev.At.UnixMilli()
	for i := 0; i < len(used); i++ {
		switch {
		case used[i].id == ev.ID && ev.ID != "":
			return time.UnixMilli(used[i].ms).UTC()
		case used[i].ms == ms:
			ms++
			i = -1 // look again from the start
		}
	}
	used = append(used, stamp{ms, ev.ID})
	if len(used) > stampsKept {
		used = used[1:]
	}
	p.series[series] = used
	return time.UnixMilli(ms).UTC()
}

// projection returns measurement and tags (key=value, sorted) of an event and
// what sets its fields.
func projection(ev gtc.Event) ([]string, func(*influx.Line)) {
	site := influx.TagSite + "=" + string(ev.Site)
	equipment := influx.TagEquipment + "=" + string(ev.Equipment)
	point := influx.TagPoint + "=" + string(ev.Point)
	switch ev.Kind {
	case gtc.EventAlarm:
		alarm := influx.TagAlarm + "=" + lastPart(ev.Subject)
		return []string{influx.MeasurementAlarm, alarm, equipment, site}, func(l *influx.Line) { change(l, ev) }
	case gtc.EventCommand:
		return []string{influx.MeasurementCommand, equipment, point, site}, func(l *influx.Line) { change(l, ev) }
	case gtc.EventQuality:
		return []string{influx.MeasurementQuality, equipment, point, site}, func(l *influx.Line) {
			l.Str("quality", gtc.ParseQuality(ev.To).String())
		}
	case gtc.EventFinding:
		meter, rule := string(ev.Equipment), ev.Subject
		if ev.Finding != nil {
			meter, rule = string(ev.Finding.Meter), ev.Finding.Rule
		}
		return []string{influx.MeasurementFinding, influx.TagMeter + "=" + meter, influx.TagRule + "=" + rule, site},
			func(l *influx.Line) { change(l, ev); finding(l, ev.Finding) }
	case gtc.EventDevice, gtc.EventEdge, gtc.EventWork, gtc.EventComment, gtc.EventRegister, gtc.EventAccess:
	}
	return nil, nil
}

// lastPart returns the class of an alarm's subject site/equipment/class.
func lastPart(subject string) string {
	return subject[strings.LastIndexByte(subject, '/')+1:]
}

func change(l *influx.Line, ev gtc.Event) {
	l.Str("event", ev.ID).Str("state", ev.To).Str("from", ev.From).Str("actor", ev.Actor).Str("reason", strings.ReplaceAll(ev.Reason, "\n", " "))
	if ev.Priority > 0 {
		l.Int("priority", int64(ev.Priority))
	}
	if ev.Value != nil {
		l.Float("value", *ev.Value)
	}
}

func finding(l *influx.Line, f *gtc.Finding) {
	if f == nil {
		return
	}
	l.Str("finding", f.ID).Str("kind", string(f.Kind)).Str("carrier", string(f.Carrier)).Str("life", string(f.State)).
		Float("excess_kwh", f.ExcessKWh).Float("excess_pct", f.ExcessPct).Float("band_pct", f.BandPct).
		Float("confidence", f.Confidence).Float("kwh_per_week", f.KWhPerWeek).
		Int("onset_ms", f.Onset.UnixMilli()).Int("detected_ms", f.Detected.UnixMilli())
	if !f.End.IsZero() {
		l.Int("end_ms", f.End.UnixMilli())
	}
}
