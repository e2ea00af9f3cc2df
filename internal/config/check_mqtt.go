package config

import (
	"net/url"
	"slices"
	"strings"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

// tlsFiles checks the files of a TLS endpoint and that there is one.
func (c *siteChecker) tlsFiles(at string, secure bool, ca, cert, key string) {
	if (cert == "") != (key == "") {
		c.add(at+".cert_file", "%s: cert_file and key_file belong together", at)
	}
	if !secure && (ca != "" || cert != "" || key != "") {
		c.add(at+".url", "%s: ca_file, cert_file and key_file are for mqtts://", at)
	}
}

// mqttConnection checks what only a connection to a broker has.
func (c *siteChecker) mqttConnection(at string, n Connection, u *url.URL) {
	if u == nil {
		return
	}
	mqtt := u.Scheme == "mqtt" || u.Scheme == "mqtts"
	if n.Status != "" && (!mqtt || !isTopic(n.Status)) {
		c.add(at+".status", "%s.status: %q is not a topic of an MQTT broker, without + and #", at, n.Status)
	}
	c.tlsFiles(at, u.Scheme == "mqtts", n.CAFile, n.CertFile, n.KeyFile)
}

// brokerTLS checks the certificate of the edge's own broker.
func (c *siteChecker) brokerTLS() {
	b := c.site.Broker
	if (b.CertFile == "") != (b.KeyFile == "") {
		c.add("broker.cert_file", "broker: cert_file and key_file belong together")
	}
	if b.CAFile != "" && b.CertFile == "" {
		c.add("broker.ca_file", "broker.ca_file: clients cannot show a certificate to a broker without one: give cert_file and key_file")
	}
}

func isTopic(topic string) bool { return topic != "" && !strings.ContainsAny(topic, "+#") }

// publish checks what is published, and that none of it is private.
func (c *siteChecker) publish() {
	p := c.site.Publish
	if p.Connection == "" {
		if len(p.Points) > 0 || p.HomeAssistant != "" {
			c.add("publish.connection", "publish.connection is missing: the broker to publish on")
		}
		return
	}
	var brokers []string
	for _, n := range c.site.Connections {
		if strings.HasPrefix(n.URL, "mqtt://") || strings.HasPrefix(n.URL, "mqtts://") {
			brokers = append(brokers, n.ID)
		}
	}
	if !slices.Contains(brokers, p.Connection) {
		c.addHint("publish.connection", strict.Near(p.Connection, brokers), "publish.connection: there is no MQTT connection %q", p.Connection)
	}
	for path, topic := range map[string]string{"publish.prefix": p.Prefix, "publish.home_assistant": p.HomeAssistant} {
		if topic != "" && (!isTopic(topic) || strings.HasPrefix(topic, "$") || strings.HasSuffix(topic, "/")) {
			c.add(path, "%s: %q is not the beginning of a topic", path, topic)
		}
	}
	if len(p.Points) == 0 {
		c.add("publish.points", "publish.points is missing: equipment/point, with * for any")
	}
	for i, pattern := range p.Points {
		c.published(index("publish.points", i), pattern)
	}
}

// published checks one chosen point. A pattern with * simply leaves out what
// is private; naming such a point is a mistake.
func (c *siteChecker) published(at, pattern string) {
	equipment, point, ok := strings.Cut(pattern, "/")
	if !ok || equipment == "" || point == "" || strings.Contains(point, "/") {
		c.add(at, "%s: %q is not equipment/point, with * for any", at, pattern)
		return
	}
	if equipment == "*" {
		return
	}
	e, ok := c.reference(at, gtc.EquipmentID(equipment))
	if !ok || point == "*" {
		return
	}
	def, ok := c.point(at, e.Kind, gtc.PointID(point))
	if ok && !Publishable(max(e.Privacy, def.Privacy, c.site.pointPrivacy(e, def.ID)), def.ID) {
		c.add(at, "%s: %s is never published: it is private, or tells whether someone is there", at, pattern)
	}
}

// Publishable reports whether a point of that privacy class may be published
// at all: nothing private, no set states of intrusion panels, no occupancy.
func Publishable(privacy gtc.Privacy, point gtc.PointID) bool {
	name := string(point)
	return !privacy.Private() && name != "set_state" && !strings.HasSuffix(name, "_set_state") && !strings.Contains(name, "occupied") && !strings.Contains(name, "occupancy")
}

// pointPrivacy is the class that the site file gives a point.
func (s *Site) pointPrivacy(e Equipment, point gtc.PointID) gtc.Privacy {
	if set, ok := e.Points[point]; ok && set.Privacy != nil {
		return *set.Privacy
	}
	return 0
}
