package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func french() Locale {
	return Locale{
		Decimal: ",", Group: "\u202f", Absent: "donnée absente", Summer: "heure d’été", Winter: "heure d’hiver",
		Months:   [12]string{"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
		Weekdays: [7]string{"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."},
	}
}

func brussels(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	return zone
}

// wellFormed reads the picture as XML, as a browser would.
func wellFormed(t require.TestingT, svg string) {
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
	}
}

func chartOf(from, to time.Time, values ...float64) Time {
	c := Time{ID: "x", Size: Size{W: 640, H: 280}, From: from, To: to, Unit: "kWh", Alt: "une phrase", Locale: french()}
	l := Line{Name: "observé", Class: "observed", Gaps: true}
	step := to.Sub(from) / time.Duration(max(len(values), 1))
	for i, v := range values {
		l.Points = append(l.Points, Point{T: from.Add(time.Duration(i) * step), V: v})
	}
	c.Lines = []Line{l}
	return c
}

func TestGapsAreNeverJoined(t *testing.T) {
	zone := brussels(t)
	from := time.Date(2026, 11, 20, 0, 0, 0, 0, zone)
	nan := math.NaN()
	svg := chartOf(from, from.AddDate(0, 0, 1), 1, 2, 3, nan, nan, 4, 5, nan, 6, nan, 7, 8).SVG()
	path := regexp.MustCompile(`<path d="([^"]*)" class="line observed">`).FindStringSubmatch(svg)[1]
	require.Equal(t, 4, strings.Count(path, "M"), "four runs: %s", path)
	require.Equal(t, 4, strings.Count(path, "L"), "1-2-3, 4-5 and 7-8 are joined: %s", path)
	require.Equal(t, 1, strings.Count(svg, `class="dot observed"`), "a value alone is a dot")
	require.Equal(t, 3, strings.Count(svg, `class="gap"`), "every gap is hatched")
	require.Contains(t, svg, "donnée absente")
}

func TestGapsOf(t *testing.T) {
	at := func(h int) time.Time { return time.Date(2026, 1, 1, h, 0, 0, 0, time.UTC) }
	nan := math.NaN()
	require.Equal(t, []span{{at(0), at(24)}}, gapsOf(nil, at(0), at(24)), "nothing known is one gap")
	require.Empty(t, gapsOf([]Point{{at(1), 1}, {at(2), 1}, {at(3), 1}}, at(0), at(4)))
	require.Equal(t, []span{{at(1), at(3)}}, gapsOf([]Point{{at(0), 1}, {at(1), 1}, {at(2), nan}, {at(3), 1}}, at(0), at(4)))
	require.Equal(t, []span{{at(2), at(24)}}, gapsOf([]Point{{at(0), 1}, {at(1), 1}, {at(2), 1}}, at(0), at(24)), "silence until now is a gap")
	require.Equal(t, []span{{at(0), at(20)}}, gapsOf([]Point{{at(20), 1}, {at(21), 1}, {at(22), 1}}, at(0), at(23)), "so is silence before the first")
}

func TestBandLiesUnderTheLine(t *testing.T) {
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	c := chartOf(from, from.AddDate(0, 0, 20), 1, 2, 3)
	c.Areas = []Area{{Class: "band", Ranges: []Range{{from, 0, 1}, {from.AddDate(0, 0, 1), 0, 2}}}, {Class: "excess", Ranges: []Range{{from, 1, 2}, {from.AddDate(0, 0, 1), 1, 2}}}}
	svg := c.SVG()
	require.Less(t, strings.Index(svg, `class="band"`), strings.Index(svg, `class="line observed"`))
	require.Contains(t, svg, `fill="url(#x-excess)"`, "an excess is hatched, never colour alone")
	require.Contains(t, svg, `role="img" aria-labelledby="x-alt"`)
	require.Contains(t, svg, `<title id="x-alt">une phrase</title>`)
}

func TestClockChanges(t *testing.T) {
	zone := brussels(t)
	got := clockChanges(time.Date(2026, 1, 1, 0, 0, 0, 0, zone), time.Date(2027, 1, 1, 0, 0, 0, 0, zone))
	require.Len(t, got, 2)
	require.Equal(t, "2026-03-29T01:00:00Z", got[0].t.UTC().Format(time.RFC3339))
	require.True(t, got[0].summer)
	require.Equal(t, "2026-10-25T01:00:00Z", got[1].t.UTC().Format(time.RFC3339))
	require.False(t, got[1].summer)
	require.Contains(t, chartOf(time.Date(2026, 10, 20, 0, 0, 0, 0, zone), time.Date(2026, 10, 30, 0, 0, 0, 0, zone), 1, 2).SVG(), "heure d’hiver")
}

