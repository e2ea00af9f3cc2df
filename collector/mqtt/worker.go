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

const (
	// batchSize is how many waiting messages are stored together.
	batchSize = 512
	// slightlyBack is how far a message may be before the one that came before
	// it in its topic: they came in the same moment. Beyond that the machine's
	// clock was set back.
	slightlyBack = 10 * time.Second
	// retainedAge is how old the value of a retained message with a time of
	// its own may be before it is stale.
	retainedAge = 10 * time.Minute
)

var (
	errOversized  = errors.New("payload too large")
	errUnexpected = errors.New("no device publishes here")
	errNoValue    = errors.New("no field has a value")
)

// worker turns messages into samples. It belongs to the goroutine of Run.
type worker struct {
	o        Options
	refusals *refusals
	devices  []*device
	nodes    map[string]*node
	// rebirth publishes a command to a Sparkplug node.
	rebirth func(topic string, payload []byte)
	seed    maphash.Seed
	topics  map[string]*topic
	// stored holds, by message id, what was stored before: when the broker
	// delivers it again, because the acknowledgement was lost with the
	// connection, it is only acknowledged.
	stored map[uint16]uint64
	// heard is what was last emitted of each series.
	heard   map[gtc.Series]*heard
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
	// node is set for the messages of a Sparkplug node.
	node *node
	// last is the stamp of the last message; stamps strictly increase while
	// the clock is not set back.
	last time.Time
	// live is the hash of the last payload that was not a retained one.
	live    uint64
	hasLive bool
}

// reader is one device that a topic belongs to.
type reader struct {
	device *device
	topic  *profile.Topic
}

func newWorker(o Options, r *refusals) worker {
	w := worker{
		o: o, refusals: r, seed: maphash.MakeSeed(),
		topics: map[string]*topic{}, stored: map[uint16]uint64{}, heard: map[gtc.Series]*heard{},
	}
	for i := range o.Devices {
		w.devices = append(w.devices, newDevice(&o.Devices[i]))
	}
	w.nodes = sparkplugNodes(w.devices)
	return w
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
	if len(t.readers) == 0 && t.node == nil {
		w.refusals.add("", m.Topic(), Unexpected, m.Payload(), errUnexpected)
		return
	}
	at := w.received(m)
	if back := t.last.Sub(at); back >= 0 && back < slightlyBack {
		at = t.last.Add(time.Millisecond)
	}
	t.last = at
	if t.node != nil {
		w.sparkplug(t.node, m, at)
		return
	}
	// A retained message is as old as the broker's memory. It is current only
	// if it repeats what was heard live in this session.
	current := !m.Retained() || (t.hasLive && t.live == key)
	if !m.Retained() {
		t.live, t.hasLive = key, true
	}
	for _, r := range t.readers {
		if r.topic.Availability != nil {
			w.availability(r, m, at)
			continue
		}
		w.read(r, m, at, current)
	}
}

// received returns when a message arrived. The machine's clock may have been
// set since; how long ago it was is right all the same.
func (w *worker) received(m message) time.Time {
	at := m.at
	if w.o.MayStamp != nil {
		if now := w.o.Clock.Now().Add(-time.Since(m.arrived)); now.Sub(at).Abs() > time.Second {
			at = now
		}
	}
	return at.Round(0).Truncate(time.Millisecond)
}

