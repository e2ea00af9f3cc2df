package degreeday_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc/rules/degreeday"
)

func brussels(t *testing.T) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	return loc
}

// year makes a year of two halves: cold days of 2 to 8 °C with a mean of 4.5,
// warm ones of 12 to 22 °C with a mean of 16.
func year(loc *time.Location, y int) []degreeday.Day {
	var out []degreeday.Day
	for d := time.Date(y, 1, 1, 0, 0, 0, 0, loc); d.Year() == y; d = d.AddDate(0, 0, 1) {
		day := degreeday.Day{Date: d, Min: 12, Max: 22, Mean: 16}
		if d.YearDay() <= 100 {
			day = degreeday.Day{Date: d, Min: 2, Max: 8, Mean: 4.5}
		}
		out = append(out, day)
	}
	return out
}

// A year made for this: 100 cold days, 265 warm ones.
//
//	15/15       100·(15−5) + 265·0                      = 1000
//	16.5/16.5   100·(16.5−4.5) + 265·(16.5−16)          = 1332.5
//	equivalent  days 3 to 100: 98·12 = 1176; day 101: 0.6·0.5 + 0.4·12 = 5.1;
//	            day 102: 0.9·0.5 + 0.1·12 = 1.65; 263 days: 131.5
//	            = 1314.25, of 363 days: the first two have no two days before
func TestYearByHand(t *testing.T) {
	days := year(brussels(t), 2023)
	a := degreeday.Years[degreeday.DJ15]("x", days)
	b := degreeday.Years[degreeday.DJ165]("x", days)
	c := degreeday.Years[degreeday.DJ165Eq]("x", days)
	require.Len(t, a, 1)
	assert.InDelta(t, 1000, a[0].Value, 1e-9)
	assert.Equal(t, 365, a[0].Known)
	assert.InDelta(t, 1332.5, b[0].Value, 1e-9)
	assert.InDelta(t, 1314.25, c[0].Value, 1e-9)
	assert.Equal(t, []int{363, 365}, []int{c[0].Known, c[0].Of})
	assert.True(t, c[0].Whole())
}

func TestDayBoundaries(t *testing.T) {
	for _, x := range []struct{ lowest, highest, want float64 }{{15, 15, 0}, {10, 20, 0}, {9, 20, 0.5}, {-10, -2, 21}, {20, 30, 0}} {
		assert.InDelta(t, x.want, degreeday.Of15(x.lowest, x.highest), 1e-9, "%+v", x)
	}
	// Energuide's own example: a mean of 10 °C is 6.5 degree-days.
	assert.InDelta(t, 6.5, degreeday.Of165(10), 1e-9)
	assert.Zero(t, degreeday.Of165(20))
	assert.InDelta(t, 0.6*6+0.3*3+0.1*1, degreeday.Equivalent(6, 3, 1), 1e-9)
}

func TestClockChangesAndLeapYearsCountWholeDays(t *testing.T) {
	loc := brussels(t)
	for y, n := range map[int]int{2023: 365, 2024: 366} {
		s := degreeday.Years[degreeday.DJ165]("x", year(loc, y))
		require.Len(t, s, 1)
		assert.Equal(t, []int{n, n}, []int{s[0].Known, s[0].Of})
	}
}

func TestUnknownDaysAreNotWarmOnes(t *testing.T) {
	days := year(brussels(t), 2023)
	s := degreeday.Years[degreeday.DJ15]("x", append(days[:40:40], days[44:]...))[0]
	assert.InDelta(t, 960, s.Value, 1e-9)
	assert.Equal(t, 361, s.Known)
	assert.False(t, s.Whole())
	// A day of which the two before are not known has no equivalent.
	e := degreeday.Years[degreeday.DJ165Eq]("x", append(days[:40:40], days[41:]...))[0]
	assert.Equal(t, 365-2-1-2, e.Known)
}

