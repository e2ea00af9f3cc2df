package modem

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
)

// UCS-2 characters that fit into one SMS, alone or as one part of several
// (six octets are the header that joins them).
const (
	alone = 70
	part  = 67
	// mostParts is where a text is refused: nobody reads it on a telephone.
	mostParts = 8
)

// Octets of a PDU (3GPP TS 23.040 §9.2).
const (
	submit        = 0x01 // SMS-SUBMIT, no validity period
	submitHeader  = 0x41 // the same with a user data header
	international = 0x91 // type of address: international number
	codingUCS2    = 0x08
	joinHeader    = "050003" // concatenation, 8 bit reference
)

var (
	errNumber = errors.New("number is not of the form +32475000000")
	errLong   = fmt.Errorf("text is longer than %d characters", mostParts*part)
	errPDU    = errors.New("not an SMS")
)

// pdu is one SMS as the modem takes it: hexadecimal octets, and how many they
// are without the address of the service centre.
type pdu struct {
	hex    string
	octets int
}

// encode returns the SMS that carry a text to a number. Reference joins the
// parts of one text and differs from text to text.
func encode(number, text string, reference byte) ([]pdu, error) {
	address, err := encodeNumber(number)
	if err != nil {
		return nil, err
	}
	units := utf16.Encode([]rune(text))
	if len(units) <= alone {
		return []pdu{newPDU(submit, address, "", units)}, nil
	}
	parts := split(units)
	if len(parts) > mostParts {
		return nil, errLong
	}
	out := make([]pdu, 0, len(parts))
	for i, p := range parts {
		header := fmt.Sprintf("%s%02X%02X%02X", joinHeader, reference, len(parts), i+1)
		out = append(out, newPDU(submitHeader, address, header, p))
	}
	return out, nil
}

// split cuts a text without cutting a surrogate pair.
func split(units []uint16) [][]uint16 {
	var out [][]uint16
	for len(units) > 0 {
		n := min(part, len(units))
		if n < len(units) && utf16.IsSurrogate(rune(units[n])) && units[n] >= 0xDC00 {
			n--
		}
		out = append(out, units[:n])
		units = units[n:]
	}
	return out
}

func newPDU(first byte, address, header string, units []uint16) pdu {
	var data strings.Builder
	data.WriteString(header)
	for _, u := range units {
		fmt.Fprintf(&data, "%04X", u)
	}
	body := fmt.Sprintf("%02X00%s00%02X%02X%s", first, address, codingUCS2, data.Len()/2, data.String())
	return pdu{hex: "00" + body, octets: len(body) / 2}
}

// encodeNumber writes +32475… as its digits in swapped pairs.
func encodeNumber(number string) (string, error) {
	digits, ok := strings.CutPrefix(number, "+")
	if !ok || len(digits) < 7 || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" {
		return "", errNumber
	}
	n := len(digits)
	if n%2 == 1 {
		digits += "F"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%02X%02X", n, international)
	for i := 0; i < len(digits); i += 2 {
		b.WriteByte(digits[i+1])
		b.WriteByte(digits[i])
	}
	return b.String(), nil
}

// Received is an SMS that came in.
type Received struct {
	// From is the sender's number, "" when it is a name.
	From string
	Text string
	// At is the service centre's time.
	At time.Time
}

// decode reads an SMS-DELIVER. Parts of a longer text are messages of their
// own: an answer to an alarm is short.
func decode(s string) (Received, error) {
	o, err := hex.DecodeString(strings.TrimSpace(s))
	if err != nil {
		return Received{}, errPDU
	}
	r := octets{o}
	r.skip(int(r.next())) // service centre
	first := r.next()
	if first&0x03 != 0 {
		return Received{}, errPDU
	}
	var m Received
	n := int(r.next())
	kind := r.next()
	address := r.take((n + 1) / 2)
	if kind&0x70 == 0x10 {
		m.From = "+" + digits(address, n)
	}
	r.next() // protocol
	coding := r.next()
	m.At = stamp(r.take(7))
	length := int(r.next())
	m.Text = text(r.o, coding, length, first&0x40 != 0)
	if r.short() {
		return Received{}, errPDU
	}
	return m, nil
}

// octets reads one after another; what is missing reads as nothing and makes
// it short.
type octets struct{ o []byte }

func (r *octets) next() byte {
	b := r.take(1)
	if len(b) == 0 {
		return 0
	}
	return b[0]
}

func (r *octets) skip(n int) { r.take(n) }

func (r *octets) take(n int) []byte {
	if r.o == nil || n < 0 || n > len(r.o) {
		r.o = nil
		return nil
	}
	out := r.o[:n]
	r.o = r.o[n:]
	return out
}

func (r *octets) short() bool { return r.o == nil }

func digits(o []byte, n int) string {
	var b strings.Builder
	for _, x := range o {
		for _, d := range []byte{x & 0x0F, x >> 4} {
			if d < 10 && b.Len() < n {
				b.WriteByte('0' + d)
			}
		}
	}
	return b.String()
}

// stamp reads seven octets of a service centre's time; zero when they are
// none.
func stamp(o []byte) time.Time {
	if len(o) != 7 {
		return time.Time{}
	}
	v := func(i int) int { return int(o[i]&0x0F)*10 + int(o[i]>>4) }
	quarter := int(o[6]&0x07)*10 + int(o[6]>>4)
	if o[6]&0x08 != 0 {
		quarter = -quarter
	}
	zone := time.FixedZone("", quarter*900)
	return time.Date(2000+v(0), time.Month(v(1)), v(2), v(3), v(4), v(5), 0, zone).UTC()
}

// text reads user data: UCS-2, 8 bit, or the 7 bit alphabet.
func text(data []byte, coding byte, length int, header bool) string {
	skip := 0
	if header && len(data) > 0 {
		skip = int(data[0]) + 1
	}
	switch coding & 0x0C {
	case codingUCS2:
		data = data[min(skip, len(data)):]
		units := make([]uint16, 0, len(data)/2)
		for i := 0; i+1 < len(data); i += 2 {
			units = append(units, uint16(data[i])<<8|uint16(data[i+1]))
		}
		return string(utf16.Decode(units))
	case 0x04:
		return string(data[min(skip, len(data)):])
	}
	return sevenBit(data, length, (skip*8+6)/7)
}

// basic is the part of the 7 bit default alphabet (3GPP TS 23.038) that is not
// as in ASCII.
func basic(c byte) rune {
	const low = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
	special := map[byte]rune{0x24: '¤', 0x40: '¡', 0x5B: 'Ä', 0x5C: 'Ö', 0x5D: 'Ñ', 0x5E: 'Ü', 0x5F: '§', 0x60: '¿', 0x7B: 'ä', 0x7C: 'ö', 0x7D: 'ñ', 0x7E: 'ü', 0x7F: 'à'}
	if c < 0x20 {
		return []rune(low)[c]
	}
	if r, ok := special[c]; ok {
		return r
	}
	return rune(c)
}

func sevenBit(data []byte, length, skip int) string {
	var b strings.Builder
	for i := range length {
		bit := i * 7
		if bit/8 >= len(data) {
			break
		}
		c := data[bit/8] >> (bit % 8)
		if bit%8 > 1 && bit/8+1 < len(data) {
			c |= data[bit/8+1] << (8 - bit%8)
		}
		if i >= skip {
			b.WriteRune(basic(c & 0x7F))
		}
	}
	return b.String()
}
