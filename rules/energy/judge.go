package energy

import "fmt"

// What a baseline needs to be trusted.
const (
	// minBaselineDays is nine tenths of a year.
	minBaselineDays = 329
	// brokenCV is the CV(RMSE) above which a series is not one of one meter.
	brokenCV = 1.0
	// steadyCV is the CV(RMSE) under which a consumption that does not follow
	// the weather can still be watched for drift.
	steadyCV = 0.35
	// weatherR2 is the least R² of a consumption that follows the weather.
	weatherR2 = 0.3
	// The limits in °C between which a heating balance point is credible.
	edgeLow, edgeHigh = 5.5, 24.5
	// maxZeroShare is the largest share of days that may be doubtful zeros.
	maxZeroShare = 0.1
)

// judge decides whether a baseline may be used and says why not.
func judge(b *Baseline, s selection) {
	m := b.Metrics
	switch {
	case m.N < minBaselineDays:
		b.Reason = fmt.Sprintf("too few days: %d of the %d needed", m.N, minBaselineDays)
		return
	case m.Mean <= 0:
		b.Reason = "no consumption"
		return
	case float64(s.zeros) > maxZeroShare*float64(len(s.days)):
		b.Reason = fmt.Sprintf("broken series: %d cold days of zero", s.zeros)
		return
	case m.CVRMSE > brokenCV:
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
	if s.zeros > 0 {
		b.Reason = fmt.Sprintf("%d cold days of zero taken for gaps", s.zeros)
	}
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
	case w.HeatingBP <= edgeLow || w.HeatingBP >= edgeHigh:
		return fmt.Sprintf("the balance point of %.1f °C is at the edge", w.HeatingBP)
	case b.Metrics.R2 < weatherR2:
		return fmt.Sprintf("temperature explains only %.0f %% of the variation", 100*b.Metrics.R2)
	}
	return ""
}