func TestTimeTicksKeepTheCalendar(t *testing.T) {
	zone := brussels(t)
	labels := func(days int, width float64) []string {
		from := time.Date(2026, 10, 24, 0, 0, 0, 0, zone)
		var out []string
		for _, k := range timeTicks(from, from.AddDate(0, 0, days), french(), width) {
			out = append(out, k.label)
		}
		return out
	}
	require.Equal(t, []string{"24 oct.", "12:00", "25 oct.", "12:00", "26 oct."}, labels(2, 200), "a day of 25 hours")
	require.Equal(t, []string{"sam. 24", "dim. 25", "lun. 26", "mar. 27", "mer. 28"}, labels(4, 400))
	require.Equal(t, []string{"26 oct.", "2 nov.", "9 nov.", "16 nov.", "23 nov."}, labels(35, 600))
	require.Equal(t, []string{"nov.", "déc.", "2027", "févr.", "mars", "avr."}, labels(180, 600))
}

func TestNumberTicks(t *testing.T) {
	ticks, decimals := numberTicks(0.2, 3.9, 5)
	require.Equal(t, []float64{0, 1, 2, 3, 4}, ticks)
	require.Zero(t, decimals)
	ticks, decimals = numberTicks(20.1, 20.4, 3)
	require.Equal(t, 1, decimals)
	require.InDelta(t, 20.1, ticks[0], 1e-9)
	ticks, _ = numberTicks(5, 5, 4)
	require.Greater(t, len(ticks), 1, "a constant has an axis")
	ticks, _ = numberTicks(math.Inf(1), math.Inf(-1), 4)
	require.Greater(t, len(ticks), 1, "so has nothing")
}

func TestTextIsEscaped(t *testing.T) {
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	c := chartOf(from, from.AddDate(0, 0, 1), 1, 2)
	c.Alt, c.Unit, c.Lines[0].Name = `<script>"&`, `<b>`, `</svg>`
	svg := c.SVG()
	wellFormed(t, svg)
	require.NotContains(t, svg, "<script>")
	require.Equal(t, 1, strings.Count(svg, "</svg>"))
}

func TestMarksAndStates(t *testing.T) {
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	c := chartOf(from, from.AddDate(0, 0, 10), 0, 1, 0)
	c.Marks = []Mark{{from.AddDate(0, 0, 2), "début", "onset"}, {from.AddDate(0, 0, 9), "détecté le 10 novembre", "detection"}, {from.AddDate(0, 1, 0), "dehors", "onset"}}
	c.NamedMarks, c.States = true, []string{"non", "oui"}
	c.Lines[0].Step = true
	svg := c.SVG()
	require.Contains(t, svg, ">début</text>")
	require.NotContains(t, svg, "dehors")
	require.Contains(t, svg, ">oui</text>")
	require.Contains(t, svg, `text-anchor="end" class="tick markname halo"`, "a name at the edge turns inwards")
}

func TestScatter(t *testing.T) {
	c := Scatter{
		ID: "s", Size: Size{W: 344, H: 260}, Alt: "signature", XUnit: "°C", YUnit: "kWh", Balance: 15, BalanceName: "équilibre", Locale: french(),
		Dots: []Dot{{X: -2, Y: 300, Shade: 0}, {X: 20, Y: 10, Shade: 99}, {X: 5, Y: 250, Class: "after"}}, Model: []XY{{-2, 280}, {15, 20}, {20, 20}},
		Low: []XY{{-2, 200}, {20, 0}}, High: []XY{{-2, 350}, {20, 60}},
	}
	svg := c.SVG()
	wellFormed(t, svg)
	require.Contains(t, svg, `class="sig s11"`)
	require.Contains(t, svg, `class="sig after"`)
	require.Contains(t, svg, "équilibre")
	wellFormed(t, Scatter{ID: "e", Size: Size{W: 300, H: 200}, Balance: math.NaN(), Locale: french()}.SVG())
}

// TestAnySeriesMakesAPicture draws whatever comes: no NaN in a coordinate,
// well formed, inside its frame.
func TestAnySeriesMakesAPicture(t *testing.T) {
	zone := brussels(t)
	bad := regexp.MustCompile(`NaN|Inf|e\+`)
	rapid.Check(t, func(r *rapid.T) {
		from := time.Unix(rapid.Int64Range(1.5e9, 2e9).Draw(r, "from"), 0).In(zone)
		span := time.Duration(rapid.Int64Range(-3600, 3*365*86400).Draw(r, "span")) * time.Second
		values := rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(-1e6, 1e6), rapid.Just(math.NaN()), rapid.Just(0.0)), 0, 40).Draw(r, "values")
		c := chartOf(from, from.Add(span), values...)
		c.Zero = rapid.Bool().Draw(r, "zero")
		c.Size.W = float64(rapid.IntRange(200, 1400).Draw(r, "width"))
		svg := c.SVG()
		wellFormed(r, svg)
		if m := bad.FindString(svg); m != "" {
			r.Fatalf("%s in a coordinate", m)
		}
	})
}
