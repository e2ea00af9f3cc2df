package collector

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/health"
	"github.com/cpas-charleroi/gtc/collector/mqtt"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/config"
)

// lane is one connection at work: its source and, while it runs, the way to
// end it.
type lane struct {
	source source
	// made tells everything the lane is made of: two configurations that give
	// the same make the same lane.
	made string
	stop context.CancelFunc
	done chan struct{}
}

// Changes are the connections that a reload touched.
type Changes struct{ Added, Changed, Removed []string }

// None reports whether nothing was touched.
func (c Changes) None() bool { return len(c.Added)+len(c.Changed)+len(c.Removed) == 0 }

// Reload takes over a changed configuration of the same site. A connection
// whose configuration, devices and profiles are the same keeps its source, its
// open connection and its devices' states; the others are ended, and what
// they emitted is stored. The queue is not touched. On an error nothing has
// changed.
func (c *Collector) Reload(site *config.Site, profiles map[string]*profile.Profile) (Changes, error) {
	if site.ID != c.site {
		return Changes{}, fmt.Errorf("reload site %s: the file is of site %s", c.site, site.ID)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.options
	o.Site, o.Profiles = site, profiles
	w := wiring{o: o, mayStamp: c.mayStamp, health: map[gtc.DeviceID]*health.Device{}}
	made, err := makings(o)
	if err != nil {
		return Changes{}, fmt.Errorf("reload site %s: %w", c.site, err)
	}
	for _, d := range c.devices {
		if i := slices.IndexFunc(site.Devices, func(x config.Device) bool { return x.ID == d.State().Device }); i >= 0 {
			if l := c.lanes[site.Devices[i].Connection]; l != nil && l.made == made[site.Devices[i].Connection] {
				w.health[d.State().Device] = d
			}
		}
	}
	if err := w.build(); err != nil {
		return Changes{}, fmt.Errorf("reload site %s: %w", c.site, err)
	}
	changes := c.exchange(w.sources, made)
	c.options, c.devices = o, w.devices
	c.batcher.reconfigure(site, w.bands)
	return changes, nil
}

// exchange ends the lanes that are not the same any more and starts the new
// ones. The caller holds the lock.
func (c *Collector) exchange(sources []source, made map[string]string) Changes {
	var changes Changes
	next := map[string]*lane{}
	for _, s := range sources {
		old := c.lanes[s.name]
		switch {
		case old == nil:
			changes.Added = append(changes.Added, s.name)
		case old.made == made[s.name]:
			next[s.name] = old
			continue
		default:
			changes.Changed = append(changes.Changed, s.name)
		}
		next[s.name] = &lane{source: s, made: made[s.name]}
	}
	for name, l := range c.lanes {
		if next[name] == l {
			continue
		}
		if next[name] == nil {
			changes.Removed = append(changes.Removed, name)
		}
		l.end()
	}
	slices.Sort(changes.Removed)
	c.lanes = next
	if c.life != nil {
		c.startLanes()
	}
	return changes
}

// startLanes runs the lanes that do not run yet. The caller holds the lock.
func (c *Collector) startLanes() {
	for _, l := range c.lanes {
		if l.done != nil {
			continue
		}
		var ctx context.Context
		ctx, l.stop = context.WithCancel(c.life)
		l.done = make(chan struct{})
		go func() {
			defer close(l.done)
			c.supervise(ctx, l.source)
		}()
	}
}

// end stops a lane and waits for it.
func (l *lane) end() {
	if l.done != nil {
		l.stop()
		<-l.done
	}
}

// refusals are the refused messages of every MQTT connection.
func (c *Collector) refusals() []mqtt.Refusal {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []mqtt.Refusal
	for _, l := range c.lanes {
		if s, ok := l.source.Source.(interface{ Refusals() []mqtt.Refusal }); ok {
			out = append(out, s.Refusals()...)
		}
	}
	return out
}

// current are the devices of the present configuration.
func (c *Collector) current() []*health.Device {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.devices)
}

// makings tells for each connection everything that its source is made of.
func makings(o Options) (map[string]string, error) {
	out := map[string]string{}
	for _, conn := range o.Site.Connections {
		part := struct {
			Connection config.Connection
			Devices    []config.Device
			Profiles   []*profile.Profile
			Equipment  []config.Equipment
		}{Connection: conn, Equipment: o.Site.Equipment}
		for _, d := range o.Site.Devices {
			if d.Connection == conn.ID {
				part.Devices = append(part.Devices, d)
				part.Profiles = append(part.Profiles, o.Profiles[d.Profile])
			}
		}
		used := func(e config.Equipment) bool { return serves(part.Devices, e.ID) }
		part.Equipment = slices.DeleteFunc(slices.Clone(part.Equipment), func(e config.Equipment) bool { return !used(e) })
		data, err := json.Marshal(part)
		if err != nil {
			return nil, fmt.Errorf("connection %s: %w", conn.ID, err)
		}
		out[conn.ID] = string(data)
	}
	return out, nil
}

func serves(devices []config.Device, id gtc.EquipmentID) bool {
	for _, d := range devices {
		for _, e := range d.Equipment {
			if e == id {
				return true
			}
		}
		if slices.ContainsFunc(d.Contacts, func(c config.Contact) bool { return c.Equipment == id }) {
			return true
		}
	}
	return false
}
