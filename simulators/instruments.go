package simulators

import (
	"math"
	"strings"
	"sync"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
)

// silence returns when a device does not answer.
func (s *site) silence(id gtc.DeviceID) func(t time.Time) bool {
	var faults []Fault
	for _, f := range s.physics.Faults {
		if (f.Kind == FaultCommLoss || f.Kind == FaultMeterGap) && f.Device == id {
			faults = append(faults, f)
		}
	}
	return func(t time.Time) bool {
		for _, f := range faults {
			if f.active(s.origin, t) {
				return true
			}
		}
		return false
	}
}

// clockOff returns by how much the clock of a device is wrong at an instant.
func (s *site) clockOff(id gtc.DeviceID) func(t time.Time) time.Duration {
	var faults []Fault
	for _, f := range s.physics.Faults {
		if f.Kind == FaultClockOff && f.Device == id {
			faults = append(faults, f)
		}
	}
	return func(t time.Time) time.Duration {
		var off time.Duration
		for _, f := range faults {
			if !f.active(s.origin, t) {
				continue
			}
			hours := f.Size
			if hours == 0 {
				hours = 1
			}
			off += time.Duration(hours * float64(time.Hour))
		}
		return off
	}
}

// faulty returns r as an instrument with the site's faults shows it.
func (s *site) faulty(eq gtc.EquipmentID, point gtc.PointID, def pointKind, r read) read {
	for _, f := range s.physics.Faults {
		if f.Equipment != eq || f.Point != "" && f.Point != point {
			continue
		}
		r = s.wrong(f, point, def, r)
	}
	return r
}

// pointKind is what the faults need to know of a point.
type pointKind struct {
	valueType gtc.ValueType
	counter   bool
}

// wrong returns what a point shows of one fault of its equipment.
func (s *site) wrong(f Fault, point gtc.PointID, def pointKind, sound read) read {
	from, _ := f.span(s.origin)
	switch f.Kind {
	case FaultSensorStuck:
		s.remember(from)
		return s.during(f, func(now *instant) gtc.Value { return sound(now.back(from)) }, sound)
	case FaultSensorOffsetDrift:
		return s.during(f, func(now *instant) gtc.Value {
			v := sound(now)
			if v.Type != gtc.TypeFloat {
				return v
			}
			return gtc.Float(v.Num + f.Size*f.level(s.origin, now.At))
		}, sound)
	case FaultMeterGap:
		return s.during(f, func(*instant) gtc.Value { return gtc.Value{} }, sound)
	case FaultPanelEvent:
		event := eventValue(def.valueType, f.Size)
		return s.during(f, func(*instant) gtc.Value { return event }, sound)
	case FaultMeterSwap, FaultMeterReset:
		if !def.counter {
			return sound
		}
		s.remember(from)
		return s.recounted(f, indexOf(point, f.Size), sound)
	case FaultMeterRollover:
		if !def.counter {
			return sound
		}
		return s.rolled(f, sound)
	}
	return sound
}

// recounted counts from an index on, after the fault has begun and, for a
// meter that was swapped, the old one is no longer read.
func (s *site) recounted(f Fault, start float64, sound read) read {
	from, _ := f.span(s.origin)
	switched := from.Add(time.Duration(f.Overlap))
	return func(now *instant) gtc.Value {
		v := sound(now)
		if now.At.Before(switched) || v.Type != gtc.TypeFloat {
			return v
		}
		return gtc.Float(v.Num - sound(now.back(from)).Num + start)
	}
}

// rolled shows an index that passes the capacity of its register when the
// fault begins. What it showed before depends on what comes, so the course is
// followed up to there once, when first asked.
func (s *site) rolled(f Fault, sound read) read {
	from, _ := f.span(s.origin)
	atFrom := sync.OnceValue(func() float64 {
		l := s.lane()
		now := l.at(from)
		return sound(&now).Num
	})
	return func(now *instant) gtc.Value {
		v := sound(now)
		if v.Type != gtc.TypeFloat {
			return v
		}
		n := math.Mod(v.Num-atFrom(), f.Size)
		if n < 0 {
			n += f.Size
		}
		return gtc.Float(n)
	}
}

// indexOf is the part of a new meter's index that one of its registers shows:
// an electricity meter has counted three fifths of it by day.
func indexOf(point gtc.PointID, total float64) float64 {
	switch point {
	case "energy_import_t1_kwh":
		return toWatthour(0.6 * total)
	case "energy_import_t2_kwh":
		return toWatthour(0.4 * total)
	case "energy_import_kwh":
		return toWatthour(0.6*total) + toWatthour(0.4*total)
	case "energy_kwh", "volume_m3", "volume_n_m3":
		return total
	}
	return 0
}

// during shows wrong while the fault lasts, else sound.
func (s *site) during(f Fault, wrong, sound read) read {
	from, to := f.span(s.origin)
	return func(now *instant) gtc.Value {
		if now.At.Before(from) || !to.IsZero() && !now.At.Before(to) {
			return sound(now)
		}
		return wrong(now)
	}
}

func eventValue(t gtc.ValueType, size float64) gtc.Value {
	switch t {
	case gtc.TypeEnum:
		return gtc.Enum(int(size))
	case gtc.TypeFloat:
		return gtc.Float(size)
	case gtc.TypeBool, gtc.TypeNone:
	}
	return gtc.Bool(true)
}

// asRead rounds what a point shows to what its register or payload can carry,
// so that history holds what a collector would have read.
func asRead(p *profile.Profile, slot string, point gtc.PointID, t gtc.ValueType, r read) read {
	if p.Protocol == "mqtt" {
		return func(s *instant) gtc.Value { return asWritten(point, r(s)) }
	}
	for _, reg := range p.Registers {
		if reg.Slot != slot || reg.Point != point {
			continue
		}
		if reg.Type == "bit" {
			return r
		}
		return func(s *instant) gtc.Value {
			words, err := profile.Encode(reg, p.Modbus.WordOrder, r(s))
			if err != nil {
				return gtc.Value{} // nothing the register could show
			}
			v, q := profile.Decode(reg, p.Modbus.WordOrder, t, words)
			if q != gtc.QualityGood {
				return gtc.Value{}
			}
			return v
		}
	}
	return r // a contact
}

// stampsItself reports whether a device says when its values hold, so that a
// clock of its own can be wrong.
func stampsItself(p *profile.Profile) bool {
	for i := range p.Topics {
		t := &p.Topics[i]
		if t.Format == profile.FormatP1 || t.Format == profile.FormatSparkplug || strings.TrimSpace(t.Time) != "" {
			return true
		}
	}
	return false
}
