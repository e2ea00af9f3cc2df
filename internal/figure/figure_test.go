package figure

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

var update = flag.Bool("update", false, "rewrite the structures in testdata")

// meter is a made-up gas meter of so many days; the weekday matters, a gap and
// a rise are in it.
func meter(tb testing.TB, n int) []baseline.Day {
	tb.Helper()
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, zone(tb))
	var out []baseline.Day
	for i := range n {
		if i >= 500 && i < 512 {
			continue
		}
		d := baseline.Day{Date: start.AddDate(0, 0, i), HasKWh: true, HasTemp: true, Coverage: 1}
		d.Temp = 10 - 8*math.Cos(2*math.Pi*float64(i-20)/365) + 3*math.Sin(float64(i)*1.7)
		d.KWh = 100 + 30*math.Max(0, 15-d.Temp) + 15*math.Sin(float64(i)*.9+1)
		if weekend(d.Date) {
			d.KWh *= 0.6
		}
		if i >= 450 {
			d.KWh *= 1.3
		}
		out = append(out, d)
	}
	return out
}

func drifting(t *testing.T) History {
	t.Helper()
	days := meter(t, 730)
	b, err := baseline.Fit(days, baseline.FitOptions{Carrier: gtc.CarrierGas, To: days[0].Date.AddDate(1, 0, 0)})
	require.NoError(t, err)
	on := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, zone(t)) }
	return History{Baseline: b, Days: days, Findings: []gtc.Finding{
		{Kind: gtc.FindingDrift, Onset: on(2025, 3, 26), Detected: on(2025, 4, 2)},
		{Kind: gtc.FindingSaving, Onset: on(2025, 7, 1), Detected: on(2025, 7, 20), End: on(2025, 8, 1)},
		{Kind: gtc.FindingData, Onset: on(2025, 9, 1), Detected: on(2025, 9, 5), End: on(2025, 9, 9)},
	}}
}

// moments are two days of a building with an hour that is not known.
func moments(t *testing.T) []Moment {
	t.Helper()
	start := time.Date(2026, 1, 12, 0, 0, 0, 0, zone(t))
	var out []Moment
	for i := range 192 {
		at := start.Add(time.Duration(i) * 15 * time.Minute)
		m := Moment{At: at, Outdoor: 2 + math.Sin(float64(i)/15), Room: 17, SetPoint: 16.5, Flow: 32, Return: 27, GasKW: 20, ElectricKW: 5}
		if h := at.Hour(); h >= 6 && h < 18 {
			m.Room, m.SetPoint, m.Flow, m.Return, m.GasKW, m.ElectricKW, m.Occupancy = 20.5, 20.5, 55, 42, 90, 22, 1
		}
		if i >= 100 && i < 104 {
			m.Room, m.GasKW = math.NaN(), math.NaN()
		}
		out = append(out, m)
	}
	return out
}

func yearOf(days []baseline.Day) []Day {
	var out []Day
	for _, d := range days {
		out = append(out, Day{Date: d.Date, Outdoor: d.Temp, GasKWh: d.KWh, ElectricKWh: 40})
	}
	return out
}

// drawAll draws every kind of figure.
func drawAll(t *testing.T) map[string]string {
	t.Helper()
	h := drifting(t)
	words := Words{Title: "Titre & <essai>", Subtitle: "Sous-titre", Alternative: "Ce que montre la figure."}
	out := map[string]string{}
	for name, draw := range map[string]func(io.Writer) error{
		"week":        func(w io.Writer) error { return Week(w, words, moments(t)) },
		"year":        func(w io.Writer) error { return Year(w, words, yearOf(h.Days[:365])) },
		"signature":   func(w io.Writer) error { return Signature(w, words, h.Baseline, h.Days) },
		"consumption": func(w io.Writer) error { return Consumption(w, words, h) },
		"cusum":       func(w io.Writer) error { return CUSUM(w, words, h) },
	} {
		var b bytes.Buffer
		require.NoError(t, draw(&b), name)
		out[name] = b.String()
	}
	return out
}

// TestStructure compares what each figure is made of with testdata: its words,
// its strokes and fills by style. Coordinates are left out, because the last
// digits of floating point differ between processors.
func TestStructure(t *testing.T) {
	again := drawAll(t)
	for name, svg := range drawAll(t) {
		require.Equal(t, svg, again[name], "%s differs between two runs", name)
		got := structure(t, svg)
		file := filepath.Join("testdata", name+".txt")
		if *update {
			require.NoError(t, os.MkdirAll("testdata", 0o750))
			require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err, "write it with: go test ./internal/figure -update")
		require.Equal(t, string(want), got)
		require.NotContains(t, svg, "NaN")
	}
}

