package why

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/works"
)

// underWorks is a register with works on a meter, or on the whole site, from one
// day of 2025 to another.
func underWorks(t *testing.T, from, to works.Day, meters ...gtc.EquipmentID) works.Register {
	t.Helper()
	reg, err := works.Register{}.Add(works.Entry{ID: "w1", Site: "s", Meters: meters, Kind: works.Works, From: from, To: to, Description: "x", By: "un"})
	require.NoError(t, err)
	return reg
}

// yearOf is a diary of 2025, in which the rule sees a value that each day is
// given; NaN is a day without evidence.
func yearOf(t *testing.T, id string, at func(month time.Month, day int) look) *Book {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	from := time.Date(2025, 1, 1, 0, 0, 0, 0, loc)
	b, ev := diary(t, id, from, func(d time.Time) look { return at(d.Month(), d.Day()) })
	b.Look(ev, from.AddDate(1, 0, 0))
	return b
}

// What happens on days of works is no finding; it is counted as kept back, and
// comes back when the entry is struck.
func TestDaysOfWorksProveNothing(t *testing.T) {
	b := yearOf(t, "H4", func(m time.Month, d int) look {
		if m == 3 && d >= 10 && d <= 20 {
			return look{600}
		}
		return look{0}
	})
	plain := b.Judge()
	require.Len(t, plain, 1)
	require.NotContains(t, plain[0].Inputs, "works")
	require.Empty(t, b.KeptBack())

	for name, reg := range map[string]works.Register{
		"site": underWorks(t, "2025-03-10", "2025-03-20"), "meter": underWorks(t, "2025-03-09", "2025-04-20", "m"), "going on": underWorks(t, "2025-03-01", ""),
	} {
		b.SetWorks(reg)
		require.Empty(t, b.Judge(), name)
		kept := b.KeptBack()
		require.Len(t, kept, 1, name)
		require.Equal(t, plain[0].ID, kept[0].ID, name)
		require.Contains(t, kept[0].Inputs["works"], "w1 "+string(reg.Entries[0].From), name)
	}

	struck, err := b.works.Strike("w1", "un", "erreur", b.from)
	require.NoError(t, err)
	b.SetWorks(struck)
	require.Equal(t, plain, b.Judge())
	b.SetWorks(underWorks(t, "2025-03-01", "2025-04-01", "other"))
	require.Equal(t, plain, b.Judge(), "works on another meter")
	other := underWorks(t, "2025-03-01", "2025-04-01")
	other.Entries[0].Kind = works.Occupancy
	b.SetWorks(other)
	require.Equal(t, plain, b.Judge(), "a change of use is no works")
}

// A finding needs its bad days outside of works, and says how many days it went
// without.
func TestWorksCountForNoSide(t *testing.T) {
	b := yearOf(t, "H4", func(m time.Month, d int) look { // 2 bad days of 3, over after 2 good ones
		if m == 3 && d >= 10 && d <= 20 {
			return look{600}
		}
		return look{0}
	})
	b.SetWorks(underWorks(t, "2025-03-08", "2025-03-11"))
	found := b.Judge()
	require.Len(t, found, 1)
	require.Equal(t, "2025-03-12", found[0].Onset.Format(time.DateOnly))
	require.Equal(t, "2025-03-13", found[0].Detected.Format(time.DateOnly))
	require.Equal(t, "2 d left out: w1 2025-03-08..2025-03-11", found[0].Inputs["works"], "of the three days before")
	reg := b.works
	reg.Entries = append(reg.Entries, works.Entry{ID: "w2", Kind: works.Works, From: "2025-02-01", To: "2025-03-09"}, works.Entry{ID: "w3", Kind: works.Works, From: "2025-05-01"})
	b.SetWorks(reg)
	require.Equal(t, found, b.Judge(), "works at other times are not named")
	b.SetWorks(underWorks(t, "2025-03-08", "2025-03-19"))
	require.Empty(t, b.Judge(), "one bad day is left")
}

// What was open before works goes on, however long they take and whatever they
// show, and ends by what comes after.
func TestAnOpenFindingGoesThroughWorks(t *testing.T) {
	b := yearOf(t, "H4", func(m time.Month, d int) look {
		if m == 3 && d >= 10 || m == 6 && d <= 10 {
			return look{600}
		}
		return look{0}
	})
	require.Len(t, b.Judge(), 2, "without works it was over in April")
	b.SetWorks(underWorks(t, "2025-03-20", "2025-05-31"))
	found := b.Judge()
	require.Len(t, found, 1)
	require.Equal(t, "2025-03-10", found[0].Onset.Format(time.DateOnly))
	require.Equal(t, "2025-06-11", found[0].End.Format(time.DateOnly))
	require.Equal(t, "73 d left out: w1 2025-03-20..2025-05-31", found[0].Inputs["works"])
	require.Greater(t, 73, silent, "more than what closes a finding of which nothing is known")
	b.SetWorks(underWorks(t, "2025-03-20", ""))
	require.Zero(t, b.Judge()[0].End)
	require.Empty(t, b.KeptBack())
}

