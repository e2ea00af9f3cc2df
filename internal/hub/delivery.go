package hub

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/bus"
)

const (
	// lateAfter is the age of the oldest waiting sample from which a site is
	// called late: less is the ordinary way from an edge into the database.
	lateAfter = 2 * time.Minute
	// lostShown is how long a loss is shown after it was heard of.
	lostShown = 24 * time.Hour
	// lookEvery is how often what waits is counted.
	lookEvery = 5 * time.Second
	// keyDelivery keeps what an edge said to have lost.
	keyDelivery = "delivery/"
)

// delivery knows how far the samples of each site have come: late is not lost.
type delivery struct {
	mu    sync.Mutex
	sites map[gtc.SiteID]*siteDelivery
	// behind is the number of messages that wait at the hub for InfluxDB.
	behind uint64
}

// siteDelivery is what is known of one site.
type siteDelivery struct {
	// newest is the instant of the newest sample that came in order: all that
	// was taken before is at the hub.
	newest time.Time
	// linked tells whether the edge is heard, atEdge how many messages it
	// still holds as last told.
	linked bool
	atEdge uint64
	// atHub is how many sample messages wait for InfluxDB, oldest the instant
	// of the first sample in them.
	atHub  uint64
	oldest time.Time
	loss   loss
	// changed tells that loss is not kept yet.
	changed bool
}

// loss is what an edge said to have lost before the hub took it.
type loss struct {
	// Messages discarded by a full queue, and lines that never reached it;
	// both since the hub first heard of the site.
	Messages uint64 `json:"messages"`
	Lines    uint64 `json:"lines"`
	// At is when the hub heard of the last.
	At time.Time `json:"at,omitzero"`
	// Queue and Run are the edge's own counts as last told, Boot its run.
	Queue uint64 `json:"queue"`
	Run   uint64 `json:"run"`
	Boot  string `json:"boot"`
}

func newDelivery() *delivery { return &delivery{sites: map[gtc.SiteID]*siteDelivery{}} }

// of returns the entry of a site; the caller holds mu.
func (d *delivery) of(site gtc.SiteID) *siteDelivery {
	s := d.sites[site]
	if s == nil {
		s = &siteDelivery{}
		d.sites[site] = s
	}
	return s
}

// came notes samples that came in order. One from the future, of a clock that
// is wrong, says nothing.
func (d *delivery) came(site gtc.SiteID, samples []gtc.Sample, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.of(site)
	for i := range samples {
		if at := samples[i].At; at.After(s.newest) && !at.After(now.Add(time.Minute)) {
			s.newest = at
		}
	}
}

// heard takes what a heartbeat says of the queue.
func (d *delivery) heard(h bus.Health, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.of(h.Site)
	l := s.loss
	if h.Lost < l.Queue { // a queue made anew counts from zero
		l.Queue = 0
	}
	if l.Boot == "" { // before this hub knew the site
		l.Queue, l.Messages = h.Lost, h.Lost
	}
	if h.Boot != l.Boot {
		l.Run, l.Boot = 0, h.Boot
	}
	messages, lines := h.Lost-l.Queue, max(h.Dropped, l.Run)-l.Run
	l.Queue, l.Run = h.Lost, max(h.Dropped, l.Run)
	if messages > 0 || lines > 0 {
		l.Messages += messages
		l.Lines += lines
		l.At = now
	}
	if l != s.loss {
		s.loss, s.changed = l, true
	}
}

// link takes the state of the link and of the edge's queue.
func (d *delivery) link(site gtc.SiteID, linked bool, atEdge uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.of(site)
	s.linked, s.atEdge = linked, atEdge
}

// stored takes what waits at the hub.
func (d *delivery) stored(behind uint64, waiting map[gtc.SiteID]waitingSamples) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.behind = behind
	for site, s := range d.sites {
		w := waiting[site]
		s.atHub, s.oldest = w.messages, w.oldest
	}
	for site, w := range waiting {
		s := d.of(site)
		s.atHub, s.oldest = w.messages, w.oldest
	}
}

