package modbus

import (
	"time"

	"github.com/cpas-charleroi/gtc"
)

// debounced holds back a new state of an input until it lasted for a while.
type debounced struct {
	settled, other gtc.Value
	since          time.Time
}

// take returns the state to be believed at an instant: the first one at once,
// another one after it was seen for wait without interruption.
func (d *debounced) take(v gtc.Value, at time.Time, wait time.Duration) gtc.Value {
	switch {
	case !d.settled.Present() || v == d.settled:
		d.settled, d.other = v, gtc.Value{}
	case v != d.other || at.Before(d.since):
		d.other, d.since = v, at
	case at.Sub(d.since) >= wait:
		d.settled, d.other = v, gtc.Value{}
	}
	return d.settled
}
