package config

import (
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/modbus/endpoint"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

func (c *siteChecker) devices() {
	seen := map[gtc.DeviceID]bool{}
	for i, d := range c.site.Devices {
		at := index("devices", i)
		c.id(at+".id", string(d.ID))
		if seen[d.ID] && d.ID != "" {
			c.add(at+".id", "%s.id: there is already a device %s", at, d.ID)
		}
		seen[d.ID] = true
		protocol := c.connectionOf(at, d)
		p, ok := c.profiles[d.Profile]
		if !ok {
			c.noProfile(at, d.Profile)
			continue
		}
		if protocol != "" && protocol != p.Protocol {
			c.add(at+".profile", "%s.profile: %s speaks %s, the connection %s is %s", at, p.ID, p.Protocol, d.Connection, protocol)
		}
		c.protocol(at, d, p)
		c.slots(at, d, p)
		c.contacts(at, d, p)
		if !c.doc.Has(at+".equipment") && !c.doc.Has(at+".contacts") && !c.doc.Misspelt(at+".contacts") {
			c.add(at+".equipment", "%s: serves nothing: give equipment or contacts", at)
		}
	}
}

// connectionOf checks a device's connection and returns its protocol.
func (c *siteChecker) connectionOf(at string, d Device) string {
	known := make([]string, 0, len(c.site.Connections))
	for _, n := range c.site.Connections {
		if n.ID == d.Connection && n.ID != "" {
			return protocolOf(n.URL) // one that is not known has been reported
		}
		known = append(known, n.ID)
	}
	if d.Connection == "" {
		c.add(at+".connection", "%s.connection is missing", at)
		return ""
	}
	c.addHint(at+".connection", strict.Near(d.Connection, known), "%s.connection: there is no connection %q", at, d.Connection)
	return ""
}

// protocolOf returns the protocol that a URL's scheme speaks, "" for one that
// is not known.
func protocolOf(rawURL string) string {
	scheme, _, _ := strings.Cut(rawURL, "://")
	switch {
	case slices.Contains(endpoint.Schemes(), scheme):
		return "modbus"
	case scheme == "mqtt" || scheme == "mqtts":
		return "mqtt"
	default:
		return ""
	}
}

func (c *siteChecker) noProfile(at, id string) {
	if id == "" {
		c.add(at+".profile", "%s.profile is missing", at)
		return
	}
	c.addHint(at+".profile", strict.Near(id, sortedKeys(c.profiles)), "%s.profile: there is no profile %q", at, id)
}

func (c *siteChecker) protocol(at string, d Device, p *profile.Profile) {
	switch p.Protocol {
	case "modbus":
		if d.Topic != "" {
			c.add(at+".topic", "%s.topic: a modbus device has no topic", at)
		}
		if d.Unit > 247 && d.Unit != 254 && d.Unit != 255 {
			c.add(at+".unit", "%s.unit: %d is not a Modbus unit id: 1 to 247, 254 or 255", at, d.Unit)
		}
	case "mqtt":
		if c.doc.Has(at + ".unit") {
			c.add(at+".unit", "%s.unit: an mqtt device has no unit id", at)
		}
		if d.Topic == "" || strings.ContainsAny(d.Topic, "+#") {
			c.add(at+".topic", "%s.topic: %q is not a topic: the device's own prefix, without + and #", at, d.Topic)
		}
	}
}

// slots checks the equipment that a device serves.
func (c *siteChecker) slots(at string, d Device, p *profile.Profile) {
	for _, slot := range sortedKeys(d.Equipment) {
		path := at + ".equipment." + slot
		kind, ok := p.Kind(slot)
		if !ok {
			m := c.doc.AtKey(path, "%s.equipment: %s has no slot %q", at, p.ID, slot)
			m.Hint = strict.Near(slot, sortedKeys(p.Slots))
			c.mistakes = append(c.mistakes, m)
			continue
		}
		e, ok := c.reference(path, d.Equipment[slot])
		if !ok {
			continue
		}
		if e.Kind != kind && c.cat.HasKind(e.Kind) {
			c.add(path, "%s: %s is of kind %s, the slot is for kind %s", path, e.ID, e.Kind, kind)
			continue
		}
		for _, point := range p.Points(strings.SplitN(slot, ":", 2)[0]) {
			if !c.give(path, d, e.ID, point) {
				break
			}
		}
	}
}

// give notes that a device gives a point; nobody else may. After the first
// clash of a slot the others are not worth a line each.
func (c *siteChecker) give(path string, d Device, e gtc.EquipmentID, point gtc.PointID) bool {
	name := string(e) + "/" + string(point)
	other, taken := c.given[name]
	c.given[name] = d.ID
	if taken {
		c.add(path, "%s: %s of %s is already given by device %s", path, point, e, other)
	}
	return !taken
}

// contacts checks the inputs of a digital-input module.
func (c *siteChecker) contacts(at string, d Device, p *profile.Profile) {
	if p.Contacts == nil {
		if len(d.Contacts) > 0 {
			c.add(at+".contacts", "%s.contacts: %s has no contact inputs", at, p.ID)
		}
		return
	}
	seen := map[int]bool{}
	for i, contact := range d.Contacts {
		path := index(at+".contacts", i)
		if !p.Contacts.Has(contact.Input) {
			c.add(path+".input", "%s.input: %s has inputs %d to %d", path, p.ID, p.Contacts.First, p.Contacts.First+p.Contacts.Count-1)
		}
		if !c.doc.Has(path + ".input") {
			c.add(path+".input", "%s.input is missing", path)
		}
		if seen[contact.Input] {
			c.add(path+".input", "%s.input: input %d is given twice", path, contact.Input)
		}
		seen[contact.Input] = true
		c.word(path+".normally", contact.Normally, []string{"open", "closed"})
		e, ok := c.reference(path+".equipment", contact.Equipment)
		if !ok {
			continue
		}
		point, ok := c.point(path+".point", e.Kind, contact.Point)
		if !ok {
			continue
		}
		if point.Type != gtc.TypeBool {
			c.add(path+".point", "%s.point: %s has more than two states: a contact cannot tell it", path, point.ID)
			continue
		}
		c.debounce(path+".debounce", contact, point)
		if every := profile.PollPeriod(p.Contacts.Poll); point.LifeSafety && every > profile.PollAlarm {
			c.add(path+".point", "%s.point: %s is life safety, and %s reads its contacts every %s: contacts.poll: alarm is for it", path, point.ID, p.ID, every)
		}
		c.give(path+".point", d, e.ID, point.ID)
	}
}

// debounce checks how long an input may take to be believed.
func (c *siteChecker) debounce(path string, contact Contact, point catalogue.Point) {
	switch {
	case contact.Debounce == 0:
	case contact.Debounce < 0 || contact.Debounce > time.Minute:
		c.add(path, "%s: %v is not between 0s and 1m", path, contact.Debounce)
	case point.LifeSafety || c.cat.KindClass(point.Kind) == catalogue.ClassX:
		c.add(path, "%s: %s of %s is safety and never delayed: set the filter of the module", path, point.ID, contact.Equipment)
	}
}
