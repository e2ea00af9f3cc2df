package hub

import (
	"context"
	"math"
	"strconv"

	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/rollup"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// writeExpected keeps what is expected of the days of a meter: beside the other
// figures of the same days, which are kept already and stay as they are.
func (e *energyRules) writeExpected(ctx context.Context, ms *meterState, days []baseline.Day) error {
	if len(ms.baseline.Segments) == 0 {
		return nil
	}
	head := ms.dayHead()
	buf, lines := e.lines[:0], 0
	for _, d := range days {
		x, ok := ms.baseline.Predict(d)
		if !ok {
			continue
		}
		if x = ms.adjusted(x, d.Date); !finite(x) {
			continue
		}
		buf = append(buf, head...)
		buf = strconv.AppendFloat(append(buf, " expected_kwh="...), x.KWh, 'f', -1, 64)
		buf = strconv.AppendFloat(append(buf, ",expected_low="...), x.Low, 'f', -1, 64)
		buf = strconv.AppendFloat(append(buf, ",expected_high="...), x.High, 'f', -1, 64)
		buf = append(strconv.AppendInt(append(buf, ' '), d.Date.UnixMilli(), 10), '\n')
		if lines++; lines%writeLines == 0 {
			if err := e.db.Write(ctx, influx.Rollup, buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	e.lines = buf
	return e.db.Write(ctx, influx.Rollup, buf)
}

// dayHead is the measurement and the tags of a meter's days, as
// [rollup.AppendInterval] writes them: they need no escaping.
func (ms *meterState) dayHead() []byte {
	out := []byte(influx.MeasurementEnergy)
	for _, t := range [...][2]string{
		{influx.TagCarrier, string(ms.meter.Carrier)},
		{influx.TagDirection, string(ms.meter.Direction)},
		{influx.TagMeter, string(ms.meter.Equipment)},
		{influx.TagSite, string(ms.site.ID)},
		{influx.TagStep, rollup.StepDay},
	} {
		if t[1] != "" {
			out = append(append(append(append(out, ','), t[0]...), '='), t[1]...)
		}
	}
	return out
}

func finite(x baseline.Expectation) bool {
	sum := x.KWh + x.Low + x.High
	return !math.IsNaN(sum) && !math.IsInf(sum, 0)
}
