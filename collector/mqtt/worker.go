package mqtt

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
)

// batchSize is how many waiting messages are stored together.
const batchSize = 512

var (
	errOversized  = errors.New("payload too large")
	errUnexpected = errors.New("no device publishes here")
	errNoValue    = errors.New("no field has a value")
)

// worker turns messages into samples. It belongs to the goroutine of Run.
type worker struct {
	o        Options
	refusals *refusals
	seed     maphash.Seed
	topics   map[string]*topic
	// stored holds, by message id, what was stored before: when the broker
	// delivers it again, because the acknowledgement was lost with the
	// connection, it is only acknowledged.
	stored map[uint16]uint64
	// heard is what was last emitted of each series.
	heard   map[gtc.Series]heard
	samples []gtc.Sample
	batch   []message
	keys    []uint64
}

// heard is the last sample of a series.
type heard struct {
	at      time.Time
	value   gtc.Value
	quality gtc.Quality
}

// topic is what is known about one topic.
type topic struct {
	readers []reader
	// last is the latest stamp given to a message; stamps strictly increase.
	last time.Time
	// live is the hash of the last payload that was not a retained one.
	live    uint64
	hasLive bool
}

// reader is one device that a topic belongs to.
type reader struct {
	device *Device
	topic  *profile.Topic
}

func newWorker(o Options, r *refusals) worker {
	return worker{
		o: o, refusals: r, seed: maphash.MakeSeed(),
		topics: map[string]*topic{}, stored: map[uint16]uint64{}, heard: map[gtc.Series]heard{},
	}
}

// take stores a message and those that wait behind it, then acknowledges them.
func (w *worker) take(ctx context.Context, first message, queue <-chan message, emit Emit) error {
	w.samples, w.batch, w.keys = w.samples[:0], w.batch[:0], w.keys[:0]
	w.add(first)
	for len(w.batch) < batchSize {
		select {
		case m := <-queue:
			w.add(m)
			continue
		default:
		}
		break
	}
	if len(w.samples) > 0 {
		if err := emit(ctx, w.samples...); err != nil {
			return err
		}
	}
	for i, m := range w.batch {
		if m.Qos() > 0 {
			w.stored[m.MessageID()] = w.keys[i]
		}
		m.Ack()
	}
	return nil
}

// add decodes one message into the samples of the batch.
func (w *worker) add(m message) {
	key := maphash.String(w.seed, m.Topic()) ^ maphash.Bytes(w.seed, m.Payload())
	w.batch = append(w.batch, m)
	w.keys = append(w.keys, key)
	if k, ok := w.stored[m.MessageID()]; ok && m.Duplicate() && m.Qos() > 0 && k == key {
		return
	}
	t := w.topic(m.Topic())
	if len(t.readers) == 0 {
		w.refusals.add("", m.Topic(), Unexpected, errUnexpected)
		return
	}
	at := m.at
	if !at.After(t.last) {
		at = t.last.Add(time.Millisecond)
	}
	t.last = at
	// A retained message is as old as the broker's memory. It is current only
	// if it repeats what was heard live in this session.
	current := !m.Retained() || (t.hasLive && t.live == key)
	if !m.Retained() {
		t.live, t.hasLive = key, true
	}
	for _, r := range t.readers {
		w.read(r, m, at, current)
	}
}

// topic returns what is known about a topic and the devices that publish on it.
func (w *worker) topic(name string) *topic {
	if t := w.topics[name]; t != nil {
		return t
	}
	t := &topic{}
	for i := range w.o.Devices {
		d := &w.o.Devices[i]
		if match, ok := d.Profile.Match(d.Topic, name); ok {
			t.readers = append(t.readers, reader{d, match})
		}
	}
	if len(w.topics) < maxTopics {
		w.topics[name] = t
	}
	return t
}

func (w *worker) read(r reader, m message, at time.Time, current bool) {
	d := r.device
	if len(m.Payload()) > maxPayload {
		w.refuse(d, m.Topic(), Oversized, fmt.Errorf("%d bytes: %w", len(m.Payload()), errOversized))
		return
	}
	fields, err := profile.DecodePayload(r.topic, d.TypeOf, m.Payload(), at)
	if err != nil {
		w.refuse(d, m.Topic(), Undecodable, err)
		return
	}
	if len(fields) > 0 && !slices.ContainsFunc(fields, func(f profile.FieldSample) bool { return f.Value.Present() }) {
		w.refuse(d, m.Topic(), Undecodable, fmt.Errorf("%w: %s", errNoValue, fields[0].Quality))
	} else {
		d.Health.Answered(at, 0)
	}
	for _, f := range fields {
		w.sample(d, f, at, current)
	}
}

// sample adds one field to the batch.
func (w *worker) sample(d *Device, f profile.FieldSample, at time.Time, current bool) {
	equipment, used := d.Equipment[f.Slot]
	if !used {
		return
	}
	s := gtc.Sample{
		Series: gtc.Series{Site: w.o.Site, Kind: d.Profile.Slots[f.Slot], Equipment: equipment, Point: f.Point},
		At:     f.At, Value: f.Value, Quality: f.Quality,
	}
	if !current && s.Quality == gtc.QualityGood && f.At.Equal(at) {
		s.Quality = gtc.QualityStale
	}
	now := heard{s.At, s.Value, s.Quality}
	if w.heard[s.Series] == now {
		return // a value with a time of its own, repeated until the next one
	}
	w.heard[s.Series] = now
	w.samples = append(w.samples, s)
}

func (w *worker) refuse(d *Device, topic string, reason Reason, err error) {
	err = fmt.Errorf("read %s at %s topic %s: %w", d.ID, w.o.URL, topic, err)
	d.Health.Refused(err)
	if w.refusals.add(d.ID, topic, reason, err) {
		w.o.Log.Warn().Str("device", string(d.ID)).Err(err).Msg("message refused")
	}
}

// linkLost emits, once, that nothing behind the broker can be read.
func (w *worker) linkLost(ctx context.Context, now time.Time, err error, emit Emit) error {
	for i := range w.o.Devices {
		w.o.Devices[i].Health.Unreachable(err)
	}
	w.samples = w.samples[:0]
	for series, h := range w.heard {
		if h.quality == gtc.QualityCommLost {
			continue
		}
		at := now.Truncate(time.Millisecond)
		w.heard[series] = heard{at: at, quality: gtc.QualityCommLost}
		w.samples = append(w.samples, gtc.Sample{Series: series, At: at, Quality: gtc.QualityCommLost})
	}
	if len(w.samples) == 0 {
		return nil
	}
	return emit(ctx, w.samples...)
}
