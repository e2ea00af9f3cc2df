package baseline

import (
	"slices"
	"time"
)

// fitted are the days that a baseline was fitted on, which all have a consumption
// and a temperature, in the room that a park of many meters has for them.
type fitted struct {
	loc  *time.Location
	days []fittedDay
	// odd are the days where they are not all of one zone and of full seconds.
	odd []Day
}

type fittedDay struct {
	unix                int64
	kwh, temp, coverage float64
}

func newFitted(days []Day) fitted {
	f := fitted{days: make([]fittedDay, len(days))}
	for i, d := range days {
		if i == 0 {
			f.loc = d.Date.Location()
		}
		if d.Date.Location() != f.loc || d.Date.Nanosecond() != 0 || !d.HasKWh || !d.HasTemp {
			return fitted{odd: slices.Clone(days)}
		}
		f.days[i] = fittedDay{d.Date.Unix(), d.KWh, d.Temp, d.Coverage}
	}
	return f
}

func (f fitted) list() []Day {
	if f.odd != nil {
		return slices.Clone(f.odd)
	}
	out := make([]Day, len(f.days))
	for i, d := range f.days {
		out[i] = Day{Date: time.Unix(d.unix, 0).In(f.loc), KWh: d.kwh, Temp: d.temp, HasKWh: true, HasTemp: true, Coverage: d.coverage}
	}
	return out
}
