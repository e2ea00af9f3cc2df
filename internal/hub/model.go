package hub

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
)

var _ console.Model = (*Hub)(nil)

// staleAfter is how many poll intervals a value stays current.
const staleAfter = 3

// Park returns every site, worst first.
func (h *Hub) Park(ctx context.Context) (console.Park, error) {
	now := h.now()
	standing := h.standing("")
	park := console.Park{At: now, Store: h.storeState(ctx), Centre: standing[gtc.HubSite]}
	for _, s := range h.sites {
		park.Sites = append(park.Sites, h.summary(s, standing[s.ID], now))
	}
	slices.SortStableFunc(park.Sites, worse)
	return park, nil
}

// worse orders sites: worst state, then worst priority, then number of alarms,
// then cost of drift.
func worse(a, b console.SiteSummary) int {
	return cmp.Or(
		cmp.Compare(stateRank(a.State), stateRank(b.State)),
		cmp.Compare(worstPriority(a), worstPriority(b)),
		-cmp.Compare(a.Alarms[1]+a.Alarms[2]+a.Alarms[3], b.Alarms[1]+b.Alarms[2]+b.Alarms[3]),
		-cmp.Compare(a.KWhPerWeek, b.KWhPerWeek),
		cmp.Compare(a.ID, b.ID),
	)
}

func stateRank(s console.SiteState) int {
	return slices.Index([]console.SiteState{console.StateAlarm, console.StateUnknown, console.StateStale, console.StateDrift, console.StateNormal}, s)
}

func worstPriority(s console.SiteSummary) int {
	for p := 1; p <= 4; p++ {
		if s.Alarms[p] > 0 {
			return p
		}
	}
	return 5
}

// standing returns the standing alarms by site, worst first; only those of one
// site unless site is "".
func (h *Hub) standing(site gtc.SiteID) map[gtc.SiteID][]gtc.Alarm {
	out := map[gtc.SiteID][]gtc.Alarm{}
	for _, a := range h.alarms.list() {
		if a.Standing() && (site == "" || a.Site == site) {
			out[a.Site] = append(out[a.Site], a)
		}
	}
	return out
}

func (h *Hub) summary(s *siteInfo, standing []gtc.Alarm, now time.Time) console.SiteSummary {
	_, linked, since := h.alarms.link(s.ID)
	out := console.SiteSummary{
		ID: s.ID, Label: s.Label, Category: s.Category,
		LastSample: h.live.lastSample(s.ID), Linked: linked, LinkSince: since,
		Backlog: h.bus.Backlog(s.ID), Points: len(s.points), Delivery: h.delivery.state(s.ID, now),
	}
	for i := range standing {
		if p := standing[i].Priority; p >= 1 && p <= 4 {
			out.Alarms[p]++
		}
	}
	if len(standing) > 0 {
		out.Worst = &standing[0]
	}
	for i := range s.points {
		if h.missing(&s.points[i]) {
			out.Points--
			continue
		}
		if v := h.liveValue(&s.points[i], now); v.Stale || v.Quality != "good" {
			out.StalePoints++
		}
	}
	h.addFindings(&out, now)
	out.State = siteState(out, now)
	return out
}

// siteState is the worst thing known of a site.
func siteState(s console.SiteSummary, now time.Time) console.SiteState {
	silent := now.Sub(s.LastSample) > 5*time.Minute
	switch {
	case s.Alarms[1]+s.Alarms[2]+s.Alarms[3] > 0:
		return console.StateAlarm
	case s.LastSample.IsZero() || !s.Linked && silent:
		return console.StateUnknown
	case s.StalePoints > 0 || !s.Linked:
		return console.StateStale
	case s.Findings > 0:
		return console.StateDrift
	}
	return console.StateNormal
}

func (h *Hub) addFindings(out *console.SiteSummary, now time.Time) {
	for _, f := range h.findings.open(out.ID) {
		if f.Kind == gtc.FindingSaving {
			continue
		}
		out.Findings++
		p := h.price(f, now)
		out.KWhPerWeek += f.KWhPerWeek
		out.EURPerWeek = sum(out.EURPerWeek, p.EURPerWeek)
		out.KgCO2PerWeek = sum(out.KgCO2PerWeek, p.KgCO2PerWeek)
	}
}

func sum(a, b *float64) *float64 {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	s := *a + *b
	return &s
}

