package console

import (
	"context"
	"errors"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console/chart"
)

// alarmTrend is the curve around an alarm.
type alarmTrend struct {
	Label  string
	Figure figure
	// All is the address of the longer curve on the site's page.
	All     string
	Query   string
	Failure string
}

// lead is what is shown before an alarm, farthest how far the curve reaches.
const (
	lead     = 3 * time.Hour
	farthest = 7 * 24 * time.Hour
)

// around is the span worth seeing around an alarm: some time before it, and
// what came of it.
func around(since, now time.Time) (from, to time.Time) {
	if since.IsZero() {
		return now.Add(-8 * lead), now
	}
	before := min(max(lead, now.Sub(since)/4), 24*time.Hour)
	from = since.Add(-before)
	to = now
	if to.Sub(from) > farthest {
		to = from.Add(farthest)
	}
	return from, to
}

// alarmTrend draws the first series behind an alarm that may be drawn, nil
// when there is none.
func (s *server) alarmTrend(ctx context.Context, t *tongue, d AlarmDetail, site SiteDetail) *alarmTrend {
	for _, series := range d.Series {
		value, err := choose(site, string(series.Equipment)+"/"+string(series.Point))
		if err != nil || value == nil || value.Type == "enum" {
			continue // private, unknown, or not to be drawn
		}
		from, to := around(d.Since, d.At)
		v := &alarmTrend{
			Label: t.equipmentLabel(site, series.Equipment) + " · " + value.Label.In(t.Lang),
			All:   "/site/" + string(d.Site) + "?s=" + string(series.Equipment) + "/" + string(series.Point) + "#trend",
		}
		got, err := s.model.Trend(ctx, gtc.Series{Site: d.Site, Kind: value.Kind, Equipment: value.Equipment, Point: value.Point}, from, to)
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				s.log.Warn().Err(err).Str("alarm", d.ID).Msg("trend not read")
			}
			v.Failure = t.must("problem." + s.explain(err).kind + ".detail")
			return v
		}
		v.Query = got.Query
		v.Figure = t.alarmFigure(d, site, *value, series, got)
		return v
	}
	return nil
}

// alarmFigure draws a series with the alarm's course marked on it.
func (t *tongue) alarmFigure(d AlarmDetail, site SiteDetail, v LiveValue, series AlarmSeries, got Trend) figure {
	f, c := t.seriesChart(site, v, got)
	c.Marks, c.NamedMarks = t.alarmMarks(d, got.From, got.To), true
	if series.Limit != nil {
		c.Lines = append(c.Lines, chart.Line{Class: "expected", Name: t.must("alarm.limit"), Points: []chart.Point{
			{T: got.From, V: *series.Limit}, {T: got.To, V: *series.Limit},
		}})
	}
	f.Charts = drawSeries("alarm", c)
	return f
}

// alarmMarks are the alarm's beginning and when somebody took it in charge.
func (t *tongue) alarmMarks(d AlarmDetail, from, to time.Time) []chart.Mark {
	var out []chart.Mark
	add := func(at time.Time, key, class string) {
		if !at.IsZero() && at.After(from) && at.Before(to) {
			out = append(out, chart.Mark{T: at, Name: t.must(key, at.In(t.zone).Format("15:04")), Class: class})
		}
	}
	add(d.Since, "alarm.mark.since", "onset")
	add(takenAt(d), "alarm.mark.taken", "detection")
	return out
}
