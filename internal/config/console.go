package config

import "net/netip"

// Console is the web console and HTTP API.
type Console struct {
	// Listen is loopback unless told otherwise.
	Listen string `yaml:"listen"`
	// Language is the default language: fr, nl or en.
	Language string `yaml:"language"`
	// OpenRead lets everybody read who reaches the console, also without signing
	// in. Not given, that is so on loopback without notify.public_url only: what
	// has a public address is reached by others, whatever it listens on.
	OpenRead *bool `yaml:"open_read"`
	// TrustedProxies are the addresses (or networks, as in 10.0.0.0/24) of
	// reverse proxies whose X-Forwarded-For is believed. Without them a visitor's
	// address is that of the connection.
	TrustedProxies []string `yaml:"trusted_proxies"`
}

// OpenRead reports whether everybody who reaches the console reads, without
// signing in; loopback tells whether it listens on this machine alone.
func (h *Hub) OpenRead(loopback bool) bool {
	if h.Console.OpenRead != nil {
		return *h.Console.OpenRead
	}
	return loopback && h.Notify.PublicURL == ""
}

// Proxies are the trusted proxies; what is not an address is left out, as it was
// refused when the file was read.
func (c *Console) Proxies() []netip.Prefix {
	var out []netip.Prefix
	for _, text := range c.TrustedProxies {
		if p, ok := parseNetwork(text); ok {
			out = append(out, p)
		}
	}
	return out
}

// parseNetwork reads an address or a network.
func parseNetwork(text string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), true
}

// reading checks who reads the console, and whom it believes.
func (c *checker) reading(h *Hub, loopback bool) {
	if open := h.Console.OpenRead; open != nil && *open && (h.Notify.PublicURL != "" || !loopback) {
		c.warn("console.open_read", "console.open_read: everybody who reaches the console reads it without signing in: alarms, names, intrusion; only where the proxy before it lets nobody else through")
	}
	for i, text := range h.Console.TrustedProxies {
		path := index("console.trusted_proxies", i)
		switch p, ok := parseNetwork(text); {
		case !ok:
			c.add(path, "%s: %q is neither an address nor a network such as 10.0.0.0/24", path, text)
		case p.Bits() == 0:
			c.add(path, "%s: %q is everybody: anybody could say where they come from", path, text)
		}
	}
}
