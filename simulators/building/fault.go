package building

import "time"

// FaultKind is what goes wrong in the building itself.
type FaultKind string

// The faults of a building. What Size means depends on the kind.
const (
	// SetbackLost: the night and weekend setback is not applied; Size is the
	// share lost, 1 when all.
	SetbackLost FaultKind = "setback_lost"
	// CurveTooHigh: the heating curve is shifted up by Size kelvin.
	CurveTooHigh FaultKind = "curve_too_high"
	// BaseLoadCreep: the electric base load grows by the share Size.
	BaseLoadCreep FaultKind = "base_load_creep"
	// DHWLoopLoss: the circulation loop loses Size times more in addition
	// (1 doubles the loss).
	DHWLoopLoss FaultKind = "dhw_loop_loss"
	// BoilerLockout: the burner does not start; Size is not used.
	BoilerLockout FaultKind = "boiler_lockout"
)

// FaultKinds lists the faults of a building.
func FaultKinds() []FaultKind {
	return []FaultKind{SetbackLost, CurveTooHigh, BaseLoadCreep, DHWLoopLoss, BoilerLockout}
}

// Fault is something wrong from an instant on.
type Fault struct {
	Kind FaultKind
	From time.Time
	// To is the end; zero means that it lasts.
	To   time.Time
	Size float64
	// Ramp is the time it takes from nothing to Size; 0 is at once.
	Ramp time.Duration
}

// Active reports whether the fault has begun and not ended at t.
func (f Fault) Active(t time.Time) bool {
	return !t.Before(f.From) && (f.To.IsZero() || t.Before(f.To))
}

// Level returns how much of Size has developed at t, 0 to 1.
func (f Fault) Level(t time.Time) float64 {
	if !f.Active(t) {
		return 0
	}
	if since := t.Sub(f.From); since < f.Ramp {
		return float64(since) / float64(f.Ramp)
	}
	return 1
}

// size sums the developed sizes of the faults of a kind at t.
func size(faults []Fault, kind FaultKind, t time.Time) float64 {
	sum := 0.0
	for _, f := range faults {
		if f.Kind == kind {
			sum += f.Size * f.Level(t)
		}
	}
	return sum
}

func active(faults []Fault, kind FaultKind, t time.Time) bool {
	for _, f := range faults {
		if f.Kind == kind && f.Active(t) {
			return true
		}
	}
	return false
}