func TestMeanNeedsTenWholeYears(t *testing.T) {
	var years []degreeday.Sum[degreeday.DJ15]
	for y := range 9 {
		years = append(years, degreeday.Published[degreeday.DJ15]("uccle", 2000+y, 1000+float64(y), "x"))
	}
	_, ok := degreeday.Mean(append(years, degreeday.Sum[degreeday.DJ15]{Station: "uccle", Year: 2009, Value: 100, Known: 30, Of: 365}))
	assert.False(t, ok, "a part of a year is no year")
	n, ok := degreeday.Mean(append(years, degreeday.Published[degreeday.DJ15]("uccle", 2010, 1011, "x")))
	require.True(t, ok)
	assert.Equal(t, degreeday.Normal[degreeday.DJ15]{Station: "uccle", Value: n.Value, Period: "2000-2010", Own: 10}, n)
	assert.InDelta(t, 1004.7, n.Value, 1e-9)
}

func TestCorrect(t *testing.T) {
	n := degreeday.Normal[degreeday.DJ15]{Station: "uccle", Value: 1900}
	mild := degreeday.Published[degreeday.DJ15]("uccle", 2011, 1515, "Energie+")
	got, err := n.Correct(100_000, 20_000, mild)
	require.NoError(t, err)
	assert.InDelta(t, 20_000+80_000*1900/1515.0, got, 1e-6)
	for what, f := range map[string]func() (float64, error){
		"another station": func() (float64, error) {
			return n.Correct(1, 0, degreeday.Published[degreeday.DJ15]("x", 2011, 1515, ""))
		},
		"a part of a year": func() (float64, error) {
			return n.Correct(1, 0, degreeday.Sum[degreeday.DJ15]{Station: "uccle", Value: 900, Known: 200, Of: 365})
		},
		"no normal":      func() (float64, error) { return degreeday.Normal[degreeday.DJ15]{Station: "uccle"}.Correct(1, 0, mild) },
		"base above all": func() (float64, error) { return n.Correct(1, 2, mild) },
		"no cold": func() (float64, error) {
			return n.Correct(1, 0, degreeday.Published[degreeday.DJ15]("uccle", 1, 0, ""))
		},
	} {
		_, err := f()
		assert.Error(t, err, what)
	}
}

// A normal year is not corrected, the base load never is, and a colder year is
// corrected down.
func TestCorrectProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.Float64Range(0, 1e6).Draw(t, "base")
		heat := rapid.Float64Range(1, 1e6).Draw(t, "heat")
		n := degreeday.Normal[degreeday.DJ15]{Station: "s", Value: rapid.Float64Range(500, 4000).Draw(t, "normal")}
		dj := rapid.Float64Range(500, 4000).Draw(t, "observed")
		at := func(heat, dj float64) float64 {
			v, err := n.Correct(base+heat, base, degreeday.Published[degreeday.DJ15]("s", 2020, dj, ""))
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		near := func(a, b float64) {
			if math.Abs(a-b) > 1e-6*math.Max(1, math.Abs(a)) {
				t.Fatalf("%v is not %v", a, b)
			}
		}
		near(at(heat, n.Value), base+heat)
		near(at(0, dj), base)
		near(at(2*heat, dj)-base, 2*(at(heat, dj)-base))
		if dj > n.Value && at(heat, dj) > base+heat {
			t.Fatal("a colder year is corrected down")
		}
	})
}

// TestBasesDoNotMix holds that a sum of one base and a normal of another do
// not compile together.
func TestBasesDoNotMix(t *testing.T) {
	const source = `package p
import "github.com/cpas-charleroi/gtc/rules/degreeday"
func f(n degreeday.Normal[degreeday.%B%], s degreeday.Sum[degreeday.DJ15]) (float64, error) { return n.Correct(1, 0, s) }`
	fset := token.NewFileSet()
	c := types.Config{Importer: importer.ForCompiler(fset, "source", nil)}
	check := func(base string) error {
		f, err := parser.ParseFile(fset, base+".go", strings.ReplaceAll(source, "%B%", base), 0)
		require.NoError(t, err)
		_, err = c.Check("p", fset, []*ast.File{f}, nil)
		return err
	}
	require.NoError(t, check("DJ15"))
	for _, other := range []string{"DJ165", "DJ165Eq"} {
		assert.ErrorContains(t, check(other), "cannot use s")
	}
}
