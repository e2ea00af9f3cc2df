package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

const (
	// subjectClaim is where a hub that joined says for which sites it speaks.
	subjectClaim = "hub.alarms.claim"
	// claimEvery is how often, claimLife how long after the last time the hub
	// that holds the bus speaks for them again.
	claimEvery = time.Second
	claimLife  = 5 * time.Second
	// sharedSince is how far back a hub that joins reads the stored samples, to
	// find running delays again.
	sharedSince = 15 * time.Minute
	// linkEvery is how often a hub that joined looks whether it is still
	// joined, stopped how long it may not have run.
	linkEvery = time.Second
	stopped   = 15 * time.Second
)

// errApart tells that a hub that joined was away from the bus: what it did not
// hear meanwhile must not make it judge.
var errApart = errors.New("apart from the bus")

// claim is what a hub says of the sites that it speaks for.
type claim struct {
	Hub   string       `json:"hub"`
	Sites []gtc.SiteID `json:"sites"`
}

// others knows for which sites other hubs speak.
type others struct {
	now func() time.Time

	mu    sync.Mutex
	claim map[string]claim
	heard map[string]time.Time
}

func newOthers(now func() time.Time) *others {
	return &others{now: now, claim: map[string]claim{}, heard: map[string]time.Time{}}
}

func (o *others) take(c claim) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(c.Sites) == 0 {
		delete(o.claim, c.Hub)
		delete(o.heard, c.Hub)
		return
	}
	o.claim[c.Hub], o.heard[c.Hub] = c, o.now()
}

// leave reports whether no other hub speaks for a site: it is left to this one.
func (o *others) leave(site gtc.SiteID) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, c := range o.claim {
		if o.now().Sub(o.heard[id]) < claimLife && slices.Contains(c.Sites, site) {
			return false
		}
	}
	return true
}

// follow hears claims until ctx ends.
func (o *others) follow(ctx context.Context, nc *nats.Conn, log zerolog.Logger) error {
	in := make(chan *nats.Msg, 64)
	sub, err := nc.ChanSubscribe(subjectClaim, in)
	if err != nil {
		return fmt.Errorf("hear which hub judges what: %w", err)
	}
	defer func() { _ = sub.Unsubscribe() }() // the connection may be closed already
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-in:
			var c claim
			if err := json.Unmarshal(m.Data, &c); err != nil {
				log.Warn().Err(err).Msg("claim of another hub not understood")
				continue
			}
			o.take(c)
		}
	}
}

// newSayer is the sayer of the hub that holds the bus.
func (h *Hub) newSayer(works []alarm.Work) *sayer {
	return &sayer{
		works: works, alarms: h.alarms, keeper: h.keeper, bus: h.bus, conflicts: h.metrics.conflicts, now: h.now, log: h.log, told: h.said, keepsWorks: true,
	}
}

// JoinedBus is the bus of a hub that was joined.
type JoinedBus interface {
	eventBus
	Conn() *nats.Conn
	// Live hands over what reaches the hubs right now, until ctx ends.
	Live(ctx context.Context, sample func(site gtc.SiteID, db string, lines []byte), health func(bus.Health)) error
}

// JudgeOptions say what a judge works with.
type JudgeOptions struct {
	Config    *config.Config
	Catalogue *catalogue.Catalogue
	Classes   []alarm.Class
	Bus       JoinedBus
	// Name tells this hub from others.
	Name     string
	Now      func() time.Time
	Log      zerolog.Logger
	Registry prometheus.Registerer
}

// Judge judges the alarms of all sites in a hub that joined another one. It
// speaks for those whose ingest partition is its own: it publishes what it
// decides of them and keeps their alarms. Of the others it knows what the hub
// that speaks for them has said, and goes on from there when that one is gone.
type Judge struct {
	o       JudgeOptions
	alarms  *alarms
	sayer   *sayer
	domain  []gtc.Site
	sites   map[gtc.SiteID]bool
	series  []gtc.Series
	serves  map[gtc.SiteID]map[gtc.DeviceID][]gtc.EquipmentID
	hurried chan struct{}
	// turned is when what was decided last was published, in Unix nanoseconds.
	turned    atomic.Int64
	conflicts prometheus.Counter
	held      [bus.Partitions]atomic.Bool
	// changed says that the claim is to be said at once.
	changed chan struct{}
	dropped prometheus.Counter
}

