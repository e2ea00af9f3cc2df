package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// findings are the findings of all meters as last published.
type findings struct {
	mu    sync.Mutex
	byID  map[string]gtc.Finding
	meter map[meterKey]map[string]bool
}

func newFindings(restored []gtc.Finding) *findings {
	f := &findings{byID: map[string]gtc.Finding{}, meter: map[meterKey]map[string]bool{}}
	for _, x := range restored {
		f.byID[x.ID] = x
	}
	return f
}

// change is what became of one finding.
type change struct {
	finding  gtc.Finding
	from, to string
}

// update compares a meter's new findings with those known and returns what
// changed; the new state is taken over by [findings.keep].
func (f *findings) update(k meterKey, news []gtc.Finding) []change {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []change
	seen := map[string]bool{}
	for _, n := range news {
		seen[n.ID] = true
		old, known := f.byID[n.ID]
		switch {
		case !known:
			out = append(out, change{n, "", "new"})
			if !n.End.IsZero() {
				out = append(out, change{n, "new", "ended"})
			}
		case old.End.IsZero() && !n.End.IsZero():
			out = append(out, change{n, "new", "ended"})
		case !old.End.IsZero() && n.End.IsZero():
			out = append(out, change{n, "ended", "new"})
		case !same(old, n):
			out = append(out, change{n, "", ""})
		}
	}
	for id, old := range f.byID {
		if old.Site == k.site && old.Meter == k.meter && !seen[id] {
			out = append(out, change{old, "new", "withdrawn"})
		}
	}
	return out
}

func same(a, b gtc.Finding) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

func (f *findings) keep(c change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c.to == "withdrawn" {
		delete(f.byID, c.finding.ID)
		return
	}
	f.byID[c.finding.ID] = c.finding
}

// open returns the findings that still last, of one site or, with "", of all.
func (f *findings) open(site gtc.SiteID) []gtc.Finding {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []gtc.Finding
	for _, x := range f.byID {
		if x.End.IsZero() && (site == "" || x.Site == site) {
			out = append(out, x)
		}
	}
	return out
}

// of returns all findings of one meter, ended ones too.
func (f *findings) of(site gtc.SiteID, meter gtc.EquipmentID) []gtc.Finding {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []gtc.Finding
	for _, x := range f.byID {
		if x.Site == site && x.Meter == meter {
			out = append(out, x)
		}
	}
	return out
}

// publishFindings keeps what became of a meter's findings and says it on the
// bus. The event id names the state, so that saying it twice is harmless.
func (h *Hub) publishFindings(ctx context.Context, k meterKey, news []gtc.Finding) error {
	for _, c := range h.findings.update(k, news) {
		key := keyFinding + c.finding.ID
		var err error
		if c.to == "withdrawn" {
			err = h.bus.State().Delete(ctx, key)
		} else {
			err = putJSON(ctx, h.bus.State(), key, c.finding)
		}
		if err != nil {
			return fmt.Errorf("keep finding %s: %w", c.finding.ID, err)
		}
		if c.to != "" {
			if err := h.bus.PublishEvent(ctx, findingEvent(c, h.now())); err != nil {
				return fmt.Errorf("publish finding %s: %w", c.finding.ID, err)
			}
			h.log.Info().Str("site", string(k.site)).Str("meter", string(k.meter)).Str("rule", c.finding.Rule).
				Str("kind", string(c.finding.Kind)).Str("to", c.to).Float64("excess_kwh", c.finding.ExcessKWh).
				Time("onset", c.finding.Onset).Msg("finding")
		}
		h.findings.keep(c)
		h.changes.tell(k.site, "finding", h.now())
	}
	return nil
}

// findingEvent says when a finding was made or over at its source: the day
// after the last one it took to see it.
func findingEvent(c change, now time.Time) gtc.Event {
	at := c.finding.Detected
	if c.to == "ended" {
		at = c.finding.End
	}
	if c.to == "withdrawn" || at.IsZero() {
		at = now
	}
	f := c.finding
	id := "finding/" + f.ID + "/" + c.to
	if c.to == "withdrawn" || c.from == "ended" {
		id += "/" + now.Format("20060102T150405.000")
	}
	return gtc.Event{
		ID: id, Site: f.Site, At: at.UTC(), Received: now, Kind: gtc.EventFinding, Subject: f.Rule, From: c.from, To: c.to,
		Actor: "rules/energy", Equipment: f.Meter, Priority: gtc.PriorityDrift, Value: &f.ExcessKWh, Finding: &f,
	}
}
