package influx

import (
	"strconv"
	"time"

	"github.com/influxdata/line-protocol/v2/lineprotocol"

	"github.com/cpas-charleroi/gtc"
)

func appendField(dst []byte, name string, v gtc.Value) []byte {
	dst = append(dst, name...)
	dst = append(dst, '=')
	switch v.Type {
	case gtc.TypeBool:
		return strconv.AppendBool(dst, v.Num != 0)
	case gtc.TypeEnum:
		return append(strconv.AppendInt(dst, int64(v.Num), 10), 'i')
	default:
		return strconv.AppendFloat(dst, v.Num, 'f', -1, 64)
	}
}

func endLine(dst []byte, ms int64) []byte {
	dst = append(dst, ' ')
	dst = strconv.AppendInt(dst, ms, 10)
	return append(dst, '\n')
}

// Line builds one line of line protocol whose texts may need escaping: events
// and rollups. Tags must be given in the order of their keys.
type Line struct {
	enc lineprotocol.Encoder
	at  time.Time
}

// NewLine starts a line of a measurement.
func NewLine(measurement string) *Line {
	l := &Line{}
	l.enc.SetPrecision(lineprotocol.Millisecond)
	l.enc.StartLine(measurement)
	return l
}

// Tag adds a tag; an empty value is left out.
func (l *Line) Tag(key, value string) *Line {
	if value != "" {
		l.enc.AddTag(key, value)
	}
	return l
}

// Float adds a float field; a NaN or an infinity is left out.
func (l *Line) Float(key string, f float64) *Line {
	if v, ok := lineprotocol.FloatValue(f); ok {
		l.enc.AddField(key, v)
	}
	return l
}

// Int adds an integer field.
func (l *Line) Int(key string, i int64) *Line {
	l.enc.AddField(key, lineprotocol.IntValue(i))
	return l
}

// Bool adds a boolean field.
func (l *Line) Bool(key string, b bool) *Line {
	l.enc.AddField(key, lineprotocol.BoolValue(b))
	return l
}

// Str adds a text field; an empty or invalid text is left out.
func (l *Line) Str(key, s string) *Line {
	if v, ok := lineprotocol.StringValue(s); ok && s != "" {
		l.enc.AddField(key, v)
	}
	return l
}

// At sets the instant.
func (l *Line) At(t time.Time) *Line {
	l.at = t
	return l
}

// Append ends the line and adds it to dst. A line that cannot be encoded (no
// field, tags out of order) adds nothing; Err tells why.
func (l *Line) Append(dst []byte) []byte {
	l.enc.EndLine(l.at)
	if l.enc.Err() != nil {
		return dst
	}
	dst = append(dst, l.enc.Bytes()...)
	if len(dst) > 0 && dst[len(dst)-1] != '\n' {
		dst = append(dst, '\n')
	}
	return dst
}

// Err returns why the line could not be encoded.
func (l *Line) Err() error { return l.enc.Err() }
