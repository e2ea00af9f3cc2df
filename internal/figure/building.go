package figure

import (
	"io"
	"math"
	"time"

	"gonum.org/v1/plot/vg"
)

// Moment is a building at one instant; a value that is not known is NaN.
type Moment struct {
	At time.Time
	// Temperatures in °C.
	Outdoor, Room, SetPoint, Flow, Return float64
	// GasKW (PCS) and ElectricKW are the mean powers up to the next moment.
	GasKW, ElectricKW float64
	// Occupancy is 0 to 1.
	Occupancy float64
}

// Day is a building's calendar day; a value that is not known is NaN.
type Day struct {
	Date time.Time
	// Outdoor is the mean temperature in °C.
	Outdoor float64
	// GasKWh (PCS) and ElectricKWh are the day's consumption.
	GasKWh, ElectricKWh float64
}

// Week draws moments in order of time: the room and its set point with the
// occupancy under them, the temperatures of the heating and outdoors, and the
// powers of gas and electricity. The calendar is that of the moments' zone.
func Week(w io.Writer, words Words, moments []Moment) error {
	if len(moments) < 2 {
		return errEmpty(words)
	}
	cal := calendar{moments[0].At, moments[len(moments)-1].At}
	get := func(f func(Moment) float64) curve {
		return curve{pts: series(moments, func(m Moment) time.Time { return m.At }, f), gap: 2 * usual(moments)}
	}
	room := get(func(m Moment) float64 { return m.Room })
	room.style = line(ink(), 1.3)
	set := get(func(m Moment) float64 { return m.SetPoint })
	set.style, set.stairs = line(quiet(), 1.1, 4, 2), true
	flow := get(func(m Moment) float64 { return m.Flow })
	flow.style = line(ink(), 1.1)
	back := get(func(m Moment) float64 { return m.Return })
	back.style = line(quiet(), 1.1)
	out := get(func(m Moment) float64 { return m.Outdoor })
	out.style = line(quiet(), 1.1, 1, 2)
	gas := get(func(m Moment) float64 { return m.GasKW })
	gas.style, gas.stairs = line(ink(), 1.1), true
	elec := get(func(m Moment) float64 { return m.ElectricKW })
	elec.style, elec.stairs = line(quiet(), 1.1, 4, 2), true

	rooms := timed("Local (°C)", 150, cal, false, room, set)
	rooms.atLeast(roomSpan)
	rooms.Add(occupied(moments, rooms.Y.Min, rooms.Y.Max), room, set,
		names{{text: "local", y: room.last(), color: ink()}, {text: "consigne", y: set.last(), color: quiet()}, {text: "occupation", y: rooms.Y.Min, color: quiet()}})
	water := timed("Eau et extérieur (°C)", 150, cal, false, flow, back, out)
	water.Add(flow, back, out, names{{text: "départ", y: flow.last(), color: ink()}, {text: "retour", y: back.last(), color: quiet()}, {text: "extérieur", y: out.last(), color: quiet()}})
	power := timed("Puissance moyenne (kW)", 150, cal, true, gas, elec)
	power.Add(gas, elec, names{{text: "gaz", y: gas.last(), color: ink()}, {text: "électricité", y: elec.last(), color: quiet()}})
	return write(w, words, rooms, water, power)
}

// roomSpan is the least span of a room's axis, in K: tenths of a kelvin are no
// event.
const roomSpan = 5

// atLeast widens the axis of values about its middle.
func (p panel) atLeast(span float64) {
	if more := span - (p.Y.Max - p.Y.Min); more > 0 {
		p.Y.Min, p.Y.Max = widen(p.Y.Min-more/2, p.Y.Max+more/2)
	}
}

// usual is the distance of the first two moments, in days.
func usual(m []Moment) float64 { return x(m[1].At) - x(m[0].At) }

// occupied fills the foot of a panel: a quarter of its height is a full
// building.
func occupied(moments []Moment, low, high float64) area {
	at := func(m Moment) time.Time { return m.At }
	return area{
		low:  curve{pts: series(moments, at, func(m Moment) float64 { return low + 0*m.Occupancy })},
		high: curve{pts: series(moments, at, func(m Moment) float64 { return low + 0.25*(high-low)*m.Occupancy })},
		fill: bandFill(),
	}
}

// Year draws days in order of time: outdoor temperature, gas, electricity.
func Year(w io.Writer, words Words, days []Day) error {
	if len(days) < 2 {
		return errEmpty(words)
	}
	cal := calendar{days[0].Date, days[len(days)-1].Date.AddDate(0, 0, 1)}
	get := func(f func(Day) float64) curve {
		return curve{
			pts: series(days, func(d Day) time.Time { return d.Date.Add(12 * time.Hour) }, f),
			gap: 1.5, style: line(ink(), 1),
		}
	}
	out := get(func(d Day) float64 { return d.Outdoor })
	gas := get(func(d Day) float64 { return d.GasKWh })
	elec := get(func(d Day) float64 { return d.ElectricKWh })
	one := func(title string, height float64, zero bool, c curve) panel {
		p := timed(title, height, cal, zero, c)
		p.Add(c)
		return p
	}
	return write(
		w, words, one("Extérieur (°C)", 110, false, out),
		one("Gaz (kWh PCS par jour)", 170, true, gas), one("Électricité (kWh par jour)", 130, true, elec),
	)
}

// timed is an empty panel over time, as high as its curves ask for; fromZero
// makes the axis begin at zero.
func timed(title string, height float64, cal calendar, fromZero bool, curves ...curve) panel {
	p := newPlot(title)
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, c := range curves {
		a, b := c.span()
		lo, hi = math.Min(lo, a), math.Max(hi, b)
	}
	if fromZero {
		lo = math.Min(lo, 0)
	}
	if lo > hi {
		lo, hi = 0, 1
	}
	p.Y.Min, p.Y.Max = widen(lo, hi)
	p.X.Min, p.X.Max = x(cal.from), x(cal.to)
	p.X.Tick.Marker = cal
	p.Add(stripes{calendar: &cal, zero: lo < 0})
	return panel{p, vg.Length(height)}
}
