package config

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

// idPattern is the form of the ids of sites, equipment and devices.
var idPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,39}$`)

// checker collects what is wrong with the meaning of one file.
type checker struct {
	doc      *strict.Document
	mistakes Mistakes
	warnings Mistakes
}

// warn adds what is allowed and probably not meant.
func (c *checker) warn(path, format string, args ...any) {
	if !c.doc.Misspelt(path) {
		c.warnings = append(c.warnings, c.doc.At(path, format, args...))
	}
}

// add adds a mistake at a path, unless the key there was misspelt, which has
// been reported.
func (c *checker) add(path, format string, args ...any) {
	c.addHint(path, "", format, args...)
}

func (c *checker) addHint(path, hint, format string, args ...any) {
	if c.doc.Misspelt(path) {
		return
	}
	m := c.doc.At(path, format, args...)
	m.Hint = hint
	c.mistakes = append(c.mistakes, m)
}

func (c *checker) addKey(path, format string, args ...any) {
	c.mistakes = append(c.mistakes, c.doc.AtKey(path, format, args...))
}

// id checks the form of an id and reports whether there is one.
func (c *checker) id(path, id string) {
	switch {
	case id == "":
		c.add(path, "%s is missing", path)
	case !idPattern.MatchString(id):
		c.add(path, "%s: %q is not an id: 2 to 40 of a-z, 0-9 and -, not starting with -", path, id)
	}
}

// word checks that a value is one of the allowed words.
func (c *checker) word(path, value string, allowed []string) {
	switch {
	case slices.Contains(allowed, value):
	case value == "":
		c.add(path, "%s is missing: one of %s", path, strings.Join(allowed, ", "))
	default:
		hint := strict.Near(value, allowed)
		if hint == "" {
			c.add(path, "%s: %q is not one of %s", path, value, strings.Join(allowed, ", "))
			return
		}
		c.addHint(path, hint, "%s: unknown %q", path, value)
	}
}

// label checks that a label is in known languages, and in French if given.
func (c *checker) label(path string, l gtc.Label, required bool) {
	for _, lang := range sortedKeys(l) {
		if !slices.Contains(languages(), lang) {
			c.addKey(path+"."+lang, "%s: %q is not a language: fr, nl or en", path, lang)
		}
	}
	if l["fr"] == "" && (required || len(l) > 0) && !c.doc.Misspelt(path) {
		c.add(path+".fr", "%s.fr is missing: French is the reference", path)
	}
}

func languages() []string { return []string{"fr", "nl", "en"} }

func (c *checker) notNegative(path string, v float64) {
	if v < 0 {
		c.add(path, "%s: %v is negative", path, v)
	}
}

// url checks a URL: its scheme, that it has a host, and that no secret
// stands in it.
func (c *checker) url(path, text string, schemes ...string) *url.URL {
	u, err := url.Parse(text)
	switch {
	case text == "":
		c.add(path, "%s is missing", path)
		return nil
	case err != nil:
		c.add(path, "%s: %q is not a URL", path, text)
		return nil
	case !slices.Contains(schemes, u.Scheme):
		c.addHint(path, strict.Near(u.Scheme, schemes), "%s: the scheme %q is not one of %s", path, u.Scheme, strings.Join(schemes, ", "))
		return nil
	case u.Hostname() == "":
		c.add(path, "%s: %q names no host", path, text)
		return nil
	case u.User != nil:
		c.add(path, "%s: a user or password never stands in a URL", path)
		return nil
	}
	return u
}

// listen checks a host:port and reports whether it is on loopback only.
func (c *checker) listen(path, text string) (loopback bool) {
	host, _, err := net.SplitHostPort(text)
	if err != nil {
		c.add(path, "%s: %q is not host:port", path, text)
		return true
	}
	return isLoopback(host)
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func (c *checker) hub(h *Hub) {
	if h.Influx.URL != "" {
		c.url("influx.url", h.Influx.URL, "http", "https")
	}
	if !c.listen("bus.listen", h.Bus.Listen) && h.Bus.CertFile == "" {
		c.add("bus.listen", "bus.listen: %s is not loopback and has no certificate: give cert_file and key_file", h.Bus.Listen)
	}
	if h.Bus.Join != "" {
		c.url("bus.join", h.Bus.Join, "nats", "tls")
	}
	loopback := c.listen("bus.leaf_listen", h.Bus.LeafListen)
	switch {
	case (h.Bus.CertFile == "") != (h.Bus.KeyFile == ""):
		c.add("bus.cert_file", "bus: cert_file and key_file belong together")
	case !loopback && h.Bus.CertFile == "":
		c.add("bus.leaf_listen", "bus.leaf_listen: %s is not loopback and has no certificate: give cert_file and key_file", h.Bus.LeafListen)
	}
	c.reading(h, c.listen("console.listen", h.Console.Listen))
	c.word("console.language", h.Console.Language, languages())
	c.notify(&h.Notify)
	c.money(h)
	c.carbon(h)
	c.calorific(h.CalorificValues)
}

func carriers() []string {
	return []string{
		string(gtc.CarrierElectricity), string(gtc.CarrierGas), string(gtc.CarrierHeat),
		string(gtc.CarrierOil), string(gtc.CarrierPropane), string(gtc.CarrierPellets), string(gtc.CarrierWater),
	}
}
