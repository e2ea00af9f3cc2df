package profile

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

var update = flag.Bool("update", false, "rewrite docs/devices")

const devicesDir = "../../docs/devices"

// TestDeviceDocs keeps docs/devices as the library says; with -update it
// writes the pages.
func TestDeviceDocs(t *testing.T) {
	cat, err := catalogue.Load()
	require.NoError(t, err)
	lib, err := Library()
	require.NoError(t, err)
	pages := map[string]string{"README.md": indexPage(lib)}
	for id, p := range lib {
		pages[id+".md"] = devicePage(p, cat)
	}
	if *update {
		require.NoError(t, os.MkdirAll(devicesDir, 0o755))
		for name, text := range pages {
			require.NoError(t, os.WriteFile(filepath.Join(devicesDir, name), []byte(text), 0o644))
		}
	}
	entries, err := os.ReadDir(devicesDir)
	require.NoError(t, err)
	for _, e := range entries {
		require.Contains(t, pages, e.Name(), "a page without a profile")
	}
	for name, want := range pages {
		got, err := os.ReadFile(filepath.Join(devicesDir, name))
		require.NoError(t, err)
		require.Equal(t, want, string(got), "run go test ./collector/profile -run DeviceDocs -update")
	}
}

const generated = "<!-- Generated from collector/profile/library by go test ./collector/profile -run DeviceDocs -update. -->\n\n"

func indexPage(lib map[string]*Profile) string {
	var b bytes.Buffer
	b.WriteString(generated + "# Devices\n\nThe shipped device profiles. *Verified* means that the map was checked on a real device.\n" +
		"How to write one: [profile format](../formats/profile.md).\n\n| profile | maker | model | protocol | verified |\n|---|---|---|---|---|\n")
	for _, id := range slices.Sorted(maps.Keys(lib)) {
		p := lib[id]
		fmt.Fprintf(&b, "| [%s](%s.md) | %s | %s | %s | %s |\n", id, id, p.Maker, p.Model, p.Protocol, yesNo(p.Verified))
	}
	return b.String()
}

func devicePage(p *Profile, cat *catalogue.Catalogue) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s# %s: %s %s\n\n", generated, p.ID, p.Maker, p.Model)
	fmt.Fprintf(&b, "- Protocol: %s\n- Verified on a real device: %s\n- Source of the map: %s\n", p.Protocol, yesNo(p.Verified), p.Source)
	for _, slot := range slices.Sorted(maps.Keys(p.Slots)) {
		fmt.Fprintf(&b, "- Slot `%s`: %s (`%s`)\n", slot, cat.KindLabel(p.Slots[slot]).In("en"), p.Slots[slot])
	}
	modbusLimits(&b, p.Modbus)
	if c := p.Contacts; c != nil {
		fmt.Fprintf(&b, "\nInputs 0 to %d are %s addresses %d to %d, polled in class `%s`. The site file names the point of each and its normal state.\n",
			c.Count-1, c.Table, c.Address, int(c.Address)+c.Count-1, c.Poll)
	}
	if len(p.Registers) > 0 {
		b.WriteString("\nAddresses are protocol addresses, from 0.\n\n| slot | point | what | unit | table | address | type | scale | range | poll | note |\n|---|---|---|---|---|---|---|---|---|---|---|\n")
		for _, r := range p.Registers {
			point, _ := cat.Point(p.Slots[r.Slot], r.Point)
			fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s | %d | %s | %s | %s | %s | %s |\n", r.Slot, r.Point, point.Label.In("en"), point.Unit,
				r.Table, r.Address, r.Type, scaleText(r.Scale, r.Offset), rangeText(r.Min, r.Max), r.Poll, noteText(r.Note, stateText(r.Enum)))
		}
	}
	for _, topic := range p.Topics {
		topicTable(&b, p, topic, cat)
	}
	return b.String()
}

func modbusLimits(b *bytes.Buffer, m Modbus) {
	if m.WordOrder == OrderLow {
		b.WriteString("- Word order: low word first\n")
	}
	if m.MaxRegisters > 0 {
		fmt.Fprintf(b, "- At most %d registers a read: %s\n", m.MaxRegisters, m.Reason)
	}
}

func topicTable(b *bytes.Buffer, p *Profile, topic Topic, cat *catalogue.Catalogue) {
	number := ""
	if topic.Number != nil {
		number = fmt.Sprintf(", where + ends in %d", *topic.Number)
	}
	fmt.Fprintf(b, "\n## `%s` (%s)%s\n\n| slot | point | what | unit | path | note |\n|---|---|---|---|---|---|\n", topic.Topic, topic.Format, number)
	for _, f := range topic.Fields {
		id := strings.ReplaceAll(string(f.Point), "{1}", "01")
		point, _ := cat.Point(p.Slots[f.Slot], gtc.PointID(id))
		states := stateText(f.Enum)
		if len(f.Ignore) > 0 {
			states += "; ignored: " + strings.Join(f.Ignore, ", ")
		}
		fmt.Fprintf(b, "| %s | `%s` | %s | %s | %s | %s |\n", f.Slot, f.Point, point.Label.In("en"), point.Unit, code(f.Path), noteText(f.Note, states))
	}
}

func stateText[K int64 | string](enum map[K]int) string {
	var parts []string
	for _, raw := range slices.Sorted(maps.Keys(enum)) {
		parts = append(parts, fmt.Sprintf("%v → %d", raw, enum[raw]))
	}
	return strings.Join(parts, ", ")
}

func noteText(note, states string) string {
	if note != "" && states != "" {
		return note + " (" + states + ")"
	}
	return note + states
}

func scaleText(scale, offset float64) string {
	s := ""
	if scale != 0 && scale != 1 {
		s = fmt.Sprintf("× %v", scale)
	}
	if offset != 0 {
		s += fmt.Sprintf(" %+v", offset)
	}
	return s
}

func rangeText(low, high *float64) string {
	switch {
	case low != nil && high != nil:
		return fmt.Sprintf("%v to %v", *low, *high)
	case low != nil:
		return fmt.Sprintf("%v or more", *low)
	case high != nil:
		return fmt.Sprintf("%v or less", *high)
	default:
		return ""
	}
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
