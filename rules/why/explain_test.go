package why_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/drift"
	"github.com/cpas-charleroi/gtc/rules/why"
	"github.com/cpas-charleroi/gtc/simulators/building"
)

func january(d int) time.Time { return time.Date(2025, 1, d, 0, 0, 0, 0, time.UTC) }

// finds is a finding on the gas meter, or on an equipment that it pays for, from
// one day of January to another, 0 while it lasts.
func finds(rule string, eq gtc.EquipmentID, onset, detected, end int) gtc.Finding {
	f := gtc.Finding{
		ID: strings.Trim(rule+"/"+string(eq), "/"), Site: "s", Meter: "gaz", Equipment: eq, Carrier: gtc.CarrierGas, Rule: rule, Kind: gtc.FindingDrift,
		Onset: january(onset), Detected: january(detected), Through: january(31),
	}
	switch {
	case strings.HasPrefix(rule, "meter"), strings.HasPrefix(rule, "D"):
		f.Kind = gtc.FindingData
	case rule == "energy-saving":
		f.Kind = gtc.FindingSaving
	}
	if end > 0 {
		f.End, f.Through = january(end), january(end-1)
	}
	return f
}

func library(t *testing.T) why.Set {
	t.Helper()
	set, err := why.Library()
	require.NoError(t, err)
	return set
}