// Site returns one site with its live values.
func (h *Hub) Site(_ context.Context, id gtc.SiteID) (console.SiteDetail, error) {
	s := h.byID[id]
	if s == nil {
		return console.SiteDetail{}, console.ErrUnknown
	}
	now := h.now()
	standing := h.standing(id)[id]
	out := console.SiteDetail{
		SiteSummary: h.summary(s, standing, now), At: now, Address: s.Address,
		TimeZone: s.Location.String(), AreaM2: s.AreaM2, Standing: standing, Meters: meterRefs(s),
	}
	for _, e := range s.Equipment {
		d := console.EquipmentDetail{ID: e.ID, Kind: e.Kind, Label: e.Label}
		for _, i := range s.byEquipment[e.ID] {
			if h.missing(&s.points[i]) {
				continue
			}
			d.Device = s.points[i].device
			d.Values = append(d.Values, h.liveValue(&s.points[i], now))
		}
		out.Equipment = append(out.Equipment, d)
	}
	out.Devices = h.deviceStates(s)
	for _, f := range h.findings.open(id) {
		out.Open = append(out.Open, h.price(f, now))
	}
	sortFindings(out.Open)
	return out, nil
}

func (h *Hub) deviceStates(s *siteInfo) []console.DeviceState {
	health, linked, _ := h.alarms.link(s.ID)
	var out []console.DeviceState
	for _, d := range s.devices {
		st := console.DeviceState{ID: d.ID, Profile: d.Profile}
		i := slices.IndexFunc(health.Devices, func(x busDevice) bool { return x.Device == d.ID })
		if i >= 0 {
			x := health.Devices[i]
			st.Online, st.Known = x.Online && linked, x.Known && linked
			st.LastSuccess, st.LastError = x.LastSuccess, x.LastError
			st.Polls, st.Errors, st.Timeouts, st.Reconnects = x.Polls, x.Errors, x.Timeouts, x.Reconnects
			st.Exceptions, st.Refused, st.P50MS, st.P95MS = x.Exceptions, x.Refused, x.P50MS, x.P95MS
		}
		out = append(out, st)
	}
	return out
}

func meterRefs(s *siteInfo) []console.MeterRef {
	var out []console.MeterRef
	for _, m := range s.Meters {
		out = append(out, meterRef(s, m))
	}
	return out
}

func meterRef(s *siteInfo, m gtc.Meter) console.MeterRef {
	label := m.Label
	if len(label) == 0 {
		for _, e := range s.Equipment {
			if e.ID == m.Equipment {
				label = e.Label
			}
		}
	}
	return console.MeterRef{ID: m.Equipment, Label: label, Carrier: m.Carrier, Direction: m.Direction}
}

// missing reports whether a point is one that the device may well not have.
func (h *Hub) missing(p *pointInfo) bool {
	if !p.optional {
		return false
	}
	_, heard := h.live.point(p.Site, p.Equipment, p.Point)
	return !heard
}

func (h *Hub) liveValue(p *pointInfo, now time.Time) console.LiveValue {
	v := console.LiveValue{
		Equipment: p.Equipment, Kind: p.Kind, Point: p.Point, Label: p.meta.Label, Unit: p.meta.Unit,
		Type: typeName(p.meta.Type), Quality: gtc.QualityUnknown.String(), PollSeconds: int(p.poll / time.Second),
		Private: p.privacy.Private(),
	}
	st, ok := h.live.point(p.Site, p.Equipment, p.Point)
	if !ok {
		return v
	}
	v.Quality = st.quality.String()
	if st.value.Present() {
		n := st.value.Num
		v.Value, v.At = &n, st.at
		v.Stale = p.poll > 0 && now.Sub(st.at) > staleAfter*p.poll
		v.Abnormal = p.meta.Alarm && st.value.True()
		if st.value.Type == gtc.TypeEnum {
			v.Text = p.meta.Enum[int(n)]
		}
	}
	// A message that comes by itself is as current as its device.
	if p.poll == 0 && !h.online(p.Site, p.device) {
		v.Stale = true
	}
	return v
}

func (h *Hub) online(site gtc.SiteID, d gtc.DeviceID) bool {
	health, linked, _ := h.alarms.link(site)
	for _, x := range health.Devices {
		if x.Device == d {
			return linked && x.Known && x.Online
		}
	}
	return false
}

func typeName(t gtc.ValueType) string {
	switch t {
	case gtc.TypeBool:
		return "bool"
	case gtc.TypeEnum:
		return "enum"
	case gtc.TypeFloat, gtc.TypeNone:
		return "float"
	}
	return "float"
}

// Subscribe sends what changes until ctx ends.
func (h *Hub) Subscribe(ctx context.Context) <-chan console.Change { return h.changes.subscribe(ctx) }

func (h *Hub) storeState(ctx context.Context) console.StoreState {
	h.store.mu.Lock()
	st := h.store.state
	h.store.mu.Unlock()
	if n, err := h.bus.Waiting(ctx); err == nil {
		st.Waiting = n
	}
	return st
}
