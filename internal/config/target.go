package config

import (
	"fmt"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

// Target is one point as it is found on a device, with all that says whether
// it may be written.
type Target struct {
	Series     gtc.Series
	Point      catalogue.Point
	Device     Device
	Connection Connection
	Profile    *profile.Profile
	// Register is where the point stands; zero for a point of a message.
	Register profile.Register
	Settings PointSettings
	// Protected is the equipment behind the same endpoint that is never
	// written: with any, nothing there is.
	Protected []Equipment
}

// Target returns the point of an equipment as the site's devices give it. It
// returns an error when there is no such equipment or point, or when no
// device gives it.
func (c *Config) Target(cat *catalogue.Catalogue, s *Site, equipment gtc.EquipmentID, point gtc.PointID) (Target, error) {
	e, ok := s.find(equipment)
	if !ok {
		return Target{}, fmt.Errorf("%s: there is no equipment %q", s.ID, equipment)
	}
	known, ok := cat.Point(e.Kind, point)
	if !ok {
		return Target{}, fmt.Errorf("%s/%s: kind %s has no point %q", s.ID, equipment, e.Kind, point)
	}
	for _, d := range s.Devices {
		p := c.Profiles[d.Profile]
		if p == nil {
			continue
		}
		r, ok := d.gives(p, equipment, point)
		if !ok {
			continue
		}
		t := Target{
			Series: gtc.Series{Site: s.ID, Kind: e.Kind, Equipment: e.ID, Point: point},
			Point:  known, Device: d, Profile: p, Register: r, Settings: e.Points[point],
			Protected: s.Protected(cat, s.endpoint(d.Connection)),
		}
		for _, n := range s.Connections {
			if n.ID == d.Connection {
				t.Connection = n
			}
		}
		return t, nil
	}
	return Target{}, fmt.Errorf("%s/%s/%s: no device gives it", s.ID, equipment, point)
}

// gives returns the register of a device that holds a point; for a point of a
// message, a register without a table.
func (d Device) gives(p *profile.Profile, equipment gtc.EquipmentID, point gtc.PointID) (profile.Register, bool) {
	for _, r := range p.Registers {
		if r.Point == point && d.Equipment[r.Slot] == equipment && equipment != "" {
			return r, true
		}
	}
	if p.Contacts != nil {
		for _, c := range d.Contacts {
			if c.Equipment == equipment && c.Point == point && p.Contacts.Has(c.Input) {
				return p.Contacts.Register(point, c.Input, c.Normally == "closed"), true
			}
		}
	}
	for slot, id := range d.Equipment {
		if id != equipment || p.Protocol != "mqtt" {
			continue
		}
		for _, t := range p.Topics {
			for _, f := range t.Fields {
				if f.Slot == slot && f.Matches(point) {
					return profile.Register{Slot: slot, Point: point}, true
				}
			}
		}
	}
	return profile.Register{}, false
}

// Refuse says why the point may not be written, "" when a value within its
// limits may. Everything that is not allowed expressly is refused.
func (t Target) Refuse() string {
	switch {
	case t.Point.Class == catalogue.ClassX:
		return fmt.Sprintf("%s of a %s is never written", t.Point.ID, t.Series.Kind)
	case len(t.Protected) > 0:
		return fmt.Sprintf("%s carries %s (%s): nothing there is written", EndpointOf(t.Connection.URL), t.Protected[0].ID, t.Protected[0].Kind)
	case t.Register.Table == "":
		return "a point of an MQTT message is not written"
	case t.Register.Write == nil:
		return fmt.Sprintf("profile %s has it read only", t.Profile.ID)
	case t.Settings.Owner != gtc.OwnerGTC:
		if t.Settings.Owner == "" {
			return "it has no owner in the site file, so it is read only"
		}
		return fmt.Sprintf("its owner is %s", t.Settings.Owner)
	case t.Settings.Limits == nil:
		return "it has no limits in the site file, so it is read only"
	}
	return ""
}

// RefuseValue is Refuse for one value: it checks the limits of the site and
// of the device as well.
func (t Target) RefuseValue(v gtc.Value) string {
	if why := t.Refuse(); why != "" {
		return why
	}
	if v.Type != t.Point.Type {
		return fmt.Sprintf("%v is not a value of %s", v, t.Point.ID)
	}
	if why := t.Settings.Limits.Refuse(v); why != "" {
		return why + " (site file)"
	}
	if why := t.Register.Accepts(v); why != "" {
		return why + " (profile " + t.Profile.ID + ")"
	}
	return ""
}

// PrivacyOf returns the privacy class of a point of the equipment: the
// strictest of the equipment's, the point's own and what the site says.
func (e Equipment) PrivacyOf(p catalogue.Point) gtc.Privacy {
	class := max(e.Privacy, p.Privacy)
	if own := e.Points[p.ID].Privacy; own != nil {
		class = max(class, *own)
	}
	return class
}
