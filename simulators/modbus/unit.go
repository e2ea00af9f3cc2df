package modbus

import (
	"fmt"
	"sync/atomic"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
)

// The exception codes this server answers with.
const (
	illegalFunction = 0x01
	illegalAddress  = 0x02
	illegalValue    = 0x03
	deviceFailure   = 0x04
	unitAbsent      = 0x0b
)

// Unit is one device behind the server.
type Unit struct {
	// Profile is the device model; its map is served in reverse.
	Profile *profile.Profile
	// Values gives the present value of a point; an absent value is served as
	// the register's "no sensor" value. It is called from several goroutines.
	Values func(slot string, p gtc.PointID) gtc.Value
	// Inputs tells, for a digital-input module, whether the contact at an
	// input is closed. It is called from several goroutines.
	Inputs func(input int) bool

	// Store takes the value of a writable point that a client wrote; an error
	// is answered with exception 4. Without it every write is refused with
	// exception 1. It is called from several goroutines.
	Store func(slot string, p gtc.PointID, v gtc.Value) error

	// Away, when set, tells whether the device leaves requests unanswered at
	// present. It is called from several goroutines.
	Away func() bool

	// silent makes the unit leave requests unanswered; reads counts answers.
	silent atomic.Bool
	reads  atomic.Uint64
	tables map[uint8]*table
	most   map[uint8]int
}

// SetSilent makes the unit stop answering, or answer again.
func (u *Unit) SetSilent(silent bool) { u.silent.Store(silent) }

// away reports whether the unit answers nothing now.
func (u *Unit) away() bool { return u.silent.Load() || u.Away != nil && u.Away() }

// Reads returns how many read requests were answered with data.
func (u *Unit) Reads() uint64 { return u.reads.Load() }

// table is one address space: which register or input lies at an address.
type table struct {
	cells map[uint16][]cell
	// from and to bound the addresses in use; holes of at most hole cells
	// between them are served as zero, as the profile says the device does.
	holes map[uint16]bool
}

// cell is one word of a register, or one input.
type cell struct {
	register profile.Register
	word     int
	input    int
	contact  bool
	// fixed is the cell's value where it does not change.
	fixed *uint16
}

// prepare lays the profile's registers out by function code and address.
func (u *Unit) prepare() {
	m := u.Profile.Modbus
	u.tables = map[uint8]*table{}
	u.most = map[uint8]int{readCoils: limit(m.MaxBits, maxBits), readDiscrete: limit(m.MaxBits, maxBits), readHolding: limit(m.MaxRegisters, maxRegisters), readInput: limit(m.MaxRegisters, maxRegisters)}
	for _, r := range u.Profile.Registers {
		for w := range max(r.Words(), 1) {
			u.place(r.Table, r.Start()+uint16(w), cell{register: r, word: w}) //nolint:gosec // at most 4 words
		}
	}
	for _, d := range u.Profile.Identify {
		for w, word := range u.Profile.IdentityWords(d) {
			u.place(d.Table, d.Address+uint16(w), cell{fixed: &word}) //nolint:gosec // at most 125 words
		}
	}
	if c := u.Profile.Contacts; c != nil {
		for i := range c.Count {
			u.place(c.Table, c.Address+uint16(i), cell{contact: true, input: c.First + i}) //nolint:gosec // a module has at most 64 inputs
			if c.WireBreak != nil {
				u.place(c.Table, *c.WireBreak+uint16(i), cell{fixed: new(uint16)}) //nolint:gosec // as many
			}
		}
	}
	for _, t := range u.tables {
		t.fill(m.MaxHole)
	}
}

func limit(own, protocol int) int {
	if own <= 0 {
		return protocol
	}
	return min(own, protocol)
}

func (u *Unit) place(name string, address uint16, c cell) {
	code := map[string]uint8{"coil": readCoils, "discrete": readDiscrete, "holding": readHolding, "input": readInput}[name]
	t := u.tables[code]
	if t == nil {
		t = &table{cells: map[uint16][]cell{}, holes: map[uint16]bool{}}
		u.tables[code] = t
	}
	t.cells[address] = append(t.cells[address], c)
}

// fill marks the holes of at most most cells that lie between used cells.
func (t *table) fill(most int) {
	for address := range t.cells {
		for gap := 1; gap <= most; gap++ {
			if _, ok := t.cells[address+uint16(gap)+1]; !ok || int(address)+gap+1 > 0xffff { //nolint:gosec // checked
				continue
			}
			for i := 1; i <= gap; i++ {
				t.holes[address+uint16(i)] = true //nolint:gosec // below the used cell after the gap
			}
		}
	}
}

// read returns the words (0 or 1 for bits) at count addresses, or an
// exception code.
func (u *Unit) read(function uint8, address uint16, count int) ([]uint16, uint8) {
	if count < 1 || count > u.most[function] {
		return nil, illegalValue
	}
	t := u.tables[function]
	if t == nil || int(address)+count > 0x10000 {
		return nil, illegalAddress
	}
	out := make([]uint16, count)
	var last encoded
	for i := range count {
		at := address + uint16(i) //nolint:gosec // within 16 bits, checked above
		cells, ok := t.cells[at]
		if !ok && !t.holes[at] {
			return nil, illegalAddress
		}
		for _, c := range cells {
			w, err := u.word(c, &last)
			if err != nil {
				return nil, deviceFailure
			}
			out[i] |= w // several bits may share a register
		}
	}
	u.reads.Add(1)
	return out, 0
}

// encoded is the register encoded last within one request: the words of one
// value must come from one moment.
type encoded struct {
	register profile.Register
	words    []uint16
}

func (u *Unit) word(c cell, last *encoded) (uint16, error) {
	if c.fixed != nil {
		return *c.fixed, nil
	}
	if c.contact {
		closed := u.Inputs != nil && u.Inputs(c.input)
		if closed != (u.Profile.Contacts.OpenReads == 1) {
			return 1, nil
		}
		return 0, nil
	}
	r := &c.register
	if last.words == nil || last.register.Point != r.Point || last.register.Slot != r.Slot || last.register.Address != r.Address {
		words, err := profile.Encode(*r, u.Profile.Modbus.WordOrder, u.Values(r.Slot, r.Point))
		if err != nil {
			return 0, err
		}
		last.register, last.words = *r, words
	}
	if c.word >= len(last.words) {
		return 0, fmt.Errorf("register %s has no word %d", r.Point, c.word)
	}
	return last.words[c.word], nil
}
