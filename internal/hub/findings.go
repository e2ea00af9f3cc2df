package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/finding"
)

// findings are the records of all findings as last kept.
type findings struct {
	// busy is held while records are changed and kept.
	busy   sync.Mutex
	keeper *keeper

	mu   sync.Mutex
	byID map[string]finding.Record
}

func newFindings(k *keeper, restored []finding.Record) *findings {
	f := &findings{keeper: k, byID: map[string]finding.Record{}}
	for i := range restored {
		f.byID[restored[i].ID] = restored[i]
	}
	return f
}

// restoreFindings reads the kept records, those too that were kept before
// findings had a life.
func (k *keeper) restoreFindings(ctx context.Context) ([]finding.Record, error) {
	keys, err := k.kv.ListKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	var names []string
	for key := range keys.Keys() {
		if strings.HasPrefix(key, keyFinding) {
			names = append(names, key)
		}
	}
	var out []finding.Record
	for _, key := range names {
		data, ok, err := k.load(ctx, key)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		var r finding.Record
		if err := json.Unmarshal(data, &r); err != nil {
			return nil, fmt.Errorf("read state %s: %w", key, err)
		}
		if r.State == "" {
			r.State = gtc.FindingNew
		}
		out = append(out, r)
	}
	return out, nil
}

// open returns the findings that still last and that nobody has closed, of one
// site or, with "", of all.
func (f *findings) open(site gtc.SiteID) []gtc.Finding {
	return f.which(func(r *finding.Record) bool { return r.Open() && (site == "" || r.Site == site) })
}

// of returns all findings of one meter, ended ones too, withdrawn ones not.
func (f *findings) of(site gtc.SiteID, meter gtc.EquipmentID) []gtc.Finding {
	return f.which(func(r *finding.Record) bool {
		return r.Site == site && r.Meter == meter && r.Course() != finding.Withdrawn
	})
}

func (f *findings) which(fits func(*finding.Record) bool) []gtc.Finding {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []gtc.Finding
	for _, r := range f.byID {
		if fits(&r) {
			out = append(out, r.Finding)
		}
	}
	return out
}

// records returns all records in order of id.
func (f *findings) records() []finding.Record {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]finding.Record, 0, len(f.byID))
	for _, id := range slices.Sorted(maps.Keys(f.byID)) {
		out = append(out, f.byID[id])
	}
	return out
}

// known returns the records of one meter, in order of id.
func (f *findings) known(k meterKey) []finding.Record {
	return slices.DeleteFunc(f.records(), func(r finding.Record) bool { return r.Site != k.site || r.Meter != k.meter })
}

func (f *findings) record(id string) (finding.Record, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, ok := f.byID[id]
	return r, ok
}

func (f *findings) set(r finding.Record) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.byID[r.ID] = r
}

// publishFindings takes over what the rules say of a meter now: keeps what
// became of each finding and says it on the bus. What they do not say any more
// is kept as withdrawn, with the reason.
func (h *Hub) publishFindings(ctx context.Context, k meterKey, news []gtc.Finding) error {
	known := h.findings.known(k)
	now := h.now()
	seen := map[string]bool{}
	for _, f := range finding.Match(known, news) {
		seen[f.ID] = true
		if err := h.changeFinding(ctx, f.ID, finding.Input{Kind: finding.See, At: now, By: finding.ByDetector, Finding: h.evident(f)}); err != nil {
			return err
		}
	}
	for i := range known {
		if seen[known[i].ID] {
			continue
		}
		in := finding.Input{Kind: finding.Lose, At: now, By: finding.ByDetector, Reason: h.whyGone(known[i])}
		if err := h.changeFinding(ctx, known[i].ID, in); err != nil {
			return err
		}
	}
	return nil
}

// errContended says that a record changes faster than it can be kept.
var errContended = errors.New("another hub changes it all the time")

