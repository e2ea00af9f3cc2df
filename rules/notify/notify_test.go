package notify_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

func brussels(tb testing.TB) *time.Location {
	tb.Helper()
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(tb, err)
	return loc
}

// monday is a working hour: Monday 16 November 2026, 10:00 in Brussels.
func monday(tb testing.TB) time.Time {
	tb.Helper()
	return time.Date(2026, 11, 16, 10, 0, 0, 0, brussels(tb))
}

func book(tb testing.TB) *notify.Book {
	tb.Helper()
	b := &notify.Book{
		People: []notify.Person{
			{ID: "un", Phone: "+32475000001", Email: "un@exemple.be"},
			{ID: "deux", Phone: "+32475000002"},
			{ID: "trois", Phone: "+32475000003"},
			{ID: "chef", Phone: "+32475000009", Email: "chef@exemple.be", Quiet: &notify.Hours{From: 21 * 60, To: 7 * 60}},
		},
		Rotas: []notify.Rota{{
			ID: "garde", Start: time.Date(2026, 11, 2, 8, 0, 0, 0, brussels(tb)), TurnDay: 7, Members: []string{"un", "deux", "trois"},
		}},
		Routes: []notify.Route{
			{ID: "vie", Priorities: []gtc.Priority{1}, Steps: []notify.Step{
				{To: []string{"rota:garde", "person:chef"}, Channels: []notify.Channel{notify.SMS, notify.Email}},
				{After: 5 * time.Minute, To: []string{"person:deux"}, Channels: []notify.Channel{notify.SMS}},
			}},
			{ID: "haute", Priorities: []gtc.Priority{2}, Steps: []notify.Step{
				{To: []string{"rota:garde"}, Channels: []notify.Channel{notify.SMS}},
				{After: 15 * time.Minute, To: []string{"person:deux"}, Channels: []notify.Channel{notify.SMS}},
				{After: 30 * time.Minute, To: []string{"person:chef"}, Channels: []notify.Channel{notify.SMS}},
			}},
			{ID: "reste", Steps: []notify.Step{{OfficeHours: true, To: []string{"person:un"}, Channels: []notify.Channel{notify.Email}}}},
		},
	}
	require.NoError(tb, b.Check())
	return b
}

// desk plays what happens to alarms.
type desk struct {
	tb     testing.TB
	engine *notify.Engine
	book   *notify.Book
	now    time.Time
	serial int
	// stuck are ways whose messages wait.
	stuck []notify.Channel
}

func newDesk(tb testing.TB, now time.Time) *desk {
	tb.Helper()
	d := &desk{tb: tb, book: book(tb), now: now}
	d.engine = notify.New(d.book, d.locate, nil)
	return d
}

func (d *desk) locate(gtc.SiteID) *time.Location { return brussels(d.tb) }

// restart gives the kept cases to a new engine.
func (d *desk) restart() {
	data, err := json.Marshal(d.engine.Cases())
	require.NoError(d.tb, err)
	var cases []notify.Case
	require.NoError(d.tb, json.Unmarshal(data, &cases))
	d.engine = notify.New(d.book, d.locate, cases)
}

func subject(id string, p gtc.Priority) notify.Subject {
	return notify.Subject{Alarm: gtc.Alarm{ID: id, Site: "home", Priority: p, LifeSafety: p == 1}, Discipline: "heating"}
}

func (d *desk) say(s notify.Subject, to gtc.AlarmState) []notify.Message {
	d.serial++
	s.Alarm.State = to
	if s.Alarm.Since.IsZero() {
		s.Alarm.Since = d.now
	}
	ev := gtc.Event{ID: fmt.Sprintf("%s/%d/%s/%d", s.Alarm.ID, s.Alarm.Occurrence, to, d.serial), To: string(to)}
	return d.engine.Observe(s, ev, d.now)
}

// pass lets time pass, a tick each 30 seconds, and tells who was told and when.
// What is said is handed over, except by a way that is stuck.
func (d *desk) pass(span time.Duration) []string {
	begun := d.now
	var out []string
	for end := d.now.Add(span); !d.now.After(end); d.now = d.now.Add(30 * time.Second) {
		for _, m := range d.engine.Tick(d.now) {
			out = append(out, fmt.Sprintf("%s %s %s", d.now.Sub(begun), m.To.ID, m.Channel))
			if !slices.Contains(d.stuck, m.Channel) {
				d.engine.Sent(&m)
			}
		}
	}
	return out
}

func TestEscalation(t *testing.T) {
	d := newDesk(t, monday(t))
	d.say(subject("a", 2), gtc.AlarmUnacknowledged)
	// The third week since 2 November is the third member's.
	require.Equal(t, []string{"0s trois sms", "15m0s deux sms", "30m0s chef sms"}, d.pass(2*time.Hour))
}

