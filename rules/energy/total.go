package energy

import (
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// TotalMeters returns the meters whose sum is what a site uses of a carrier:
// its import meters without sub-meters (SubmeterOf, or without an EAN beside a
// meter that has one) and heat meters behind a gas meter, and with a virtual
// meter (consumption = import − export + production, the site's part of a
// shared meter) in place of the meters that it is made of.
func TotalMeters(site *gtc.Site, c gtc.Carrier) []gtc.Meter {
	var out []gtc.Meter
	ean := slices.ContainsFunc(site.Meters, func(m gtc.Meter) bool {
		return m.Carrier == c && m.Direction == gtc.DirectionImport && m.SubmeterOf == "" && m.EAN != ""
	})
	for _, m := range site.Meters {
		if m.Carrier != c || m.Direction != gtc.DirectionImport || m.SubmeterOf != "" {
			continue
		}
		if _, replaced := replacedBy(site, m); !replaced && (m.EAN != "" || !ean || len(m.Terms) > 0 || m.Tank != nil) {
			out = append(out, m)
		}
	}
	return out
}

// replacedBy returns the virtual meter of the site that counts in place of m.
func replacedBy(site *gtc.Site, m gtc.Meter) (gtc.Meter, bool) {
	for _, v := range site.Meters {
		if v.SubmeterOf != "" {
			continue
		}
		for _, t := range v.Terms {
			if t.Site == site.ID && t.Meter == m.Equipment && t.Direction == m.Direction {
				return v, true
			}
		}
	}
	return gtc.Meter{}, false
}

// Total sums the days of the meters that make a site's use of a carrier. A day
// that one of them lacks is absent.
func Total(days [][]Interval) []Interval {
	one := gtc.Meter{}
	for range days {
		one.Terms = append(one.Terms, gtc.MeterTerm{Weights: []gtc.Weight{{Value: 1}}})
	}
	return Combine(one, days)
}

// Why a meter has no baseline and no drift of its own; screens have words for
// them. What is fed in or produced is no use, a part of a consumption is judged
// there, a share in the whole, and what levels and deliveries tell has no
// measured days.
const (
	NotEnergy = "not_energy"
	NotUse    = "not_use"
	IsPart    = "part"
	IsShare   = "share"
	IsTank    = "tank"
)

// NotJudged says why a meter has no baseline and no drift of its own, "" when
// it has.
func NotJudged(site *gtc.Site, m gtc.Meter) string {
	switch {
	case m.KWhPerUnit == 0:
		return NotEnergy
	case m.Direction != gtc.DirectionImport:
		return NotUse
	case m.Allocated:
		return IsShare
	case m.Tank != nil:
		return IsTank
	}
	if v, ok := replacedBy(site, m); ok && !v.Allocated {
		return IsPart
	}
	return ""
}

// Balance is what a meter counted against its sub-meters, over the days on
// which all of them were measured.
type Balance struct {
	From, To time.Time
	Days     int
	// Main, Sub and Rest (Main − Sub) are in kWh; RestPct is Rest in per cent
	// of Main.
	Main, Sub, Rest, RestPct float64
}

// The balance of sub-meters.
const (
	// balanceCoverage is the least coverage of a day that counts.
	balanceCoverage = 0.9
	// balanceSlack is how far, in per cent, sub-meters may exceed their meter:
	// the error of meters of class 2.
	balanceSlack = 4.0
)

// BalanceOf compares a meter with its sub-meters over the days [from, to).
func BalanceOf(main []Interval, subs [][]Interval, from, to time.Time) Balance {
	b := Balance{From: from, To: to}
	for _, d := range commonDays(main, subs) {
		if !d.day.Before(from) && d.day.Before(to) {
			b.Days++
			b.Main, b.Sub = b.Main+d.main, b.Sub+d.sub
		}
	}
	b.close()
	return b
}

// close computes the rest of the sums.
func (b *Balance) close() {
	b.Rest, b.RestPct = b.Main-b.Sub, 0
	if b.Main > 0 {
		b.RestPct = 100 * b.Rest / b.Main
	}
}

// Wrong reports whether the balance cannot be: the sub-meters count more than
// the meter, or leave more than mostRest per cent (0 for any).
func (b Balance) Wrong(mostRest float64) bool {
	if b.Days == 0 || b.Main <= 0 {
		return b.Days > 0 && b.Sub > 0
	}
	return b.RestPct < -balanceSlack || mostRest > 0 && b.RestPct > mostRest
}

// measured reports whether a day can be compared.
func (i Interval) measured() bool { return !i.NoEnergy && i.Coverage >= balanceCoverage }

// Two meters are called one when they share so many days, with so many
// different figures at least.
const twinDays, twinFigures = 28, 5
