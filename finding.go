package gtc

import "time"

// FindingKind is what an energy rule concludes.
type FindingKind string

// The kinds of findings.
const (
	FindingDrift  FindingKind = "drift"
	FindingSaving FindingKind = "saving"
	FindingData   FindingKind = "data"
)

// FindingState is how far people have come with a finding.
type FindingState string

// The states of a finding. What the detector does meanwhile is told beside
// them: a finding that is over may still wait for somebody.
const (
	// FindingNew is that nobody has looked at it yet.
	FindingNew FindingState = "new"
	// FindingAccepted is that a person holds it for true.
	FindingAccepted FindingState = "accepted"
	// FindingInProgress is that its owner works on it.
	FindingInProgress FindingState = "in_progress"
	// FindingCorrected is that the owner says that its cause is gone.
	FindingCorrected FindingState = "corrected"
	// FindingVerified is that consumption shows it and a person confirmed it.
	FindingVerified FindingState = "verified"
	// FindingRejected is that a person does not hold it for true, and why.
	FindingRejected FindingState = "rejected"
)

// Cause is one explanation that the evidence supports.
type Cause struct {
	// ID is night, weekend, slope, base, summer or control.
	ID string `json:"id"`
	// KWh is the part of the excess it explains.
	KWh   float64 `json:"kwh"`
	Label Label   `json:"label,omitempty"`
}

// Finding is what an energy rule concludes about a meter over an interval. It
// is not an alarm: nobody is paged. Money and CO2 are not part of it; they
// are computed from kWh with dated tariffs and factors when it is shown.
type Finding struct {
	// ID is site/meter/rule/onset, with the equipment before the onset where
	// there is one; unique and stable while the finding lasts.
	ID    string      `json:"id"`
	Site  SiteID      `json:"site"`
	Meter EquipmentID `json:"meter"`
	// Equipment is what the rule looked at when that is not the meter itself.
	Equipment EquipmentID `json:"equipment,omitempty"`

	Carrier Carrier      `json:"carrier"`
	Rule    string       `json:"rule"`
	Kind    FindingKind  `json:"kind"`
	State   FindingState `json:"state"`
	// Detected is the first day on which the rule could have said it.
	Detected time.Time `json:"detected"`
	// Onset is the day from which consumption left its baseline.
	Onset time.Time `json:"onset"`
	// End is the first day after it was over, zero while it lasts.
	End time.Time `json:"end,omitzero"`
	// Through is the last day judged.
	Through time.Time `json:"through,omitzero"`
	// ExcessKWh is observed minus expected since the onset, in kWh.
	ExcessKWh float64 `json:"excess_kwh"`
	// ExcessPct is the excess in per cent of the expected consumption.
	ExcessPct float64 `json:"excess_pct"`
	// BandPct is the half-width of the 90 % band of ExcessPct, in points.
	BandPct float64 `json:"band_pct"`
	// Confidence is the probability that the excess is not chance, 0 to 1.
	Confidence float64 `json:"confidence"`
	// KWhPerWeek is the excess of the last four weeks, per week.
	KWhPerWeek float64 `json:"kwh_per_week"`
	Causes     []Cause `json:"causes,omitempty"`
	// Text says in words what was found, when known to the rule.
	Text Label `json:"text,omitempty"`
	// Inputs show the rule's working: model, baseline period, parameters.
	Inputs map[string]string `json:"inputs,omitempty"`
}
