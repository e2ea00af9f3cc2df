package hub

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/dashboards/console"
)

// metered is one meter of a question.
type metered struct {
	site *siteInfo
	gtc.Meter
}

func (m metered) key() meterKey { return meterKey{m.site.ID, m.Equipment, m.Direction} }

// chooseMeters returns the meters of a question; [console.ErrUnknown] when
// there is none or a site that is named is not there.
func (h *Hub) chooseMeters(q api.EnergyQuery) ([]metered, error) {
	for _, id := range q.Sites {
		if h.byID[id] == nil {
			return nil, console.ErrUnknown
		}
	}
	directions := q.Directions
	if len(directions) == 0 {
		directions = []gtc.Direction{gtc.DirectionImport}
	}
	var out []metered
	for _, s := range h.sites {
		if !has(q.Sites, s.ID) || !has(q.Categories, s.Category) {
			continue
		}
		for _, m := range s.Meters {
			energy := m.KWhPerUnit > 0 || q.Unit == api.UnitM3
			if summed(q) && !natureOf(&s.Site, m, h.now()).InTotal {
				continue // what another meter of the sum counts already
			}
			if energy && hasMeter(q.Meters, s.ID, m.Equipment) && has(q.Carriers, m.Carrier) && slices.Contains(directions, m.Direction) {
				out = append(out, metered{s, m})
			}
		}
	}
	if len(out) == 0 {
		return nil, console.ErrUnknown
	}
	return out, nil
}

// hasMeter reports whether a list of meter or site/meter names a meter, or
// names nothing.
func hasMeter(list []gtc.EquipmentID, site gtc.SiteID, id gtc.EquipmentID) bool {
	return has(list, id) || slices.Contains(list, gtc.EquipmentID(string(site)+"/"+string(id)))
}

// summed reports whether a question asks for a total, in which nothing may be
// counted twice. Meters that are named, and other directions, are taken as asked.
func summed(q api.EnergyQuery) bool {
	total := q.Group == api.GroupSite || q.Group == api.GroupCarrier || q.Group == api.GroupPark
	return total && len(q.Meters) == 0 && len(q.Directions) == 0 && q.Unit != api.UnitM3
}

// Consumption returns the steps of meters.
func (h *Hub) Consumption(ctx context.Context, q api.EnergyQuery) (api.Consumption, error) {
	meters, err := h.chooseMeters(q)
	if err != nil {
		return api.Consumption{}, err
	}
	shortest := day
	if q.Step == api.StepHour {
		shortest = time.Hour
	}
	if n := int64(len(meters)) * int64(q.To.Sub(q.From)/shortest); n > api.MostValues {
		return api.Consumption{}, api.TooManyError{Series: len(meters), Values: n, Interval: stepFor(len(meters), q.To.Sub(q.From))}
	}
	out := api.Consumption{At: h.now(), From: q.From, To: q.To, Step: q.Step, Unit: q.Unit, Per: q.Per, Group: q.Group}
	read, err := h.consumed(ctx, meters, q, out.At)
	if err != nil {
		return api.Consumption{}, err
	}
	var order []string
	groups := map[string]*energyGroup{}
	for i, m := range meters {
		k := groupKey(m, q.Group)
		g := groups[k]
		if g == nil {
			g = newEnergyGroup(m)
			groups[k] = g
			order = append(order, k)
		}
		g.join(m, read[i])
		for _, u := range read[i].units {
			g.add(u, q, m.site.Location)
		}
	}
	for _, k := range order {
		out.Rows = append(out.Rows, groups[k].rows(q))
	}
	return out, nil
}

// groupKey says with which other meters a meter is summed.
func groupKey(m metered, group string) string {
	switch group {
	case api.GroupSite:
		return string(m.site.ID)
	case api.GroupCarrier:
		return string(m.Carrier)
	case api.GroupPark:
		return ""
	}
	return string(m.site.ID) + "/" + string(m.Equipment) + "/" + string(m.Direction)
}

// unit is the smallest step of one meter: a day, or an hour.
type unit struct {
	start time.Time
	span  time.Duration
	// actual is the consumption in the unit asked for; expected, low and high
	// as in console.EnergyDay. What is not known is NaN.
	actual, expected, low, high float64
	// counts tells that the residual is part of the CUSUM.
	counts            bool
	coverage          float64
	temperature, dj15 float64
}

