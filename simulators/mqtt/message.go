package mqtt

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
)

// Message is what a device publishes.
type Message struct {
	Topic    string
	Payload  []byte
	Retained bool
	// State tells that it is published only when it changes.
	State bool
}

// messages returns what the device publishes in a round, its values as at an
// instant. A topic none of whose fields has a value has no message.
func (d *Device) messages(at time.Time) ([]Message, error) {
	var out []Message
	for i := range d.Profile.Topics {
		t := &d.Profile.Topics[i]
		m := Message{Topic: t.Name(d.Topic)}
		var err error
		switch {
		case t.Availability != nil:
			m.Payload, m.Retained, m.State = availability(t, true), true, true
		case t.Format == profile.FormatP1:
			m.Payload = Telegram(d.Serial, at.In(d.location()), d.readGas(at))
		case t.Format == profile.FormatText:
			m.Payload = d.text(t)
			m.Retained, m.State = true, true
		case t.Format == profile.FormatJSON:
			m.Payload, err = d.json(t, at)
		case t.Format == profile.FormatCSV:
			m.Payload = d.csv(t, at)
		case t.Format == profile.FormatSparkplug:
			continue // see sparkplug.go
		default:
			err = fmt.Errorf("format %q cannot be simulated", t.Format)
		}
		if err != nil {
			return nil, fmt.Errorf("publish %s: %w", m.Topic, err)
		}
		if m.Payload != nil {
			out = append(out, m)
		}
	}
	return out, nil
}

// availability is the payload with which a device says whether it is there.
func availability(t *profile.Topic, online bool) []byte {
	text := t.Availability.Offline[0]
	if online {
		text = t.Availability.Online[0]
	}
	if t.Availability.Path == "" {
		return []byte(text)
	}
	data, err := json.Marshal(profile.Put(nil, t.Availability.Path, text))
	if err != nil {
		return []byte(text)
	}
	return data
}

// Will returns the message that a broker publishes when a device of the
// profile is cut off; ok is false when the profile has none.
func Will(p *profile.Profile, prefix string) (m Message, ok bool) {
	for i := range p.Topics {
		if t := &p.Topics[i]; t.Availability != nil {
			return Message{Topic: t.Name(prefix), Payload: availability(t, false), Retained: true}, true
		}
	}
	return Message{}, false
}

func (d *Device) text(t *profile.Topic) []byte {
	for i := range t.Fields {
		if payload, ok := Text(&t.Fields[i], d.Values(t.Fields[i].Slot, t.Fields[i].Point)); ok {
			return []byte(payload)
		}
	}
	return nil
}

// json writes the fields into one object. Of several that share a path, the
// one that is true is written, else the first.
func (d *Device) json(t *profile.Topic, at time.Time) ([]byte, error) {
	var doc any
	written := map[string]gtc.Value{}
	for i := range t.Fields {
		f := &t.Fields[i]
		v := d.Values(f.Slot, f.Point)
		w, ok := t.Written(i, v)
		before, taken := written[f.Path]
		if !ok || t.Joined(i) || taken && (before.Num != 0 || v.Num == 0) {
			continue
		}
		written[f.Path] = v
		doc = profile.Put(doc, f.Path, w)
	}
	if doc == nil {
		return nil, nil
	}
	if t.Time != "" {
		doc = profile.Put(doc, t.Time, t.Stamp(at))
	}
	return json.Marshal(doc)
}

func (d *Device) csv(t *profile.Topic, at time.Time) []byte {
	var columns []string
	put := func(path, text string) {
		n, err := strconv.Atoi(path)
		if err != nil || n < 1 {
			return
		}
		for len(columns) < n {
			columns = append(columns, "")
		}
		columns[n-1] = text
	}
	for i := range t.Fields {
		if w, ok := t.Written(i, d.Values(t.Fields[i].Slot, t.Fields[i].Point)); ok {
			text := fmt.Sprint(w)
			if t.Decimal == "," {
				text = strings.Replace(text, ".", ",", 1)
			}
			put(t.Fields[i].Path, text)
		}
	}
	if columns == nil {
		return nil
	}
	if t.Time != "" {
		put(t.Time, fmt.Sprint(t.Stamp(at)))
	}
	separator := t.Separator
	if separator == "" {
		separator = ","
	}
	return []byte(strings.Join(columns, separator))
}
