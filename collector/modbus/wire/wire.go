// Package wire is the Modbus protocol on the wire, without I/O: how requests
// are put into frames, how frames are cut out of a stream of bytes and what
// the answers in them say. It knows the TCP framing (MBAP header) and the RTU
// framing (CRC), which serial lines and RTU-over-TCP gateways share.
//
// Nothing it decodes is trusted: every function returns an error for what is
// not well formed, reads only the bytes it was given and allocates nothing
// but the caller's result.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The function codes that this program speaks.
const (
	ReadCoils      uint8 = 0x01
	ReadDiscrete   uint8 = 0x02
	ReadHolding    uint8 = 0x03
	ReadInput      uint8 = 0x04
	WriteCoil      uint8 = 0x05
	WriteRegister  uint8 = 0x06
	WriteCoils     uint8 = 0x0f
	WriteRegisters uint8 = 0x10
)

// failed is added to the function code of an exception.
const failed = 0x80

// The limits of the protocol.
const (
	// MaxPDU is the longest function code with data.
	MaxPDU = 253
	// MaxFrame is the longest frame of either framing.
	MaxFrame = headerBytes + MaxPDU
	// MaxRegisters and MaxBits of one read.
	MaxRegisters = 125
	MaxBits      = 2000
	// MaxWrite is the number of registers of one write.
	MaxWrite = 123
	// MaxWriteBits is the number of coils of one write.
	MaxWriteBits = 1968

	headerBytes = 7
	minRTU      = 4 // unit, function, CRC
)

// What is wrong with bytes that are not an answer.
var (
	// ErrFrame says that the bytes are not a frame.
	ErrFrame = errors.New("not a Modbus frame")
	// ErrCRC says that a frame was damaged on its way.
	ErrCRC = errors.New("checksum is wrong")
	// ErrAnswer says that a whole frame does not answer the request.
	ErrAnswer = errors.New("answer does not fit the request")
)

// Frame is one frame as it arrived. PDU is the function code and the data; it
// shares the memory of the bytes it was cut from.
type Frame struct {
	// Transaction is the identifier of a TCP frame, 0 in RTU.
	Transaction uint16
	Unit        uint8
	PDU         []byte
}

// Function returns the frame's function code, without the mark of an
// exception.
func (f Frame) Function() uint8 { return f.PDU[0] &^ failed }

// Exception returns the exception that the frame carries, or 0.
func (f Frame) Exception() Exception {
	if f.PDU[0]&failed == 0 || len(f.PDU) < 2 {
		return 0
	}
	return Exception(f.PDU[1])
}

// AppendTCP appends a TCP frame to dst.
func AppendTCP(dst []byte, transaction uint16, unit uint8, pdu []byte) []byte {
	dst = binary.BigEndian.AppendUint16(dst, transaction)
	dst = append(dst, 0, 0)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(pdu)+1)) //nolint:gosec // a PDU has at most 253 bytes
	dst = append(dst, unit)
	return append(dst, pdu...)
}

// AppendRTU appends an RTU frame to dst.
func AppendRTU(dst []byte, unit uint8, pdu []byte) []byte {
	from := len(dst)
	dst = append(dst, unit)
	dst = append(dst, pdu...)
	return binary.LittleEndian.AppendUint16(dst, CRC(dst[from:]))
}

// CutTCP cuts the first frame off buf and returns how many bytes it took, 0
// while the frame is not complete. An error means that the stream is lost:
// where the next frame begins is not known.
func CutTCP(buf []byte) (f Frame, n int, err error) {
	if len(buf) < headerBytes {
		return Frame{}, 0, nil
	}
	if p := binary.BigEndian.Uint16(buf[2:]); p != 0 {
		return Frame{}, 0, fmt.Errorf("%w: protocol %d", ErrFrame, p)
	}
	length := int(binary.BigEndian.Uint16(buf[4:]))
	if length < 2 || length > MaxPDU+1 {
		return Frame{}, 0, fmt.Errorf("%w: length %d", ErrFrame, length)
	}
	n = headerBytes - 1 + length
	if len(buf) < n {
		return Frame{}, 0, nil
	}
	return Frame{Transaction: binary.BigEndian.Uint16(buf), Unit: buf[6], PDU: buf[headerBytes:n]}, n, nil
}

// CutRTU cuts the first answer off buf, like CutTCP.
func CutRTU(buf []byte) (f Frame, n int, err error) {
	n, err = answerLength(buf)
	if err != nil || n == 0 || len(buf) < n {
		return Frame{}, 0, err
	}
	return checkRTU(buf[:n])
}

// CutRTURequest cuts the first request off buf, like CutTCP.
func CutRTURequest(buf []byte) (f Frame, n int, err error) {
	n, err = requestLength(buf)
	if err != nil || n == 0 || len(buf) < n {
		return Frame{}, 0, err
	}
	return checkRTU(buf[:n])
}

func checkRTU(frame []byte) (Frame, int, error) {
	n := len(frame)
	if CRC(frame[:n-2]) != binary.LittleEndian.Uint16(frame[n-2:]) {
		return Frame{}, 0, ErrCRC
	}
	return Frame{Unit: frame[0], PDU: frame[1 : n-2]}, n, nil
}

// answerLength returns the length of the RTU answer that buf begins with, 0
// while that cannot be told: RTU has no length of its own.
func answerLength(buf []byte) (int, error) {
	if len(buf) < 2 {
		return 0, nil
	}
	switch function := buf[1]; {
	case function&failed != 0:
		return minRTU + 1, nil
	case function >= ReadCoils && function <= ReadInput:
		if len(buf) < 3 {
			return 0, nil
		}
		if buf[2] == 0 || int(buf[2]) > 2*MaxRegisters {
			return 0, fmt.Errorf("%w: %d bytes of data", ErrFrame, buf[2])
		}
		return minRTU + 1 + int(buf[2]), nil
	case function == WriteCoil || function == WriteRegister || function == WriteCoils || function == WriteRegisters:
		return minRTU + 4, nil
	default:
		return 0, fmt.Errorf("%w: function %d", ErrFrame, function)
	}
}

func requestLength(buf []byte) (int, error) {
	if len(buf) < 2 {
		return 0, nil
	}
	switch function := buf[1]; {
	case function >= ReadCoils && function <= WriteRegister:
		return minRTU + 4, nil
	case function == WriteCoils || function == WriteRegisters:
		if len(buf) < 7 {
			return 0, nil
		}
		if buf[6] == 0 || int(buf[6]) > 2*MaxWrite {
			return 0, fmt.Errorf("%w: %d bytes of data", ErrFrame, buf[6])
		}
		return minRTU + 5 + int(buf[6]), nil
	default:
		return 0, fmt.Errorf("%w: function %d", ErrFrame, function)
	}
}
