package simulators

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/simulators/building"
)

// The faults of instruments that a park file may name beside those of a
// building.
const (
	// FaultSensorStuck: a point of an equipment keeps the value it had.
	FaultSensorStuck = "sensor_stuck"
	// FaultSensorOffsetDrift: a sensor shows Size more than there is.
	FaultSensorOffsetDrift = "sensor_offset_drift"
	// FaultMeterSwap: another meter counts from the index Size on. During
	// Overlap both count and the old one is still read.
	FaultMeterSwap = "meter_swap"
	// FaultMeterRollover: the register of the meter, of the capacity Size,
	// is full at From and starts at 0.
	FaultMeterRollover = "meter_rollover"
	// FaultMeterReset: the index starts at 0, as after a power failure.
	FaultMeterReset = "meter_reset"
	// FaultMeterGap: a meter, or one point of it, has no values; or, with a
	// device, the device does not answer.
	FaultMeterGap = "meter_gap"
	// FaultClockOff: the clock of a device that stamps its messages is Size
	// hours ahead, one when not given; behind when negative.
	FaultClockOff = "clock_off"
	// FaultCommLoss: a device does not answer any more.
	FaultCommLoss = "comm_loss"
	// FaultPanelEvent: a point of a panel or contact is true (or has Size).
	FaultPanelEvent = "panel_event"
)

// Fault is something wrong at a site, from an instant relative to the start
// of the demo.
type Fault struct {
	Kind string `yaml:"fault"`
	// From and To are relative to the origin ("-120d", "-3h", "+1d"); no To
	// means that it lasts.
	From Offset  `yaml:"from"`
	To   *Offset `yaml:"to"`
	// Size as in [building.FaultKind], or as the kinds of this package say.
	Size float64 `yaml:"size"`
	// Ramp is the time from nothing to Size.
	Ramp Offset `yaml:"ramp"`
	// Overlap is how long an old meter and its successor both count.
	Overlap Offset `yaml:"overlap"`
	// Equipment and Point say what is stuck or what a panel shows.
	Equipment gtc.EquipmentID `yaml:"equipment"`
	Point     gtc.PointID     `yaml:"point"`
	// Device says what is silent or has a wrong clock.
	Device gtc.DeviceID `yaml:"device"`
}

// needs says what a kind of fault is about and which keys make sense.
type needs struct {
	equipment, point, device    bool // required
	size, ramp, to, overlap     bool // allowed
	optionalPoint, eitherDevice bool
}

// instrumentFaults are the faults of this package by their kind.
func instrumentFaults() map[string]needs {
	return map[string]needs{
		FaultSensorStuck:       {equipment: true, point: true, to: true},
		FaultSensorOffsetDrift: {equipment: true, point: true, size: true, ramp: true, to: true},
		FaultMeterSwap:         {equipment: true, size: true, overlap: true},
		FaultMeterRollover:     {equipment: true, size: true},
		FaultMeterReset:        {equipment: true},
		FaultMeterGap:          {optionalPoint: true, eitherDevice: true, to: true},
		FaultClockOff:          {device: true, size: true, to: true},
		FaultCommLoss:          {device: true, to: true},
		FaultPanelEvent:        {equipment: true, point: true, size: true, to: true},
	}
}

// problem is a mistake in a fault and the key it lies in, "" for the whole.
type problem struct{ key, what string }

// problems returns what is wrong with a fault of a site. Start is the first
// instant that is simulated.
func (f Fault) problems(s *config.Site, start Offset) []problem {
	var out []problem
	add := func(key, format string, args ...any) { out = append(out, problem{key, fmt.Sprintf(format, args...)}) }
	kinds := instrumentFaults()
	n, instrument := kinds[f.Kind]
	inBuilding := slices.Contains(building.FaultKinds(), building.FaultKind(f.Kind))
	if !instrument && !inBuilding {
		known := slices.Sorted(maps.Keys(kinds))
		for _, k := range building.FaultKinds() {
			known = append(known, string(k))
		}
		add("fault", "unknown fault %q; known are %s", f.Kind, strings.Join(known, ", "))
		return out
	}
	if f.From < start {
		add("from", "the fault begins before the simulation does, at %s", start)
	}
	if f.To != nil && *f.To <= f.From {
		add("to", "the fault ends before it begins")
	}
	if f.Ramp < 0 {
		add("ramp", "a ramp is not negative")
	}
	if inBuilding {
		n = needs{size: true, ramp: true, to: true}
	}
	f.misplaced(n, add)
	f.missing(n, s, add)
	return out
}

