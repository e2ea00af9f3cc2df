package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/channel"
	"github.com/cpas-charleroi/gtc/internal/channel/modem"
	"github.com/cpas-charleroi/gtc/internal/channel/modem/modemtest"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

func TestAFireReachesTheGateway(t *testing.T) {
	posts := make(chan map[string]string, 8)
	provider := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body map[string]string
		data, err := io.ReadAll(r.Body)
		if err == nil && r.Method == http.MethodPost {
			err = json.Unmarshal(data, &body)
			posts <- body
		}
		if err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(provider.Close)
	g, err := channel.NewGateway(channel.GatewayOptions{URL: provider.URL, Fields: map[string]string{"to": "$to", "text": "$text", "ref": "$id"}})
	require.NoError(t, err)
	d := newDesk(t, bookOf(notify.SMS), Way{Name: "gateway", Channel: notify.SMS, Sender: g, Check: g.Check})
	id := d.change(1, 1, gtc.AlarmUnacknowledged)
	got := await(t, posts)
	require.Equal(t, "+32475000001", got["to"])
	lines := strings.Split(got["text"], "\n")
	require.Contains(t, lines[0], "P1 · home · Alarme depuis")
	require.Equal(t, "Info GTC – procédure du site et 112", lines[1])
	// The link grants this person this occurrence of this alarm, and nothing more.
	grant, err := d.service.Link(path.Base(lines[2]), d.clock())
	require.NoError(t, err)
	require.Equal(t, channel.Grant{Person: "un", Alarm: id, Occurrence: 1, Expires: d.clock().Add(channel.LinkLife)}, grant)
	_, err = d.service.Link(path.Base(lines[2]), d.clock().Add(channel.LinkLife))
	require.ErrorIs(t, err, channel.ErrLink)
	// The same event again calls nobody again.
	d.change(1, 1, gtc.AlarmUnacknowledged)
	d.change(2, 1, gtc.AlarmUnacknowledged)
	require.Contains(t, await(t, posts)["ref"], "eq-2")
	require.Empty(t, posts)
}

// What could not be sent before the hub went down is sent by the next one,
// once, and the case goes on where it was.
func TestAMessageOutlivesTheHub(t *testing.T) {
	down, up := newCounter(), newCounter()
	tried := make(chan struct{}, 64)
	down.fail = func(notify.Message) error {
		tried <- struct{}{}
		return errors.New("no network")
	}
	d := newDesk(t, bookOf(notify.SMS), Way{Name: "gateway", Channel: notify.SMS, Sender: down})
	d.change(1, 1, gtc.AlarmUnacknowledged)
	await(t, tried)
	d.stop()
	d.opts.Ways = []Way{{Name: "gateway", Channel: notify.SMS, Sender: up}}
	d.start()
	m := await(t, up.sent)
	require.Contains(t, m.ID, "home/eq-1/fault/1/unacknowledged/raised/0/un/sms")
	require.Equal(t, []int{1}, m.Numbers)
	d.change(2, 1, gtc.AlarmUnacknowledged)
	m = await(t, up.sent)
	require.Contains(t, m.ID, "eq-2")
	require.Equal(t, []int{2}, m.Numbers)
	require.Empty(t, up.sent, "the first one was sent once")
}

// 500 alarms at once, the fires last: each is told of, and no fire waits behind
// anything. The sender holds everything else back until all fires are out.
func TestFlood(t *testing.T) {
	const all, fires = 500, 20
	c := newCounter()
	firesOut := make(chan struct{})
	var once sync.WaitGroup
	once.Add(fires)
	go func() { once.Wait(); close(firesOut) }()
	c.fail = func(m notify.Message) error {
		if m.Priority() == gtc.PriorityCritical {
			once.Done()
			return nil
		}
		select {
		case <-firesOut:
			return nil
		case <-time.After(patience):
			return errors.New("a fire waits behind it")
		}
	}
	d := newDesk(t, bookOf(notify.SMS, notify.Email), Way{Name: "gateway", Channel: notify.SMS, Sender: c}, Way{Name: "email", Channel: notify.Email, Sender: newCounter()})
	for n := range all {
		p := gtc.Priority(2 + n%3)
		if n >= all-fires {
			p = 1
		}
		d.change(n, p, gtc.AlarmUnacknowledged)
	}
	told := map[string]int{}
	messages, alone := 0, 0
	for count := 0; count < all; {
		m := await(t, c.sent)
		messages++
		count += len(m.Alarms) + m.More
		for _, a := range m.Alarms {
			told[a.ID]++
			if a.LifeSafety {
				require.Len(t, m.Alarms, 1, "a fire is told alone")
				alone++
			}
		}
		if m.More > 0 { // counted, not listed
			require.Len(t, m.Alarms, mostListed)
		}
	}
	require.Equal(t, fires, alone)
	for id, n := range told {
		require.Equal(t, 1, n, id)
	}
	require.Less(t, messages, all, "the others come together")
	require.Empty(t, c.sent)
	t.Logf("%d alarms, %d messages by SMS", all, messages)
}

