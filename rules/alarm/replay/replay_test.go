package replay_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/rules/alarm"
	"github.com/cpas-charleroi/gtc/rules/alarm/replay"
)

// day is the period of these tests: a winter day.
func day() (from, to time.Time) {
	from = time.Date(2026, 1, 12, 0, 0, 0, 0, time.UTC)
	return from, from.AddDate(0, 0, 1)
}

func library(tb testing.TB) []alarm.Class {
	tb.Helper()
	cat, err := catalogue.Load()
	require.NoError(tb, err)
	classes, err := alarm.Library(cat)
	require.NoError(tb, err)
	return classes
}

// kitchen has a cold room and a contact of a gas detector.
func kitchen() gtc.Site {
	return gtc.Site{ID: "kitchen", Location: time.UTC, Equipment: []gtc.Equipment{{ID: "cold-1", Kind: "cold_room"}, {ID: "gas-1", Kind: "contact"}}}
}

func door(at time.Time, open bool) gtc.Sample {
	return gtc.Sample{Series: gtc.Series{Site: "kitchen", Kind: "cold_room", Equipment: "cold-1", Point: "door_open"}, At: at, Value: gtc.Bool(open), Quality: gtc.QualityGood}
}

func gas(at time.Time, on bool) gtc.Sample {
	return gtc.Sample{Series: gtc.Series{Site: "kitchen", Kind: "contact", Equipment: "gas-1", Point: "gas_alarm"}, At: at, Value: gtc.Bool(on), Quality: gtc.QualityGood}
}

// each reads the door once a minute; open says when it is.
func each(from, to time.Time, open func(time.Time) bool) []gtc.Sample {
	var out []gtc.Sample
	for at := from; at.Before(to); at = at.Add(time.Minute) {
		out = append(out, door(at, open(at)))
	}
	return out
}

func between(from, to time.Time) func(time.Time) bool {
	return func(at time.Time) bool { return !at.Before(from) && at.Before(to) }
}

func play(tb testing.TB, classes []alarm.Class, samples []gtc.Sample) replay.Report {
	tb.Helper()
	from, to := day()
	p := replay.New(replay.Options{Classes: classes, Site: kitchen(), From: from, To: to})
	p.Observe(samples)
	return replay.Of([]replay.Run{p.Finish()}, classes, nil, from, to)
}

func line(r replay.Report, class string) replay.Line {
	for _, l := range r.Classes {
		if l.Class == class {
			return l
		}
	}
	return replay.Line{}
}

func TestReplayJudgesAsTheHubWould(t *testing.T) {
	from, to := day()
	opened, shut := from.Add(9*time.Hour), from.Add(9*time.Hour+30*time.Minute)
	r := play(t, library(t), each(from, to, between(opened, shut)))
	require.Len(t, r.Occurrences, 1)
	o := r.Occurrences[0]
	require.Equal(t, "kitchen/cold-1/cold_room_door", o.Alarm)
	require.Equal(t, opened.Add(10*time.Minute), o.From, "after its delay")
	require.Equal(t, shut.Add(time.Minute), o.To)
	l := line(r, "cold_room_door")
	require.Equal(t, replay.Line{
		Class: "cold_room_door", Label: "Porte de chambre froide ouverte", Priority: 3, Watched: 1, Raised: 1, Called: 1, Equipment: 1,
		Hours: 21.0 / 60, Median: 21 * 60, Longest: 21 * 60, PerDay: 1, Peak: 1,
	}, l)
	require.Equal(t, 1, line(r, "cold_room_warm").Unheard, "no temperature came: not proved, not quiet")
	require.Equal(t, 1, r.Load.Calls)
	require.Contains(t, r.Left, "edge_lost")
	require.Equal(t, gtc.SiteID("kitchen"), r.BySite[0].Site)
}

func TestReplayOfAGapAndOfLateData(t *testing.T) {
	from, to := day()
	at := from.Add(10 * time.Hour)
	// The door opens, five minutes later nothing comes for two hours, then it is
	// shut: nobody knows that it stood open.
	samples := append(each(from, at, between(at, to)), door(at, true), door(at.Add(5*time.Minute), true))
	samples = append(samples, each(at.Add(2*time.Hour), to, between(to, to))...)
	r := play(t, library(t), samples)
	require.Empty(t, r.Occurrences, "a gap makes no delay run")
	require.InDelta(t, 115.0/60, r.GapHours, 0.01)

	// A gas alarm that arrives after newer values was over when it was heard of.
	r = play(t, library(t), []gtc.Sample{gas(at, false), gas(at.Add(time.Hour), false), gas(at.Add(20*time.Minute), true)})
	require.Len(t, r.Occurrences, 1)
	require.True(t, r.Occurrences[0].Late)
	require.Equal(t, at.Add(20*time.Minute), r.Occurrences[0].From)
	require.Equal(t, at.Add(time.Hour), r.Occurrences[0].To)
	require.Equal(t, 1, r.Late)

	// The same day's end, with what stands and what lies outside.
	r = play(t, library(t), []gtc.Sample{gas(at, false), gas(at.Add(time.Hour), true), gas(to.Add(time.Hour), false)})
	require.Equal(t, 1, r.Outside)
	require.True(t, r.Occurrences[0].To.IsZero())
	require.Equal(t, 1, line(r, "gas_alarm").Open)
}

