package config

import (
	"net/url"
	"path/filepath"
	"strings"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/modbus/endpoint"
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
// the host and port or the serial device, else the connection's own name.
func (s *Site) endpoint(connection string) string {
	for _, c := range s.Connections {
		if c.ID == connection {
			if at := EndpointOf(c.URL); at != "" {
				return at
			}
		}
	}
	return connection
}

// EndpointOf returns where a connection's URL leads: host:port or the path of
// a serial device, links resolved; "" when it cannot be told. That two names
// of a host, or its name and its number, are the same is not known.
func EndpointOf(rawURL string) string {
	rawURL = withPort(rawURL)
	if e, err := endpoint.Parse(rawURL); err == nil {
		if e.Scheme != endpoint.SchemeRTU {
			return loopback(e.Key())
		}
		if resolved, err := filepath.EvalSymlinks(e.Key()); err == nil {
			return resolved
		}
		return e.Key()
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return ""
	}
	return loopback(strings.ToLower(u.Host))
}

// loopback gives the names of this machine one form.
func loopback(hostport string) string {
	if port, ok := strings.CutPrefix(hostport, "localhost:"); ok {
		return "127.0.0.1:" + port
	}
	return hostport
}

// Protected returns the equipment behind an endpoint that is never written,
// in the site's order: none when the endpoint may be written and scanned.
func (s *Site) Protected(cat *catalogue.Catalogue, at string) []Equipment {
	behind := map[gtc.EquipmentID]bool{}
	for _, d := range s.Devices {
		if s.endpoint(d.Connection) != at {
			continue
		}
		for _, id := range d.Equipment {
			behind[id] = true
		}
		for _, c := range d.Contacts {
			behind[c.Equipment] = true
		}
	}
	var out []Equipment
	for _, e := range s.Equipment {
		if behind[e.ID] && cat.KindClass(e.Kind) == catalogue.ClassX {
			out = append(out, e)
		}
	}
	return out
}
