package hub

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/dashboards/console"
)

var (
	_ console.DataModel   = (*Hub)(nil)
	_ console.RecordModel = (*Hub)(nil)
)

// private reports whether a point is part of no answer.
func (p *pointInfo) private() bool {
	return p.privacy.Private() || console.PrivatePoint(p.Kind, p.Point)
}

// Catalogue returns what can be asked for.
func (h *Hub) Catalogue(context.Context) (api.Catalogue, error) {
	out := api.Catalogue{At: h.now(), Carriers: []gtc.Carrier{}, Classes: []api.AlarmClass{}, Kinds: []api.Kind{}, Sites: []api.Site{}}
	kinds := map[gtc.Kind]bool{}
	for _, s := range h.sites {
		site := h.catalogueSite(s)
		for _, e := range site.Equipment {
			kinds[e.Kind] = true
		}
		for _, m := range site.Meters {
			if !slices.Contains(out.Carriers, m.Carrier) {
				out.Carriers = append(out.Carriers, m.Carrier)
			}
		}
		out.Sites = append(out.Sites, site)
	}
	for _, k := range h.catalogue.Kinds() {
		if kinds[k] {
			out.Kinds = append(out.Kinds, api.Kind{ID: k, Label: h.catalogue.KindLabel(k)})
		}
	}
	for _, c := range h.classes {
		out.Classes = append(out.Classes, api.AlarmClass{ID: c.ID, Label: c.Label, Priority: c.Priority, Discipline: c.Discipline})
	}
	slices.Sort(out.Carriers)
	slices.SortFunc(out.Classes, func(a, b api.AlarmClass) int { return cmp.Compare(a.ID, b.ID) })
	out.OnCall = h.onCall(out.At)
	return out, nil
}

func (h *Hub) catalogueSite(s *siteInfo) api.Site {
	out := api.Site{
		ID: s.ID, Label: s.Label, Category: s.Category, TimeZone: s.Location.String(), AreaM2: s.AreaM2,
		Devices: []gtc.DeviceID{}, Equipment: []api.Equipment{}, Meters: []api.Meter{},
	}
	for _, d := range s.devices {
		out.Devices = append(out.Devices, d.ID)
	}
	for _, e := range s.Equipment {
		eq := api.Equipment{ID: e.ID, Kind: e.Kind, Label: e.Label}
		for _, i := range s.byEquipment[e.ID] {
			p := &s.points[i]
			if p.private() || h.missing(p) {
				continue
			}
			eq.Points = append(eq.Points, api.Point{
				ID: p.Point, Label: p.meta.Label, Unit: p.meta.Unit, Type: typeName(p.meta.Type), Counter: p.meta.Counter, Enum: p.meta.Enum,
			})
		}
		if len(eq.Points) > 0 {
			out.Equipment = append(out.Equipment, eq)
		}
	}
	for _, m := range s.Meters {
		r := meterRef(s, m)
		out.Meters = append(out.Meters, api.Meter{ID: r.ID, Label: r.Label, Carrier: r.Carrier, Direction: r.Direction})
	}
	return out
}

// chosen is one point of a selection with its place.
type chosen struct {
	site *siteInfo
	*pointInfo
}

// choose returns the public points of a selection, in the order of the
// configuration. [console.ErrUnknown] when there is none, or when a site or
// series that is named is not there; [console.ErrPrivate] when all there is is
// private, or a series is that is named.
func (h *Hub) choose(sel api.Selection) ([]chosen, error) {
	for _, id := range sel.Sites {
		if h.byID[id] == nil {
			return nil, console.ErrUnknown
		}
	}
	named := map[string]bool{}
	for _, s := range sel.Series {
		named[s] = false
	}
	var out []chosen
	private := false
	lists := sel.Lists() || len(sel.Series) == 0
	for _, s := range h.sites {
		wanted := lists && has(sel.Sites, s.ID) && has(sel.Categories, s.Category)
		if !wanted && len(named) == 0 {
			continue
		}
		for i := range s.points {
			p := &s.points[i]
			_, byName := named[p.String()]
			byList := wanted && has(sel.Kinds, p.Kind) && has(sel.Equipment, p.Equipment) && has(sel.Points, p.Point)
			if !byName && !byList {
				continue
			}
			if p.private() {
				private = true
				if byName {
					return nil, console.ErrPrivate
				}
				continue
			}
			if byName {
				named[p.String()] = true
			} else if h.missing(p) {
				continue
			}
			out = append(out, chosen{s, p})
		}
	}
	for _, found := range named {
		if !found {
			return nil, console.ErrUnknown
		}
	}
	if len(out) == 0 && private {
		return nil, console.ErrPrivate
	}
	if len(out) == 0 {
		return nil, console.ErrUnknown
	}
	return out, nil
}

// has reports whether a list names v, or names nothing.
func has[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

// Values returns what is known now of several points.
func (h *Hub) Values(_ context.Context, q api.ValueQuery) (api.Values, error) {
	points, err := h.choose(q.Selection)
	if err != nil {
		return api.Values{}, err
	}
	out := api.Values{At: h.now(), Values: make([]api.Value, 0, len(points))}
	for _, c := range points {
		if v := h.value(c, out.At); !q.Abnormal || v.State() != "normal" {
			out.Values = append(out.Values, v)
		}
	}
	slices.SortStableFunc(out.Values, func(a, b api.Value) int { return a.Rank() - b.Rank() })
	out.Total = len(out.Values)
	if q.Limit > 0 {
		out.Values = out.Values[:min(q.Limit, out.Total)]
	}
	return out, nil
}

func (h *Hub) value(c chosen, now time.Time) api.Value {
	v := h.liveValue(c.pointInfo, now)
	out := api.Value{
		Series: c.Series, SiteLabel: c.site.Label, Category: c.site.Category, Label: v.Label, Unit: v.Unit, Type: v.Type,
		Now: v.Value, Text: v.Text, NowAt: v.At, Quality: v.Quality, Stale: v.Stale, Abnormal: v.Abnormal,
	}
	for i := range c.site.Equipment {
		if c.site.Equipment[i].ID == c.Equipment {
			out.EquipmentLabel = c.site.Equipment[i].Label
		}
	}
	return out
}
