// Package influx is the way into and out of InfluxDB: the schema (the one
// place where points become series), the line encoder, blocking writes and
// chunked InfluxQL reads. It works with InfluxDB 1.8, 2.x and 3.
package influx

import "github.com/cpas-charleroi/gtc"

// Database is one of the databases (buckets) of the system.
type Database string

// The databases.
const (
	// Raw holds samples as read, 3 years.
	Raw Database = "gtc"
	// Rollup holds hours and days, for ever.
	Rollup Database = "gtc_rollup"
	// Private holds privacy classes 2 and 3 and intrusion set states, 13 months.
	Private Database = "gtc_private"
)

// Databases lists every database with its retention in days, 0 for ever, and
// the span of one shard in days (long shards suit long reads).
func Databases() []Retention {
	return []Retention{
		{Raw, 3*365 + 1, 28},
		{Rollup, 0, 364},
		{Private, 396, 28},
	}
}

// Retention is how long a database keeps its points.
type Retention struct {
	Database  Database
	Days      int
	ShardDays int
}

// The measurements that are not equipment kinds.
const (
	MeasurementQuality    = "point_quality"
	MeasurementWeatherDay = "weather_day"
	MeasurementEnergy     = "energy"
	MeasurementAlarm      = "alarm"
	MeasurementFinding    = "finding"
	MeasurementCommand    = "command"
	MeasurementCollector  = "collector"
	MeasurementAlarmLoad  = "alarm_load"
)

// The tags.
const (
	TagSite      = "site"
	TagEquipment = "equipment"
	TagPoint     = "point"
	TagMeter     = "meter"
	TagCarrier   = "carrier"
	TagDirection = "direction"
	TagStep      = "step"
	TagStation   = "station"
	TagDevice    = "device"
	TagAlarm     = "alarm"
	TagRule      = "rule"
)

// DatabaseOf says where the samples of a point go, given the privacy class
// that its equipment and its own catalogue entry add up to.
func DatabaseOf(privacy gtc.Privacy) Database {
	if privacy.Private() {
		return Private
	}
	return Raw
}

// AppendSamples encodes samples as line protocol with millisecond stamps:
// consecutive samples of one equipment and instant share a line, so a line
// never merges two requests as long as a request's samples are given together.
// Samples without a value are left out: absence is said by AppendQuality.
func AppendSamples(dst []byte, samples []gtc.Sample) []byte {
	var open bool
	var last *gtc.Sample
	for i := range samples {
		s := &samples[i]
		if !s.Value.Present() {
			continue
		}
		if open && sameLine(last, s) {
			dst = append(dst, ',')
		} else {
			if open {
				dst = endLine(dst, last.At.UnixMilli())
			}
			dst = appendKey(dst, s)
			open = true
		}
		dst = appendField(dst, string(s.Point), s.Value)
		last = s
	}
	if open {
		dst = endLine(dst, last.At.UnixMilli())
	}
	return dst
}

func sameLine(a, b *gtc.Sample) bool {
	return a.Equipment == b.Equipment && a.Site == b.Site && a.Kind == b.Kind && a.At.Equal(b.At)
}

// appendKey needs no escaping: kinds, sites and equipment match [a-z0-9_-]+.
func appendKey(dst []byte, s *gtc.Sample) []byte {
	dst = append(dst, s.Kind...)
	dst = append(dst, ",equipment="...)
	dst = append(dst, s.Equipment...)
	dst = append(dst, ",site="...)
	dst = append(dst, s.Site...)
	return append(dst, ' ')
}

// AppendQuality encodes the quality of one sample as a point_quality line.
func AppendQuality(dst []byte, s gtc.Sample) []byte {
	return NewLine(MeasurementQuality).
		Tag(TagEquipment, string(s.Equipment)).
		Tag(TagPoint, string(s.Point)).
		Tag(TagSite, string(s.Site)).
		Str("quality", s.Quality.String()).
		At(s.At).Append(dst)
}
