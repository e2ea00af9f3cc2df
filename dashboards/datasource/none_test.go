package datasource

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// quiet is a hub of which nothing is wrong: every list is empty. What paths
// does not have fails.
func quiet(t *testing.T, paths map[string]string) *Datasource {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := paths[r.URL.Path]
		if !ok {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = fmt.Fprint(w, `{"type":"urn:gtc:problem:unavailable","status":503,"detail":"pas maintenant"}`)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, body)
	}))
	t.Cleanup(srv.Close)
	return source(t, srv.URL, "", nil)
}

const emptyBoard = `{"at":"2026-11-20T12:00:00Z","standing":[],"inhibited":[],"works":[]}`

// That a list is empty is said by the answer, in the words of the question: an
// answer that did not come says nothing of the kind.
func TestNone(t *testing.T) {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	d := quiet(t, map[string]string{"/api/v1/alarms/board": emptyBoard, "/api/v1/catalogue": `{"sites":[]}`})
	only := func(t *testing.T, got backend.DataResponse) *data.Frame {
		t.Helper()
		require.NoError(t, got.Error)
		require.Len(t, got.Frames, 1)
		require.Equal(t, 1, got.Frames[0].Rows())
		return got.Frames[0]
	}
	t.Run("of a table", func(t *testing.T) {
		f := only(t, ask(t, d, at, `{"queryType":"alarms","fields":["priority","label"],"none":"aucune alarme"}`))
		require.Len(t, f.Fields, 1, "the words are not squeezed into a column of something else")
		assert.Equal(t, "none", f.Fields[0].Name)
		assert.Equal(t, "aucune alarme", f.Fields[0].At(0))
		assert.NotEmpty(t, f.Fields[0].Config.DisplayNameFromDS)
	})
	t.Run("of a board", func(t *testing.T) {
		f := only(t, ask(t, d, at, `{"queryType":"works","fields":["site_label","tile"],"none":"aucun, ni en cours ni annoncé"}`))
		require.Len(t, f.Fields, 2)
		assert.Equal(t, "Tous les sites", f.Fields[0].At(0))
		assert.Equal(t, "tile", f.Fields[1].Name)
		assert.Equal(t, "aucun, ni en cours ni annoncé", f.Fields[1].At(0))
	})
	t.Run("not unless it is asked for", func(t *testing.T) {
		got := ask(t, d, at, `{"queryType":"alarms"}`)
		require.NoError(t, got.Error)
		assert.Zero(t, got.Frames[0].Rows())
	})
	t.Run("not when the hub does not answer", func(t *testing.T) {
		got := ask(t, d, at, `{"queryType":"findings","fields":["site_label","tile"],"none":"aucune dérive"}`)
		require.Error(t, got.Error)
		assert.Empty(t, got.Frames)
	})
	t.Run("not of curves", func(t *testing.T) {
		for _, q := range []string{
			`{"queryType":"points","points":["flow_temp"],"none":"rien"}`,
			`{"queryType":"energy","none":"rien"}`,
			`{"queryType":"energy","format":"carpet","none":"rien"}`,
			`{"queryType":"alarms","mode":"history","format":"count","none":"rien"}`,
		} {
			got := ask(t, d, at, q)
			require.Error(t, got.Error, q)
			assert.Equal(t, backend.StatusBadRequest, got.Status, q)
		}
	})
}

// Nobody waits is a word of the answer, and not what an absent age looks like.
func TestNoneWaits(t *testing.T) {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	const query = `{"queryType":"alarms","format":"summary","fields":["oldest_unacknowledged"],"none":"aucune"}`
	alarm := func(since string) string {
		return `{"at":"2026-11-20T12:00:00Z","standing":[{"id":"a","site":"s","priority":2,"state":"unacknowledged"` + since + `}],"inhibited":[],"works":[]}`
	}
	for _, c := range []struct{ board, want string }{
		{emptyBoard, "aucune"},
		{alarm(`,"since":"2026-11-20T11:00:00Z"`), "1 h"},
		{alarm(``), ""}, // it waits, and since when is not known
	} {
		got := ask(t, quiet(t, map[string]string{"/api/v1/alarms/board": c.board}), at, query)
		require.NoError(t, got.Error)
		text, ok := got.Frames[0].Fields[0].At(0).(*string)
		require.True(t, ok)
		if c.want == "" {
			assert.Nil(t, text)
			continue
		}
		require.NotNil(t, text)
		assert.Equal(t, c.want, *text)
	}
}

// A number of a summary keeps its name when it is not known: six tiles of a
// wall that all say « ▨ inconnu » say nothing.
func TestFailedSummaryKeepsItsNames(t *testing.T) {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	d := quiet(t, nil)
	got := ask(t, d, at, `{"queryType":"sites","format":"summary","fields":["unknown","newest_age"]}`)
	require.Error(t, got.Error)
	require.Len(t, got.Frames, 1)
	f := got.Frames[0]
	require.Equal(t, 1, f.Rows())
	assert.Equal(t, "unknown", f.Fields[0].Name)
	assert.Equal(t, "Inconnus", f.Fields[0].Config.DisplayNameFromDS)
	assert.Equal(t, "newest_age", f.Fields[1].Name)
	for _, field := range f.Fields {
		assert.True(t, field.NilAt(0), field.Name)
	}
	for _, q := range []string{`{"queryType":"sites","format":"summary"}`, `{"queryType":"sites","fields":["site_label"]}`} {
		assert.Empty(t, ask(t, d, at, q).Frames, q)
	}
}
