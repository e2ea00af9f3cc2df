package modem

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.bug.st/serial"
)

// How long the modem may take. Handing an SMS to the network takes up to a
// minute by the standard.
const (
	answerTime = 5 * time.Second
	sendTime   = 60 * time.Second
)

// ErrModem marks what the modem itself refused.
var ErrModem = errors.New("modem error")

// Modem is one modem. Calls follow one another.
type Modem struct {
	port io.ReadWriteCloser

	mu        sync.Mutex
	lines     chan string
	reference byte
}

// Open opens the modem on a serial line at 115 200 baud, for example
// /dev/ttyUSB2, and makes it ready.
func Open(ctx context.Context, path string) (*Modem, error) {
	p, err := serial.Open(path, &serial.Mode{BaudRate: 115200})
	if err != nil {
		return nil, fmt.Errorf("open modem %s: %w", path, err)
	}
	m, err := New(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("open modem %s: %w", path, err)
	}
	return m, nil
}

// New makes a modem ready that answers on port, which belongs to it from now
// on: it is closed by Close, and on an error.
func New(ctx context.Context, port io.ReadWriteCloser) (*Modem, error) {
	m := &Modem{port: port, lines: make(chan string, 64)}
	go m.read()
	for _, c := range []string{
		"ATE0",      // no echo
		"AT+CMEE=1", // say what is wrong
		"AT+CMGF=0", // PDU mode
		"AT+CPIN?",  // a card that needs no PIN
	} {
		if _, err := m.command(ctx, c, answerTime); err != nil {
			_ = m.Close() // the first error is the one to tell
			return nil, err
		}
	}
	return m, nil
}

// Close ends the modem's reader and closes the line.
func (m *Modem) Close() error { return m.port.Close() }

// read passes what the modem says on, until the line is closed.
func (m *Modem) read() {
	defer close(m.lines)
	r := bufio.NewReader(m.port)
	var line strings.Builder
	for {
		b, err := r.ReadByte()
		if err != nil {
			return
		}
		switch {
		case b == '>' && line.Len() == 0:
			m.lines <- ">" // the prompt for a PDU has no line end
		case b == '\r' || b == '\n':
			if s := strings.TrimSpace(line.String()); s != "" {
				m.lines <- s
			}
			line.Reset()
		case line.Len() < 1024:
			line.WriteByte(b)
		}
	}
}

// command sends one command and returns the lines before its OK.
func (m *Modem) command(ctx context.Context, c string, within time.Duration) ([]string, error) {
	m.drain()
	if _, err := io.WriteString(m.port, c+"\r"); err != nil {
		return nil, fmt.Errorf("%s: %w", c, err)
	}
	out, err := m.answer(ctx, within, "OK")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name(c), err)
	}
	return out, nil
}

// name is a command without what it carries.
func name(c string) string {
	head, _, _ := strings.Cut(c, "=")
	return head
}

// drain forgets what was said before.
func (m *Modem) drain() {
	for {
		select {
		case _, ok := <-m.lines:
			if !ok {
				return
			}
		default:
			return
		}
	}
}

// answer collects lines until the one wanted.
func (m *Modem) answer(ctx context.Context, within time.Duration, want string) ([]string, error) {
	ctx, stop := context.WithTimeout(ctx, within)
	defer stop()
	var out []string
	for {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("no answer within %s: %w", within, ctx.Err())
		case line, ok := <-m.lines:
			switch {
			case !ok:
				return nil, io.ErrUnexpectedEOF
			case line == want:
				return out, nil
			case line == "ERROR", strings.HasPrefix(line, "+CME ERROR"), strings.HasPrefix(line, "+CMS ERROR"):
				return nil, fmt.Errorf("%w: %s", ErrModem, line)
			}
			out = append(out, line)
		}
	}
}

// Send sends a text to a number of the form +32475000000, in as many parts as
// it needs, and returns once the network has taken all of them.
func (m *Modem) Send(ctx context.Context, number, text string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reference++
	parts, err := encode(number, text, m.reference)
	if err != nil {
		return fmt.Errorf("send SMS: %w", err)
	}
	for i, p := range parts {
		if err := m.sendOne(ctx, p); err != nil {
			return fmt.Errorf("send SMS, part %d of %d: %w", i+1, len(parts), err)
		}
	}
	return nil
}

func (m *Modem) sendOne(ctx context.Context, p pdu) error {
	m.drain()
	if _, err := io.WriteString(m.port, "AT+CMGS="+strconv.Itoa(p.octets)+"\r"); err != nil {
		return err
	}
	if _, err := m.answer(ctx, answerTime, ">"); err != nil {
		return err
	}
	const end = "\x1a"
	if _, err := io.WriteString(m.port, p.hex+end); err != nil {
		return err
	}
	_, err := m.answer(ctx, sendTime, "OK")
	return err
}

// Receive takes the messages that have come in out of the modem. What is no
// SMS is taken out too and counted in skipped.
func (m *Modem) Receive(ctx context.Context) (received []Received, skipped int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	lines, err := m.command(ctx, "AT+CMGL=4", sendTime) // 4: all
	if err != nil {
		return nil, 0, fmt.Errorf("receive SMS: %w", err)
	}
	for i := 0; i+1 < len(lines); i++ {
		index, ok := listed(lines[i])
		if !ok {
			continue
		}
		r, err := decode(lines[i+1])
		if err != nil {
			skipped++
		} else {
			received = append(received, r)
		}
		if _, err := m.command(ctx, "AT+CMGD="+index, answerTime); err != nil {
			return received, skipped, fmt.Errorf("receive SMS: %w", err)
		}
	}
	return received, skipped, nil
}

// listed reads the place of a message in "+CMGL: 3,1,,24".
func listed(line string) (index string, ok bool) {
	rest, ok := strings.CutPrefix(line, "+CMGL:")
	if !ok {
		return "", false
	}
	index, _, _ = strings.Cut(strings.TrimSpace(rest), ",")
	_, err := strconv.Atoi(index)
	return index, err == nil
}

// State is how the modem stands with the network.
type State struct {
	// Registered tells that it is in its own network or one that lets it in.
	Registered bool
	// SignalDBm is the strength received, 0 when it is not known.
	SignalDBm int
	// Technology is 2G, 3G, 4G, 5G or "" when it is not known.
	Technology string
}

// State asks how the modem stands with the network.
func (m *Modem) State(ctx context.Context) (State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var s State
	lines, err := m.command(ctx, "AT+CSQ", answerTime)
	if err != nil {
		return s, fmt.Errorf("ask modem: %w", err)
	}
	var level, errors int
	if n, _ := fmt.Sscanf(find(lines, "+CSQ:"), "%d,%d", &level, &errors); n == 2 && level <= 31 {
		s.SignalDBm = -113 + 2*level
	}
	if lines, err = m.command(ctx, "AT+COPS?", answerTime); err != nil {
		return s, fmt.Errorf("ask modem: %w", err)
	}
	// +COPS: mode,format,"operator",technology
	if f := strings.Split(find(lines, "+COPS:"), ","); len(f) >= 3 {
		s.Registered = true
		if len(f) > 3 {
			s.Technology = map[string]string{"0": "2G", "1": "2G", "3": "2G", "2": "3G", "4": "3G", "5": "3G", "6": "3G", "7": "4G", "8": "2G", "9": "4G", "11": "5G", "12": "5G", "13": "5G"}[strings.TrimSpace(f[3])]
		}
	}
	return s, nil
}

// find returns what follows a prefix in the first line that has it.
func find(lines []string, prefix string) string {
	for _, l := range lines {
		if rest, ok := strings.CutPrefix(l, prefix); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}
