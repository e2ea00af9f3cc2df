package alarm_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

func home() gtc.Site {
	return gtc.Site{ID: "home", Equipment: []gtc.Equipment{
		{ID: "fire", Kind: gtc.KindFirePanel},
		{ID: "boiler", Kind: "boiler"},
		{ID: "circuit", Kind: "heating_circuit"},
	}}
}

func newEngine(tb testing.TB, restored ...gtc.Alarm) *alarm.Engine {
	tb.Helper()
	_, classes := load(tb)
	return alarm.New(classes, []gtc.Site{home()}, restored)
}

func sampleOf(eq gtc.EquipmentID, p gtc.PointID, d time.Duration, v gtc.Value) gtc.Sample {
	return gtc.Sample{
		Series:  gtc.Series{Site: "home", Equipment: eq, Point: p},
		At:      start.Add(d),
		Value:   v,
		Quality: gtc.QualityGood,
	}
}

func fire(d time.Duration, on bool) gtc.Sample {
	return sampleOf("fire", "fire_alarm", d, gtc.Bool(on))
}

func lockout(d time.Duration, on bool) gtc.Sample {
	return sampleOf("boiler", "lockout", d, gtc.Bool(on))
}

func observe(e *alarm.Engine, samples ...gtc.Sample) []string { return texts(e.Observe(samples)) }

func texts(events []gtc.Event) []string {
	var out []string
	for _, ev := range events {
		out = append(out, fmt.Sprintf("%s %s", ev.At.Sub(start), ev.ID))
	}
	return out
}

func TestTwiceIsHarmless(t *testing.T) {
	e := newEngine(t)
	samples := []gtc.Sample{fire(0, false), fire(time.Second, true), fire(2*time.Second, false)}
	require.Equal(t, []string{
		"1s home/fire/fire_alarm/1/unacknowledged",
		"2s home/fire/fire_alarm/1/returned_unacknowledged",
	}, observe(e, samples...))
	before := e.Alarms()
	require.Empty(t, observe(e, samples...))
	require.Empty(t, observe(e, samples[1]))
	require.Equal(t, before, e.Alarms())
}

func TestOlderSampleNeverClears(t *testing.T) {
	e := newEngine(t)
	require.Len(t, observe(e, fire(time.Minute, true)), 1)
	require.Empty(t, observe(e, fire(30*time.Second, false)))
	a, ok := e.Alarm("home/fire/fire_alarm")
	require.True(t, ok)
	require.Equal(t, gtc.AlarmUnacknowledged, a.State)
}

// TestUnseenFireAlarm: while the link was cut the panel was in alarm and was
// reset. The newest sample arrives first, what was queued after it.
func TestUnseenFireAlarm(t *testing.T) {
	e := newEngine(t)
	require.Empty(t, observe(e, fire(0, false), fire(time.Hour, false)))
	require.Equal(t, []string{
		"10m0s home/fire/fire_alarm/1/unacknowledged",
		"1h0m0s home/fire/fire_alarm/1/returned_unacknowledged",
	}, observe(e, fire(5*time.Minute, false), fire(10*time.Minute, true), fire(11*time.Minute, true), fire(20*time.Minute, false)))
	a := e.Alarms()[0]
	require.Equal(t, start.Add(10*time.Minute), a.Since)
	require.Equal(t, gtc.AlarmReturned, a.State, "somebody has to see it")
	require.Empty(t, observe(e, fire(10*time.Minute, true)), "and it is told once")
	require.Empty(t, observe(e, lockout(time.Hour, false), lockout(10*time.Minute, true)),
		"a class with a delay is not judged on one late sample")
}

func TestDelayDoesNotRunInSilence(t *testing.T) {
	e := newEngine(t)
	require.Empty(t, observe(e, lockout(0, true)))
	require.Empty(t, only(e.Tick(start.Add(time.Hour)), "boiler"), "nothing was heard since")
	require.Equal(t, []string{"1m0s home/boiler/boiler_lockout/1/unacknowledged"}, observe(e, lockout(time.Hour, true)),
		"it held then and it holds now")
}

// only keeps the events of one equipment.
func only(events []gtc.Event, eq gtc.EquipmentID) []gtc.Event {
	var out []gtc.Event
	for _, ev := range events {
		if ev.Equipment == eq {
			out = append(out, ev)
		}
	}
	return out
}

func TestDelayNeedsItsOwnPointAfterSilence(t *testing.T) {
	e := newEngine(t)
	require.Empty(t, observe(e, lockout(0, true)))
	// Another point of the site is heard again after five minutes.
	require.Empty(t, observe(e, fire(5*time.Minute, false)))
	require.Empty(t, observe(e, lockout(5*time.Minute, false)), "it was over: nobody was called")

	e = newEngine(t)
	require.Empty(t, observe(e, lockout(0, true)))
	for d := time.Duration(0); d < time.Minute; d += 10 * time.Second {
		require.Empty(t, observe(e, fire(d, false)))
	}
	require.Equal(t, []string{"1m0s home/boiler/boiler_lockout/1/unacknowledged"}, observe(e, fire(61*time.Second, false)),
		"a point that speaks only on change still holds while its site is heard")
}

