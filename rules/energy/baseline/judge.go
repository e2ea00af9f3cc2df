package baseline

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// What a baseline needs to be trusted.
const (
	// minBaselineDays is nine tenths of a year, minDaysShare the share of the
	// days from the first to the last one.
	minBaselineDays, minDaysShare = 329, 0.9
	// BrokenCV is the CV(RMSE) above which a series is not one of one meter.
	BrokenCV = 1.0
	// steadyCV is the CV(RMSE) under which a consumption that does not follow
	// the weather can still be watched for drift.
	steadyCV = 0.35
	// weatherR2 is the least R² of a consumption that follows the weather.
	weatherR2 = 0.3
	// The limits in °C between which a heating balance point is credible.
	edgeLow, edgeHigh = 5.5, 24.5
	// linearBase is the share of the mean consumption that may be left on the
	// warmest day when there is no balance point.
	linearBase = 0.5
	// maxZeroShare is the largest share of days that may be doubtful zeros.
	maxZeroShare = 0.1
)

// judge decides whether a baseline may be used and says why not.
func judge(b *Baseline, s selection) {
	expected := b.Expected(s.days)
	s.same = s.stuck(expected)
	if b.Reason = unusable(*b, s, expected); b.Reason != "" {
		return
	}
	level, changes := shift(values(s.days), expected), ""
	if b.Shift = s.shift(level); b.Shift != nil {
		changes = b.Shift.String()
	}
	weather := notWeather(*b)
	if level.broken(weather == "") {
		b.Reason = noted("broken series: "+changes, s.notes())
		return
	}
	b.Judgeable = weather == "" || b.Metrics.CVRMSE <= steadyCV
	switch {
	case weather != "":
		b.Reason = noted("not weather-driven: "+weather, changes)
	case b.Mode == Native && s.unseen() != "":
		b.Reason = noted("no whole year: "+s.unseen(), s.notes())
	case level.named() && math.Abs(level.size) >= shiftRefused:
		b.Reason = noted("unsteady: "+changes, s.notes())
	default:
		b.Eligible = true
		b.Reason = s.notes()
		if changes != "" {
			b.Reason = noted(changes, s.notes())
		}
	}
}

// noted adds notes in brackets, if there are any.
func noted(what, notes string) string { return strings.TrimSuffix(what+" ("+notes+")", " ()") }

// unusable says why nothing can be judged against a baseline, "" if it can.
func unusable(b Baseline, s selection, expected []float64) string {
	m := b.Metrics
	span := dayNumber(b.To) - dayNumber(b.From) - s.excluded
	switch {
	case m.N < minBaselineDays:
		return noted(fmt.Sprintf("too few days: %d of the %d needed", m.N, minBaselineDays), s.notes())
	case float64(m.N) < minDaysShare*float64(span):
		return noted(fmt.Sprintf("too few days: %d of the %d from %s to %s, %.0f %% needed",
			m.N, span, b.From.Format(time.DateOnly), b.To.AddDate(0, 0, -1).Format(time.DateOnly), 100*minDaysShare), s.notes())
	case m.Mean <= 0:
		return "no consumption"
	case float64(s.zeros) > maxZeroShare*float64(len(s.days)):
		return fmt.Sprintf("broken series: %d cold days of zero", s.zeros)
	case s.same.days >= stuckRefused:
		return noted("broken series: "+s.same.String(), s.notes())
	case m.CVRMSE > BrokenCV:
		return noted(fmt.Sprintf("broken series: CV(RMSE) is %.0f %%%s", 100*m.CVRMSE, s.worst(expected)), s.notes())
	}
	return ""
}

func values(days []Day) []float64 {
	out := make([]float64, len(days))
	for i, d := range days {
		out[i] = d.KWh
	}
	return out
}

// notWeather says why a consumption does not follow the weather, "" when it
// does or need not.
func notWeather(b Baseline) string {
	if cools(b.Carrier) {
		return ""
	}
	switch w := b.Whole; {
	case w.Model == ModelFlat:
		return "the consumption is best described by its mean"
	case w.Model == ModelLinear && w.Intercept > linearBase*b.Metrics.Mean:
		return fmt.Sprintf("the balance point is at the edge: the consumption falls in a straight line up to the warmest day of %.1f °C", w.HeatingBP)
	case w.HeatingBP <= edgeLow || w.HeatingBP >= edgeHigh:
		return fmt.Sprintf("the balance point of %.1f °C is at the edge", w.HeatingBP)
	case b.Metrics.R2 < weatherR2:
		return fmt.Sprintf("temperature explains only %.0f %% of the variation", 100*b.Metrics.R2)
	}
	return ""
}