// reading is what is known of one meter.
type reading struct {
	units    []unit
	baseline *api.Baseline
	// judged tells that there is a baseline, priced that there is a price or
	// factor where one is needed.
	judged, priced bool
	// carry is the CUSUM before the first unit.
	carry float64
}

// consumed reads the units of each meter.
func (h *Hub) consumed(ctx context.Context, meters []metered, q api.EnergyQuery, now time.Time) ([]reading, error) {
	if q.Step == api.StepHour || q.Unit == api.UnitM3 {
		return h.storedUnits(ctx, meters, q)
	}
	keys := make([]meterKey, len(meters))
	for i, m := range meters {
		keys[i] = m.key()
	}
	known := h.energy.daysOf(keys...)
	calendars := calendarsOf(known, q, now)
	out := make([]reading, len(meters))
	for i := range known {
		out[i] = h.dayUnits(&known[i], calendars[skyOf(known[i].site)], q)
	}
	return out, nil
}

// sky is where days and their temperatures are the same.
type sky struct{ zone, station string }

func skyOf(s *gtc.Site) sky { return sky{s.Location.String(), s.WeatherStation} }

// calendarsOf returns the days that a question needs, once for all meters of a sky:
// today is not one of them.
func calendarsOf(meters []meterDays, q api.EnergyQuery, now time.Time) map[sky]*calendar {
	begins := map[sky]time.Time{}
	for i := range meters {
		m := &meters[i]
		if m.days.Len() == 0 {
			continue
		}
		begin := begins[skyOf(m.site)]
		touch(&begin, m.begin(stepStart(q.From, q, m.site.Location)))
		begins[skyOf(m.site)] = begin
	}
	out := map[sky]*calendar{}
	for i := range meters {
		site := meters[i].site
		if begin, ok := begins[skyOf(site)]; ok && out[skyOf(site)] == nil {
			out[skyOf(site)] = newCalendar(begin, earlier(q.To, midnight(now, site.Location)), meters[i].temps)
		}
	}
	return out
}

// dayUnits are the days of a meter from the first step of a question on.
func (h *Hub) dayUnits(m *meterDays, c *calendar, q api.EnergyQuery) reading {
	b := m.summary()
	out := reading{judged: b.Model != "", priced: true, baseline: &api.Baseline{
		Model: b.Model, Eligible: b.Eligible, Judgeable: b.Judgeable, Reason: b.Reason, From: b.From, To: b.To, Balance: b.Balance, Intercept: b.Intercept,
		Slope: b.Slope, R2: b.R2, CVRMSE: b.CVRMSE, ProvablePct: b.ProvablePct,
	}}
	if m.days.Len() == 0 {
		return out
	}
	from := stepStart(q.From, q, m.site.Location)
	out.units = make([]unit, 0, min(len(c.temps), max(0, int(q.To.Sub(from)/day)+1)))
	for d := range m.between(c, from) {
		rate, ok := h.rate(m.meter.Carrier, q.Unit, d.start)
		if d.start.Before(from) {
			if ok {
				out.carry += (d.kwh - d.expected.KWh) * rate
			}
			continue
		}
		if !ok {
			out.priced, rate = false, math.NaN()
		}
		out.units = append(out.units, d.unit(rate))
	}
	return out
}

// unit is the day in a unit of which a kWh is rate.
func (d *meterDay) unit(rate float64) unit {
	nan := math.NaN()
	u := unit{
		start: d.start, span: d.end.Sub(d.start), coverage: d.known().Coverage, counts: d.counts,
		actual: nan, expected: nan, low: nan, high: nan, temperature: nan, dj15: nan,
	}
	if d.metered {
		u.actual = d.kwh * rate
	}
	if d.judged {
		u.expected, u.low, u.high = d.expected.KWh*rate, d.expected.Low*rate, d.expected.High*rate
	}
	if d.temp != nil {
		u.temperature, u.dj15 = d.temp.Mean, d.temp.DJ15
	}
	return u
}

// rate is what one kWh of a carrier is in a unit at an instant.
func (h *Hub) rate(c gtc.Carrier, unit string, at time.Time) (float64, bool) {
	switch unit {
	case api.UnitEUR:
		t, ok := gtc.TariffAt(h.tariffs, c, at)
		return t.EURPerKWh, ok
	case api.UnitKgCO2:
		f, ok := gtc.FactorAt(h.factors, c, at)
		return f.KgCO2PerKWh, ok
	}
	return 1, true
}
