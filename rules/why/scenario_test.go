package why_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/why"
)

var update = flag.Bool("update", false, "write what the scenarios find")

// TestScenarios runs testdata/*.txtar, one file a rule: a simulated building
// in which nothing is wrong ("building" names its category), of which some
// days show something else. Under "small" nothing is found, under "input" what
// "want" says: detected, onset and end, and the measure. A line is
//
//	FROM..TO [HH-HH] SERIES CHANGE
//
// both dates included, the hours local. A series is equipment.point,
// hours:METER or elsewhere; a change is xF (times), =V (set), +V (add), absent,
// freeze (the first value lasts), rateF (the index counts F times as fast),
// lateN (the hours are shown N steps later) or ~SERIES (two below another).
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.Len(t, files, 34, "a file for each rule that looks for itself")
	houses := map[string]func() *house{}
	for _, c := range []gtc.Category{gtc.CategoryOffice, gtc.CategoryRestHome} {
		houses[string(c)] = sync.OnceValue(func() *house {
			h := simulate(t, "s1", params(c, 1300, 61, epoch(t)), parkDays)
			h.fit(baseline.CalTRACK) // whose figures are fixed by its reference
			h.readDials()
			return h
		})
	}
	for _, name := range files {
		id := strings.TrimSuffix(filepath.Base(name), ".txtar")
		t.Run(id, func(t *testing.T) {
			data, err := os.ReadFile(name)
			require.NoError(t, err)
			a := txtar.Parse(data)
			parts := map[string]*txtar.File{}
			for i := range a.Files {
				parts[a.Files[i].Name] = &a.Files[i]
			}
			h := houses[strings.TrimSpace(string(parts["building"].Data))]()
			set := only(t, id, parts["rules"])
			require.Empty(t, scenario(t, h, set, nil), "quiet")
			require.NotEmpty(t, parts["small"].Data)
			require.Empty(t, scenario(t, h, set, parts["small"].Data), "small")
			got := scenario(t, h, set, parts["input"].Data)
			if *update {
				parts["want"].Data = []byte(got)
				require.NoError(t, os.WriteFile(name, txtar.Format(a), 0o600))
			}
			require.NotEmpty(t, got)
			require.Contains(t, got, "ended=", "it closes")
			told(t, set.Rule(id), found(t, h, set, parts["input"].Data))
			require.Equal(t, string(parts["want"].Data), got)
		})
	}
}

// only is the library with one rule switched on and what a file sets over it.
func only(t *testing.T, id string, over *txtar.File) why.Set {
	t.Helper()
	set, err := why.Library()
	require.NoError(t, err)
	for i := range set {
		set[i].Enabled = set[i].ID == id
	}
	if over != nil {
		set, err = why.Parse(set, "rules", over.Data)
		require.NoError(t, err)
	}
	return set
}

// scenario returns the findings of the second year, a line a finding.
func scenario(t *testing.T, h *house, set why.Set, script []byte) string {
	t.Helper()
	var out strings.Builder
	for _, f := range found(t, h, set, script) {
		end := "lasts"
		if !f.End.IsZero() {
			end = "ended=" + f.End.Format(time.DateOnly)
		}
		looked := ""
		if f.Equipment != "" {
			looked = " " + string(f.Equipment)
		}
		fmt.Fprintf(&out, "%s %s %s%s since=%s %s value=%s\n", f.Detected.Format(time.DateOnly), f.Rule, f.Meter, looked, f.Onset.Format(time.DateOnly), end, f.Inputs["value"])
	}
	return out.String()
}

// found returns the findings of the second year.
func found(t *testing.T, h *house, set why.Set, script []byte) []gtc.Finding {
	t.Helper()
	g := *h
	g.ev.Points, g.ev.Hours = maps.Clone(h.ev.Points), maps.Clone(h.ev.Hours)
	for line := range bytes.Lines(script) {
		g.change(t, strings.Fields(string(line)))
	}
	return slices.DeleteFunc(g.judge(set, parkDays-1), func(f gtc.Finding) bool {
		return f.Detected.Before(g.start.AddDate(0, 0, baselineDays))
	})
}

