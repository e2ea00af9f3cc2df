package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/modbus"
	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

// pointTool is one run of gtc point.
type pointTool struct {
	env    Env
	dir    string
	asJSON bool
	yes    bool
	reason string

	config *config.Config
	cat    *catalogue.Catalogue
	site   *config.Site
	target config.Target
}

func newPointCommand(env Env) *cobra.Command {
	t := &pointTool{env: env}
	cmd := &cobra.Command{
		Use:   "point",
		Short: "Lit ou écrit un seul point, directement sur l'appareil",
	}
	cmd.PersistentFlags().StringVar(&t.dir, "config", ".", "configuration folder")
	cmd.PersistentFlags().BoolVar(&t.asJSON, "json", false, "print JSON")
	read := &cobra.Command{
		Use:   "read SITE/EQUIPMENT/POINT",
		Short: "Lit un point sur son appareil",
		Long:  "Reads one point directly at its device. Exit status 2 when there is no value.",
		Args:  cobra.ExactArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return t.read(cmd.Context(), args[0]) },
	}
	write := &cobra.Command{
		Use:   "write SITE/EQUIPMENT/POINT VALUE",
		Short: "Écrit un point sur son appareil et le relit",
		Long: `Writes one point directly at its device and reads it back, through the guards of
the site: only a point with owner gtc and limits, within them and those of the
profile, and never at an endpoint that carries fire or intrusion equipment.
Nothing is written when the device shows the value already. A point of class B
needs --reason; one of class C is not written here, it takes a second person.

VALUE is a number, true or false (oui or non), or a state by number or name.
Exit status 1 when it may not be written, 2 when the device does not show it.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.write(cmd.Context(), cmd.InOrStdin(), args[0], args[1])
		},
	}
	write.Flags().BoolVar(&t.yes, "yes", false, "do not ask for confirmation")
	write.Flags().StringVar(&t.reason, "reason", "", "why (required for class B)")
	for _, c := range []*cobra.Command{read, write} {
		c.ValidArgsFunction = t.complete
		cmd.AddCommand(c)
	}
	return cmd
}

// find reads the configuration and finds the point in it.
func (t *pointTool) find(name string) error {
	parts := strings.Split(name, "/")
	if len(parts) != 3 {
		return inputError(fmt.Errorf("%q is not SITE/EQUIPMENT/POINT", name))
	}
	var err error
	if t.config, err = config.Load(t.dir); err != nil {
		return inputError(err)
	}
	if t.cat, err = catalogue.Load(); err != nil {
		return err
	}
	site, ok := t.config.Site(gtc.SiteID(parts[0]))
	if !ok {
		return inputError(withHint(fmt.Sprintf("there is no site %q", parts[0]), parts[0], t.sites()))
	}
	t.site = site
	t.target, err = t.config.Target(t.cat, site, gtc.EquipmentID(parts[1]), gtc.PointID(parts[2]))
	if err != nil {
		return inputError(withHint(err.Error(), name, t.points(site)))
	}
	if t.target.Register.Table == "" {
		return inputError(fmt.Errorf("%s comes by MQTT: it cannot be asked for at the device", name))
	}
	return nil
}

// withHint adds the name that was probably meant.
func withHint(what, word string, known []string) error {
	if hint := strict.Near(word, known); hint != "" && hint != word {
		return fmt.Errorf("%s (did you mean %q?)", what, hint)
	}
	return errors.New(what)
}

// pointResult is what gtc point --json prints.
type pointResult struct {
	Point   string    `json:"point"`
	Device  string    `json:"device"`
	At      time.Time `json:"at,omitzero"`
	Raw     []string  `json:"raw,omitempty"`
	Value   any       `json:"value,omitempty"`
	Unit    string    `json:"unit,omitempty"`
	Quality string    `json:"quality"`
	// Old is the value before a write, Written whether one was sent.
	Old     any   `json:"old,omitempty"`
	Written *bool `json:"written,omitempty"`
}

// shown is a value as it was read from the device.
type shown struct {
	value   gtc.Value
	quality gtc.Quality
	raw     []string
	at      time.Time
}

func (t *pointTool) timeouts() modbus.Timeouts {
	c := t.target.Connection
	return modbus.Timeouts{
		Dial: c.DialTimeout, Frame: c.FrameTimeout, Silence: c.Silence,
		Request: max(c.Timeout, t.target.Profile.Modbus.Timeout),
	}
}

func (t *pointTool) read(ctx context.Context, name string) error {
	if err := t.find(name); err != nil {
		return err
	}
	bus, err := modbus.NewBus(t.target.Connection.URL, t.timeouts())
	if err != nil {
		return inputError(err)
	}
	defer bus.Close()
	got, err := t.ask(ctx, bus)
	if err != nil {
		return err
	}
	if err := t.printRead(name, got); err != nil {
		return err
	}
	if !got.value.Present() {
		return fmt.Errorf("%s has no value: %s", name, got.quality)
	}
	return nil
}

// ask makes sure that the device is what its profile says, and reads the
// point.
func (t *pointTool) ask(ctx context.Context, bus *modbus.Bus) (shown, error) {
	if err := bus.Open(ctx); err != nil {
		return shown{}, err
	}
	d, p, r := t.target.Device, t.target.Profile, t.target.Register
	if err := clock.Sleep(ctx, p.Modbus.PauseAfterConnect); err != nil {
		return shown{}, err
	}
	for _, id := range p.Identify {
		if len(id.Expect) == 0 {
			continue
		}
		text, err := bus.Identify(ctx, d.Unit, id, p.Modbus.WordOrder)
		var refusal wire.Exception
		switch {
		case errors.As(err, &refusal):
		case err != nil:
			return shown{}, err
		case !id.Accepts(text):
			return shown{}, fmt.Errorf("%s: %w: %s is %q, want %q", d.ID, modbus.ErrContradiction, id.What, text, id.Expect)
		}
	}
	got, err := bus.Read(ctx, d.Unit, modbus.Request{Table: modbus.Table(r.Table), Address: r.Start(), Count: uint16(r.Words())}) //nolint:gosec // at most 125
	if err != nil {
		return shown{}, err
	}
	return t.decode(got), nil
}

// decode turns what was read into a value.
func (t *pointTool) decode(got modbus.Reading) shown {
	r, p := t.target.Register, t.target.Profile
	out := shown{at: got.At}
	for _, w := range got.Words {
		out.raw = append(out.raw, fmt.Sprintf("%04x", w))
	}
	for _, b := range got.Bits {
		out.raw = append(out.raw, map[bool]string{false: "0", true: "1"}[b])
	}
	if r.Type == "bit" {
		out.value, out.quality = profile.DecodeBits(r, got.Bits)
	} else {
		out.value, out.quality = profile.Decode(r, p.Modbus.WordOrder, t.target.Point.Type, got.Words)
	}
	return out
}

func (t *pointTool) printRead(name string, got shown) error {
	point := t.target.Point
	if t.asJSON {
		return writeJSON(t.env.Stdout, pointResult{
			Point: name, Device: string(t.target.Device.ID), At: got.at, Raw: got.raw,
			Value: plainValue(got.value), Unit: point.Unit, Quality: got.quality.String(),
		})
	}
	_, err := fmt.Fprintf(t.env.Stdout, "%s\n  %s\n  valeur   %s\n  qualité  %s\n  brut     %s\n  appareil %s, %s %d\n",
		name, point.Label.In("fr"), withUnit(showValue(point, got.value), point.Unit), showQuality(got.quality.String()), shorten(got.raw),
		t.target.Device.ID, t.target.Register.Table, t.target.Register.Address)
	return err
}

func withUnit(value, unit string) string {
	if unit == "" || value == "–" {
		return value
	}
	return value + " " + unit
}

// asks asks a question on a terminal and reports whether the answer is yes.
func asks(in io.Reader, out io.Writer, question string) bool {
	if _, err := fmt.Fprint(out, question); err != nil {
		return false
	}
	var answer string
	if _, err := fmt.Fscanln(in, &answer); err != nil {
		return false
	}
	answer = strings.ToLower(answer)
	return answer == "o" || answer == "oui"
}
