package config

import (
	"net"
	"net/url"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

// What a file need not say.
const (
	DefaultTimeZone = "Europe/Brussels"
	DefaultTimeout  = 2 * time.Second
)

func (h *Hub) setDefaults() {
	setDefault(&h.Bus.Listen, "127.0.0.1:4222")
	setDefault(&h.Bus.LeafListen, "127.0.0.1:7422")
	setDefault(&h.Bus.Dir, "var/hub")
	setDefault(&h.Console.Listen, "127.0.0.1:8080")
	setDefault(&h.Console.Language, "fr")
	h.Notify.setDefaults()
}

func setDefault(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

func (s *Site) setDefaults(cat *catalogue.Catalogue) {
	setDefault(&s.TimeZone, DefaultTimeZone)
	for i := range s.Connections {
		c := &s.Connections[i]
		if c.Timeout == 0 {
			c.Timeout = DefaultTimeout
		}
		c.URL = withPort(c.URL)
	}
	for i := range s.Devices {
		if s.Devices[i].Unit == 0 {
			s.Devices[i].Unit = 1
		}
	}
	for i := range s.Meters {
		m := &s.Meters[i]
		if m.Direction == "" {
			m.Direction = gtc.DirectionImport
		}
		if m.Tank != nil && m.Carrier == "" {
			m.Carrier = fuelCarrier(m.Tank.Fuel)
		}
		// An index in kWh needs no conversion.
		if e, ok := s.find(m.Equipment); ok && m.KWhPerUnit == 0 && m.Virtual == nil {
			if p, ok := cat.Point(e.Kind, m.Point); ok && p.Unit == "kWh" {
				m.KWhPerUnit = 1
			}
		}
	}
}

// withPort adds the port that a scheme implies to a URL without one.
func withPort(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Port() != "" {
		return text
	}
	port := map[string]string{"modbus": "502", "rtuovertcp": "502", "mqtt": "1883", "mqtts": "8883"}[u.Scheme]
	if port == "" {
		return text
	}
	u.Host = net.JoinHostPort(u.Hostname(), port)
	return u.String()
}
