package hub

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/internal/alert"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// The API tells who is on call by name and until when, and never how to reach
// anybody.
func TestAPITellsWhoIsOnCall(t *testing.T) {
	c := newCentre(t, influxtest.Start(t))
	cat, err := c.Catalogue(t.Context())
	require.NoError(t, err)
	require.NotNil(t, cat.OnCall, "no rota is not a hub that does not tell")
	require.Empty(t, cat.OnCall)

	js, err := jetstream.New(c.bus.Conn())
	require.NoError(t, err)
	people, err := alert.OpenPeople(t.Context(), js)
	require.NoError(t, err)
	_, revision, err := alert.ReadBook(t.Context(), people)
	require.NoError(t, err)
	start := c.at.AddDate(0, 0, -1)
	_, err = alert.WriteBook(t.Context(), people, &notify.Book{
		People: []notify.Person{{ID: "un", Name: "Personne un", Phone: "+32475000001"}, {ID: "deux", Phone: "+32475000002", Email: "deux@example.be"}},
		Rotas: []notify.Rota{
			{ID: "garde", Start: start, TurnDay: 7, Members: []string{"un", "deux"}},
			{ID: "nuit", Name: "Garde de nuit", Start: start, TurnDay: 7, Members: []string{"deux"}},
		},
		Leave:  []notify.Shift{{Person: "deux", From: c.at.Add(-time.Hour), Until: c.at.Add(time.Hour)}},
		Routes: []notify.Route{{ID: "tout", Steps: []notify.Step{{To: []string{"rota:garde", "rota:nuit"}, Channels: []notify.Channel{notify.SMS}}}}},
	}, revision)
	require.NoError(t, err)

	cat, err = c.again(t).Catalogue(t.Context())
	require.NoError(t, err)
	zone := c.locate("")
	turn := start.In(zone).AddDate(0, 0, 7).Truncate(time.Minute)
	require.Equal(t, []api.OnCall{
		{Rota: "garde", Person: "Personne un", Until: turn.UTC()},
		{Rota: "nuit", Name: "Garde de nuit", Until: c.at.Add(time.Hour).UTC()},
	}, cat.OnCall)
	text, err := json.Marshal(cat.OnCall)
	require.NoError(t, err)
	require.NotContains(t, string(text), "+32")
	require.NotContains(t, string(text), "@")
}
