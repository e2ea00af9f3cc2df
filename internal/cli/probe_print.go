package cli

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

// probeResult is what gtc probe --json prints.
type probeResult struct {
	URL      string         `json:"url"`
	Unit     uint8          `json:"unit"`
	Profile  string         `json:"profile"`
	At       time.Time      `json:"at"`
	Identity []identityLine `json:"identity,omitempty"`
	Points   []pointLine    `json:"points,omitempty"`
	Inputs   []inputLine    `json:"inputs,omitempty"`
}

// pointLine is one point as it was read.
type pointLine struct {
	Slot    string   `json:"slot"`
	Point   string   `json:"point"`
	Table   string   `json:"table"`
	Address uint16   `json:"address"`
	Raw     []string `json:"raw,omitempty"`
	// Value is a number, a boolean or the state of an enumeration.
	Value   any    `json:"value,omitempty"`
	Unit    string `json:"unit,omitempty"`
	Quality string `json:"quality"`
	Error   string `json:"error,omitempty"`

	shown string
}

// inputLine is one input of a digital-input module as it was read.
type inputLine struct {
	Input   int    `json:"input"`
	Table   string `json:"table"`
	Address uint16 `json:"address"`
	Closed  *bool  `json:"closed,omitempty"`
	Quality string `json:"quality"`
}

func (p *probe) result(r *reading) probeResult {
	out := probeResult{URL: p.end.URL, Unit: p.unit, Profile: r.profile.ID, At: r.at, Identity: r.identity}
	for _, reg := range r.profile.Registers {
		point, _ := p.cat.Point(r.profile.Slots[reg.Slot], reg.Point)
		v, q := r.memory.Read(r.profile, reg, point.Type)
		line := pointLine{
			Slot: reg.Slot, Point: string(reg.Point), Table: reg.Table, Address: reg.Address,
			Raw: r.raw(reg), Unit: point.Unit, shown: showValue(point, v), Value: plainValue(v),
		}
		if err := r.refused[cellOf(reg)]; err != nil && q == gtc.QualityCommLost {
			q, line.Error = gtc.QualityRefused, err.Error()
		}
		line.Quality = q.String()
		out.Points = append(out.Points, line)
	}
	if c := r.profile.Contacts; c != nil {
		for i := range c.Count {
			reg := c.Register("", c.First+i, false)
			v, q := r.memory.Read(r.profile, reg, gtc.TypeBool)
			if r.refused[cellOf(reg)] != nil {
				q = gtc.QualityRefused
			}
			line := inputLine{Input: c.First + i, Table: c.Table, Address: reg.Address, Quality: q.String()}
			if v.Present() {
				closed := v.True()
				line.Closed = &closed
			}
			out.Inputs = append(out.Inputs, line)
		}
	}
	return out
}

// raw shows the words of a read, or the bits, in hexadecimal.
func (r *reading) raw(reg profile.Register) []string {
	var out []string
	if reg.Type == "bit" {
		read, _ := r.memory.Bits(reg.Table, reg.Start(), reg.Words())
		for _, b := range read {
			out = append(out, map[bool]string{false: "0", true: "1"}[b])
		}
		return out
	}
	words, _ := r.memory.Words(reg.Table, reg.Start(), reg.Words())
	for _, w := range words {
		out = append(out, fmt.Sprintf("%04x", w))
	}
	return out
}

// plainValue is a value as JSON has it, nil when absent.
func plainValue(v gtc.Value) any {
	switch v.Type {
	case gtc.TypeFloat:
		return v.Num
	case gtc.TypeBool:
		return v.True()
	case gtc.TypeEnum:
		return int(v.Num)
	case gtc.TypeNone:
	}
	return nil
}

