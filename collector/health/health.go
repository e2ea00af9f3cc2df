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
	// Latency is the running mean of the time between request and answer.
	Latency time.Duration
}

// Device collects the state of one device. It is safe for concurrent use.
type Device struct {
	mu    sync.Mutex
	state State
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
	if s.Latency == 0 {
		s.Latency = took
		return
	}
	s.Latency += time.Duration(weight * float64(took-s.Latency))
}

// Refused records an answer that carried no usable value: the device is there,
// but it refused the request or said something that does not fit its profile.
func (d *Device) Refused(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := &d.state
	s.Polls++
	s.Errors++
	s.Known, s.Online, s.LastError = true, true, err.Error()
}

// Lost records an attempt that was not answered.
func (d *Device) Lost(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := &d.state
	s.Polls++
	s.Errors++
	s.Known, s.Online, s.LastError = true, false, err.Error()
}

// Unreachable records that the way to the device is down, without a request.
func (d *Device) Unreachable(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state.Online, d.state.LastError = false, err.Error()
}

// State returns what is known now.
func (d *Device) State() State {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state
}
