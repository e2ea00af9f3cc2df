package grafana

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The playlist that is kept shows the dashboards that are kept.
func TestPlaylist(t *testing.T) {
	path := filepath.Join("provisioning", "playlists", "gtc-murs.json")
	text, err := Walls().JSON()
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, text, 0o600))
	}
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(kept), string(text), "go test ./dashboards/grafana -update")
	var playlist Playlist
	require.NoError(t, json.Unmarshal(kept, &playlist))
	require.Len(t, playlist.Items, 3)
	for _, item := range playlist.Items {
		assert.Equal(t, "dashboard_by_uid", item.Type)
		body, err := os.ReadFile(filepath.Join("dashboards", item.Value+".json"))
		require.NoError(t, err)
		var d struct{ UID, Title string }
		require.NoError(t, json.Unmarshal(body, &d))
		assert.Equal(t, item.Value, d.UID)
		assert.Equal(t, item.Title, d.Title)
	}
}
