package hub

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/influx"
)

// AlarmHistory returns the changes of alarms in a time from their projection
// in InfluxDB, newest first.
func (h *Hub) AlarmHistory(ctx context.Context, q api.HistoryQuery) (api.AlarmHistory, error) {
	for _, id := range q.Sites {
		if h.byID[id] == nil && id != gtc.HubSite {
			return api.AlarmHistory{}, console.ErrUnknown
		}
	}
	limit := cmp.Or(q.Limit, api.MostChanges)
	out := api.AlarmHistory{At: h.now(), From: q.From, To: q.To}
	text := fmt.Sprintf(`SELECT state, "from", actor, reason, priority, value, alarm, site, equipment FROM %s WHERE time >= %dms AND time < %dms`,
		influx.Ident(influx.MeasurementAlarm), q.From.UnixMilli(), q.To.UnixMilli())
	var sites, priorities []string
	for _, s := range q.Sites {
		sites = append(sites, "site="+influx.Quote(string(s)))
	}
	for _, p := range q.Priorities {
		priorities = append(priorities, fmt.Sprintf("priority=%d", p))
	}
	text += anyOf(sites) + anyOf(priorities) + fmt.Sprintf(" ORDER BY time DESC LIMIT %d", limit+1)
	err := h.db.Read(ctx, influx.Query{Database: influx.Raw, Text: text, Limits: influx.Limits{MaxRows: limit + 1}}, func(t *influx.Table) error {
		for i := range t.Values {
			out.Changes = append(out.Changes, h.alarmChange(t, i))
		}
		return nil
	})
	if len(out.Changes) > limit {
		out.Changes, out.Cut = out.Changes[:limit], true
	}
	return out, err
}

// anyOf is the condition that one of several holds, "" for none.
func anyOf(conditions []string) string {
	if len(conditions) == 0 {
		return ""
	}
	return " AND (" + strings.Join(conditions, " OR ") + ")"
}

// alarmChange reads one row of the projection of alarms.
func (h *Hub) alarmChange(t *influx.Table, i int) api.AlarmChange {
	text := func(name string) string {
		if j := t.Column(name); j >= 0 {
			return t.Text(i, j)
		}
		return ""
	}
	c := api.AlarmChange{
		At: t.Time(i), Class: text(influx.TagAlarm), Site: gtc.SiteID(text(influx.TagSite)), Equipment: gtc.EquipmentID(text(influx.TagEquipment)),
		From: gtc.AlarmState(text("from")), To: gtc.AlarmState(text("state")), Actor: text("actor"), Reason: text("reason"),
	}
	c.Alarm = string(c.Site) + "/" + string(c.Equipment) + "/" + c.Class
	if j := t.Column("priority"); j >= 0 {
		p, _ := t.Float(i, j)
		c.Priority = gtc.Priority(p)
	}
	if j := t.Column("value"); j >= 0 {
		if v, ok := t.Float(i, j); ok {
			c.Value = &v
		}
	}
	c.SiteLabel, c.EquipmentLabel = h.places(c.Site, c.Equipment)
	if a, ok := h.alarms.alarm(c.Alarm); ok {
		c.Label, c.Class = a.Label, a.Class
	}
	if class := h.classes[c.Class]; class != nil {
		c.Discipline = class.Discipline
		if len(c.Label) == 0 {
			c.Label = class.Label
		}
	}
	return c
}

// Collectors returns every edge and its devices: what is lost first.
func (h *Hub) Collectors(context.Context) (api.Collectors, error) {
	out := api.Collectors{At: h.now(), Edges: make([]api.Edge, 0, len(h.sites))}
	for _, s := range h.sites {
		health, linked, since := h.alarms.link(s.ID)
		delivery, points, stale := h.delivery.state(s.ID, out.At), 0, 0
		for i := range s.points {
			if h.missing(&s.points[i]) {
				continue
			}
			points++
			if v := h.liveValue(&s.points[i], out.At); v.Stale || v.Quality != "good" {
				stale++
			}
		}
		e := api.Edge{
			Site: s.ID, SiteLabel: s.Label, Category: s.Category, Linked: linked, Heard: !health.At.IsZero(), Since: since, Backlog: h.bus.Backlog(s.ID),
			Delivery: string(delivery.State), Known: delivery.Known, LateSeconds: delivery.LateSeconds, Waiting: delivery.Waiting, Lost: delivery.Lost,
			Newest: h.live.lastSample(s.ID), Points: points, StalePoints: stale, Devices: []api.Device{},
		}
		for _, d := range h.deviceStates(s) {
			e.Devices = append(e.Devices, api.Device{
				ID: d.ID, Profile: d.Profile, Online: d.Online, Known: d.Known, LastSuccess: d.LastSuccess, LastError: d.LastError, Polls: d.Polls,
				Errors: d.Errors, Timeouts: d.Timeouts, Reconnects: d.Reconnects, Refused: d.Refused, P50MS: d.P50MS, P95MS: d.P95MS,
			})
		}
		out.Edges = append(out.Edges, e)
	}
	slices.SortStableFunc(out.Edges, func(a, b api.Edge) int {
		return cmp.Or(cmp.Compare(edgeRank(a), edgeRank(b)), cmp.Compare(a.Site, b.Site))
	})
	return out, nil
}

// edgeRank puts a lost edge first, then one with devices that do not answer.
func edgeRank(e api.Edge) int {
	if !e.Linked {
		return 0
	}
	for _, d := range e.Devices {
		if !d.Online {
			return 1
		}
	}
	return 2
}
