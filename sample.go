package gtc

import (
	"math"
	"strconv"
	"time"
)

// ValueType is the stored type of a point: float, boolean or enumeration.
type ValueType uint8

// The stored types. InfluxDB refuses a field whose type changes, so a point
// has one of them for ever.
const (
	TypeNone ValueType = iota
	TypeFloat
	TypeBool
	TypeEnum
)

// Value is a float, a boolean or the integer of a listed enumeration. The
// zero Value is absent: neither zero nor false.
type Value struct {
	Type ValueType
	// Num is the number; 0 or 1 for a boolean.
	Num float64
}

// Float returns a float value. A NaN or an infinity is absent.
func Float(f float64) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Value{}
	}
	return Value{Type: TypeFloat, Num: f}
}

// Bool returns a two-state value, true when the named thing is so.
func Bool(b bool) Value {
	v := Value{Type: TypeBool}
	if b {
		v.Num = 1
	}
	return v
}

// Enum returns the integer of a listed enumeration.
func Enum(i int) Value { return Value{Type: TypeEnum, Num: float64(i)} }

// Present reports whether there is a value.
func (v Value) Present() bool { return v.Type != TypeNone }

// True reports whether v is a boolean that is true.
func (v Value) True() bool { return v.Type == TypeBool && v.Num != 0 }

// String returns the value in its shortest form, "-" when absent.
func (v Value) String() string {
	switch v.Type {
	case TypeNone:
		return "-"
	case TypeBool:
		return strconv.FormatBool(v.Num != 0)
	case TypeEnum:
		return strconv.FormatInt(int64(v.Num), 10)
	case TypeFloat:
		return strconv.FormatFloat(v.Num, 'g', -1, 64)
	}
	return "-"
}

// Quality says how far a sample is to be trusted. Lateness is a matter of
// delivery, not of quality.
type Quality uint8

// The qualities, written as their names in the point_quality measurement.
const (
	QualityUnknown Quality = iota
	QualityGood
	QualityStale
	QualityCommLost
	QualityOutOfRange
	QualitySensorFault
	QualityRefused
	QualityBadClock
	QualitySubstituted
	QualityManual
	QualityNotAccepted
	QualityOutOfService
)

// Sample is the value of one point at one instant. An absent value with a
// quality says that the point could not be read and why.
type Sample struct {
	Series
	// At is the UTC instant of the sample's own request, to the millisecond.
	At      time.Time
	Value   Value
	Quality Quality
}

// String returns the quality's name.
func (q Quality) String() string {
	switch q {
	case QualityUnknown:
		return "unknown"
	case QualityGood:
		return "good"
	case QualityStale:
		return "stale"
	case QualityCommLost:
		return "comm_lost"
	case QualityOutOfRange:
		return "out_of_range"
	case QualitySensorFault:
		return "sensor_fault"
	case QualityRefused:
		return "refused"
	case QualityBadClock:
		return "bad_clock"
	case QualitySubstituted:
		return "substituted"
	case QualityManual:
		return "manual"
	case QualityNotAccepted:
		return "not_accepted"
	case QualityOutOfService:
		return "out_of_service"
	}
	return "unknown"
}

// ParseQuality returns the quality of that name, unknown for any other text.
func ParseQuality(s string) Quality {
	for q := QualityUnknown; q <= QualityOutOfService; q++ {
		if q.String() == s {
			return q
		}
	}
	return QualityUnknown
}
