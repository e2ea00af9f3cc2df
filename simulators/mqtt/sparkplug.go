package mqtt

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
)

// sparkplug is the state of a Sparkplug edge node with one device.
type sparkplug struct {
	group, node, device string
	seq                 uint64
	born                bool
	// rebirth is set when a host asks for one.
	rebirth atomic.Bool
}

// bdSeq is the number of the node's connection: it has but one.
const bdSeq = 0

// SparkplugWill returns the death that a broker publishes for a node.
func SparkplugWill(prefix string, at time.Time) Message {
	group, node, _ := profile.SparkplugNode(prefix)
	return Message{Topic: "spBv1.0/" + group + "/NDEATH/" + node, Payload: profile.AppendSparkplug(nil, profile.SparkplugPayload{
		At: at, Metrics: []profile.SparkplugMetric{birthDeath()},
	})}
}

func birthDeath() profile.SparkplugMetric {
	return profile.SparkplugMetric{Name: "bdSeq", Datatype: profile.SparkplugUInt64, Text: fmt.Sprint(bdSeq)}
}

// publishSparkplug publishes the births when they are due, and the present
// values by their aliases.
func (d *Device) publishSparkplug(ctx context.Context, at time.Time, round int) error {
	s := d.spark
	if s == nil {
		s = &sparkplug{}
		s.group, s.node, s.device = profile.SparkplugNode(d.Topic)
		d.spark = s
		err := d.Publisher.subscribe(ctx, "spBv1.0/"+s.group+"/NCMD/"+s.node, func([]byte) { s.rebirth.Store(true) })
		if err != nil {
			d.spark = nil
			return err
		}
	}
	if s.rebirth.Swap(false) || !s.born {
		s.seq, s.born = 0, true
		if err := d.say(ctx, "NBIRTH", "", at, []profile.SparkplugMetric{birthDeath()}); err != nil {
			return err
		}
		if err := d.say(ctx, "DBIRTH", s.device, at, d.metrics(true)); err != nil {
			return err
		}
	}
	if d.has(SequenceGap, round) {
		s.seq++
	}
	return d.say(ctx, "DDATA", s.device, at, d.metrics(false))
}

func (d *Device) say(ctx context.Context, kind, device string, at time.Time, metrics []profile.SparkplugMetric) error {
	s := d.spark
	topic := "spBv1.0/" + s.group + "/" + kind + "/" + s.node
	if device != "" {
		topic += "/" + device
	}
	payload := profile.AppendSparkplug(nil, profile.SparkplugPayload{At: at, Seq: s.seq % 256, HasSeq: true, Metrics: metrics})
	s.seq++
	return d.Publisher.Publish(ctx, topic, false, payload)
}

// metrics are the device's values: with name, alias and type at birth, by the
// alias alone later.
func (d *Device) metrics(birth bool) []profile.SparkplugMetric {
	var out []profile.SparkplugMetric
	for i := range d.Profile.Topics {
		t := &d.Profile.Topics[i]
		for j := range t.Fields {
			f := &t.Fields[j]
			v := d.Values(f.Slot, f.Point)
			w, ok := t.Written(j, v)
			if !ok {
				continue
			}
			m := profile.SparkplugMetric{Alias: uint64(j + 1), HasAlias: true, Text: fmt.Sprint(w), Datatype: profile.SparkplugDouble} //nolint:gosec // a small number
			switch v.Type {
			case gtc.TypeBool:
				m.Datatype = profile.SparkplugBoolean
			case gtc.TypeEnum:
				m.Datatype = profile.SparkplugString
			case gtc.TypeFloat, gtc.TypeNone:
			}
			if birth {
				m.Name = f.Path
			}
			out = append(out, m)
		}
	}
	return out
}
