package alarm_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

const fireAlarm = "home/fire/fire_alarm"

// doubtful is a sample of the fire alarm that says how well it is known.
func doubtful(d time.Duration, q gtc.Quality, v gtc.Value) gtc.Sample {
	s := sampleOf("fire", "fire_alarm", d, v)
	s.Quality = q
	return s
}

// TestLateFire: a good value of a life-safety point is judged at its own
// instant, whatever came before it from later.
func TestLateFire(t *testing.T) {
	type step struct {
		live   bool
		sample gtc.Sample
	}
	const m = time.Minute
	live := func(s gtc.Sample) step { return step{true, s} }
	queued := func(s gtc.Sample) step { return step{false, s} }
	lost := doubtful(10*m, gtc.QualityCommLost, gtc.Value{})
	for name, c := range map[string]struct {
		steps []step
		want  []string
		state gtc.AlarmState
		since time.Duration
	}{
		"the point is not known by then": {
			[]step{live(lost), queued(fire(2*m, true)), queued(doubtful(3*m, gtc.QualityCommLost, gtc.Value{})), queued(lost)},
			[]string{"2m0s " + fireAlarm + "/1/unacknowledged (arrived late; not known since)"},
			gtc.AlarmUnacknowledged, 2 * m,
		},
		"the point is not known by then, and it was over before": {
			[]step{live(lost), queued(fire(2*m, true)), queued(fire(3*m, false)), queued(lost)},
			[]string{"2m0s " + fireAlarm + "/1/unacknowledged (arrived late; not known since)", "3m0s " + fireAlarm + "/1/returned_unacknowledged (arrived late; not known since)"},
			gtc.AlarmReturned, 2 * m,
		},
		"a newer value is doubtful": {
			[]step{live(doubtful(10*m, gtc.QualityOutOfService, gtc.Bool(false))), queued(fire(2*m, true))},
			[]string{"2m0s " + fireAlarm + "/1/unacknowledged (arrived late; not known since)"},
			gtc.AlarmUnacknowledged, 2 * m,
		},
		"a newer good value, then doubt": {
			[]step{live(fire(8*m, false)), live(lost), queued(fire(2*m, true))},
			[]string{"2m0s " + fireAlarm + "/1/unacknowledged (arrived late)", "8m0s " + fireAlarm + "/1/returned_unacknowledged (arrived late)"},
			gtc.AlarmReturned, 2 * m,
		},
		"two of them": {
			[]step{live(fire(10*m, false)), queued(fire(2*m, true)), queued(fire(3*m, false)), queued(fire(4*m, true)), queued(fire(5*m, false)), queued(fire(10*m, false))},
			[]string{
				"2m0s " + fireAlarm + "/1/unacknowledged (arrived late)", "10m0s " + fireAlarm + "/1/returned_unacknowledged (arrived late)",
				"10m0.001s " + fireAlarm + "/2/unacknowledged (arrived late)", "10m0.002s " + fireAlarm + "/2/returned_unacknowledged (arrived late)",
			},
			gtc.AlarmReturned, 4 * m,
		},
		"before one that was seen": {
			[]step{live(fire(10*m, true)), live(fire(11*m, false)), queued(fire(2*m, true)), queued(fire(3*m, false)), queued(fire(10*m, true)), queued(fire(11*m, false))},
			[]string{
				"10m0s " + fireAlarm + "/1/unacknowledged", "11m0s " + fireAlarm + "/1/returned_unacknowledged",
				"11m0.001s " + fireAlarm + "/2/unacknowledged (arrived late)", "11m0.002s " + fireAlarm + "/2/returned_unacknowledged (arrived late)",
			},
			gtc.AlarmReturned, 2 * m,
		},
		"the same one began earlier": {
			[]step{queued(fire(0, false)), live(fire(10*m, true)), queued(fire(2*m, true)), queued(fire(3*m, true)), queued(fire(10*m, true))},
			[]string{"10m0s " + fireAlarm + "/1/unacknowledged", "2m0s " + fireAlarm + "/1/comment/1768197720000 (arrived late: it began then)"},
			gtc.AlarmUnacknowledged, 2 * m,
		},
		"it looked like the same one": {
			[]step{queued(fire(0, false)), live(fire(10*m, true)), queued(fire(2*m, true)), queued(fire(3*m, false)), queued(fire(10*m, true))},
			[]string{
				"10m0s " + fireAlarm + "/1/unacknowledged", "2m0s " + fireAlarm + "/1/comment/1768197720000 (arrived late: it began then)",
				"3m0s " + fireAlarm + "/1/comment/1768197780000 (arrived late: it was over then, and came again)",
			},
			gtc.AlarmUnacknowledged, 10 * m,
		},
		"it was over and came again unseen": {
			[]step{live(fire(2*m, true)), live(fire(10*m, true)), queued(fire(2*m, true)), queued(fire(3*m, false)), queued(fire(9*m, true)), queued(fire(10*m, true))},
			[]string{
				"2m0s " + fireAlarm + "/1/unacknowledged", "3m0s " + fireAlarm + "/1/returned_unacknowledged (arrived late)",
				"10m0s " + fireAlarm + "/2/unacknowledged (arrived late)", "9m0s " + fireAlarm + "/2/comment/1768198140000 (arrived late: it began then)",
			},
			gtc.AlarmUnacknowledged, 9 * m,
		},
		"another one while it stands": {
			[]step{live(fire(5*m, false)), live(fire(10*m, true)), queued(fire(2*m, true)), queued(fire(3*m, true))},
			[]string{"10m0s " + fireAlarm + "/1/unacknowledged", "2m0s " + fireAlarm + "/1/comment/1768197720000 (arrived late: it was so then too)"},
			gtc.AlarmUnacknowledged, 10 * m,
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t)
			e.Tick(start.Add(10 * time.Minute))
			var got []string
			give := func() {
				for _, s := range c.steps {
					observe := e.Observe
					if s.live {
						observe = e.ObserveLive
					}
					for _, ev := range observe([]gtc.Sample{s.sample}) {
						text := texts([]gtc.Event{ev})[0]
						if ev.Reason != "" {
							text += " (" + ev.Reason + ")"
						}
						got = append(got, text)
					}
				}
			}
			give()
			require.Equal(t, c.want, got)
			give()
			require.Equal(t, c.want, got, "delivered again it is told once")
			a, _ := e.Alarm(fireAlarm)
			require.Equal(t, c.state, a.State)
			require.Equal(t, start.Add(c.since), a.Since)
		})
	}
}

