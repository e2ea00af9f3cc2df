package simulators

import (
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/simulators/building"
)

// silence returns when a device does not answer.
func (s *site) silence(id gtc.DeviceID) func(t time.Time) bool {
	var faults []Fault
	for _, f := range s.physics.Faults {
		if f.Kind == FaultCommLoss && f.Device == id {
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

// faulty returns r as a stuck sensor or a panel with an event shows it.
func (s *site) faulty(eq gtc.EquipmentID, point gtc.PointID, t gtc.ValueType, r read) read {
	for _, f := range s.physics.Faults {
		if f.Equipment != eq || f.Point != point {
			continue
		}
		sound := r
		switch f.Kind {
		case FaultSensorStuck:
			from, _ := f.span(s.origin)
			state := s.fresh().At(from)
			stuck := sound(&state)
			r = s.during(f, func(*building.State) gtc.Value { return stuck }, sound)
		case FaultPanelEvent:
			event := eventValue(t, f.Size)
			r = s.during(f, func(*building.State) gtc.Value { return event }, sound)
		}
	}
	return r
}

// during shows wrong while the fault lasts, else sound.
func (s *site) during(f Fault, wrong, sound read) read {
	from, to := f.span(s.origin)
	return func(st *building.State) gtc.Value {
		if st.At.Before(from) || !to.IsZero() && !st.At.Before(to) {
			return sound(st)
		}
		return wrong(st)
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
		return func(s *building.State) gtc.Value { return asWritten(point, r(s)) }
	}
	for _, reg := range p.Registers {
		if reg.Slot != slot || reg.Point != point {
			continue
		}
		if reg.Type == "bit" {
			return r
		}
		return func(s *building.State) gtc.Value {
			words, err := profile.Encode(reg, p.Modbus.WordOrder, r(s))
			if err != nil {
				return gtc.Value{} // nothing the register could show
			}
			v, _ := profile.Decode(reg, p.Modbus.WordOrder, t, words)
			return v
		}
	}
	return r // a contact
}
