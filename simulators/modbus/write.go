package modbus

import (
	"encoding/binary"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
	"github.com/cpas-charleroi/gtc/collector/profile"
)

// write stores what a request writes and returns the answer.
func (u *Unit) write(pdu []byte) []byte {
	refused := func(code uint8) []byte { return []byte{pdu[0] | failed, code} }
	if u.Store == nil {
		return refused(illegalFunction)
	}
	if len(pdu) < 5 {
		return refused(illegalValue)
	}
	address, value := binary.BigEndian.Uint16(pdu[1:]), binary.BigEndian.Uint16(pdu[3:])
	table, words, ok := readHolding, []uint16{value}, true
	switch pdu[0] {
	case wire.WriteCoil:
		table, ok = readCoils, value == 0 || value == 0xff00
	case wire.WriteCoils:
		table = readCoils
		words, ok = coils(pdu, int(value))
	case wire.WriteRegisters:
		words, ok = registers(pdu, int(value))
	}
	if !ok {
		return refused(illegalValue)
	}
	if code := u.store(table, address, words); code != 0 {
		return refused(code)
	}
	return pdu[:5]
}

func registers(pdu []byte, count int) ([]uint16, bool) {
	if len(pdu) < 6 || count < 1 || count > wire.MaxWrite || int(pdu[5]) != 2*count || len(pdu) != 6+2*count {
		return nil, false
	}
	words := make([]uint16, count)
	for i := range words {
		words[i] = binary.BigEndian.Uint16(pdu[6+2*i:])
	}
	return words, true
}

func coils(pdu []byte, count int) ([]uint16, bool) {
	if len(pdu) < 6 || count < 1 || count > wire.MaxWriteBits || int(pdu[5]) != (count+7)/8 || len(pdu) != 6+int(pdu[5]) {
		return nil, false
	}
	words := make([]uint16, count)
	for i := range words {
		words[i] = uint16(pdu[6+i/8]) >> (i % 8) & 1
	}
	return words, true
}

// store gives every register that the words cover to the callback. A word
// that no writable register uses, or part of a register, is refused.
func (u *Unit) store(function uint8, address uint16, words []uint16) uint8 {
	t := u.tables[function]
	for i := range words {
		if t == nil || len(t.cells[address+uint16(i)]) == 0 { //nolint:gosec // an address
			return illegalAddress
		}
		for _, c := range t.cells[address+uint16(i)] { //nolint:gosec // an address
			r := c.register
			if c.contact || r.Write == nil || i < c.word || i-c.word+r.Words() > len(words) {
				return illegalAddress
			}
			if c.word > 0 {
				continue // stored with its first word
			}
			v, q := u.decode(function, r, words[i:i+r.Words()])
			if q != gtc.QualityGood {
				return illegalValue
			}
			if u.Store(r.Slot, r.Point, v) != nil {
				return deviceFailure
			}
		}
	}
	return 0
}

func (u *Unit) decode(function uint8, r profile.Register, words []uint16) (gtc.Value, gtc.Quality) {
	if function == readCoils {
		return profile.DecodeBit(r, words[0] != 0), gtc.QualityGood
	}
	kind := gtc.TypeFloat
	switch {
	case r.Bit != nil:
		kind = gtc.TypeBool
	case r.Enum != nil:
		kind = gtc.TypeEnum
	}
	return profile.Decode(r, u.Profile.Modbus.WordOrder, kind, words)
}
