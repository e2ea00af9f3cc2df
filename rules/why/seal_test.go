package why

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

// diary is a book in which one rule sees of each day what a function says.
func diary(t *testing.T, id string, from time.Time, at func(day time.Time) look) (*Book, *Evidence) {
	t.Helper()
	set, err := Library()
	require.NoError(t, err)
	r := *set.Rule(id)
	r.Enabled, r.Needs = true, []Need{{Meter: "any"}}
	site := &gtc.Site{ID: "s", Location: from.Location(), Meters: []gtc.Meter{{
		Equipment: "m", Carrier: gtc.CarrierElectricity, Direction: gtc.DirectionImport, KWhPerUnit: 1,
	}}}
	b := NewBook(*site, Set{r}, from)
	e := evaluators()[id]
	e.kind, e.look = "", func(d *day) look { return at(d.start) }
	b.looks = map[string]evaluator{id: e}
	return b, &Evidence{Site: site, From: from.UTC()}
}

// moods are what days show over the years: figures about a level that changes
// at times, by itself or for good, and gaps.
func moods(rng *rand.Rand, from time.Time, days int) func(time.Time) look {
	level, at := 1.0, map[int64]look{}
	for i := range days {
		switch {
		case rng.IntN(45) == 0:
			level = 0.4 + 3*rng.Float64()
		case rng.IntN(500) == 0:
			i += 70 // leaves a hole, as the days before it stay unknown
		}
		if rng.IntN(12) > 0 {
			at[from.AddDate(0, 0, i).Unix()] = look{level * (1 + 0.05*rng.NormFloat64()), 5, 1}
		}
	}
	return func(day time.Time) look { return at[day.Unix()] }
}

// TestSealedBookSaysTheSame: what a book that is sealed every month says of its
// years is what one says that keeps all days, but for what was over when it was
// sealed.
func TestSealedBookSaysTheSame(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	from := time.Date(2020, 1, 1, 0, 0, 0, 0, loc)
	said := 0
	for i, id := range []string{"E1", "E2", "H10", "H4", "E4"} {
		for seed := range uint64(3) {
			rng := rand.New(rand.NewPCG(seed, uint64(i)))
			at := moods(rng, from, 1300)
			whole, ev := diary(t, id, from, at)
			sealed, _ := diary(t, id, from, at)
			for day := from.AddDate(0, 0, 100); day.Before(from.AddDate(0, 0, 1200)); day = day.AddDate(0, 0, 30+rng.IntN(120)) {
				again := day.AddDate(0, 0, -rng.IntN(40))
				for _, b := range []*Book{whole, sealed} {
					b.Look(ev, day)
					b.Forget(again)
					b.Look(ev, day)
				}
				sealed.Seal(day.AddDate(0, 0, -41-rng.IntN(70)))
				got := after(sealed.Judge(), sealed.Sealed())
				said += len(got)
				require.Equal(t, after(whole.Judge(), sealed.Sealed()), got, "%s, %d, %s", id, seed, day)
			}
		}
	}
	require.Positive(t, said)
}

// after returns the findings that were not over on a day. Of those that last very
// long it leaves out what a typical day was: in a sealed book that is one of the
// last year.
func after(fs []gtc.Finding, day time.Time) []gtc.Finding {
	var out []gtc.Finding
	for _, f := range fs {
		if f.Through.Sub(f.Onset) > reference*24*time.Hour {
			f.Text, f.Inputs = nil, nil
		}
		if f.End.IsZero() || f.End.After(day) {
			out = append(out, f)
		}
	}
	return out
}

// TestBookKeepsABoundedNumberOfDays: a book that runs for years is no larger
// than one that ran for two, and what has lasted all the while keeps its name
// and its dates.
func TestBookKeepsABoundedNumberOfDays(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	from := time.Date(2015, 1, 1, 0, 0, 0, 0, loc)
	rng := rand.New(rand.NewPCG(1, 1))
	worse := from.AddDate(1, 6, 0)
	b, ev := diary(t, "E1", from, func(day time.Time) look {
		level := 1.0
		if !day.Before(worse) {
			level = 2.5
		}
		return look{level + 0.01*rng.Float64()}
	})
	var first gtc.Finding
	for year := range 7 {
		for month := range 12 {
			day := from.AddDate(year, month+1, 0)
			b.Look(ev, day)
			b.Seal(day.AddDate(0, 0, -reference))
			found := b.Judge()
			if day.Before(worse.AddDate(0, 1, 0)) {
				require.Empty(t, found)
				continue
			}
			require.Len(t, found, 1)
			f := found[0]
			if first.ID == "" {
				first = f
			}
			require.Equal(t, first.ID, f.ID)
			require.Equal(t, first.Onset, f.Onset)
			require.Equal(t, first.Detected, f.Detected)
			require.Zero(t, f.End)
			require.InDelta(t, 36*f.Through.Sub(f.Onset).Hours()/24, f.ExcessKWh, 75, "the excess of all its days")
		}
		for _, rec := range b.records {
			require.LessOrEqual(t, len(rec.values), 3*reference+40)
			require.LessOrEqual(t, len(rec.runs), 3*reference+40)
			require.LessOrEqual(t, len(rec.state.readings), reference)
		}
	}
}
