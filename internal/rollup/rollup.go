// Package rollup is the form in which hours and days are kept: the lines of
// the measurements energy and weather_day in the database gtc_rollup. The hub
// writes them from what it reads back, the history of a simulated park from
// what it makes; both write the same lines.
package rollup

import (
	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/rules/energy"
)

// The values of the tag step.
const (
	StepHour = "hour"
	StepDay  = "day"
)

// MeasurementImport is where each import leaves its mark, in gtc_rollup: who
// keeps rollups in memory sees there what to read again. Tags site, meter,
// direction; fields from_ms, to_ms, lines, readings (samples were written, and
// are to be rolled up), file, kind; the instant is that of the import.
const MeasurementImport = "import"

// FieldOrigin tells of an hour or a day whence it is: OriginImport from a file
// of gtc import, OriginSamples from samples that took the place of one, and
// nothing where there have only been samples.
const (
	FieldOrigin   = "origin"
	OriginImport  = "import"
	OriginSamples = "samples"
)

// AppendOrigin adds the line that says that an hour or day which was imported
// is now rolled up from samples.
func AppendOrigin(dst []byte, site gtc.SiteID, m gtc.Meter, step string, iv energy.Interval) []byte {
	return influx.NewLine(influx.MeasurementEnergy).
		Tag(influx.TagCarrier, string(m.Carrier)).Tag(influx.TagDirection, string(m.Direction)).
		Tag(influx.TagMeter, string(m.Equipment)).Tag(influx.TagSite, string(site)).Tag(influx.TagStep, step).
		Str(FieldOrigin, OriginSamples).At(iv.Start).Append(dst)
}

// AppendInterval adds the line of one hour or day of a meter. Expected, when
// not nil, says what was to be expected of the interval, false where nothing.
func AppendInterval(dst []byte, site gtc.SiteID, m gtc.Meter, step string, iv energy.Interval, expected func(energy.Interval) (energy.Expectation, bool)) []byte {
	source := "metered"
	switch {
	case iv.Source != "":
		source = iv.Source
	case iv.Estimated:
		source = "estimated"
	}
	l := influx.NewLine(influx.MeasurementEnergy).
		Tag(influx.TagCarrier, string(m.Carrier)).Tag(influx.TagDirection, string(m.Direction)).
		Tag(influx.TagMeter, string(m.Equipment)).Tag(influx.TagSite, string(site)).Tag(influx.TagStep, step).
		Float("coverage", iv.Coverage).Str("source", source)
	if m.KWhPerUnit > 0 {
		l.Float("kwh", iv.KWh)
	}
	if iv.Volume != 0 || m.KWhPerUnit == 0 {
		l.Float("m3", iv.Volume)
	}
	if expected != nil {
		if e, ok := expected(iv); ok {
			l.Float("expected_kwh", e.KWh).Float("expected_low", e.Low).Float("expected_high", e.High)
		}
	}
	return l.At(iv.Start).Append(dst)
}

// AppendTempDay adds the line of one day of a weather station.
func AppendTempDay(dst []byte, station string, d energy.TempDay) []byte {
	l := influx.NewLine(influx.MeasurementWeatherDay).Tag(influx.TagStation, station).
		Float("temp_mean", d.Mean).Float("temp_min", d.Min).Float("temp_max", d.Max).
		Float("dj15", d.DJ15).Float("dj165", d.DJ165).Float("hours", float64(d.Hours)).Str("source", "site")
	if d.HasEq {
		l.Float("dj165eq", d.DJ165Eq)
	}
	return l.At(d.Date).Append(dst)
}
