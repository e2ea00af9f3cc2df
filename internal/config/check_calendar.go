package config

import "github.com/cpas-charleroi/gtc/rules/energy/baseline"

// operation checks the operating calendar and the static factors.
func (c *siteChecker) operation() {
	if cal := c.site.Calendar; cal != nil {
		c.openDays(cal)
		if cal.Holidays != "" {
			c.word("calendar.holidays", cal.Holidays, []string{holidaysBelgium, holidaysNone})
		}
		for i, s := range cal.Closed {
			c.closedSpan(index("calendar.closed", i), s)
		}
	}
	c.factors(c.site.StaticFactors)
}

func (c *siteChecker) openDays(cal *Calendar) {
	if len(cal.Open) == 0 {
		c.add("calendar.open", "calendar.open is missing: the weekdays on which the site is open, such as [mon-fri, sat]")
	}
	seen := [7]bool{}
	for i, text := range cal.Open {
		at := index("calendar.open", i)
		days, err := baseline.ParseWeekdays(text)
		if err != nil {
			c.add(at, "%s: %q is not a weekday or a range of them, such as mon-fri or sat", at, text)
			continue
		}
		for day, open := range days {
			if open && seen[day] {
				c.add(at, "%s: %s names a day that is open already", at, text)
				break
			}
			seen[day] = seen[day] || open
		}
	}
}

func (c *siteChecker) closedSpan(at string, s ClosedSpan) {
	switch {
	case !c.day(at+".from", s.From, "the first day of the span"):
	case !c.day(at+".to", s.To, "its last day"):
	case s.To.Before(s.From):
		c.add(at+".to", "%s.to: %s is before %s", at, s.To, s.From)
	}
}

// day checks that a date is given; one that cannot be read has been reported.
func (c *siteChecker) day(at string, d Date, what string) bool {
	if !d.IsZero() {
		return true
	}
	if !c.doc.Has(at) {
		c.add(at, "%s is missing: %s", at, what)
	}
	return false
}

// factors checks the static factors.
func (c *siteChecker) factors(all []StaticFactor) {
	shares, days := map[string]float64{}, map[string]bool{}
	for i, f := range all {
		at := index("static_factors", i)
		c.word(at+".name", f.Name, []string{"beds", "area", "hours"})
		if f.Factor <= 0 {
			c.add(at+".factor", "%s.factor: %v is not above 0: its size, that before the first entry of %s being 1", at, f.Factor, f.Name)
		}
		if f.Share < 0 || f.Share > 1 {
			c.add(at+".share", "%s.share: %v is not above 0 and up to 1", at, f.Share)
		}
		if other := shares[f.Name]; f.Share > 0 && other > 0 && other != f.Share {
			c.add(at+".share", "%s.share: %s has the share %v already", at, f.Name, other)
		}
		shares[f.Name] = max(shares[f.Name], f.Share)
		if f.Why == "" {
			c.add(at+".why", "%s.why is missing: what changed the baseline", at)
		}
		if key := f.Name + " " + f.From.String(); c.day(at+".from", f.From, "the first day on which it holds") {
			if days[key] {
				c.add(at+".from", "%s.from: %s has a value from %s already", at, f.Name, f.From)
			}
			days[key] = true
		}
	}
	for i, f := range all {
		if at := index("static_factors", i); shares[f.Name] == 0 && f.Share == 0 {
			c.add(at+".share", "%s.share is missing: the part of the consumption that follows it, above 0 to 1", at)
			shares[f.Name] = 1 // said once
		}
	}
}
