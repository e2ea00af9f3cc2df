package collector

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/health"
	"github.com/cpas-charleroi/gtc/collector/modbus"
	"github.com/cpas-charleroi/gtc/collector/modbus/endpoint"
	"github.com/cpas-charleroi/gtc/collector/mqtt"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/config"
)

// passwordEnv names the environment variable with the password of the site's
// brokers; it comes before the connection's password file.
const passwordEnv = "GTC_MQTT_PASSWORD" //nolint:gosec // the name, not the password

// wiring makes sources and device states out of a site's configuration. The
// states already in health are used again.
type wiring struct {
	o Options
	// mayStamp tells whether the present instant is known.
	mayStamp func() bool

	sources []source
	devices []*health.Device
	bands   map[pointKey]band
	health  map[gtc.DeviceID]*health.Device
}

func (w *wiring) build() error {
	kept := w.health
	w.health, w.bands = map[gtc.DeviceID]*health.Device{}, map[pointKey]band{}
	for _, d := range w.o.Site.Devices {
		h := kept[d.ID]
		if h == nil {
			h = health.NewDevice(d.ID, d.Profile)
		}
		w.health[d.ID] = h
		w.devices = append(w.devices, h)
	}
	for _, conn := range w.o.Site.Connections {
		if err := w.connection(conn); err != nil {
			return fmt.Errorf("connection %s: %w", conn.ID, err)
		}
	}
	return nil
}

// connection makes the source of one connection; a connection without devices
// gets none.
func (w *wiring) connection(conn config.Connection) error {
	var devices []config.Device
	for _, d := range w.o.Site.Devices {
		if d.Connection != conn.ID {
			continue
		}
		if w.o.Profiles[d.Profile] == nil {
			return fmt.Errorf("device %s: unknown profile %q", d.ID, d.Profile)
		}
		devices = append(devices, d)
	}
	if len(devices) == 0 {
		return nil
	}
	u, err := url.Parse(conn.URL)
	if err != nil {
		return err
	}
	switch u.Scheme {
	case endpoint.SchemeTCP, endpoint.SchemeRTUOverTCP, endpoint.SchemeRTU:
		return w.modbus(conn, devices)
	case "mqtt", "mqtts":
		return w.mqtt(conn, devices)
	default:
		return fmt.Errorf("%s: unknown scheme, want %s, mqtt or mqtts", conn.URL, strings.Join(endpoint.Schemes(), ", "))
	}
}

func (w *wiring) modbus(conn config.Connection, devices []config.Device) error {
	o := modbus.Options{
		URL: conn.URL, Pause: conn.Pause, IdleClose: conn.IdleClose, Clock: w.o.Clock,
		Timeouts: modbus.Timeouts{Dial: conn.DialTimeout, Request: conn.Timeout, Frame: conn.FrameTimeout, Silence: conn.Silence},
		Log:      w.o.Log.With().Str("connection", conn.ID).Logger(),
	}
	for _, d := range devices {
		points, err := w.points(d)
		if err != nil {
			return fmt.Errorf("device %s: %w", d.ID, err)
		}
		p := w.o.Profiles[d.Profile]
		m := p.Modbus
		o.Devices = append(o.Devices, modbus.Device{
			ID: d.ID, Unit: unitID(d.Unit),
			Limits:            w.limits(p, d),
			WordOrder:         m.WordOrder,
			PauseAfterConnect: m.PauseAfterConnect,
			PauseBetween:      m.PauseBetween,
			Timeout:           m.Timeout,
			Points:            points,
			Identify:          p.Identify,
			Health:            w.health[d.ID],
		})
	}
	s, err := modbus.NewSource(o)
	if err != nil {
		return err
	}
	w.sources = append(w.sources, source{Source: s, name: conn.ID})
	return nil
}

// limits are a profile's limits. At an endpoint that is never written only
// listed addresses are read, so there are no holes. The inputs of a module are
// one listed block: what lies between two that are used is part of it.
func (w *wiring) limits(p *profile.Profile, d config.Device) modbus.Limits {
	l := modbus.Limits{MaxRegisters: p.Modbus.MaxRegisters, MaxBits: p.Modbus.MaxBits, MaxHole: p.Modbus.MaxHole}
	if config.IsReadOnly(w.o.Site, w.o.Catalogue, d) {
		l.MaxHole = 0
	}
	if p.Contacts != nil && len(p.Registers) == 0 {
		l.MaxHole = max(l.MaxHole, p.Contacts.Count)
	}
	return l
}

// unitID is the configured unit id, 1 by default.
func unitID(configured uint8) uint8 {
	if configured == 0 {
		return 1
	}
	return configured
}

