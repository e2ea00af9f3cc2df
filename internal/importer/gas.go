package importer

import (
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy"
)

// convert gives a consumption its energy from its volume: by the constant of
// the meter, or by the calorific values of its days.
func (r *rows) convert(c *Consumption) {
	m := r.target.Meter
	if m.Gas == nil {
		c.KWh, c.HasKWh = c.Volume*m.KWhPerUnit, true
		return
	}
	kwh, ok := gasKWh(m.Gas, c.Volume, c.From, c.To)
	c.NormalVolume = m.Gas.Normalise(m.Gas.AirMbar+m.Gas.PressureMbar, m.Gas.TempC) * c.Volume
	if !ok {
		if !r.noPCS {
			r.note("pas de pouvoir calorifique le %s : volumes sans kWh (calorific_values de gtc.yaml)", c.From.In(r.loc).Format("02/01/2006"))
		}
		r.noPCS = true
		return
	}
	c.KWh, c.HasKWh = kwh, true
}

// gasKWh spreads a volume evenly over its days and gives each its calorific
// value.
func gasKWh(g *gtc.GasVolume, volume float64, from, to time.Time) (float64, bool) {
	sum, whole := 0.0, to.Sub(from)
	for at := from; at.Before(to); {
		next := at.AddDate(0, 0, 1)
		if next.After(to) {
			next = to
		}
		kwh, ok := energy.GasKWh(g, volume*float64(next.Sub(at))/float64(whole), at)
		if !ok {
			return 0, false
		}
		sum += kwh
		at = next
	}
	return sum, true
}

// pcs is the calorific value that an interval was computed with, 0 where its
// energy was not computed.
func (i Interval) pcs() float64 {
	if i.NormalVolume <= 0 || !i.HasKWh {
		return 0
	}
	return i.KWh / i.NormalVolume
}