// said are the findings that stand, with what they say of each other.
func said(fs []gtc.Finding) []string {
	var out []string
	for _, f := range fs {
		line := f.ID
		if by := f.Inputs["explained_by"]; by != "" {
			line += " <- " + by
		}
		if of := f.Inputs["explains"]; of != "" {
			line += " -> " + of
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

// A plant that does not heat is one finding: it lists what else shows it. What
// endangers people, what another cause has and what is elsewhere stands by itself.
func TestAPlantThatIsOutIsOneFinding(t *testing.T) {
	set := library(t)
	out, circuit := finds("H14-gas", "", 5, 5, 0), finds("H14", "circuit", 5, 5, 0)
	zero := finds("meter-zero", "", 6, 8, 0)
	behind := zero
	behind.ID, behind.Meter, behind.Carrier = "behind", "chaleur", gtc.CarrierHeat
	elec := zero
	elec.ID, elec.Meter, elec.Carrier = "elec", "elec", gtc.CarrierElectricity
	site := finds("H13", "circuit", 5, 6, 0)
	site.ID, site.Site = "elsewhere", "other"
	for name, c := range map[string]struct {
		given []gtc.Finding
		want  []string
	}{
		"all of a plant": {
			[]gtc.Finding{
				finds("H13", "circuit", 5, 6, 0), out, finds("H4", "circuit", 20, 21, 0), zero, behind, circuit, finds("W1", "ecs", 5, 6, 0),
				finds("energy-saving", "", 6, 15, 0), finds("H14", "circuit2", 5, 5, 0),
			},
			[]string{"H14-gas -> H13/circuit H14/circuit H14/circuit2 H4/circuit W1/ecs behind energy-saving meter-zero"},
		},
		"danger to people": {
			[]gtc.Finding{out, finds("G1", "", 6, 8, 0), finds("W2-dead-leg", "ecs", 6, 7, 0), finds("W2-lukewarm", "ecs", 6, 7, 0)},
			[]string{"G1", "H14-gas", "W2-dead-leg/ecs", "W2-lukewarm/ecs"},
		},
		"elsewhere":          {[]gtc.Finding{out, elec, site}, []string{"H14-gas", "elec", "elsewhere"}},
		"another cause":      {[]gtc.Finding{out, finds("H3", "", 6, 9, 0), finds("energy-sudden", "", 6, 9, 0)}, []string{"H14-gas", "H3", "energy-sudden"}},
		"open before":        {[]gtc.Finding{finds("H13", "circuit", 3, 4, 0), out}, []string{"H13/circuit <- H14-gas", "H14-gas -> H13/circuit"}},
		"over before":        {[]gtc.Finding{finds("H13", "circuit", 2, 3, 5), finds("H14", "circuit", 6, 6, 0)}, []string{"H13/circuit", "H14/circuit"}},
		"long before":        {[]gtc.Finding{finds("H13", "circuit", 2, 3, 0), finds("H14", "circuit", 20, 20, 0)}, []string{"H13/circuit", "H14/circuit"}},
		"a circuit feeds no": {[]gtc.Finding{circuit, finds("H13", "circuit2", 20, 21, 0), finds("W1", "ecs", 20, 21, 0)}, []string{"H13/circuit2", "H14/circuit", "W1/ecs"}},
		"in the same week":   {[]gtc.Finding{circuit, finds("W1", "ecs", 8, 9, 0)}, []string{"H14/circuit -> W1/ecs"}},
		"after it":           {[]gtc.Finding{finds("H14", "circuit", 5, 5, 9), finds("H13", "circuit", 9, 10, 0)}, []string{"H13/circuit", "H14/circuit"}},
		"aftermath":          {[]gtc.Finding{finds("H14", "circuit", 5, 5, 9), finds("H8", "", 11, 12, 26)}, []string{"H14/circuit -> H8"}},
		"a meter alone":      {[]gtc.Finding{finds("H14-gas", "", 6, 6, 0), zero}, []string{"H14-gas <- meter-zero", "meter-zero -> H14-gas"}},
		"a stuck sensor": {
			[]gtc.Finding{finds("H14-gas", "", 6, 6, 0), circuit, finds("D1", "circuit", 5, 5, 0), zero},
			[]string{"D1/circuit -> H14/circuit", "H14-gas <- meter-zero", "meter-zero -> H14-gas"},
		},
		"missing data": {
			[]gtc.Finding{finds("D4", "", 5, 5, 0), out, finds("W1", "ecs", 5, 6, 0)}, []string{"D4 -> H14-gas", "W1/ecs"},
		},
	} {
		for range 2 { // in whatever order they come
			require.Equal(t, c.want, said(why.Settle(c.given, set)), name)
			slices.Reverse(c.given)
		}
	}
	var off why.Set
	require.Len(t, why.Settle([]gtc.Finding{out, circuit}, off), 2, "rules that are not there explain nothing")
}

// What lasts four weeks longer than its cause speaks for itself; until then a
// cause lasts as long as what shows it on the plant.
func TestWhatOutlivesItsCause(t *testing.T) {
	set := library(t)
	out, curve := finds("H14", "circuit", 1, 1, 5), finds("H13", "circuit", 1, 2, 0)
	settled := why.Settle([]gtc.Finding{out, curve}, set)
	require.Equal(t, []string{"H14/circuit -> H13/circuit"}, said(settled))
	require.Zero(t, settled[0].End)
	require.Equal(t, january(31), settled[0].Through)

	over := curve
	over.End = january(20)
	require.Equal(t, january(20), why.Settle([]gtc.Finding{out, over}, set)[0].End)
	tank := finds("H8", "", 2, 3, 25)
	out.Rule, out.Equipment = "H14-gas", ""
	require.Equal(t, january(5), why.Settle([]gtc.Finding{out, tank}, set)[0].End, "an aftermath is not it")

	clear := set.Rule("H13").Clear
	curve.Through = january(5 + 28 + clear)
	require.Len(t, why.Settle([]gtc.Finding{out, curve}, set), 1)
	curve.Through = january(5 + 28 + clear + 1)
	settled = why.Settle([]gtc.Finding{out, curve}, set)
	require.Len(t, settled, 2)
	require.Equal(t, january(5), settled[0].End)
	require.Zero(t, settled[1].End)
}

// A hub that starts again has what was told and what the detector says, and not
// what was listed: it says the same.
func TestSettledStaysSettled(t *testing.T) {
	set := library(t)
	zero := finds("meter-zero", "", 5, 7, 0)
	earlier := finds("H13", "circuit", 3, 4, 0)
	first := why.Settle([]gtc.Finding{earlier, finds("H14-gas", "", 5, 5, 0), finds("H14", "circuit", 5, 5, 0), zero}, set)
	want := []string{"H13/circuit <- H14-gas", "H14-gas -> H13/circuit H14/circuit meter-zero"}
	require.Equal(t, want, said(first))
	require.Equal(t, first, why.Settle(append(slices.Clone(first), zero), set))
	require.Equal(t, map[string]gtc.FindingKind{"H13/circuit": gtc.FindingDrift, "H14/circuit": gtc.FindingDrift, "meter-zero": gtc.FindingDrift}, why.Explained(first))
	require.Equal(t, []string{"H14-gas"}, said(why.Settle([]gtc.Finding{finds("H14-gas", "", 5, 5, 0)}, set)), "nothing is listed that is not there any more")
}

// lockedOut is a house whose boiler is out for some days, with all that judges it.
type lockedOut struct {
	*house
	rules     why.Set
	book      *why.Book
	detectors map[gtc.EquipmentID]*drift.Detector
}

func lockOut(t *testing.T, c gtc.Category, from time.Time, days, until int) *lockedOut {
	t.Helper()
	h := simulate(t, "s1", params(c, 1300, 61, epoch(t), building.Fault{Kind: building.BoilerLockout, From: from, To: from.AddDate(0, 0, days)}), until+1)
	l := &lockedOut{h, all(t), why.NewBook(h.site, all(t), h.start.AddDate(0, 0, 1)), map[gtc.EquipmentID]*drift.Detector{}}
	for id, base := range h.ev.Baselines {
		l.detectors[id] = drift.New(base)
	}
	return l
}

// on returns what stands on a day, by name, of what was detected from the first on.
func (l *lockedOut) on(day, first int) map[string]gtc.Finding {
	l.book.Look(&l.ev, l.start.AddDate(0, 0, day))
	fs := l.book.Judge()
	for _, m := range l.site.Meters {
		if d := l.detectors[m.Equipment]; d != nil {
			fs = append(fs, d.Detect(l.joined[m.Equipment][:day], drift.Options{Site: "s1", Meter: m.Equipment, Carrier: m.Carrier})...)
		}
	}
	out := map[string]gtc.Finding{}
	for _, f := range why.Settle(fs, l.rules) {
		if !f.Detected.Before(l.start.AddDate(0, 0, first)) {
			out[f.ID] = f
		}
	}
	return out
}

// TestOneLockoutOneFinding: a boiler that is out for days, seen day by day: what
// was told is not taken back, from the day on which the cause is known it is the
// only one of the plant, and it ends when the boiler is back.
func TestOneLockoutOneFinding(t *testing.T) {
	loc := brussels(t)
	for name, c := range map[string]struct {
		category gtc.Category
		from     time.Time
		days     int
		before   []string
		main     string
		lists    int
	}{
		"cold": {gtc.CategoryRestHome, time.Date(2024, 11, 12, 5, 0, 0, 0, loc), 6, nil, "s1/gaz/H14-gas/2024-11-12", 8},
		"mild": {gtc.CategoryCommunityCentre, time.Date(2025, 4, 8, 5, 0, 0, 0, loc), 10, []string{"H13", "W1", "W2", "W3", "meter-zero"}, "s1/gaz/H14/circuit/2025-04-12", 6},
	} {
		t.Run(name, func(t *testing.T) {
			begin := int(c.from.Sub(epoch(t)).Hours()/24 + 0.5)
			l := lockOut(t, c.category, c.from, c.days, begin+c.days+10)
			told, before := map[string]bool{}, map[string]bool{}
			var main gtc.Finding
			for day := begin; day < begin+c.days+10; day++ {
				standing := l.on(day, begin-1)
				for id := range told {
					require.Contains(t, standing, id, "day %d: told and taken back", day-begin)
				}
				main = standing[c.main]
				for id, f := range standing {
					told[id] = true
					switch {
					case id == c.main:
					case main.ID == "":
						before[f.Rule] = true
					case f.Detected.Before(main.Detected):
						require.Equal(t, c.main, f.Inputs["explained_by"], "%s", id)
						require.Equal(t, main.Detected, f.End, "%s", id)
						require.Contains(t, main.Inputs["explains"], id)
					default:
						require.Equal(t, "energy-sudden", f.Rule, "%s: only the rebound stands beside it", id)
					}
				}
			}
			require.ElementsMatch(t, c.before, slices.Collect(maps.Keys(before)))
			require.WithinDuration(t, l.start.AddDate(0, 0, begin+c.days), main.End, 36*time.Hour)
			require.GreaterOrEqual(t, len(strings.Fields(main.Inputs["explains"])), c.lists, main.Inputs["explains"])
		})
	}
}

// Two bad days do not take back what four weeks of good ones show; bad data that
// made most of it do, as do those that last.
func TestAShortFaultOfTheDataExplainsNoLongDrift(t *testing.T) {
	set := library(t)
	drifts := finds("energy-drift", "", 2, 30, 0)
	for name, c := range map[string]struct {
		data gtc.Finding
		want []string
	}{
		"two days":       {finds("D4", "", 10, 11, 12), []string{"D4", "energy-drift"}},
		"most of them":   {finds("D4", "", 4, 5, 25), []string{"D4 -> energy-drift"}},
		"still":          {finds("D4", "", 28, 29, 0), []string{"D4 -> energy-drift"}},
		"over before it": {finds("D4", "", 1, 1, 2), []string{"D4", "energy-drift"}},
	} {
		require.Equal(t, c.want, said(why.Settle([]gtc.Finding{c.data, drifts}, set)), name)
	}
}
