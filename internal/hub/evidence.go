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
	}
	for kind, points := range wanted(info, rules) {
		if err := e.readPoints(ctx, ev, kind, points, to); err != nil {
			return nil, err
		}
	}
	if err := e.readHours(ctx, ev, to); err != nil {
		return nil, err
	}
	st := e.stations[info.WeatherStation]
	if st == nil {
		return ev, nil
	}
	temps, err := e.temperatures(ctx, st.site.ID, st.weather, ev.From, to)
	if err != nil {
		return nil, err
	}
	ev.Outdoor = absent(ev.From, to, why.Step)
	for _, t := range temps {
		put(ev.Outdoor, ev.From, why.Step, t.At, t.C)
	}
	if st.site.ID != info.ID { // else the sensor would be compared with itself
		ev.Elsewhere = ev.Outdoor
	}
	return ev, nil
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
// quantities, the last of states and indexes.
func (e *energyRules) readPoints(ctx context.Context, ev *why.Evidence, kind gtc.Kind, points []pointInfo, to time.Time) error {
	fields := make([]string, len(points))
	for i, p := range points {
		selector := "mean"
		if p.meta.Type != gtc.TypeFloat || p.meta.Counter {
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
