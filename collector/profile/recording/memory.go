package recording

import (
	"encoding/binary"
	"fmt"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

// Memory is what is known of a device's tables.
type Memory struct {
	words cells[uint16]
	bits  cells[bool]
}

// cells are known values by table and address.
type cells[T any] map[string]map[int]T

func (c cells[T]) put(table string, address uint16, values []T) {
	if c[table] == nil {
		c[table] = map[int]T{}
	}
	for i, v := range values {
		c[table][int(address)+i] = v
	}
}

func (c cells[T]) get(table string, address uint16, n int) (values []T, ok bool) {
	for i := range n {
		v, known := c[table][int(address)+i]
		if !known {
			return nil, false
		}
		values = append(values, v)
	}
	return values, true
}

// NewMemory returns a memory that knows nothing.
func NewMemory() *Memory {
	return &Memory{words: cells[uint16]{}, bits: cells[bool]{}}
}

// PutWords remembers registers of a table from an address on.
func (m *Memory) PutWords(table string, address uint16, words []uint16) {
	m.words.put(table, address, words)
}

// PutBits remembers bits of a table from an address on.
func (m *Memory) PutBits(table string, address uint16, read []bool) {
	m.bits.put(table, address, read)
}

// Words returns n registers; ok is false when one is not known.
func (m *Memory) Words(table string, address uint16, n int) (words []uint16, ok bool) {
	return m.words.get(table, address, n)
}

// Bits returns n bits; ok is false when one is not known.
func (m *Memory) Bits(table string, address uint16, n int) (read []bool, ok bool) {
	return m.bits.get(table, address, n)
}

// tableOf names the table that a function reads.
func tableOf(function uint8) string {
	return map[uint8]string{
		wire.ReadCoils: "coil", wire.ReadDiscrete: "discrete", wire.ReadHolding: "holding", wire.ReadInput: "input",
	}[function]
}

// Memory returns what the exchanges say; exceptions say nothing.
func (f *File) Memory() (*Memory, error) {
	m := NewMemory()
	for i, x := range f.Exchanges {
		request, answer, err := x.frames(f.Framing)
		if err != nil {
			return nil, fmt.Errorf("exchange %d: %w", i, err)
		}
		if answer.Exception() != 0 {
			continue
		}
		table := tableOf(request.Function())
		if table == "" || len(request.PDU) != 5 {
			return nil, fmt.Errorf("exchange %d: %w: not a read", i, wire.ErrFrame)
		}
		address, count := binary.BigEndian.Uint16(request.PDU[1:]), binary.BigEndian.Uint16(request.PDU[3:])
		if wire.Bits(request.Function()) {
			read, err := wire.AppendBits(nil, answer.PDU, request.Function(), count)
			if err != nil {
				return nil, fmt.Errorf("exchange %d: %w", i, err)
			}
			m.PutBits(table, address, read)
			continue
		}
		words, err := wire.AppendWords(nil, answer.PDU, request.Function(), count)
		if err != nil {
			return nil, fmt.Errorf("exchange %d: %w", i, err)
		}
		m.PutWords(table, address, words)
	}
	return m, nil
}

// Read returns what a register says; the quality is comm_lost when it is not
// in the memory.
func (m *Memory) Read(p *profile.Profile, r profile.Register, t gtc.ValueType) (gtc.Value, gtc.Quality) {
	if r.Type == "bit" {
		read, ok := m.Bits(r.Table, r.Start(), r.Words())
		if !ok {
			return gtc.Value{}, gtc.QualityCommLost
		}
		return profile.DecodeBits(r, read)
	}
	words, ok := m.Words(r.Table, r.Start(), r.Words())
	if !ok {
		return gtc.Value{}, gtc.QualityCommLost
	}
	return profile.Decode(r, p.Modbus.WordOrder, t, words)
}

// Interpret fills in what the memory says by a profile: identity, samples and
// closed inputs.
func (f *File) Interpret(m *Memory, p *profile.Profile, cat *catalogue.Catalogue) {
	f.Identity, f.Samples, f.Closed = nil, nil, nil
	for _, d := range p.Identify {
		if words, ok := m.Words(d.Table, d.Address, d.Words()); ok {
			f.Identity = append(f.Identity, Text{d.What, d.Text(p.Modbus.WordOrder, words)})
		}
	}
	for _, r := range p.Registers {
		point, _ := cat.Point(p.Slots[r.Slot], r.Point)
		v, q := m.Read(p, r, point.Type)
		s := Sample{Slot: r.Slot, Point: string(r.Point)}
		if v.Present() {
			s.Value = v.String()
		}
		if q != gtc.QualityGood {
			s.Quality = q.String()
		}
		f.Samples = append(f.Samples, s)
	}
	if p.Contacts == nil {
		return
	}
	for i := range p.Contacts.Count {
		input := p.Contacts.First + i
		r := p.Contacts.Register("", input, false)
		if v, q := m.Read(p, r, gtc.TypeBool); q == gtc.QualityGood && v.True() {
			f.Closed = append(f.Closed, input)
		}
	}
}
