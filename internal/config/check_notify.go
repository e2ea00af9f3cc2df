package config

import (
	"net"
	"net/mail"
	"regexp"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// phonePattern is the international form of a telephone number.
var phonePattern = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// leastWatchdog and mostWatchdog bound how often the outside watcher is told.
const (
	leastWatchdog = 10 * time.Second
	mostWatchdog  = 15 * time.Minute
)

func (n *Notify) setDefaults() {
	if n.Watchdog.Every == 0 {
		n.Watchdog.Every = time.Minute
	}
	if b := &n.Email.Bounces; b.Server != "" {
		if b.Every == 0 {
			b.Every = time.Minute
		}
		if b.Folder == "" {
			b.Folder = "INBOX"
		}
	}
}

func (c *checker) notify(n *Notify) {
	if n.PublicURL != "" {
		c.outside("notify.public_url", n.PublicURL)
	}
	c.notifyEmail(&n.Email)
	c.bounces(&n.Email)
	c.gateway(&n.SMS.Gateway)
	if m := n.SMS.Modem; m.Number != "" {
		c.phone("notify.sms.modem.number", m.Number)
		if m.Device == "" {
			c.add("notify.sms.modem.device", "notify.sms.modem.device is missing: the serial line of the modem")
		}
	}
	for _, name := range sortedKeys(n.Webhooks) {
		path := "notify.webhooks." + name
		if !idPattern.MatchString(name) {
			c.addKey(path, "notify.webhooks: %q is not a name: 2 to 40 of a-z, 0-9 and -", name)
		}
		c.outside(path+".url", n.Webhooks[name].URL)
		if n.Webhooks[name].SecretFile == "" {
			c.add(path+".secret_file", "%s.secret_file is missing: the file with the shared secret", path)
		}
	}
	if p := n.Push.Contact; p != "" && !strings.HasPrefix(p, "mailto:") && !strings.HasPrefix(p, "https://") {
		c.add("notify.push.contact", "notify.push.contact: %q is neither mailto: nor https://", p)
	}
	if w := n.Watchdog; w.URL != "" {
		c.outside("notify.watchdog.url", w.URL)
	}
	if e := n.Watchdog.Every; e < leastWatchdog || e > mostWatchdog {
		c.add("notify.watchdog.every", "notify.watchdog.every: %s is not between %s and %s", e, leastWatchdog, mostWatchdog)
	}
}

func (c *checker) notifyEmail(e *NotifyEmail) {
	if e.Server == "" {
		if e.From != "" || e.User != "" {
			c.add("notify.email.server", "notify.email.server is missing: host:port of the mail server")
		}
		return
	}
	if _, _, err := net.SplitHostPort(e.Server); err != nil {
		c.add("notify.email.server", "notify.email.server: %q is not host:port", e.Server)
	}
	if _, err := mail.ParseAddress(e.From); err != nil {
		c.add("notify.email.from", "notify.email.from: %q is not an address", e.From)
	}
}

func (c *checker) gateway(g *NotifyGateway) {
	const path = "notify.sms.gateway"
	if g.URL == "" {
		if len(g.Fields) > 0 || g.HeaderFile != "" {
			c.add(path+".url", "%s.url is missing", path)
		}
		return
	}
	c.outside(path+".url", g.URL)
	if g.CheckURL != "" {
		c.outside(path+".check_url", g.CheckURL)
	}
	var all strings.Builder
	for _, v := range g.Fields {
		all.WriteString(v + "\n")
	}
	for _, part := range []string{"$to", "$text"} {
		if !strings.Contains(all.String(), part) {
			c.add(path+".fields", "%s.fields: none carries %s", path, part)
		}
	}
}

// outside checks an address that leaves this machine: https unless loopback.
// A token of the watcher may be part of its path.
func (c *checker) outside(path, text string) {
	u := c.url(path, text, "https", "http")
	if u != nil && u.Scheme == "http" && !isLoopback(u.Hostname()) {
		c.addHint(path, "https", "%s: http is not encrypted and only for loopback", path)
	}
}

func (c *checker) phone(path, number string) {
	if !phonePattern.MatchString(number) {
		c.add(path, "%s: %q is not of the form +32475000000", path, number)
	}
}

// hasPanel reports whether the site has a fire panel.
func (s *Site) hasPanel() bool {
	for _, e := range s.Equipment {
		if e.Kind == gtc.KindFirePanel {
			return true
		}
	}
	return false
}

// telling checks what a site says about how people are told.
func (c *siteChecker) telling() {
	const call = "fire_lost_call_minutes"
	if m := c.site.FireLostCallMinutes; m != nil {
		if *m < 0 || *m > 30 {
			c.add(call, "%s: %d is not between 0 and 30", call, *m)
		}
		if !c.site.hasPanel() {
			c.addKey(call, "%s: the site has no fire panel", call)
		}
	}
	m := &c.site.Modem
	if m.Device == "" && len(m.Recipients) == 0 {
		return
	}
	if m.Device == "" {
		c.add("modem.device", "modem.device is missing: the serial line of the modem")
	}
	if len(m.Recipients) == 0 {
		c.add("modem.recipients", "modem.recipients is missing: who is told by the site itself")
	}
	for i, r := range m.Recipients {
		c.phone(index("modem.recipients", i), r)
	}
	if m.Language != "" {
		c.word("modem.language", m.Language, languages())
	}
}