// changeFinding does something to a finding, keeps the record and publishes
// what became of it. What another hub wrote meanwhile is not overwritten: the
// same is done to that.
func (h *Hub) changeFinding(ctx context.Context, id string, in finding.Input) error {
	h.findings.busy.Lock()
	defer h.findings.busy.Unlock()
	for range 5 {
		was, known := h.findings.record(id)
		if !known && in.Kind != finding.See {
			return fmt.Errorf("%s finding %s: %w", in.Kind, id, finding.ErrUnknown)
		}
		next, err := was.Apply(in)
		if err != nil {
			return err
		}
		theirs, err := h.findings.keeper.put(ctx, keyFinding+id, next)
		if err != nil {
			return fmt.Errorf("keep finding %s: %w", id, err)
		}
		if theirs != nil {
			h.metrics.conflicts.Inc()
			var other finding.Record
			if err := json.Unmarshal(theirs, &other); err != nil {
				return fmt.Errorf("read state %s%s: %w", keyFinding, id, err)
			}
			h.findings.set(other)
			continue
		}
		h.findings.set(next)
		return h.sayFinding(ctx, next)
	}
	return fmt.Errorf("keep finding %s: %w", id, errContended)
}

// sayFinding publishes the steps of a record that were not yet, and keeps that
// they were. The event's id names the step: saying it twice is harmless.
func (h *Hub) sayFinding(ctx context.Context, r finding.Record) error {
	said := r.Said
	for _, s := range r.Steps {
		if s.N <= r.Said {
			continue
		}
		if err := h.bus.PublishEvent(ctx, findingEvent(r, s, h.now())); err != nil {
			return fmt.Errorf("publish finding %s: %w", r.ID, err)
		}
		h.log.Info().Str("site", string(r.Site)).Str("meter", string(r.Meter)).Str("rule", r.Rule).Str("kind", string(r.Kind)).
			Str("to", s.What).Str("actor", s.By).Float64("excess_kwh", r.ExcessKWh).Time("onset", r.Onset).Msg("finding")
		said = s.N
	}
	if said == r.Said {
		return nil
	}
	h.changes.tell(r.Site, "finding", h.now())
	r.Said = said
	theirs, err := h.findings.keeper.put(ctx, keyFinding+r.ID, r)
	if err != nil {
		return fmt.Errorf("keep finding %s: %w", r.ID, err)
	}
	if theirs == nil { // else another hub has gone on with it and says the rest
		h.findings.set(r)
	}
	return nil
}

// sayFindings publishes what a hub kept and could not say before it ended.
func (h *Hub) sayFindings(ctx context.Context) error {
	h.findings.busy.Lock()
	defer h.findings.busy.Unlock()
	for _, r := range h.findings.records() {
		if n := len(r.Steps); n == 0 || r.Steps[n-1].N <= r.Said {
			continue
		}
		if err := h.sayFinding(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// findingEvent says a step. What the detector found and saw end is stamped with
// the day on which it could first have been known.
func findingEvent(r finding.Record, s finding.Step, now time.Time) gtc.Event {
	at := s.At
	switch s.What {
	case string(gtc.FindingNew):
		at = r.Detected
	case finding.DidEnd:
		at = r.End
	}
	if at.IsZero() {
		at = s.At
	}
	f, excess, reason := r.Finding, s.ExcessKWh, s.Reason
	f.State = s.To
	if s.Class != "" {
		reason = string(s.Class) + ": " + reason
	}
	return gtc.Event{
		ID: fmt.Sprintf("finding/%s/%d/%s", r.ID, s.N, s.What), Site: r.Site, At: at.UTC(), Received: now, Kind: gtc.EventFinding,
		Subject: r.ID, From: string(s.From), To: s.What, Actor: s.By, Reason: reason, Equipment: r.Meter, Priority: gtc.PriorityDrift,
		Until: s.Due, Value: &excess, Finding: &f,
	}
}
