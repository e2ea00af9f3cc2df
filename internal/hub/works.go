package hub

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/register"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/works"
)

// openRegister opens the works register.
func (h *Hub) openRegister(ctx context.Context) error {
	js, err := jetstream.New(h.bus.Conn())
	if err != nil {
		return fmt.Errorf("open works register: %w", err)
	}
	h.register, err = register.Open(ctx, js)
	return err
}

// followRegister lets the meters of a site be judged again when its register
// changes, whoever changed it.
func (h *Hub) followRegister(ctx context.Context) error {
	return h.register.Follow(ctx, func(site gtc.SiteID) {
		h.energy.reconsider(site)
		h.changes.tell(site, "finding", h.now())
	}, func(err error) { h.log.Error().Err(err).Msg("works register not usable; the former one holds") })
}

// Record adds an entry to the register, or replaces the one of its id.
func (h *Hub) Record(ctx context.Context, e works.Entry) (string, error) {
	s := h.byID[e.Site]
	if e.ID == "" && s == nil {
		return "", fmt.Errorf("record works of %q: %w", e.Site, works.ErrUnknown)
	}
	to := "changed"
	if e.ID == "" {
		e.ID, to = strings.ToLower(rand.Text()[:10]), "added"
	} else if old, ok := h.register.All().Entry(e.ID); ok {
		e.Site = old.Site
		s = h.byID[e.Site]
	}
	if s != nil {
		for _, m := range e.Meters {
			if !slices.ContainsFunc(s.Meters, func(x gtc.Meter) bool { return x.Equipment == m }) {
				return e.ID, fmt.Errorf("record works of %s/%s: %w", e.Site, m, works.ErrUnknown)
			}
		}
	}
	err := h.changeRegister(ctx, registerChange{e.Site, e.ID, to, e.By, e.Description}, func(r works.Register) (works.Register, error) {
		if to == "added" {
			return r.Add(e)
		}
		return r.Replace(e)
	})
	return e.ID, err
}

// CloseWorks ends an open entry on its last day.
func (h *Hub) CloseWorks(ctx context.Context, id string, last works.Day, by string) error {
	e, _ := h.register.All().Entry(id)
	return h.changeRegister(ctx, registerChange{e.Site, id, "closed", by, string(last)}, func(r works.Register) (works.Register, error) {
		return r.Close(id, last, by, h.now())
	})
}

// StrikeWorks takes the effect of a wrong entry away.
func (h *Hub) StrikeWorks(ctx context.Context, id, by, reason string) error {
	e, _ := h.register.All().Entry(id)
	return h.changeRegister(ctx, registerChange{e.Site, id, "struck", by, reason}, func(r works.Register) (works.Register, error) {
		return r.Strike(id, by, reason, h.now())
	})
}

// MoveBaseline gives a meter another baseline period and keeps the one it had.
func (h *Hub) MoveBaseline(ctx context.Context, m works.Move) error {
	ms := h.energy.imports(m.Site, m.Meter)
	if ms == nil {
		return fmt.Errorf("move baseline of %s/%s: %w", m.Site, m.Meter, works.ErrUnknown)
	}
	h.energy.mu.Lock()
	m.Was = works.ModelOf(ms.baseline)
	h.energy.mu.Unlock()
	reason := fmt.Sprintf("%s..%s: %s", m.From, m.To, m.Reason)
	return h.changeRegister(ctx, registerChange{m.Site, "baseline/" + string(m.Meter), "moved", m.By, reason}, func(r works.Register) (works.Register, error) {
		return r.Move(m)
	})
}

// registerChange is what is said of a change of a register.
type registerChange struct {
	site                    gtc.SiteID
	subject, to, by, reason string
}

// changeRegister keeps a change of a site's register and says it on the bus.
func (h *Hub) changeRegister(ctx context.Context, c registerChange, f func(works.Register) (works.Register, error)) error {
	site, subject, to, by, reason := c.site, c.subject, c.to, c.by, c.reason
	if site == "" {
		return fmt.Errorf("%s in works register: %w", subject, works.ErrUnknown)
	}
	if err := h.register.Change(ctx, site, f); err != nil {
		return err
	}
	now := h.now()
	h.energy.reconsider(site)
	h.changes.tell(site, "finding", now)
	h.log.Info().Str("site", string(site)).Str("subject", subject).Str("to", to).Str("actor", by).Msg("works register")
	ev := gtc.Event{
		ID: fmt.Sprintf("register/%s/%s/%s/%d", site, subject, to, now.UnixMilli()), Site: site, At: now, Received: now,
		Kind: gtc.EventRegister, Subject: subject, To: to, Actor: by, Reason: reason,
	}
	if meter, ok := strings.CutPrefix(subject, "baseline/"); ok {
		ev.Equipment = gtc.EquipmentID(meter)
	}
	if err := h.bus.PublishEvent(ctx, ev); err != nil {
		return fmt.Errorf("publish change of works register of %s: %w", site, err)
	}
	return nil
}

// Baselines returns the moves of a meter's baseline, the last one first.
func (h *Hub) Baselines(_ context.Context, site gtc.SiteID, meter gtc.EquipmentID) ([]works.Move, error) {
	var out []works.Move
	for _, m := range slices.Backward(h.register.Of(site).Moves) {
		if m.Meter == meter {
			out = append(out, m)
		}
	}
	return out, nil
}

