package protocol

import "slices"

// Report is how well two detectors did.
type Report struct {
	Pairs   int `json:"pairs"`
	Refused int `json:"refused"`
	Draws   int `json:"draws"`
	// Rows are the protocols, in order.
	Rows []Row `json:"protocols"`
}

// Row is one protocol.
type Row struct {
	Protocol string `json:"protocol"`
	GTC      Score  `json:"gtc"`
	CUSUM    Score  `json:"cusum"`
}

// Score is how one detector did. Shares are in per cent of the years and nil
// where nothing was put in.
type Score struct {
	Years int `json:"years"`
	// PerYear is the number of drifts said a building-year, YearsWithAny the
	// share of years with one.
	PerYear      float64  `json:"findings_per_year"`
	YearsWithAny float64  `json:"years_with_any_pct"`
	Within28     *float64 `json:"found_28d_pct,omitempty"`
	Within56     *float64 `json:"found_56d_pct,omitempty"`
	// MedianDelay is that of what was found, in days.
	MedianDelay *float64 `json:"median_delay_days,omitempty"`
}

// Sum adds up what was scored.
func Sum(all []Scored, draws int) Report {
	r := Report{Pairs: len(all), Draws: draws}
	for i, p := range Protocols() {
		var a, b []outcome
		for _, s := range all {
			a, b = append(a, s.gtc[i]...), append(b, s.cusum[i]...)
		}
		r.Rows = append(r.Rows, Row{Protocol: p.Name, GTC: scoreOf(a, p.Rise > 0), CUSUM: scoreOf(b, p.Rise > 0)})
	}
	for _, s := range all {
		if s.refused {
			r.Refused++
		}
	}
	return r
}

func scoreOf(all []outcome, risen bool) Score {
	s := Score{Years: len(all)}
	if len(all) == 0 {
		return s
	}
	var within28, within56 float64
	var delays []int
	n := float64(len(all))
	for _, o := range all {
		s.PerYear += float64(o.found) / n
		if o.found > 0 {
			s.YearsWithAny += 100 / n
		}
		if o.delay < 0 {
			continue
		}
		delays = append(delays, o.delay)
		if o.delay <= 28 {
			within28 += 100 / n
		}
		if o.delay <= 56 {
			within56 += 100 / n
		}
	}
	if !risen {
		return s
	}
	s.Within28, s.Within56 = &within28, &within56
	if len(delays) > 0 {
		slices.Sort(delays)
		s.MedianDelay = new(float64(delays[(len(delays)-1)/2]+delays[len(delays)/2]) / 2)
	}
	return s
}
