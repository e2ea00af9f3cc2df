package channel_test

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/channel"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

var noon = time.Date(2026, 11, 20, 12, 3, 0, 0, time.UTC)

func message() notify.Message {
	return notify.Message{
		ID: "dampremy/incendie/fire_alarm/3/unacknowledged/raised/0/un/sms", Why: notify.Raised, Channel: notify.SMS, At: noon,
		To: notify.Person{ID: "un", Phone: "+32475000001", Email: "un@exemple.be"},
		Alarms: []gtc.Alarm{{
			ID: "dampremy/incendie/fire_alarm", Site: "dampremy", Equipment: "incendie", Priority: 1, LifeSafety: true,
			State: gtc.AlarmUnacknowledged, Since: noon, Label: gtc.Label{"fr": "Alarme incendie", "nl": "Brandalarm"},
			Advice: gtc.Label{"fr": "Appliquer la procédure du site.\nEn cas de feu : 112."},
		}},
	}
}

func places(site gtc.SiteID, _ gtc.EquipmentID) (gtc.Label, gtc.Label) {
	return gtc.Label{"fr": "Dampremy"}, gtc.Label{"fr": "Centrale incendie", "nl": "Brandcentrale"}
}

func brussels(t *testing.T) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	return loc
}

func TestRender(t *testing.T) {
	const link = "https://gtc.exemple.be/t/abc"
	m := message()
	got := channel.Render(m, places, link, brussels(t))
	require.Equal(t, "P1 · Dampremy · Centrale incendie · Alarme incendie depuis 20 nov. 13:03", got.Subject)
	require.Equal(t, got.Subject+"\nInfo GTC – procédure du site et 112\n"+link, got.Short)
	require.Equal(t, got.Subject+`

À faire :
- Appliquer la procédure du site.
- En cas de feu : 112.

Prendre en charge : `+link+`

Info GTC – procédure du site et 112
`, got.Body)

	late := m
	late.Late = noon.Add(2 * time.Hour)
	late.Alarms = []gtc.Alarm{m.Alarms[0]}
	late.Alarms[0].State = gtc.AlarmReturned
	require.Contains(t, channel.Render(late, places, "", brussels(t)).Short, "depuis 20 nov. 13:03 (reçu en retard 20 nov. 15:03), revenu à la normale")

	unseen := m
	unseen.Alarms = []gtc.Alarm{m.Alarms[0]}
	for state, says := range map[gtc.AlarmState]string{
		gtc.AlarmReturned: "13:03, revenu à la normale\n", gtc.AlarmLatchedUnacknowledged: "13:03, mémorisée jusqu'à réarmement\n", gtc.AlarmUnacknowledged: "13:03\n",
	} {
		unseen.Alarms[0].State = state
		require.Contains(t, channel.Render(unseen, places, "", brussels(t)).Short, says)
	}

	test := m
	test.Alarms = []gtc.Alarm{m.Alarms[0]}
	test.Alarms[0].InTest = true
	require.True(t, strings.HasPrefix(channel.Render(test, places, "", brussels(t)).Subject, "EN ESSAI · P1"))

	nl := m
	nl.To.Language = "nl"
	require.Contains(t, channel.Render(nl, places, "", brussels(t)).Subject, "Brandcentrale · Brandalarm sinds 20 nov. 13:03")

	many := m
	for range 40 {
		many.Alarms = append(many.Alarms, m.Alarms[0])
	}
	require.Contains(t, channel.Render(many, places, "", brussels(t)).Short, "P1 · 41 alarmes : P1 · Dampremy")
}

func TestShortKeepsEndAndLink(t *testing.T) {
	m := message()
	m.Alarms[0].Label = gtc.Label{"fr": strings.Repeat("très long ", 100)}
	got := channel.Render(m, places, "https://gtc.exemple.be/t/abc", brussels(t)).Short
	require.LessOrEqual(t, len([]rune(got)), 300)
	require.True(t, strings.HasSuffix(got, "…\nInfo GTC – procédure du site et 112\nhttps://gtc.exemple.be/t/abc"), got)
}

