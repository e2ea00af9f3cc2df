package profile

import (
	"bytes"
	"strconv"
	"strings"
)

// Identity is a register that tells which device answers.
type Identity struct {
	// What it tells: model, maker, serial, firmware …
	What string `yaml:"what"`
	// Table is holding or input.
	Table   string `yaml:"table"`
	Address uint16 `yaml:"address"`
	// Type is string or an integer type; Length the registers of a string.
	Type   string `yaml:"type"`
	Length int    `yaml:"length"`
	// OneCharacter tells that a register holds one character of a text instead
	// of two.
	OneCharacter bool `yaml:"one_character"`
	// Read is the number of registers that the device insists on being read
	// together from Address on; the value is at its beginning.
	Read      int    `yaml:"read"`
	WordOrder string `yaml:"word_order"`
	ByteOrder string `yaml:"byte_order"`
	// Expect lists what the register of this model may say: texts, where * at
	// the end stands for anything, or numbers, also as 0x…. Without it the
	// register is read for people only.
	Expect []string `yaml:"expect"`
	// Note is for people.
	Note string `yaml:"note"`
}

// Words returns the number of registers to read.
func (d Identity) Words() int {
	return max(d.Read, d.own())
}

// own is the number of registers of the value itself.
func (d Identity) own() int {
	if d.Type == typeString {
		return d.Length
	}
	return wordsOf(d.Type)
}

// Text returns what the words of the register say: a text without the padding
// around it, or a decimal number. Order is the device's word order.
func (d Identity) Text(order string, words []uint16) string {
	if d.WordOrder != "" {
		order = d.WordOrder
	}
	if len(words) < d.own() {
		return ""
	}
	words = orderBytes(words[:d.own()], d.ByteOrder)
	if d.Type == typeString {
		return stringOf(words, order, d.OneCharacter)
	}
	bits := assemble(words, order)
	if strings.HasPrefix(d.Type, "i") {
		return strconv.FormatInt(signed(d.Type, bits), 10)
	}
	return strconv.FormatUint(bits, 10)
}

// Accepts reports whether text is what the model says; without an expectation
// any text is.
func (d Identity) Accepts(text string) bool {
	if len(d.Expect) == 0 {
		return true
	}
	for _, want := range d.Expect {
		if prefix, open := strings.CutSuffix(want, "*"); open && strings.HasPrefix(text, prefix) || text == want {
			return true
		}
		if d.Type != typeString && sameNumber(text, want) {
			return true
		}
	}
	return false
}

// words returns what a device that is what it should be has in the register.
func (d Identity) words(order string) []uint16 {
	if d.WordOrder != "" {
		order = d.WordOrder
	}
	want := ""
	if len(d.Expect) > 0 {
		want = strings.TrimSuffix(d.Expect[0], "*")
	}
	if d.Type == typeString {
		return d.pad(stringWords(want, d.Length, order, d.OneCharacter))
	}
	n, err := strconv.ParseInt(want, 0, 64)
	bits := uint64(n) // two's complement
	if err != nil {
		bits, _ = strconv.ParseUint(want, 0, 64) // 0 when there is no expectation
	}
	return d.pad(split(bits, d.own(), order))
}

func (d Identity) pad(words []uint16) []uint16 {
	words = orderBytes(words, d.ByteOrder)
	return append(words, make([]uint16, d.Words()-len(words))...)
}

// IdentityWords returns what the identification register of a simulated
// device holds.
func (p *Profile) IdentityWords(d Identity) []uint16 { return d.words(p.Modbus.WordOrder) }

// Recognisable reports whether the profile tells its device from another.
func (p *Profile) Recognisable() bool {
	for _, d := range p.Identify {
		if len(d.Expect) > 0 {
			return true
		}
	}
	return false
}

func sameNumber(a, b string) bool {
	x, errX := strconv.ParseInt(a, 0, 64)
	y, errY := strconv.ParseInt(b, 0, 64)
	if errX == nil && errY == nil {
		return x == y
	}
	u, errX := strconv.ParseUint(a, 0, 64)
	v, errY := strconv.ParseUint(b, 0, 64)
	return errX == nil && errY == nil && u == v
}

// stringOf reads a text of two characters a register, or a single one, up to
// its first NUL.
func stringOf(words []uint16, order string, single bool) string {
	text := make([]byte, 0, 2*len(words))
	for i := range words {
		w := words[i]
		if order == OrderLow {
			w = words[len(words)-1-i]
		}
		if !single {
			text = append(text, byte(w>>8))
		}
		text = append(text, byte(w))
	}
	text, _, _ = bytes.Cut(text, []byte{0})
	return strings.TrimSpace(strings.ToValidUTF8(string(text), "?"))
}

func stringWords(text string, n int, order string, single bool) []uint16 {
	padded := make([]byte, 2*n)
	if single {
		for i := range min(len(text), n) {
			padded[2*i+1] = text[i]
		}
	} else {
		copy(padded, text)
	}
	words := make([]uint16, n)
	for i := range words {
		at := i
		if order == OrderLow {
			at = n - 1 - i
		}
		words[at] = uint16(padded[2*i])<<8 | uint16(padded[2*i+1])
	}
	return words
}
