package influx_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
)

func series(eq gtc.EquipmentID, p gtc.PointID) gtc.Series {
	return gtc.Series{Site: "mr-test", Kind: "boiler", Equipment: eq, Point: p}
}

func TestAppendSamples(t *testing.T) {
	at := time.UnixMilli(1_700_000_000_123).UTC()
	samples := []gtc.Sample{
		{Series: series("b1", "flow_temp"), At: at, Value: gtc.Float(61.25)},
		{Series: series("b1", "burner_run"), At: at, Value: gtc.Bool(true)},
		{Series: series("b1", "return_temp"), At: at, Quality: gtc.QualityCommLost},
		{Series: series("b1", "state"), At: at, Value: gtc.Enum(3)},
		{Series: series("b1", "flow_temp"), At: at.Add(time.Millisecond), Value: gtc.Float(-0.5)},
		{Series: series("b2", "flow_temp"), At: at.Add(time.Millisecond), Value: gtc.Float(1e9)},
	}
	got := string(influx.AppendSamples(nil, samples))
	require.Equal(t, "boiler,equipment=b1,site=mr-test flow_temp=61.25,burner_run=true,state=3i 1700000000123\n"+
		"boiler,equipment=b1,site=mr-test flow_temp=-0.5 1700000000124\n"+
		"boiler,equipment=b2,site=mr-test flow_temp=1000000000 1700000000124\n", got)
	require.Empty(t, influx.AppendSamples(nil, samples[2:3]), "an absent value is never written")
}

func TestLine(t *testing.T) {
	got := influx.NewLine("alarm").Tag("alarm", "a b").Tag("site", "s").Str("state", `say "x"`).Int("priority", 1).
		At(time.UnixMilli(5)).Append([]byte("x 1\n"))
	require.Equal(t, "x 1\nalarm,alarm=a\\ b,site=s state=\"say \\\"x\\\"\",priority=1i 5\n", string(got))
	bad := influx.NewLine("alarm").Tag("b", "1").Tag("a", "1").Bool("x", true).At(time.UnixMilli(5))
	require.Empty(t, bad.Append(nil))
	require.Error(t, bad.Err())
}

func TestWriteAndQuery(t *testing.T) {
	c := influxtest.Start(t)
	ctx := t.Context()
	at := time.Now().UTC().Truncate(time.Millisecond)
	var lines []byte
	for i := range 45_000 {
		lines = influx.AppendSamples(lines, []gtc.Sample{{Series: series("b1", "flow_temp"), At: at.Add(time.Duration(i) * time.Millisecond), Value: gtc.Float(float64(i))}})
	}
	require.NoError(t, c.Write(ctx, influx.Raw, lines))
	n, tables := 0, 0
	err := c.Query(ctx, influx.Raw, `SELECT flow_temp FROM boiler WHERE site='mr-test'`, func(tb *influx.Table) error {
		tables++
		for i := range tb.Values {
			v, ok := tb.Float(i, 1)
			require.True(t, ok)
			require.InDelta(t, float64(n), v, 0)
			require.Equal(t, at.Add(time.Duration(n)*time.Millisecond), tb.Time(i))
			n++
		}
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, 45_000, n)
	require.Greater(t, tables, 1, "a long answer arrives in chunks")
}

func TestWriteErrors(t *testing.T) {
	c := influxtest.Start(t)
	ctx := t.Context()
	now := time.Now().UnixMilli()
	line := func(value string, ms int64) []byte {
		return fmt.Appendf(nil, "boiler,site=a flow_temp=%s %d\n", value, ms)
	}
	require.NoError(t, c.Write(ctx, influx.Raw, line("1", now)))

	var rejected *influx.RejectedError
	err := c.Write(ctx, influx.Raw, line("1", 1_300_000_000_000))
	require.ErrorAs(t, err, &rejected)
	require.Contains(t, rejected.Reason, "beyond retention policy")

	err = c.Write(ctx, influx.Raw, line("true", now+1))
	require.ErrorAs(t, err, &rejected)
	require.Contains(t, rejected.Reason, "field type conflict")

	err = c.Write(ctx, influx.Raw, []byte("not a line\n"))
	require.ErrorAs(t, err, &rejected)

	require.ErrorIs(t, c.Write(ctx, "missing", []byte("a b=1 1\n")), influx.ErrRefused)

	err = c.Query(ctx, "missing", "SELECT * FROM boiler", func(*influx.Table) error { return nil })
	require.ErrorContains(t, err, "database not found")
	require.ErrorContains(t, c.Query(ctx, influx.Raw, "SELEKT", func(*influx.Table) error { return nil }), "SELEKT")
}

func TestStatusClasses(t *testing.T) {
	status := http.StatusServiceUnavailable
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, `{"code":"x","message":"because"}`)
	}))
	defer srv.Close()
	c, err := influx.Open(influx.Options{URL: srv.URL, Token: "t"})
	require.NoError(t, err)
	defer c.Close()
	line := []byte("a b=1 1\n")

	for _, s := range []int{429, 500, 502, 503, 504} {
		status = s
		var un *influx.UnavailableError
		require.ErrorAs(t, c.Write(t.Context(), influx.Raw, line), &un, "status %d", s)
		if s == 429 || s == 503 {
			require.Equal(t, 7*time.Second, un.RetryAfter, "status %d", s)
		}
	}
	for _, s := range []int{401, 403, 404} {
		status = s
		require.ErrorIs(t, c.Write(t.Context(), influx.Raw, line), influx.ErrRefused, "status %d", s)
	}
	for _, s := range []int{400, 413, 422} {
		status = s
		var re *influx.RejectedError
		require.ErrorAs(t, c.Write(t.Context(), influx.Raw, line), &re, "status %d", s)
	}
	srv.Close()
	var un *influx.UnavailableError
	require.ErrorAs(t, c.Write(t.Context(), influx.Raw, line), &un, "connection refused")
}

func TestQueryCutShort(t *testing.T) {
	body := ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, body)
	}))
	defer srv.Close()
	c, err := influx.Open(influx.Options{URL: srv.URL})
	require.NoError(t, err)
	defer c.Close()
	q := func() error {
		return c.Query(t.Context(), influx.Raw, "SELECT 1", func(*influx.Table) error { return nil })
	}
	for text, want := range map[string]string{
		`{"results":[{"series":[{"name":"a","columns":["time"],"values":[[1]]}],"partial":true}]}`: "cut short",
		`{"results":[{"series":[`:                      "cut short",
		`{"results":[{}]}` + "\n" + `{"error":"boom"}`: "boom",
		`{"results":[{"error":"timeout"}]}`:            "timeout",
	} {
		body = text
		require.ErrorContains(t, q(), want)
	}
	body = `{"results":[{}]}`
	require.NoError(t, q())
}

func BenchmarkAppendSamples(b *testing.B) {
	at := time.Now()
	samples := make([]gtc.Sample, 10)
	for i := range samples {
		samples[i] = gtc.Sample{Series: series("b1", gtc.PointID(fmt.Sprintf("p%d", i))), At: at, Value: gtc.Float(float64(i) * 1.5)}
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = influx.AppendSamples(buf[:0], samples)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10, "ns/value")
}
