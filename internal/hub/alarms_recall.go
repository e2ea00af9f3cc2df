package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

const (
	// keyRecall is where what is under way at each site is kept.
	keyRecall = "recall/"
	// recallEvery is how often it is kept: some KiB a site. A hub that starts
	// judges the samples since then again.
	recallEvery = time.Minute
	// recallLast is how long a hub that stops may take to keep it once more.
	recallLast = 5 * time.Second
	// judgedBy is the consumer of the samples for the alarms.
	judgedBy = "ALARMS"
)

// recalled is what is kept of a site: running delays, last values, courses. Seq
// is the place in the stream of the last message that is part of it.
type recalled struct {
	Seq    uint64       `json:"seq"`
	Recall alarm.Recall `json:"recall"`
}

// recall returns what is to be kept of a site, false when there is nothing.
func (a *alarms) recall(site gtc.SiteID) (recalled, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r, ok := a.engine.Recall(site)
	return recalled{a.taken, r}, ok
}

// resume goes on with what was kept of every site and returns from which place
// in the stream on each has to be judged again; last is the end of the stream.
// What is kept of a place beyond it is of another stream, as after a backup was
// restored: what came since is not known here, so that nothing may be concluded
// from silence. It is returned apart and passed over.
func (a *alarms) resume(ctx context.Context, kv jetstream.KeyValue, last uint64) (from map[gtc.SiteID]uint64, foreign []gtc.SiteID, err error) {
	kept, err := restoreState[json.RawMessage](ctx, kv, keyRecall)
	if err != nil {
		return nil, nil, err
	}
	from = map[gtc.SiteID]uint64{}
	a.mu.Lock()
	defer a.mu.Unlock()
	var unread error
	for _, data := range kept {
		var r recalled
		if err := json.Unmarshal(data, &r); err != nil {
			unread = fmt.Errorf("read state %s: %w", keyRecall, err)
			continue
		}
		if r.Seq > last {
			foreign = append(foreign, r.Recall.Site)
			continue
		}
		a.engine.Resume(r.Recall)
		from[r.Recall.Site] = r.Seq
	}
	return from, foreign, unread
}

// resumeAlarms goes on with the delays that ran when the last hub ended: what it
// kept, and the samples that it took since.
func (h *Hub) resumeAlarms(ctx context.Context) error {
	js, err := jetstream.New(h.bus.Conn())
	if err != nil {
		return fmt.Errorf("resume alarms: %w", err)
	}
	h.alarms.stored = func() (uint64, error) { return lastSample(js) }
	last, err := h.alarms.stored()
	if err != nil {
		return fmt.Errorf("resume alarms: %w", err)
	}
	from, foreign, err := h.alarms.resume(ctx, h.bus.State(), last)
	if err != nil { // what runs begins again; alarms that stand are known
		h.log.Warn().Err(err).Msg("running delays of alarms begin again")
	}
	for _, site := range foreign {
		if err := h.bus.State().Delete(ctx, keyRecall+string(site)); err != nil {
			return fmt.Errorf("resume alarms: forget %s: %w", site, err)
		}
	}
	taken, err := h.acked(ctx)
	if err != nil {
		return fmt.Errorf("resume alarms: %w", err)
	}
	return h.judgeAgain(ctx, js, from, taken)
}

// resume goes on with what the hub that was joined keeps; what it took since the
// judge reads again by itself.
func (j *Judge) resume(ctx context.Context, alarms *alarms) error {
	js, err := jetstream.New(j.o.Bus.Conn())
	if err != nil {
		return err
	}
	alarms.stored = func() (uint64, error) { return lastSample(js) }
	last, err := alarms.stored()
	if err != nil {
		return err
	}
	if _, _, err := alarms.resume(ctx, j.o.Bus.State(), last); err != nil {
		j.o.Log.Warn().Err(err).Msg("running delays of alarms begin again")
	}
	return nil
}

// acked is the place in the stream up to which samples were judged for good, 0
// when no hub judged any yet.
func (h *Hub) acked(ctx context.Context) (uint64, error) {
	js, err := jetstream.New(h.bus.Conn())
	if err != nil {
		return 0, err
	}
	c, err := js.Consumer(ctx, bus.StreamSamples, judgedBy)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look at judged samples: %w", err)
	}
	return c.CachedInfo().AckFloor.Stream, nil
}

