package mqtt

import (
	"errors"
	"fmt"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
)

var (
	errOffline = errors.New("the device says that it is offline")
	errDead    = errors.New("the node says that it is gone")
)

// device is what is known of a publisher beyond single topics.
type device struct {
	*Device
	types map[slotPoint]gtc.ValueType
	// says is what each availability topic said last.
	says map[string]bool
	// waiting holds retained states that hold once the device is known to be
	// there.
	waiting map[gtc.Series]gtc.Value
	// series are those that were heard.
	series map[gtc.Series]*heard
}

type slotPoint struct {
	slot  string
	point gtc.PointID
}

func newDevice(d *Device) *device {
	return &device{
		Device: d, types: map[slotPoint]gtc.ValueType{}, says: map[string]bool{},
		waiting: map[gtc.Series]gtc.Value{}, series: map[gtc.Series]*heard{},
	}
}

// typeOf is TypeOf, asked once for each point.
func (d *device) typeOf(slot string, p gtc.PointID) gtc.ValueType {
	key := slotPoint{slot, p}
	t, known := d.types[key]
	if !known {
		t = d.TypeOf(slot, p)
		if len(d.types) < maxTopics {
			d.types[key] = t
		}
	}
	return t
}

// online reports whether the device is there, by all that it says about it;
// known is false while it has said nothing.
func (d *device) online() (there, known bool) {
	there = true
	for _, says := range d.says {
		there = there && says
	}
	return there, len(d.says) > 0
}

// availability takes what a message says of whether its device is there.
func (w *worker) availability(r reader, m message, at time.Time) {
	said, known, err := profile.DecodeAvailability(r.topic, m.Payload())
	if err != nil {
		w.refuse(r.device, m, Undecodable, err)
		return
	}
	if !known {
		return
	}
	d := r.device
	before, knew := d.online()
	d.says[m.Topic()] = said
	switch now, _ := d.online(); {
	case now:
		if !knew || !before {
			d.Health.Answered(at, 0)
		}
		w.confirm(d, at)
	case !knew || before:
		err := fmt.Errorf("read %s at %s topic %s: %w", d.ID, w.o.URL, m.Topic(), errOffline)
		d.Health.Lost(err)
		w.lose(d, at, gtc.QualityCommLost)
	}
}

// confirm makes the retained states that waited for it good: the device is
// there, and it says when a state changes.
func (w *worker) confirm(d *device, at time.Time) {
	for series, v := range d.waiting {
		w.keep(d, gtc.Sample{Series: series, At: w.after(series, at), Value: v, Quality: gtc.QualityGood})
	}
	clear(d.waiting)
}

// lose gives the points of a device a quality without a value.
func (w *worker) lose(d *device, at time.Time, q gtc.Quality) {
	for series, h := range d.series {
		if h.quality != gtc.QualityCommLost && h.quality != q {
			w.keep(d, gtc.Sample{Series: series, At: w.after(series, at), Quality: q})
		}
	}
}

// after returns at, or the first instant after the last of the series.
func (w *worker) after(series gtc.Series, at time.Time) time.Time {
	if h := w.heard[series]; h != nil && !at.After(h.at) {
		return h.at.Add(time.Millisecond)
	}
	return at
}
