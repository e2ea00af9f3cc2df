package simulators

import (
	"fmt"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// History calls emit with the raw samples that the collectors of a site would
// have read at from, from + step … before to: the same series as live, and at
// the same instant the same values. The slice given to emit holds the samples
// of one instant and is used again after emit returns. An error of emit ends
// the history and is returned. History may run beside the live park.
func (p *Park) History(id gtc.SiteID, from, to time.Time, step time.Duration, emit func(samples []gtc.Sample) error) error {
	s, err := p.site(id)
	if err != nil {
		return fmt.Errorf("history of %s: %w", id, err)
	}
	if step <= 0 {
		return fmt.Errorf("history of %s: a step of %s", id, step)
	}
	return s.history(from.UTC(), to, step, emit)
}

func (s *site) history(from, to time.Time, step time.Duration, emit func(samples []gtc.Sample) error) error {
	course := s.lane()
	var samples []gtc.Sample
	for at := from.Truncate(time.Millisecond); at.Before(to); at = at.Add(step) {
		now := course.at(at)
		samples = samples[:0]
		for _, d := range s.devices {
			if d.silent(at) {
				continue
			}
			for i := range d.readings {
				r := &d.readings[i]
				if r.series.Equipment == "" {
					continue // served, but nobody reads it
				}
				if v := r.read(&now); v.Present() {
					samples = append(samples, gtc.Sample{Series: r.series, At: at, Value: v, Quality: gtc.QualityGood})
				}
			}
		}
		if err := emit(samples); err != nil {
			return err
		}
	}
	return nil
}
