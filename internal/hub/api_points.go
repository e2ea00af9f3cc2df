package hub

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/internal/influx"
)

const day = 24 * time.Hour

// Points returns the history of several points, one statement a kind of
// equipment.
func (h *Hub) Points(ctx context.Context, q api.PointQuery) (api.Points, error) {
	points, err := h.choose(q.Selection)
	if err != nil {
		return api.Points{}, err
	}
	if len(points) > api.MostSeries {
		return api.Points{}, api.TooManyError{Series: len(points)}
	}
	span := q.To.Sub(q.From)
	if q.Aggregate == api.AggregateRaw {
		q.Interval = 0
	} else if q.Interval == 0 {
		q.Interval = trendStep(span, finest(points))
	}
	if err := bounded(points, span, q.Interval); err != nil {
		return api.Points{}, err
	}
	out := api.Points{At: h.now(), From: q.From, To: q.To, IntervalMS: q.Interval.Milliseconds()}
	at := map[string]int{}
	for i, c := range points {
		at[c.String()] = i
		out.Series = append(out.Series, api.PointSeries{
			Value: h.value(c, out.At), Counter: c.meta.Counter, Enum: c.meta.Enum, Aggregate: aggregateOf(c.pointInfo, q.Aggregate),
			GapMS: max(3*q.Interval, staleAfter*c.poll, span/72).Milliseconds(), Times: []int64{}, Values: []float64{},
		})
	}
	for _, group := range byKind(points) {
		text := pointsQuery(group, q)
		out.Queries = append(out.Queries, text)
		if err := h.readPoints(ctx, group, text, at, &out); err != nil {
			return api.Points{}, err
		}
	}
	return out, nil
}

// finest is the shortest poll interval of the points, 0 when one comes by
// itself.
func finest(points []chosen) time.Duration {
	out := points[0].poll
	for _, c := range points {
		out = min(out, c.poll)
	}
	return out
}

// roundSteps are intervals that people and calendars know.
func roundSteps() []time.Duration {
	return []time.Duration{
		time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute,
		15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, day, 7 * day, 28 * day,
	}
}

// bounded refuses a question with more values than an answer holds: the number
// of intervals, or of polls where these are fewer.
func bounded(points []chosen, span, interval time.Duration) error {
	values := int64(0)
	for _, c := range points {
		if each := max(interval, c.poll, time.Second); each > 0 {
			values += int64(math.Ceil(float64(span) / float64(each)))
		}
	}
	if values <= api.MostValues {
		return nil
	}
	for _, s := range roundSteps() {
		if int64(len(points))*int64(math.Ceil(float64(span)/float64(s))) <= api.MostValues {
			return api.TooManyError{Series: len(points), Values: values, Interval: s}
		}
	}
	return api.TooManyError{Series: len(points), Values: values}
}

// aggregateOf is what an aggregate is for one point. A switch or a state has
// no mean, sum or extreme: its last value stands for the interval.
func aggregateOf(p *pointInfo, wanted api.Aggregate) api.Aggregate {
	number := p.meta.Type == gtc.TypeFloat || p.meta.Type == gtc.TypeNone
	switch wanted {
	case api.AggregateRaw, api.AggregateLast, api.AggregateFirst, api.AggregateCount:
		return wanted
	case api.AggregateMean, api.AggregateMin, api.AggregateMax, api.AggregateSum, api.AggregateSpread:
	case api.AggregateAuto, "":
		if number && !p.meta.Counter {
			return api.AggregateMean
		}
		return api.AggregateLast
	}
	if number {
		return wanted
	}
	return api.AggregateLast
}

// byKind groups points whose history stands in one measurement of one zone.
func byKind(points []chosen) [][]chosen {
	var out [][]chosen
	index := map[string]int{}
	for _, c := range points {
		key := string(c.Kind) + " " + c.site.Location.String()
		i, ok := index[key]
		if !ok {
			i = len(out)
			index[key] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], c)
	}
	return out
}

// columns are the points of a group, each once.
func columns(group []chosen) []*pointInfo {
	var out []*pointInfo
	seen := map[gtc.PointID]bool{}
	for _, c := range group {
		if !seen[c.Point] {
			seen[c.Point] = true
			out = append(out, c.pointInfo)
		}
	}
	return out
}

// pointsQuery is the statement of one group. Its columns after time are those
// of columns.
func pointsQuery(group []chosen, q api.PointQuery) string {
	var b strings.Builder
	b.WriteString("SELECT ")
	for i, p := range columns(group) {
		if i > 0 {
			b.WriteString(", ")
		}
		name := influx.Ident(string(p.Point))
		if a := aggregateOf(p, q.Aggregate); a == api.AggregateRaw {
			b.WriteString(name)
		} else {
			fmt.Fprintf(&b, "%s(%s)", a, name)
		}
	}
	fmt.Fprintf(&b, " FROM %s WHERE time >= %dms AND time < %dms AND (", influx.Ident(string(group[0].Kind)), q.From.UnixMilli(), q.To.UnixMilli())
	seen := map[string]bool{}
	for _, c := range group {
		place := fmt.Sprintf("(site=%s AND equipment=%s)", influx.Quote(string(c.Site)), influx.Quote(string(c.Equipment)))
		if seen[place] {
			continue
		}
		if len(seen) > 0 {
			b.WriteString(" OR ")
		}
		seen[place] = true
		b.WriteString(place)
	}
	b.WriteString(") GROUP BY site, equipment")
	if q.Interval > 0 {
		fmt.Fprintf(&b, ", time(%dms) fill(none)", q.Interval.Milliseconds())
		if zone := group[0].site.Location.String(); q.Interval%day == 0 && zone != time.UTC.String() {
			fmt.Fprintf(&b, " tz(%s)", influx.Quote(zone))
		}
	}
	return b.String()
}

// readPoints runs the statement of one group and puts the values in their
// series.
func (h *Hub) readPoints(ctx context.Context, group []chosen, text string, at map[string]int, out *api.Points) error {
	cols := columns(group)
	q := influx.Query{Database: influx.Raw, Text: text, Limits: influx.Limits{MaxRows: api.MostValues}}
	err := h.db.Read(ctx, q, func(t *influx.Table) error {
		place := t.Tags[influx.TagSite] + "/" + t.Tags[influx.TagEquipment] + "/"
		for j, p := range cols {
			i, ok := at[place+string(p.Point)]
			if !ok {
				continue // another equipment of the group has it
			}
			s := &out.Series[i]
			s.Times, s.Values = slices.Grow(s.Times, len(t.Values)), slices.Grow(s.Values, len(t.Values))
			for row := range t.Values {
				if v, ok := t.Float(row, j+1); ok {
					s.Times = append(s.Times, t.Time(row).UnixMilli())
					s.Values = append(s.Values, v)
				}
			}
		}
		return nil
	})
	if limit, ok := errors.AsType[*influx.LimitError](err); ok && limit.Rows {
		return api.TooManyError{Series: len(at), Values: api.MostValues + 1, Interval: stepFor(len(at), out.To.Sub(out.From))}
	}
	return err
}

// stepFor is the shortest round interval with which so many series are short
// enough.
func stepFor(series int, span time.Duration) time.Duration {
	for _, s := range roundSteps() {
		if int64(series)*int64(span/s) <= api.MostValues {
			return s
		}
	}
	return 0
}
