package carbon

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// metered is a carrier of a year by its meters, false when none has a day.
func (b *book) metered(y int, c gtc.Carrier, t *tally) (CarrierYear, bool) {
	row := CarrierYear{Carrier: c, Source: Metered}
	kg, normKWh, norm := 0.0, 0.0, 0.0
	noKg, noNorm, some := false, false, false
	for _, u := range b.uses {
		if u.Carrier != c {
			continue
		}
		m := b.meterYear(u, y)
		row.Of += m.of
		row.Known += m.known
		some = some || m.known > 0
		if !m.whole {
			row.partial = true
			t.year.Gaps = append(t.year.Gaps, Gap{Code: GapPartial, Year: y, Carrier: c, Site: u.Site, Meter: u.Meter, Known: m.known, Of: m.of})
		}
		if m.last.After(t.through) {
			t.through = m.last
		}
		switch u.Direction {
		case gtc.DirectionExport:
			t.final -= m.kwh
			continue
		case gtc.DirectionProduction:
			t.final += m.kwh
			continue
		case gtc.DirectionImport:
		}
		t.final += m.kwh
		row.KWh += m.kwh
		kg += m.kg
		if m.noFactor != nil && !noKg {
			noKg = true
			t.year.Gaps = append(t.year.Gaps, *m.noFactor)
		}
		v, by, gap := b.correctMeter(u, y, m)
		if gap != nil {
			noNorm = true
			if gap.Code != GapPartial {
				t.year.Gaps = append(t.year.Gaps, *gap)
			}
			continue
		}
		normKWh += v
		if by != "" {
			row.NormBy = both(row.NormBy, by)
		}
		if m.kwh > 0 {
			norm += m.kg * v / m.kwh
		}
	}
	if !some {
		return row, false
	}
	if !noKg {
		row.KgCO2 = &kg
	}
	if noNorm {
		row.NormBy = ""
	} else {
		row.NormKWh = &normKWh
		if !noKg {
			row.NormKgCO2 = &norm
		}
	}
	return row, true
}

// meterYear is one meter in one year.
type meterYear struct {
	kwh, kg   float64
	known, of int
	whole     bool
	last      time.Time
	noFactor  *Gap
	// warm days had no degree-days; their mean is the base load.
	warm     int
	warmMean float64
}

func (b *book) meterYear(u Use, y int) meterYear {
	m := meterYear{of: time.Date(y, 12, 31, 0, 0, 0, 0, time.UTC).YearDay()}
	if y == b.now.Year() {
		m.of = b.now.YearDay() - 1 // today is not over
	}
	cold := b.cold[u.Station]
	var last gtc.Factor
	for _, d := range between(u.Days, y, y+1) {
		day := civil(d.Date)
		m.add(d, day, cold)
		f, ok := b.plan.factor(u.Carrier, day)
		if ok && f != last && u.Direction == gtc.DirectionImport {
			b.used[f], last = true, f
		}
		if ok {
			m.kg += d.KWh * f.KgCO2PerKWh
		} else if m.noFactor == nil {
			m.noFactor = &Gap{Code: GapNoFactor, Year: y, Carrier: u.Carrier, Date: d.Date.Format(time.DateOnly)}
		}
	}
	m.whole = float64(m.known) >= wholeShare*float64(m.of)
	return m
}

// between are the days of the years [from,to).
func between(days []Day, from, to int) []Day {
	at := func(year int) int {
		i, _ := slices.BinarySearchFunc(days, year, func(d Day, y int) int { return cmp.Compare(d.Date.Year(), y) })
		return i
	}
	return days[at(from):at(to)]
}

// add counts a day; day is its calendar day.
func (m *meterYear) add(d Day, day time.Time, cold map[time.Time]float64) {
	m.kwh += d.KWh
	m.known++
	m.last = d.Date
	if v, ok := cold[day]; ok && v == 0 {
		m.warm++
		m.warmMean += (d.KWh - m.warmMean) / float64(m.warm)
	}
}

// correctMeter brings a meter's year to normal climate and says how, or why it
// cannot.
func (b *book) correctMeter(u Use, y int, m meterYear) (float64, string, *Gap) {
	if !m.whole || y >= b.now.Year() {
		return 0, "", &Gap{Code: GapPartial}
	}
	if !heats(u.Carrier) {
		return m.kwh, "", nil
	}
	first := time.Date(y, 1, 1, 0, 0, 0, 0, b.now.Location())
	if v, ok := b.byModel(u, m.kwh, first, first.AddDate(1, 0, 0)); ok {
		return v, ByModel, nil
	}
	v, gap := b.byDegreeDays(u, y, m)
	return v, ByDegreeDays, gap
}

func (b *book) byDegreeDays(u Use, y int, m meterYear) (float64, *Gap) {
	gap := Gap{Year: y, Carrier: u.Carrier, Site: u.Site, Meter: u.Meter, Station: u.Station}
	observed, ok := b.degreeDays(u.Station, y)
	if !ok {
		gap.Code = GapNoDegreeDays
		return 0, &gap
	}
	base, ok := m.base()
	if !ok {
		gap.Code = GapNoBase
		return 0, &gap
	}
	return b.correct(m.kwh, base, observed, gap)
}

// base is what the known days would have used without cold.
func (m meterYear) base() (float64, bool) {
	return math.Min(m.kwh, math.Max(0, m.warmMean)*float64(m.known)), m.warm >= leastWarm
}
