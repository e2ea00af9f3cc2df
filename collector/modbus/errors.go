package modbus

import (
	"errors"

	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
)

// What can be wrong with an exchange besides an exception of the device.
var (
	// ErrTimeout says that a device did not answer in time.
	ErrTimeout = errors.New("request timed out")
	// ErrTorn says that an answer stopped in the middle.
	ErrTorn = errors.New("answer is cut off")
	// ErrDoubt says that something arrived that answers no request: what
	// arrives next on the connection cannot be trusted either.
	ErrDoubt = errors.New("line is in doubt")
	// ErrClosed says that the other side closed the connection.
	ErrClosed = errors.New("connection was closed by the other side")
	// errNotOpen guards a connection that was not opened.
	errNotOpen = errors.New("connection is not open")
)

// outcome says what a failed read means for the unit.
type outcome uint8

const (
	// broken: no usable answer came.
	broken outcome = iota
	// refusedRange: some address of the range is not served (exceptions 2, 3,
	// or an answer that is too short).
	refusedRange
	// refusedAll: the device does not serve this function (exception 1).
	refusedAll
	// faulty: the device answered that it cannot answer now (4, 8, unknown).
	faulty
	// busy: ask again later (5, 6).
	busy
	// absent: a gateway says that the unit behind it does not answer (10, 11).
	absent
)

// judge classifies the error of a read. Every exception is an answer: it
// leaves the connection in step.
func judge(err error) outcome {
	if errors.Is(err, wire.ErrAnswer) && !errors.Is(err, ErrDoubt) {
		return refusedRange
	}
	var e wire.Exception
	if !errors.As(err, &e) {
		return broken
	}
	switch e {
	case wire.IllegalAddress, wire.IllegalValue:
		return refusedRange
	case wire.IllegalFunction:
		return refusedAll
	case wire.Acknowledge, wire.DeviceBusy:
		return busy
	case wire.GatewayNoPath, wire.GatewayNoAnswer:
		return absent
	default:
		return faulty
	}
}

// timedOut tells a unit that is silent from a connection that was cut.
func timedOut(err error) bool { return errors.Is(err, ErrTimeout) }
