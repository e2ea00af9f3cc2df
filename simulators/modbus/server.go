// Package modbus is a Modbus TCP server that behaves like the devices of the
// profiles it is given: it serves their register maps in reverse, from values
// in the points' own units. Addresses outside a map are refused with exception
// 2, reads longer than the device allows with exception 3, and every write
// with exception 1 and a count, so that a test can prove that nothing writes.
package modbus

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// The function codes that are served.
const (
	readCoils    = 0x01
	readDiscrete = 0x02
	readHolding  = 0x03
	readInput    = 0x04
)

const (
	maxRegisters = 125
	maxBits      = 2000
	headerBytes  = 7
	maxFrame     = 260
	failed       = 0x80 // added to the function code of an exception
)

// errFrame tells that what arrived is not Modbus TCP.
var errFrame = errors.New("not a Modbus TCP frame")

// Server serves any number of units on one address.
type Server struct {
	units  map[uint8]*Unit
	writes atomic.Uint64

	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]struct{}
	running  sync.WaitGroup
	address  string
}

// NewServer returns a server of units by unit id. A unit id that is not
// listed is answered with exception 11, as a gateway does.
func NewServer(units map[uint8]*Unit) *Server {
	for _, u := range units {
		u.prepare()
	}
	return &Server{units: units, conns: map[net.Conn]struct{}{}}
}

// Listen starts serving on a TCP address; port 0 lets the kernel choose. The
// caller must Close the server.
func (s *Server) Listen(addr string) error {
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for modbus on %s: %w", addr, err)
	}
	s.mu.Lock()
	s.listener, s.address = l, l.Addr().String()
	s.mu.Unlock()
	s.running.Go(func() { s.accept(l) })
	return nil
}

// Addr returns host:port, also after Close so that a restart can reuse it.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.address
}

// URL returns modbus://host:port.
func (s *Server) URL() string { return "modbus://" + s.Addr() }

// Writes returns how many write requests were received and refused.
func (s *Server) Writes() uint64 { return s.writes.Load() }

// Close stops listening, cuts every connection and waits for their end. The
// server may Listen again.
func (s *Server) Close() {
	s.mu.Lock()
	if s.listener != nil {
		_ = s.listener.Close()
		s.listener = nil
	}
	s.mu.Unlock()
	s.Cut()
	s.running.Wait()
}

// Cut closes the present connections, as a device does that is restarted.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close()
	}
}

func (s *Server) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return // closed
		}
		s.mu.Lock()
		if s.listener == l {
			s.conns[c] = struct{}{}
			s.running.Go(func() { s.serve(c) })
		} else {
			_ = c.Close()
		}
		s.mu.Unlock()
	}
}

func (s *Server) serve(c net.Conn) {
	defer func() {
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
		_ = c.Close()
	}()
	frame := make([]byte, maxFrame)
	for {
		body, err := readFrame(c, frame)
		if err != nil {
			return
		}
		unit, answer := frame[6], s.answer(frame[6], body)
		if answer == nil {
			continue // a silent unit
		}
		out := make([]byte, headerBytes, headerBytes+len(answer))
		copy(out, frame[:4]) // transaction and protocol
		binary.BigEndian.PutUint16(out[4:], uint16(len(answer)+1))
		out[6] = unit
		if _, err := c.Write(append(out, answer...)); err != nil {
			return
		}
	}
}

// readFrame reads one frame into buf and returns its function and data.
func readFrame(r io.Reader, buf []byte) ([]byte, error) {
	if _, err := io.ReadFull(r, buf[:headerBytes]); err != nil {
		return nil, err
	}
	length := int(binary.BigEndian.Uint16(buf[4:]))
	if binary.BigEndian.Uint16(buf[2:]) != 0 || length < 2 || headerBytes-1+length > len(buf) {
		return nil, errFrame
	}
	body := buf[headerBytes : headerBytes-1+length]
	_, err := io.ReadFull(r, body)
	return body, err
}

// answer returns the response to a request, nil when there is none.
func (s *Server) answer(id uint8, body []byte) []byte {
	function := body[0]
	u, ok := s.units[id]
	if ok && u.silent.Load() {
		return nil
	}
	switch function {
	case readCoils, readDiscrete, readHolding, readInput:
	case 0x05, 0x06, 0x0f, 0x10, 0x15, 0x16, 0x17:
		s.writes.Add(1)
		return []byte{function | failed, illegalFunction}
	default:
		return []byte{function | failed, illegalFunction}
	}
	if !ok {
		return []byte{function | failed, unitAbsent}
	}
	if len(body) != 5 {
		return []byte{function | failed, illegalValue}
	}
	words, exception := u.read(function, binary.BigEndian.Uint16(body[1:]), int(binary.BigEndian.Uint16(body[3:])))
	if exception != 0 {
		return []byte{function | failed, exception}
	}
	if function == readCoils || function == readDiscrete {
		return packBits(function, words)
	}
	return packWords(function, words)
}

func packWords(function uint8, words []uint16) []byte {
	out := []byte{function, uint8(2 * len(words))} //nolint:gosec // at most 125 words
	for _, w := range words {
		out = binary.BigEndian.AppendUint16(out, w)
	}
	return out
}

func packBits(function uint8, bits []uint16) []byte {
	out := make([]byte, 2+(len(bits)+7)/8)
	out[0], out[1] = function, uint8(len(out)-2) //nolint:gosec // at most 250 bytes
	for i, b := range bits {
		if b != 0 {
			out[2+i/8] |= 1 << (i % 8)
		}
	}
	return out
}
