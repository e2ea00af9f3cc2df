// Package health keeps what is known about each device: whether it answers,
// since when, how often and how fast. The sources write it, the heartbeat,
// the collector measurement and the metrics read it.
package health

import (
	"sync"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// weight of the newest latency in the running mean.
const weight = 0.2

// State is what is known about one device at an instant.
type State struct {
	Device  gtc.DeviceID
	Profile string
	// Online tells whether the last attempt was answered; meaningless unless
	// Known.
	Online bool
	// Known is false until the device was tried or heard once: an unknown
	// device is not an absent one.
	Known       bool
	LastSuccess time.Time
	// LastError is the text of the latest error, "" before the first.
	LastError string
	// Polls counts requests (or messages received), Errors those that failed.
	Polls, Errors uint64
	// Latency is the running mean of the time between request and answer, P50
	// and P95 the percentiles of the last 128 answers.
	Latency, P50, P95 time.Duration
	// Timeouts counts the requests that nothing answered in time, Reconnects
	// how often the way to the device had to be opened again.
	Timeouts, Reconnects uint64
	// Exceptions counts the Modbus exceptions of the device by code; all codes
	// that do not fit are counted under 0.
	Exceptions [Codes]uint64
	// Refused is the number of points that the device refuses at present.
	Refused int
}

// Codes is the number of exception codes counted apart.
const Codes = 16

// Device collects the state of one device. It is safe for concurrent use.
type Device struct {
	mu        sync.Mutex
	state     State
	latencies latencies
}

// NewDevice returns the still unknown state of a device.
func NewDevice(id gtc.DeviceID, profile string) *Device {
	return &Device{state: State{Device: id, Profile: profile}}
}

// Answered records an answer that could be used; took is the time between
// request and answer, 0 where nothing was asked.
func (d *Device) Answered(at time.Time, took time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := &d.state
	s.Polls++
	s.Known, s.Online, s.LastSuccess = true, true, at
	if took > 0 {
		d.latencies.add(took)
	}
	if s.Latency == 0 {
		s.Latency = took
		return
	}
	s.Latency += time.Duration(weight * float64(took-s.Latency))
}

// Refused records an answer that carried no usable value: the device is there,
// but it refused the request or said something that does not fit its profile.
func (d *Device) Refused(err error) { d.failed(err, true) }

// Lost records an attempt that was not answered.
func (d *Device) Lost(err error) { d.failed(err, false) }

func (d *Device) failed(err error, online bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := &d.state
	s.Polls++
	s.Errors++
	s.Known, s.Online, s.LastError = true, online, err.Error()
}

// Unreachable records that the way to the device is down, without a request.
func (d *Device) Unreachable(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state.Online, d.state.LastError = false, err.Error()
}

// Count tells Refused and Lost apart further: a request that nothing answered
// in time, or one answered with a Modbus exception (0: none).
func (d *Device) Count(timeout bool, exception uint8) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case timeout:
		d.state.Timeouts++
	case exception >= Codes:
		d.state.Exceptions[0]++
	case exception > 0:
		d.state.Exceptions[exception]++
	}
}

// Reconnected records that the way to the device was opened again.
func (d *Device) Reconnected() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state.Reconnects++
}

// SetRefused records how many points the device refuses at present.
func (d *Device) SetRefused(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state.Refused = n
}

// State returns what is known now.
func (d *Device) State() State {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.state
	s.P50, s.P95 = d.latencies.percentiles()
	return s
}