func TestReplayKnowsWhatStoodBefore(t *testing.T) {
	from, to := day()
	r := play(t, library(t), each(from.Add(-3*time.Hour), to, between(from.Add(-2*time.Hour), from.Add(time.Hour))))
	require.Len(t, r.Occurrences, 1)
	require.True(t, r.Occurrences[0].From.Before(from))
	require.Zero(t, r.Load.Calls, "it called before the period")
	r = play(t, library(t), each(from.Add(-3*time.Hour), to, between(from.Add(-2*time.Hour), from.Add(-time.Hour))))
	require.Empty(t, r.Occurrences, "over before the period")
}

func TestReplayCountsChatter(t *testing.T) {
	from, _ := day()
	at := from.Add(6 * time.Hour)
	var samples []gtc.Sample
	for i := range 12 {
		samples = append(samples, gas(at.Add(time.Duration(i)*15*time.Second), i%2 == 1))
	}
	r := play(t, library(t), samples)
	l := line(r, "gas_alarm")
	require.Equal(t, 6, l.Raised)
	require.Equal(t, 1, l.Chattering)
	require.Equal(t, 6, r.Load.Peak)
	require.Equal(t, 6, r.Load.Mix[0], "priority 1")
}

func TestCompareTwoSets(t *testing.T) {
	from, to := day()
	first, second := library(t), library(t)
	for i := range second {
		if second[i].ID == "cold_room_door" {
			second[i].OnDelay = 20 * time.Minute
		}
	}
	at := from.Add(8 * time.Hour)
	open := func(x time.Time) bool {
		return between(at, at.Add(15*time.Minute))(x) || between(at.Add(2*time.Hour), at.Add(3*time.Hour))(x)
	}
	a, b := play(t, first, each(from, to, open)), play(t, second, each(from, to, open))
	c := replay.Compare(a, b)
	require.Len(t, c.Lines, 1)
	require.Equal(t, [2]int{2, 1}, c.Lines[0].Called)
	require.Equal(t, 1, c.Lines[0].Gone)
	require.Zero(t, c.Lines[0].New)
	require.Len(t, c.OnlyFirst, 1)
	require.Equal(t, at.Add(10*time.Minute), c.OnlyFirst[0].From)
	require.Empty(t, replay.Compare(a, a).Lines)
}

// Whatever comes, in whatever order: the same samples give the same report,
// occurrences of an alarm follow one another, and none is outside the period.
func TestReplayIsDeterministic(t *testing.T) {
	classes := library(t)
	from, to := day()
	rapid.Check(t, func(t *rapid.T) {
		var samples []gtc.Sample
		for _, m := range rapid.SliceOfN(rapid.IntRange(-60, 26*60), 1, 60).Draw(t, "minutes") {
			at, on := from.Add(time.Duration(m)*time.Minute), rapid.Bool().Draw(t, "on")
			if rapid.Bool().Draw(t, "door") {
				samples = append(samples, door(at, on))
			} else {
				samples = append(samples, gas(at, on))
			}
		}
		report := func() replay.Report {
			p := replay.New(replay.Options{Classes: classes, Site: kitchen(), From: from, To: to})
			p.Observe(samples)
			return replay.Of([]replay.Run{p.Finish()}, classes, nil, from, to)
		}
		r := report()
		a, err := json.Marshal(r)
		require.NoError(t, err)
		b, err := json.Marshal(report())
		require.NoError(t, err)
		require.JSONEq(t, string(a), string(b))
		require.Equal(t, len(samples), r.Samples+r.Outside)
		last := map[string]replay.Occurrence{}
		for _, o := range r.Occurrences {
			before, seen := last[o.Alarm]
			require.False(t, seen && before.To.After(o.From), "%v before %v", before, o)
			require.True(t, o.From.Before(to))
			require.True(t, o.To.IsZero() || o.To.After(o.From) && o.To.After(from))
			last[o.Alarm] = o
		}
	})
}

// BenchmarkReplay plays a day of a site read once a minute.
func BenchmarkReplay(b *testing.B) {
	classes := library(b)
	from, to := day()
	samples := each(from, to, between(from.Add(time.Hour), from.Add(2*time.Hour)))
	b.ReportAllocs()
	for b.Loop() {
		p := replay.New(replay.Options{Classes: classes, Site: kitchen(), From: from, To: to})
		p.Observe(samples)
		p.Finish()
	}
	b.ReportMetric(float64(len(samples))*float64(b.N)/b.Elapsed().Seconds(), "samples/s")
}
