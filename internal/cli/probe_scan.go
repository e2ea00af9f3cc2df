package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/cpas-charleroi/gtc/collector/modbus"
	"github.com/cpas-charleroi/gtc/collector/modbus/endpoint"
	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
	"github.com/cpas-charleroi/gtc/collector/profile"
)

// scanTimeout is how long a unit may take to answer while it is looked for.
const scanTimeout = 500 * time.Millisecond

// foundUnit is a unit that answers.
type foundUnit struct {
	Unit uint8 `json:"unit"`
	// Answer is how it answered the first question: a value or an exception.
	Answer string `json:"answer"`
	// Profiles are those whose identification registers say what they expect.
	Profiles []string `json:"profiles"`
	// Identity is what those registers say.
	Identity map[string]string `json:"identity,omitempty"`
}

// scanUnits looks for the units that answer.
func (p *probe) scanUnits(ctx context.Context) error {
	if protected := p.protected(); len(protected) > 0 {
		return inputError(fmt.Errorf("%s carries %s: it is never scanned", p.end.Address, strings.Join(protected, ", ")))
	}
	units, err := parseUnits(p.units)
	if err != nil {
		return inputError(fmt.Errorf("--units: %w", err))
	}
	if p.config == nil {
		_, _ = fmt.Fprintln(p.env.Stderr, "aucune configuration : vérifiez qu'aucune centrale incendie ou intrusion n'est derrière cette adresse")
	}
	if err := p.listenFirst(ctx); err != nil {
		return err
	}
	bus, err := p.bus(ctx, scanTimeout)
	if err != nil {
		return err
	}
	defer bus.Close()
	bar := p.progress(int64(len(units)), "recherche ")
	found := []foundUnit{}
	for _, unit := range units {
		f, err := p.look(ctx, bus, unit)
		if err != nil {
			return err
		}
		if f != nil {
			found = append(found, *f)
		}
		_ = bar.Add(1) // the bar is an ornament
	}
	_ = bar.Finish()
	return p.printFound(found, len(units))
}

// listenFirst refuses a serial line on which another master speaks.
func (p *probe) listenFirst(ctx context.Context) error {
	if p.end.Scheme != endpoint.SchemeRTU {
		return nil
	}
	_, _ = fmt.Fprintf(p.env.Stderr, "écoute de %s pendant %v…\n", p.end.Address, p.listen)
	heard, err := modbus.ListenLine(ctx, p.end.URL, p.listen)
	if err != nil {
		return err
	}
	if heard.Bytes > 0 {
		return inputError(fmt.Errorf("another master speaks on %s: %d bytes heard, %d frames, units %v: nothing is sent there", p.end.Address, heard.Bytes, heard.Frames, heard.Units))
	}
	return nil
}

// look asks one unit whether it is there and what it is; nil when it is not.
func (p *probe) look(ctx context.Context, bus *modbus.Bus, unit uint8) (*foundUnit, error) {
	f := &foundUnit{Unit: unit, Profiles: []string{}, Identity: map[string]string{}}
	words, err := p.peek(ctx, bus, unit, modbus.Request{Table: modbus.Holding, Count: 1})
	var refusal wire.Exception
	switch {
	case errors.As(err, &refusal):
		if refusal == wire.GatewayNoPath || refusal == wire.GatewayNoAnswer {
			return nil, nil //nolint:nilnil // no unit, no error
		}
		f.Answer = refusal.Error()
	case errors.Is(err, modbus.ErrTimeout):
		return nil, nil //nolint:nilnil // no unit, no error
	case errors.Is(err, modbus.ErrDoubt):
		f.Answer = "illisible"
		return f, nil
	case err != nil:
		return nil, err
	default:
		f.Answer = fmt.Sprintf("holding 0 = %04x", words[0])
	}
	return f, p.guess(ctx, bus, f)
}

// guess compares the identification registers with those of every profile.
func (p *probe) guess(ctx context.Context, bus *modbus.Bus, f *foundUnit) error {
	type key struct {
		table   string
		address uint16
		count   int
	}
	seen := map[key][]uint16{}
	for _, id := range slices.Sorted(maps.Keys(p.profiles)) {
		prof := p.profiles[id]
		fits := prof.Protocol == "modbus" && prof.Recognisable()
		said := map[string]string{}
		for _, d := range prof.Identify {
			if !fits {
				break
			}
			if len(d.Expect) == 0 {
				continue
			}
			k := key{d.Table, d.Address, d.Words()}
			words, asked := seen[k]
			if !asked {
				var err error
				words, err = p.peek(ctx, bus, f.Unit, modbus.Request{Table: modbus.Table(d.Table), Address: d.Address, Count: uint16(d.Words())}) //nolint:gosec // at most 125
				var refusal wire.Exception
				if err != nil && !errors.As(err, &refusal) && !errors.Is(err, modbus.ErrTimeout) {
					return err
				}
				seen[k] = words
			}
			fits = tells(prof, d, words, said)
		}
		if fits {
			f.Profiles = append(f.Profiles, id)
			maps.Copy(f.Identity, said)
		}
	}
	return nil
}

// tells reports whether an identification register says what is expected.
func tells(prof *profile.Profile, d profile.Identity, words []uint16, said map[string]string) bool {
	if len(words) < d.Words() {
		return false
	}
	text := d.Text(prof.Modbus.WordOrder, words)
	said[d.What] = text
	return d.Accepts(text)
}

func (p *probe) peek(ctx context.Context, bus *modbus.Bus, unit uint8, r modbus.Request) ([]uint16, error) {
	if err := bus.Open(ctx); err != nil {
		return nil, err
	}
	got, err := bus.Read(ctx, unit, r)
	return got.Words, err
}

// parseUnits reads unit ids such as 1-20 or 1,3,254.
func parseUnits(text string) ([]uint8, error) {
	var out []uint8
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			last = first
		}
		from, err := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if err != nil || err2 != nil || from < 1 || to > 255 || from > to {
			return nil, fmt.Errorf("%q is not a range of units such as 1-20", part)
		}
		for u := from; u <= to; u++ {
			if !slices.Contains(out, uint8(u)) {
				out = append(out, uint8(u))
			}
		}
	}
	return out, nil
}

func (p *probe) progress(total int64, what string) *progressbar.ProgressBar {
	if p.asJSON || !terminal(p.env.Stderr) {
		return progressbar.DefaultSilent(total)
	}
	return progressbar.NewOptions64(total,
		progressbar.OptionSetDescription(what), progressbar.OptionSetWriter(p.env.Stderr), progressbar.OptionSetWidth(40),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerPadding: "·", BarStart: "", BarEnd: ""}),
	)
}

func (p *probe) printFound(found []foundUnit, asked int) error {
	if p.asJSON {
		return writeJSON(p.env.Stdout, map[string]any{"url": p.end.URL, "units": found})
	}
	var b bytes.Buffer
	rows := [][]string{{"UNITÉ", "RÉPONSE", "PROFIL", "IDENTIFICATION"}}
	for _, f := range found {
		guess := strings.Join(f.Profiles, ", ")
		if guess == "" {
			guess = "?"
		}
		var said []string
		for _, what := range slices.Sorted(maps.Keys(f.Identity)) {
			said = append(said, showWhat(what)+" "+f.Identity[what])
		}
		rows = append(rows, []string{strconv.Itoa(int(f.Unit)), f.Answer, guess, strings.Join(said, ", ")})
	}
	if len(found) > 0 {
		align(&b, rows)
	}
	fmt.Fprintf(&b, "%d unités trouvées sur %d\n", len(found), asked)
	_, err := p.env.Stdout.Write(b.Bytes())
	return err
}
