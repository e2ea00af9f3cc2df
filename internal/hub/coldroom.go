package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/rules/coldroom"
)

var _ console.ColdModel = (*Hub)(nil)

const (
	kindColdRoom gtc.Kind = "cold_room"
	// beforeMonth is how far before a month the values are looked for that held at
	// its beginning.
	beforeMonth = 24 * time.Hour
	// actionsFor is how long after a month what people did about its alarms is
	// still read.
	actionsFor = 7 * 24 * time.Hour
	// eventsPart is how many events are fetched at a time.
	eventsPart = 500
)

// ColdRooms returns every cold room.
func (h *Hub) ColdRooms(context.Context) ([]console.ColdRoom, error) {
	out := []console.ColdRoom{}
	for _, s := range h.sites {
		for _, e := range s.Equipment {
			if e.Kind == kindColdRoom {
				out = append(out, coldRoom(s, e))
			}
		}
	}
	return out, nil
}

func coldRoom(s *siteInfo, e gtc.Equipment) console.ColdRoom {
	return console.ColdRoom{Site: s.ID, SiteLabel: s.Label, Equipment: e.ID, Label: e.Label, TimeZone: s.Location.String()}
}

// ColdRecord returns the record of a room over a calendar month of its site.
func (h *Hub) ColdRecord(ctx context.Context, site gtc.SiteID, room gtc.EquipmentID, year int, month time.Month) (console.ColdRecord, error) {
	s := h.byID[site]
	if s == nil {
		return console.ColdRecord{}, console.ErrUnknown
	}
	i := slices.IndexFunc(s.Equipment, func(e gtc.Equipment) bool { return e.ID == room && e.Kind == kindColdRoom })
	if i < 0 {
		return console.ColdRecord{}, console.ErrUnknown
	}
	now := h.now()
	from, to := coldroom.Month(year, month, s.Location)
	out := console.ColdRecord{ColdRoom: coldRoom(s, s.Equipment[i]), At: now}
	samples, err := h.coldSamples(ctx, s, room, from.Add(-beforeMonth), to)
	if err != nil {
		return out, err
	}
	out.Record = coldroom.Of(samples, s.limits[room], from, to, now)
	events, err := h.eventsOf(ctx, site, room, from, to.Add(actionsFor))
	if err != nil {
		return out, err
	}
	out.Alarms = h.coldAlarms(events, from, to)
	return out, nil
}

// coldSamples reads what was recorded of a room.
func (h *Hub) coldSamples(ctx context.Context, s *siteInfo, room gtc.EquipmentID, from, to time.Time) ([]gtc.Sample, error) {
	read := History{db: h.db, info: s, fields: map[influx.Database]map[gtc.Kind][]gtc.PointID{influx.Raw: {kindColdRoom: coldroom.Points()}}}
	samples, _, err := read.Read(ctx, from, to)
	return slices.DeleteFunc(samples, func(x gtc.Sample) bool { return x.Equipment != room }), err
}

// eventsOf reads the events about an equipment that were stored in a time, in
// order. They are kept for ever.
func (h *Hub) eventsOf(ctx context.Context, site gtc.SiteID, eq gtc.EquipmentID, from, to time.Time) ([]gtc.Event, error) {
	fail := func(err error) ([]gtc.Event, error) {
		return nil, fmt.Errorf("read events of %s/%s: %w", site, eq, err)
	}
	js, err := jetstream.New(h.bus.Conn())
	if err != nil {
		return fail(err)
	}
	c, err := js.CreateConsumer(ctx, bus.StreamEvents, jetstream.ConsumerConfig{
		FilterSubject: "in." + string(site) + ".event", DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &from,
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, InactiveThreshold: time.Minute,
	})
	if err != nil {
		return fail(err)
	}
	defer func() { _ = js.DeleteConsumer(context.WithoutCancel(ctx), bus.StreamEvents, c.CachedInfo().Name) }() // else it ends by itself
	var out []gtc.Event
	for left := c.CachedInfo().NumPending; left > 0; {
		got, err := c.FetchNoWait(int(min(left, eventsPart)))
		if err != nil {
			return fail(err)
		}
		n := uint64(0)
		for m := range got.Messages() {
			n++
			var ev gtc.Event
			meta, err := m.Metadata()
			if err := errors.Join(err, json.Unmarshal(m.Data(), &ev)); err != nil {
				return fail(err)
			}
			if meta.Timestamp.After(to) {
				return out, nil
			}
			if ev.Equipment == eq {
				out = append(out, ev)
			}
		}
		if err := got.Error(); err != nil {
			return fail(err)
		}
		if n == 0 {
			break
		}
		left -= min(n, left)
	}
	return out, nil
}

// coldAlarms makes occurrences of events: those that began in the month, with
// what people did about them.
func (h *Hub) coldAlarms(events []gtc.Event, from, to time.Time) []console.ColdAlarm {
	out := []console.ColdAlarm{}
	last := map[string]int{}
	slices.SortStableFunc(events, func(a, b gtc.Event) int { return a.At.Compare(b.At) })
	for i := range events {
		ev := &events[i]
		n, open := last[ev.Subject]
		was, is := gtc.AlarmState(ev.From), gtc.AlarmState(ev.To)
		switch {
		case ev.Kind == gtc.EventComment:
			if open && ev.Reason != "" {
				out[n].Actions = append(out[n].Actions, console.ColdAction{At: ev.At, By: ev.Actor, Text: ev.Reason})
			}
		case ev.Kind != gtc.EventAlarm:
		case is == gtc.AlarmUnacknowledged && !holds(was) && !was.Inhibits():
			delete(last, ev.Subject)
			if ev.At.Before(from) || !ev.At.Before(to) {
				continue
			}
			last[ev.Subject] = len(out)
			out = append(out, console.ColdAlarm{ID: ev.Subject, Label: h.alarmLabel(ev.Subject), Priority: ev.Priority, From: ev.At, Actions: []console.ColdAction{}})
		case !open:
		default:
			if holds(was) && !holds(is) && !is.Inhibits() && out[n].To.IsZero() {
				out[n].To = ev.At
			}
			if ev.Actor != "" && takesInCharge(was, is) {
				out[n].Taken, out[n].By = ev.At, ev.Actor
			}
			if is.Inhibits() && ev.Reason != "" {
				out[n].Actions = append(out[n].Actions, console.ColdAction{At: ev.At, By: ev.Actor, Text: ev.Reason})
			}
		}
	}
	return out
}

// holds tells the states in which the condition of an alarm holds.
func holds(s gtc.AlarmState) bool {
	return s == gtc.AlarmUnacknowledged || s == gtc.AlarmAcknowledged
}

// takesInCharge tells a change that a person makes who takes an alarm in charge.
func takesInCharge(from, to gtc.AlarmState) bool {
	return to == gtc.AlarmAcknowledged || from == gtc.AlarmReturned && to == gtc.AlarmNormal || from == gtc.AlarmLatchedUnacknowledged && to == gtc.AlarmLatched
}

// alarmLabel is the name of an alarm, or its class.
func (h *Hub) alarmLabel(id string) gtc.Label {
	if a, ok := h.alarms.alarm(id); ok {
		return a.Label
	}
	for class, c := range h.classes {
		if len(id) > len(class) && id[len(id)-len(class)-1:] == "/"+class {
			return c.Label
		}
	}
	return gtc.Label{"fr": id}
}
