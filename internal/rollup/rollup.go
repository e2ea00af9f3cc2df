// Package rollup is the form in which hours and days are kept: the lines of
// the measurements energy and weather_day in the database gtc_rollup. The hub
// writes them from what it reads back, the history of a simulated park from
// what it makes; both write the same lines.
package rollup

import (
	"math"
	"strconv"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/rules/energy"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// The values of the tag step.
const (
	StepHour = "hour"
	StepDay  = "day"
)

// MeasurementImport is where each import leaves its mark, in gtc_rollup: who
// keeps rollups in memory sees there what to read again. Tags site, meter,
// direction; fields from_ms, to_ms, lines, readings (samples were written, and
// are to be rolled up), dials (readings of the dial were), file, kind; the instant is that of the import.
const MeasurementImport = "import"

// MeasurementDial keeps, in gtc_rollup, the index that somebody read on the dial
// of a meter which a machine reads too: tags site, meter, direction.
const (
	MeasurementDial = "dial"
	FieldIndex      = "index"
)

// MeasurementTank keeps, in gtc_rollup, what is known of tanks: tags site and
// meter, one field an entry, in the tank's unit.
const (
	MeasurementTank = "tank_entry"
	FieldDelivery   = "delivery"
	FieldLevel      = "level"
)

// FieldOrigin tells of an hour or a day whence it is: OriginImport from a file
// of gtc import, OriginSamples from samples that took the place of one, and
// nothing where there have only been samples.
const (
	FieldOrigin   = "origin"
	OriginImport  = "import"
	OriginSamples = "samples"
)

// The fields beside kwh that say how an energy was computed and how sure it is:
// m³(n) and calorific value of gas (0 where it was not computed from them), and
// the band of what was spread.
const (
	FieldNormalVolume = "nm3"
	FieldPCS          = "pcs"
	FieldLow          = "kwh_low"
	FieldHigh         = "kwh_high"
)

// VolumeField is the field of what a meter's index counts: m3, or litre or kg
// of a tank.
func VolumeField(m gtc.Meter) string {
	switch {
	case m.Tank == nil:
		return "m3"
	case m.Tank.Unit == "l":
		return "litre"
	}
	return m.Tank.Unit
}

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
// It is written by hand because a history has millions of them: tags need no
// escaping, they are [a-z0-9_-]+.
func AppendInterval(dst []byte, site gtc.SiteID, m gtc.Meter, step string, iv energy.Interval, expected func(energy.Interval) (baseline.Expectation, bool)) []byte {
	source := "metered"
	switch {
	case iv.Source != "":
		source = iv.Source
	case iv.Estimated:
		source = "estimated"
	}
	dst = append(dst, influx.MeasurementEnergy...)
	dst = appendTag(dst, influx.TagCarrier, string(m.Carrier))
	dst = appendTag(dst, influx.TagDirection, string(m.Direction))
	dst = appendTag(dst, influx.TagMeter, string(m.Equipment))
	dst = appendTag(dst, influx.TagSite, string(site))
	dst = appendTag(dst, influx.TagStep, step)
	dst = append(dst, ` source="`...)
	for i := range len(source) {
		if source[i] == '"' || source[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, source[i])
	}
	dst = append(dst, '"')
	dst = appendFloat(dst, "coverage", iv.Coverage)
	if m.KWhPerUnit > 0 && !iv.NoEnergy {
		dst = appendFloat(dst, "kwh", iv.KWh)
	}
	if iv.Volume != 0 || m.KWhPerUnit == 0 {
		dst = appendFloat(dst, VolumeField(m), iv.Volume)
	}
	if m.Gas != nil {
		dst = appendFloat(dst, FieldNormalVolume, iv.NormalVolume)
		dst = appendFloat(dst, FieldPCS, iv.PCS)
	}
	if iv.High != 0 {
		dst = appendFloat(dst, FieldLow, iv.Low)
		dst = appendFloat(dst, FieldHigh, iv.High)
	}
	if expected != nil {
		if e, ok := expected(iv); ok {
			dst = appendFloat(dst, "expected_kwh", e.KWh)
			dst = appendFloat(dst, "expected_low", e.Low)
			dst = appendFloat(dst, "expected_high", e.High)
		}
	}
	dst = append(dst, ' ')
	dst = strconv.AppendInt(dst, iv.Start.UnixMilli(), 10)
	return append(dst, '\n')
}

func appendTag(dst []byte, key, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(dst, ',')
	dst = append(dst, key...)
	dst = append(dst, '=')
	return append(dst, value...)
}

// appendFloat adds one more field; a NaN or an infinity is left out.
func appendFloat(dst []byte, key string, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst
	}
	dst = append(dst, ',')
	dst = append(dst, key...)
	dst = append(dst, '=')
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}

// SourceSite is the source of a weather day that the station's own sensor made,
// SourceImported of one that came from a file. What another station lent has
// the source "station:" and its id.
const (
	SourceSite     = "site"
	SourceImported = "import"
	SourceStation  = "station:"
)

// AppendTempDay adds the line of one day of a weather station.
func AppendTempDay(dst []byte, station string, d energy.TempDay) []byte {
	source := d.Source
	if source == "" {
		source = SourceSite
	}
	l := influx.NewLine(influx.MeasurementWeatherDay).Tag(influx.TagStation, station).
		Float("temp_mean", d.Mean).Float("temp_min", d.Min).Float("temp_max", d.Max).
		Float("dj15", d.DJ15).Float("dj165", d.DJ165).Float("hours", float64(d.Hours)).Str("source", source)
	if d.HasEq {
		l.Float("dj165eq", d.DJ165Eq)
	}
	return l.At(d.Date).Append(dst)
}
