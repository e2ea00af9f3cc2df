package simulators

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/simulators/building"
)

// site is one simulated site. Its devices show what its course says.
type site struct {
	cfg     *config.Site
	physics Physics
	origin  time.Time
	// building is what the site's building is, nil for recorded days.
	building *building.Params
	// fresh makes the course from its beginning, for a reader of its own.
	fresh   func() course
	devices []*device
	due     []time.Time // instants to look back to, in order
	// location is the site's time zone.
	location *time.Location

	live live
}

// device is what answers at one unit id or topic prefix.
type device struct {
	cfg     config.Device
	profile *profile.Profile
	// readings in the order of the profile.
	readings []reading
	// bySlot finds a reading; contacts those of a digital-input module.
	bySlot   map[slotPoint]int
	contacts map[int]contact
	silent   func(t time.Time) bool
	clockOff func(t time.Time) time.Duration
}

type slotPoint struct {
	slot  string
	point gtc.PointID
}

// contact is one wired input: the reading it follows and its polarity.
type contact struct {
	reading int
	// invert: the input is closed while the point is false.
	invert bool
}

// reading is one series of a site and what it shows.
type reading struct {
	series gtc.Series
	read   read
}

// world is what makes sites out of configuration.
type world struct {
	file      *File
	catalogue *catalogue.Catalogue
	profiles  map[string]*profile.Profile
	epoch     time.Time
	origin    time.Time
}

// site builds the simulation of one configured site.
func (w world) site(cfg *config.Site) (*site, error) {
	loc, err := time.LoadLocation(cfg.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("simulate site %s: %w", cfg.ID, err)
	}
	ph := w.file.Sites[string(cfg.ID)]
	p := w.file.params(cfg, loc, w.epoch, w.origin).Complete()
	s := &site{
		cfg: cfg, physics: ph, origin: w.origin, location: loc, building: &p,
		fresh: func() course { return building.New(p) },
	}
	return s, s.addDevices(w, shown{seed: p.Seed, physics: ph, location: loc})
}

func (s *site) addDevices(w world, x shown) error {
	for _, d := range s.cfg.Devices {
		p, ok := w.profiles[d.Profile]
		if !ok {
			return fmt.Errorf("simulate device %s of %s: no profile %q", d.ID, s.cfg.ID, d.Profile)
		}
		dev := &device{
			cfg: d, profile: p, bySlot: map[slotPoint]int{}, contacts: map[int]contact{},
			silent: s.silence(d.ID), clockOff: s.clockOff(d.ID),
		}
		s.addReadings(dev, w, x)
		s.devices = append(s.devices, dev)
	}
	return nil
}

// addReadings lists what a device with this profile serves. What the site file
// maps to an equipment is what a collector reads; the rest has no equipment.
func (s *site) addReadings(d *device, w world, x shown) {
	// One equipment after the other, so that its samples share a line.
	registers := slices.SortedStableFunc(slices.Values(d.profile.Registers), func(a, b profile.Register) int {
		return strings.Compare(a.Slot, b.Slot)
	})
	for _, reg := range registers {
		s.addReading(d, w, x, slotPoint{reg.Slot, reg.Point}, d.cfg.Equipment[reg.Slot])
	}
	for _, topic := range d.profile.Topics {
		for _, f := range topic.Fields {
			if eq := d.cfg.Equipment[f.Slot]; eq != "" { // others are not published
				s.addReading(d, w, x, slotPoint{f.Slot, f.Point}, eq)
			}
		}
	}
	for _, c := range d.cfg.Contacts {
		// The slot of a contact is its equipment: a module may serve several.
		at := slotPoint{string(c.Equipment), c.Point}
		s.addReading(d, w, x, at, c.Equipment)
		if i, ok := d.bySlot[at]; ok {
			d.contacts[c.Input] = contact{reading: i, invert: c.Normally == "closed"}
		}
	}
}

func (s *site) addReading(d *device, w world, x shown, at slotPoint, eq gtc.EquipmentID) {
	if _, ok := d.bySlot[at]; ok {
		return
	}
	kind := kindOf(s.cfg, eq)
	if eq == "" {
		kind = d.profile.Slots[at.slot]
	}
	def, ok := w.catalogue.Point(kind, at.point)
	if !ok {
		return
	}
	r, ok := find(x.points(kind, eq), at.point, def.Type)
	if !ok {
		return
	}
	if eq != "" {
		r = s.faulty(eq, at.point, pointKind{def.Type, def.Counter}, r)
	}
	d.bySlot[at] = len(d.readings)
	d.readings = append(d.readings, reading{
		series: gtc.Series{Site: s.cfg.ID, Kind: kind, Equipment: eq, Point: at.point},
		read:   asRead(d.profile, at.slot, at.point, def.Type, r),
	})
}