func TestAMessageThatCannotBeSentIsAnAlarm(t *testing.T) {
	sms, email := newCounter(), newCounter()
	var refuse sync.Map
	refuse.Store("yes", true)
	sms.fail = func(notify.Message) error {
		if _, yes := refuse.Load("yes"); yes {
			return fmt.Errorf("no such number: %w", channel.ErrRefused)
		}
		return nil
	}
	d := newDesk(t, bookOf(notify.SMS, notify.Email), Way{Name: "gateway", Channel: notify.SMS, Sender: sms}, Way{Name: "email", Channel: notify.Email, Sender: email})
	d.change(1, 2, gtc.AlarmUnacknowledged)
	await(t, email.sent)
	unsent := func(name gtc.EquipmentID) bool {
		for _, c := range d.service.Channels(d.clock()) {
			if c.Name == name {
				return c.Unsent
			}
		}
		require.FailNow(t, "no such channel", name)
		return false
	}
	require.Eventually(t, func() bool { return unsent("sms") }, patience, time.Millisecond)
	require.False(t, unsent("email"))
	st, err := AskStatus(t.Context(), d.bus.Conn())
	require.NoError(t, err)
	require.Contains(t, st.Unsent[notify.SMS], "no such number")

	// It outlives a restart and ends when something goes through.
	d.stop()
	d.start()
	require.True(t, unsent("sms"))
	refuse.Delete("yes")
	d.change(2, 2, gtc.AlarmUnacknowledged)
	await(t, sms.sent)
	require.Eventually(t, func() bool { return !unsent("sms") }, patience, time.Millisecond)

	// A channel without any way refuses too.
	d.stop()
	d.opts.Ways = d.opts.Ways[:1]
	d.start()
	d.change(3, 2, gtc.AlarmUnacknowledged)
	require.Eventually(t, func() bool { return unsent("email") }, patience, time.Millisecond)
}

