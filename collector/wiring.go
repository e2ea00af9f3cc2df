package collector

import (
	"fmt"
	"net/url"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/health"
	"github.com/cpas-charleroi/gtc/collector/modbus"
	"github.com/cpas-charleroi/gtc/collector/mqtt"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/config"
)

// passwordEnv names the environment variable with the password of the site's
// brokers; it comes before the connection's password file.
const passwordEnv = "GTC_MQTT_PASSWORD" //nolint:gosec // the name, not the password

// wiring makes sources and device states out of a site's configuration.
type wiring struct {
	o Options

	sources  []source
	devices  []*health.Device
	refusals []func() []mqtt.Refusal
	health   map[gtc.DeviceID]*health.Device
}

func (w *wiring) build() error {
	w.health = map[gtc.DeviceID]*health.Device{}
	for _, d := range w.o.Site.Devices {
		h := health.NewDevice(d.ID, d.Profile)
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
	case "modbus":
		return w.modbus(conn, devices)
	case "mqtt", "mqtts":
		return w.mqtt(conn, devices)
	default:
		return fmt.Errorf("%s: unknown scheme, want modbus, mqtt or mqtts", conn.URL)
	}
}

func (w *wiring) modbus(conn config.Connection, devices []config.Device) error {
	o := modbus.Options{
		URL: conn.URL, Timeout: conn.Timeout, Pause: conn.Pause, Clock: w.o.Clock,
		Log: w.o.Log.With().Str("connection", conn.ID).Logger(),
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
			Limits:            limits(p),
			WordOrder:         m.WordOrder,
			PauseAfterConnect: m.PauseAfterConnect,
			Points:            points,
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

// limits are a profile's limits. The inputs of a module are one block: what
// lies between two that are used is served as well.
func limits(p *profile.Profile) modbus.Limits {
	l := modbus.Limits{MaxRegisters: p.Modbus.MaxRegisters, MaxBits: p.Modbus.MaxBits, MaxHole: p.Modbus.MaxHole}
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

// contact is the point behind one input of a digital-input module: false in
// the state that is normal, so with a contact normally closed it is true when
// the input is open, be it by an alarm or by a cut wire.
func (w *wiring) contact(p *profile.Profile, c config.Contact) (modbus.Point, error) {
	block := p.Contacts
	if block == nil || c.Input < 0 || c.Input >= block.Count {
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
	return modbus.Point{
		Series: gtc.Series{Site: w.o.Site.ID, Kind: kind, Equipment: c.Equipment, Point: c.Point},
		Type:   gtc.TypeBool,
		Register: profile.Register{
			Point: c.Point, Table: block.Table, Type: "bit", Poll: block.Poll,
			Address: block.Address + uint16(c.Input), //nolint:gosec // below the block's count
			Invert:  c.Normally == "closed",
		},
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
		Site: w.o.Site.ID, URL: conn.URL, User: conn.User,
		ClientID: "gtc-" + string(w.o.Site.ID) + "-" + conn.ID,
		Clock:    w.o.Clock,
		Log:      w.o.Log.With().Str("connection", conn.ID).Logger(),
	}
	if w.o.BrokerURL != nil {
		if u := w.o.BrokerURL(conn.ID); u != "" {
			o.URL = u
		}
	}
	if conn.User != "" {
		var err error
		if o.Password, err = config.Secret(w.getenv, passwordEnv, conn.PasswordFile); err != nil {
			return err
		}
	}
	for _, d := range devices {
		p := w.o.Profiles[d.Profile]
		o.Devices = append(o.Devices, mqtt.Device{
			ID: d.ID, Profile: p, Topic: d.Topic, Equipment: d.Equipment, Health: w.health[d.ID],
			TypeOf: func(slot string, id gtc.PointID) gtc.ValueType {
				known, _ := w.o.Catalogue.Point(p.Slots[slot], id)
				return known.Type
			},
		})
	}
	s, err := mqtt.NewSource(o)
	if err != nil {
		return err
	}
	w.sources = append(w.sources, source{Source: s, name: conn.ID, durable: true})
	w.refusals = append(w.refusals, s.Refusals)
	return nil
}

func (w *wiring) getenv(key string) string {
	if w.o.Getenv == nil {
		return ""
	}
	return w.o.Getenv(key)
}
