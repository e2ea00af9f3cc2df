package notify_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/rules/notify"
)

func TestOnCallUntil(t *testing.T) {
	loc := brussels(t)
	day := func(month time.Month, day, hour int) time.Time {
		return time.Date(2026, month, day, hour, 0, 0, 0, loc)
	}
	rota := func(members ...string) *notify.Book {
		b := &notify.Book{Rotas: []notify.Rota{{ID: "garde", Start: day(10, 19, 8), TurnDay: 7, Members: members}}}
		for _, id := range []string{"un", "deux", "trois"} {
			b.People = append(b.People, notify.Person{ID: id, Name: id})
		}
		return b
	}
	until := func(b *notify.Book, at time.Time) string {
		u := b.OnCallUntil("garde", at, loc)
		if u.IsZero() {
			return ""
		}
		was, before := b.OnCall("garde", u.Add(-time.Second), loc)
		is, after := b.OnCall("garde", u, loc)
		require.True(t, before != after || was.ID != is.ID, "nothing changes then")
		return u.In(loc).Format("01-02 15:04")
	}
	two := rota("un", "deux")
	require.Equal(t, "10-26 08:00", until(two, day(10, 20, 12)), "the clock goes back on the 25th")
	require.Equal(t, "11-02 08:00", until(two, day(10, 26, 8)))
	require.Empty(t, until(rota("un"), day(10, 20, 12)), "always the same person")
	require.Empty(t, until(rota(), day(10, 20, 12)), "never anybody")
	require.True(t, two.OnCallUntil("autre", day(10, 20, 12), loc).IsZero())
	two.Rotas[0].Exceptions = []notify.Shift{{Person: "deux", From: day(10, 21, 0), Until: day(10, 22, 0)}}
	require.Equal(t, "10-21 00:00", until(two, day(10, 20, 12)))
	require.Equal(t, "10-22 00:00", until(two, day(10, 21, 12)))
	two.Leave = []notify.Shift{{Person: "deux", From: day(10, 19, 0), Until: day(11, 20, 0)}}
	require.Equal(t, "11-23 08:00", until(two, day(10, 20, 12)), "on leave in its turns, and for the exception")
	one := rota("un")
	one.Leave = []notify.Shift{{Person: "un", From: day(10, 22, 0), Until: day(10, 23, 0)}}
	require.Equal(t, "10-22 00:00", until(one, day(10, 20, 12)))
	require.Equal(t, "10-23 00:00", until(one, day(10, 22, 12)), "nobody until the 23rd")
}
