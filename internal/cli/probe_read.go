package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/modbus"
	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/collector/profile/recording"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/clock"
)

// reading is what a device said when it was read once.
type reading struct {
	profile  *profile.Profile
	memory   *recording.Memory
	file     *recording.File
	at       time.Time
	identity []identityLine
	// refused gives for a register (table and first address) why the device
	// did not answer.
	refused map[string]error
}

// identityLine is what an identification register says.
type identityLine struct {
	What     string   `json:"what"`
	Text     string   `json:"text"`
	Expected []string `json:"expected,omitempty"`
	OK       bool     `json:"ok"`
}

// read reads the device once, prints what it says and records it.
func (p *probe) read(ctx context.Context, prof *profile.Profile) error {
	bus, err := p.bus(ctx, max(modbus.DefaultTimeout, prof.Modbus.Timeout))
	if err != nil {
		return err
	}
	defer bus.Close()
	r := &reading{
		profile: prof, memory: recording.NewMemory(), refused: map[string]error{},
		file: &recording.File{Profile: prof.ID, Origin: recording.OriginDevice, Framing: recording.FramingTCP, Unit: p.unit},
	}
	if p.end.RTU() {
		r.file.Framing = recording.FramingRTU
	}
	if err := clock.Sleep(ctx, prof.Modbus.PauseAfterConnect); err != nil {
		return err
	}
	if err := p.identify(ctx, bus, r); err != nil {
		return err
	}
	if err := p.registers(ctx, bus, r); err != nil {
		return err
	}
	if p.record != "" {
		r.file.Note = "read from " + p.end.Address + " on " + r.at.UTC().Format("2006-01-02")
		r.file.Interpret(r.memory, prof, p.cat)
		if err := writeFile(p.record, r.file.Marshal()); err != nil {
			return err
		}
	}
	if err := p.print(r); err != nil {
		return err
	}
	for _, l := range r.identity {
		if !l.OK {
			return fmt.Errorf("%w: %s is %q, want %q", modbus.ErrContradiction, l.What, l.Text, l.Expected)
		}
	}
	return nil
}

// identify asks the device what it is.
func (p *probe) identify(ctx context.Context, bus *modbus.Bus, r *reading) error {
	for _, d := range r.profile.Identify {
		req := modbus.Request{Table: modbus.Table(d.Table), Address: d.Address, Count: uint16(d.Words())} //nolint:gosec // at most 125
		if err := p.ask(ctx, bus, r, req); err != nil {
			if _, refused := errors.AsType[wire.Exception](err); !refused {
				return err
			}
			continue
		}
		words, _ := r.memory.Words(d.Table, d.Address, d.Words())
		text := d.Text(r.profile.Modbus.WordOrder, words)
		r.identity = append(r.identity, identityLine{d.What, text, d.Expect, d.Accepts(text)})
	}
	return nil
}

// registers reads every register of the profile, one by one where the device
// refuses them together.
func (p *probe) registers(ctx context.Context, bus *modbus.Bus, r *reading) error {
	points := r.points(p.cat)
	m := r.profile.Modbus
	limits := modbus.Limits{MaxRegisters: m.MaxRegisters, MaxBits: m.MaxBits, MaxHole: m.MaxHole}
	if len(p.protected()) > 0 {
		limits.MaxHole = 0 // listed addresses only
	}
	requests, err := modbus.Plan(points, limits, modbus.LineOf(p.end))
	if err != nil {
		return inputError(err)
	}
	for _, req := range requests {
		err := p.ask(ctx, bus, r, req)
		var refusal wire.Exception
		switch {
		case err == nil:
			continue
		case !errors.As(err, &refusal):
			return err
		}
		for _, i := range req.Points {
			reg := points[i].Register
			one := modbus.Request{Table: req.Table, Address: reg.Start(), Count: uint16(reg.Words())} //nolint:gosec // at most 125
			if err := p.ask(ctx, bus, r, one); err != nil {
				if !errors.As(err, &refusal) {
					return err
				}
				r.refused[cellOf(reg)] = refusal
			}
		}
	}
	return nil
}

func cellOf(r profile.Register) string { return fmt.Sprintf("%s %d", r.Table, r.Start()) }

// points are the registers and inputs of the profile as points to plan.
func (r *reading) points(cat *catalogue.Catalogue) []modbus.Point {
	var out []modbus.Point
	for _, reg := range r.profile.Registers {
		point, _ := cat.Point(r.profile.Slots[reg.Slot], reg.Point)
		reg.Poll = "" // one round: classes do not matter
		out = append(out, modbus.Point{Series: gtc.Series{Point: reg.Point}, Type: point.Type, Register: reg})
	}
	if c := r.profile.Contacts; c != nil {
		for i := range c.Count {
			reg := c.Register("", c.First+i, false)
			reg.Poll = ""
			out = append(out, modbus.Point{Type: gtc.TypeBool, Register: reg})
		}
	}
	return out
}

// ask reads once and remembers the answer, also a refusal.
func (p *probe) ask(ctx context.Context, bus *modbus.Bus, r *reading, req modbus.Request) error {
	if err := bus.Open(ctx); err != nil {
		return err
	}
	got, err := bus.Read(ctx, p.unit, req, r.profile.Modbus.Timeout)
	function := functionOf(req.Table)
	request := wire.AppendRead(nil, function, req.Address, req.Count)
	var refusal wire.Exception
	switch {
	case errors.As(err, &refusal) && (refusal == wire.GatewayNoPath || refusal == wire.GatewayNoAnswer):
		return fmt.Errorf("nobody answers: %v", err) //nolint:errorlint // not a refusal of the device, so not passed on as one
	case errors.As(err, &refusal):
		r.file.Append(request, []byte{function | 0x80, byte(refusal)})
		return err
	case err != nil:
		return err
	}
	if r.at.IsZero() {
		r.at = got.At
	}
	r.file.Append(request, answerPDU(function, got))
	if req.Table.Bits() {
		r.memory.PutBits(string(req.Table), req.Address, got.Bits)
	} else {
		r.memory.PutWords(string(req.Table), req.Address, got.Words)
	}
	return clock.Sleep(ctx, r.profile.Modbus.PauseBetween)
}

func functionOf(t modbus.Table) uint8 {
	return map[modbus.Table]uint8{modbus.Coil: wire.ReadCoils, modbus.Discrete: wire.ReadDiscrete, modbus.Holding: wire.ReadHolding, modbus.Input: wire.ReadInput}[t]
}

// answerPDU is the answer as it went over the wire.
func answerPDU(function uint8, got modbus.Reading) []byte {
	if wire.Bits(function) {
		pdu := make([]byte, 2+(len(got.Bits)+7)/8)
		pdu[0], pdu[1] = function, byte(len(pdu)-2)
		for i, b := range got.Bits {
			if b {
				pdu[2+i/8] |= 1 << (i % 8)
			}
		}
		return pdu
	}
	pdu := []byte{function, byte(2 * len(got.Words))}
	for _, w := range got.Words {
		pdu = append(pdu, byte(w>>8), byte(w))
	}
	return pdu
}