func TestAMessageIsGivenUpAfterADay(t *testing.T) {
	c := newCounter()
	tried := make(chan struct{}, 64)
	c.fail = func(notify.Message) error { tried <- struct{}{}; return errors.New("no network") }
	d := newDesk(t, bookOf(notify.SMS), Way{Name: "gateway", Channel: notify.SMS, Sender: c})
	d.change(1, 1, gtc.AlarmUnacknowledged)
	await(t, tried)
	n, oldest, err := d.service.outbox.waiting(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	require.False(t, oldest.IsZero())
	d.pass(giveUp)
	require.Eventually(t, func() bool {
		n, _, err := d.service.outbox.waiting(t.Context())
		return err == nil && n == 0
	}, patience, 10*time.Millisecond)
	require.NotEmpty(t, d.service.Channels(d.clock()))
}

func TestBackoff(t *testing.T) {
	require.Equal(t, 2*time.Second, backoff(1, 1))
	require.Equal(t, 4*time.Second, backoff(1, 2))
	require.Equal(t, 30*time.Second, backoff(1, 1000))
	require.Equal(t, 10*time.Second, backoff(3, 0))
	require.Equal(t, 20*time.Second, backoff(2, 2))
	require.Equal(t, 10*time.Minute, backoff(4, 1<<63))
}

// An answer by SMS takes the alarm in charge that the person means.
func TestAnAnswerTakesInCharge(t *testing.T) {
	radio := modemtest.New()
	line := modem.NewLine(func(ctx context.Context) (*modem.Modem, error) { return modem.New(ctx, radio.Dial()) })
	d := newDesk(t, bookOf(notify.SMS), ModemWay(line))
	first := d.change(1, 1, gtc.AlarmUnacknowledged)
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	sms, err := radio.Next(ctx)
	require.NoError(t, err)
	require.Contains(t, sms.Text, "Répondre OK 1 pour prendre en charge")
	d.pass(time.Second)
	second := d.change(2, 1, gtc.AlarmUnacknowledged)
	sms, err = radio.Next(ctx)
	require.NoError(t, err)
	require.Contains(t, sms.Text, "OK 2")

	inbox := d.service.ways.all[0].Inbox
	say := func(from, text string) string {
		before := len(radio.Sent())
		d.service.takeAnswer(ctx, inbox, modem.Received{From: from, Text: text})
		if sent := radio.Sent(); len(sent) > before {
			require.Equal(t, from, sent[len(sent)-1].Number)
			return sent[len(sent)-1].Text
		}
		return ""
	}
	// Both are life safety, and there are two: the number says which.
	which := say("+32475000001", " ok")
	require.Contains(t, which, "Rien n'est pris en charge. Répondez avec le numéro : OK 2 = P1 · home · Alarme")
	require.Contains(t, which, "\nOK 1 = P1")
	require.Empty(t, d.taken)
	require.Contains(t, say("+32475000001", "Ok n° 2 !"), "Pris en charge : P1 · home · Alarme")
	require.Equal(t, second+" un", await(t, d.taken))
	require.Contains(t, say("+32475000001", "Pris 1."), "Pris en charge")
	require.Equal(t, first+" un", await(t, d.taken), "that number")
	require.Contains(t, say("+32475000001", "OK 77"), "Aucune alarme")
	require.Contains(t, say("+32475000001", "qui est-ce ?"), "Pas compris")
	require.Empty(t, say("+32475999999", "OK"), "a stranger gets no answer")
	require.Empty(t, d.taken)
	for range mostAnswers {
		say("+32475000001", "?")
	}
	require.Empty(t, say("+32475000001", "?"), "no endless talk between machines")
}

// Without a number only one alarm can be meant, which was read.
func TestAnAnswerWithoutANumber(t *testing.T) {
	for name, c := range map[string]struct {
		play  func(*desk)
		taken bool
	}{
		"one alarm":   {func(d *desk) { d.see(1, 2, gtc.AlarmUnacknowledged) }, true},
		"life safety": {func(d *desk) { d.see(1, 1, gtc.AlarmUnacknowledged) }, false},
		"two alarms": {func(d *desk) {
			d.see(1, 2, gtc.AlarmUnacknowledged)
			d.see(2, 2, gtc.AlarmUnacknowledged)
		}, false},
		"one that is just over": {func(d *desk) {
			d.see(1, 2, gtc.AlarmUnacknowledged)
			d.see(2, 2, gtc.AlarmUnacknowledged)
			d.see(2, 2, gtc.AlarmReturned)
		}, false},
		"one that is long over": {func(d *desk) {
			d.see(2, 2, gtc.AlarmUnacknowledged)
			d.see(2, 2, gtc.AlarmReturned)
			d.pass(justNow)
			d.see(1, 2, gtc.AlarmUnacknowledged)
		}, true},
	} {
		d := newDesk(t, bookOf(notify.SMS), Way{Name: "gateway", Channel: notify.SMS, Sender: newCounter()})
		c.play(d)
		p, _ := d.service.Book().Person("un")
		answer, outcome := d.service.obey(t.Context(), p, "OK")
		if !c.taken {
			require.Equal(t, "which", outcome, name)
			require.Contains(t, answer, "OK 1 = ", name)
			require.Empty(t, d.taken, name)
			continue
		}
		require.Equal(t, "taken", outcome, name)
		require.Equal(t, "home/eq-1/fault un", await(t, d.taken), name)
	}
}

func TestAnswersThatAreUnderstood(t *testing.T) {
	for text, want := range map[string]string{
		"OK": "", "ok 12": "12", "OK12": "12", "Pris.": "", "pris en charge 7": "7", "Genomen nr 3!": "3", "taken #999": "999", "OK n°12": "12",
	} {
		m := asks.FindStringSubmatch(text)
		require.NotNil(t, m, text)
		require.Equal(t, want, m[1], text)
	}
	for _, text := range []string{
		"Pris dans les embouteillages, je ne peux pas venir", "OK 1234", "ok 12 13", "OK pour demain 8h", "okay", "12", "", "pas ok", "OK\nPierre",
	} {
		require.Nil(t, asks.FindStringSubmatch(text), text)
	}
}

func TestWaysAreTested(t *testing.T) {
	c := newCounter()
	var broken error
	check := func(context.Context) error { return broken }
	d := newDesk(t, bookOf(notify.SMS), Way{Name: "gateway", Channel: notify.SMS, Sender: c, Check: check})
	s := d.service
	require.Eventually(t, func() bool { return !s.ways.states()[0].Tested.IsZero() }, patience, time.Millisecond)
	require.False(t, s.due(s.ways.states()[0]), "once a day")
	d.stop()
	d.start()
	s = d.service
	require.False(t, s.due(s.ways.states()[0]), "also over a restart")
	d.stop()

	broken = errors.New("no credit left")
	s.noteTest(t.Context(), s.ways.states()[0], s.testOnce(t.Context(), &s.ways.all[0], true))
	require.Equal(t, "no credit left", s.ways.states()[0].Error)
	require.True(t, s.Channels(d.clock())[0].Failed)
	d.pass(againAfter)
	require.True(t, s.due(s.ways.states()[0]), "what failed is tested again soon")

	broken = nil
	s.o.TestPerson = "un"
	s.noteTest(t.Context(), s.ways.states()[0], s.testOnce(t.Context(), &s.ways.all[0], true))
	require.False(t, s.Channels(d.clock())[0].Failed)
	m := await(t, c.sent)
	require.Equal(t, notify.Test, m.Why)
	require.Contains(t, await(t, c.texts).Short, "Essai GTC")
	d.pass(13 * time.Hour) // the evening
	d.pass(testEvery)
	require.False(t, s.due(s.ways.states()[0]), "a test that rings waits for the day")
}

func TestTry(t *testing.T) {
	sms, email := newCounter(), newCounter()
	email.fail = func(notify.Message) error { return errors.New("mail server away") }
	d := newDesk(t, bookOf(notify.SMS), Way{Name: "gateway", Channel: notify.SMS, Sender: sms}, Way{Name: "email", Channel: notify.Email, Sender: email})
	require.Eventually(t, func() bool {
		_, err := AskStatus(t.Context(), d.bus.Conn())
		return err == nil
	}, patience, time.Millisecond, "the service answers")
	got, err := AskTry(t.Context(), d.bus.Conn(), "un", "")
	require.NoError(t, err)
	require.Equal(t, []Outcome{{Channel: notify.SMS, Way: "gateway"}, {Channel: notify.Email, Way: "email", Error: "mail server away"}}, got)
	_, err = AskTry(t.Context(), d.bus.Conn(), "nobody", "")
	require.ErrorIs(t, err, ErrPerson)
	_, err = AskTry(t.Context(), d.bus.Conn(), "un", notify.Push)
	require.ErrorIs(t, err, ErrNotReached)
}

func TestWatchdogIsSilentWhenTheHubDoesNotWork(t *testing.T) {
	asked := make(chan string, 8)
	outside := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.Method }))
	t.Cleanup(outside.Close)
	var fault error
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	w := NewWatchdog(outside.URL+"/secret-token", time.Minute, func(context.Context) error { return fault }, func() time.Time { return at }, zerolog.Nop())
	w.note(w.tell(t.Context()))
	require.Equal(t, http.MethodGet, await(t, asked))
	last, wrong := w.State()
	require.Equal(t, at, last)
	require.Empty(t, wrong)
	fault = errors.New("alarms not judged")
	w.note(w.tell(t.Context()))
	require.Empty(t, asked)
	_, wrong = w.State()
	require.Contains(t, wrong, "alarms not judged")
	fault = nil
	outside.Close()
	w.note(w.tell(t.Context()))
	_, wrong = w.State()
	require.NotEmpty(t, wrong)
	require.NotContains(t, wrong, "secret-token")
}
