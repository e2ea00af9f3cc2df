package console

import (
	"net/url"
	"slices"
	"strings"

	"github.com/cpas-charleroi/gtc"
)

// wanted says which changes a receiver asked for; empty lists want all.
type wanted struct {
	sites []gtc.SiteID
	what  []string
	// series are site, site/equipment or site/equipment/point.
	series []string
}

func wantedOf(q url.Values) wanted {
	p := params{Values: q}
	return wanted{sites: texts[gtc.SiteID](p, "site"), what: texts[string](p, "what"), series: texts[string](p, "series")}
}

// pass returns what of a change is wanted, false when nothing is.
func (w wanted) pass(c Change) (Change, bool) {
	if len(w.sites) > 0 && !slices.Contains(w.sites, c.Site) || len(w.what) > 0 && !slices.Contains(w.what, c.What) {
		return c, false
	}
	if len(w.series) == 0 {
		return c, true
	}
	if len(c.Values) == 0 {
		// No value to choose by: the sites that the series name.
		return c, slices.ContainsFunc(w.series, func(s string) bool { return under(s, string(c.Site)) || under(string(c.Site), s) })
	}
	values := make([]LiveValue, 0, len(c.Values))
	for _, v := range c.Values {
		name := string(c.Site) + "/" + string(v.Equipment) + "/" + string(v.Point)
		if slices.ContainsFunc(w.series, func(s string) bool { return under(name, s) }) {
			values = append(values, v)
		}
	}
	c.Values = values
	return c, len(values) > 0
}

// under reports whether a name is another one or stands below it.
func under(name, of string) bool { return name == of || strings.HasPrefix(name, of+"/") }
