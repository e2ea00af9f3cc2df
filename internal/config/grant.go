package config

import (
	"errors"
	"fmt"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

// ErrReadOnly says that an endpoint carries fire or intrusion equipment, or
// what else is never written, and so is never opened for writing.
var ErrReadOnly = errors.New("endpoint is read only")

// WriteGrant is the right to open one endpoint for writing. There is no way to
// make one but GrantWrite; the zero grant names no endpoint.
type WriteGrant struct {
	url string
}

// URL returns the endpoint's URL, "" for the zero grant.
func (g WriteGrant) URL() string { return g.url }

// GrantWrite returns the right to write to the endpoint of a device. It is
// refused with [ErrReadOnly] when anything that is never written lies behind
// the same host and port or serial device.
func (s *Site) GrantWrite(cat *catalogue.Catalogue, id gtc.DeviceID) (WriteGrant, error) {
	for _, d := range s.Devices {
		if d.ID != id {
			continue
		}
		if IsReadOnly(s, cat, d) {
			return WriteGrant{}, fmt.Errorf("write to %s: %w", id, ErrReadOnly)
		}
		for _, c := range s.Connections {
			if c.ID == d.Connection {
				return WriteGrant{c.URL}, nil
			}
		}
	}
	return WriteGrant{}, fmt.Errorf("write to %s: no such device with a connection", id)
}