func TestAcknowledgementStopsTheCalls(t *testing.T) {
	d := newDesk(t, monday(t))
	s := subject("a", 2)
	d.say(s, gtc.AlarmUnacknowledged)
	require.Len(t, d.pass(10*time.Minute), 1)
	require.Empty(t, d.say(s, gtc.AlarmAcknowledged))
	require.Empty(t, d.pass(2*time.Hour))
}

func TestOverIsToldToThoseWhoWereCalled(t *testing.T) {
	d := newDesk(t, monday(t))
	s := subject("a", 2)
	d.say(s, gtc.AlarmUnacknowledged)
	d.pass(16 * time.Minute)
	var to []string
	for _, m := range d.say(s, gtc.AlarmReturned) {
		require.Equal(t, notify.Over, m.Why)
		to = append(to, m.To.ID)
	}
	require.Equal(t, []string{"trois", "deux"}, to)
	require.Empty(t, d.pass(2*time.Hour))
}

func TestLeaveIsHonoured(t *testing.T) {
	d := newDesk(t, monday(t))
	d.book.Leave = []notify.Shift{{Person: "trois", From: d.now.Add(-time.Hour), Until: d.now.Add(24 * time.Hour)}, {Person: "deux", From: d.now, Until: d.now.Add(20 * time.Minute)}}
	d.say(subject("a", 2), gtc.AlarmUnacknowledged)
	// The next in turn is called instead, and a step that names only somebody
	// who is away goes by at once.
	require.Equal(t, []string{"0s un sms", "15m0s chef sms"}, d.pass(time.Hour))
}

func TestQuietHours(t *testing.T) {
	night := time.Date(2026, 11, 17, 2, 0, 0, 0, brussels(t))
	d := newDesk(t, night)
	d.say(subject("a", 2), gtc.AlarmUnacknowledged)
	require.Equal(t, []string{"0s trois sms", "15m0s deux sms"}, d.pass(time.Hour), "the chief sleeps, who is on call does not")
	d = newDesk(t, night)
	d.say(subject("a", 1), gtc.AlarmUnacknowledged)
	require.Equal(t, []string{"0s chef email", "0s chef sms", "0s trois sms", "5m0s deux sms"}, d.pass(time.Hour), "life safety knows no quiet hours")
}

func TestOfficeHours(t *testing.T) {
	friday := time.Date(2026, 11, 20, 18, 0, 0, 0, brussels(t))
	d := newDesk(t, friday)
	d.say(subject("a", 3), gtc.AlarmUnacknowledged)
	require.Equal(t, []string{"61h30m0s un email"}, d.pass(72*time.Hour), "Monday 7:30")

	d = newDesk(t, friday)
	s := subject("dhw", 2)
	s.OfficeHours = true
	d.say(s, gtc.AlarmUnacknowledged)
	require.Equal(t, "61h30m0s trois sms", d.pass(72 * time.Hour)[0])
}

func TestOfficeHoursOverTheClockChange(t *testing.T) {
	for _, friday := range []time.Time{time.Date(2026, 3, 27, 18, 0, 0, 0, brussels(t)), time.Date(2026, 10, 23, 18, 0, 0, 0, brussels(t))} {
		d := newDesk(t, friday)
		d.say(subject("a", 3), gtc.AlarmUnacknowledged)
		for len(d.engine.Tick(d.now)) == 0 {
			d.now = d.now.Add(time.Minute)
		}
		require.Equal(t, "07:30", d.now.In(brussels(t)).Format("15:04"))
		require.Equal(t, time.Monday, d.now.In(brussels(t)).Weekday())
	}
}

func TestTurnsChangeOnTheLocalClock(t *testing.T) {
	b := book(t)
	at := func(month time.Month, day, hour int) string {
		p, ok := b.OnCall("garde", time.Date(2026, month, day, hour, 0, 0, 0, brussels(t)), brussels(t))
		require.True(t, ok)
		return p.ID
	}
	require.Equal(t, "un", at(11, 2, 8))
	require.Equal(t, "un", at(11, 9, 7))
	require.Equal(t, "deux", at(11, 9, 8))
	require.Equal(t, "trois", at(11, 2, 7), "before the start the turns go back")
	b.Rotas[0].Start = time.Date(2026, 10, 19, 8, 0, 0, 0, brussels(t))
	require.Equal(t, "un", at(10, 26, 7), "the clock went back on the 25th")
	require.Equal(t, "deux", at(10, 26, 8))
	b.Rotas[0].Exceptions = []notify.Shift{{Person: "trois", From: time.Date(2026, 10, 20, 0, 0, 0, 0, time.UTC), Until: time.Date(2026, 10, 21, 0, 0, 0, 0, time.UTC)}}
	require.Equal(t, "trois", at(10, 20, 12))
	require.Equal(t, "un", at(10, 21, 12))
}

