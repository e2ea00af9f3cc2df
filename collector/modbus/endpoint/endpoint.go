// Package endpoint reads the URL of a Modbus connection: where it leads, in
// which framing, and how the serial line is set.
package endpoint

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
)

// The schemes of a Modbus URL.
const (
	SchemeTCP        = "modbus"     // modbus://host:port, Modbus TCP
	SchemeRTUOverTCP = "rtuovertcp" // rtuovertcp://host:port, RTU frames over TCP
	SchemeRTU        = "rtu"        // rtu:///dev/ttyUSB0?baud=9600&parity=even&stop=1
)

// Schemes lists the schemes of a Modbus URL.
func Schemes() []string { return []string{SchemeTCP, SchemeRTUOverTCP, SchemeRTU} }

// DefaultBaud of a serial line whose URL does not tell.
const DefaultBaud = 9600

// Serial is how a serial line is set.
type Serial struct {
	// Baud is bits a second.
	Baud int
	// Parity is none, even or odd.
	Parity string
	// Stop is 1 or 2 stop bits. Data bits are 8: RTU knows nothing else.
	Stop int
}

// CharBits is the length of a character with start, parity and stop bits.
func (s Serial) CharBits() int {
	bits := 1 + 8 + s.Stop
	if s.Parity != ParityNone {
		bits++
	}
	return bits
}

// The parities.
const (
	ParityNone = "none"
	ParityEven = "even"
	ParityOdd  = "odd"
)

// Endpoint is where a Modbus connection leads.
type Endpoint struct {
	// URL is what it was read from.
	URL    string
	Scheme string
	// Address is host:port, or the path of a serial device.
	Address string
	// Serial is the serial part: of the device itself, or behind a gateway.
	// Its Baud is 0 where there is none.
	Serial Serial
}

// RTU reports whether frames are RTU frames, which nothing ties to a request.
func (e Endpoint) RTU() bool { return e.Scheme != SchemeTCP }

// Parse reads modbus://host:port, rtuovertcp://host:port or
// rtu:///dev/ttyX. All take ?baud=9600&parity=even&stop=1: for rtu it is how
// the port is set (9600, even and 1 where nothing is said), for the others
// what the serial line behind the gateway runs at, so that reads are planned
// for it.
func Parse(raw string) (Endpoint, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return Endpoint{}, fmt.Errorf("modbus connection: %w", err)
	}
	e := Endpoint{URL: raw, Scheme: u.Scheme, Address: u.Host}
	switch {
	case !slices.Contains(Schemes(), u.Scheme):
		err = fmt.Errorf("unknown scheme, want %s", strings.Join(Schemes(), ", "))
	case u.Scheme == SchemeRTU:
		if e.Address = u.Path; u.Host != "" || len(u.Path) < 2 {
			err = errors.New("want rtu:///dev/ttyX")
		}
	case u.Port() == "" || u.Hostname() == "":
		err = fmt.Errorf("want %s://host:port", u.Scheme)
	}
	if err == nil {
		err = e.serial(u.Query())
	}
	if err != nil {
		return Endpoint{}, fmt.Errorf("modbus connection %s: %w", raw, err)
	}
	return e, nil
}

// serial reads the settings of the serial part.
func (e *Endpoint) serial(q url.Values) error {
	e.Serial = Serial{Baud: DefaultBaud, Parity: ParityEven, Stop: 1}
	for name := range q {
		value := q.Get(name)
		var err error
		switch name {
		case "baud":
			if e.Serial.Baud, err = strconv.Atoi(value); err != nil || e.Serial.Baud < 300 || e.Serial.Baud > 4_000_000 {
				return fmt.Errorf("baud %q: want 300 to 4000000", value)
			}
		case "parity":
			if e.Serial.Parity = value; !slices.Contains([]string{ParityNone, ParityEven, ParityOdd}, value) {
				return fmt.Errorf("parity %q: want none, even or odd", value)
			}
		case "stop":
			if e.Serial.Stop, err = strconv.Atoi(value); err != nil || e.Serial.Stop < 1 || e.Serial.Stop > 2 {
				return fmt.Errorf("stop %q: want 1 or 2", value)
			}
		case "unit": // which device is meant: not a matter of the line
		default:
			return fmt.Errorf("unknown setting %q, want baud, parity or stop", name)
		}
	}
	if !e.RTU() && !q.Has("baud") {
		e.Serial = Serial{}
	}
	return nil
}

// Key returns what two URLs of the same place have in common: the host and
// port, or the path of the serial device.
func (e Endpoint) Key() string {
	if e.Scheme == SchemeRTU {
		return path.Clean(e.Address)
	}
	return strings.ToLower(e.Address)
}