// state returns what is known of a site's delivery at an instant.
func (d *delivery) state(site gtc.SiteID, now time.Time) console.Delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.sites[site]
	if s == nil {
		return console.Delivery{State: console.DeliveryInOrder}
	}
	out := console.Delivery{
		State: console.DeliveryInOrder, Newest: s.newest, Waiting: s.atEdge + s.atHub, Known: s.linked,
		Lost: s.loss.Messages + s.loss.Lines, LostAt: s.loss.At, LateSeconds: max(s.late(now).Seconds(), 0),
	}
	switch {
	case !s.loss.At.IsZero() && now.Sub(s.loss.At) < lostShown:
		out.State = console.DeliveryLost
	case s.late(now) >= lateAfter:
		out.State = console.DeliveryLate
	}
	return out
}

// waiting is the number of messages at the hub that wait for InfluxDB.
func (d *delivery) waiting() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.behind
}

// late is the age of the oldest sample that is not in InfluxDB yet, as far as
// the hub can know: of an edge that is away everything since the newest sample
// in order.
func (s *siteDelivery) late(now time.Time) time.Duration {
	oldest := time.Time{}
	if (s.atEdge > 0 || !s.linked) && !s.newest.IsZero() {
		oldest = s.newest
	}
	if s.atHub > 0 && !s.oldest.IsZero() && (oldest.IsZero() || s.oldest.Before(oldest)) {
		oldest = s.oldest
	}
	if oldest.IsZero() {
		return 0
	}
	return now.Sub(oldest)
}

// losses returns what is to be kept of losses, and forgets that it is.
func (d *delivery) losses() map[gtc.SiteID]loss {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := map[gtc.SiteID]loss{}
	for site, s := range d.sites {
		if s.changed {
			out[site] = s.loss
			s.changed = false
		}
	}
	return out
}

func (d *delivery) notKept(site gtc.SiteID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.of(site).changed = true
}

func (d *delivery) restore(site gtc.SiteID, l loss) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.of(site).loss = l
}

// followDelivery looks at what waits, every few seconds until ctx ends, and
// once a minute keeps it in InfluxDB.
func (h *Hub) followDelivery(ctx context.Context) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	report := newReport(h.db, h.metrics.unreported)
	last := h.now()
	for {
		h.lookAtDelivery(ctx)
		now := h.now()
		if now.Sub(last) >= time.Minute {
			last = now
			if err := report.write(ctx, h.deliveries(now), now); err != nil && ctx.Err() == nil {
				h.log.Warn().Err(err).Int("lines", report.waiting()).Msg("delivery not reported; lines wait")
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		}
	}
}

func (h *Hub) lookAtDelivery(ctx context.Context) {
	for _, s := range h.sites {
		_, linked, _ := h.alarms.link(s.ID)
		h.delivery.link(s.ID, linked, h.bus.Backlog(s.ID))
	}
	behind, waiting, err := h.waitingAtHub(ctx)
	if err != nil {
		if ctx.Err() == nil {
			h.log.Warn().Err(err).Msg("backlog of the store unknown")
		}
		return
	}
	h.delivery.stored(behind, waiting)
	for site, l := range h.delivery.losses() {
		if err := putJSON(ctx, h.bus.State(), keyDelivery+string(site), keptLoss{site, l}); err != nil {
			h.delivery.notKept(site)
			if ctx.Err() == nil {
				h.log.Warn().Err(err).Str("site", string(site)).Msg("loss not kept")
			}
		}
	}
}

// keptLoss is a loss in the state bucket.
type keptLoss struct {
	Site gtc.SiteID `json:"site"`
	loss
}

func (h *Hub) deliveries(now time.Time) map[gtc.SiteID]console.Delivery {
	out := map[gtc.SiteID]console.Delivery{}
	for _, s := range h.sites {
		out[s.ID] = h.delivery.state(s.ID, now)
	}
	return out
}

