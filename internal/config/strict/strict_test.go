package strict

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type day struct{ text string }

func (d *day) UnmarshalText(b []byte) error {
	if len(b) != 3 {
		return errors.New("not a day")
	}
	d.text = string(b)
	return nil
}

func (*day) Expected() string { return "a day of three letters" }

type sample struct {
	Name   string        `yaml:"name"`
	Wait   time.Duration `yaml:"wait"`
	At     time.Time     `yaml:"at"`
	Unit   uint8         `yaml:"unit"`
	Limit  *float64      `yaml:"limit"`
	Raw    []int64       `yaml:"raw"`
	Enum   map[int64]int `yaml:"enum"`
	On     bool          `yaml:"on"`
	Day    day           `yaml:"day"`
	Nested *sample       `yaml:"nested"`
	List   []sample      `yaml:"list"`
	File   string        `yaml:"password_file"`
}

func TestDecode(t *testing.T) {
	var got sample
	doc, mistakes := Decode("a.yaml", []byte(`
name: 0123          # a text stays as it is written
wait: 1m30s
at: 2026-01-31T08:00:00+01:00
unit: 0x0A
limit: -4
raw: [1, -2, 010]
enum: {0: 4, 1: 1}
on: true
day: mon
nested:
  name: "inner"
list:
  - {name: first}
  - name: |
      second
`), &got)
	require.Empty(t, mistakes)
	require.Equal(t, "0123", got.Name)
	require.Equal(t, 90*time.Second, got.Wait)
	require.True(t, got.At.Equal(time.Date(2026, 1, 31, 7, 0, 0, 0, time.UTC)))
	require.Equal(t, uint8(10), got.Unit)
	require.InDelta(t, -4, *got.Limit, 0)
	require.Equal(t, []int64{1, -2, 10}, got.Raw, "010 is ten, not eight")
	require.Equal(t, map[int64]int{0: 4, 1: 1}, got.Enum)
	require.True(t, got.On)
	require.Equal(t, "mon", got.Day.text)
	require.Equal(t, "inner", got.Nested.Name)
	require.Equal(t, "second\n", got.List[1].Name)

	require.True(t, doc.Has("list[1].name"))
	require.False(t, doc.Has("list[2]"))
	require.Equal(t, "a.yaml:14:12: wrong", doc.At("list[0].name", "wrong").String())
	require.Equal(t, "a.yaml:14:6: wrong", doc.AtKey("list[0].name", "wrong").String())
	require.Equal(t, "a.yaml:14:5: missing", doc.At("list[0].unit", "missing").String(), "the enclosing value stands in")
}

func TestDecodeRefuses(t *testing.T) {
	for _, c := range []struct{ name, yaml, want string }{
		{"unknown key", "nam: x", `f:1:1: unknown key "nam" (did you mean "name"?)`},
		{"unknown key in a list", "list:\n- {nme: x}", `f:2:4: unknown key "nme" in list[0] (did you mean "name"?)`},
		{"key twice", "name: a\nname: b", "f:2:1: name is given twice"},
		{"wrong type", "unit: many", `f:1:7: unit: expected a whole number, 0 or more and at most 255, found "many"`},
		{"too large", "unit: 256", `f:1:7: unit: expected a whole number, 0 or more and at most 255, found "256"`},
		{"quoted number", `limit: "4"`, `f:1:8: limit: expected a number, found a text: remove the quotes around "4"`},
		{"not finite", "limit: .inf", "f:1:8: limit: expected a number"},
		{"duration without unit", "wait: 5", `f:1:7: wait: expected a duration such as 500ms, 2s or 1m, found "5"`},
		{"instant without offset", "at: 2026-01-31", `f:1:5: at: expected an instant with its offset such as 2026-01-31T08:00:00+01:00, found "2026-01-31"`},
		{"own type", "day: monday", `f:1:6: day: expected a day of three letters, found "monday"`},
		{"yes is a text", "on: yes", `f:1:5: on: expected true or false, found "yes"`},
		{"list for a value", "name: [a]", "f:1:7: name: expected a text, found a list"},
		{"value for a list", "raw: 1", `f:1:6: raw: expected a list, found "1"`},
		{"mapping for a value", "name: {a: b}", "f:1:7: name: expected a text, found a mapping"},
		{"map key", "enum: {a: 1}", "f:1:8: enum.a: the key must be a whole number"},
		{"secret", "password: x", `f:1:1: password: a secret never stands in YAML: put it into a file or the environment (did you mean "password_file"?)`},
		{"anchor", "name: &a x", "f:1:7: anchors (&) and aliases (*) are not used here: write the value out"},
		{"second document", "name: a\n---\nname: b", "f:3:1: a second YAML document: put it into a file of its own"},
		{"syntax", "name: [a", "f:1:7: not readable as YAML: sequence end token ']' not found"},
		{"not a mapping", "- a", "f:1:1: file: expected a mapping, found a list"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var v sample
			_, mistakes := Decode("f", []byte(c.yaml), &v)
			require.Equal(t, c.want, mistakes.Error())
		})
	}
}

func TestDecodeReportsAllAtOnce(t *testing.T) {
	var v sample
	_, mistakes := Decode("f", []byte("on: 3\nnam: x\nlist:\n- unit: -1\n  wait: x\n"), &v)
	require.Len(t, mistakes, 4)
	require.Equal(t, 4, strings.Count(mistakes.Error()+"\n", "\n"))
}

func TestDecodeEmpty(t *testing.T) {
	for _, empty := range []string{"", "# nothing\n", "---\n", "name:\n"} {
		var v sample
		_, mistakes := Decode("f", []byte(empty), &v)
		require.Empty(t, mistakes, empty)
		require.Equal(t, sample{}, v)
	}
}

func TestNear(t *testing.T) {
	known := []string{"holding", "input", "coil", "discrete"}
	for word, want := range map[string]string{"holdign": "holding", "inptu": "input", "coils": "coil", "Discrete": "discrete", "zz": "", "": ""} {
		require.Equal(t, want, Near(word, known), word)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("name: a\nlist:\n- {unit: 3, nested: {on: true}}\n"))
	f.Add([]byte("a: &x [1]\nb: *x\n<<: *x\n"))
	f.Add([]byte("? [a]\n: b\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var v sample
		doc, mistakes := Decode("f", data, &v)
		_ = mistakes.Error()
		_ = doc.At("list[0].name", "x").String()
	})
}

// A file nested deeper than any configuration is refused, not followed.
func TestDecodeDeep(t *testing.T) {
	for _, open := range []string{"[", "{a: "} {
		var v sample
		_, mistakes := Decode("f", []byte("raw: "+strings.Repeat(open, 5000)), &v)
		require.NotEmpty(t, mistakes)
	}
	var v sample
	_, mistakes := Decode("f", []byte(strings.Repeat("{nested: ", 80)+strings.Repeat("}", 80)), &v)
	require.ErrorContains(t, mistakes, "nested deeper than 64 levels")
}
