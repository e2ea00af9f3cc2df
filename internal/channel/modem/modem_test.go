package modem

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// radio is a modem at the other end of a line: it takes commands as a real one
// does, keeps what was sent, and says what the test tells it to.
type radio struct {
	mu     sync.Mutex
	sent   []string
	inbox  map[int]string
	refuse string // what it answers to AT+CMGS
	silent bool
}

// dial returns a modem on a line to the radio.
func (r *radio) dial(t *testing.T) (*Modem, error) {
	t.Helper()
	here, there := net.Pipe()
	go r.serve(there)
	t.Cleanup(func() { _ = here.Close() })
	return New(t.Context(), here)
}

func (r *radio) serve(line net.Conn) {
	in := bufio.NewReader(line)
	for {
		c, err := in.ReadString('\r')
		if err != nil {
			return
		}
		r.mu.Lock()
		answer := r.answer(strings.TrimSpace(c), in, line)
		r.mu.Unlock()
		if _, err := io.WriteString(line, answer); err != nil {
			return
		}
	}
}

func (r *radio) answer(c string, in *bufio.Reader, line io.Writer) string {
	switch {
	case r.silent:
		return ""
	case c == "AT+CPIN?":
		return "\r\n+CPIN: READY\r\n\r\nOK\r\n"
	case c == "AT+CSQ":
		return "\r\n+CSQ: 20,99\r\n\r\nOK\r\n"
	case c == "AT+COPS?":
		return "\r\n+COPS: 0,0,\"Proximus\",7\r\n\r\nOK\r\n"
	case strings.HasPrefix(c, "AT+CMGS="):
		if r.refuse != "" {
			return "\r\n" + r.refuse + "\r\n"
		}
		_, _ = io.WriteString(line, "\r\n> ")
		p, err := in.ReadString('\x1a')
		if err != nil {
			return ""
		}
		var octets int
		_, _ = fmt.Sscanf(c, "AT+CMGS=%d", &octets)
		p = strings.TrimSuffix(p, "\x1a")
		if len(p)/2-1 != octets {
			return "\r\n+CMS ERROR: 304\r\n"
		}
		r.sent = append(r.sent, p)
		return "\r\n+CMGS: 12\r\n\r\nOK\r\n"
	case c == "AT+CMGL=4":
		var b strings.Builder
		for i, p := range r.inbox {
			fmt.Fprintf(&b, "\r\n+CMGL: %d,1,,24\r\n%s", i, p)
		}
		return b.String() + "\r\nOK\r\n"
	case strings.HasPrefix(c, "AT+CMGD="):
		var i int
		_, _ = fmt.Sscanf(c, "AT+CMGD=%d", &i)
		delete(r.inbox, i)
	}
	return "\r\nOK\r\n"
}

func TestSend(t *testing.T) {
	r := &radio{}
	m, err := r.dial(t)
	require.NoError(t, err)
	require.NoError(t, m.Send(t.Context(), "+32475123456", "Chaudière arrêtée"))
	require.Len(t, r.sent, 1)
	// Service centre by default, SUBMIT, to 11 digits +32475123456, UCS-2.
	require.Equal(t, "0001000B912374153254F6000822004300680061007500640069"+"00E8007200650020006100720072"+"00EA007400E90065", r.sent[0])
}

func TestLongTextGoesInParts(t *testing.T) {
	r := &radio{}
	m, err := r.dial(t)
	require.NoError(t, err)
	require.NoError(t, m.Send(t.Context(), "+32475123456", strings.Repeat("é", 150)))
	require.Len(t, r.sent, 3)
	for i, p := range r.sent {
		require.Contains(t, p, fmt.Sprintf("05000301%02X%02X", 3, i+1))
	}
	require.ErrorIs(t, m.Send(t.Context(), "+32475123456", strings.Repeat("é", 600)), errLong)
}

func TestRefusals(t *testing.T) {
	r := &radio{refuse: "+CMS ERROR: 38"}
	m, err := r.dial(t)
	require.NoError(t, err)
	require.ErrorIs(t, m.Send(t.Context(), "+32475123456", "x"), ErrModem)
	for _, number := range []string{"", "0475123456", "+32", "+3247512345678901", "+32 475", "+32475x23456"} {
		require.ErrorIs(t, m.Send(t.Context(), number, "x"), errNumber, number)
	}
}

func TestSilentModem(t *testing.T) {
	r := &radio{silent: true}
	here, there := net.Pipe()
	go r.serve(there)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err := New(ctx, here)
	require.ErrorIs(t, err, context.Canceled)
	_, err = here.Write([]byte("x"))
	require.Error(t, err, "the line was closed")
}

func TestState(t *testing.T) {
	m, err := (&radio{}).dial(t)
	require.NoError(t, err)
	s, err := m.State(t.Context())
	require.NoError(t, err)
	require.Equal(t, State{Registered: true, SignalDBm: -73, Technology: "4G"}, s)
}

func TestReceive(t *testing.T) {
	r := &radio{inbox: map[int]string{
		// 7 bit "hellohello" from +31641600986 (the example of many textbooks).
		3: "07911326040000F0040B911346610089F60000208062917314080AE8329BFD4697D9EC37",
		5: "zz",
	}}
	m, err := r.dial(t)
	require.NoError(t, err)
	got, skipped, err := m.Receive(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, skipped)
	require.Equal(t, []Received{{From: "+31641600986", Text: "hellohello", At: time.Date(2002, 8, 26, 19, 37, 41, 0, time.UTC)}}, got)
	require.Empty(t, r.inbox, "what was taken is gone from the modem")
}

// deliver writes an SMS as a telephone would.
func deliver(number, text string) (string, error) {
	p, err := encode(number, text, 1)
	if err != nil || len(p) != 1 {
		return "", fmt.Errorf("encode: %w", err)
	}
	address, err := encodeNumber(number)
	if err != nil {
		return "", err
	}
	data := p[0].hex[strings.LastIndex(p[0].hex, address+"0008")+len(address)+4:]
	return "0004" + address + "0008" + "62112241300080" + data, nil
}

func TestDecodeReadsWhatIsEncoded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := "+32" + rapid.StringMatching(`[0-9]{6,12}`).Draw(t, "number")
		text := rapid.StringOfN(rapid.RuneFrom([]rune("abcé€à ÿ😀0")), 0, 30, -1).Draw(t, "text")
		s, err := deliver(number, text)
		require.NoError(t, err)
		got, err := decode(s)
		require.NoError(t, err)
		require.Equal(t, number, got.From)
		require.Equal(t, text, got.Text)
	})
}

func FuzzDecode(f *testing.F) {
	f.Add("07911326040000F0040B911346610089F60000208062917314080AE8329BFD4697D9EC37")
	f.Add("0044")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := decode(s)
		if err == nil && len(m.Text) > 4*len(s) {
			t.Fatal("longer than what carried it")
		}
	})
}
