// Package recording keeps what a device answered, as the frames went over the
// wire, with the samples that its profile makes of them. A recording is the
// proof that a profile reads a device as intended, and stays so.
package recording

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

// The origins of a recording.
const (
	OriginSimulated = "simulated" // made from a profile and plausible values
	OriginDevice    = "device"    // read from a device
)

// The framings.
const (
	FramingTCP = "tcp"
	FramingRTU = "rtu"
)

// File is one recording.
type File struct {
	Profile string `yaml:"profile"`
	// Origin is simulated or device.
	Origin string `yaml:"origin"`
	// Framing of the frames: tcp or rtu.
	Framing string `yaml:"framing"`
	Unit    uint8  `yaml:"unit"`
	// Note is for people: which device, when, what it showed on its display.
	Note string `yaml:"note"`
	// Exchanges are the requests and answers in their order.
	Exchanges []Exchange `yaml:"exchanges"`
	// Identity is what the identification registers say.
	Identity []Text `yaml:"identity"`
	// Samples are what the registers say, in the profile's order.
	Samples []Sample `yaml:"samples"`
	// Closed lists the inputs of a digital-input module that are closed.
	Closed []int `yaml:"closed"`
}

// Exchange is one request and its answer, in hexadecimal.
type Exchange struct {
	Request string `yaml:"request"`
	Answer  string `yaml:"answer"`
}

// Text is what an identification register says.
type Text struct {
	What string `yaml:"what"`
	Text string `yaml:"text"`
}

// Sample is what a register says.
type Sample struct {
	Slot  string `yaml:"slot"`
	Point string `yaml:"point"`
	// Value is the number, true, false or the state's integer, "" when there
	// is none.
	Value string `yaml:"value"`
	// Quality is the name of the quality, good when empty.
	Quality string `yaml:"quality"`
}

// Parse reads a recording.
func Parse(file string, data []byte) (*File, strict.Mistakes) {
	f := &File{}
	doc, mistakes := strict.Decode(file, data, f)
	if len(mistakes) > 0 {
		return f, mistakes
	}
	for _, c := range []struct {
		path, value string
		allowed     []string
	}{
		{"origin", f.Origin, []string{OriginSimulated, OriginDevice}},
		{"framing", f.Framing, []string{FramingTCP, FramingRTU}},
	} {
		if c.value != c.allowed[0] && c.value != c.allowed[1] {
			m := doc.At(c.path, "%s: %q is not %s or %s", c.path, c.value, c.allowed[0], c.allowed[1])
			m.Hint = strict.Near(c.value, c.allowed)
			mistakes = append(mistakes, m)
		}
	}
	if f.Profile == "" {
		mistakes = append(mistakes, doc.At("profile", "profile is missing"))
	}
	for i, x := range f.Exchanges {
		if _, _, err := x.frames(f.Framing); err != nil {
			mistakes = append(mistakes, doc.At(fmt.Sprintf("exchanges[%d]", i), "exchanges[%d]: %v", i, err))
		}
	}
	return f, mistakes
}

// frames returns the request and the answer as they were cut from the line.
func (x Exchange) frames(framing string) (request, answer wire.Frame, err error) {
	cutRequest, cutAnswer := wire.CutTCP, wire.CutTCP
	if framing == FramingRTU {
		cutRequest, cutAnswer = wire.CutRTURequest, wire.CutRTU
	}
	if request, err = whole(x.Request, cutRequest); err != nil {
		return request, answer, fmt.Errorf("request: %w", err)
	}
	if answer, err = whole(x.Answer, cutAnswer); err != nil {
		return request, answer, fmt.Errorf("answer: %w", err)
	}
	if answer.Unit != request.Unit || answer.Transaction != request.Transaction || answer.Function() != request.Function() {
		return request, answer, fmt.Errorf("answer of unit %d to function %d does not belong to the request", answer.Unit, answer.Function())
	}
	return request, answer, nil
}

func whole(text string, cut func([]byte) (wire.Frame, int, error)) (wire.Frame, error) {
	raw, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		return wire.Frame{}, err
	}
	f, n, err := cut(raw)
	switch {
	case err != nil:
		return f, err
	case n == 0 || n != len(raw):
		return f, fmt.Errorf("%w: %d bytes", wire.ErrFrame, len(raw))
	}
	return f, nil
}

// Append adds one exchange: a request PDU and the PDU that answered it.
func (f *File) Append(request, answer []byte) {
	if f.Framing == FramingRTU {
		f.Exchanges = append(f.Exchanges, Exchange{dump(wire.AppendRTU(nil, f.Unit, request)), dump(wire.AppendRTU(nil, f.Unit, answer))})
		return
	}
	n := uint16(len(f.Exchanges) + 1) //nolint:gosec // a recording has a few dozen
	f.Exchanges = append(f.Exchanges, Exchange{dump(wire.AppendTCP(nil, n, f.Unit, request)), dump(wire.AppendTCP(nil, n, f.Unit, answer))})
}

func dump(frame []byte) string { return fmt.Sprintf("% x", frame) }

// Marshal returns the file as YAML.
func (f *File) Marshal() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "profile: %s\norigin: %s\nframing: %s\nunit: %d\n", f.Profile, f.Origin, f.Framing, f.Unit)
	if f.Note != "" {
		fmt.Fprintf(&b, "note: %q\n", f.Note)
	}
	if len(f.Exchanges) > 0 {
		b.WriteString("exchanges:\n")
	}
	for _, x := range f.Exchanges {
		fmt.Fprintf(&b, "  - request: %q\n    answer: %q\n", x.Request, x.Answer)
	}
	if len(f.Identity) > 0 {
		b.WriteString("identity:\n")
	}
	for _, t := range f.Identity {
		fmt.Fprintf(&b, "  - {what: %q, text: %q}\n", t.What, t.Text)
	}
	if len(f.Samples) > 0 {
		b.WriteString("samples:\n")
	}
	for _, s := range f.Samples {
		fmt.Fprintf(&b, "  - {slot: %s, point: %s", s.Slot, s.Point)
		if s.Value != "" {
			fmt.Fprintf(&b, ", value: %q", s.Value)
		}
		if s.Quality != "" {
			fmt.Fprintf(&b, ", quality: %s", s.Quality)
		}
		b.WriteString("}\n")
	}
	if len(f.Closed) > 0 {
		fmt.Fprintf(&b, "closed: [%s]\n", strings.Trim(strings.ReplaceAll(fmt.Sprint(f.Closed), " ", ", "), "[]"))
	}
	return b.Bytes()
}
