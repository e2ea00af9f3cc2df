package profile

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

// idPattern is the form of a profile's id.
var idPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,39}$`)

// slotPattern is the form of a slot's name.
var slotPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_]{0,39}$`)

// checker collects what is wrong with the meaning of a profile.
type checker struct {
	p        *Profile
	mistakes strict.Mistakes
}

func (c *checker) add(path, hint, format string, args ...any) {
	if c.p.doc.Misspelt(path) {
		return
	}
	m := c.p.doc.At(path, format, args...)
	m.Hint = hint
	c.mistakes = append(c.mistakes, m)
}

// oneOf adds a mistake when value is not one of the allowed words.
func (c *checker) oneOf(path, value string, allowed ...string) {
	if slices.Contains(allowed, value) {
		return
	}
	if value == "" {
		c.add(path, "", "%s is missing: one of %s", path, strings.Join(allowed, ", "))
		return
	}
	c.add(path, strict.Near(value, allowed), "%s: %q is not one of %s", path, value, strings.Join(allowed, ", "))
}

func (c *checker) profile() {
	p := c.p
	if !idPattern.MatchString(p.ID) {
		c.add("profile", "", "profile: %q is not an id: 2 to 40 of a-z, 0-9 and -", p.ID)
	}
	for _, required := range []struct{ path, value string }{{"maker", p.Maker}, {"model", p.Model}, {"source", p.Source}} {
		if required.value == "" {
			c.add(required.path, "", "%s is missing", required.path)
		}
	}
	for _, slot := range slices.Sorted(maps.Keys(p.Slots)) {
		if !slotPattern.MatchString(slot) {
			c.add("slots."+slot, "", "slots: %q is not a name: a-z, 0-9 and _", slot)
		}
	}
	if len(p.Slots) == 0 && p.Contacts == nil {
		c.add("slots", "", "slots is missing: the equipment that the device serves")
	}
	c.oneOf("protocol", p.Protocol, "modbus", "mqtt")
	switch p.Protocol {
	case "modbus":
		c.modbus()
	case "mqtt":
		if len(p.Identify) > 0 {
			c.add("identify", "", "identify: is for modbus, an mqtt device is known by its topic")
		}
		c.mqtt()
	}
}