func TestDelayDoesNotRunWhileThePointIsBlind(t *testing.T) {
	e := newEngine(t)
	lost := lockout(10*time.Second, true)
	lost.Value, lost.Quality = gtc.Value{}, gtc.QualityCommLost
	require.Empty(t, observe(e, lockout(0, true), lost))
	for d := time.Duration(0); d < 5*time.Minute; d += 10 * time.Second {
		require.Empty(t, observe(e, fire(d, false)))
	}
	require.Equal(t, []string{"1m0s home/boiler/boiler_lockout/1/unacknowledged"},
		observe(e, lockout(5*time.Minute, true)))
}

func TestHeartbeatWithBacklogRunsNoDelay(t *testing.T) {
	e := newEngine(t)
	require.Empty(t, observe(e, lockout(0, true)))
	for d := 15 * time.Second; d <= 2*time.Minute; d += 15 * time.Second {
		require.Empty(t, e.Health(alarm.Health{Site: "home", At: start.Add(d), Queued: 900}))
	}
	require.Empty(t, e.Health(alarm.Health{Site: "home", At: start.Add(30 * time.Second)}), "an older heartbeat")
}

func TestFutureSampleIsJudgedNow(t *testing.T) {
	e := newEngine(t)
	e.Tick(start)
	require.Equal(t, []string{"0s home/fire/fire_alarm/1/unacknowledged"}, observe(e, fire(24*time.Hour, true)))
	require.Equal(t, []string{"1s home/fire/fire_alarm/1/returned_unacknowledged"}, observe(e, fire(time.Second, false)),
		"the engine is not deaf until tomorrow")
}

func TestRestartKeepsTheStart(t *testing.T) {
	e := newEngine(t)
	observe(e, fire(time.Second, true))
	_, err := e.Acknowledge("home/fire/fire_alarm", "someone", start.Add(time.Minute))
	require.NoError(t, err)

	again := newEngine(t, e.Alarms()...)
	require.Equal(t, e.Alarms(), again.Alarms())
	require.Empty(t, observe(again, fire(time.Second, true), fire(2*time.Minute, true)))
	a, _ := again.Alarm("home/fire/fire_alarm")
	require.Equal(t, start.Add(time.Second), a.Since)
	require.Equal(t, "someone", a.By)
	require.Equal(t, []string{"3m0s home/fire/fire_alarm/1/normal"}, observe(again, fire(3*time.Minute, false)))
	require.Equal(t, []string{"4m0s home/fire/fire_alarm/2/unacknowledged"}, observe(again, fire(4*time.Minute, true)),
		"occurrences go on counting")
}

func TestRestoredAlarmIsNotJudgedOnWhatWasBefore(t *testing.T) {
	e := newEngine(t)
	observe(e, fire(0, true), fire(10*time.Second, false))
	again := newEngine(t, e.Alarms()...)
	require.Empty(t, observe(again, fire(0, true), fire(5*time.Second, true)), "delivered again after a restart")
}

func TestOrphansReturn(t *testing.T) {
	old := gtc.Alarm{
		ID: "home/gone/boiler_lockout", Site: "home", Equipment: "gone", Class: "boiler_lockout",
		State: gtc.AlarmAcknowledged, Since: start, Changed: start, Occurrence: 4,
	}
	e := newEngine(t, old)
	events := e.Tick(start.Add(time.Minute))
	require.Equal(t, []string{"1m0s home/gone/boiler_lockout/4/normal"}, texts(events))
	require.Equal(t, "class or equipment no longer configured", events[0].Reason)
	require.Empty(t, e.Tick(start.Add(2*time.Minute)))
	require.Equal(t, 4, e.Alarms()[0].Occurrence, "its count is kept in case it comes back")
}

func TestAcknowledge(t *testing.T) {
	e := newEngine(t)
	_, err := e.Acknowledge("home/fire/nothing", "someone", start)
	require.ErrorIs(t, err, alarm.ErrUnknown)
	_, err = e.Acknowledge("home/fire/fire_alarm", "", start)
	require.EqualError(t, err, "acknowledge home/fire/fire_alarm: by nobody")
	events, err := e.Acknowledge("home/fire/fire_alarm", "someone", start)
	require.NoError(t, err)
	require.Empty(t, events, "a normal alarm")

	observe(e, fire(time.Minute, true))
	events, err = e.Acknowledge("home/fire/fire_alarm", "someone", start)
	require.NoError(t, err)
	require.Equal(t, []string{"1m0.001s home/fire/fire_alarm/1/acknowledged/1768197660001"}, texts(events), "changes stay in order")
	require.Equal(t, "someone", events[0].Actor)
	events, err = e.Acknowledge("home/fire/fire_alarm", "another", start.Add(time.Hour))
	require.NoError(t, err)
	require.Empty(t, events, "twice is harmless")
}

