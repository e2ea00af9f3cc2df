package hub

import (
	"context"
	"errors"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/clock"
)

// onLive takes the live copy of samples, ahead of any backlog.
func (h *Hub) onLive(site gtc.SiteID, _ string, lines []byte) { h.take(site, lines, false) }

// onStored takes the durable copy: what the live one missed. It returns nil,
// and the samples are acknowledged, only once what they decided is published
// and kept. Until then they are handed over again, in this process or the next,
// which decides the same under the same ids.
func (h *Hub) onStored(ctx context.Context, msgs []bus.Message) error {
	for _, m := range msgs {
		if h.alarms.knows(m.Seq) {
			continue // only what it decided is still to be published
		}
		h.take(m.Site, m.Data, true)
		h.alarms.came(m.Seq)
	}
	return h.publishAlarms(ctx)
}

// take hands samples to everything that watches them. In order are those of
// the durable copy: what was taken before them has come.
func (h *Hub) take(site gtc.SiteID, lines []byte, inOrder bool) {
	info := h.byID[site]
	if info == nil {
		h.metrics.unknownSite.Inc()
		return
	}
	samples, err := parseLines(site, lines)
	if err != nil {
		h.metrics.unparsed.Inc()
		h.log.Warn().Err(err).Msg("samples left out of the live view")
	}
	// The energy rules and the alarms need every sample, late ones too, and
	// judge each at its own time; the live table keeps the newest.
	h.energy.observe(samples)
	if h.alarms.observe(samples, inOrder) {
		h.hurry()
	}
	if inOrder {
		h.delivery.came(site, samples, h.now())
	}
	news := h.live.observe(site, samples)
	if len(news) > 0 && h.changes.watched() {
		h.changes.send(h.sampleChange(info, news))
	}
}

func (h *Hub) sampleChange(info *siteInfo, news []gtc.Sample) console.Change {
	now := h.now()
	ch := console.Change{Site: info.ID, What: "sample", At: now}
	seen := map[pointKey]bool{}
	for _, s := range news {
		key := pointKey{s.Equipment, s.Point}
		if seen[key] {
			continue
		}
		seen[key] = true
		for _, i := range info.byEquipment[s.Equipment] {
			if info.points[i].Point == s.Point {
				ch.Values = append(ch.Values, h.liveValue(&info.points[i], now))
			}
		}
	}
	return ch
}

func (h *Hub) onHealth(hl bus.Health) {
	if h.byID[hl.Site] == nil {
		h.metrics.unknownSite.Inc()
		return
	}
	_, before, _ := h.alarms.link(hl.Site)
	h.alarms.heartbeat(hl, h.now())
	h.delivery.heard(hl, h.now())
	if !before {
		h.changes.tell(hl.Site, "link", h.now())
	}
}

// hurry lets what was decided be published at once, not at the next turn.
func (h *Hub) hurry() {
	select {
	case h.hurried <- struct{}{}:
	default: // it is about to be
	}
}

// tickEvery is how often the alarm engine is told the time.
const tickEvery = 250 * time.Millisecond

// tickAlarms tells the alarm engine the time and publishes what it decided.
func (h *Hub) tickAlarms(ctx context.Context) error {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			now := h.now()
			h.alarms.tick(now, h.storeHealth(now))
			h.alarms.channels(h.alert.Channels(now))
		case <-h.hurried:
		}
		now := h.now()
		err := h.publishAlarms(ctx)
		if err == nil {
			h.notePublished(now)
		} else if !errors.Is(err, context.Canceled) {
			h.metrics.unpublished.Inc()
			h.log.Error().Err(err).Msg("alarm events wait")
		}
	}
}

// runEnergy brings rollups and findings up to date, for ever. What fails is
// tried again at the next turn: nothing of it is forgotten.
func (h *Hub) runEnergy(ctx context.Context) error {
	wait := time.Second
	for {
		err := h.energy.restore(ctx)
		if err == nil {
			break
		}
		h.log.Error().Err(err).Msg("rollups wait")
		if clock.Sleep(ctx, wait) != nil {
			return ctx.Err()
		}
		wait = min(2*wait, time.Minute)
	}
	first := true
	for {
		start := time.Now()
		if err := h.energy.takeImports(ctx, h.now()); err != nil && ctx.Err() == nil {
			h.log.Error().Err(err).Msg("imports wait")
		}
		judged, err := h.energy.pass(ctx, h.now())
		err = errors.Join(err, h.publishJudged(ctx, judged), h.proveFindings(ctx, h.now()), h.sayFindings(ctx))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		h.metrics.pass(time.Since(start), err)
		if err != nil {
			h.log.Error().Err(err).Msg("rollup incomplete")
		} else if first {
			h.log.Info().Dur("took", time.Since(start)).Int("meters", len(h.energy.order)).Msg("every meter rolled up and judged")
			close(h.firstPass)
			h.energy.passes = nil
			first = false
		}
		if clock.Sleep(ctx, h.every) != nil {
			return ctx.Err()
		}
	}
}