// points binds the registers and contacts of a Modbus device to series.
func (w *wiring) points(d config.Device) ([]modbus.Point, error) {
	p := w.o.Profiles[d.Profile]
	var out []modbus.Point
	for _, r := range p.Registers {
		id, used := d.Equipment[r.Slot]
		if !used {
			continue
		}
		kind := p.Slots[r.Slot]
		known, ok := w.o.Catalogue.Point(kind, r.Point)
		if !ok {
			return nil, fmt.Errorf("profile %s: %s has no point %s", p.ID, kind, r.Point)
		}
		w.settle(id, &r)
		if err := w.band(id, r, known.Counter); err != nil {
			return nil, fmt.Errorf("profile %s: %w", p.ID, err)
		}
		out = append(out, modbus.Point{
			Series:   gtc.Series{Site: w.o.Site.ID, Kind: kind, Equipment: id, Point: r.Point},
			Type:     known.Type,
			Register: r,
		})
	}
	for _, c := range d.Contacts {
		point, err := w.contact(p, c)
		if err != nil {
			return nil, err
		}
		out = append(out, point)
	}
	return out, nil
}

// settle puts what the site says about a point in the place of what the
// profile says.
func (w *wiring) settle(id gtc.EquipmentID, r *profile.Register) {
	for _, e := range w.o.Site.Equipment {
		if e.ID != id {
			continue
		}
		if own := e.Points[r.Point]; own.Deadband != nil {
			r.Deadband, r.Heartbeat = *own.Deadband, own.Heartbeat
		}
	}
}

// contact is the point behind one input of a digital-input module.
func (w *wiring) contact(p *profile.Profile, c config.Contact) (modbus.Point, error) {
	block := p.Contacts
	if block == nil || !block.Has(c.Input) {
		return modbus.Point{}, fmt.Errorf("profile %s has no input %d", p.ID, c.Input)
	}
	kind, ok := w.kindOf(c.Equipment)
	if !ok {
		return modbus.Point{}, fmt.Errorf("input %d: unknown equipment %s", c.Input, c.Equipment)
	}
	known, ok := w.o.Catalogue.Point(kind, c.Point)
	if !ok || known.Type != gtc.TypeBool {
		return modbus.Point{}, fmt.Errorf("input %d: %s has no two-state point %s", c.Input, kind, c.Point)
	}
	r := block.Register(c.Point, c.Input, c.Normally == "closed")
	r.Debounce = c.Debounce
	return modbus.Point{
		Series: gtc.Series{Site: w.o.Site.ID, Kind: kind, Equipment: c.Equipment, Point: c.Point},
		Type:   gtc.TypeBool, Register: r,
	}, nil
}

func (w *wiring) kindOf(id gtc.EquipmentID) (gtc.Kind, bool) {
	for _, e := range w.o.Site.Equipment {
		if e.ID == id {
			return e.Kind, true
		}
	}
	return "", false
}

func (w *wiring) mqtt(conn config.Connection, devices []config.Device) error {
	o := mqtt.Options{
		Site: w.o.Site.ID, Status: conn.Status,
		Broker: mqtt.Broker{
			URL: conn.URL, User: conn.User, CAFile: conn.CAFile, CertFile: conn.CertFile, KeyFile: conn.KeyFile,
		},
		ClientID: "gtc-" + string(w.o.Site.ID) + "-" + conn.ID,
		Clock:    w.o.Clock,
		MayStamp: w.mayStamp,
		Log:      w.o.Log.With().Str("connection", conn.ID).Logger(),
	}
	if w.o.BrokerURL != nil {
		if u := w.o.BrokerURL(conn.ID); u != "" {
			o.URL = u
		}
	}
	if conn.User != "" {
		var err error
		if o.Password, err = BrokerPassword(w.getenv, conn); err != nil {
			return err
		}
	}
	for _, d := range devices {
		p := w.o.Profiles[d.Profile]
		o.Devices = append(o.Devices, mqtt.Device{
			ID: d.ID, Profile: p, Topic: d.Topic, Equipment: d.Equipment, Health: w.health[d.ID],
			TypeOf: func(slot string, id gtc.PointID) gtc.ValueType {
				kind, _ := p.Kind(slot)
				known, _ := w.o.Catalogue.Point(kind, id)
				return known.Type
			},
		})
	}
	s, err := mqtt.NewSource(o)
	if err != nil {
		return err
	}
	w.sources = append(w.sources, source{Source: s, name: conn.ID, durable: true})
	return nil
}

func (w *wiring) getenv(key string) string {
	if w.o.Getenv == nil {
		return ""
	}
	return w.o.Getenv(key)
}