// told asks of findings what every finding owes: the version and inputs of the
// rule, a query that shows the evidence, and a text for people without anything
// left out.
func told(t *testing.T, r *why.Rule, findings []gtc.Finding) {
	t.Helper()
	for _, f := range findings {
		require.Equal(t, why.Version, f.Inputs["version"])
		require.Equal(t, string(r.Sensitivity), f.Inputs["sensitivity"])
		require.NotEmpty(t, f.Inputs["value"])
		require.Equal(t, fmt.Sprintf("%d of %d d", r.Open, r.Within), f.Inputs["open"])
		for name := range r.Params {
			require.Contains(t, f.Inputs, name)
		}
		query := f.Inputs["query"]
		require.Regexp(t, `^SELECT \S.* FROM \S+ WHERE site='s1' AND (equipment|meter)='[a-z0-9-]+' AND .*time >= \d+ms$`, query)
		switch {
		case f.Equipment != "":
			require.Contains(t, query, "equipment='"+string(f.Equipment)+"'")
			for _, p := range r.Needs[0].Points {
				require.Contains(t, query, string(p))
			}
		default:
			require.Contains(t, query, string(f.Meter))
		}
		for _, lang := range []string{"fr", "nl", "en"} {
			require.NotContains(t, f.Text[lang], "{")
			require.NotContains(t, f.Text[lang], "NaN")
		}
		require.Regexp(t, `^[A-ZÀ-Ý].* (À vérifier|À revoir).*\.$`, f.Text["fr"])
		require.InDelta(t, 0.5, f.Confidence, 0.5)
		t.Log(f.Text["fr"])
	}
}

// change applies one line of a script.
func (h *house) change(t *testing.T, words []string) {
	t.Helper()
	require.GreaterOrEqual(t, len(words), 3)
	a, b, _ := strings.Cut(words[0], "..")
	loc := h.start.Location()
	from, err := time.ParseInLocation(time.DateOnly, a, loc)
	require.NoError(t, err)
	to, err := time.ParseInLocation(time.DateOnly, b, loc)
	require.NoError(t, err)
	lo, hi := 0, 24
	if len(words) == 4 {
		_, err = fmt.Sscanf(words[1], "%d-%d", &lo, &hi)
		require.NoError(t, err)
	}
	series, step := h.series(words[len(words)-2])
	what, original := words[len(words)-1], slices.Clone(series)
	first := math.NaN()
	for i := range series {
		at := h.ev.From.Add(time.Duration(i) * step).In(loc)
		inHours := at.Hour() >= lo && at.Hour() < hi || lo > hi && (at.Hour() >= lo || at.Hour() < hi)
		if at.Before(from) || !at.Before(to.AddDate(0, 0, 1)) || !inHours {
			continue
		}
		was := series[i]
		if math.IsNaN(first) {
			first = was
		}
		switch {
		case what == "absent":
			series[i] = math.NaN()
		case what == "freeze":
			series[i] = first
		case what[0] == '~':
			twin, _ := h.series(what[1:])
			series[i] = twin[i] - 2
		case strings.HasPrefix(what, "late"):
			series[i] = original[i-int(parse(t, what[4:]))]
		case strings.HasPrefix(what, "rate"):
			series[i] = first + parse(t, what[4:])*(was-first)
		case what[0] == 'x':
			series[i] = parse(t, what[1:]) * was
		case what[0] == '=':
			series[i] = parse(t, what[1:])
		case what[0] == '+':
			series[i] = was + parse(t, what[1:])
		default:
			require.Fail(t, "unknown change", what)
		}
	}
}

// series returns a copy of a series, in the place of the original.
func (h *house) series(name string) ([]float64, time.Duration) {
	if name == "elsewhere" {
		h.ev.Elsewhere = slices.Clone(h.ev.Elsewhere)
		return h.ev.Elsewhere, why.Step
	}
	if meter, ok := strings.CutPrefix(name, "hours:"); ok {
		id := gtc.EquipmentID(meter)
		h.ev.Hours[id] = slices.Clone(h.ev.Hours[id])
		return h.ev.Hours[id], time.Hour
	}
	eq, p, _ := strings.Cut(name, ".")
	k := why.Point{Equipment: gtc.EquipmentID(eq), Point: gtc.PointID(p)}
	if h.ev.Points[k] == nil {
		h.ev.Points[k] = make([]float64, len(h.ev.Outdoor))
	} else {
		h.ev.Points[k] = slices.Clone(h.ev.Points[k])
	}
	return h.ev.Points[k], why.Step
}

func parse(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	require.NoError(t, err)
	return v
}
