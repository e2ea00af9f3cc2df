package config

import (
	"net/url"
	"strings"

	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

// IsReadOnly reports whether the endpoint of a device must be opened without
// a way to write: when it carries fire or intrusion equipment, of this device
// or of any other behind the same address. The profile has no say in it.
func IsReadOnly(s *Site, cat *catalogue.Catalogue, d Device) bool {
	at := s.endpoint(d.Connection)
	for _, other := range s.Devices {
		if (other.ID == d.ID || s.endpoint(other.Connection) == at) && s.carriesProtected(cat, other) {
			return true
		}
	}
	return s.carriesProtected(cat, d)
}

// carriesProtected reports whether a device serves equipment that is never
// written.
func (s *Site) carriesProtected(cat *catalogue.Catalogue, d Device) bool {
	for _, id := range d.Equipment {
		if e, ok := s.find(id); ok && cat.KindClass(e.Kind) == catalogue.ClassX {
			return true
		}
	}
	for _, c := range d.Contacts {
		if e, ok := s.find(c.Equipment); ok && cat.KindClass(e.Kind) == catalogue.ClassX {
			return true
		}
	}
	return false
}

// endpoint returns what two connections to the same place have in common:
// the host and port, else the connection's own name.
func (s *Site) endpoint(connection string) string {
	for _, c := range s.Connections {
		if c.ID != connection {
			continue
		}
		if u, err := url.Parse(c.URL); err == nil && u.Host != "" {
			return strings.ToLower(u.Host)
		}
	}
	return connection
}