func TestLink(t *testing.T) {
	s, err := channel.NewSigner([]byte(strings.Repeat("k", 32)))
	require.NoError(t, err)
	other, err := channel.NewSigner([]byte(strings.Repeat("x", 32)))
	require.NoError(t, err)
	_, err = channel.NewSigner([]byte("short"))
	require.Error(t, err)
	g := channel.Grant{Person: "un", Alarm: "a/b/c", Occurrence: 3, Expires: noon.Add(channel.LinkLife)}
	token, err := s.Token(g)
	require.NoError(t, err)
	got, err := s.Check(token, noon)
	require.NoError(t, err)
	require.Equal(t, g, got)
	forged, err := other.Token(g)
	require.NoError(t, err)
	head, _, _ := strings.Cut(token, ".")
	for _, bad := range []string{"", ".", head, head + ".", forged, token + "a", "x" + token} {
		_, err := s.Check(bad, noon)
		require.ErrorIs(t, err, channel.ErrLink, bad)
	}
	_, err = s.Check(token, g.Expires)
	require.ErrorIs(t, err, channel.ErrLink, "too old")
}

// receiver is a program that takes what is posted.
func receiver(t *testing.T, status int) (address string, got chan *http.Request, bodies chan string) {
	t.Helper()
	got, bodies = make(chan *http.Request, 8), make(chan string, 8)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		bodies <- string(body)
		got <- r
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	return s.URL, got, bodies
}

func TestGateway(t *testing.T) {
	to, got, bodies := receiver(t, http.StatusAccepted)
	fields := map[string]string{"recipient": "$to", "message": "$text", "reference": "gtc:$id", "sender": "GTC"}
	g, err := channel.NewGateway(channel.GatewayOptions{URL: to, Fields: fields, Header: map[string]string{"Authorization": "Bearer x"}})
	require.NoError(t, err)
	text := channel.Text{Short: `dit "é"`}
	require.NoError(t, g.Send(t.Context(), message(), text))
	r := <-got
	require.Equal(t, "Bearer x", r.Header.Get("Authorization"))
	require.JSONEq(t, `{"recipient":"+32475000001","message":"dit \"é\"","reference":"gtc:dampremy/incendie/fire_alarm/3/unacknowledged/raised/0/un/sms","sender":"GTC"}`, <-bodies)

	g, err = channel.NewGateway(channel.GatewayOptions{URL: to, Form: true, Fields: map[string]string{"to": "$to", "text": "$text"}})
	require.NoError(t, err)
	require.NoError(t, g.Send(t.Context(), message(), text))
	require.Equal(t, "text=dit+%22%C3%A9%22&to=%2B32475000001", <-bodies)
}

func TestAnswersOfPrograms(t *testing.T) {
	for status, final := range map[int]bool{400: true, 401: true, 404: true, 408: false, 429: false, 500: false, 503: false} {
		to, _, _ := receiver(t, status)
		g, err := channel.NewGateway(channel.GatewayOptions{URL: to, Fields: map[string]string{"a": "$to", "b": "$text"}})
		require.NoError(t, err)
		w, err := channel.NewWebhook(to, []byte("sixteen bytes ok"), func() time.Time { return noon })
		require.NoError(t, err)
		for _, s := range []channel.Sender{g, w} {
			err := s.Send(t.Context(), message(), channel.Text{})
			require.Error(t, err)
			require.Equal(t, final, errors.Is(err, channel.ErrRefused), status)
		}
	}
}

func TestRefusedSettings(t *testing.T) {
	for _, bad := range []string{"http://sms.exemple.be", "://", "", "file:///x"} {
		_, err := channel.NewGateway(channel.GatewayOptions{URL: bad, Fields: map[string]string{"a": "$to$text"}})
		require.Error(t, err, bad)
		_, err = channel.NewWebhook(bad, []byte("sixteen bytes ok"), nil)
		require.Error(t, err, bad)
	}
	_, err := channel.NewGateway(channel.GatewayOptions{URL: "https://sms.exemple.be", Fields: map[string]string{"a": "$to"}})
	require.Error(t, err, "no text")
	_, err = channel.NewWebhook("https://hook.exemple.be", []byte("short"), nil)
	require.Error(t, err)
}

