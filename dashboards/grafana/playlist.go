package grafana

import (
	"encoding/json"
	"slices"
)

// Playlist is what Grafana 12 is sent to make a playlist (POST /api/playlists).
type Playlist struct {
	Name     string         `json:"name"`
	Interval string         `json:"interval"`
	Items    []PlaylistItem `json:"items"`
}

// PlaylistItem is one page of a playlist.
type PlaylistItem struct {
	Type  string `json:"type"`
	Value string `json:"value"`
	Title string `json:"title"`
}

// Walls is the playlist of the walls, 25 s each: for a screen without gtc kiosk.
func Walls() Playlist {
	p := Playlist{Name: "GTC · Murs", Interval: "25s"}
	for _, d := range Dashboards() {
		if slices.Contains(d.Tags, "mur") {
			p.Items = append(p.Items, PlaylistItem{Type: "dashboard_by_uid", Value: d.UID, Title: d.Title})
		}
	}
	return p
}

// JSON is the file that is sent, with a newline at its end.
func (p Playlist) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(text, '\n'), nil
}
