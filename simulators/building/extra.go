package building

import (
	"fmt"
	"time"
)

// DayExtra is what a fault added to one local day, kWh; negative when it saved.
type DayExtra struct {
	// Gas is on PCS, Heat that of the heating circuit's meter.
	Gas, Heat, Electricity float64
}

// Extra calls each, for every local day that lies within [from,to) and every
// fault of p, with what the fault added to the day compared with the same
// building under the same weather without it, its other faults kept. What
// faults add when they act together is not the sum of these: a lost setback
// costs more through an open window. Days before a fault begins are given too,
// with zeros. An error of each ends the comparison and is returned.
//
// It runs the building once, and once more for each fault.
func Extra(p Params, from, to time.Time, each func(day time.Time, fault int, extra DayExtra) error) error {
	p = p.Complete()
	if from.Before(p.Epoch) {
		return fmt.Errorf("compare faults from %s: the building begins on %s",
			from.Format(time.DateTime), p.Epoch.Format(time.DateTime))
	}
	with := New(p)
	without := make([]*Building, len(p.Faults))
	for i := range p.Faults {
		q := p
		q.Faults = append(append([]Fault(nil), p.Faults[:i]...), p.Faults[i+1:]...)
		without[i] = New(q)
	}
	for day := dayOf(from, p.Location); ; {
		next := day.AddDate(0, 0, 1)
		if next.After(to) {
			return nil
		}
		if !day.Before(from) {
			got := with.used(day, next)
			for i, b := range without {
				was := b.used(day, next)
				x := DayExtra{got.Gas - was.Gas, got.Heat - was.Heat, got.Electricity - was.Electricity}
				if err := each(day, i, x); err != nil {
					return err
				}
			}
		}
		day = next
	}
}

// dayOf returns the local midnight at or before t.
func dayOf(t time.Time, loc *time.Location) time.Time {
	y, m, d := t.In(loc).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, loc)
}

// used returns what the building's meters counted in [from,to).
func (b *Building) used(from, to time.Time) DayExtra {
	a, z := b.At(from), b.At(to)
	return DayExtra{
		Gas: z.GasKWh - a.GasKWh, Heat: z.HeatKWh - a.HeatKWh,
		Electricity: z.ElecDayKWh - a.ElecDayKWh + z.ElecNightKWh - a.ElecNightKWh,
	}
}
