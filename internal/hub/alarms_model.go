package hub

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

var _ console.AlarmModel = (*Hub)(nil)

// Alarms returns every alarm that asks for somebody or is set aside.
func (h *Hub) Alarms(context.Context) (console.Board, error) {
	out := console.Board{At: h.now(), Standing: []console.SiteAlarm{}, Inhibited: []console.SiteAlarm{}, Works: h.alarms.works()}
	for _, a := range h.alarms.list() {
		switch {
		case a.Standing():
			out.Standing = append(out.Standing, h.named(a))
		case a.State.Inhibits():
			out.Inhibited = append(out.Inhibited, h.named(a))
		}
	}
	if out.Works == nil {
		out.Works = []alarm.Work{}
	}
	return out, nil
}

// named gives an alarm the names of its place.
func (h *Hub) named(a gtc.Alarm) console.SiteAlarm {
	out := console.SiteAlarm{Alarm: a}
	out.SiteLabel, out.EquipmentLabel = h.places(a.Site, a.Equipment)
	if c := h.classes[a.Class]; c != nil {
		out.Discipline = c.Discipline
	}
	return out
}

// places names a site and an equipment.
func (h *Hub) places(site gtc.SiteID, eq gtc.EquipmentID) (siteName, equipment gtc.Label) {
	if site == gtc.HubSite {
		return gtc.Label{"fr": "Centre GTC", "nl": "GTC-centrum", "en": "GTC hub"}, gtc.Label{"fr": string(eq)}
	}
	s := h.byID[site]
	if s == nil {
		return nil, nil
	}
	for i := range s.Equipment {
		if s.Equipment[i].ID == eq {
			return s.Label, s.Equipment[i].Label
		}
	}
	return s.Label, nil
}

// locate gives the calendar of a site; that of the hub and of a site that is
// not configured is the first site's.
func (h *Hub) locate(site gtc.SiteID) *time.Location {
	if s := h.byID[site]; s != nil {
		return s.Location
	}
	if len(h.sites) > 0 {
		return h.sites[0].Location
	}
	return time.UTC
}

// Alarm returns one alarm with what is known of its class and its course.
func (h *Hub) Alarm(_ context.Context, id string) (console.AlarmDetail, error) {
	a, ok := h.alarms.alarm(id)
	if !ok {
		return console.AlarmDetail{}, console.ErrUnknown
	}
	out := console.AlarmDetail{
		SiteAlarm: h.named(a), At: h.now(), TimeZone: h.locate(a.Site).String(), Events: h.journal.of(id),
		Panel: a.Kind == gtc.KindFirePanel,
	}
	if out.Events == nil {
		out.Events = []gtc.Event{}
	}
	for _, w := range h.alarms.works() {
		if w.Site == a.Site && (w.Equipment == "" || w.Equipment == a.Equipment) && (w.Alarm == "" || w.Alarm == id) {
			out.Works = append(out.Works, w)
		}
	}
	c := h.classes[a.Class]
	if c == nil {
		return out, nil
	}
	out.Cause, out.Consequence, out.Steps = c.Cause, c.Consequence, c.Advice
	out.TimeToAct, out.Owner, out.Latch = c.TimeToAct, c.Owner, c.Latch
	out.Series = h.behind(a, c)
	return out, nil
}

// behind returns the series of an alarm's condition. What is private is not
// drawn.
func (h *Hub) behind(a gtc.Alarm, c *alarm.Class) []console.AlarmSeries {
	s := h.byID[a.Site]
	if s == nil {
		return nil
	}
	wanted := c.When.Points()
	if c.When.Each != "" {
		wanted = []gtc.PointID{gtc.PointID(strings.ReplaceAll(string(c.When.Each), "<nn>", partOf(a)))}
	}
	var out []console.AlarmSeries
	for _, p := range wanted {
		i := slices.IndexFunc(s.points, func(o pointInfo) bool { return o.Equipment == a.Equipment && o.Point == p })
		if i < 0 || s.points[i].privacy.Private() {
			continue
		}
		info := &s.points[i]
		series := console.AlarmSeries{Series: info.Series, Label: info.meta.Label, Unit: info.meta.Unit, Type: typeName(info.meta.Type)}
		if p == c.When.Point && c.When.From == "" {
			series.Limit = cmp.Or(c.When.Above, c.When.Below)
		}
		out = append(out, series)
	}
	return out
}

// partOf names which of several alarms of its class an alarm is, "" where
// there is one: its id ends with the class, a dash and the part.
func partOf(a gtc.Alarm) string {
	return strings.TrimPrefix(strings.TrimPrefix(a.ID, alarm.ID(a.Site, a.Equipment, a.Class)), "-")
}