// NewJudge prepares a judge; it reads the kept alarms from the bus.
func NewJudge(ctx context.Context, o JudgeOptions) (*Judge, error) {
	if o.Now == nil {
		o.Now = func() time.Time { return time.Now().UTC() }
	}
	j := &Judge{
		o: o, sites: map[gtc.SiteID]bool{}, hurried: make(chan struct{}, 1), changed: make(chan struct{}, 1),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "gtc_judge_unparsed_messages_total", Help: "Sample messages that a hub that joined could not judge in full.",
		}),
	}
	j.conflicts = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "gtc_hub_state_conflicts_total", Help: "Alarms that another hub had changed when this one kept them.",
	})
	held := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "gtc_alarm_sites", Help: "Sites whose alarms this hub speaks for.",
	}, func() float64 { return float64(len(j.claimed())) })
	if o.Registry != nil {
		if err := errors.Join(o.Registry.Register(j.dropped), o.Registry.Register(j.conflicts), o.Registry.Register(held)); err != nil {
			return nil, fmt.Errorf("judge alarms: %w", err)
		}
	}
	j.serves = map[gtc.SiteID]map[gtc.DeviceID][]gtc.EquipmentID{}
	for _, s := range o.Config.Sites {
		info := newSiteInfo(s, o.Config.Profiles, o.Catalogue)
		j.sites[info.ID], j.serves[info.ID] = true, info.serves
		j.domain = append(j.domain, info.Site)
		for i := range info.points {
			if !info.points[i].optional {
				j.series = append(j.series, info.points[i].Series)
			}
		}
	}
	return j, j.restore(ctx)
}

// restore begins with the alarms as they are kept.
func (j *Judge) restore(ctx context.Context) error {
	k := newKeeper(j.o.Bus.State())
	restored, works, err := k.restoreAlarms(ctx)
	if err != nil {
		return fmt.Errorf("judge alarms: %w", err)
	}
	restored = slices.DeleteFunc(restored, func(a gtc.Alarm) bool { return !j.sites[a.Site] })
	alarms := newAlarms(j.o.Classes, j.domain, restored, j.serves)
	alarms.mine, alarms.ticked = j.speaks, j.o.Now()
	alarms.restoreWorks(works, alarms.ticked)
	alarms.engine.Expect(j.series)
	if err := j.resume(ctx, alarms); err != nil {
		return fmt.Errorf("judge alarms: %w", err)
	}
	j.alarms = alarms
	j.sayer = &sayer{
		alarms: alarms, keeper: k, bus: j.o.Bus, conflicts: j.conflicts, now: j.o.Now, log: j.o.Log, told: func(gtc.Event) {},
	}
	return nil
}

// Hold says that the ingest partition of some sites became this hub's, or is no
// longer. Any goroutine may call it.
func (j *Judge) Hold(partition int, held bool) {
	j.held[partition].Store(held)
	select {
	case j.changed <- struct{}{}:
	default: // it is about to be said
	}
}

func (j *Judge) speaks(site gtc.SiteID) bool {
	return j.sites[site] && j.held[bus.Partition(site)].Load()
}

// claimed are the sites that this hub speaks for.
func (j *Judge) claimed() []gtc.SiteID {
	var out []gtc.SiteID
	for site := range j.sites {
		if j.speaks(site) {
			out = append(out, site)
		}
	}
	slices.Sort(out)
	return out
}

// Run judges until ctx ends, then leaves its sites to the other hub. Whenever it
// was apart from the bus it begins again with what is kept.
func (j *Judge) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := j.session(ctx)
		if ctx.Err() == nil {
			j.o.Log.Warn().Err(err).Msg("alarms are judged anew")
			j.rejoin(ctx)
		}
	}
	return nil
}