func TestAlarmsAreWorstFirst(t *testing.T) {
	e := newEngine(t)
	observe(e, sampleOf("fire", "fault", 0, gtc.Bool(true)), lockout(0, true), lockout(time.Minute, true), fire(time.Minute, true))
	_, err := e.Acknowledge("home/fire/fire_alarm", "someone", start.Add(time.Minute))
	require.NoError(t, err)
	var ids []string
	for _, a := range e.Alarms() {
		ids = append(ids, a.Class)
	}
	require.Equal(t, []string{"boiler_lockout", "fire_fault", "fire_alarm"}, ids)
	require.NotEmpty(t, e.Alarms()[0].Advice.In("fr"))
}

func TestUnknownThingsArePassedOver(t *testing.T) {
	e := newEngine(t)
	s := fire(0, true)
	s.Site = "elsewhere"
	require.Empty(t, observe(e, s, sampleOf("fire", "x_own", 0, gtc.Bool(true)), sampleOf("none", "fault", 0, gtc.Bool(true))))
	require.Empty(t, e.Health(alarm.Health{Site: "elsewhere", At: start}))
}

// TestAnyHistory holds for any history of samples: the same inputs give the
// same events, ids are unique, each alarm's changes are in order of time and
// form a path of the life cycle, and delivering everything again is harmless.
func TestAnyHistory(t *testing.T) {
	_, classes := load(t)
	sites := []gtc.Site{home()}
	rapid.Check(t, func(t *rapid.T) {
		history := rapid.SliceOfN(rapid.Custom(anySample), 1, 200).Draw(t, "history")
		a, b := alarm.New(classes, sites, nil), alarm.New(classes, sites, nil)
		var events []gtc.Event
		for _, s := range history {
			events = append(events, a.Observe([]gtc.Sample{s})...)
		}
		var same []gtc.Event
		for _, s := range history {
			same = append(same, b.Observe([]gtc.Sample{s})...)
		}
		require.Equal(t, events, same)
		seen := map[string]bool{}
		state := map[string]string{}
		last := map[string]time.Time{}
		for _, ev := range events {
			require.False(t, seen[ev.ID], ev.ID)
			seen[ev.ID] = true
			if ev.Kind == gtc.EventComment {
				continue // a note, no change
			}
			if state[ev.Subject] != "" {
				require.Equal(t, state[ev.Subject], ev.From)
				require.True(t, ev.At.After(last[ev.Subject]), ev.ID)
			}
			require.NotEqual(t, ev.From, ev.To)
			state[ev.Subject], last[ev.Subject] = ev.To, ev.At
		}
	})
}

func anySample(t *rapid.T) gtc.Sample {
	d := time.Duration(rapid.IntRange(0, 600).Draw(t, "at")) * time.Second
	on := gtc.Bool(rapid.Bool().Draw(t, "on"))
	s := rapid.SampledFrom([]gtc.Sample{
		sampleOf("fire", "fire_alarm", d, on), sampleOf("fire", "fault", d, on), sampleOf("boiler", "lockout", d, on),
		sampleOf("circuit", "room_temp", d, gtc.Float(rapid.Float64Range(0, 10).Draw(t, "temp"))),
	}).Draw(t, "sample")
	s.Quality = rapid.SampledFrom([]gtc.Quality{
		gtc.QualityGood, gtc.QualityGood, gtc.QualityGood, gtc.QualityCommLost, gtc.QualitySensorFault, gtc.QualityStale,
	}).Draw(t, "quality")
	if s.Quality == gtc.QualityCommLost {
		s.Value = gtc.Value{}
	}
	return s
}

// TestReplay: a history in order, delivered again from any instant, in any
// chunks and with ticks between, changes nothing.
func TestReplay(t *testing.T) {
	history := randomHistory(5000)
	e := newEngine(t)
	require.NotEmpty(t, e.Observe(history))
	before := e.Alarms()
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		from := rnd.IntN(len(history))
		require.Empty(t, e.Observe(history[from:min(from+rnd.IntN(500), len(history))]))
	}
	require.Equal(t, before, e.Alarms())
}

// randomHistory is n samples in order of time, one every second.
func randomHistory(n int) []gtc.Sample {
	rnd := rand.New(rand.NewPCG(3, 4))
	on := map[string]bool{}
	out := make([]gtc.Sample, 0, n)
	for i := range n {
		d := time.Duration(i) * time.Second
		switch i % 3 {
		case 0:
			if rnd.IntN(60) == 0 {
				on["fire"] = !on["fire"]
			}
			out = append(out, fire(d, on["fire"]))
		case 1:
			if rnd.IntN(60) == 0 {
				on["lockout"] = !on["lockout"]
			}
			out = append(out, lockout(d, on["lockout"]))
		default:
			out = append(out, sampleOf("circuit", "room_temp", d, gtc.Float(5+3*rnd.NormFloat64())))
		}
	}
	return out
}
