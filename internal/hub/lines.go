package hub

import (
	"fmt"

	"github.com/influxdata/line-protocol/v2/lineprotocol"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
)

// parseLines decodes the line protocol of one message of one site into
// samples: the values of equipment, and qualities without a value from
// point_quality lines. Lines of another site, or of the collector's own
// health, are left out; no site means any.
func parseLines(site gtc.SiteID, lines []byte) ([]gtc.Sample, error) {
	dec := lineprotocol.NewDecoderWithBytes(lines)
	var out []gtc.Sample
	for dec.Next() {
		head := gtc.Sample{}
		m, err := dec.Measurement()
		if err != nil {
			return out, fmt.Errorf("parse lines of %s: %w", site, err)
		}
		head.Kind = gtc.Kind(m)
		if err := parseTags(dec, &head.Series); err != nil {
			return out, fmt.Errorf("parse lines of %s: %w", site, err)
		}
		from := len(out)
		if out, err = parseFields(dec, head, out); err != nil {
			return out[:from], fmt.Errorf("parse lines of %s: %w", site, err)
		}
		if site != "" && head.Site != site || head.Kind == gtc.Kind(influx.MeasurementCollector) {
			out = out[:from]
		}
	}
	return out, nil
}

func parseTags(dec *lineprotocol.Decoder, s *gtc.Series) error {
	for {
		k, v, err := dec.NextTag()
		if err != nil || k == nil {
			return err
		}
		switch string(k) {
		case influx.TagSite:
			s.Site = gtc.SiteID(v)
		case influx.TagEquipment:
			s.Equipment = gtc.EquipmentID(v)
		case influx.TagPoint:
			s.Point = gtc.PointID(v)
		}
	}
}

func parseFields(dec *lineprotocol.Decoder, head gtc.Sample, out []gtc.Sample) ([]gtc.Sample, error) {
	from := len(out)
	for {
		k, v, err := dec.NextField()
		if err != nil {
			return out, err
		}
		if k == nil {
			break
		}
		s := head
		if head.Kind == gtc.Kind(influx.MeasurementQuality) {
			s.Kind, s.Quality = "", gtc.ParseQuality(v.StringV())
		} else {
			s.Point, s.Quality, s.Value = gtc.PointID(k), gtc.QualityGood, value(v)
		}
		out = append(out, s)
	}
	at, err := dec.Time(lineprotocol.Millisecond, head.At)
	if err != nil {
		return out, err
	}
	for i := from; i < len(out); i++ {
		out[i].At = at.UTC()
	}
	return out, nil
}

func value(v lineprotocol.Value) gtc.Value {
	switch v.Kind() {
	case lineprotocol.Float:
		return gtc.Float(v.FloatV())
	case lineprotocol.Bool:
		return gtc.Bool(v.BoolV())
	case lineprotocol.Int:
		return gtc.Enum(int(v.IntV()))
	default:
		return gtc.Value{}
	}
}
