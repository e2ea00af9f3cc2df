package hub

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/drift"
	"github.com/cpas-charleroi/gtc/rules/finding"
	"github.com/cpas-charleroi/gtc/rules/why"
	"github.com/cpas-charleroi/gtc/rules/works"
)

// Why a finding disappeared; the console has words for them.
const (
	goneRecomputed = "recomputed"
	goneBaseline   = "baseline"
	goneWorks      = "works"
	goneData       = "data"
	goneCause      = "cause"
)

// Inputs of a finding that tell its baseline: the period, and the operating
// calendar and static factors where the site has any.
const (
	inputPeriod   = "baseline"
	inputCalendar = "calendar"
	inputFactors  = "static_factors"
)

// operation is what a site says of its use, as inputs of a finding; "" for
// nothing.
func operation(s *gtc.Site) map[string]string {
	factors := make([]string, len(s.StaticFactors))
	for i, f := range s.StaticFactors {
		factors[i] = baseline.FactorText(f)
	}
	return map[string]string{inputCalendar: (*baseline.Calendar)(s.Calendar).String(), inputFactors: strings.Join(factors, "; ")}
}

// rebased reports whether a finding was judged by another baseline than the
// one that holds.
func rebased(inputs map[string]string, period string, s *gtc.Site) bool {
	if inputs[inputPeriod] == "" {
		return false
	}
	for k, v := range operation(s) {
		if inputs[k] != v {
			return true
		}
	}
	return inputs[inputPeriod] != period
}

// whyGone says why a finding is not found any more: its days are inside works,
// the baseline was moved, bad data or the cause of a plant that does not heat
// explain it, or late data changed its days.
func (h *Hub) whyGone(r finding.Record) string {
	if why.Owns(r.Finding) && !why.Dangerous(r.Finding) && h.underWorks(r) {
		return goneWorks
	}
	if ms := h.energy.imports(r.Site, r.Meter); ms != nil && !why.Owns(r.Finding) {
		h.energy.mu.Lock()
		reg, period := ms.register, periodText(ms)
		h.energy.mu.Unlock()
		day := works.DayOf(r.Detected.In(ms.site.Location))
		kwh, share := reg.Adjustment(r.Meter, day)
		switch {
		case reg.Excludes(r.Meter, day) || kwh != 0 || share != 0:
			return goneWorks
		case rebased(r.Inputs, period, ms.site):
			return goneBaseline
		}
	}
	if kind, ok := h.why.explained[r.ID]; ok {
		if kind == gtc.FindingData {
			return goneData
		}
		return goneCause
	}
	explains := func(f gtc.Finding) bool {
		return f.Kind == gtc.FindingData && f.ID != r.ID && !f.Onset.After(r.Detected) && (f.End.IsZero() || f.End.After(r.Onset))
	}
	if r.Kind != gtc.FindingData && slices.ContainsFunc(h.findings.of(r.Site, r.Meter), explains) {
		return goneData
	}
	return goneRecomputed
}

// underWorks reports whether a day by which a finding was made lies inside works.
func (h *Hub) underWorks(r finding.Record) bool {
	reg, loc := h.energy.registerOf(r.Site), h.locate(r.Site)
	last := works.DayOf(r.Detected.In(loc))
	for d := works.DayOf(r.Onset.In(loc)); d <= last; d = d.Next() {
		if reg.Excludes(r.Meter, d) {
			return true
		}
	}
	return false
}

// periodText names the period of a meter's baseline, first and last day.
func periodText(ms *meterState) string {
	if len(ms.baseline.Segments) == 0 {
		return ""
	}
	return ms.baseline.From.Format(time.DateOnly) + "/" + ms.baseline.To.AddDate(0, 0, -1).Format(time.DateOnly)
}

// evident adds to a finding of the drift detector what shows it: the version of
// program and rule, the baseline it was judged by, and the query of its days.
func (h *Hub) evident(f gtc.Finding) gtc.Finding {
	f.Inputs = maps.Clone(f.Inputs)
	if f.Inputs == nil {
		f.Inputs = map[string]string{}
	}
	version := drift.Version
	if why.Owns(f) {
		version = why.Version
	}
	f.Inputs["version"] = cmp.Or(h.version, "gtc") + " · " + version
	ms := h.energy.imports(f.Site, f.Meter)
	if ms == nil || why.Owns(f) {
		return f
	}
	h.energy.mu.Lock()
	b, period := ms.baseline, periodText(ms)
	h.energy.mu.Unlock()
	if period != "" {
		f.Inputs[inputPeriod] = period
		f.Inputs["model"] = b.Model
		f.Inputs["days"] = fmt.Sprint(b.Metrics.N)
		f.Inputs["cvrmse"] = fmt.Sprintf("%.3f", b.Metrics.CVRMSE)
		for k, v := range operation(ms.site) {
			if v != "" {
				f.Inputs[k] = v
			}
		}
	}
	f.Inputs["query"] = fmt.Sprintf(
		"SELECT kwh, expected_kwh, expected_low, expected_high, coverage FROM %s WHERE site=%s AND meter=%s AND direction=%s AND step='day' AND time >= %dms",
		influx.MeasurementEnergy, influx.Quote(string(f.Site)), influx.Quote(string(f.Meter)), influx.Quote(string(gtc.DirectionImport)),
		f.Onset.AddDate(0, 0, -60).UTC().UnixMilli())
	return f
}