// structure lists the texts of an SVG and counts its paths by style.
func structure(t *testing.T, svg string) string {
	t.Helper()
	var texts, styles []string
	count := map[string]int{}
	dec := xml.NewDecoder(strings.NewReader(svg))
	element := ""
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err, "well-formed XML")
		switch x := token.(type) {
		case xml.StartElement:
			element = x.Name.Local
			for _, a := range x.Attr {
				if a.Name.Local == "style" && element == "path" {
					if count[a.Value] == 0 {
						styles = append(styles, a.Value)
					}
					count[a.Value]++
				}
			}
		case xml.CharData:
			if s := strings.TrimSpace(string(x)); s != "" && (element == "text" || element == "title" || element == "desc") {
				texts = append(texts, element+": "+s)
			}
		case xml.EndElement:
			element = ""
		}
	}
	var b strings.Builder
	for _, s := range texts {
		b.WriteString(s + "\n")
	}
	for _, s := range styles {
		fmt.Fprintf(&b, "path ×%d: %s\n", count[s], s)
	}
	return b.String()
}

func TestWordsAreInTheFigure(t *testing.T) {
	for name, svg := range drawAll(t) {
		require.Contains(t, svg, "<title>Titre &amp; &lt;essai&gt;</title>", name)
		require.Contains(t, svg, "<desc>Ce que montre la figure.</desc>", name)
		require.Contains(t, svg, `role="img"`, name)
	}
}

func TestNothingToDraw(t *testing.T) {
	require.ErrorIs(t, Week(io.Discard, Words{}, nil), ErrEmpty)
	require.ErrorIs(t, Year(io.Discard, Words{}, nil), ErrEmpty)
	require.ErrorIs(t, Signature(io.Discard, Words{}, baseline.Baseline{}, nil), ErrEmpty)
	require.ErrorIs(t, Consumption(io.Discard, Words{}, History{}), ErrEmpty)
	require.ErrorIs(t, CUSUM(io.Discard, Words{}, History{}), ErrEmpty)
}

// TestGapsAreGaps: absent values and absent rows interrupt the line.
func TestGapsAreGaps(t *testing.T) {
	nan := math.NaN()
	c := curve{gap: 1.5}
	for _, p := range [][2]float64{{0, 1}, {1, 2}, {2, nan}, {3, 4}, {4, 5}, {7, 6}, {8, nan}, {9, 1}} {
		c.pts = append(c.pts, struct{ X, Y float64 }{p[0], p[1]})
	}
	var lengths []int
	for _, r := range c.runs() {
		lengths = append(lengths, len(r))
	}
	require.Equal(t, []int{2, 2, 1, 1}, lengths)
	require.InDelta(t, 1, c.last(), 0)
	require.True(t, math.IsNaN(curve{}.last()))

	h := drifting(t)
	missing := 0
	for _, d := range h.days() {
		if math.IsNaN(d.kwh) {
			missing++
			require.True(t, math.IsNaN(d.c), "an absent day adds nothing")
		}
	}
	require.Equal(t, 12, missing)
}

func TestWrap(t *testing.T) {
	fits := func(s string) bool { return len(s) <= 10 }
	require.Equal(t, []string{"short"}, wrap("short", fits))
	require.Equal(t, []string{"one two", "three four"}, wrap("one two three four", fits))
	require.Equal(t, []string{"one two", "three four …"}, wrap("one two three four five", fits))
	require.Equal(t, []string{"unbreakable"}, wrap("unbreakable", fits))
	require.Empty(t, wrap("", fits))
}

func TestGroupsAreNamed(t *testing.T) {
	for group, name := range map[string]string{
		"all": "attendu", "weekend": "week-end", "weekday": "semaine", "winter": "hiver", "summer weekday": "été semaine",
		"shoulder weekend": "mi-saison week-end", "winter day off": "hiver jour de repos", "monday to saturday": "lundi à samedi",
		"sunday": "dimanche et fériés", "vacant": "vacances",
	} {
		require.Equal(t, name, groupName(group))
	}
}

// TestEveryDayBelongsToOneModel of the baseline it was fitted on.
func TestEveryDayBelongsToOneModel(t *testing.T) {
	h := drifting(t)
	require.Greater(t, len(h.Baseline.Segments), 1, "weekends differ")
	for _, d := range fitted(h.Baseline, h.Days) {
		n := 0
		for _, s := range h.Baseline.Segments {
			if h.Baseline.GroupOf(d.Date) == s.Name {
				n++
			}
		}
		require.Equal(t, 1, n, d.Date)
	}
}

func BenchmarkSignature(b *testing.B) {
	days := meter(b, 365)
	base, err := baseline.Fit(days, baseline.FitOptions{Carrier: gtc.CarrierGas})
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if err := Signature(io.Discard, Words{Title: "t"}, base, days); err != nil {
			b.Fatal(err)
		}
	}
}
