package baseline

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// What a baseline needs to be trusted.
const (
	// minBaselineDays is nine tenths of a year.
	minBaselineDays = 329
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
	m := b.Metrics
	switch {
	case m.N < minBaselineDays:
		b.Reason = fmt.Sprintf("too few days: %d of the %d needed", m.N, minBaselineDays)
		if notes := s.notes(); notes != "" {
			b.Reason += " (" + notes + ")"
		}
		return
	case m.Mean <= 0:
		b.Reason = "no consumption"
		return
	case float64(s.zeros) > maxZeroShare*float64(len(s.days)):
		b.Reason = fmt.Sprintf("broken series: %d cold days of zero", s.zeros)
		return
	case m.CVRMSE > BrokenCV:
		b.Reason = fmt.Sprintf("broken series: CV(RMSE) is %.0f %%", 100*m.CVRMSE)
		return
	}
	b.Judgeable = true
	if why := notWeather(*b); why != "" {
		b.Reason = "not weather-driven: " + why
		b.Judgeable = m.CVRMSE <= steadyCV
		return
	}
	b.Eligible = true
	b.Reason = s.notes()
	at, size, sigma := shift(values(s.days), b.Expected(s.days))
	if math.Abs(size) < shiftSize || sigma < shiftSigma {
		return
	}
	works := fmt.Sprintf("the level changes by %+.0f %% from %s on: works, or another use", 100*size, s.days[at].Date.Format(time.DateOnly))
	if b.Eligible = math.Abs(size) < shiftRefused; !b.Eligible {
		works = "broken series: " + works
	}
	b.Reason = strings.TrimSuffix(works+" ("+b.Reason+")", " ()")
}

func values(days []Day) []float64 {
	out := make([]float64, len(days))
	for i, d := range days {
		out[i] = d.KWh
	}
	return out
}

// notes say which days were left out.
func (s selection) notes() string {
	var out []string
	add := func(n int, what string) {
		if n > 0 {
			out = append(out, fmt.Sprintf("%d %s", n, what))
		}
	}
	add(s.zeros, "cold days of zero taken for gaps")
	add(s.negative, "days below zero left out")
	add(s.excluded, "days excluded")
	return strings.Join(out, ", ")
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
