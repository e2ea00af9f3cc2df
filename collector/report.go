package collector

import (
	"context"
	"fmt"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/health"
	"github.com/cpas-charleroi/gtc/internal/influx"
)

const (
	// reportEvery is the period of the collector measurement.
	reportEvery = time.Minute
	// watchEvery is how often the devices' states are compared.
	watchEvery = time.Second
)

// report writes the collector measurement of each device every minute: what
// was polled and what failed in that minute, and the mean latency.
func (c *Collector) report(ctx context.Context) {
	last := make([]health.State, len(c.devices))
	for c.clock.Sleep(ctx, reportEvery) == nil {
		at := c.clock.Now().Truncate(time.Millisecond)
		for i, d := range c.devices {
			s := d.State()
			if !s.Known {
				continue
			}
			line := influx.NewLine(influx.MeasurementCollector).
				Tag(influx.TagDevice, string(s.Device)).
				Tag(influx.TagSite, string(c.site)).
				Float("polls", float64(s.Polls-last[i].Polls)).
				Float("errors", float64(s.Errors-last[i].Errors)).
				Float("latency_ms", float64(s.Latency)/float64(time.Millisecond)).
				At(at)
			last[i] = s
			if c.batcher.addLine(ctx, line) != nil {
				return // ended
			}
		}
	}
}

// watch queues an event each time a device starts or stops answering.
func (c *Collector) watch(ctx context.Context) {
	last := make([]string, len(c.devices))
	for i := range last {
		last[i] = unknown
	}
	for c.clock.Sleep(ctx, watchEvery) == nil {
		for i, d := range c.devices {
			s := d.State()
			now := reachable(s)
			if now == last[i] {
				continue
			}
			if err := c.queue.PublishEvent(ctx, c.deviceEvent(s, last[i], now)); err != nil {
				if ctx.Err() == nil {
					c.log.Error().Err(err).Str("device", string(s.Device)).Msg("queue does not take an event, trying again")
				}
				break // compared again at the next turn
			}
			last[i] = now
		}
	}
}

// The states of a device in its events.
const (
	unknown = "unknown"
	online  = "online"
	offline = "offline"
)

func reachable(s health.State) string {
	switch {
	case !s.Known:
		return unknown
	case s.Online:
		return online
	default:
		return offline
	}
}

func (c *Collector) deviceEvent(s health.State, from, to string) gtc.Event {
	at := c.clock.Now().Truncate(time.Millisecond)
	ev := gtc.Event{
		ID:   fmt.Sprintf("%s/device/%s/%d", c.site, s.Device, at.UnixMilli()),
		Site: c.site, At: at, Kind: gtc.EventDevice,
		Subject: string(s.Device), From: from, To: to, Actor: "collector",
	}
	if to == offline {
		ev.Reason = s.LastError
	}
	return ev
}
