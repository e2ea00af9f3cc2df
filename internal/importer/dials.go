package importer

import (
	"context"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/rollup"
)

// besideMeter is how near before and after a reading by hand the meter's own
// samples are when a machine reads it too. Such a reading is no sample: it
// checks those that are there.
const besideMeter = 2 * time.Hour

// clock holds the instants of samples, in order, ms.
type clock []int64

func clockOf(there map[int64]float64) clock {
	c := make(clock, 0, len(there))
	for at := range there {
		c = append(c, at)
	}
	slices.Sort(c)
	return c
}

// beside reports whether there are samples near before and near after an instant.
func (c clock) beside(at time.Time) bool {
	i, _ := slices.BinarySearch(c, at.UnixMilli())
	near := besideMeter.Milliseconds()
	return i > 0 && at.UnixMilli()-c[i-1] <= near && i < len(c) && c[i]-at.UnixMilli() <= near
}

// planDials keeps readings by hand of a meter that a machine reads too.
func (s Store) planDials(ctx context.Context, p *Plan, dials []Reading) error {
	if len(dials) == 0 {
		return nil
	}
	m := s.Target.Meter
	there, err := s.there(ctx, influx.Query{
		Database: influx.Rollup,
		Text:     "SELECT " + rollup.FieldIndex + " FROM " + rollup.MeasurementDial + " WHERE site = $site AND meter = $meter AND direction = $direction AND time >= $from AND time <= $to",
		Params: influx.Params{
			"site": string(s.Target.Site), "meter": string(m.Equipment), "direction": string(m.Direction),
			"from": dials[0].At, "to": dials[len(dials)-1].At,
		},
	})
	if err != nil {
		return err
	}
	for _, r := range dials {
		if old, ok := there[r.At.UnixMilli()]; ok && old == r.Index {
			continue
		}
		p.touch(r.At)
		p.dials = true
		p.lines = append(p.lines, influx.NewLine(rollup.MeasurementDial).
			Tag(influx.TagDirection, string(m.Direction)).Tag(influx.TagMeter, string(m.Equipment)).Tag(influx.TagSite, string(s.Target.Site)).
			Float(rollup.FieldIndex, r.Index).At(r.At).Append(nil))
	}
	return nil
}
