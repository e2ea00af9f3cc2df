package datasource

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/dashboards/api"
)

func TestOnCallIsNeverEmpty(t *testing.T) {
	d := speaking(t, "fr")
	early, late := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC), time.Date(2026, 11, 30, 7, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		rotas []api.OnCall
		want  string
		until time.Time
	}{
		{[]api.OnCall{}, "garde non configurée", time.Time{}},
		{[]api.OnCall{{Rota: "garde", Person: "un", Until: late}}, "un", late},
		{[]api.OnCall{{Rota: "garde"}}, "▲ personne", time.Time{}},
		{[]api.OnCall{{Rota: "garde", Person: "un", Until: late}, {Rota: "nuit", Name: "garde de nuit", Until: early}}, "garde : un · garde de nuit : ▲ personne", early},
	} {
		text, until := d.onCall(c.rotas)
		require.NotNil(t, text)
		assert.Equal(t, c.want, *text)
		if c.until.IsZero() {
			assert.Nil(t, until)
		} else {
			require.NotNil(t, until)
			assert.Equal(t, c.until, *until)
		}
	}
	text, until := d.onCall(nil)
	assert.Nil(t, text, "a hub that does not tell is not a hub without a rota")
	assert.Nil(t, until)
	english := speaking(t, "en")
	text, _ = english.onCall([]api.OnCall{})
	assert.Equal(t, "no rota set up", *text)
}