// topic returns what is known about a topic and the devices that publish on it.
func (w *worker) topic(name string) *topic {
	if t := w.topics[name]; t != nil {
		return t
	}
	t := &topic{node: w.nodeOf(name)}
	for _, d := range w.devices {
		match, ok := d.Profile.Match(d.Topic, name)
		if ok && (match.Site() == "" || match.Site() == w.o.Site) {
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
		w.refuse(d, m, Oversized, fmt.Errorf("%d bytes: %w", len(m.Payload()), errOversized))
		return
	}
	fields, err := profile.DecodePayload(r.topic, d.typeOf, m.Payload(), at)
	if err != nil {
		w.refuse(d, m, Undecodable, err)
		return
	}
	w.answered(d, m, fields, at)
	if !m.Retained() {
		w.confirm(d, at) // it is there
	}
	for _, f := range fields {
		w.sample(r, f, at, current)
	}
}

// answered tells the device's health what its message was worth.
func (w *worker) answered(d *device, m message, fields []profile.FieldSample, at time.Time) {
	if len(fields) > 0 && !slices.ContainsFunc(fields, func(f profile.FieldSample) bool { return f.Value.Present() }) {
		w.refuse(d, m, Undecodable, fmt.Errorf("%w: %s", errNoValue, fields[0].Quality))
		return
	}
	if m.Retained() {
		if there, known := d.online(); known && !there {
			return // what the broker kept of a device that is gone
		}
	}
	d.Health.Answered(at, 0)
}

// sample adds one field to the batch.
func (w *worker) sample(r reader, f profile.FieldSample, at time.Time, current bool) {
	d := r.device
	equipment, used := d.Equipment[f.Slot]
	if !used {
		return
	}
	kind, _ := d.Profile.Kind(f.Slot)
	s := gtc.Sample{
		Series: gtc.Series{Site: w.o.Site, Kind: kind, Equipment: equipment, Point: f.Point},
		At:     f.At, Value: f.Value, Quality: f.Quality,
	}
	if !current && s.Quality == gtc.QualityGood && w.isOld(r, s, at) {
		s.Quality = gtc.QualityStale
	}
	if before := w.heard[s.Series]; before != nil {
		if *before == (heard{s.At, s.Value, s.Quality}) {
			return // a value with a time of its own, repeated until the next one
		}
		if tooSoon(r.topic.Every, before, s) {
			return
		}
	}
	if len(d.waiting) > 0 {
		delete(d.waiting, s.Series)
	}
	if s.Quality == gtc.QualityStale && r.topic.OnChange {
		d.waiting[s.Series] = s.Value
	}
	w.keep(d, s)
}

// isOld judges a retained value by its own age, or without one by what the
// device says: what it publishes on change holds while it is there.
func (w *worker) isOld(r reader, s gtc.Sample, at time.Time) bool {
	if !s.At.Equal(at) {
		return at.Sub(s.At) > retainedAge
	}
	there, known := r.device.online()
	return !r.topic.OnChange || !known || !there
}

// tooSoon reports whether a value may be left out because the last one was
// stored shortly before. A state that changed and a change of quality never
// are. A tenth is left for the meter's own rhythm.
func tooSoon(every time.Duration, before *heard, s gtc.Sample) bool {
	if every <= 0 || before.quality != s.Quality || !s.Value.Present() {
		return false
	}
	if s.Value.Type != gtc.TypeFloat && before.value != s.Value {
		return false
	}
	return s.At.Sub(before.at).Abs() < every-every/10
}

// keep adds a sample to the batch.
func (w *worker) keep(d *device, s gtc.Sample) {
	h := w.heard[s.Series]
	if h == nil {
		h = &heard{}
		w.heard[s.Series] = h
		d.series[s.Series] = h
	}
	*h = heard{s.At, s.Value, s.Quality}
	w.samples = append(w.samples, s)
}

func (w *worker) refuse(d *device, m message, reason Reason, err error) {
	err = fmt.Errorf("read %s at %s topic %s: %w", d.ID, w.o.URL, m.Topic(), err)
	d.Health.Refused(err)
	if w.refusals.add(d.ID, m.Topic(), reason, m.Payload(), err) {
		w.o.Log.Warn().Str("device", string(d.ID)).Err(err).Msg("message refused")
	}
}

// linkLost emits, once, that nothing behind the broker can be read.
func (w *worker) linkLost(ctx context.Context, now time.Time, err error, emit Emit) error {
	w.samples = w.samples[:0]
	for _, d := range w.devices {
		d.Health.Unreachable(err)
		clear(d.waiting)
		w.lose(d, now.Truncate(time.Millisecond), gtc.QualityCommLost)
	}
	if len(w.samples) == 0 {
		return nil
	}
	return emit(ctx, w.samples...)
}
