package alert

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

const answerSecret = "a secret of the provider"

// hand is a provider that hands an answer over.
func hand(t *testing.T, h http.Handler, kind, body string, show func(*http.Request)) int {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, AnswerPath, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	if show != nil {
		show(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

func bearer(r *http.Request) { r.Header.Set("Authorization", "Bearer "+answerSecret) }

// An answer that a provider hands over does what one to the modem does: once,
// however often it is handed over, and only from somebody who knows the secret.
func TestAProviderHandsAnAnswerOver(t *testing.T) {
	c := newCounter()
	d := newDesk(t, bookOf(notify.SMS), Way{Name: "gateway", Channel: notify.SMS, Sender: c})
	require.Nil(t, d.service.AnswerHandler(), "not without a secret")
	d.stop()
	d.opts.Answers = &AnswerOptions{Secret: []byte(answerSecret), From: "message.msisdn", Text: "message.body"}
	d.start()
	first := d.change(1, 2, gtc.AlarmUnacknowledged)
	m := await(t, c.sent)
	require.Contains(t, await(t, c.texts).Short, fmt.Sprintf("OK %d", m.Numbers[0]))

	h := d.service.AnswerHandler()
	body := `{"id":"1","message":{"msisdn":"0032 475 00 00 01","body":"ok"}}`
	require.Equal(t, http.StatusUnauthorized, hand(t, h, "application/json", body, nil))
	require.Equal(t, http.StatusUnauthorized, hand(t, h, "application/json", body, func(r *http.Request) { r.Header.Set("Authorization", "Bearer a guess") }))
	require.Equal(t, http.StatusUnauthorized, hand(t, h, "application/json", body, func(r *http.Request) { r.Header.Set(headerSignature, "sha256=00") }))
	require.Equal(t, http.StatusNoContent, hand(t, h, "application/json", body, bearer))
	require.Equal(t, first+" un", await(t, d.taken))
	require.Contains(t, await(t, c.texts).Short, "Pris en charge")
	require.Equal(t, "+32475000001", await(t, c.sent).To.Phone)

	// Handed over again it is the same answer, not one to the next alarm.
	d.pass(time.Minute)
	second := d.change(2, 2, gtc.AlarmUnacknowledged)
	await(t, c.sent)
	require.Equal(t, http.StatusNoContent, hand(t, h, "application/json; charset=utf-8", body, bearer))
	require.Empty(t, d.taken)
	d.pass(sameAnswer)
	next := strings.NewReplacer(`"1"`, `"2"`, `"ok"`, `"ok 2"`).Replace(body)
	require.Equal(t, http.StatusNoContent, hand(t, h, "application/json", next, func(r *http.Request) {
		mac := hmac.New(sha256.New, []byte(answerSecret))
		mac.Write([]byte(next))
		r.Header.Set(headerSignature, "sha256="+hex.EncodeToString(mac.Sum(nil)))
	}))
	require.Equal(t, second+" un", await(t, d.taken))

	// Somebody else learns nothing, and is not answered.
	require.Equal(t, http.StatusNoContent, hand(t, h, "application/json", strings.Replace(body, "01\"", "99\"", 1), bearer))
	require.Empty(t, d.taken)
	for kind, body := range map[string]string{
		"application/json":    `{"message":{"msisdn":"+32475000001"}}`,
		"text/plain":          "ok",
		"application/json; x": `{`,
	} {
		require.Equal(t, http.StatusBadRequest, hand(t, h, kind, body, bearer), kind)
	}
	require.Equal(t, http.StatusRequestEntityTooLarge, hand(t, h, "application/json", strings.Repeat(" ", mostAnswer+1), bearer))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, AnswerPath, nil))
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
}

func TestAnswersAsAForm(t *testing.T) {
	o := AnswerOptions{Secret: []byte(answerSecret), From: "from", Text: "text"}
	got, err := o.read("application/x-www-form-urlencoded", []byte("from=%2B32475000001&text=OK+12"))
	require.NoError(t, err)
	require.Equal(t, "+32475000001", got.From)
	require.Equal(t, "OK 12", got.Text)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, AnswerPath, nil)
	r.SetBasicAuth("provider", answerSecret)
	require.True(t, o.trusts(r, nil))
	for in, want := range map[string]string{"32475000001": "+32475000001", "+32 475/00.00.01": "+32475000001", "0032475000001": "+32475000001", "anonymous": ""} {
		require.Equal(t, want, international(in))
	}
}

func TestAnswersOfTheConfiguration(t *testing.T) {
	env := func(secret string) func(string) string {
		return func(name string) string { return map[string]string{"GTC_SMS_ANSWER_SECRET": secret}[name] }
	}
	var n config.Notify
	got, err := Answers(&n, env(""))
	require.NoError(t, err)
	require.Nil(t, got)
	_, err = Answers(&n, env("short"))
	require.ErrorContains(t, err, "16 bytes")
	n.SMS.Answers.From = "sender"
	got, err = Answers(&n, env(answerSecret))
	require.NoError(t, err)
	require.Equal(t, &AnswerOptions{Secret: []byte(answerSecret), From: "sender", Text: "text"}, got)
	n.SMS.Answers.SecretFile = "/absent"
	_, err = Answers(&n, env(""))
	require.Error(t, err)
}

// FuzzAnswer: whatever a provider sends, it is refused or names a number.
func FuzzAnswer(f *testing.F) {
	f.Add("application/json", []byte(`{"from":"32475000001","text":"OK"}`))
	f.Add("application/x-www-form-urlencoded", []byte("from=%2B32475000001&text=OK+12"))
	f.Add("application/json", []byte(`{"from":{"a":1},"text":3}`))
	o := AnswerOptions{From: "from", Text: "text"}
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		got, err := o.read(kind, body)
		if err == nil && (len(got.From) < 2 || got.From[0] != '+' || got.Text == "") {
			t.Fatalf("%q from %q", got, body)
		}
	})
}
