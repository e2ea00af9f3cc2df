package baseline

import (
	"time"

	"github.com/cpas-charleroi/gtc"
)

// OfSite returns the options that hold for every fit of a meter of a site: its
// carrier, and the site's operating calendar and static factors.
func OfSite(s *gtc.Site, c gtc.Carrier) FitOptions {
	o := FitOptions{Carrier: c, Calendar: (*Calendar)(s.Calendar)}
	for _, f := range s.StaticFactors {
		steps := make([]Step, 1, len(f.Steps)+1)
		steps[0] = Step{From: time.Time{}, Value: 1}
		for _, x := range f.Steps {
			steps = append(steps, Step{From: x.From, Value: x.Value})
		}
		o.Factors = append(o.Factors, Factor{Name: f.Name, Share: f.Share, Steps: steps})
	}
	return o
}
