package simulators

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/simulators/building"
	"github.com/cpas-charleroi/gtc/simulators/truth"
)

// shows is the least share of a fault's largest effect that another carrier
// must have for the fault to show on its meters too.
const shows = 0.05

// Truth returns what is wrong in the park between two instants and what it
// costs. Every building with faults is run once more for each of them.
// Recorded sites have no truth and are left out. The park must have been started.
func (p *Park) Truth(ctx context.Context, from, to time.Time) (*truth.File, error) {
	if len(p.sites) == 0 {
		return nil, fmt.Errorf("tell the truth: %w", ErrNotStarted)
	}
	file := &truth.File{Seed: p.file.Seed, WeatherSeed: p.file.WeatherSeed, From: from.UTC(), To: to.UTC(), Meters: []truth.Meter{}, Faults: []truth.Fault{}}
	bySite := make([][]truth.Fault, len(p.sites))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, s := range p.sites {
		if s.building == nil {
			continue
		}
		for _, m := range s.cfg.Meters {
			file.Meters = append(file.Meters, truth.Meter{Site: string(s.cfg.ID), Meter: string(m.Equipment), Carrier: string(m.Carrier)})
		}
		g.Go(func() error {
			var err error
			bySite[i], err = s.truth(ctx, from, to)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("tell the truth: %w", err)
	}
	file.Faults = append(file.Faults, slices.Concat(bySite...)...)
	return file, nil
}

// truth returns the faults of one site.
func (s *site) truth(ctx context.Context, from, to time.Time) ([]truth.Fault, error) {
	var faults []truth.Fault
	var ofBuilding []int // of the building's faults, in order
	for i, f := range s.physics.Faults {
		faults = append(faults, s.described(i, f))
		if _, ok := f.inBuilding(s.origin); ok {
			ofBuilding = append(ofBuilding, i)
		}
	}
	if len(ofBuilding) == 0 {
		return faults, nil
	}
	begin := from
	if begin.Before(s.building.Epoch) {
		begin = s.building.Epoch
	}
	err := building.Extra(*s.building, begin, to, func(day time.Time, n int, x building.DayExtra) error {
		i := ofBuilding[n]
		if f := s.physics.Faults[i]; f.touches(s.origin, day) {
			faults[i].Days = append(faults[i].Days, dayOf(day, x))
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.cfg.ID, err)
	}
	for _, i := range ofBuilding {
		s.sum(&faults[i], s.physics.Faults[i])
	}
	return faults, nil
}

// described returns a fault without what it costs.
func (s *site) described(i int, f Fault) truth.Fault {
	from, to := f.span(s.origin)
	out := truth.Fault{
		ID: fmt.Sprintf("%s/%s/%d", s.cfg.ID, f.Kind, i+1), Site: string(s.cfg.ID), Kind: f.Kind,
		Equipment: string(f.Equipment), From: from, Size: f.Size,
		RampDays: time.Duration(f.Ramp).Hours() / 24, Meters: []string{}, Days: []truth.Day{},
	}
	if !to.IsZero() {
		out.To = &to
	}
	behind := map[gtc.EquipmentID]bool{f.Equipment: true}
	for _, d := range s.cfg.Devices {
		for _, eq := range d.Equipment {
			behind[eq] = behind[eq] || d.ID == f.Device
		}
	}
	for _, m := range s.cfg.Meters {
		if behind[m.Equipment] && (f.Point == "" || f.Point == m.Point) {
			out.Carrier = string(m.Carrier)
			out.Meters = append(out.Meters, string(m.Equipment))
		}
	}
	return out
}

// touches reports whether the fault lasted at some time of a day.
func (f Fault) touches(origin, day time.Time) bool {
	from, to := f.span(origin)
	return from.Before(day.AddDate(0, 0, 1)) && (to.IsZero() || to.After(day))
}

func dayOf(day time.Time, x building.DayExtra) truth.Day {
	d := truth.Day{Date: day.Format(time.DateOnly), KWh: map[string]float64{}}
	for carrier, kwh := range map[gtc.Carrier]float64{gtc.CarrierGas: x.Gas, gtc.CarrierHeat: x.Heat, gtc.CarrierElectricity: x.Electricity} {
		if v := math.Round(kwh*1000) / 1000; v != 0 {
			d.KWh[string(carrier)] = v
		}
	}
	return d
}

// sum says which carrier and meters a fault of the building shows on, and its
// mean over the days on which it had all its size.
func (s *site) sum(out *truth.Fault, f Fault) {
	from, to := f.span(s.origin)
	full := from.Add(time.Duration(f.Ramp))
	total, whole, days := map[string]float64{}, map[string]float64{}, 0
	for _, d := range out.Days {
		for c, kwh := range d.KWh {
			total[c] += kwh
		}
		day, err := time.ParseInLocation(time.DateOnly, d.Date, s.location)
		if err != nil || day.Before(full) || !to.IsZero() && day.AddDate(0, 0, 1).After(to) {
			continue
		}
		days++
		for c, kwh := range d.KWh {
			whole[c] += kwh
		}
	}
	for _, c := range []gtc.Carrier{gtc.CarrierGas, gtc.CarrierElectricity, gtc.CarrierHeat} {
		if math.Abs(total[string(c)]) > math.Abs(total[out.Carrier]) {
			out.Carrier = string(c)
		}
	}
	if out.Carrier == "" {
		return
	}
	for _, m := range s.cfg.Meters {
		if math.Abs(total[string(m.Carrier)]) >= shows*math.Abs(total[out.Carrier]) {
			out.Meters = append(out.Meters, string(m.Equipment))
		}
	}
	if days > 0 {
		out.ExtraKWhPerDay = math.Round(whole[out.Carrier]/float64(days)*1000) / 1000
	}
}
