package netfault

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// errCut ends a pipe whose line is cut.
var errCut = errors.New("line is cut")

func (p *Proxy) accept() {
	for {
		c, err := p.ln.Accept()
		if err != nil {
			return // closed
		}
		p.wg.Go(func() { p.serve(c) })
	}
}

// serve forwards one connection until either end closes it.
func (p *Proxy) serve(c net.Conn) {
	if !p.add(c) {
		return
	}
	defer p.remove(c)
	if p.awaitOpen() != nil {
		return
	}
	d := net.Dialer{Timeout: dialTimeout}
	t, err := d.DialContext(p.life, "tcp", p.target)
	if err != nil || !p.add(t) {
		return
	}
	defer p.remove(t)
	var wg sync.WaitGroup
	for i, ends := range [2][2]net.Conn{{c, t}, {t, c}} {
		wg.Go(func() {
			p.forward(&p.ways[i], ends[0], ends[1])
			_ = ends[0].Close()
			_ = ends[1].Close()
		})
	}
	wg.Wait()
}

// add registers a connection; it closes it and reports false on a cut line.
func (p *Proxy) add(c net.Conn) bool {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetReadBuffer(lineBuffer)
		_ = t.SetWriteBuffer(lineBuffer)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.state == cut {
		_ = c.Close()
		return false
	}
	p.conns[c] = struct{}{}
	return true
}

func (p *Proxy) remove(c net.Conn) {
	_ = c.Close()
	p.mu.Lock()
	delete(p.conns, c)
	p.mu.Unlock()
}

type packet struct {
	data []byte
	due  time.Time
}

// forward passes what from sends on to to, one delay later and at the rate of
// the way.
func (p *Proxy) forward(w *way, from, to net.Conn) {
	queue := make(chan packet, inFlight)
	var wg sync.WaitGroup
	wg.Go(func() {
		for pk := range queue {
			if p.pass(w, to, pk) != nil {
				_ = from.Close()
				break
			}
		}
		for range queue { // what the reader still had is lost with the line
		}
	})
	for {
		buf := make([]byte, chunk)
		n, err := from.Read(buf)
		if n > 0 {
			queue <- packet{data: buf[:n], due: time.Now().Add(time.Duration(p.delay.Load()))}
		}
		if err != nil {
			break
		}
	}
	close(queue)
	wg.Wait()
}

// pass writes one packet when it is due and the line is free and open.
func (p *Proxy) pass(w *way, to net.Conn, pk packet) error {
	at := pk.due
	if free := w.reserve(len(pk.data)); free.After(at) {
		at = free
	}
	if err := p.sleep(time.Until(at)); err != nil {
		return err
	}
	for len(pk.data) > 0 {
		if err := p.awaitOpen(); err != nil {
			return err
		}
		n, err := p.write(w, to, pk.data)
		pk.data = pk.data[n:]
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
	}
	return nil
}

// write writes unless the line has just stopped. Who stops the line has the
// bytes that passed before counted.
func (p *Proxy) write(w *way, to net.Conn, data []byte) (int, error) {
	p.writing.RLock()
	defer p.writing.RUnlock()
	p.mu.Lock()
	s := p.state
	p.mu.Unlock()
	switch s {
	case cut:
		return 0, errCut
	case stalled:
		return 0, os.ErrDeadlineExceeded
	default:
		n, err := to.Write(data)
		w.bytes.Add(uint64(n)) //nolint:gosec // never negative
		return n, err
	}
}

// awaitOpen waits while the line is silent; it fails on a cut one.
func (p *Proxy) awaitOpen() error {
	for {
		p.mu.Lock()
		s, change := p.state, p.change
		p.mu.Unlock()
		switch s {
		case passing:
			return nil
		case cut:
			return errCut
		case stalled:
		}
		select {
		case <-p.done:
			return io.ErrClosedPipe
		case <-change:
		}
	}
}

func (p *Proxy) sleep(d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-p.done:
		return io.ErrClosedPipe
	case <-t.C:
		return nil
	}
}

// reserve books the line for n bytes and returns when they have passed.
func (w *way) reserve(n int) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.rate <= 0 {
		return time.Time{}
	}
	if now := time.Now(); w.next.Before(now) {
		w.next = now
	}
	w.next = w.next.Add(time.Duration(n) * time.Second / time.Duration(w.rate))
	return w.next
}