// showValue is a value as people read it in French.
func showValue(point catalogue.Point, v gtc.Value) string {
	switch v.Type {
	case gtc.TypeFloat:
		// Four decimals: what a float of 32 bits adds after them is noise.
		text := strconv.FormatFloat(math.Round(v.Num*1e4)/1e4, 'f', -1, 64)
		return strings.ReplaceAll(text, ".", ",")
	case gtc.TypeBool:
		return map[bool]string{false: "non", true: "oui"}[v.True()]
	case gtc.TypeEnum:
		return fmt.Sprintf("%d (%s)", int(v.Num), point.Enum[int(v.Num)].In("fr"))
	case gtc.TypeNone:
	}
	return "–"
}

// showQuality is a quality in French.
func showQuality(name string) string {
	words := map[string]string{
		"good": "bonne", "comm_lost": "pas de réponse", "out_of_range": "hors plage", "sensor_fault": "sonde absente ou en défaut",
		"refused": "refusé par l'appareil",
	}
	if w, ok := words[name]; ok {
		return w
	}
	return name
}

// showWhat is what an identification register tells, in French where it is
// one of the usual words.
func showWhat(what string) string {
	words := map[string]string{
		"model": "modèle", "maker": "fabricant", "serial": "numéro de série", "firmware": "microprogramme", "hardware": "matériel", "standard": "norme",
	}
	if w, ok := words[what]; ok {
		return w
	}
	return what
}

// print shows what was read.
func (p *probe) print(r *reading) error {
	out := p.result(r)
	if p.asJSON {
		return writeJSON(p.env.Stdout, out)
	}
	var b bytes.Buffer
	verified := "carte non vérifiée sur un appareil"
	if r.profile.Verified {
		verified = "carte vérifiée"
	}
	fmt.Fprintf(&b, "%s %s, unité %d, profil %s (%s)\n", r.profile.Maker, r.profile.Model, p.unit, r.profile.ID, verified)
	for _, l := range out.Identity {
		mark := ""
		if !l.OK {
			mark = "   ≠ attendu " + strings.Join(l.Expected, ", ")
		}
		text := l.Text
		if text == "" {
			text = "(vide)"
		}
		fmt.Fprintf(&b, "  %s : %s%s\n", showWhat(l.What), text, mark)
	}
	pointTable(&b, out.Points)
	inputTable(&b, out.Inputs)
	_, err := p.env.Stdout.Write(b.Bytes())
	return err
}

func pointTable(b *bytes.Buffer, lines []pointLine) {
	if len(lines) == 0 {
		return
	}
	rows := [][]string{{"EMPLACEMENT", "POINT", "REGISTRE", "BRUT", "VALEUR", "UNITÉ", "QUALITÉ"}}
	for _, l := range lines {
		quality := showQuality(l.Quality)
		if l.Error != "" {
			quality += " (" + l.Error + ")"
		}
		rows = append(rows, []string{l.Slot, l.Point, fmt.Sprintf("%s %d", l.Table, l.Address), shorten(l.Raw), l.shown, l.Unit, quality})
	}
	b.WriteString("\n")
	align(b, rows)
}

func inputTable(b *bytes.Buffer, lines []inputLine) {
	if len(lines) == 0 {
		return
	}
	rows := [][]string{{"ENTRÉE", "REGISTRE", "CONTACT", "QUALITÉ"}}
	for _, l := range lines {
		state := "–"
		if l.Closed != nil {
			state = map[bool]string{false: "ouvert", true: "fermé"}[*l.Closed]
		}
		rows = append(rows, []string{strconv.Itoa(l.Input), fmt.Sprintf("%s %d", l.Table, l.Address), state, showQuality(l.Quality)})
	}
	b.WriteString("\n")
	align(b, rows)
}

// align writes rows as columns as wide as their longest cell.
func align(b *bytes.Buffer, rows [][]string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell)
			line.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

// shorten shows the words of a read that spans many with the middle left out.
func shorten(raw []string) string {
	if len(raw) == 0 {
		return "–"
	}
	if len(raw) > 6 {
		return strings.Join(raw[:2], " ") + " … " + strings.Join(raw[len(raw)-2:], " ")
	}
	return strings.Join(raw, " ")
}
