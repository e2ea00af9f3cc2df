package hub

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/rollup"
	"github.com/cpas-charleroi/gtc/rules/why"
)

// evidenceLimits bound one question for evidence: twenty equipments of a kind
// for a month.
func evidenceLimits() influx.Limits {
	return influx.Limits{MaxRows: 100_000, Timeout: 20 * time.Second}
}

// leastHour is the part of an hour that must be metered for it to count.
const leastHour = 0.9

// evidence reads what the rules want to know of a site between two midnights.
func (e *energyRules) evidence(ctx context.Context, info *siteInfo, rules why.Set, from, to time.Time) (*why.Evidence, error) {
	ev := &why.Evidence{
		Site: &info.Site, From: from.UTC().Truncate(time.Hour), Points: map[why.Point][]float64{},
		Hours: map[gtc.EquipmentID][]float64{}, Baselines: e.baselines(info.ID),
		Dials: map[gtc.EquipmentID][]why.Dial{},
	}
	for kind, points := range wanted(info, rules) {
		if err := e.readPoints(ctx, ev, kind, points, to); err != nil {
			return nil, err
		}
	}
	if err := e.readHours(ctx, ev, to); err != nil {
		return nil, err
	}
	if err := e.readDials(ctx, ev, to); err != nil {
		return nil, err
	}
	st := e.stations[info.WeatherStation]
	if st == nil {
		return ev, nil
	}
	var err error
	if ev.Outdoor, err = e.airTemp(ctx, st, ev.From, to); err != nil {
		return nil, err
	}
	if st.site.ID != info.ID { // else the sensor would be compared with itself
		ev.Elsewhere = ev.Outdoor
		return ev, nil
	}
	ev.Elsewhere, err = e.elsewhere(ctx, st, ev.Outdoor, ev.From, to)
	return ev, err
}

// airTemp reads what a station measured, by steps.
func (e *energyRules) airTemp(ctx context.Context, st *station, from, to time.Time) ([]float64, error) {
	temps, err := e.temperatures(ctx, st.site.ID, st.weather, from, to)
	if err != nil {
		return nil, err
	}
	out := absent(from, to, why.Step)
	for _, t := range temps {
		put(out, from, why.Step, t.At, t.C)
	}
	return out, nil
}

// elsewhere is what the other stations measured together, nil when fewer than
// two do: of two stations that differ neither is known to be wrong.
func (e *energyRules) elsewhere(ctx context.Context, own *station, here []float64, from, to time.Time) ([]float64, error) {
	var others [][]float64
	for _, st := range e.stations {
		if st.site.ID == own.site.ID {
			continue
		}
		x, err := e.airTemp(ctx, st, from, to)
		if err != nil {
			return nil, err
		}
		others = append(others, x)
	}
	if len(others) < 2 {
		return nil, nil
	}
	out := absent(from, to, why.Step)
	for i := range out {
		out[i] = agreed(here[i], others, i)
	}
	return out, nil
}

// agreed is the median of what others measured at a step; of the two in the
// middle the one that speaks for the sensor here. NaN when fewer than two speak.
func agreed(here float64, others [][]float64, i int) float64 {
	var known []float64
	for _, x := range others {
		if !math.IsNaN(x[i]) {
			known = append(known, x[i])
		}
	}
	if len(known) < 2 {
		return math.NaN()
	}
	slices.Sort(known)
	low, high := known[(len(known)-1)/2], known[len(known)/2]
	if math.Abs(high-here) < math.Abs(low-here) {
		return high
	}
	return low
}

// wanted returns the points of a site that the enabled rules look at, by kind.
// What is private is not looked at.
func wanted(info *siteInfo, rules why.Set) map[gtc.Kind][]pointInfo {
	names := map[gtc.Kind]map[gtc.PointID]bool{}
	for i := range rules {
		for _, n := range rules[i].Needs {
			if n.Kind == "" || !rules[i].Enabled {
				continue
			}
			if names[n.Kind] == nil {
				names[n.Kind] = map[gtc.PointID]bool{}
			}
			for _, p := range slices.Concat(n.Points, n.Optional) {
				names[n.Kind][p] = true
			}
		}
	}
	out := map[gtc.Kind][]pointInfo{}
	for _, p := range info.points {
		same := func(x pointInfo) bool { return x.Point == p.Point }
		if names[p.Kind][p.Point] && !p.privacy.Private() && !slices.ContainsFunc(out[p.Kind], same) {
			out[p.Kind] = append(out[p.Kind], p)
		}
	}
	return out
}

