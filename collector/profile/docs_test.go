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
	pages := map[string]string{"README.md": indexPage(lib, cat)}
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

func indexPage(lib map[string]*Profile, cat *catalogue.Catalogue) string {
	var b bytes.Buffer
	b.WriteString(generated + "# Devices\n\nThe shipped device profiles. *Verified* means that the map was checked on a real device.\n" +
		"A map that several public sources share is still not verified: each page says where it comes from. How to write one: [profile format](../formats/profile.md).\n" +
		"*Recognised* means that the device is told from another before its values are used.\n\n| profile | maker | model | serves | protocol | recognised | verified |\n|---|---|---|---|---|---|---|\n")
	for _, id := range slices.Sorted(maps.Keys(lib)) {
		p := lib[id]
		fmt.Fprintf(&b, "| [%s](%s.md) | %s | %s | %s | %s | %s | %s |\n", id, id, p.Maker, p.Model, serves(p, cat), p.Protocol, yesNo(p.Recognisable()), yesNo(p.Verified))
	}
	return b.String()
}

// serves names the kinds of equipment of a profile.
func serves(p *Profile, cat *catalogue.Catalogue) string {
	var kinds []string
	for _, slot := range slices.Sorted(maps.Keys(p.Slots)) {
		kinds = append(kinds, strings.ToLower(cat.KindLabel(p.Slots[slot]).In("en")))
	}
	if p.Contacts != nil {
		kinds = append(kinds, fmt.Sprintf("%d contacts", p.Contacts.Count))
	}
	slices.Sort(kinds)
	return strings.Join(slices.Compact(kinds), ", ")
}

func devicePage(p *Profile, cat *catalogue.Catalogue) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s# %s: %s %s\n\n", generated, p.ID, p.Maker, p.Model)
	fmt.Fprintf(&b, "- Protocol: %s\n- Verified on a real device: %s\n- Source of the map: %s\n", p.Protocol, yesNo(p.Verified), p.Source)
	for _, slot := range slices.Sorted(maps.Keys(p.Slots)) {
		fmt.Fprintf(&b, "- Slot `%s`: %s (`%s`)\n", slot, cat.KindLabel(p.Slots[slot]).In("en"), p.Slots[slot])
	}
	if p.Protocol == "modbus" {
		modbusPart(&b, p, cat)
	}
	for _, topic := range p.Topics {
		topicTable(&b, p, topic, cat)
	}
	if len(p.Notes) > 0 {
		b.WriteString("\n## Notes\n\n")
		for _, n := range p.Notes {
			fmt.Fprintf(&b, "- %s\n", n)
		}
	}
	return b.String()
}

func topicTable(b *bytes.Buffer, p *Profile, topic Topic, cat *catalogue.Catalogue) {
	number := ""
	if topic.Number != nil {
		number = fmt.Sprintf(", where + ends in %d", *topic.Number)
	}
	fmt.Fprintf(b, "\n## `%s` (%s)%s\n\n", topic.Topic, topic.Format, number)
	if a := topic.Availability; a != nil {
		fmt.Fprintf(b, "Tells whether the device is there: %s; not there: %s.\n", strings.Join(a.Online, ", "), strings.Join(a.Offline, ", "))
		return
	}
	for _, said := range []struct {
		so   bool
		text string
	}{
		{topic.Time != "", fmt.Sprintf("Time of the message: `%s` (%s).", topic.Time, topic.TimeFormat)},
		{topic.Every > 0, fmt.Sprintf("Of the numbers, one in %v is kept.", topic.Every)},
		{topic.OnChange, "Published on change and retained."},
	} {
		if said.so {
			b.WriteString(said.text + "\n\n")
		}
	}
	b.WriteString("| slot | point | what | unit | path | note |\n|---|---|---|---|---|---|\n")
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
