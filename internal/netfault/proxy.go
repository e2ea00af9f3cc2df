// Package netfault is a TCP proxy that tests put into a link to make it slow,
// late, silent or cut, and that counts what passed: a test of a cut asserts
// that nothing did.
//
//	p, err := netfault.New(hubAddress)   // the edge dials p.Addr()
//	p.Limit(125_000)                     // 1 Mbit/s each way
//	p.Cut(); before := p.Passed()
//	...                                  // p.Passed() == before
//	p.Heal()
package netfault

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// chunk is what is passed on at a time; about two Ethernet frames, so that
	// a slow line is shared evenly by its connections.
	chunk = 3 << 10
	// lineBuffer bounds what each socket holds back, as a modem would: without
	// it the kernel takes megabytes and a slow line looks fast to the sender.
	lineBuffer = 32 << 10
	// inFlight bounds the chunks that wait for their delay.
	inFlight    = 256
	dialTimeout = 5 * time.Second
)

// Proxy forwards connections to one target. It may be used by several
// goroutines and must be closed.
type Proxy struct {
	target string
	ln     net.Listener
	wg     sync.WaitGroup
	life   context.Context //nolint:containedctx // the proxy's own life
	end    context.CancelFunc
	done   <-chan struct{}
	ways   [2]way // to the target, from the target
	delay  atomic.Int64
	// writing is held for reading by each write.
	writing sync.RWMutex

	mu     sync.Mutex
	state  state
	change chan struct{} // closed when the state changes
	conns  map[net.Conn]struct{}
	closed bool
}

type state int

const (
	passing state = iota
	stalled
	cut
)

// way is one direction of the line; its rate is shared by all connections.
type way struct {
	bytes atomic.Uint64

	mu   sync.Mutex
	rate int       // bytes a second, 0 for no limit
	next time.Time // when the line is free again
}

// New starts a proxy to target (host:port) on a port of the loopback that the
// kernel chooses.
func New(target string) (*Proxy, error) {
	var lc net.ListenConfig
	life, end := context.WithCancel(context.Background())
	ln, err := lc.Listen(life, "tcp", "127.0.0.1:0")
	if err != nil {
		end()
		return nil, fmt.Errorf("listen for proxy to %s: %w", target, err)
	}
	p := &Proxy{
		target: target, ln: ln, life: life, end: end, done: life.Done(),
		change: make(chan struct{}), conns: map[net.Conn]struct{}{},
	}
	p.wg.Go(p.accept)
	return p, nil
}

// Addr returns the host:port to dial instead of the target's.
func (p *Proxy) Addr() string { return p.ln.Addr().String() }

// Cut breaks every connection and refuses new ones until Heal. When it
// returns nothing passes any more.
func (p *Proxy) Cut() { p.set(cut) }

// Stall makes the line silent until Heal: connections stay open and nothing
// passes, as when a modem is unplugged. When it returns nothing passes any
// more; what was on its way passes after Heal.
func (p *Proxy) Stall() { p.set(stalled) }

// Heal ends Cut and Stall.
func (p *Proxy) Heal() { p.set(passing) }

// Limit bounds each direction to so many bytes a second, all connections
// together; 0 ends the limit.
func (p *Proxy) Limit(bytesPerSecond int) {
	for i := range p.ways {
		w := &p.ways[i]
		w.mu.Lock()
		w.rate, w.next = bytesPerSecond, time.Time{}
		w.mu.Unlock()
	}
}

// Delay makes each direction late by d.
func (p *Proxy) Delay(d time.Duration) { p.delay.Store(int64(d)) }

// Bytes returns how many bytes passed to the target (in) and from it (out).
func (p *Proxy) Bytes() (in, out uint64) { return p.ways[0].bytes.Load(), p.ways[1].bytes.Load() }

// Passed returns how many bytes passed in both directions.
func (p *Proxy) Passed() uint64 {
	in, out := p.Bytes()
	return in + out
}

// Close ends the proxy and its connections.
func (p *Proxy) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	p.end()
	p.mu.Unlock()
	err := p.ln.Close()
	p.breakAll()
	p.wg.Wait()
	return err
}

func (p *Proxy) set(s state) {
	p.mu.Lock()
	p.state = s
	close(p.change)
	p.change = make(chan struct{})
	deadline := time.Time{}
	if s == stalled { // a write that waits for its receiver ends now
		deadline = time.Unix(1, 0)
	}
	for c := range p.conns {
		_ = c.SetWriteDeadline(deadline)
	}
	p.mu.Unlock()
	if s == cut {
		p.breakAll()
	}
	p.writing.Lock() // the writes that had begun have ended
	defer p.writing.Unlock()
}

// breakAll resets every connection.
func (p *Proxy) breakAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		if t, ok := c.(*net.TCPConn); ok {
			_ = t.SetLinger(0)
		}
		_ = c.Close()
	}
}
