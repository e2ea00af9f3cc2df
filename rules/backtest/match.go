package backtest

import (
	"math"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

const (
	// Grace is how long after its end a fault may still be found.
	Grace = 28 * 24 * time.Hour
	// Material is the share of the expected consumption that a fault must add
	// for a finding to be about it.
	Material = 0.01
	// LeastPart is the share of what was used beyond the expected that a fault
	// must account for.
	LeastPart = 0.25
	// minRepair is how many days of the baseline a fault must have touched for
	// its repair to be a saving.
	minRepair = 28
)

// Verdict says whether a finding is about something that was there.
type Verdict string

// The verdicts on a finding.
const (
	// VerdictTrue: the first finding of a fault on this meter.
	VerdictTrue Verdict = "true"
	// VerdictRepeat: a further finding of the same fault on this meter.
	VerdictRepeat Verdict = "repeat"
	// VerdictRepair: the end of a fault that was part of the baseline.
	VerdictRepair Verdict = "repair"
	// VerdictFalse: nothing was there.
	VerdictFalse Verdict = "false"
	// VerdictUnknown: there is no truth to compare with.
	VerdictUnknown Verdict = "unknown"
)

// touch is one fault on one meter.
type touch struct {
	fault *known
	run   *Run
	// from and to limit the fault, midnight UTC; to is the end of the history
	// while it lasts.
	from, to time.Time
	// share of the fault's extra consumption that goes through the meter.
	share float64
}

// touches returns the faults on a meter. largest is the size of the largest
// meter of the same site and carrier.
func touches(faults []known, r *Run, largest float64) []touch {
	var out []touch
	for i := range faults {
		f := &faults[i]
		if f.Site != r.Site || !f.touches(r) {
			continue
		}
		x := touch{fault: f, run: r, from: f.From.in(r.location()), to: f.To.in(r.location()), share: 1}
		if end := r.end(); f.To.IsZero() || x.to.After(end) {
			x.to = end
		}
		if largest > 0 && r.size() > 0 {
			x.share = min(1, r.size()/largest)
		}
		out = append(out, x)
	}
	return out
}

// touches reports whether the fault can show on a meter of its site.
func (f *known) touches(r *Run) bool {
	if slices.Contains(f.Meters, r.ID) {
		return true
	}
	return f.physical() && f.total[r.Carrier] != 0
}

// kwh sums what the fault added on the meter over the days [from,to).
func (x touch) kwh(from, to time.Time) float64 {
	sum := 0.0
	for day := later(from, x.from); day.Before(to); day = day.AddDate(0, 0, 1) {
		sum += x.fault.kwh(x.run.Carrier, day, x.from, x.to)
	}
	return sum * x.share
}

// felt returns the first day on which the fault mattered on the meter; false
// when it never did.
func (x touch) felt() (time.Time, bool) {
	for _, d := range x.run.between(x.from, x.to) {
		day := civil(d.Date)
		e, ok := x.run.Fitted.Predict(d)
		if extra := x.kwh(day, day.AddDate(0, 0, 1)); ok && extra != 0 && math.Abs(extra) >= Material*e.KWh {
			return day, true
		}
	}
	return time.Time{}, false
}

// lasting reports whether the fault is there, or was until lately.
func (x touch) lasting(day time.Time) bool {
	return !day.Before(x.from) && !day.After(x.to.Add(Grace))
}

// inBaseline reports whether the fault was part of the baseline.
func (x touch) inBaseline() bool {
	b := x.run.Fitted
	return earlier(x.to, civil(b.To)).Sub(later(x.from, civil(b.From))) >= minRepair*24*time.Hour
}

// repaired reports whether the fault was part of the baseline and has ended.
func (x touch) repaired(day time.Time) bool {
	return x.inBaseline() && !x.fault.To.IsZero() && !x.to.After(day)
}

// explain returns the fault that a finding is about and how. A fault that has
// no finding on the meter yet comes before one that has: a further finding says
// that something more is wrong.
func explain(f gtc.Finding, all []touch, seen map[string]bool) (*touch, Verdict) {
	detected, onset := civil(f.Detected), civil(f.Onset)
	if f.Kind == gtc.FindingData {
		return explainData(detected, all)
	}
	sign := 1.0
	if f.Kind == gtc.FindingSaving {
		sign = -1
	}
	var best *touch
	most := 0.0
	for i := range all {
		x := &all[i]
		if !x.fault.physical() || !x.lasting(detected) {
			continue
		}
		since := later(onset, x.from)
		until := detected.AddDate(0, 0, 1)
		added := sign * x.kwh(since, until)
		used, expected := x.run.against(since, until)
		if added <= 0 || added < Material*expected || added < LeastPart*sign*(used-expected) {
			continue
		}
		fresh, was := !seen[x.fault.ID], best != nil && !seen[best.fault.ID]
		if best == nil || fresh && !was || fresh == was && added > most {
			best, most = x, added
		}
	}
	if best != nil {
		return best, VerdictTrue
	}
	for i := range all {
		x := &all[i]
		if x.fault.physical() && x.repaired(detected) && sign*x.fault.total[x.run.Carrier] < 0 {
			return x, VerdictRepair
		}
	}
	return nil, VerdictFalse
}

// explainData returns the fault behind a finding on the data, the latest of
// several.
func explainData(detected time.Time, all []touch) (*touch, Verdict) {
	var best *touch
	for i := range all {
		x := &all[i]
		stops := x.fault.physical() && x.fault.total[x.run.Carrier] < 0
		if (!x.fault.physical() || stops) && x.lasting(detected) && (best == nil || x.from.After(best.from)) {
			best = x
		}
	}
	if best == nil {
		return nil, VerdictFalse
	}
	return best, VerdictTrue
}

// rightCause reports whether a cause can be that of a kind of fault; known is
// false when nothing is said of the kind.
func rightCause(kind, cause string) (right, known bool) {
	causes := map[string][]string{
		"setback_lost":          {"night", "weekend", "slope", "control"},
		"schedule_wrong":        {"night", "weekend", "slope", "control"},
		"summer_heating":        {"summer", "control"},
		"curve_too_high":        {"slope", "control"},
		"valve_stuck_open":      {"slope", "summer", "control"},
		"pump_always_on":        {"base", "night", "summer", "control"},
		"boiler_short_cycling":  {"slope", "base", "control"},
		"efficiency_loss":       {"slope", "base"},
		"dhw_loop_loss":         {"base", "night", "summer"},
		"base_load_creep":       {"base", "night"},
		"night_ventilation":     {"night", "base", "slope"},
		"window_left_open":      {"slope"},
		"gas_leak_night":        {"night", "base"},
		"outdoor_sensor_offset": {"slope", "control"},
		"room_sensor_offset":    {"slope", "control"},
	}
	set, known := causes[kind]
	return slices.Contains(set, cause), known
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
