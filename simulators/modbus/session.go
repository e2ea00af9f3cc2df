package modbus

import (
	"io"
	"net"
	"sync"
	"time"

	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
)

// gap is the pause on a serial line after which what came before it belongs to
// no request any more.
const gap = 20 * time.Millisecond

// session is one connection of a client.
type session struct {
	server *Server
	conn   io.ReadWriteCloser
	rtu    bool
	// requests received so far.
	requests int
	writing  sync.Mutex
}

// job is one request to be answered.
type job struct {
	session *session
	frame   wire.Frame
	effect  effect
}

// serve reads requests until the connection ends.
func (n *session) serve() {
	buf := make([]byte, 2*wire.MaxFrame)
	have := 0
	last := time.Now()
	for {
		got, err := n.conn.Read(buf[have:])
		if err != nil {
			return
		}
		if now := time.Now(); n.rtu && have > 0 && now.Sub(last) > gap {
			have = copy(buf, buf[have:have+got])
		} else {
			have += got
			last = now
		}
		for {
			f, used, err := n.cut(buf[:have])
			if err != nil {
				if !n.rtu {
					return
				}
				have = 0 // wait for the next request
				break
			}
			if used == 0 {
				break
			}
			f.PDU = append([]byte(nil), f.PDU...)
			have = copy(buf, buf[used:have])
			if !n.handle(f) {
				return
			}
		}
	}
}

func (n *session) cut(buf []byte) (wire.Frame, int, error) {
	if n.rtu {
		return wire.CutRTURequest(buf)
	}
	return wire.CutTCP(buf)
}

// handle answers one request, at once where nothing stands in the way, else
// by the unit's own worker, in the order of the requests to it. It reports
// false when the connection is to be closed.
func (n *session) handle(f wire.Frame) bool {
	n.requests++
	e := n.server.faults.pick(f.Unit, n.requests)
	if _, network := n.conn.(net.Conn); e.hangUp {
		return !network // a serial line only stays silent
	}
	j := job{n, f, e}
	if e == (effect{}) && n.server.late.Load() == 0 {
		n.server.work(j, nil)
		return true
	}
	n.server.queue(j)
	return true
}

// worker answers the requests to one unit in their order.
type worker struct {
	jobs chan job
	end  chan struct{}
	// held is an answer that waits for the next one.
	held func()
}

func (s *Server) queue(j job) {
	s.mu.Lock()
	w := s.workers[j.frame.Unit]
	if w == nil {
		if s.listener == nil {
			s.mu.Unlock()
			return // closed
		}
		w = &worker{jobs: make(chan job, 1024), end: make(chan struct{})}
		s.workers[j.frame.Unit] = w
		s.running.Go(func() {
			for {
				select {
				case j := <-w.jobs:
					s.work(j, w)
					s.late.Add(-1)
				case <-w.end:
					return
				}
			}
		})
	}
	s.mu.Unlock()
	s.late.Add(1)
	select {
	case w.jobs <- j:
	default:
		s.late.Add(-1) // a device that is asked too much forgets
	}
}

// work answers a request.
func (s *Server) work(j job, w *worker) {
	e := j.effect
	if e.silent {
		return
	}
	pdu := s.answer(j.frame.Unit, j.frame.PDU, j.session.rtu)
	if pdu == nil {
		return
	}
	if e.exception != 0 {
		pdu = []byte{j.frame.PDU[0] | failed, e.exception}
	}
	if w != nil && !w.rest(e.delay) {
		return
	}
	raw := j.encode(pdu)
	send := func() { s.send(j.session, raw, e, w) }
	switch {
	case w != nil && (e.swap || e.behind) && w.held == nil:
		w.held = send
		s.late.Add(1) // nothing overtakes it but the next answer
	case w != nil && w.held != nil:
		first, second := send, w.held
		if e.behind {
			first, second = second, first
		}
		w.held = nil
		s.late.Add(-1)
		first()
		second()
	default:
		send()
	}
}

// rest waits like a slow device; it reports false at the server's end.
func (w *worker) rest(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-w.end:
		return false
	}
}

// encode puts the answer into a frame and damages it as told.
func (j job) encode(pdu []byte) []byte {
	unit := j.frame.Unit
	if j.effect.wrongUnit {
		unit++
	}
	var raw []byte
	if j.session.rtu {
		raw = wire.AppendRTU(nil, unit, pdu)
	} else {
		raw = wire.AppendTCP(nil, j.frame.Transaction, unit, pdu)
	}
	if j.effect.flip > 0 {
		bit := j.effect.flip * 7 % (8 * len(raw))
		if !j.session.rtu {
			bit = j.effect.flip * 7 % (8 * 6) // TCP protects the rest
		}
		raw[bit/8] ^= 1 << (bit % 8)
	}
	return raw
}

// send writes an answer. On a serial line it goes to whoever is connected.
func (s *Server) send(n *session, raw []byte, e effect, w *worker) {
	if n.rtu {
		s.mu.Lock()
		n = s.current
		s.mu.Unlock()
	}
	n.writing.Lock()
	defer n.writing.Unlock()
	half := raw[:len(raw)/2]
	switch {
	case e.half:
		_, _ = n.conn.Write(half) // the client may be gone
		return
	case e.torn > 0 && w != nil:
		_, _ = n.conn.Write(half)
		if !w.rest(e.torn) {
			return
		}
		if n.rtu { // the rest goes to whoever is connected by then
			s.mu.Lock()
			n2 := s.current
			s.mu.Unlock()
			_, _ = n2.conn.Write(raw[len(half):])
			return
		}
		raw = raw[len(half):]
	}
	_, _ = n.conn.Write(raw)
}
