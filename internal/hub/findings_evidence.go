package hub

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
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
)

// inputPeriod is the input of a finding that names its baseline period.
const inputPeriod = "baseline"

// whyGone says why a finding is not found any more: its days are inside works,
// the baseline was moved, bad data explain it, or late data changed its days.
func (h *Hub) whyGone(r finding.Record) string {
	if ms := h.energy.imports(r.Site, r.Meter); ms != nil && !why.Owns(r.Finding) {
		h.energy.mu.Lock()
		reg, period := ms.register, periodText(ms)
		h.energy.mu.Unlock()
		day := works.DayOf(r.Detected.In(ms.site.Location))
		kwh, share := reg.Adjustment(r.Meter, day)
		switch {
		case reg.Excludes(r.Meter, day) || kwh != 0 || share != 0:
			return goneWorks
		case r.Inputs[inputPeriod] != "" && r.Inputs[inputPeriod] != period:
			return goneBaseline
		}
	}
	explains := func(f gtc.Finding) bool {
		return f.Kind == gtc.FindingData && f.ID != r.ID && !f.Onset.After(r.Detected) && (f.End.IsZero() || f.End.After(r.Onset))
	}
	if r.Kind != gtc.FindingData && slices.ContainsFunc(h.findings.of(r.Site, r.Meter), explains) {
		return goneData
	}
	return goneRecomputed
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
	}
	f.Inputs["query"] = fmt.Sprintf(
		"SELECT kwh, expected_kwh, expected_low, expected_high, coverage FROM %s WHERE site=%s AND meter=%s AND direction=%s AND step='day' AND time >= %dms",
		influx.MeasurementEnergy, influx.Quote(string(f.Site)), influx.Quote(string(f.Meter)), influx.Quote(string(gtc.DirectionImport)),
		f.Onset.AddDate(0, 0, -60).UTC().UnixMilli())
	return f
}
