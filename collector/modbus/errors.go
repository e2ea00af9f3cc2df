package modbus

import (
	"errors"
	"strings"

	mb "github.com/simonvetter/modbus"
)

// outcome says what a failed read means for the unit and its connection.
type outcome uint8

const (
	// broken: no usable answer came; the connection is closed, because what
	// arrives next on it can no longer be trusted to answer the next request.
	broken outcome = iota
	// refusedRange: some address of the range is not served (exceptions 2, 3).
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
	switch {
	case errors.Is(err, mb.ErrIllegalDataAddress), errors.Is(err, mb.ErrIllegalDataValue):
		return refusedRange
	case errors.Is(err, mb.ErrIllegalFunction):
		return refusedAll
	case errors.Is(err, mb.ErrServerDeviceFailure), errors.Is(err, mb.ErrMemoryParityError):
		return faulty
	case errors.Is(err, mb.ErrAcknowledge), errors.Is(err, mb.ErrServerDeviceBusy):
		return busy
	case errors.Is(err, mb.ErrGWPathUnavailable), errors.Is(err, mb.ErrGWTargetFailedToRespond):
		return absent
	}
	// The library has no type for exception codes outside the standard.
	if strings.Contains(err.Error(), "unknown exception code") {
		return faulty
	}
	return broken
}

// timedOut tells a unit that is silent from a connection that was cut.
func timedOut(err error) bool { return errors.Is(err, mb.ErrRequestTimedOut) }