// Silence counts again after works.
func TestSilenceAfterWorksClosesAFinding(t *testing.T) {
	b := yearOf(t, "H4", func(m time.Month, _ int) look {
		if m == 1 {
			return look{600}
		}
		return nil
	})
	b.SetWorks(underWorks(t, "2025-02-01", "2025-10-31"))
	found := b.Judge()
	require.Len(t, found, 1)
	require.Equal(t, "2025-02-01", found[0].End.Format(time.DateOnly), "no day after the last known one is claimed")
	b.SetWorks(underWorks(t, "2025-02-01", "2025-11-30"))
	require.Zero(t, b.Judge()[0].End, "31 days of silence")
	b.Seal(b.from.AddDate(0, 6, 0))
	require.Zero(t, b.Judge()[0].End, "sealed within works")
}

// What works do is no measure of what is usual.
func TestWorksAreNoReference(t *testing.T) {
	b := yearOf(t, "E1", func(m time.Month, _ int) look {
		switch {
		case m <= 2, m == 9:
			return look{10}
		case m <= 8:
			return look{4} // half of the building is off
		}
		return look{4}
	})
	require.NotEmpty(t, b.Judge(), "more than in summer")
	b.SetWorks(underWorks(t, "2025-03-01", "2025-08-31"))
	require.Empty(t, b.Judge(), "as in winter")
}

// A danger to people is told through all works.
func TestWorksSilenceNoDanger(t *testing.T) {
	for _, id := range []string{"G1", "W2-dead-leg", "W2-lukewarm"} {
		b := yearOf(t, id, func(m time.Month, _ int) look { return look{100 * b2f(m == 3), 1} })
		plain := b.Judge()
		require.Len(t, plain, 1, id)
		b.SetWorks(underWorks(t, "2025-01-01", ""))
		require.Equal(t, plain, b.Judge(), id)
		require.Empty(t, b.KeptBack(), id)
	}
}

// Two readings of the dial between which the meter may have been replaced tell
// nothing.
func TestNoDialAcrossWorks(t *testing.T) {
	b := yearOf(t, "D8", func(m time.Month, d int) look {
		switch {
		case d != 1:
			return nil
		case m < 5:
			return look{1000 * float64(m), 1000 * float64(m)}
		}
		return look{1000 * float64(m), 950 * float64(m)}
	})
	require.Equal(t, "2025-05-01", b.Judge()[0].Detected.Format(time.DateOnly))
	b.SetWorks(underWorks(t, "2025-04-14", "2025-04-14", "m"))
	require.Equal(t, "2025-06-01", b.Judge()[0].Detected.Format(time.DateOnly), "two readings of the new one")
}

// With works as without, a day is said with nothing but the days before it, and
// a book that is sealed says what one says that is not.
func TestBookWithWorksGrowsAndIsSealed(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	from := time.Date(2020, 1, 1, 0, 0, 0, 0, loc)
	said := 0
	for i, id := range []string{"E1", "H10", "H4"} {
		rng := rand.New(rand.NewPCG(7, uint64(i)))
		var reg works.Register
		for n := range 9 {
			at := from.AddDate(0, 0, 60+n*130+rng.IntN(60))
			reg.Entries = append(reg.Entries, works.Entry{
				ID: string(rune('a' + n)), Kind: works.Works, From: works.DayOf(at), To: works.DayOf(at.AddDate(0, 0, rng.IntN(90))),
			})
		}
		at := moods(rng, from, 1300)
		whole, ev := diary(t, id, from, at)
		sealed, _ := diary(t, id, from, at)
		grown, _ := diary(t, id, from, at)
		whole.SetWorks(reg)
		sealed.SetWorks(reg)
		grown.SetWorks(reg)
		whole.Look(ev, from.AddDate(0, 0, 1200))
		all := whole.Judge()
		for day := from.AddDate(0, 0, 100); day.Before(from.AddDate(0, 0, 1200)); day = day.AddDate(0, 0, 17+rng.IntN(40)) {
			grown.Look(ev, day)
			sealed.Look(ev, day)
			sealed.Seal(day.AddDate(0, 0, -41-rng.IntN(70)))
			require.Equal(t, after(grown.Judge(), sealed.Sealed()), after(sealed.Judge(), sealed.Sealed()), "%s %s", id, day)
			known := 0
			for _, f := range all {
				if f.Detected.Before(day) {
					known++
				}
			}
			got := grown.Judge()
			require.Len(t, got, known, "%s %s", id, day)
			for n := range got {
				require.Equal(t, all[n].ID, got[n].ID)
				require.Equal(t, all[n].Detected, got[n].Detected)
			}
			said += len(got)
		}
	}
	require.Positive(t, said)
}
