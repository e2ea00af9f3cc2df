package datasource

import (
	"slices"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"
)

// testNumbers: an alert rule knows a number by its labels alone, so no two of
// one answer have the same.
func testNumbers(t *testing.T, c *centre) {
	t.Helper()
	d := source(t, c.url, "", nil)
	for _, query := range []string{
		`{"queryType":"alarms","format":"numeric"}`, `{"queryType":"alarms","mode":"history","format":"count"}`,
		`{"queryType":"findings","format":"numeric"}`, `{"queryType":"sites","format":"numeric"}`,
		`{"queryType":"collectors","format":"numeric"}`, `{"queryType":"values","format":"numeric"}`, `{"queryType":"energy","step":"month"}`,
	} {
		got := ask(t, d, c.at, query)
		require.NoError(t, got.Error, query)
		var seen []string
		for _, f := range got.Frames {
			for _, field := range f.Fields {
				if !field.Type().Numeric() {
					continue
				}
				labels := field.Labels.String()
				require.NotContains(t, seen, labels, query)
				seen = append(seen, labels)
			}
		}
		require.NotEmpty(t, seen, query)
	}
	got := ask(t, d, c.at, `{"queryType":"sites","format":"numeric","measures":["unknown"],"sites":["gilly"]}`)
	require.NoError(t, got.Error)
	i := slices.IndexFunc(got.Frames, func(f *data.Frame) bool { return f.Fields[0].Labels["site"] == "gilly" })
	require.GreaterOrEqual(t, i, 0)
	require.InDelta(t, 1, *got.Frames[i].Fields[0].At(0).(*float64), 0, "nothing was heard of it")
	require.Equal(t, backend.StatusBadRequest, ask(t, d, c.at, `{"queryType":"sites","format":"numeric","measures":["tile"]}`).Status)
}
