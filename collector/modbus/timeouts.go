package modbus

import "time"

// Timeouts of a connection; the zero value of each is its default.
type Timeouts struct {
	// Dial is how long opening may take, 3 s by default.
	Dial time.Duration
	// Request is how long a device may take to answer, 2 s by default.
	Request time.Duration
	// Frame is the longest pause within an answer, 250 ms by default.
	Frame time.Duration
	// Silence is how long the line is left alone after an error that leaves it
	// in doubt. By default it is the longest answer so far, at least 20 ms;
	// Request before the first answer.
	Silence time.Duration
}

// The defaults of Timeouts.
const (
	DefaultDial    = 3 * time.Second
	DefaultTimeout = 2 * time.Second
	DefaultFrame   = 250 * time.Millisecond
	leastSilence   = 20 * time.Millisecond
)

func (t Timeouts) filled() Timeouts {
	if t.Dial <= 0 {
		t.Dial = DefaultDial
	}
	if t.Request <= 0 {
		t.Request = DefaultTimeout
	}
	if t.Frame <= 0 {
		t.Frame = DefaultFrame
	}
	return t
}