// readPoints reads points of one kind, of all its equipment at once: means of
// quantities, the last of states and indexes, the highest of quarter-hours.
func (e *energyRules) readPoints(ctx context.Context, ev *why.Evidence, kind gtc.Kind, points []pointInfo, to time.Time) error {
	fields := make([]string, len(points))
	for i, p := range points {
		selector := "mean"
		switch {
		case p.Point == why.PointDemand:
			selector = "max"
		case p.meta.Type != gtc.TypeFloat || p.meta.Counter:
			selector = "last"
		}
		fields[i] = fmt.Sprintf("%s(%s) AS %s", selector, influx.Ident(string(p.Point)), influx.Ident(string(p.Point)))
	}
	return e.db.Read(ctx, influx.Query{
		Database: influx.Raw,
		Text: fmt.Sprintf("SELECT %s FROM %s WHERE site = $site AND time >= $from AND time < $to GROUP BY time(%ds), equipment fill(none)",
			strings.Join(fields, ", "), influx.Ident(string(kind)), int(why.Step/time.Second)),
		Params: influx.Params{"site": string(ev.Site.ID), "from": ev.From, "to": to.UTC()},
		Limits: evidenceLimits(),
	}, func(t *influx.Table) error {
		eq := gtc.EquipmentID(t.Tags[influx.TagEquipment])
		for _, p := range points {
			j := t.Column(string(p.Point))
			if j < 0 {
				continue
			}
			key := why.Point{Equipment: eq, Point: p.Point}
			for i := range t.Values {
				v, ok := t.Float(i, j)
				if !ok {
					continue
				}
				if ev.Points[key] == nil {
					ev.Points[key] = absent(ev.From, to, why.Step)
				}
				put(ev.Points[key], ev.From, why.Step, t.Time(i), v)
			}
		}
		return nil
	})
}

// readHours reads the hours of a site's meters.
func (e *energyRules) readHours(ctx context.Context, ev *why.Evidence, to time.Time) error {
	return e.db.Read(ctx, influx.Query{
		Database: influx.Rollup,
		Text:     "SELECT kwh, coverage FROM energy WHERE site = $site AND direction = 'import' AND step = 'hour' AND time >= $from AND time < $to GROUP BY meter",
		Params:   influx.Params{"site": string(ev.Site.ID), "from": ev.From, "to": to.UTC()},
		Limits:   evidenceLimits(),
	}, func(t *influx.Table) error {
		meter := gtc.EquipmentID(t.Tags[influx.TagMeter])
		if ev.Hours[meter] == nil {
			ev.Hours[meter] = absent(ev.From, to, time.Hour)
		}
		for i := range t.Values {
			kwh, ok := t.Float(i, 1)
			coverage, metered := t.Float(i, 2)
			if ok && metered && coverage >= leastHour {
				put(ev.Hours[meter], ev.From, time.Hour, t.Time(i), kwh)
			}
		}
		return nil
	})
}

// readDials reads what was read by hand of meters that a machine reads too.
func (e *energyRules) readDials(ctx context.Context, ev *why.Evidence, to time.Time) error {
	return e.db.Read(ctx, influx.Query{
		Database: influx.Rollup,
		Text: "SELECT " + rollup.FieldIndex + " FROM " + rollup.MeasurementDial +
			" WHERE site = $site AND direction = 'import' AND time >= $from AND time < $to GROUP BY meter",
		Params: influx.Params{"site": string(ev.Site.ID), "from": ev.From, "to": to.UTC()},
		Limits: evidenceLimits(),
	}, func(t *influx.Table) error {
		meter := gtc.EquipmentID(t.Tags[influx.TagMeter])
		for i := range t.Values {
			if v, ok := t.Float(i, 1); ok {
				ev.Dials[meter] = append(ev.Dials[meter], why.Dial{At: t.Time(i), Index: v})
			}
		}
		return nil
	})
}

// absent is a series of which nothing is known.
func absent(from, to time.Time, step time.Duration) []float64 {
	out := make([]float64, max(0, int(to.Sub(from)/step)))
	for i := range out {
		out[i] = math.NaN()
	}
	return out
}

// put sets the value of the step that holds an instant.
func put(series []float64, from time.Time, step time.Duration, at time.Time, v float64) {
	if i := int(at.Sub(from) / step); !at.Before(from) && i < len(series) {
		series[i] = v
	}
}
