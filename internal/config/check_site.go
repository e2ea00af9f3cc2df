package config

import (
	"maps"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/modbus/endpoint"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

// index returns the path of an item of a list.
func index(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

func sortedKeys[K ~string, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// siteChecker checks one site file.
type siteChecker struct {
	checker
	site     *Site
	cat      *catalogue.Catalogue
	profiles map[string]*profile.Profile
	// given names the device that gives a point of an equipment.
	given map[string]gtc.DeviceID
}

func (c *siteChecker) check() {
	c.given = map[string]gtc.DeviceID{}
	c.identity()
	c.edge()
	c.telling()
	c.connections()
	c.equipment()
	c.devices()
	c.points()
	c.meters()
	c.operation()
	c.publish()
}

func (c *siteChecker) identity() {
	s := c.site
	c.id("site", string(s.ID))
	if s.ID == "hub" {
		c.add("site", "site: hub is the name of the hub itself")
	}
	name := strings.TrimSuffix(strings.TrimSuffix(path.Base(s.File), ".yaml"), ".yml")
	if idPattern.MatchString(string(s.ID)) && name != string(s.ID) {
		c.add("site", "site: the file of %s must be named %s.yaml", s.ID, s.ID)
	}
	c.label("label", s.Label, true)
	c.word("category", string(s.Category), categories())
	if _, err := time.LoadLocation(s.TimeZone); err != nil || s.TimeZone == "Local" {
		c.add("time_zone", "time_zone: %q is not a time zone such as %s", s.TimeZone, DefaultTimeZone)
	}
	c.notNegative("area_m2", s.AreaM2)
	if s.WeatherEquipment == "" {
		return
	}
	e, ok := c.reference("weather_equipment", s.WeatherEquipment)
	if ok && e.Kind != gtc.KindWeather {
		c.add("weather_equipment", "weather_equipment: %s is of kind %s, not a weather station", e.ID, e.Kind)
	}
	if s.WeatherStation == "" {
		c.add("weather_station", "weather_station is missing: the station whose days %s makes", s.WeatherEquipment)
	}
}

func categories() []string {
	return []string{
		string(gtc.CategoryRestHome), string(gtc.CategoryOffice), string(gtc.CategorySocialOffice),
		string(gtc.CategoryCommunityCentre), string(gtc.CategoryKitchen), string(gtc.CategoryNightShelter),
		string(gtc.CategoryHousing), string(gtc.CategoryOther),
	}
}

// leastLimit is the least hub.limit, in bytes a second.
const leastLimit = 1000

// edge checks the way to the hub and the edge's own broker.
func (c *siteChecker) edge() {
	s := c.site
	if s.Hub.URL != "" {
		u := c.url("hub.url", s.Hub.URL, "tls", "nats", "wss")
		if u != nil && u.Scheme == "nats" && !isLoopback(u.Hostname()) {
			c.addHint("hub.url", "tls", "hub.url: nats:// is not encrypted and only for loopback")
		}
	}
	if l := s.Hub.Limit; l != 0 && l < leastLimit {
		c.add("hub.limit", "hub.limit: %d bytes a second is less than %d: the queue would never be taken", l, leastLimit)
	}
	if s.Broker.Listen == "" {
		if len(s.Broker.Users) > 0 {
			c.add("broker.listen", "broker.listen is missing: the users have no broker")
		}
		return
	}
	c.brokerTLS()
	if !c.listen("broker.listen", s.Broker.Listen) && len(s.Broker.Users) == 0 {
		c.add("broker.listen", "broker.listen: %s is not loopback and has no users: anyone could publish", s.Broker.Listen)
	}
	seen := map[string]bool{}
	for i, u := range s.Broker.Users {
		at := index("broker.users", i)
		if u.User == "" {
			c.add(at+".user", "%s.user is missing", at)
		}
		if u.PasswordFile == "" {
			c.add(at+".password_file", "%s.password_file is missing", at)
		}
		if seen[u.User] {
			c.add(at+".user", "%s.user: %q is given twice", at, u.User)
		}
		seen[u.User] = true
		c.filters(at+".publish", u.Publish)
		c.filters(at+".subscribe", u.Subscribe)
	}
}

// filters checks MQTT topic filters.
func (c *siteChecker) filters(list string, filters []string) {
	for i, f := range filters {
		levels := strings.Split(f, "/")
		for j, level := range levels {
			wild := strings.ContainsAny(level, "+#")
			if f == "" || wild && level != "+" && (level != "#" || j != len(levels)-1) {
				c.add(index(list, i), "%s: %q is not a topic filter", index(list, i), f)
				break
			}
		}
	}
}

func (c *siteChecker) connections() {
	seen := map[string]bool{}
	for i, n := range c.site.Connections {
		at := index("connections", i)
		c.id(at+".id", n.ID)
		if seen[n.ID] && n.ID != "" {
			c.add(at+".id", "%s.id: there is already a connection %s", at, n.ID)
		}
		seen[n.ID] = true
		if scheme, _, _ := strings.Cut(n.URL, ":"); slices.Contains(endpoint.Schemes(), scheme) {
			c.modbus(at, n)
		} else {
			c.mqttConnection(at, n, c.url(at+".url", n.URL, append(endpoint.Schemes(), "mqtt", "mqtts")...))
		}
		for _, d := range []struct {
			key   string
			value time.Duration
		}{
			{"timeout", n.Timeout},
			{"dial_timeout", n.DialTimeout},
			{"frame_timeout", n.FrameTimeout},
			{"silence", n.Silence},
			{"pause", n.Pause},
			{"idle_close", n.IdleClose},
		} {
			if d.value < 0 || d.value > time.Minute {
				c.add(at+"."+d.key, "%s.%s: %v is not between 0s and 1m", at, d.key, d.value)
			}
		}
	}
}

// modbus checks a Modbus connection.
func (c *siteChecker) modbus(at string, n Connection) {
	if u, err := url.Parse(n.URL); err == nil && u.Scheme != endpoint.SchemeRTU {
		if c.url(at+".url", n.URL, endpoint.Schemes()...) == nil {
			return
		}
	}
	if _, err := endpoint.Parse(n.URL); err != nil {
		what := strings.TrimPrefix(err.Error(), "modbus connection "+n.URL+": ")
		c.add(at+".url", "%s.url: %s", at, what)
	}
	for _, other := range c.site.Connections {
		if other.ID == n.ID {
			break
		}
		if n.ID != "" && n.URL != "" && EndpointOf(other.URL) == EndpointOf(n.URL) && protocolOf(other.URL) == "modbus" {
			c.add(at+".url", "%s.url: connection %s leads to the same place: give its devices that connection", at, other.ID)
		}
	}
	if n.User != "" || n.PasswordFile != "" {
		c.add(at, "%s: Modbus has no user and no password", at)
	}
}

func (c *siteChecker) equipment() {
	kinds := make([]string, 0, 20)
	for _, k := range c.cat.Kinds() {
		kinds = append(kinds, string(k))
	}
	seen := map[gtc.EquipmentID]bool{}
	for i, e := range c.site.Equipment {
		at := index("equipment", i)
		c.id(at+".id", string(e.ID))
		if seen[e.ID] && e.ID != "" {
			c.add(at+".id", "%s.id: there is already an equipment %s", at, e.ID)
		}
		seen[e.ID] = true
		c.word(at+".kind", string(e.Kind), kinds)
		c.label(at+".label", e.Label, false)
		if e.Privacy < 0 || e.Privacy > 3 {
			c.add(at+".privacy", "%s.privacy: %d is not between 0 and 3", at, e.Privacy)
		}
		c.coldLimit(at+".limit_c", e)
	}
}

// coldLimit checks the limit of a cold room's record.
func (c *siteChecker) coldLimit(at string, e Equipment) {
	switch {
	case e.LimitC == nil:
	case e.Kind != "cold_room":
		c.add(at, "%s: only a cold room has one", at)
	case *e.LimitC < -40 || *e.LimitC > 30:
		c.add(at, "%s: %g °C is not between −40 and 30", at, *e.LimitC)
	}
}

// reference checks that an equipment exists.
func (c *siteChecker) reference(at string, id gtc.EquipmentID) (Equipment, bool) {
	if id == "" {
		c.add(at, "%s is missing: the id of an equipment", at)
		return Equipment{}, false
	}
	e, ok := c.site.find(id)
	if ok {
		return e, true
	}
	known := make([]string, 0, len(c.site.Equipment))
	for _, e := range c.site.Equipment {
		known = append(known, string(e.ID))
	}
	c.addHint(at, strict.Near(string(id), known), "%s: there is no equipment %q", at, id)
	return Equipment{}, false
}

// point checks that a kind has a point.
func (c *siteChecker) point(at string, kind gtc.Kind, id gtc.PointID) (catalogue.Point, bool) {
	if id == "" {
		c.add(at, "%s is missing: a point of kind %s", at, kind)
		return catalogue.Point{}, false
	}
	p, ok := c.cat.Point(kind, id)
	if ok || !c.cat.HasKind(kind) { // an unknown kind has been reported
		return p, ok
	}
	known := make([]string, 0, 40)
	for _, p := range c.cat.Points(kind) {
		known = append(known, string(p.ID))
	}
	c.addHint(at, strict.Near(string(id), known), "%s: kind %s has no point %q", at, kind, id)
	return p, false
}
