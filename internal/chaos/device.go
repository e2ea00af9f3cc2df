package chaos

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// requestTimeout is what the edges give a device to answer. It is long: a
// device that is slow because the machine is busy is not what is tested here.
const requestTimeout = 8 * time.Second

// device answers Modbus TCP reads of holding registers. Each answer is of one
// number, which the journal notes before it is sent.
type device struct {
	journal *Journal
	site    int
	ln      net.Listener
	wg      sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]struct{} // nil once closed
}

func startDevice(ctx context.Context, j *Journal, site int, addr string) (*device, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("start device of %s: %w", SiteName(site), err)
	}
	d := &device{journal: j, site: site, ln: ln, conns: map[net.Conn]struct{}{}}
	d.wg.Go(d.accept)
	return d, nil
}

// close ends the device; reads are not answered any more.
func (d *device) close() {
	_ = d.ln.Close()
	d.mu.Lock()
	for c := range d.conns {
		_ = c.Close()
	}
	d.conns = nil
	d.mu.Unlock()
	d.wg.Wait()
}

func (d *device) accept() {
	for {
		c, err := d.ln.Accept()
		if err != nil {
			return // closed
		}
		d.mu.Lock()
		if d.conns == nil {
			_ = c.Close()
		} else {
			d.conns[c] = struct{}{}
			d.wg.Go(func() { d.serve(c) })
		}
		d.mu.Unlock()
	}
}

func (d *device) serve(c net.Conn) {
	defer func() {
		_ = c.Close()
		d.mu.Lock()
		delete(d.conns, c)
		d.mu.Unlock()
	}()
	r := bufio.NewReader(c)
	for {
		var head [7]byte // transaction, protocol, length, unit
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return
		}
		length := int(binary.BigEndian.Uint16(head[4:])) - 1
		if length < 1 || length > 253 {
			return
		}
		pdu := make([]byte, length)
		if _, err := io.ReadFull(r, pdu); err != nil {
			return
		}
		answer := d.answer(pdu)
		binary.BigEndian.PutUint16(head[4:], uint16(len(answer)+1)) //nolint:gosec // at most 252
		if _, err := c.Write(append(head[:], answer...)); err != nil {
			return
		}
	}
}

// answer serves what was asked, or refuses it with exception 2.
func (d *device) answer(pdu []byte) []byte {
	const read, illegalAddress = 3, 2
	if pdu[0] != read || len(pdu) != 5 {
		return []byte{pdu[0] | 0x80, 1}
	}
	address, count := int(binary.BigEndian.Uint16(pdu[1:])), int(binary.BigEndian.Uint16(pdu[3:]))
	if count < 1 || address+count > 2*len(Fields()) {
		return []byte{read | 0x80, illegalAddress}
	}
	n := d.journal.Serve(d.site, time.Now())
	out := []byte{read, byte(2 * count)}
	for _, w := range registers(n, address, count) {
		out = binary.BigEndian.AppendUint16(out, w)
	}
	return out
}