// rejoin waits for the bus and reads what is kept, until ctx ends.
func (j *Judge) rejoin(ctx context.Context) {
	for clock.Sleep(ctx, linkEvery) == nil {
		if !j.o.Bus.Conn().IsConnected() {
			continue
		}
		err := j.restore(ctx)
		if err == nil {
			return
		}
		j.o.Log.Warn().Err(err).Msg("alarms not judged yet")
	}
}

// session judges until something fails.
func (j *Judge) session(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return j.o.Bus.Live(ctx, j.live, j.health) })
	g.Go(func() error { return j.stored(ctx) })
	g.Go(func() error { return j.sayer.watch(ctx) })
	g.Go(func() error { return j.tick(ctx) })
	g.Go(func() error { return j.say(ctx) })
	return g.Wait()
}

func (j *Judge) live(site gtc.SiteID, _ string, lines []byte) { j.take(site, lines, false) }

func (j *Judge) take(site gtc.SiteID, lines []byte, inOrder bool) {
	if !j.sites[site] {
		return // the hub that holds the bus counts it
	}
	samples, err := parseLines(site, lines)
	if err != nil {
		j.dropped.Inc()
		j.o.Log.Warn().Err(err).Msg("samples not judged")
	}
	if j.alarms.observe(samples, inOrder) {
		select {
		case j.hurried <- struct{}{}:
		default: // they are about to be published
		}
	}
}

func (j *Judge) health(h bus.Health) {
	if j.sites[h.Site] {
		j.alarms.heartbeat(h, j.o.Now())
	}
}

// stored reads the durable copy of the samples in order, from some minutes ago
// on. It is this hub's own reading: nothing of it is acknowledged.
func (j *Judge) stored(ctx context.Context) error {
	js, err := jetstream.New(j.o.Bus.Conn())
	if err != nil {
		return fmt.Errorf("judge stored samples: %w", err)
	}
	from := j.o.Now().Add(-sharedSince)
	c, err := js.OrderedConsumer(ctx, bus.StreamSamples, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &from,
	})
	if err != nil {
		return fmt.Errorf("judge stored samples: %w", err)
	}
	running, err := c.Consume(func(m jetstream.Msg) {
		j.take(bus.SiteOf(m.Subject()), m.Data(), true)
		if meta, err := m.Metadata(); err == nil {
			j.alarms.came(meta.Sequence.Stream)
		}
	})
	if err != nil {
		return fmt.Errorf("judge stored samples: %w", err)
	}
	defer running.Stop()
	<-ctx.Done()
	return ctx.Err()
}

// tick tells the engine the time and publishes what it decided, as long as this
// hub hears what it judges by.
func (j *Judge) tick(ctx context.Context) error {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	last := j.o.Now()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			now := j.o.Now()
			if !j.o.Bus.Conn().IsConnected() || now.Sub(last) > stopped {
				return errApart
			}
			last = now
			j.alarms.pass(now)
		case <-j.hurried:
		}
		if err := j.sayer.publish(ctx); err == nil {
			j.turned.Store(j.o.Now().UnixNano())
		} else if !errors.Is(err, context.Canceled) {
			j.o.Log.Error().Err(err).Msg("alarm events wait")
		}
	}
}

// say says for which sites this hub speaks, until ctx ends; then that it does so
// for none.
func (j *Judge) say(ctx context.Context) error {
	again := time.NewTicker(claimEvery)
	defer again.Stop()
	tell := func(sites []gtc.SiteID) {
		data, err := json.Marshal(claim{Hub: j.o.Name, Sites: sites})
		if err == nil {
			err = j.o.Bus.Conn().Publish(subjectClaim, data)
		}
		if err != nil && ctx.Err() == nil {
			j.o.Log.Warn().Err(err).Msg("not said for which sites this hub speaks")
		}
	}
	for {
		select {
		case <-ctx.Done():
			tell(nil)
			return ctx.Err()
		case <-again.C:
		case <-j.changed:
		}
		if j.o.Now().Sub(time.Unix(0, j.turned.Load())) > claimLife {
			tell(nil) // it cannot say what it decides: the other hub can
			continue
		}
		tell(j.claimed())
	}
}
