package backtest

import (
	"slices"

	"github.com/cpas-charleroi/gtc"
)

// Status is what became of a fault.
type Status string

// The states of a fault after a backtest.
const (
	StatusFound      Status = "found"
	StatusMissed     Status = "missed"
	StatusUnprovable Status = "unprovable"
	// StatusNotJudged: no meter that it touches was judged after it began.
	StatusNotJudged Status = "not_judged"
	// StatusHandled and StatusMisled are for instruments: nothing false was
	// said because of it, or something was.
	StatusHandled Status = "handled"
	StatusMisled  Status = "misled"
)

// Report is the result of a backtest. Dates are calendar days, 2006-01-02.
type Report struct {
	// From and To are the first and the last day of which something was judged.
	From string `json:"from"`
	To   string `json:"to"`
	// Scored says that a truth was given.
	Scored bool `json:"scored"`
	// Meters counts the meters judged, MeterYears their judged days over 365.25.
	Meters     int     `json:"meters"`
	MeterYears float64 `json:"meter_years"`
	// NotJudged are the other meters and why.
	NotJudged []NotJudged    `json:"not_judged"`
	Total     Line           `json:"total"`
	Kinds     []Line         `json:"kinds"`
	False     FalseFindings  `json:"false"`
	Faults    []FaultScore   `json:"faults"`
	Findings  []FindingScore `json:"findings"`
}

// NotJudged is a meter that could not be judged.
type NotJudged struct {
	Site   gtc.SiteID      `json:"site"`
	Meter  gtc.EquipmentID `json:"meter"`
	Reason string          `json:"reason"`
}

// FalseFindings counts what was said and was not there. Findings on the data
// and savings are counted apart, because they are read by other people.
type FalseFindings struct {
	Drift  int `json:"drift"`
	Saving int `json:"saving"`
	Data   int `json:"data"`
	// PerMeterYear is that of all three.
	PerMeterYear float64 `json:"per_meter_year"`
}

// Line sums the faults of one kind, or of all.
type Line struct {
	Kind string `json:"kind"`
	// Faults counts all; the others are a partition of it.
	Faults     int `json:"faults"`
	Found      int `json:"found"`
	Missed     int `json:"missed"`
	Unprovable int `json:"unprovable"`
	NotJudged  int `json:"not_judged"`
	Handled    int `json:"handled"`
	Misled     int `json:"misled"`
	// Masked counts those of the missed and unprovable that another open
	// finding hid.
	Masked int `json:"masked"`
	// DelayP50 and DelayP90 are days from the fault's first day to detection,
	// over the found ones; absent when none is.
	DelayP50 *int `json:"delay_p50_days"`
	DelayP90 *int `json:"delay_p90_days"`
	// EffectP50 and EffectP90 are the same from the first day on which the
	// fault was felt: a setback lost in July costs nothing before October.
	EffectP50 *int `json:"effect_delay_p50_days"`
	EffectP90 *int `json:"effect_delay_p90_days"`
	// CauseRight counts the found drifts whose first cause is one that the
	// kind can have, CauseNamed those of which it can be said.
	CauseRight int `json:"cause_right"`
	CauseNamed int `json:"cause_named"`
	// EstimatedKWh is what the findings say, TrueKWh what was so on the same
	// days; Ratio is the one over the other, absent when nothing was found.
	EstimatedKWh float64  `json:"estimated_kwh"`
	TrueKWh      float64  `json:"true_kwh"`
	Ratio        *float64 `json:"ratio"`
	// LostKWh is what the missed and unprovable ones added.
	LostKWh float64 `json:"lost_kwh"`

	delays, effects []int
}

// FaultScore is what became of one fault.
type FaultScore struct {
	ID     string     `json:"id"`
	Site   gtc.SiteID `json:"site"`
	Kind   string     `json:"kind"`
	From   string     `json:"from"`
	To     string     `json:"to,omitempty"`
	Status Status     `json:"status"`
	// Why says why it was not judged or not found, "" otherwise.
	Why string `json:"why,omitempty"`
	// Meter is the one whose finding counts, Finding that finding.
	Meter    gtc.EquipmentID `json:"meter,omitempty"`
	Finding  string          `json:"finding,omitempty"`
	Detected string          `json:"detected,omitempty"`
	// DelayDays is from its first day to the detection on any meter.
	DelayDays *int `json:"delay_days,omitempty"`
	// Felt is the first day on which it added at least 1 % ([Material]) of what
	// was expected on Meter, EffectDays from there to the detection, 0 when it
	// was detected before.
	Felt       string `json:"felt,omitempty"`
	EffectDays *int   `json:"effect_delay_days,omitempty"`
	// Cause is the first cause of the finding, Right whether it can be.
	Cause string `json:"cause,omitempty"`
	Right *bool  `json:"cause_right,omitempty"`
	// EstimatedKWh and TrueKWh are those of the days of its findings on Meter.
	EstimatedKWh float64 `json:"estimated_kwh"`
	TrueKWh      float64 `json:"true_kwh"`
	// TotalKWh is what it changed in all the days seen, on the meter that it
	// touches most; ProvableKWh is the least that could be proven of them.
	TotalKWh    float64  `json:"total_kwh"`
	ProvableKWh *float64 `json:"provable_kwh"`
	// Masked is the finding that was open on its meter when it began.
	Masked string `json:"masked,omitempty"`
}