// waitingSamples is what waits of one site at the hub.
type waitingSamples struct {
	messages uint64
	oldest   time.Time
}

// waitingAtHub counts the sample messages that InfluxDB does not have yet, all
// and by site.
func (h *Hub) waitingAtHub(ctx context.Context) (all uint64, bySite map[gtc.SiteID]waitingSamples, err error) {
	js, err := jetstream.New(h.bus.Conn())
	if err != nil {
		return 0, nil, fmt.Errorf("count waiting samples: %w", err)
	}
	s, err := js.Stream(ctx, bus.StreamSamples)
	if err != nil {
		return 0, nil, fmt.Errorf("count waiting samples: %w", err)
	}
	bySite = map[gtc.SiteID]waitingSamples{}
	for p := range bus.Partitions {
		c, err := s.Consumer(ctx, bus.IngestConsumer(p))
		if errors.Is(err, jetstream.ErrConsumerNotFound) {
			continue // nobody has ingested yet
		}
		if err != nil {
			return 0, nil, fmt.Errorf("count waiting samples: %w", err)
		}
		info := c.CachedInfo()
		n := info.NumPending + uint64(max(info.NumAckPending, 0))
		all += n
		if n == 0 {
			continue
		}
		for _, site := range h.sites {
			if bus.Partition(site.ID) != p {
				continue
			}
			if bySite[site.ID], err = waitingOf(ctx, s, site.ID, info.AckFloor.Stream); err != nil {
				return 0, nil, err
			}
		}
	}
	return all, bySite, nil
}

// waitingOf counts the messages of a site after a place in the stream.
func waitingOf(ctx context.Context, s jetstream.Stream, site gtc.SiteID, floor uint64) (waitingSamples, error) {
	subject := "in." + string(site) + ".sample"
	first, err := s.GetMsg(ctx, floor+1, jetstream.WithGetMsgSubject(subject))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return waitingSamples{}, nil
	}
	if err != nil {
		return waitingSamples{}, fmt.Errorf("count waiting samples of %s: %w", site, err)
	}
	counter, err := s.CreateConsumer(ctx, jetstream.ConsumerConfig{
		FilterSubject: subject, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: floor + 1,
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, InactiveThreshold: time.Minute,
	})
	if err != nil {
		return waitingSamples{}, fmt.Errorf("count waiting samples of %s: %w", site, err)
	}
	out := waitingSamples{messages: counter.CachedInfo().NumPending}
	_ = s.DeleteConsumer(ctx, counter.CachedInfo().Name) // else it ends by itself
	samples, _ := parseLines(site, first.Data)           // what cannot be read is rejected elsewhere
	for i := range samples {
		if out.oldest.IsZero() || samples[i].At.Before(out.oldest) {
			out.oldest = samples[i].At
		}
	}
	return out, nil
}

// restoreDelivery finds how far each site had come: the last message that the
// hub stored of it, and what it said to have lost.
func (h *Hub) restoreDelivery(ctx context.Context) error {
	kept, err := restoreState[keptLoss](ctx, h.bus.State(), keyDelivery)
	if err != nil {
		return err
	}
	for _, k := range kept {
		h.delivery.restore(k.Site, k.loss)
	}
	js, err := jetstream.New(h.bus.Conn())
	if err != nil {
		return fmt.Errorf("read last samples: %w", err)
	}
	s, err := js.Stream(ctx, bus.StreamSamples)
	if err != nil {
		return fmt.Errorf("read last samples: %w", err)
	}
	for _, id := range slices.Sorted(maps.Keys(h.byID)) {
		last, err := s.GetLastMsgForSubject(ctx, "in."+string(id)+".sample")
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read last samples of %s: %w", id, err)
		}
		samples, _ := parseLines(id, last.Data)
		h.delivery.came(id, samples, h.now())
	}
	return nil
}
