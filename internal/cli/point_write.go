package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/mattn/go-isatty"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/modbus"
	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

func (t *pointTool) write(ctx context.Context, in io.Reader, name, text string) error {
	if err := t.find(name); err != nil {
		return err
	}
	want, err := parseValue(t.target.Point, text)
	if err != nil {
		return inputError(err)
	}
	if err := t.allowed(name, want); err != nil {
		return inputError(err)
	}
	order, err := orderOf(t.target.Register, t.target.Profile, want)
	if err != nil {
		return inputError(err)
	}
	grant, err := t.site.GrantWrite(t.cat, t.target.Device.ID)
	if err != nil {
		return inputError(err)
	}
	w, err := modbus.NewWriter(grant, t.timeouts())
	if err != nil {
		return inputError(err)
	}
	defer w.Close()
	old, err := t.ask(ctx, w.Bus)
	if err != nil {
		return err
	}
	if old.value == want {
		return t.printWritten(name, old, old, false)
	}
	if err := t.confirm(in, name, old, want); err != nil {
		return err
	}
	// Whoever was asked took his time: the device may have closed meanwhile.
	w.Close()
	if err := w.Open(ctx); err != nil {
		return err
	}
	got, err := w.Write(ctx, t.target.Device.Unit, order)
	now := t.decode(got)
	if err != nil && !errors.Is(err, modbus.ErrReadBack) {
		return err
	}
	if printErr := t.printWritten(name, old, now, true); printErr != nil {
		return printErr
	}
	if err != nil {
		return fmt.Errorf("%s: the device shows %v instead of %v: %w", name, now.value, want, err)
	}
	return nil
}

// allowed applies every guard to the value.
func (t *pointTool) allowed(name string, v gtc.Value) error {
	if why := t.target.RefuseValue(v); why != "" {
		return fmt.Errorf("%s is not written: %s", name, why)
	}
	switch t.target.Point.ClassOf(v) {
	case catalogue.ClassC:
		return fmt.Errorf("%s is not written: %v is of class C and takes a second person: use the console", name, v)
	case catalogue.ClassB:
		if t.reason == "" {
			return fmt.Errorf("%s is not written: it is of class B: say why with --reason", name)
		}
	}
	return nil
}

// confirm shows what will happen and asks, on a terminal.
func (t *pointTool) confirm(in io.Reader, name string, old shown, want gtc.Value) error {
	point := t.target.Point
	question := fmt.Sprintf("%s (%s, classe %s)\n  %s → %s\nÉcrire ? [o/N] ", name, point.Label.In("fr"), point.ClassOf(want),
		withUnit(showValue(point, old.value), point.Unit), withUnit(showValue(point, want), point.Unit))
	if t.yes {
		return nil
	}
	if f, ok := in.(*os.File); ok && !isatty.IsTerminal(f.Fd()) {
		return inputError(errors.New("not confirmed: give --yes where nobody can be asked"))
	}
	if !asks(in, t.env.Stderr, question) {
		return inputError(errors.New("not confirmed: nothing was written"))
	}
	return nil
}

func (t *pointTool) printWritten(name string, old, now shown, written bool) error {
	point := t.target.Point
	if t.asJSON {
		return writeJSON(t.env.Stdout, pointResult{
			Point: name, Device: string(t.target.Device.ID), At: now.at, Raw: now.raw, Old: plainValue(old.value),
			Value: plainValue(now.value), Unit: point.Unit, Quality: now.quality.String(), Written: &written,
		})
	}
	if !written {
		_, err := fmt.Fprintf(t.env.Stdout, "%s : déjà %s, rien n'est écrit\n", name, withUnit(showValue(point, now.value), point.Unit))
		return err
	}
	_, err := fmt.Fprintf(t.env.Stdout, "%s\n  ancienne valeur %s\n  relue           %s (brut %s)\n", name,
		withUnit(showValue(point, old.value), point.Unit), withUnit(showValue(point, now.value), point.Unit), shorten(now.raw))
	return err
}

// parseValue reads a value of a point.
func parseValue(point catalogue.Point, text string) (gtc.Value, error) {
	text = strings.TrimSpace(text)
	switch point.Type {
	case gtc.TypeFloat:
		f, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
		if v := gtc.Float(f); err == nil && v.Present() {
			return v, nil
		}
		return gtc.Value{}, fmt.Errorf("%q is not a number", text)
	case gtc.TypeBool:
		switch strings.ToLower(text) {
		case "true", "oui", "on", "1":
			return gtc.Bool(true), nil
		case "false", "non", "off", "0":
			return gtc.Bool(false), nil
		}
		return gtc.Value{}, fmt.Errorf("%q is not true or false", text)
	case gtc.TypeEnum:
		return parseState(point, text)
	case gtc.TypeNone:
	}
	return gtc.Value{}, fmt.Errorf("%s has no values", point.ID)
}

// parseState reads a state by its number or its name in any language.
func parseState(point catalogue.Point, text string) (gtc.Value, error) {
	var known []string
	for _, n := range slices.Sorted(maps.Keys(point.Enum)) {
		if strconv.Itoa(n) == text {
			return gtc.Enum(n), nil
		}
		for _, name := range point.Enum[n] {
			if strings.EqualFold(name, text) {
				return gtc.Enum(n), nil
			}
		}
		known = append(known, fmt.Sprintf("%d %s", n, point.Enum[n].In("fr")))
	}
	return gtc.Value{}, fmt.Errorf("%q is not a state of %s: %s", text, point.ID, strings.Join(known, ", "))
}

// orderOf is the write of a value to a register.
func orderOf(r profile.Register, p *profile.Profile, v gtc.Value) (modbus.Write, error) {
	w := modbus.Write{Address: r.Address, Function: uint8(r.Write.Function)} //nolint:gosec // 0, 5, 6, 15 or 16
	if r.Type == "bit" {
		if w.Function == 0 {
			w.Function = wire.WriteCoil
		}
		w.Bits = []bool{v.True() != r.Invert}
		return w, nil
	}
	words, err := profile.Encode(r, p.Modbus.WordOrder, v)
	if err != nil {
		return w, err
	}
	if w.Function == 0 {
		w.Function = wire.WriteRegister
		if len(words) > 1 {
			w.Function = wire.WriteRegisters
		}
	}
	w.Words = words
	return w, nil
}
