package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// load is the park of the benchmark: 10 000 points and some 2 000 instances of
// alarm classes.
type load struct {
	hub     *Hub
	classes []alarm.Class
	sites   []gtc.Site
	at      time.Time
	// stored takes each message as well, nil for nothing.
	stored func(site gtc.SiteID, lines []byte)
}

const (
	loadSites = 50
	// loadPoints is how many points each site has, loadContacts how many of its
	// equipment the shipped classes watch.
	loadPoints, loadContacts = 200, 4
)

func newLoad(b *testing.B) *load {
	b.Helper()
	cat, err := catalogue.Load()
	require.NoError(b, err)
	classes, err := alarm.Library(cat)
	require.NoError(b, err)
	l := &load{classes: classes, at: time.Now().UTC().Truncate(time.Second)}
	passwords := map[gtc.SiteID]string{}
	h := &Hub{
		log: zerolog.Nop(), now: func() time.Time { return time.Now().UTC() }, byID: map[gtc.SiteID]*siteInfo{}, live: newLive(),
		changes: newChanges(), delivery: newDelivery(), journal: newJournal(), hurried: make(chan struct{}, 1), classes: classesByID(classes),
	}
	for i := range loadSites {
		s := gtc.Site{ID: gtc.SiteID(fmt.Sprintf("site-%d", i)), Location: time.UTC, Category: gtc.CategoryOffice}
		for n := range loadPoints / 10 {
			kind := gtc.Kind("contact")
			if n >= loadContacts {
				kind = "other" // read and shown, watched by no class
			}
			s.Equipment = append(s.Equipment, gtc.Equipment{ID: gtc.EquipmentID(fmt.Sprintf("%s-%d", kind, n)), Kind: kind})
		}
		l.sites = append(l.sites, s)
		passwords[s.ID] = "password of this benchmark"
		h.byID[s.ID] = &siteInfo{Site: s, byEquipment: map[gtc.EquipmentID][]int{}}
	}
	h.bus, err = bus.StartHub(b.Context(), bus.HubOptions{Dir: b.TempDir(), Sites: passwords, Log: zerolog.Nop()})
	require.NoError(b, err)
	b.Cleanup(h.bus.Close)
	h.keeper = newKeeper(h.bus.State())
	h.alarms = newAlarms(classes, l.sites, nil, nil)
	h.energy = newEnergyRules(history{}, l.sites, nil, zerolog.Nop())
	h.metrics = newMetrics(nil, h)
	h.sayer = h.newSayer(nil)
	l.hub = h
	return l
}

// second reads every point of every site once; gas is the site whose gas
// detector is true.
func (l *load) second(gas int) (told time.Time) {
	l.at = l.at.Add(time.Second)
	points := []gtc.PointID{"gas_alarm", "flood_alarm", "door_open", "co_alarm"}
	for i := range l.sites {
		s := &l.sites[i]
		samples := make([]gtc.Sample, 0, loadPoints)
		for n, eq := range s.Equipment {
			for k := range 10 {
				id := gtc.Series{Site: s.ID, Kind: eq.Kind, Equipment: eq.ID, Point: gtc.PointID(fmt.Sprintf("extra_%d", k))}
				v := gtc.Float(float64(k))
				if k < 2 {
					id.Point = points[(n+k)%len(points)]
					v = gtc.Bool(i == gas && n == 0 && k == 0)
				}
				samples = append(samples, gtc.Sample{Series: id, At: l.at, Value: v, Quality: gtc.QualityGood})
			}
		}
		lines := influx.AppendSamples(nil, samples)
		if i == gas {
			told = time.Now()
		}
		l.hub.take(s.ID, lines, true)
		if l.stored != nil {
			l.stored(s.ID, lines)
		}
	}
	return told
}