// judgeAgain judges what was taken up to a place in the stream after what is
// kept of its site. Twice changes nothing.
func (h *Hub) judgeAgain(ctx context.Context, js jetstream.JetStream, from map[gtc.SiteID]uint64, upTo uint64) error {
	defer h.alarms.came(upTo)
	first := upTo
	for _, seq := range from {
		first = min(first, seq)
	}
	start, samples := time.Now(), 0
	h.alarms.pass(h.now()) // by it a clock that runs ahead is known
	err := storedSamples(ctx, js, first+1, upTo, func(site gtc.SiteID, seq uint64, lines []byte) {
		if kept, known := from[site]; !known || seq <= kept {
			return
		}
		some, _ := parseLines(site, lines) // what is not understood was counted when it came
		h.alarms.observe(some, true)
		samples += len(some)
	})
	if err != nil {
		return fmt.Errorf("resume alarms: %w", err)
	}
	h.log.Info().Int("samples", samples).Dur("took", time.Since(start)).Msg("running delays of alarms found again")
	return nil
}

// storedSamples reads the sample messages of the stream from a place to another.
func storedSamples(ctx context.Context, js jetstream.JetStream, from, to uint64, each func(site gtc.SiteID, seq uint64, lines []byte)) error {
	stream, err := js.Stream(ctx, bus.StreamSamples)
	if err != nil {
		return err
	}
	if from > to || stream.CachedInfo().State.Msgs == 0 {
		return nil
	}
	c, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: from})
	if err != nil {
		return err
	}
	read, err := c.Messages()
	if err != nil {
		return err
	}
	defer read.Stop()
	for {
		m, err := read.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		seq := meta.Sequence.Stream
		if seq <= to {
			each(bus.SiteOf(m.Subject()), seq, m.Data())
		}
		if seq >= to || meta.NumPending == 0 {
			return nil
		}
	}
}

// lastSample is the place in the stream of the newest sample message.
func lastSample(js jetstream.JetStream) (uint64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), recallLast)
	defer cancel()
	s, err := js.Stream(ctx, bus.StreamSamples)
	if err != nil {
		return 0, fmt.Errorf("look at stored samples: %w", err)
	}
	return s.CachedInfo().State.LastSeq, nil
}

// keepRecalls keeps what is under way at every site now and then, and once more
// when ctx ends.
func (h *Hub) keepRecalls(ctx context.Context) error {
	every := time.NewTicker(recallEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), recallLast)
			defer cancel()
			h.keepRecall(last)
			return ctx.Err()
		case <-every.C:
			h.keepRecall(ctx)
		}
	}
}

// keepRecall keeps what is under way at every site. What fails is found again
// from samples: it costs the next hub more time, or a delay begins again.
func (h *Hub) keepRecall(ctx context.Context) {
	for _, site := range h.siteIDs() {
		r, ok := h.alarms.recall(site)
		if !ok {
			continue
		}
		if err := putJSON(ctx, h.bus.State(), keyRecall+string(site), r); err != nil {
			h.log.Warn().Err(err).Str("site", string(site)).Msg("running delays of alarms not kept")
			return
		}
	}
	h.forgetRecalls(ctx)
}

// forgetRecalls forgets what was kept of sites that are no longer configured.
func (h *Hub) forgetRecalls(ctx context.Context) {
	keys, err := h.bus.State().ListKeys(ctx)
	if err != nil {
		return
	}
	for key := range keys.Keys() {
		if site, is := strings.CutPrefix(key, keyRecall); is && h.byID[gtc.SiteID(site)] == nil {
			if err := h.bus.State().Delete(ctx, key); err != nil {
				h.log.Warn().Err(err).Str("site", site).Msg("running delays of a former site not forgotten")
			}
		}
	}
}

// waiting reports whether samples of a site wait on its edge or in the stream:
// what its heartbeat says is then ahead of them.
func (a *alarms) waiting(h bus.Health) bool {
	if h.Queued > 0 || a.stored == nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.until, h.Site)
		return h.Queued > 0
	}
	a.mu.Lock()
	until, known := a.until[h.Site]
	a.mu.Unlock()
	if !known {
		var err error
		if until, err = a.stored(); err != nil {
			return true
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.until[h.Site] = until
	return a.taken < until
}
