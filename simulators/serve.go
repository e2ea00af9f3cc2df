package simulators

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"syscall"

	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/simulators/modbus"
)

// open starts what answers behind each connection of a site.
func (p *Park) open(ctx context.Context, s *site, o Options) error {
	if err := p.reserveBroker(ctx, s, o.Log); err != nil {
		return err
	}
	// Integrate up to now before anyone asks and waits.
	if err := s.begin(o.Clock.Now(), liveStep(o.Speed)); err != nil {
		return fmt.Errorf("simulate %s: %w", s.cfg.ID, err)
	}
	for i := range s.cfg.Connections {
		c := &s.cfg.Connections[i]
		u, err := url.Parse(c.URL)
		if err != nil {
			return fmt.Errorf("simulate connection %s of %s: %w", c.ID, s.cfg.ID, err)
		}
		devices := s.behind(c.ID)
		switch u.Scheme {
		case "modbus":
			err = p.openModbus(ctx, s, c, devices, o)
		case "mqtt":
			err = p.openMQTT(ctx, s, c, devices, o)
		default:
			err = fmt.Errorf("no simulator speaks %q", u.Scheme)
		}
		if err != nil {
			return fmt.Errorf("simulate connection %s of %s: %w", c.ID, s.cfg.ID, err)
		}
		p.listed(s, c, devices)
	}
	return nil
}

// behind returns the devices of a connection.
func (s *site) behind(connection string) []*device {
	var devices []*device
	for _, d := range s.devices {
		if d.cfg.Connection == connection {
			devices = append(devices, d)
		}
	}
	return devices
}

func (p *Park) openModbus(ctx context.Context, s *site, c *config.Connection, devices []*device, o Options) error {
	units := map[uint8]*modbus.Unit{}
	readOnly := p.protected(s, devices)
	for _, d := range devices {
		id := max(d.cfg.Unit, 1)
		if units[id] != nil {
			return fmt.Errorf("two devices are unit %d", id)
		}
		units[id] = s.unit(d, o.Clock, readOnly)
	}
	srv := modbus.NewServer(units)
	if err := listen(srv, s, c, o.Log); err != nil {
		return err
	}
	p.running.Go(func() {
		<-ctx.Done()
		srv.Close()
	})
	return nil
}

// protected reports whether devices behind one address are never written: fire
// or intrusion equipment among them makes all of them refuse, as on site.
func (p *Park) protected(s *site, devices []*device) bool {
	carries := func(id gtc.EquipmentID) bool { return p.catalogue.KindClass(kindOf(s.cfg, id)) == catalogue.ClassX }
	for _, d := range devices {
		for _, id := range d.cfg.Equipment {
			if carries(id) {
				return true
			}
		}
		for _, c := range d.cfg.Contacts {
			if carries(c.Equipment) {
				return true
			}
		}
	}
	return false
}

// unit makes a device answer from the state of its site, and the building
// follow what is written to it.
func (s *site) unit(d *device, clk clock.Clock, readOnly bool) *modbus.Unit {
	u := &modbus.Unit{
		Profile: d.profile,
		Values:  s.values(d, clk),
		Inputs: func(input int) bool {
			c, ok := d.contacts[input]
			return ok && d.readings[c.reading].read(s.now(clk.Now())).True() != c.invert
		},
		Away: func() bool { return d.silent(clk.Now()) },
	}
	if !readOnly {
		u.Store = func(slot string, p gtc.PointID, v gtc.Value) error {
			return s.command(d.profile.Slots[slot], p, v, clk.Now())
		}
	}
	return u
}

// values returns what the points of a device show at the clock's instant.
func (s *site) values(d *device, clk clock.Clock) func(slot string, p gtc.PointID) gtc.Value {
	return func(slot string, p gtc.PointID) gtc.Value {
		i, ok := d.bySlot[slotPoint{slot, p}]
		if !ok {
			return gtc.Value{}
		}
		return d.readings[i].read(s.now(clk.Now()))
	}
}

// listen opens the server at the connection's address, or at a free one when
// that is in use, and writes the address it has into the configuration.
func listen(srv *modbus.Server, s *site, c *config.Connection, log zerolog.Logger) error {
	host, err := hostPort(c.URL)
	if err != nil {
		return err
	}
	err = srv.Listen(host)
	if errors.Is(err, syscall.EADDRINUSE) {
		err = srv.Listen(freePort(host))
		if err == nil {
			log.Warn().Str("site", string(s.cfg.ID)).Str("connection", c.ID).
				Str("wanted", host).Str("taken", srv.Addr()).Msg("address in use: simulator listens elsewhere")
		}
	}
	if err != nil {
		return err
	}
	c.URL = srv.URL()
	return nil
}

// reserveBroker makes sure that the site's own broker will find its address
// free; else it chooses another and writes it into the configuration.
func (p *Park) reserveBroker(ctx context.Context, s *site, log zerolog.Logger) error {
	wanted := s.cfg.Broker.Listen
	if wanted == "" {
		return nil
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", wanted)
	if errors.Is(err, syscall.EADDRINUSE) {
		l, err = lc.Listen(ctx, "tcp", freePort(wanted))
	}
	if err != nil {
		return fmt.Errorf("reserve broker address of %s: %w", s.cfg.ID, err)
	}
	taken := l.Addr().String()
	if err := l.Close(); err != nil {
		return fmt.Errorf("reserve broker address of %s: %w", s.cfg.ID, err)
	}
	if taken == wanted {
		return nil
	}
	log.Warn().Str("site", string(s.cfg.ID)).Str("wanted", wanted).Str("taken", taken).
		Msg("address in use: the site's broker will listen elsewhere")
	s.cfg.Broker.Listen = taken
	for i := range s.cfg.Connections {
		if host, err := hostPort(s.cfg.Connections[i].URL); err == nil && host == wanted && strings.HasPrefix(s.cfg.Connections[i].URL, "mqtt:") {
			s.cfg.Connections[i].URL = "mqtt://" + taken
		}
	}
	return nil
}

// hostPort returns the host and port of a connection's URL.
func hostPort(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", fmt.Errorf("read address: %w", err)
	}
	if _, err := strconv.Atoi(u.Port()); err != nil {
		return "", fmt.Errorf("read address %s: no port", raw)
	}
	return u.Host, nil
}

// freePort returns the same host with the kernel's choice of a port.
func freePort(host string) string {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = "127.0.0.1"
	}
	return net.JoinHostPort(name, "0")
}