func TestInhibitedCallsNobody(t *testing.T) {
	d := newDesk(t, monday(t))
	s := subject("a", 2)
	ev := gtc.Event{ID: "x", To: string(gtc.AlarmUnacknowledged), Inhibited: gtc.AlarmShelved}
	require.Empty(t, d.engine.Observe(s, ev, d.now))
	require.Empty(t, d.pass(time.Hour))
	d.say(s, gtc.AlarmUnacknowledged)
	d.pass(time.Minute)
	d.say(s, gtc.AlarmShelved)
	require.Empty(t, d.pass(time.Hour), "set aside while it called")
	d.say(s, gtc.AlarmUnacknowledged)
	require.NotEmpty(t, d.pass(time.Minute), "back from the shelf it calls again")
}

func TestSameAlarmWithinHoursIsOneCall(t *testing.T) {
	for _, c := range []struct {
		p     gtc.Priority
		later time.Duration
		calls bool
	}{{3, 2 * time.Hour, false}, {3, 23 * time.Hour, true}, {2, 10 * time.Minute, true}, {2, 2 * time.Hour, true}, {1, time.Minute, true}} {
		d := newDesk(t, monday(t))
		s := subject("a", c.p)
		s.Alarm.Occurrence = 1
		d.say(s, gtc.AlarmUnacknowledged)
		require.NotEmpty(t, d.pass(time.Minute))
		d.say(s, gtc.AlarmAcknowledged)
		d.say(s, gtc.AlarmNormal)
		d.now = monday(t).Add(c.later)
		d.engine.Tick(d.now)
		s.Alarm.Occurrence = 2
		d.say(s, gtc.AlarmUnacknowledged)
		require.Equal(t, c.calls, len(d.engine.Tick(d.now)) > 0, c)
	}
}

func TestPriorityThatRisesCallsAgain(t *testing.T) {
	d := newDesk(t, monday(t))
	s := subject("a", 3)
	d.say(s, gtc.AlarmUnacknowledged)
	d.pass(time.Minute)
	d.say(s, gtc.AlarmAcknowledged)
	s.Alarm.Priority = 2
	d.say(s, gtc.AlarmUnacknowledged)
	require.Equal(t, []string{"0s trois sms"}, d.pass(time.Minute))
}

func TestLifeSafetyThatCameAndWentIsTold(t *testing.T) {
	d := newDesk(t, monday(t))
	s := subject("a", 1)
	s.Alarm.Since = d.now.Add(-2 * time.Hour)
	d.say(s, gtc.AlarmUnacknowledged)
	d.say(s, gtc.AlarmReturned)
	got := d.engine.Tick(d.now)
	require.NotEmpty(t, got)
	for i := range got {
		d.engine.Sent(&got[i])
	}
	require.Equal(t, d.now, got[0].Late, "with both times")
	require.Equal(t, gtc.AlarmReturned, got[0].Alarms[0].State, "and its present state")
	require.Equal(t, []string{"5m0s deux sms"}, d.pass(time.Hour), "until somebody takes it in charge")
}

func TestPlannedTestNarrowsTheRecipients(t *testing.T) {
	d := newDesk(t, monday(t))
	s := subject("a", 1)
	s.Holder, s.Alarm.InTest = "deux", true
	d.say(s, gtc.AlarmUnacknowledged)
	require.Equal(t, []string{"0s deux sms", "5m0s deux sms"}, d.pass(time.Hour))
	s.Alarm.InTest = false
	d.say(s, gtc.AlarmUnacknowledged)
	require.Equal(t, "0s chef email", d.pass(time.Minute)[0], "no test any more: everybody")
}

func TestDelayBeforeACall(t *testing.T) {
	d := newDesk(t, monday(t))
	s := subject("edge", 2)
	s.Delay = 10 * time.Minute
	d.say(s, gtc.AlarmUnacknowledged)
	require.Equal(t, []string{"10m0s trois sms", "25m0s deux sms", "40m0s chef sms"}, d.pass(time.Hour))
}

func TestRestartTellsNobodyTwice(t *testing.T) {
	d := newDesk(t, monday(t))
	d.say(subject("a", 2), gtc.AlarmUnacknowledged)
	require.Len(t, d.pass(time.Minute), 1)
	d.restart()
	require.Equal(t, []string{"13m30s deux sms"}, d.pass(20*time.Minute))
}

