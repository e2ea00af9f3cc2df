// Package modbus is a Modbus server that behaves like the devices of the
// profiles it is given: it serves their register maps in reverse, from values
// in the points' own units, over TCP, over RTU in TCP and over a pseudo
// terminal. Addresses outside a map are refused with exception 2, reads longer
// than the device allows with exception 3. A write is refused with exception 1
// and counted, so that a test can prove that nothing writes, unless the unit
// stores values.
//
// Faults that real devices and gateways show can be injected by name, see
// [ParseFault].
package modbus

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"github.com/cpas-charleroi/gtc/collector/modbus/endpoint"
	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
)

// The function codes that are read.
const (
	readCoils    = wire.ReadCoils
	readDiscrete = wire.ReadDiscrete
	readHolding  = wire.ReadHolding
	readInput    = wire.ReadInput
)

const (
	maxRegisters = wire.MaxRegisters
	maxBits      = wire.MaxBits
	failed       = 0x80 // added to the function code of an exception
)

// Server serves any number of units on one address.
type Server struct {
	units  map[uint8]*Unit
	writes atomic.Uint64
	faults faults
	// late counts the answers that workers still have to give.
	late atomic.Int64

	mu       sync.Mutex
	listener io.Closer
	rtu      bool
	sessions map[*session]struct{}
	// current is the session that a serial line is connected to: what its
	// devices say goes there, whoever asked.
	current *session
	workers map[uint8]*worker
	running sync.WaitGroup
	address string
	url     string
}

// NewServer returns a server of units by unit id. A unit id that is not
// listed is answered with exception 11 over TCP, as a gateway does, and not at
// all in RTU.
func NewServer(units map[uint8]*Unit) *Server {
	for _, u := range units {
		u.prepare()
	}
	return &Server{units: units, sessions: map[*session]struct{}{}, workers: map[uint8]*worker{}}
}

// Listen starts serving Modbus TCP on a TCP address; port 0 lets the kernel
// choose. The caller must Close the server.
func (s *Server) Listen(addr string) error { return s.listen(addr, false) }

// ListenRTU is Listen for RTU frames over TCP, as a transparent gateway to a
// serial line does.
func (s *Server) ListenRTU(addr string) error { return s.listen(addr, true) }

func (s *Server) listen(addr string, rtu bool) error {
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for modbus on %s: %w", addr, err)
	}
	scheme := endpoint.SchemeTCP
	if rtu {
		scheme = endpoint.SchemeRTUOverTCP
	}
	s.mu.Lock()
	s.listener, s.rtu, s.address = l, rtu, l.Addr().String()
	s.url = scheme + "://" + s.address
	s.mu.Unlock()
	s.running.Go(func() { s.accept(l) })
	return nil
}

// pty is a pseudo terminal: the side of the devices and that of the client.
type pty struct {
	master io.ReadWriteCloser
	slave  io.Closer
	path   string
}

// OpenPTY starts serving RTU on a new pseudo terminal; URL tells which. The
// caller must Close the server.
func (s *Server) OpenPTY() error {
	p, err := openPTY()
	if err != nil {
		return fmt.Errorf("serve modbus on a pseudo terminal: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listener, s.rtu, s.address = p.slave, true, p.path
	s.url = endpoint.SchemeRTU + "://" + p.path + "?baud=115200&parity=none"
	s.begin(p.master)
	return nil
}

// Addr returns host:port or the path of the pseudo terminal, also after Close
// so that a restart can reuse it.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.address
}

// URL returns the address as a client is told.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url
}

// Writes returns how many write requests were received, refused or not.
func (s *Server) Writes() uint64 { return s.writes.Load() }

// Close stops listening, cuts every connection and waits for their end. The
// server may Listen again.
func (s *Server) Close() {
	s.mu.Lock()
	if s.listener != nil {
		_ = s.listener.Close()
		s.listener = nil
	}
	for id, w := range s.workers {
		close(w.end)
		delete(s.workers, id)
	}
	s.mu.Unlock()
	s.Cut()
	s.running.Wait()
	s.late.Store(0)
}

// Cut closes the present connections, as a device does that is restarted.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.sessions {
		_ = c.conn.Close()
	}
}

func (s *Server) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return // closed
		}
		s.mu.Lock()
		if s.listener == l && !s.faults.refuses(len(s.sessions)) {
			s.begin(c)
		} else {
			_ = c.Close()
		}
		s.mu.Unlock()
	}
}

// begin serves a connection. The caller holds mu.
func (s *Server) begin(c io.ReadWriteCloser) {
	n := &session{server: s, conn: c, rtu: s.rtu}
	s.sessions[n] = struct{}{}
	s.current = n
	s.running.Go(func() {
		n.serve()
		s.mu.Lock()
		delete(s.sessions, n)
		s.mu.Unlock()
		_ = c.Close()
	})
}

// answer returns the response to a request, nil when there is none.
func (s *Server) answer(id uint8, pdu []byte, rtu bool) []byte {
	function := pdu[0]
	u, ok := s.units[id]
	if ok && u.away() || !ok && rtu {
		return nil
	}
	switch function {
	case readCoils, readDiscrete, readHolding, readInput:
	case wire.WriteCoil, wire.WriteRegister, wire.WriteCoils, wire.WriteRegisters:
		s.writes.Add(1)
		if !ok {
			return []byte{function | failed, unitAbsent}
		}
		return u.write(pdu)
	case 0x15, 0x16, 0x17:
		s.writes.Add(1)
		return []byte{function | failed, illegalFunction}
	default:
		return []byte{function | failed, illegalFunction}
	}
	if !ok {
		return []byte{function | failed, unitAbsent}
	}
	if len(pdu) != 5 {
		return []byte{function | failed, illegalValue}
	}
	address, count := binary.BigEndian.Uint16(pdu[1:]), int(binary.BigEndian.Uint16(pdu[3:]))
	if code := s.faults.limits(id, u, function, address, count); code != 0 {
		return []byte{function | failed, code}
	}
	words, exception := u.read(function, address, count)
	if exception != 0 {
		return []byte{function | failed, exception}
	}
	if wire.Bits(function) {
		return packBits(function, words)
	}
	return packWords(function, words)
}

func packWords(function uint8, words []uint16) []byte {
	out := make([]byte, 2, 2+2*len(words))
	out[0], out[1] = function, uint8(2*len(words)) //nolint:gosec // at most 125 words
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
