package building

import "time"

// FaultKind is what goes wrong in the building itself.
type FaultKind string

// The faults of a building. What Size means depends on the kind.
const (
	// SetbackLost: the night and weekend setback is not applied; Size is the
	// share lost, 0 to 1.
	SetbackLost FaultKind = "setback_lost"
	// ScheduleWrong: the controller's clock is Size hours ahead (−12 to 12);
	// with 24 it treats weekends as workdays.
	ScheduleWrong FaultKind = "schedule_wrong"
	// SummerHeating: above the summer limit the heating goes on, with a flow at
	// least Size kelvin (0 to 40) warmer than the room set point.
	SummerHeating FaultKind = "summer_heating"
	// CurveTooHigh: the heating curve is shifted up by Size kelvin, −40 to 40.
	CurveTooHigh FaultKind = "curve_too_high"
	// ValveStuckOpen: the mixing valve does not close below the share Size, 0 to 1.
	ValveStuckOpen FaultKind = "valve_stuck_open"
	// PumpAlwaysOn: the circuit's pump never stops; Size is not used.
	PumpAlwaysOn FaultKind = "pump_always_on"
	// BoilerShortCycling: the burner's switching difference is divided by
	// Size, 1 to 50, so that it starts Size times as often.
	BoilerShortCycling FaultKind = "boiler_short_cycling"
	// EfficiencyLoss: the boiler's efficiency falls by the share Size, 0 to 0.5.
	EfficiencyLoss FaultKind = "efficiency_loss"
	// DHWLoopLoss: the circulation loop loses Size times more in addition
	// (1 doubles the loss), 0 to 10.
	DHWLoopLoss FaultKind = "dhw_loop_loss"
	// BaseLoadCreep: the electric base load grows by the share Size, −1 to 10.
	BaseLoadCreep FaultKind = "base_load_creep"
	// NightVentilation: the fans run outside their hours at the share Size of
	// full speed, 0 to 1.
	NightVentilation FaultKind = "night_ventilation"
	// WindowLeftOpen: windows add Size changes of the building's air an hour,
	// 0 to 5, day and night.
	WindowLeftOpen FaultKind = "window_left_open"
	// GasLeakNight: Size m³ of gas an hour, 0 to 50, pass the meter and are not
	// burnt, day and night; it shows at night with the boiler off.
	GasLeakNight FaultKind = "gas_leak_night"
	// BoilerLockout: the burner does not start; Size is not used.
	BoilerLockout FaultKind = "boiler_lockout"
	// OutdoorSensorOffset: the controller reads the outdoor temperature Size
	// kelvin too high, −30 to 30.
	OutdoorSensorOffset FaultKind = "outdoor_sensor_offset"
	// RoomSensorOffset: the controller reads the room temperature Size kelvin
	// too high, −15 to 15.
	RoomSensorOffset FaultKind = "room_sensor_offset"
	// Simultaneous: the cooling valve of the ventilation unit does not close
	// below the share Size, 0 to 1, and the heating coil warms the air again.
	Simultaneous FaultKind = "simultaneous"
)

// sizeRange is what a kind's Size may be; zero from and to when it is not used.
type sizeRange struct {
	kind     FaultKind
	from, to float64
}

func sizeRanges() []sizeRange {
	return []sizeRange{
		{SetbackLost, 0, 1},
		{ScheduleWrong, -12, 24},
		{SummerHeating, 0, 40},
		{CurveTooHigh, -40, 40},
		{ValveStuckOpen, 0, 1},
		{PumpAlwaysOn, 0, 0},
		{BoilerShortCycling, 1, 50},
		{EfficiencyLoss, 0, 0.5},
		{DHWLoopLoss, 0, 10},
		{BaseLoadCreep, -1, 10},
		{NightVentilation, 0, 1},
		{WindowLeftOpen, 0, 5},
		{GasLeakNight, 0, 50},
		{BoilerLockout, 0, 0},
		{OutdoorSensorOffset, -30, 30},
		{RoomSensorOffset, -15, 15},
		{Simultaneous, 0, 1},
	}
}

// FaultKinds lists the faults of a building.
func FaultKinds() []FaultKind {
	ranges := sizeRanges()
	kinds := make([]FaultKind, 0, len(ranges))
	for _, r := range ranges {
		kinds = append(kinds, r.kind)
	}
	return kinds
}

// SizeRange returns the least and the largest Size of a kind; ok is false for
// an unknown kind, and both are 0 when Size is not used.
func SizeRange(kind FaultKind) (from, to float64, ok bool) {
	for _, r := range sizeRanges() {
		if r.kind == kind {
			return r.from, r.to, true
		}
	}
	return 0, 0, false
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

// wrongAt sums up what the faults amount to at t.
func wrongAt(faults []Fault, t time.Time) wrong {
	w := wrong{cycling: 1}
	for i := range faults {
		if f := &faults[i]; f.Active(t) {
			w.add(f, f.Level(t))
		}
	}
	return w
}

// add puts a fault that has developed to a level, 0 to 1.
func (w *wrong) add(f *Fault, level float64) {
	size := f.Size * level
	switch f.Kind {
	case SetbackLost:
		w.setback = min(w.setback+size, 1)
	case ScheduleWrong:
		if f.Size > 12 {
			w.everyDay = true
		} else {
			w.shift += size
		}
	case SummerHeating:
		w.summer += size
	case CurveTooHigh:
		w.curve += size
	case ValveStuckOpen:
		w.valve = min(max(w.valve, size), 1)
	case PumpAlwaysOn:
		w.pump = true
	case BoilerShortCycling:
		w.cycling = max(w.cycling, 1+(f.Size-1)*level)
	case EfficiencyLoss:
		w.efficiency = min(w.efficiency+size, 0.6)
	case DHWLoopLoss:
		w.loop += size
	case BaseLoadCreep:
		w.base = max(w.base+size, -1)
	case NightVentilation:
		w.fans = min(w.fans+size, 1)
	case WindowLeftOpen:
		w.window += size
	case GasLeakNight:
		w.leak += size
	case BoilerLockout:
		w.lockout = true
	case OutdoorSensorOffset:
		w.outdoor += size
	case RoomSensorOffset:
		w.room += size
	case Simultaneous:
		w.cool = min(max(w.cool, size), 1)
	}
}
