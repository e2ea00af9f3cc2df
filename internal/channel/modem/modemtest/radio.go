// Package modemtest simulates a cellular modem on a serial line, for tests: it
// answers the AT commands that package modem sends (3GPP TS 27.005 and 27.007),
// keeps what it is to send and holds what a test lets come in.
package modemtest

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"unicode/utf16"
)

// SMS is a text with the number it goes to or comes from.
type SMS struct{ Number, Text string }

// Radio is a modem with a card in it. It may be used by several goroutines.
type Radio struct {
	mu     sync.Mutex
	inbox  map[int]string
	next   int
	parts  map[string]map[int]string
	sent   []SMS
	refuse bool
	news   chan SMS
}

// New returns a modem that is in its network.
func New() *Radio {
	return &Radio{inbox: map[int]string{}, parts: map[string]map[int]string{}, news: make(chan SMS, 64)}
}

// Dial returns the computer's end of a serial line to the modem; the modem
// listens until that end is closed.
func (r *Radio) Dial() net.Conn {
	here, there := net.Pipe()
	go r.serve(there)
	return here
}

// Deliver lets a text come in from a number.
func (r *Radio) Deliver(number, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next++
	r.inbox[r.next] = deliver(number, text)
}

// Refuse lets the network refuse what is sent, or take it again.
func (r *Radio) Refuse(yes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = yes
}

// Sent returns what the modem has sent, long texts whole.
func (r *Radio) Sent() []SMS {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.sent)
}

// Next waits for the next text that the modem sends.
func (r *Radio) Next(ctx context.Context) (SMS, error) {
	select {
	case <-ctx.Done():
		return SMS{}, ctx.Err()
	case s := <-r.news:
		return s, nil
	}
}

func (r *Radio) serve(line net.Conn) {
	in := bufio.NewReader(line)
	for {
		c, err := in.ReadString('\r')
		if err != nil {
			return
		}
		if _, err := io.WriteString(line, r.answer(strings.TrimSpace(c), in, line)); err != nil {
			return
		}
	}
}

const ok = "\r\nOK\r\n"

func (r *Radio) answer(c string, in *bufio.Reader, line io.Writer) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case c == "AT+CPIN?":
		return "\r\n+CPIN: READY\r\n" + ok
	case c == "AT+CSQ":
		return "\r\n+CSQ: 20,99\r\n" + ok
	case c == "AT+COPS?":
		return "\r\n+COPS: 0,0,\"Proximus\",7\r\n" + ok
	case strings.HasPrefix(c, "AT+CMGS="):
		if r.refuse {
			return "\r\n+CMS ERROR: 38\r\n" // network out of order
		}
		if _, err := io.WriteString(line, "\r\n> "); err != nil {
			return ""
		}
		p, err := in.ReadString('\x1a')
		if err != nil || !r.submit(strings.TrimSuffix(p, "\x1a")) {
			return "\r\n+CMS ERROR: 304\r\n" // invalid PDU mode parameter
		}
		return "\r\n+CMGS: 12\r\n" + ok
	case c == "AT+CMGL=4":
		var b strings.Builder
		for i, p := range r.inbox {
			fmt.Fprintf(&b, "\r\n+CMGL: %d,1,,24\r\n%s", i, p)
		}
		return b.String() + ok
	case strings.HasPrefix(c, "AT+CMGD="):
		var i int
		if _, err := fmt.Sscanf(c, "AT+CMGD=%d", &i); err == nil {
			delete(r.inbox, i)
		}
	}
	return ok
}

// submit takes an SMS-SUBMIT in UCS-2 (3GPP TS 23.040), which may be a part of
// a longer text; false when it is not one.
func (r *Radio) submit(text string) bool {
	p, err := hex.DecodeString(text)
	if err != nil || len(p) < 5 || p[0] != 0 {
		return false
	}
	withHeader := p[1]&0x40 != 0
	digits := int(p[3])
	octets := (digits + 1) / 2
	if len(p) < 5+octets+3 {
		return false
	}
	number := semiOctets(p[5:5+octets], digits)
	data := p[5+octets+3:]
	if !withHeader || len(data) < 6 {
		r.take(SMS{number, ucs2(data)})
		return true
	}
	key, of, part := number+string(data[3:4]), int(data[4]), int(data[5])
	if r.parts[key] == nil {
		r.parts[key] = map[int]string{}
	}
	r.parts[key][part] = ucs2(data[6:])
	if len(r.parts[key]) < of {
		return true
	}
	var whole strings.Builder
	for i := range of {
		whole.WriteString(r.parts[key][i+1])
	}
	delete(r.parts, key)
	r.take(SMS{number, whole.String()})
	return true
}

func (r *Radio) take(s SMS) {
	r.sent = append(r.sent, s)
	select {
	case r.news <- s:
	default: // nobody waits for so many
	}
}

func semiOctets(data []byte, digits int) string {
	out := []byte{'+'}
	for _, b := range data {
		out = append(out, '0'+b&0x0f, '0'+b>>4)
	}
	return string(out[:1+digits])
}

func ucs2(data []byte) string {
	var units []uint16
	for i := 0; i+1 < len(data); i += 2 {
		units = append(units, uint16(data[i])<<8|uint16(data[i+1]))
	}
	return string(utf16.Decode(units))
}

// deliver writes an SMS-DELIVER in UCS-2.
func deliver(number, text string) string {
	digits := strings.TrimPrefix(number, "+")
	var address strings.Builder
	fmt.Fprintf(&address, "%02X91", len(digits))
	for i := 0; i < len(digits); i += 2 {
		second := byte('F')
		if i+1 < len(digits) {
			second = digits[i+1]
		}
		address.Write([]byte{second, digits[i]})
	}
	var data strings.Builder
	units := utf16.Encode([]rune(text))
	for _, u := range units {
		fmt.Fprintf(&data, "%04X", u)
	}
	return "0004" + address.String() + "0008" + "62112241300080" + fmt.Sprintf("%02X", 2*len(units)) + data.String()
}