// FindingScore is a finding and the verdict on it.
type FindingScore struct {
	ID        string          `json:"id"`
	Site      gtc.SiteID      `json:"site"`
	Meter     gtc.EquipmentID `json:"meter"`
	Kind      gtc.FindingKind `json:"kind"`
	Rule      string          `json:"rule"`
	Onset     string          `json:"onset"`
	Detected  string          `json:"detected"`
	End       string          `json:"end,omitempty"`
	ExcessKWh float64         `json:"excess_kwh"`
	ExcessPct float64         `json:"excess_pct"`
	Cause     string          `json:"cause,omitempty"`
	Verdict   Verdict         `json:"verdict"`
	// Fault is the fault it is about; for a false one, the fault of an
	// instrument that misled it.
	Fault     string `json:"fault,omitempty"`
	DelayDays *int   `json:"delay_days,omitempty"`
}

// add counts a fault.
func (l *Line) add(f FaultScore) {
	l.Faults++
	switch f.Status {
	case StatusFound:
		l.Found++
		l.EstimatedKWh += f.EstimatedKWh
		l.TrueKWh += f.TrueKWh
	case StatusMissed:
		l.Missed++
		l.LostKWh += f.TotalKWh
	case StatusUnprovable:
		l.Unprovable++
		l.LostKWh += f.TotalKWh
	case StatusNotJudged:
		l.NotJudged++
	case StatusHandled:
		l.Handled++
	case StatusMisled:
		l.Misled++
	}
	if f.Masked != "" {
		l.Masked++
	}
	if f.DelayDays != nil {
		l.delays = append(l.delays, *f.DelayDays)
	}
	if f.EffectDays != nil {
		l.effects = append(l.effects, *f.EffectDays)
	}
	if f.Right != nil {
		l.CauseNamed++
		if *f.Right {
			l.CauseRight++
		}
	}
}

// finish computes what needs all faults.
func (l *Line) finish() {
	l.DelayP50, l.DelayP90 = percentile(l.delays, 50), percentile(l.delays, 90)
	l.EffectP50, l.EffectP90 = percentile(l.effects, 50), percentile(l.effects, 90)
	if l.TrueKWh != 0 {
		ratio := l.EstimatedKWh / l.TrueKWh
		l.Ratio = &ratio
	}
}

// percentile returns the least value that p per cent do not exceed.
func percentile(days []int, p int) *int {
	if len(days) == 0 {
		return nil
	}
	days = slices.Clone(days)
	slices.Sort(days)
	v := days[max(0, (len(days)*p+99)/100-1)]
	return &v
}

// sum makes the lines by kind, in order of name, and the total.
func (r *Report) sum() {
	byKind := map[string]*Line{}
	r.Total.Kind = "total"
	var kinds []string
	for _, f := range r.Faults {
		if byKind[f.Kind] == nil {
			byKind[f.Kind] = &Line{Kind: f.Kind}
			kinds = append(kinds, f.Kind)
		}
		byKind[f.Kind].add(f)
		r.Total.add(f)
	}
	slices.Sort(kinds)
	r.Kinds = make([]Line, 0, len(kinds))
	for _, k := range kinds {
		byKind[k].finish()
		r.Kinds = append(r.Kinds, *byKind[k])
	}
	r.Total.finish()
	for _, f := range r.Findings {
		if f.Verdict != VerdictFalse {
			continue
		}
		switch f.Kind {
		case gtc.FindingDrift:
			r.False.Drift++
		case gtc.FindingSaving:
			r.False.Saving++
		case gtc.FindingData:
			r.False.Data++
		}
	}
	if r.MeterYears > 0 {
		r.False.PerMeterYear = float64(r.False.Drift+r.False.Saving+r.False.Data) / r.MeterYears
	}
}