// TestLateFireOverARestart: what was told before a restart is not
// told again, what was not is.
func TestLateFireOverARestart(t *testing.T) {
	e := newEngine(t)
	e.Tick(start.Add(10 * time.Minute))
	e.ObserveLive([]gtc.Sample{fire(10*time.Minute, false)})
	e.Observe([]gtc.Sample{fire(2*time.Minute, true), fire(3*time.Minute, false)})
	again := newEngine(t, e.Alarms()...)
	require.Empty(t, again.ObserveLive([]gtc.Sample{fire(10*time.Minute, false)}))
	require.Empty(t, again.Observe([]gtc.Sample{fire(2*time.Minute, true), fire(3*time.Minute, false)}))
	again.ObserveLive([]gtc.Sample{fire(20*time.Minute, false)})
	require.Len(t, again.Observe([]gtc.Sample{fire(15*time.Minute, true)}), 2)
}

// TestManyLateFires: what is remembered of them is bounded, and none is told
// twice.
func TestManyLateFires(t *testing.T) {
	e := newEngine(t)
	e.ObserveLive([]gtc.Sample{fire(24*time.Hour, false)})
	var all []gtc.Sample
	for i := range 100 {
		d := time.Duration(i) * 10 * time.Minute
		all = append(all, fire(d+time.Minute, true), fire(d+2*time.Minute, false))
	}
	require.Len(t, e.Observe(all), 200)
	require.Empty(t, e.Observe(all))
	a, _ := e.Alarm(fireAlarm)
	require.Equal(t, 100, a.Occurrence)
	require.False(t, a.Active())
}

// TestAnyBacklog: whatever part of a history comes ahead of the rest, and
// whether the point is doubtful by then, every time the panel was in alarm is
// told, the alarm stands as the newest value says, and nothing is told twice.
func TestAnyBacklog(t *testing.T) {
	_, classes := load(t)
	rapid.Check(t, func(t *rapid.T) {
		on := rapid.SliceOfN(rapid.Bool(), 1, 30).Draw(t, "on")
		history := make([]gtc.Sample, len(on))
		for i := range on {
			history[i] = fire(time.Duration(i)*time.Minute, on[i])
		}
		e := alarm.New(classes, []gtc.Site{home()}, nil)
		told := map[time.Time]bool{}
		take := func(observe func([]gtc.Sample) []gtc.Event, s gtc.Sample) {
			for _, ev := range observe([]gtc.Sample{s}) {
				a, _ := e.Alarm(fireAlarm)
				told[a.Since] = told[a.Since] || ev.To == string(gtc.AlarmUnacknowledged)
				told[ev.At] = told[ev.At] || ev.Kind == gtc.EventComment
			}
		}
		from := rapid.IntRange(0, len(on)).Draw(t, "from")
		done := rapid.IntRange(0, from).Draw(t, "done before the cut")
		for i := range done {
			take(e.Observe, history[i])
		}
		for i := from; i < len(on); i++ {
			if rapid.Bool().Draw(t, "live") {
				take(e.ObserveLive, history[i])
			}
		}
		if rapid.Bool().Draw(t, "lost") {
			take(e.ObserveLive, doubtful(time.Hour, gtc.QualityCommLost, gtc.Value{}))
		}
		for _, s := range history {
			take(e.Observe, s)
		}
		a, _ := e.Alarm(fireAlarm)
		require.Equal(t, on[len(on)-1], a.Active())
		for i := 0; i < len(on); i++ {
			if !on[i] {
				continue
			}
			known := false
			for ; i < len(on) && on[i]; i++ {
				known = known || told[history[i].At]
			}
			require.True(t, known, "the alarm up to %d", i)
		}
		for _, s := range history {
			require.Empty(t, e.Observe([]gtc.Sample{s}), "delivered again")
		}
	})
}
