package hub

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/rules/alarm/measure"
)

// standingLong is how long an alarm is active before it counts as standing
// (EEMUA 191: fewer than five on any day).
const standingLong = 24 * time.Hour

// Measures returns the load of alarms of the last days.
func (h *Hub) Measures(context.Context) (console.Measures, error) {
	now := h.now()
	from := now.Add(-measured).Truncate(measure.Bin)
	l := measure.Of(h.journal.since(from, now), from, now)
	out := console.Measures{From: l.From, To: l.To, Counts: l.Counts, Mix: l.Mix}
	for _, f := range l.Floods {
		out.Floods = append(out.Floods, console.Flood{From: f.From, To: f.To, Count: f.Count})
	}
	for _, s := range l.Top {
		a, ok := h.alarms.alarm(s.Alarm)
		if !ok { // no longer configured
			a = gtc.Alarm{ID: s.Alarm}
		}
		out.Top = append(out.Top, console.AlarmCount{Alarm: h.named(a), Count: s.Count})
	}
	for p, t := range l.Taken {
		out.Taken[p] = console.TakenIn{Count: t.Count, Waiting: t.Waiting, Median: t.Median, P95: t.P95}
	}
	for _, a := range h.alarms.list() {
		if a.Active() && now.Sub(a.Since) > standingLong && !a.State.Inhibits() {
			out.LongStanding = append(out.LongStanding, h.named(a))
		}
		if a.Chattering {
			out.Chattering = append(out.Chattering, h.named(a))
		}
	}
	oldestFirst(out.LongStanding)
	return out, nil
}

func oldestFirst(alarms []console.SiteAlarm) {
	for i := 1; i < len(alarms); i++ {
		for k := i; k > 0 && alarms[k].Since.Before(alarms[k-1].Since); k-- {
			alarms[k], alarms[k-1] = alarms[k-1], alarms[k]
		}
	}
}

const (
	// loadDelay is how long after the end of ten minutes their line is written:
	// events that were on their way are counted.
	loadDelay = 5 * time.Second
	// loadKept bounds the lines that wait for InfluxDB: a week of them.
	loadKept = 7 * 24 * 6
)

// writeLoad writes one line about the alarms every ten minutes until ctx ends.
func (h *Hub) writeLoad(ctx context.Context) error {
	var waiting [][]byte
	for {
		now := h.now()
		end := now.Truncate(measure.Bin).Add(measure.Bin)
		if err := clock.Sleep(ctx, end.Sub(now)+loadDelay); err != nil {
			return err
		}
		waiting = append(waiting, h.loadLine(end))
		if over := len(waiting) - loadKept; over > 0 {
			waiting = waiting[over:]
			h.metrics.unreported.Add(float64(over))
		}
		err := h.db.Write(ctx, influx.Raw, bytes.Join(waiting, nil))
		if _, rejected := errors.AsType[*influx.RejectedError](err); rejected {
			h.metrics.unreported.Add(float64(len(waiting)))
		} else if err != nil {
			h.log.Warn().Err(err).Int("lines", len(waiting)).Msg("load of alarms waits for InfluxDB")
			continue
		}
		waiting = nil
	}
}

// loadLine is the load of the ten minutes before end.
func (h *Hub) loadLine(end time.Time) []byte {
	from := end.Add(-measure.Bin)
	l := measure.Of(h.journal.since(from, end), from, end)
	calls, standing, long, inhibited, chattering := 0, 0, 0, 0, 0
	for _, n := range l.Counts {
		calls += n
	}
	for _, a := range h.alarms.list() {
		switch {
		case a.State.Inhibits():
			inhibited++
		case a.Standing():
			standing++
			if a.Active() && end.Sub(a.Since) > standingLong {
				long++
			}
		}
		if a.Chattering {
			chattering++
		}
	}
	line := influx.NewLine(influx.MeasurementAlarmLoad).Tag(influx.TagSite, string(gtc.HubSite))
	for _, f := range []struct {
		name  string
		value int
	}{
		{"calls", calls},
		{"chattering", chattering},
		{"inhibited", inhibited},
		{"p1", l.Mix[1]},
		{"p2", l.Mix[2]},
		{"p3", l.Mix[3]},
		{"p4", l.Mix[4]},
		{"standing", standing},
		{"standing_long", long},
	} {
		line = line.Float(f.name, float64(f.value))
	}
	return line.At(from).Append(nil)
}
