package wire

import (
	"encoding/binary"
	"fmt"
)

// Exception is a device's refusal: an answer, and not a value.
type Exception uint8

// The exceptions of the standard.
const (
	IllegalFunction  Exception = 0x01
	IllegalAddress   Exception = 0x02
	IllegalValue     Exception = 0x03
	DeviceFailure    Exception = 0x04
	Acknowledge      Exception = 0x05
	DeviceBusy       Exception = 0x06
	NegativeAck      Exception = 0x07
	MemoryParity     Exception = 0x08
	GatewayNoPath    Exception = 0x0a
	GatewayNoAnswer  Exception = 0x0b
	exceptionUnknown           = "unknown exception"
)

// Error returns the name in the standard and the code.
func (e Exception) Error() string {
	name := exceptionUnknown
	switch e {
	case IllegalFunction:
		name = "illegal function"
	case IllegalAddress:
		name = "illegal data address"
	case IllegalValue:
		name = "illegal data value"
	case DeviceFailure:
		name = "server device failure"
	case Acknowledge:
		name = "acknowledged, not done yet"
	case DeviceBusy:
		name = "server device busy"
	case NegativeAck:
		name = "negative acknowledge"
	case MemoryParity:
		name = "memory parity error"
	case GatewayNoPath:
		name = "gateway path unavailable"
	case GatewayNoAnswer:
		name = "gateway target device failed to respond"
	}
	return fmt.Sprintf("exception %d: %s", uint8(e), name)
}

// AppendRead appends the PDU of a read of count cells from address on.
func AppendRead(dst []byte, function uint8, address, count uint16) []byte {
	dst = append(dst, function)
	dst = binary.BigEndian.AppendUint16(dst, address)
	return binary.BigEndian.AppendUint16(dst, count)
}

// AppendWrite appends the PDU of a write of one register (function 6) or one
// coil (function 5, where on is 0xff00 and off 0).
func AppendWrite(dst []byte, function uint8, address, value uint16) []byte {
	return AppendRead(dst, function, address, value)
}

// AppendWriteRegisters appends the PDU of a write of 1 to 123 registers.
func AppendWriteRegisters(dst []byte, address uint16, words []uint16) []byte {
	dst = AppendRead(dst, WriteRegisters, address, uint16(len(words))) //nolint:gosec // at most 123
	dst = append(dst, uint8(2*len(words)))                             //nolint:gosec // at most 123
	for _, w := range words {
		dst = binary.BigEndian.AppendUint16(dst, w)
	}
	return dst
}

// Bits reports whether a function reads bits.
func Bits(function uint8) bool { return function == ReadCoils || function == ReadDiscrete }

// DataBytes returns the bytes of data that the answer to a read of count cells
// carries.
func DataBytes(function uint8, count uint16) int {
	if Bits(function) {
		return (int(count) + 7) / 8
	}
	return 2 * int(count)
}

// data returns the data bytes of an answer of which n are expected.
func data(pdu []byte, function uint8, n int) ([]byte, error) {
	switch {
	case len(pdu) < 2 || pdu[0] != function:
		return nil, fmt.Errorf("%w: function %d instead of %d", ErrAnswer, functionOf(pdu), function)
	case int(pdu[1]) != n || len(pdu) != 2+n:
		return nil, fmt.Errorf("%w: %d bytes of data instead of %d", ErrAnswer, len(pdu)-2, n)
	}
	return pdu[2:], nil
}

func functionOf(pdu []byte) uint8 {
	if len(pdu) == 0 {
		return 0
	}
	return pdu[0]
}

// AppendWords appends the registers of an answer of which count are expected.
func AppendWords(dst []uint16, pdu []byte, function uint8, count uint16) ([]uint16, error) {
	raw, err := data(pdu, function, DataBytes(function, count))
	if err != nil {
		return dst, err
	}
	for i := 0; i+1 < len(raw); i += 2 {
		dst = append(dst, binary.BigEndian.Uint16(raw[i:]))
	}
	return dst, nil
}

// AppendBits appends the bits of an answer of which count are expected.
func AppendBits(dst []bool, pdu []byte, function uint8, count uint16) ([]bool, error) {
	raw, err := data(pdu, function, DataBytes(function, count))
	if err != nil {
		return dst, err
	}
	for i := range int(count) {
		dst = append(dst, raw[i/8]>>(i%8)&1 == 1)
	}
	return dst, nil
}

// CheckEcho returns an error unless the answer repeats the first five bytes of
// the write: the function, the address and the value or the count.
func CheckEcho(pdu, request []byte) error {
	if len(pdu) != 5 || len(request) < 5 || [5]byte(pdu) != [5]byte(request[:5]) {
		return fmt.Errorf("%w: echo % x instead of % x", ErrAnswer, pdu, request[:min(5, len(request))])
	}
	return nil
}

// AppendWriteCoils appends the PDU of a write of 1 to 1968 coils.
func AppendWriteCoils(dst []byte, address uint16, bits []bool) []byte {
	dst = AppendRead(dst, WriteCoils, address, uint16(len(bits))) //nolint:gosec // at most 1968
	n := (len(bits) + 7) / 8
	dst = append(dst, uint8(n)) //nolint:gosec // at most 246
	from := len(dst)
	dst = append(dst, make([]byte, n)...)
	for i, on := range bits {
		if on {
			dst[from+i/8] |= 1 << (i % 8)
		}
	}
	return dst
}
