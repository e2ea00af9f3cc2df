package chart

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestBars(t *testing.T) {
	nan := math.NaN()
	c := Bars{
		ID: "b", Size: Size{W: 640, H: 260}, Unit: "t", Alt: "une <phrase>", LineName: "PAEDC", Locale: french(),
		Bars: []Bar{
			{Label: "2020", Parts: []float64{30, 70}, Beside: 110, Line: 100},
			{Label: "2021", Beside: nan, Line: 96},
			{Label: "2022", Parts: []float64{20, 40}, Partial: true, Beside: nan, Line: nan},
		},
	}
	svg := c.SVG()
	wellFormed(t, svg)
	require.Contains(t, svg, "une &lt;phrase&gt;")
	require.Equal(t, 4, strings.Count(svg, `class="part part`), "a year without a value has no bar")
	require.Equal(t, 1, strings.Count(svg, `class="partial"`))
	require.Equal(t, 1, strings.Count(svg, `class="beside"`))
	path := regexp.MustCompile(`<path d="([^"]*)" class="line path">`).FindStringSubmatch(svg)[1]
	require.Equal(t, 2, strings.Count(path, " "), "two places: %s", path)
	c.Size.W, c.Bars = 344, nil
	wellFormed(t, c.SVG())
}

// Any bars are well formed and stay inside the plot.
func TestBarsProperties(t *testing.T) {
	height := regexp.MustCompile(`<rect x="[^"]*" y="([^"]*)"`)
	rapid.Check(t, func(t *rapid.T) {
		c := Bars{ID: "b", Size: Size{W: rapid.Float64Range(200, 1200).Draw(t, "w"), H: 240}, Locale: french(), LineName: "x"}
		for range rapid.IntRange(0, 30).Draw(t, "n") {
			c.Bars = append(c.Bars, Bar{
				Label: "2020", Parts: rapid.SliceOfN(rapid.Float64Range(0, 1e7), 0, 5).Draw(t, "parts"),
				Beside: rapid.Float64Range(0, 1e7).Draw(t, "beside"), Line: rapid.Float64Range(0, 1e7).Draw(t, "line"), Partial: rapid.Bool().Draw(t, "partial"),
			})
		}
		svg := c.SVG()
		wellFormed(t, svg)
		for _, m := range height.FindAllStringSubmatch(svg, -1) {
			if strings.HasPrefix(m[1], "-") {
				t.Fatalf("a bar above the picture: %s", m[0])
			}
		}
	})
}
