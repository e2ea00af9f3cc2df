package config

import "time"

// leastBounces and mostBounces bound how often the mailbox is looked at.
const (
	leastBounces = 10 * time.Second
	mostBounces  = time.Hour
)

// bounces checks the mailbox where servers tell what did not arrive.
func (c *checker) bounces(e *NotifyEmail) {
	const path = "notify.email.bounces"
	b := &e.Bounces
	if *b == (NotifyBounces{}) {
		return
	}
	if e.Server == "" {
		c.addKey(path, "%s: nothing is sent by e-mail without notify.email.server", path)
	}
	u := c.url(path+".server", b.Server, "imaps", "imap")
	switch {
	case u == nil:
	case u.Scheme == "imap" && !isLoopback(u.Hostname()):
		c.addHint(path+".server", "imaps", "%s.server: imap is not encrypted and only for loopback", path)
	case u.Path != "" && u.Path != "/":
		c.add(path+".server", "%s.server: %q has a path; the folder stands in folder", path, b.Server)
	}
	if b.User == "" {
		c.add(path+".user", "%s.user is missing: the account of the mailbox", path)
	}
	if b.Server != "" && (b.Every < leastBounces || b.Every > mostBounces) {
		c.add(path+".every", "%s.every: %s is not between %s and %s", path, b.Every, leastBounces, mostBounces)
	}
}