func TestWebhook(t *testing.T) {
	d := newDesk(t, monday(t))
	d.book.Routes[1].Steps[0] = notify.Step{To: []string{"webhook:tickets"}, Channels: []notify.Channel{notify.Webhook}}
	require.NoError(t, d.book.Check())
	s := subject("a", 2)
	d.say(s, gtc.AlarmUnacknowledged)
	got := d.engine.Tick(d.now)
	require.Len(t, got, 1)
	require.Equal(t, "tickets", got[0].Webhook)
	over := d.say(s, gtc.AlarmReturned)
	require.Len(t, over, 1)
	require.Equal(t, "tickets", over[0].Webhook)
}

// TestFlood: 500 alarms within a minute, of every priority.
func TestFlood(t *testing.T) {
	d := newDesk(t, monday(t))
	for i := range 500 {
		d.say(subject(fmt.Sprintf("a%03d", i), gtc.Priority(1+i%4)), gtc.AlarmUnacknowledged)
	}
	got := d.engine.Tick(d.now)
	told := map[string]bool{}
	worst := gtc.Priority(1)
	sms := 0
	for _, m := range got {
		require.GreaterOrEqual(t, m.Alarms[0].Priority, worst, "the most urgent first")
		worst = m.Alarms[0].Priority
		if m.Channel == notify.SMS && !m.LifeSafety() {
			sms++
		}
		for _, a := range m.Alarms {
			told[a.ID] = true
		}
	}
	require.Len(t, told, 500, "nobody of them is forgotten")
	require.Equal(t, 1, sms, "those of priority 2 are one message to one phone")
}

func TestBookMistakes(t *testing.T) {
	b := book(t)
	b.People[0].Phone = "0475 00 00 01"
	b.Rotas = append(b.Rotas, notify.Rota{ID: "vide"}, notify.Rota{ID: "r", TurnDay: 1, Members: []string{"personne"}})
	b.Leave = []notify.Shift{{Person: "un", From: monday(t), Until: monday(t)}}
	b.Routes = append(b.Routes, notify.Route{ID: "rien"}, notify.Route{ID: "mal", Priorities: []gtc.Priority{1}, Steps: []notify.Step{
		{To: []string{"rota:absente", "webhook:"}, Channels: []notify.Channel{"fax"}, OfficeHours: true}, {},
	}})
	err := b.Check()
	for _, want := range []string{
		`phone "0475 00 00 01"`, "rota vide", `no person "personne"`, "leave of un", "route rien: no step",
		`no "rota:absente"`, `no "webhook:"`, `channel "fax"`, "does not wait for office hours", "step 2 does not come after", "step 2 reaches nobody",
	} {
		require.ErrorContains(t, err, want)
	}
}

// TestEveryUrgentAlarmIsTold: whatever happened before, an alarm of life
// safety that is raised is told at once to somebody, and nobody is told the
// same message twice.
func TestEveryUrgentAlarmIsTold(t *testing.T) {
	loc := brussels(t)
	rapid.Check(t, func(r *rapid.T) {
		d := newDesk(t, time.Date(2026, 11, 16, 0, 0, 0, 0, loc).Add(time.Duration(rapid.IntRange(0, 7*24*60).Draw(r, "start"))*time.Minute))
		sent := map[string]bool{}
		states := []gtc.AlarmState{
			gtc.AlarmUnacknowledged, gtc.AlarmAcknowledged, gtc.AlarmReturned, gtc.AlarmNormal, gtc.AlarmShelved, gtc.AlarmLatchedUnacknowledged,
		}
		take := func(ms []notify.Message) {
			for _, m := range ms {
				require.False(r, sent[m.ID], m.ID)
				sent[m.ID] = true
			}
		}
		occurrence := 0
		for range rapid.IntRange(1, 40).Draw(r, "n") {
			s := subject(strings.Repeat("a", rapid.IntRange(1, 3).Draw(r, "alarm")), gtc.Priority(rapid.IntRange(1, 4).Draw(r, "priority")))
			occurrence++
			s.Alarm.Occurrence = occurrence
			to := rapid.SampledFrom(states).Draw(r, "to")
			take(d.say(s, to))
			if rapid.Bool().Draw(r, "restart") {
				d.restart()
			}
			ms := d.engine.Tick(d.now)
			if to == gtc.AlarmUnacknowledged && s.Alarm.LifeSafety {
				found := false
				for _, m := range ms {
					found = found || m.Alarms[0].ID == s.Alarm.ID && m.Alarms[0].Occurrence == occurrence
				}
				require.True(r, found, "life safety is told at once")
			}
			take(ms)
			d.now = d.now.Add(time.Duration(rapid.IntRange(1, 600).Draw(r, "pause")) * time.Minute)
		}
	})
}
