package datasource

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/experimental"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden is one request with the frames it gives, testdata/<name>.json and
// testdata/<name>.golden.jsonc.
type request struct {
	// Hours before now at which the range begins and ends.
	From, To float64
	// IntervalMS is what Grafana suggests.
	IntervalMS int64
	Query      json.RawMessage
}

func (r request) at(now time.Time) backend.DataQuery {
	hours := func(h float64) time.Time { return now.Add(-time.Duration(h * float64(time.Hour))) }
	return backend.DataQuery{
		RefID: "A", Interval: time.Duration(r.IntervalMS) * time.Millisecond, MaxDataPoints: 1000, JSON: r.Query,
		TimeRange: backend.TimeRange{From: hours(r.From), To: hours(r.To)},
	}
}

// testFrames asks every request of testdata/queries and compares the frames
// with the golden files. The hub, its bus and InfluxDB are real.
func testFrames(t *testing.T, c *centre) {
	t.Helper()
	d := source(t, c.url, "", nil)
	paths, err := filepath.Glob("testdata/queries/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile(path)
			require.NoError(t, err)
			var r request
			require.NoError(t, json.Unmarshal(body, &r))
			got, err := d.QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{r.at(c.at)}})
			require.NoError(t, err)
			answer := got.Responses["A"]
			require.NoError(t, answer.Error)
			require.Equal(t, backend.StatusOK, answer.Status)
			timeless(answer.Frames, c.at)
			experimental.CheckGoldenJSONResponse(t, "testdata/frames", name, &answer, *update)
		})
	}
}

// timeless makes frames of any year those of 2026, numbers to five digits, and
// leaves out what differs from run to run.
func timeless(frames data.Frames, at time.Time) {
	shift := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC).Sub(at)
	for _, f := range frames {
		if f.Meta != nil {
			f.Meta.ExecutedQueryString = ""
			if m, ok := f.Meta.Custom.(map[string]any); ok {
				delete(m, "at")
				delete(m, "baselines") // its figures are tested where they are made
			}
		}
		for _, field := range f.Fields {
			for i := range field.Len() {
				switch {
				case field.Name == "advice":
					field.Set(i, "") // the library's own words, which change
				case f.Name == "sites" && slices.Contains([]string{"findings", "kwh_per_week", "eur_per_week", "kgco2_per_week"}, field.Name):
					// What the rules find is tested where they are.
					field.Set(i, reflect.Zero(reflect.TypeOf(field.At(i))).Interface())
				}
				switch v := field.At(i).(type) {
				case time.Time:
					field.Set(i, v.Add(shift))
				case *time.Time:
					if v != nil {
						x := v.Add(shift)
						field.Set(i, &x)
					}
				case float64:
					field.Set(i, digits(v))
				case *float64:
					if v != nil {
						x := digits(*v)
						field.Set(i, &x)
					}
				}
			}
		}
	}
}

func digits(v float64) float64 {
	if math.Abs(v) < 1e-6 {
		return 0
	}
	scale := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}