func TestWebhookIsSigned(t *testing.T) {
	to, got, bodies := receiver(t, http.StatusOK)
	secret := []byte("sixteen bytes ok")
	w, err := channel.NewWebhook(to, secret, func() time.Time { return noon })
	require.NoError(t, err)
	m := message()
	require.NoError(t, w.Send(t.Context(), m, channel.Text{Subject: "s"}))
	r, body := <-got, <-bodies
	require.Equal(t, m.ID, r.Header.Get(channel.HeaderID))
	require.Equal(t, channel.Sign(secret, r.Header.Get(channel.HeaderTime), []byte(body)), r.Header.Get(channel.HeaderSignature))
	require.NotEqual(t, channel.Sign([]byte("another secret 16"), r.Header.Get(channel.HeaderTime), []byte(body)), r.Header.Get(channel.HeaderSignature))
	var back struct {
		notify.Message
		Text string `json:"text"`
	}
	require.NoError(t, json.Unmarshal([]byte(body), &back))
	require.Equal(t, m, back.Message)
}

// browsers is what people allowed.
type browsers struct {
	subs []channel.Subscription
	gone []string
}

func (b *browsers) Browsers(context.Context, string) ([]channel.Subscription, error) {
	return b.subs, nil
}

func (b *browsers) Gone(_ context.Context, _, endpoint string) error {
	b.gone = append(b.gone, endpoint)
	return nil
}

func subscription(t *testing.T, endpoint string) channel.Subscription {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	require.NoError(t, err)
	var s channel.Subscription
	s.Endpoint = endpoint
	s.Keys.P256dh = base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes())
	s.Keys.Auth = base64.RawURLEncoding.EncodeToString([]byte("sixteen bytes ok"))
	return s
}

func TestPush(t *testing.T) {
	keys, err := channel.NewPushKeys()
	require.NoError(t, err)
	to, got, bodies := receiver(t, http.StatusCreated)
	ended, _, _ := receiver(t, http.StatusGone)
	b := &browsers{subs: []channel.Subscription{subscription(t, ended), subscription(t, to)}}
	p := channel.NewPush(keys, "mailto:gtc@exemple.be", b)
	require.NoError(t, p.Send(t.Context(), message(), channel.Text{Subject: "Alarme incendie"}), "one browser is enough")
	r := <-got
	require.Equal(t, "high", r.Header.Get("Urgency"))
	require.Contains(t, r.Header.Get("Authorization"), "vapid t=")
	require.NotContains(t, <-bodies, "incendie", "only the browser can read it")
	require.Equal(t, []string{ended}, b.gone)

	b.subs = nil
	require.ErrorIs(t, p.Send(t.Context(), message(), channel.Text{}), channel.ErrRefused)
}

// line is a modem that works or does not.
type line struct {
	err  error
	said []string
}

func (l *line) Send(_ context.Context, number, text string) error {
	if l.err == nil {
		l.said = append(l.said, number+" "+text)
	}
	return l.err
}

func TestSecondWay(t *testing.T) {
	text := channel.Text{Short: "x"}
	up, down := &line{}, &line{err: errors.New("no network")}
	require.NoError(t, channel.NewBoth(channel.NewModem(down), channel.NewModem(up)).Send(t.Context(), message(), text))
	require.Equal(t, []string{"+32475000001 x"}, up.said)
	require.NoError(t, channel.NewBoth(channel.NewModem(up), channel.NewModem(down)).Send(t.Context(), message(), text))
	require.Error(t, channel.NewBoth(channel.NewModem(down), channel.NewModem(down)).Send(t.Context(), message(), text))
	// An error that may pass is tried again, whatever the other way says.
	gone := &line{err: channel.ErrRefused}
	for _, c := range []struct {
		first, second *line
		final         bool
	}{{gone, down, false}, {down, gone, false}, {gone, gone, true}, {down, down, false}} {
		err := channel.NewBoth(channel.NewModem(c.first), channel.NewModem(c.second)).Send(t.Context(), message(), text)
		require.Error(t, err)
		require.Equal(t, c.final, errors.Is(err, channel.ErrRefused), err)
		require.ErrorContains(t, err, c.first.err.Error())
		require.ErrorContains(t, err, c.second.err.Error())
	}
	nobody := message()
	nobody.To.Phone = ""
	require.ErrorIs(t, channel.NewModem(up).Send(t.Context(), nobody, text), channel.ErrRefused)
}
