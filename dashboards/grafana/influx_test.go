package grafana

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	base "github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	store "github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
)

// TestInfluxQueries runs every question of the plain dashboards against a real
// InfluxDB that holds one value of each point they name: an answer without a
// row asks for what is never written.
func TestInfluxQueries(t *testing.T) {
	cat, err := catalogue.Load()
	require.NoError(t, err)
	db := influxtest.Start(t)
	at := time.Now().Add(-time.Minute)
	var lines []byte
	for _, kind := range cat.Kinds() {
		for _, p := range cat.Points(kind) {
			value := "1"
			if p.Type == base.TypeBool {
				value = "true"
			}
			lines = fmt.Appendf(lines, "%s,equipment=e-1,site=here %s=%s %d\n", kind, p.ID, value, at.UnixMilli())
		}
	}
	lines = fmt.Appendf(lines, "collector,device=d-1,site=here errors=2 %d\n", at.UnixMilli())
	lines = store.AppendQuality(lines, base.Sample{Series: base.Series{Site: "here", Equipment: "e-1", Kind: "boiler", Point: "flow_temp"}, At: at, Quality: base.QualityStale})
	require.NoError(t, db.Write(t.Context(), store.Raw, lines))
	fill := strings.NewReplacer("$timeFilter", "time > now() - 24h", "$__interval", "10m", "$site", "here", "$equipement", "e-1", "$genre", "boiler", "$point", "flow_temp")
	asked := 0
	for _, d := range []Dashboard{influxSite(), influxEquipment()} {
		var questions []string
		for _, v := range d.Templating.List {
			if choice, ok := v.(Variable); ok && choice.Type == "query" {
				text, isText := choice.Query.(string)
				require.True(t, isText)
				questions = append(questions, text)
			}
		}
		for _, p := range d.Panels {
			for _, target := range p.Targets {
				q, ok := target.(InfluxQuery)
				require.True(t, ok)
				questions = append(questions, q.Query)
				namesAreKnown(t, cat, fill.Replace(q.Query))
			}
		}
		for _, q := range questions {
			rows := 0
			require.NoError(t, db.Query(t.Context(), store.Raw, fill.Replace(q), func(table *store.Table) error {
				rows += len(table.Values)
				return nil
			}), q)
			assert.Positive(t, rows, q)
			asked++
		}
	}
	assert.Greater(t, asked, 10)
}

// namesAreKnown looks up a query's measurement and points.
func namesAreKnown(t *testing.T, cat *catalogue.Catalogue, q string) {
	t.Helper()
	from := regexp.MustCompile(`FROM "(\w+)"`).FindStringSubmatch(q)
	require.NotNil(t, from, q)
	if from[1] == store.MeasurementCollector || from[1] == store.MeasurementQuality {
		return
	}
	assert.True(t, cat.HasKind(base.Kind(from[1])), q)
	selected, _, _ := strings.Cut(q, " FROM ")
	selected = regexp.MustCompile(`AS "[^"]*"`).ReplaceAllString(selected, "")
	for _, m := range regexp.MustCompile(`"(\w+)"`).FindAllStringSubmatch(selected, -1) {
		_, ok := cat.Point(base.Kind(from[1]), base.PointID(m[1]))
		assert.True(t, ok, "%s has no point %s", from[1], m[1])
	}
}
