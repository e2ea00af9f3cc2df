package energy

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// The rules on meters among themselves: a meter against its sub-meters, and two
// meters that show one and the same consumption.
const (
	RuleBalance = "meter-balance"
	RuleTwin    = "meter-twin"
)

// balanceWindow is how many days on which all were measured make a balance.
const balanceWindow = 28

// BalanceFindings says when the sub-meters of a meter counted more than it, or
// left more than its limit unexplained, over 28 measured days. Each day is
// judged with nothing but the days before it. The finding names the meter as
// its equipment too: it explains no drift.
func BalanceFindings(site gtc.SiteID, m gtc.Meter, main []Interval, subs [][]Interval) []gtc.Finding {
	common := commonDays(main, subs)
	var out []gtc.Finding
	open := false
	b := Balance{}
	for k, d := range common {
		b.Main, b.Sub = b.Main+d.main, b.Sub+d.sub
		if k >= balanceWindow {
			b.Main, b.Sub = b.Main-common[k-balanceWindow].main, b.Sub-common[k-balanceWindow].sub
		}
		if k < balanceWindow-1 {
			continue
		}
		b.Days = balanceWindow
		b.close()
		switch wrong := b.Wrong(m.BalanceMaxPct); {
		case wrong && !open:
			b.From = common[k-balanceWindow+1].day
			out = append(out, balanceFinding(site, m, b, d.day))
			open = true
		case !wrong && open:
			out[len(out)-1].End = d.day
			open = false
		}
		if open {
			out[len(out)-1].Through = d.day
		}
	}
	return out
}

// balanceDay is one day that a meter and all its sub-meters measured.
type balanceDay struct {
	day       time.Time
	main, sub float64
}

func commonDays(main []Interval, subs [][]Interval) []balanceDay {
	next := make([]int, len(subs))
	var out []balanceDay
	for _, d := range main {
		if !d.measured() {
			continue
		}
		sum, all := 0.0, true
		for k, sub := range subs {
			for next[k] < len(sub) && sub[next[k]].Start.Before(d.Start) {
				next[k]++
			}
			if next[k] == len(sub) || !sub[next[k]].Start.Equal(d.Start) || !sub[next[k]].measured() {
				all = false
				break
			}
			sum += sub[next[k]].KWh
		}
		if all {
			out = append(out, balanceDay{d.Start, d.KWh, sum})
		}
	}
	return out
}

func balanceFinding(site gtc.SiteID, m gtc.Meter, b Balance, at time.Time) gtc.Finding {
	f := meterFinding(site, m, RuleBalance, b.From, at)
	f.Equipment = m.Equipment
	f.ID = string(site) + "/" + string(m.Equipment) + "/" + RuleBalance + "/" + string(m.Equipment) + "/" + b.From.Format(time.DateOnly)
	f.Inputs = map[string]string{
		"meter_kwh": fmt.Sprintf("%.0f", b.Main), "submeters_kwh": fmt.Sprintf("%.0f", b.Sub),
		"rest_pct": fmt.Sprintf("%.1f", b.RestPct), "limit_pct": fmt.Sprintf("%g", m.BalanceMaxPct), "days": fmt.Sprint(b.Days),
	}
	main, sub, rest := round(b.Main), round(b.Sub), round(math.Abs(b.RestPct))
	if b.Rest < 0 {
		f.Text = gtc.Label{
			"fr": "Les sous-compteurs comptent plus (" + sub + " kWh) que leur compteur (" + main + " kWh) sur 28 jours : facteur, sens ou rattachement faux.",
			"nl": "De tussenmeters tellen meer (" + sub + " kWh) dan hun meter (" + main + " kWh) over 28 dagen: verkeerde factor, richting of toewijzing.",
			"en": "The sub-meters count more (" + sub + " kWh) than their meter (" + main + " kWh) over 28 days: wrong factor, direction or assignment.",
		}
		return f
	}
	f.Text = gtc.Label{
		"fr": rest + " % du compteur ne sont expliqués par aucun sous-compteur sur 28 jours (" + main + " kWh, dont " + sub + " aux sous-compteurs).",
		"nl": rest + " % van de meter wordt over 28 dagen door geen tussenmeter verklaard (" + main + " kWh, waarvan " + sub + " op tussenmeters).",
		"en": rest + " % of the meter is explained by no sub-meter over 28 days (" + main + " kWh, of which " + sub + " at sub-meters).",
	}
	return f
}

func round(v float64) string { return fmt.Sprintf("%.0f", v) }

func meterFinding(site gtc.SiteID, m gtc.Meter, rule string, onset, at time.Time) gtc.Finding {
	return gtc.Finding{
		ID:   strings.Join([]string{string(site), string(m.Equipment), rule, onset.Format(time.DateOnly)}, "/"),
		Site: site, Meter: m.Equipment, Carrier: m.Carrier, Rule: rule, Kind: gtc.FindingData, State: gtc.FindingNew,
		Detected: at, Onset: onset, Through: at, Confidence: 1,
	}
}

// TwinFindings says of meter m, of which a are the days, since when it shows
// the same figures as another meter (b are its days, name is how people know
// it): 28 days that both measured above zero, with five figures among them.
func TwinFindings(site gtc.SiteID, m gtc.Meter, name string, a, b []Interval) []gtc.Finding {
	var out []gtc.Finding
	var onset time.Time
	var figures []float64
	run, open, next := 0, false, 0
	for _, d := range a {
		for next < len(b) && b[next].Start.Before(d.Start) {
			next++
		}
		if next == len(b) {
			break
		}
		o := b[next]
		if !o.Start.Equal(d.Start) || !d.measured() || !o.measured() || d.KWh <= 0 && o.KWh <= 0 {
			continue
		}
		if math.Abs(o.KWh-d.KWh) > 1e-6*math.Max(d.KWh, o.KWh) {
			if open {
				out[len(out)-1].End = d.Start
			}
			run, open, figures = 0, false, nil
			continue
		}
		if run++; run == 1 {
			onset = d.Start
		}
		figures = another(figures, d.KWh)
		if !open && run >= twinDays && len(figures) == twinFigures {
			f := meterFinding(site, m, RuleTwin, onset, d.Start)
			f.Inputs = map[string]string{"twin": name}
			f.Text = gtc.Label{
				"fr": "Mêmes consommations, jour après jour, que " + name + " : un seul compteur lu deux fois, ou partagé sans clé de répartition.",
				"nl": "Dag na dag hetzelfde verbruik als " + name + ": één meter tweemaal gelezen, of gedeeld zonder verdeelsleutel.",
				"en": "The same consumption, day after day, as " + name + ": one meter read twice, or shared without shares.",
			}
			out, open = append(out, f), true
		}
		if open {
			out[len(out)-1].Through = d.Start
		}
	}
	return out
}

// another adds a figure that is not there yet, up to twinFigures.
func another(figures []float64, v float64) []float64 {
	if len(figures) == twinFigures || slices.Contains(figures, v) {
		return figures
	}
	return append(figures, v)
}
