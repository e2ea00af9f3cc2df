package modbus

import (
	"errors"
	"fmt"
	"log" //nolint:depguard // the Modbus library takes a *log.Logger and prints to stdout without one
	"net/url"
	"time"

	"github.com/rs/zerolog"
	mb "github.com/simonvetter/modbus"
)

// DefaultTimeout of one request.
const DefaultTimeout = 2 * time.Second

// errNotOpen guards the library, which panics when called before it is open.
var errNotOpen = errors.New("connection is not open")

// reader is what this package lets itself do with a Modbus connection. It has
// no way to write, so nothing that goes through a Bus can.
type reader interface {
	connection
	ReadRegisters(addr uint16, quantity uint16, regType mb.RegType) ([]uint16, error)
	ReadCoils(addr uint16, quantity uint16) ([]bool, error)
	ReadDiscreteInputs(addr uint16, quantity uint16) ([]bool, error)
}

type connection interface {
	Open() error
	Close() error
	SetUnitId(id uint8) error
}

// Reading is the raw answer to a request: words for registers, bits for coils
// and discrete inputs.
type Reading struct {
	Words []uint16
	Bits  []bool
}

// Bus is one read-only Modbus TCP connection. It belongs to one goroutine.
type Bus struct {
	url    string
	client reader
	open   bool
	// reads counts the answers since the connection was opened.
	reads int
}

// NewBus returns a closed connection to modbus://host:port; timeout 0 means
// [DefaultTimeout]. Opening it takes up to 5 s when the host is unreachable.
func NewBus(rawURL string, timeout time.Duration, logger zerolog.Logger) (*Bus, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("modbus connection: %w", err)
	}
	if u.Scheme != "modbus" || u.Port() == "" {
		return nil, fmt.Errorf("modbus connection %s: want modbus://host:port", rawURL)
	}
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	client, err := mb.NewClient(&mb.ClientConfiguration{
		URL: "tcp://" + u.Host, Timeout: timeout,
		Logger: log.New(debugWriter{logger}, "", 0),
	})
	if err != nil {
		return nil, fmt.Errorf("modbus connection %s: %w", rawURL, err)
	}
	return &Bus{url: rawURL, client: client}, nil
}

// Open connects unless connected.
func (b *Bus) Open() error {
	if b.open {
		return nil
	}
	if err := b.client.Open(); err != nil {
		return fmt.Errorf("open %s: %w", b.url, err)
	}
	b.open, b.reads = true, 0
	return nil
}

// IsOpen reports whether the connection is up as far as known.
func (b *Bus) IsOpen() bool { return b.open }

// Used reports whether the present connection has answered before: a cut of
// such a connection is worth one new attempt.
func (b *Bus) Used() bool { return b.reads > 0 }

// Close closes the connection if it is open.
func (b *Bus) Close() {
	if !b.open {
		return
	}
	b.open = false
	// A close that fails leaves nothing to do: the connection is given up.
	_ = b.client.Close()
}

// Read sends one request to a unit and returns its answer. After a Modbus
// exception the connection stays open; any other error closes it.
func (b *Bus) Read(unit uint8, r Request) (Reading, error) {
	if !b.open {
		return Reading{}, fmt.Errorf("unit %d %s: %w", unit, r, errNotOpen)
	}
	reading, err := b.read(unit, r)
	if err != nil {
		if judge(err) == broken {
			b.Close()
		}
		return Reading{}, fmt.Errorf("%s unit %d %s: %w", b.url, unit, r, err)
	}
	b.reads++
	return reading, nil
}

func (b *Bus) read(unit uint8, r Request) (Reading, error) {
	if err := b.client.SetUnitId(unit); err != nil {
		return Reading{}, err
	}
	var out Reading
	var err error
	switch r.Table {
	case Holding:
		out.Words, err = b.client.ReadRegisters(r.Address, r.Count, mb.HOLDING_REGISTER)
	case Input:
		out.Words, err = b.client.ReadRegisters(r.Address, r.Count, mb.INPUT_REGISTER)
	case Coil:
		out.Bits, err = b.client.ReadCoils(r.Address, r.Count)
	case Discrete:
		out.Bits, err = b.client.ReadDiscreteInputs(r.Address, r.Count)
	default:
		err = fmt.Errorf("unknown table %q", r.Table)
	}
	return out, err
}

// debugWriter passes the library's own messages on at debug level.
type debugWriter struct{ log zerolog.Logger }

func (w debugWriter) Write(p []byte) (int, error) {
	w.log.Debug().Msg(string(p))
	return len(p), nil
}
