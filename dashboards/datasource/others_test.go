package datasource

import (
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What has no tile is counted, by how bad it is.
func TestOthers(t *testing.T) {
	d := speaking(t, "fr")
	board := func(name string, tiles ...string) *data.Frame {
		names := make([]string, len(tiles))
		for i := range names {
			names[i] = "Site " + string(rune('A'+i))
		}
		return data.NewFrame(name, data.NewField("site_label", nil, names), data.NewField("tile", nil, tiles))
	}
	for _, c := range []struct {
		name  string
		frame *data.Frame
		most  int
		want  []string
	}{
		{"enough room", board("sites", "■ 1 a", "Normal · 2 s"), 2, []string{"Site A: ■ 1 a", "Site B: Normal · 2 s"}},
		{
			"sites", board("sites", "■ 1 a", "▲ 2 b", "■ 1 c", "▨ Inconnu", "Normal · 2 s", "Normal · 3 s"), 2,
			[]string{"Site A: ■ 1 a", "+ 5 autres: ■ 1 · ▲ 1 · ▨ 1 · 2 normaux"},
		},
		{"works", board("works", "jusqu’à 15:00", "jusqu’à 16:00", "jusqu’à 17:00"), 2, []string{"Site A: jusqu’à 15:00", "+ 2 autres: …"}},
		{"no limit", board("sites", "a", "b"), 0, []string{"Site A: a", "Site B: b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d.others(c.frame, c.most)
			got := []string{}
			for i := range c.frame.Rows() {
				name, _ := c.frame.Fields[0].At(i).(string)
				tile, _ := c.frame.Fields[1].At(i).(string)
				got = append(got, name+": "+tile)
			}
			assert.Equal(t, c.want, got)
		})
	}
}

// The board asks for the costliest findings: those that are left out are the
// cheapest in the money that it sorts by, not in energy.
func TestBoardIsCutAfterItIsSorted(t *testing.T) {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	d := quiet(t, map[string]string{"/api/v1/findings": `{"at":"2026-11-20T12:00:00Z","findings":[
		{"id":"a","site":"a","site_label":{"fr":"A"},"meter":"g","meter_label":{"fr":"Gaz"},"kind":"drift","kwh_per_week":900,"eur_per_week":60,"onset":"2026-11-10T12:00:00Z"},
		{"id":"b","site":"b","site_label":{"fr":"B"},"meter":"e","meter_label":{"fr":"Élec"},"kind":"drift","kwh_per_week":500,"eur_per_week":130,"onset":"2026-11-10T12:00:00Z"},
		{"id":"c","site":"c","site_label":{"fr":"C"},"meter":"g","meter_label":{"fr":"Gaz"},"kind":"drift","kwh_per_week":100,"eur_per_week":5,"onset":"2026-11-10T12:00:00Z"}]}`})
	got := ask(t, d, at, `{"queryType":"findings","fields":["site_label","meter_label","tile"],"sort":"-eur_per_week","limit":2}`)
	require.NoError(t, got.Error)
	f := got.Frames[0]
	require.Equal(t, 2, f.Rows())
	assert.Equal(t, "B", f.Fields[0].At(0))
	assert.Equal(t, "◆ 130 €/sem. · 10 j", f.Fields[2].At(0), "the meter is told beside it")
	assert.Equal(t, "+ 2 autres", f.Fields[0].At(1))
	assert.Empty(t, f.Fields[1].At(1))
	assert.Equal(t, "◆ 2", f.Fields[2].At(1))
}
