package collector

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
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
	last := map[gtc.DeviceID]health.State{}
	for c.clock.Sleep(ctx, reportEvery) == nil {
		if !c.mayStamp() {
			continue
		}
		at := c.Now()
		for _, d := range c.current() {
			s := d.State()
			if !s.Known {
				continue
			}
			line := deviceLine(c.site, s, last[s.Device]).At(at)
			last[s.Device] = s
			if c.batcher.addLine(ctx, line) != nil {
				return // ended
			}
		}
	}
}

// deviceLine is what the collector measurement says about one device: counts
// since last, latencies and refused points as they are now.
func deviceLine(site gtc.SiteID, s, last health.State) *influx.Line {
	line := influx.NewLine(influx.MeasurementCollector).
		Tag(influx.TagDevice, string(s.Device)).
		Tag(influx.TagSite, string(site)).
		Float("polls", float64(s.Polls-last.Polls)).
		Float("errors", float64(s.Errors-last.Errors)).
		Float("latency_ms", milliseconds(s.Latency)).
		Float("latency_p50_ms", milliseconds(s.P50)).
		Float("latency_p95_ms", milliseconds(s.P95)).
		Float("timeouts", float64(s.Timeouts-last.Timeouts)).
		Float("reconnects", float64(s.Reconnects-last.Reconnects)).
		Float("refused", float64(s.Refused)).
		Bool("online", s.Online)
	for code, n := range s.Exceptions {
		if n > 0 { // a field exists from the first one on
			line.Float("exception_"+strconv.Itoa(code), float64(n-last.Exceptions[code]))
		}
	}
	return line
}

// watch queues an event each time a device starts or stops answering.
func (c *Collector) watch(ctx context.Context) {
	last := map[gtc.DeviceID]string{}
	for c.clock.Sleep(ctx, watchEvery) == nil {
		if !c.mayStamp() {
			continue
		}
		for _, d := range c.current() {
			s := d.State()
			now, was := reachable(s), cmp.Or(last[s.Device], unknown)
			if now == was {
				continue
			}
			if err := c.queue.PublishEvent(ctx, c.deviceEvent(s, was, now)); err != nil {
				if ctx.Err() == nil {
					c.log.Error().Err(err).Str("device", string(s.Device)).Msg("queue does not take an event, trying again")
				}
				break // compared again at the next turn
			}
			last[s.Device] = now
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
	at := c.Now()
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
