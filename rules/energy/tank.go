package energy

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// TankEntry is what is known of a tank at an instant: a level read (dipstick,
// gauge) or a delivery, in the tank's unit. A level of the same instant as a
// delivery was read before it.
type TankEntry struct {
	At       time.Time
	Delivery bool
	Units    float64
}

// TankUse is what a tank gave between two known levels.
type TankUse struct {
	From, To time.Time
	// Units is in the tank's unit; Error is how far it may be off.
	Units, Error float64
}

// The errors of what a tank's use is computed from.
const (
	// dipstickShare of the capacity is the error of a level when none is given.
	dipstickShare = 0.01
	// deliveryShare of a delivery is the error of the lorry's meter (class 0.5).
	deliveryShare = 0.005
	// overfull is the share of the capacity above which a level cannot be.
	overfull = 1.05
)

// TankUses returns the use between each two known levels, and says what cannot
// be: a level that rises without a delivery, or more than the tank holds.
// Entries may be in any order. Two levels of one calendar day of loc count as
// one, the later.
func TankUses(t *gtc.Tank, entries []TankEntry, loc *time.Location) (uses []TankUse, odd []string) {
	sorted := slices.Clone(entries)
	slices.SortStableFunc(sorted, func(a, b TankEntry) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(order(a), order(b)))
	})
	s := tankState{tank: t, loc: loc, error: t.DipstickError}
	if s.error == 0 {
		s.error = dipstickShare * t.Capacity
	}
	for _, e := range sorted {
		switch {
		case math.IsNaN(e.Units) || e.Units < 0:
			s.say(e.At, "a negative quantity is left out")
		case e.Units > overfull*t.Capacity:
			s.say(e.At, "%.0f %s is more than the tank holds (%.0f): left out", e.Units, t.Unit, t.Capacity)
		case !e.Delivery:
			s.level(e.At, e.Units)
		default:
			s.delivered += e.Units
			s.deliveryError += deliveryShare * e.Units
			if t.FullOnDelivery {
				s.level(e.At, t.Capacity)
			}
		}
	}
	return s.uses, s.odd
}

func order(e TankEntry) int {
	if e.Delivery {
		return 1
	}
	return 0
}

// tankState is what is known of a tank while its entries are read.
type tankState struct {
	tank  *gtc.Tank
	loc   *time.Location
	error float64
	known bool
	at    time.Time
	units float64

	delivered, deliveryError float64
	uses                     []TankUse
	odd                      []string
}

func (s *tankState) say(at time.Time, format string, args ...any) {
	s.odd = append(s.odd, at.In(s.loc).Format(time.DateOnly)+": "+fmt.Sprintf(format, args...))
}

// level takes a known level.
func (s *tankState) level(at time.Time, units float64) {
	if s.known && midnight(at, s.loc).Equal(midnight(s.at, s.loc)) {
		s.at, s.units, s.delivered, s.deliveryError = at, units, 0, 0
		return
	}
	used := s.units + s.delivered - units
	err := math.Hypot(math.Sqrt2*s.error, s.deliveryError)
	switch {
	case !s.known:
	case used < -err:
		s.say(at, "the level rises by %.0f %s since %s beyond what was delivered: a delivery is missing", -used, s.tank.Unit, s.at.In(s.loc).Format(time.DateOnly))
	default:
		s.uses = append(s.uses, TankUse{From: midnight(s.at, s.loc), To: midnight(at, s.loc), Units: max(0, used), Error: err})
	}
	s.known, s.at, s.units, s.delivered, s.deliveryError = true, at, units, 0, 0
}

// TankDays spreads the uses of a tank over their calendar days: by a base load
// and the degree-days 15/15 that fit all uses best, scaled to each. The band of
// a day holds an even spread, one by degree-days alone, and the error of the
// use. Nothing of it is measured: the coverage is 0.
func TankDays(m gtc.Meter, uses []TankUse, temps []TempDay) []Interval {
	dj := map[int64]float64{}
	for _, t := range temps {
		if t.Valid() {
			dj[t.Date.Unix()] = t.DJ15
		}
	}
	var spreads []spread
	for _, u := range uses {
		spreads = append(spreads, newSpread(u, dj))
	}
	base, slope := shape(spreads)
	var out []Interval
	for _, s := range spreads {
		out = append(out, s.days(m, base, slope)...)
	}
	return out
}

// spread is a use and the degree-days of its days.
type spread struct {
	use   TankUse
	start []time.Time
	dj    []float64
	sum   float64
}

// newSpread takes the mean of the use's days for one whose temperature is not
// known.
func newSpread(u TankUse, dj map[int64]float64) spread {
	s := spread{use: u}
	known := 0
	for day := u.From; day.Before(u.To); day = day.AddDate(0, 0, 1) {
		d, ok := dj[day.Unix()]
		if ok {
			s.sum += d
			known++
		} else {
			d = math.NaN()
		}
		s.start, s.dj = append(s.start, day), append(s.dj, d)
	}
	mean := s.sum / float64(max(1, known))
	for i, d := range s.dj {
		if math.IsNaN(d) {
			s.dj[i] = mean
			s.sum += mean
		}
	}
	return s
}

// shape fits units = base·days + slope·degree-days on all uses, neither
// negative; with fewer than three it is by degree-days alone.
func shape(all []spread) (base, slope float64) {
	if len(all) < 3 {
		return 0, 1
	}
	var nn, nd, dd, ny, dy float64
	for _, s := range all {
		n := float64(len(s.start))
		nn, nd, dd = nn+n*n, nd+n*s.sum, dd+s.sum*s.sum
		ny, dy = ny+n*s.use.Units, dy+s.sum*s.use.Units
	}
	det := nn*dd - nd*nd
	if det <= 1e-9*nn*dd {
		return 0, 1
	}
	base, slope = (ny*dd-dy*nd)/det, (dy*nn-ny*nd)/det
	switch {
	case base <= 0:
		return 0, 1
	case slope <= 0:
		return 1, 0
	}
	return base, slope
}

// days gives each day its part.
func (s spread) days(m gtc.Meter, base, slope float64) []Interval {
	n := float64(len(s.start))
	total := base*n + slope*s.sum
	rel := 0.0
	if s.use.Units > 0 {
		rel = s.use.Error / s.use.Units
	}
	out := make([]Interval, 0, len(s.start))
	for i, start := range s.start {
		even, byDJ := 1/n, 1/n
		if s.sum > 0 {
			byDJ = s.dj[i] / s.sum
		}
		part := even
		if total > 0 {
			part = (base + slope*s.dj[i]) / total
		}
		kwh := s.use.Units * m.KWhPerUnit
		out = append(out, Interval{
			Start: start, KWh: kwh * part, Volume: s.use.Units * part, Estimated: true, Source: SourceEstimated,
			Low: max(0, kwh*min(even, byDJ, part)*(1-rel)), High: kwh * max(even, byDJ, part) * (1 + rel),
		})
	}
	return out
}