// Works returns the register with what works have saved.
func (h *Hub) Works(_ context.Context) (console.WorksBoard, error) {
	now := h.now()
	out := console.WorksBoard{At: now}
	for _, s := range h.sites {
		out.Places = append(out.Places, console.WorksPlace{Site: s.ID, Label: s.Label, Meters: meterRefs(s)})
	}
	slices.SortFunc(out.Places, func(a, b console.WorksPlace) int { return cmp.Compare(a.Label.In("fr"), b.Label.In("fr")) })
	all := h.register.All()
	for _, e := range all.Entries {
		entry := console.WorksEntry{Entry: e}
		if s := h.byID[e.Site]; s != nil {
			entry.SiteLabel = s.Label
			if e.Kind == works.Works && e.Struck == nil {
				entry.Savings = h.savings(s, e, now)
			}
		}
		out.Entries = append(out.Entries, entry)
	}
	out.Moves = slices.Clone(all.Moves)
	slices.Reverse(out.Moves)
	return out, nil
}

// savings judges works on each meter that they touch.
func (h *Hub) savings(s *siteInfo, e works.Entry, now time.Time) []console.PricedSaving {
	var out []console.PricedSaving
	reg := h.register.Of(s.ID)
	year, proven := 0.0, false
	for _, m := range s.Meters {
		if m.Direction != gtc.DirectionImport || m.KWhPerUnit == 0 || !e.Touches(m.Equipment) {
			continue
		}
		days := h.energy.joinedOf(meterKey{s.ID, m.Equipment, m.Direction})
		p := console.PricedSaving{Saving: reg.Judge(e, m.Equipment, baseline.OfSite(&s.Site, m.Carrier), localDays(days, s.Location)), MeterLabel: meterRef(s, m).Label}
		h.priceSaving(&p, m.Carrier, s.Location, now)
		if p.Told() && p.YearEUR != nil {
			year += *p.YearEUR
			proven = proven || p.Proven
		}
		out = append(out, p)
	}
	if e.CostEUR > 0 && proven && year > 0 {
		for i := range out {
			if out[i].Proven {
				out[i].PaybackYears = new(e.CostEUR / year)
			}
		}
	}
	return out
}

// localDays gives days the calendar of the site: what was read back has it, but
// a test's need not.
func localDays(days []baseline.Day, loc *time.Location) []baseline.Day {
	if len(days) == 0 || days[0].Date.Location() == loc {
		return days
	}
	out := slices.Clone(days)
	for i := range out {
		out[i].Date = out[i].Date.In(loc)
	}
	return out
}

// priceSaving computes money and CO2 at the mean of the prices and factors of
// the days compared, a year's at today's. A day without a price leaves the
// saving without one, and the tariff says which day.
func (h *Hub) priceSaving(p *console.PricedSaving, c gtc.Carrier, loc *time.Location, now time.Time) {
	if !p.Told() {
		return
	}
	from, to, today := p.From.Time(loc), p.To.Next().Time(loc), civil(now, loc)
	if t, ok := gtc.TariffAt(h.tariffs, c, today); ok {
		p.YearEUR, p.Tariff = new(p.YearKWh*t.EURPerKWh), t.Source
		mean, missing := meanWhole(from, to, loc, t.EURPerKWh, func(d time.Time) (float64, bool) {
			x, ok := gtc.TariffAt(h.tariffs, c, d)
			return x.EURPerKWh, ok
		})
		if missing.IsZero() {
			p.EUR, p.BandEUR = new(p.SavingKWh*mean), new(p.BandKWh*mean)
		} else {
			p.Tariff += " (aucun prix au " + missing.Format(time.DateOnly) + ")"
		}
	}
	if f, ok := gtc.FactorAt(h.factors, c, today); ok {
		mean, missing := meanWhole(from, to, loc, f.KgCO2PerKWh, func(d time.Time) (float64, bool) {
			x, ok := gtc.FactorAt(h.factors, c, d)
			return x.KgCO2PerKWh, ok
		})
		if missing.IsZero() {
			p.KgCO2 = new(p.SavingKWh * mean)
		}
	}
}

// imports returns the state of a meter of which a site takes energy, nil when
// there is none.
func (e *energyRules) imports(site gtc.SiteID, meter gtc.EquipmentID) *meterState {
	return e.meters[meterKey{site, meter, gtc.DirectionImport}]
}

// reconsider lets all meters of a site be judged again at the next pass.
func (e *energyRules) reconsider(site gtc.SiteID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reconsidered[site] = true
}

// takeReconsidered marks the meters of sites that are to be judged again; the
// pass calls it.
func (e *energyRules) takeReconsidered() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ms := range e.order {
		if e.reconsidered[ms.site.ID] {
			ms.judged = false
		}
	}
	clear(e.reconsidered)
}

// registerOf is the register of a site, an empty one where there is none.
func (e *energyRules) registerOf(site gtc.SiteID) works.Register {
	if e.works == nil {
		return works.Register{}
	}
	return e.works(site)
}

// adjusted changes an expectation as the register says.
func (ms *meterState) adjusted(x baseline.Expectation, day time.Time) baseline.Expectation {
	if len(ms.register.Entries) == 0 {
		return x
	}
	kwh, share := ms.register.Adjustment(ms.meter.Equipment, works.DayOf(day.In(ms.site.Location)))
	if kwh == 0 && share == 0 {
		return x
	}
	by := kwh + share*x.KWh
	return baseline.Expectation{KWh: max(0, x.KWh+by), Low: max(0, x.Low+by), High: max(0, x.High+by)}
}

var (
	_ console.FindingModel   = (*Hub)(nil)
	_ console.FindingActions = (*Hub)(nil)
)
