package chaos

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

const (
	publishEvery = 200 * time.Millisecond
	// window is how many messages may wait for their acknowledgement.
	window  = 64
	redial  = 200 * time.Millisecond
	ioLimit = 10 * time.Second
	// unanswered is how long the broker may owe an acknowledgement before the
	// connection is opened anew.
	unanswered = 20 * time.Second
)

// publisher is a device that publishes at QoS 1 and sends a message again
// until the broker acknowledges it. It speaks the protocol itself, so that an
// acknowledgement in the journal is one that came over the wire.
type publisher struct {
	journal        *Journal
	site           int
	addr           string
	user, password string
	topic          string

	mu     sync.Mutex
	queue  []outgoing // not acknowledged, oldest first
	sent   int        // how many of queue are on their way
	paused bool
	wake   chan struct{}
}

type outgoing struct {
	n  int
	at time.Time
	id uint16 // of the packet, 0 while it waits
}

// run says something every publishEvery until ctx ends or pause, and delivers
// it until ctx ends.
func (p *publisher) run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { p.produce(ctx) })
	for ctx.Err() == nil {
		_ = p.session(ctx) // whatever ended it, the next one goes on
		select {
		case <-ctx.Done():
		case <-time.After(redial):
		}
	}
	wg.Wait()
}

// pause ends the production of messages; those that wait are still delivered.
func (p *publisher) pause() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = true
}

func (p *publisher) produce(ctx context.Context) {
	tick := time.NewTicker(publishEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		p.mu.Lock()
		if !p.paused {
			n, at := p.journal.Publish(p.site, time.Now())
			p.queue = append(p.queue, outgoing{n: n, at: at})
		}
		p.mu.Unlock()
		p.notify()
	}
}

func (p *publisher) notify() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// session is one connection, from its opening to its loss.
func (p *publisher) session(ctx context.Context) error {
	c, err := (&net.Dialer{Timeout: ioLimit}).DialContext(ctx, "tcp", p.addr)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	defer c.Close() //nolint:errcheck // it is lost anyway
	r := bufio.NewReader(c)
	if err := p.connect(c, r); err != nil {
		return err
	}
	p.mu.Lock()
	p.sent = 0 // all that is not acknowledged goes again
	p.mu.Unlock()
	lost := make(chan struct{})
	go func() { // ends with the connection
		defer close(lost)
		p.listen(c, r)
	}()
	defer func() { _ = c.Close(); <-lost }()
	for {
		if err := p.send(c); err != nil {
			return err
		}
		select {
		case <-lost:
			return errors.New("connection lost")
		case <-p.wake:
		}
	}
}

func (p *publisher) connect(c net.Conn, r *bufio.Reader) error {
	_ = c.SetDeadline(time.Now().Add(ioLimit))
	hello, _ := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	hello.ProtocolName, hello.ProtocolVersion = "MQTT", 4
	hello.CleanSession = true
	hello.ClientIdentifier = "device"
	hello.UsernameFlag, hello.PasswordFlag = true, true
	hello.Username, hello.Password = p.user, []byte(p.password)
	if err := hello.Write(c); err != nil {
		return err
	}
	got, err := packets.ReadPacket(r)
	if err != nil {
		return err
	}
	if ack, ok := got.(*packets.ConnackPacket); !ok || ack.ReturnCode != packets.Accepted {
		return fmt.Errorf("broker of %s refused the device: %v", SiteName(p.site), got)
	}
	return c.SetDeadline(time.Time{})
}

// send sends what waits, as far as the window allows. The broker would refuse
// nothing but be silent: writes have a limit.
func (p *publisher) send(c net.Conn) error {
	for {
		p.mu.Lock()
		if p.sent >= min(len(p.queue), window) {
			p.mu.Unlock()
			return nil
		}
		m := &p.queue[p.sent]
		again := m.id != 0
		if !again {
			m.id = uint16((m.n-1)%65535 + 1) //nolint:gosec // 1 to 65535
		}
		out, _ := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
		out.TopicName, out.Payload, out.MessageID = p.topic, payload(m.n, m.at), m.id
		out.Qos, out.Dup = 1, again
		p.sent++
		p.mu.Unlock()
		_ = c.SetWriteDeadline(time.Now().Add(ioLimit))
		if err := out.Write(c); err != nil {
			return err
		}
	}
}

// listen takes acknowledgements until the connection is lost.
func (p *publisher) listen(c net.Conn, r *bufio.Reader) {
	for {
		p.mu.Lock()
		waiting := p.sent > 0
		p.mu.Unlock()
		if waiting {
			_ = c.SetReadDeadline(time.Now().Add(unanswered))
		}
		got, err := packets.ReadPacket(r)
		if err != nil {
			return
		}
		ack, ok := got.(*packets.PubackPacket)
		if !ok {
			return
		}
		p.acked(ack.MessageID)
		p.notify()
	}
}

func (p *publisher) acked(id uint16) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.sent {
		if p.queue[i].id == id {
			p.journal.Ack(p.site, p.queue[i].n)
			p.queue = append(p.queue[:i], p.queue[i+1:]...)
			p.sent--
			return
		}
	}
}
