package profile

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/cpas-charleroi/gtc"
)

// The numbers of the fields of a Sparkplug B payload and of its metrics.
const (
	payloadTimestamp = 1
	payloadMetric    = 2
	payloadSeq       = 3

	metricName       = 1
	metricAlias      = 2
	metricTimestamp  = 3
	metricDatatype   = 4
	metricHistorical = 5
	metricNull       = 7
	metricInt        = 10
	metricLong       = 11
	metricFloat      = 12
	metricDouble     = 13
	metricBoolean    = 14
	metricString     = 15
)

// The data types of Sparkplug B whose value is a signed integer.
const (
	sparkplugInt8  = 1
	sparkplugInt16 = 2
	sparkplugInt32 = 3
	sparkplugInt64 = 4
)

// maxMetrics bounds the metrics of one payload.
const maxMetrics = 10000

var (
	errNotSparkplug = errors.New("not a Sparkplug B payload")
	errManyMetrics  = fmt.Errorf("more than %d metrics", maxMetrics)
)

// SparkplugPayload is a Sparkplug B message.
type SparkplugPayload struct {
	// At is zero when the payload has no time.
	At      time.Time
	Seq     uint64
	HasSeq  bool
	Metrics []SparkplugMetric
}

// SparkplugMetric is one metric of a payload. A birth gives name and alias,
// later messages often the alias alone.
type SparkplugMetric struct {
	Name     string
	Alias    uint64
	HasAlias bool
	// At is zero when the metric has no time of its own.
	At         time.Time
	Datatype   uint64
	Historical bool
	// Text is the value as a text; Null tells that there is none, or none that
	// is a number, a state or a text.
	Text string
	Null bool

	raw   uint64 // the integer before its type is known
	isInt bool
}

// ParseSparkplug reads a Sparkplug B payload.
func ParseSparkplug(data []byte) (SparkplugPayload, error) {
	var p SparkplugPayload
	err := fields(data, func(num protowire.Number, typ protowire.Type, v uint64, b []byte) error {
		switch {
		case num == payloadTimestamp && typ == protowire.VarintType:
			p.At = millis(v)
		case num == payloadSeq && typ == protowire.VarintType:
			p.Seq, p.HasSeq = v, true
		case num == payloadMetric && typ == protowire.BytesType:
			if len(p.Metrics) == maxMetrics {
				return errManyMetrics
			}
			m, err := parseMetric(b)
			if err != nil {
				return err
			}
			p.Metrics = append(p.Metrics, m)
		}
		return nil
	})
	if err != nil {
		return SparkplugPayload{}, fmt.Errorf("read a Sparkplug payload: %w", err)
	}
	return p, nil
}

// fields calls each with every field of a protobuf message: v holds numbers
// of any wire type, b what has a length.
func fields(data []byte, each func(num protowire.Number, typ protowire.Type, v uint64, b []byte) error) error {
	for len(data) > 0 {
		num, typ, n := protowire.ConsumeTag(data)
		if n < 0 {
			return errNotSparkplug
		}
		data = data[n:]
		var v uint64
		var b []byte
		switch typ {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(data)
		case protowire.Fixed32Type:
			var w uint32
			w, n = protowire.ConsumeFixed32(data)
			v = uint64(w)
		case protowire.Fixed64Type:
			v, n = protowire.ConsumeFixed64(data)
		case protowire.BytesType:
			b, n = protowire.ConsumeBytes(data)
		default:
			n = protowire.ConsumeFieldValue(num, typ, data)
		}
		if n < 0 {
			return errNotSparkplug
		}
		data = data[n:]
		if err := each(num, typ, v, b); err != nil {
			return err
		}
	}
	return nil
}

func parseMetric(data []byte) (SparkplugMetric, error) {
	m := SparkplugMetric{Null: true}
	err := fields(data, func(num protowire.Number, _ protowire.Type, v uint64, b []byte) error {
		switch num { //nolint:exhaustive // other fields are of no use here
		case metricName:
			m.Name = string(b)
		case metricAlias:
			m.Alias, m.HasAlias = v, true
		case metricTimestamp:
			m.At = millis(v)
		case metricDatatype:
			m.Datatype = v
		case metricHistorical:
			m.Historical = v != 0
		case metricNull:
			m.Null = m.Null || v != 0
		case metricInt, metricLong:
			m.raw, m.isInt, m.Null = v, true, false
		case metricFloat:
			m.float(float64(math.Float32frombits(uint32(v))), 32) //nolint:gosec // a fixed32
		case metricDouble:
			m.float(math.Float64frombits(v), 64)
		case metricBoolean:
			m.Text, m.Null = strconv.FormatBool(v != 0), false
		case metricString:
			m.Text, m.Null = string(b), false
		}
		return nil
	})
	if m.isInt {
		m.Text = integer(m.raw, m.Datatype)
	}
	return m, err
}

func (m *SparkplugMetric) float(f float64, bits int) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return
	}
	m.Text, m.Null = strconv.FormatFloat(f, 'g', -1, bits), false
}

// Typed returns the metric read with the data type that its birth gave it:
// later messages leave it out.
func (m SparkplugMetric) Typed(datatype uint64) SparkplugMetric {
	if m.isInt && m.Datatype == 0 {
		m.Datatype, m.Text = datatype, integer(m.raw, datatype)
	}
	return m
}

// integer writes an integer by its data type: signed ones are sent as the
// unsigned integer with the same bits.
func integer(v, datatype uint64) string {
	switch datatype {
	case sparkplugInt8:
		return strconv.Itoa(int(int8(v))) //nolint:gosec // the bits are meant
	case sparkplugInt16:
		return strconv.Itoa(int(int16(v))) //nolint:gosec // the bits are meant
	case sparkplugInt32:
		return strconv.Itoa(int(int32(v))) //nolint:gosec // the bits are meant
	case sparkplugInt64:
		return strconv.FormatInt(int64(v), 10) //nolint:gosec // the bits are meant
	}
	return strconv.FormatUint(v, 10)
}

func millis(v uint64) time.Time {
	if v == 0 || v > 1e14 {
		return time.Time{}
	}
	return time.UnixMilli(int64(v)).UTC() //nolint:gosec // bounded
}

func decodeSparkplug(t *Topic, typeOf TypeOf, payload []byte, received time.Time) ([]FieldSample, error) {
	p, err := ParseSparkplug(payload)
	if err != nil {
		return nil, err
	}
	return DecodeSparkplug(t, typeOf, p, received), nil
}

// DecodeSparkplug returns the samples of a payload whose metrics have their
// names. A metric sent several times, with values of the past, gives a sample
// each.
func DecodeSparkplug(t *Topic, typeOf TypeOf, p SparkplugPayload, received time.Time) []FieldSample {
	received = received.UTC().Truncate(time.Millisecond)
	plan := t.compiled()
	var out []FieldSample
	for _, m := range p.Metrics {
		if m.Name == "" {
			continue
		}
		at, quality := received, gtc.QualityGood
		if own := latest(m.At, p.At); !own.IsZero() {
			at, quality = believable(own, received)
		}
		for i := range t.Fields {
			fp := &plan.fields[i]
			if plan.paths[fp.first] == m.Name && fp.sign == 0 {
				out = t.Fields[i].append(out, fp, typeOf, reading{text: m.Text, none: m.Null, at: at}, quality)
			}
		}
	}
	return out
}

// latest is the metric's own time, else the payload's.
func latest(metric, payload time.Time) time.Time {
	if metric.IsZero() {
		return payload
	}
	return metric
}
