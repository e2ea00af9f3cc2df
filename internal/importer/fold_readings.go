package importer

import (
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy"
)

// split parts readings in those that are kept as they are and those older than
// the raw samples that InfluxDB keeps: the latter are rolled up here and now,
// since nobody could do it later. One reading of the first part also ends the
// second, so that nothing between is lost.
func split(readings []Reading, oldest time.Time) (old, kept []Reading) {
	i := 0
	for i < len(readings) && readings[i].At.Before(oldest) {
		i++
	}
	old, kept = readings[:i:i], readings[i:]
	if len(old) > 0 && len(kept) > 0 {
		old = append(old, kept[0])
	}
	return old, kept
}

// foldReadings rolls readings up as the hub does with raw samples: rollover,
// swaps, resets and gaps are settled by the same rules.
func foldReadings(m gtc.Meter, readings []Reading, loc *time.Location) (hours, days []Interval) {
	if len(readings) < 2 {
		return nil, nil
	}
	in := make([]energy.Reading, len(readings))
	for i, r := range readings {
		in[i] = energy.Reading{At: r.At, Index: r.Index}
	}
	h := energy.Hours(m, in, readings[0].At, readings[len(readings)-1].At)
	return fromEnergy(m, h), fromEnergy(m, energy.Days(h, loc))
}

func fromEnergy(m gtc.Meter, in []energy.Interval) []Interval {
	out := make([]Interval, len(in))
	for i, x := range in {
		out[i] = Interval{
			Start: x.Start, KWh: x.KWh, HasKWh: m.KWhPerUnit > 0 && !x.NoEnergy, NormalVolume: x.NormalVolume, Volume: x.Volume, HasVolume: x.Volume != 0 || m.KWhPerUnit == 0,
			Coverage: x.Coverage, Source: SourceManual,
		}
	}
	return out
}