// BenchmarkAlarmLoad is one second of 10 000 points: parsing, the live table,
// 2 000 alarm instances, four turns of the clock, and one gas alarm that begins,
// published and kept on the disk. It runs without pause, so the delay of the
// event, from its sample at the hub to whoever listens to the events, is that
// of a hub that never rests. The core is what a second of samples takes.
func BenchmarkAlarmLoad(b *testing.B) {
	l := newLoad(b)
	events := make(chan *nats.Msg, 4096)
	sub, err := l.hub.bus.Conn().ChanSubscribe("in.*.event", events)
	require.NoError(b, err)
	b.Cleanup(func() { _ = sub.Unsubscribe() })
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case <-l.hub.hurried:
				if err := l.hub.publishAlarms(ctx); err != nil && ctx.Err() == nil {
					b.Error(err)
					return
				}
			}
		}
	}()
	b.Cleanup(func() { stop(); <-done })
	l.hub.alarms.tick(l.at, alarm.Store{At: l.at})
	l.second(-1)
	var delays []time.Duration
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		gas := i % loadSites
		told := l.second(gas)
		for range 4 {
			l.hub.alarms.tick(l.at, alarm.Store{At: l.at})
		}
		delays = append(delays, arrival(b, events, l.sites[gas].ID).Sub(told))
	}
	b.StopTimer()
	slices.Sort(delays)
	b.ReportMetric(float64(delays[len(delays)*99/100].Microseconds())/1000, "ms-p99")
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "core")
	b.ReportMetric(float64(instances(l)), "instances")
}

// instances counts the classes on equipment.
func instances(l *load) int {
	n := 0
	for _, c := range l.hub.classes {
		if c.Kind == "contact" && c.When.Each == "" {
			n += loadSites * loadContacts
		}
	}
	return n
}

// arrival waits for the gas alarm of a site and returns when it came.
func arrival(b *testing.B, events <-chan *nats.Msg, site gtc.SiteID) time.Time {
	b.Helper()
	for {
		select {
		case m := <-events:
			var ev gtc.Event
			require.NoError(b, json.Unmarshal(m.Data, &ev))
			if ev.Site == site && ev.To == string(gtc.AlarmUnacknowledged) {
				return time.Now()
			}
		case <-time.After(time.Minute):
			require.FailNow(b, "no event")
		}
	}
}

// BenchmarkAlarmRestart is what a hub of 10 000 points does at its start to find
// running delays again: what is kept of every site, and one minute of samples at
// one second, which is the most.
func BenchmarkAlarmRestart(b *testing.B) {
	l := newLoad(b)
	js, err := jetstream.New(l.hub.bus.Conn())
	require.NoError(b, err)
	ctx := b.Context()
	l.hub.alarms.pass(l.at)
	l.second(-1)
	start := time.Now()
	l.hub.keepRecall(ctx)
	b.ReportMetric(time.Since(start).Seconds()*1000, "ms-keep")
	l.stored = func(site gtc.SiteID, lines []byte) {
		m := nats.NewMsg("in." + string(site) + ".sample")
		m.Data = lines
		_, err := js.PublishMsgAsync(m)
		require.NoError(b, err)
	}
	for range 60 {
		l.second(-1)
	}
	<-js.PublishAsyncComplete()
	last, err := lastSample(js)
	require.NoError(b, err)
	kept := 0
	for _, s := range l.sites {
		e, err := l.hub.bus.State().Get(ctx, keyRecall+string(s.ID))
		require.NoError(b, err)
		kept += len(e.Value())
	}
	var resumed time.Duration
	for b.Loop() {
		start := time.Now()
		l.hub.alarms = newAlarms(l.classes, l.sites, nil, nil)
		from, _, err := l.hub.alarms.resume(ctx, l.hub.bus.State(), last)
		require.NoError(b, err)
		require.Len(b, from, loadSites)
		resumed += time.Since(start)
		require.NoError(b, l.hub.judgeAgain(ctx, js, from, last))
	}
	b.ReportMetric(float64(resumed.Milliseconds())/float64(b.N), "ms-resume")
	b.ReportMetric(float64((b.Elapsed()-resumed).Nanoseconds())/float64(b.N*60*loadSites*loadPoints), "ns/sample")
	b.ReportMetric(float64(kept)/1024, "KiB-kept")
}
