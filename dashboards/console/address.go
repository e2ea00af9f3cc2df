package console

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// address is where the visitor comes from, without the port. Behind proxies that
// are trusted it is the nearest address that is none of theirs: what stands
// before it in X-Forwarded-For anybody may have written.
func (s *server) address(r *http.Request) string {
	at, ok := parseAddress(r.RemoteAddr)
	if !ok {
		return r.RemoteAddr
	}
	by := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, text := range slices.Backward(by) {
		if !slices.ContainsFunc(s.proxies, func(p netip.Prefix) bool { return p.Contains(at) }) {
			break
		}
		from, ok := parseAddress(strings.TrimSpace(text))
		if !ok {
			break
		}
		at = from
	}
	return at.String()
}

// parseAddress reads an address, with or without a port.
func parseAddress(text string) (netip.Addr, bool) {
	if p, err := netip.ParseAddrPort(text); err == nil {
		return p.Addr().Unmap(), true
	}
	a, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return a.Unmap(), err == nil
}