// misplaced complains of keys that say nothing for the kind.
func (f Fault) misplaced(n needs, add func(key, format string, args ...any)) {
	for key, given := range map[string]bool{
		"equipment": f.Equipment != "" && !n.equipment && !n.eitherDevice,
		"point":     f.Point != "" && !n.point && !n.optionalPoint,
		"device":    f.Device != "" && !n.device && !n.eitherDevice,
		"size":      f.Size != 0 && !n.size,
		"ramp":      f.Ramp != 0 && !n.ramp,
		"overlap":   f.Overlap != 0 && !n.overlap,
		"to":        f.To != nil && !n.to,
	} {
		if given {
			add(key, "a %s has no %s", f.Kind, key)
		}
	}
}

// missing complains of what the kind needs and the site does not have.
func (f Fault) missing(n needs, s *config.Site, add func(key, format string, args ...any)) {
	kind := kindOf(s, f.Equipment)
	switch {
	case n.eitherDevice && (f.Device == "") == (f.Equipment == ""):
		add("", "a %s names an equipment or a device", f.Kind)
	case (n.equipment || n.eitherDevice && f.Equipment != "") && kind == "":
		add("equipment", "site %q has no equipment %q", s.ID, f.Equipment)
	case n.point && f.Point == "":
		add("", "a %s names a point", f.Kind)
	case (n.device || n.eitherDevice && f.Device != "") && !slices.ContainsFunc(s.Devices, func(d config.Device) bool { return d.ID == f.Device }):
		add("device", "site %q has no device %q", s.ID, f.Device)
	}
	switch f.Kind {
	case FaultMeterSwap, FaultMeterRollover, FaultMeterReset:
		if kind != "" && !isMeter(kind) {
			add("equipment", "%q is not a meter", f.Equipment)
		}
		if f.Size < 0 || f.Kind == FaultMeterRollover && f.Size == 0 {
			add("size", "an index is not negative, and a register holds more than 0")
		}
	}
	if f.Overlap < 0 {
		add("overlap", "an overlap is not negative")
	}
}

func isMeter(k gtc.Kind) bool {
	return k == gtc.KindGasMeter || k == gtc.KindHeatMeter || k == gtc.KindElectricityMeter || k == "water_meter"
}

// span returns the instants of a fault; a zero end means that it lasts.
func (f Fault) span(origin time.Time) (from, to time.Time) {
	from = origin.Add(time.Duration(f.From))
	if f.To != nil {
		to = origin.Add(time.Duration(*f.To))
	}
	return from, to
}

// active reports whether the fault has begun and not ended at t.
func (f Fault) active(origin, t time.Time) bool {
	from, to := f.span(origin)
	return !t.Before(from) && (to.IsZero() || t.Before(to))
}

// level returns how much of Size has developed at t, 0 to 1.
func (f Fault) level(origin, t time.Time) float64 {
	if !f.active(origin, t) {
		return 0
	}
	since := t.Sub(origin.Add(time.Duration(f.From)))
	if since < time.Duration(f.Ramp) {
		return float64(since) / float64(f.Ramp)
	}
	return 1
}

// inBuilding returns the fault as the building suffers it; ok is false when
// it is one of an instrument.
func (f Fault) inBuilding(origin time.Time) (bf building.Fault, ok bool) {
	if !slices.Contains(building.FaultKinds(), building.FaultKind(f.Kind)) {
		return building.Fault{}, false
	}
	from, to := f.span(origin)
	return building.Fault{Kind: building.FaultKind(f.Kind), From: from, To: to, Size: f.Size, Ramp: time.Duration(f.Ramp)}, true
}

// buildingFaults returns those that the building itself suffers.
func (p Physics) buildingFaults(origin time.Time) []building.Fault {
	var faults []building.Fault
	for _, f := range p.Faults {
		if bf, ok := f.inBuilding(origin); ok {
			faults = append(faults, bf)
		}
	}
	return faults
}
