package profile

import (
	"math"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// The data types that AppendSparkplug writes, by what a metric's text is.
const (
	SparkplugDouble  = 10
	SparkplugBoolean = 11
	SparkplugString  = 12
	SparkplugUInt64  = 8
)

// AppendSparkplug appends a payload in Sparkplug's form. The value of a metric
// is written as its Datatype says, one of the constants above.
func AppendSparkplug(dst []byte, p SparkplugPayload) []byte {
	dst = appendMillis(dst, payloadTimestamp, p.At)
	for _, m := range p.Metrics {
		dst = protowire.AppendTag(dst, payloadMetric, protowire.BytesType)
		dst = protowire.AppendBytes(dst, appendMetric(nil, m))
	}
	if p.HasSeq {
		dst = protowire.AppendTag(dst, payloadSeq, protowire.VarintType)
		dst = protowire.AppendVarint(dst, p.Seq)
	}
	return dst
}

func appendMillis(dst []byte, field protowire.Number, at time.Time) []byte {
	if at.IsZero() {
		return dst
	}
	dst = protowire.AppendTag(dst, field, protowire.VarintType)
	return protowire.AppendVarint(dst, uint64(at.UnixMilli())) //nolint:gosec // after 1970
}

func appendMetric(dst []byte, m SparkplugMetric) []byte {
	number := func(field protowire.Number, v uint64) {
		dst = protowire.AppendTag(dst, field, protowire.VarintType)
		dst = protowire.AppendVarint(dst, v)
	}
	if m.Name != "" {
		dst = protowire.AppendTag(dst, metricName, protowire.BytesType)
		dst = protowire.AppendString(dst, m.Name)
	}
	if m.HasAlias {
		number(metricAlias, m.Alias)
	}
	dst = appendMillis(dst, metricTimestamp, m.At)
	number(metricDatatype, m.Datatype)
	switch {
	case m.Null:
		number(metricNull, 1)
	case m.Datatype == SparkplugBoolean:
		number(metricBoolean, protowire.EncodeBool(m.Text == "true"))
	case m.Datatype == SparkplugDouble:
		f, err := strconv.ParseFloat(m.Text, 64)
		if err != nil {
			f = math.NaN()
		}
		dst = protowire.AppendTag(dst, metricDouble, protowire.Fixed64Type)
		dst = protowire.AppendFixed64(dst, math.Float64bits(f))
	case m.Datatype == SparkplugUInt64:
		n, _ := strconv.ParseUint(m.Text, 10, 64) // what is no number is 0
		number(metricLong, n)
	default:
		dst = protowire.AppendTag(dst, metricString, protowire.BytesType)
		dst = protowire.AppendString(dst, m.Text)
	}
	return dst
}
