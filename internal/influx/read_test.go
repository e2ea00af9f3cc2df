package influx_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/influxdata/influxql"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
)

func none(*influx.Table) error { return nil }

func TestParameters(t *testing.T) {
	c := influxtest.Start(t)
	at := time.UnixMilli(time.Now().UnixMilli()).UTC()
	hostile := `x' OR site='other`
	lines := influx.NewLine("note").Tag("site", hostile).Float("v", 1).Int("n", 7).Bool("on", true).At(at).Append(nil)
	lines = influx.NewLine("note").Tag("site", "other").Float("v", 2.5).Int("n", 8).Bool("on", false).At(at.Add(time.Second)).Append(lines)
	require.NoError(t, c.Write(t.Context(), influx.Raw, lines))

	for _, x := range []struct {
		where  string
		params influx.Params
		want   []float64
	}{
		{"site = $site", influx.Params{"site": hostile}, []float64{1}},
		{"site = $site", influx.Params{"site": "other"}, []float64{2.5}},
		{"site = $site", influx.Params{"site": `\' OR 1=1 --`}, nil},
		{"time >= $from AND time < $to", influx.Params{"from": at, "to": at.Add(time.Second)}, []float64{1}},
		{"time > $from", influx.Params{"from": at}, []float64{2.5}},
		{"v < $limit", influx.Params{"limit": 2.0}, []float64{1}},
		{"n = $n", influx.Params{"n": 8}, []float64{2.5}},
		{"n = $n", influx.Params{"n": int64(7)}, []float64{1}},
		{"\"on\" = $yes", influx.Params{"yes": true}, []float64{1}},
		{"v > $tiny", influx.Params{"tiny": 1e-9}, []float64{1, 2.5}},
		{"v < $huge", influx.Params{"huge": 1e21}, []float64{1, 2.5}},
	} {
		var got []float64
		q := influx.Query{Database: influx.Raw, Text: "SELECT v FROM note WHERE " + x.where, Params: x.params}
		require.NoError(t, c.Read(t.Context(), q, func(tb *influx.Table) error {
			for i := range tb.Values {
				v, _ := tb.Float(i, 1)
				got = append(got, v)
			}
			return nil
		}), x.where)
		require.Equal(t, x.want, got, "%s with %v", x.where, x.params)
	}

	q := influx.Query{Database: influx.Raw, Text: "SELECT v FROM note WHERE site = $site", Params: influx.Params{"site": []string{"a"}}}
	require.ErrorContains(t, c.Read(t.Context(), q, none), "parameter $site: a []string cannot be one")
	q.Params = nil
	require.Error(t, c.Read(t.Context(), q, none), "a parameter that is not given")
}

func TestLimits(t *testing.T) {
	c := influxtest.Start(t)
	var lines []byte
	for i := range 50_000 {
		lines = influx.NewLine("note").Float("v", float64(i)).At(time.Now().Add(time.Duration(i) * time.Millisecond)).Append(lines)
	}
	require.NoError(t, c.Write(t.Context(), influx.Raw, lines))
	read := func(most int) (rows int, err error) {
		err = c.Read(t.Context(), influx.Query{Database: influx.Raw, Text: "SELECT v FROM note", Limits: influx.Limits{MaxRows: most}}, func(tb *influx.Table) error {
			rows += len(tb.Values)
			return nil
		})
		return rows, err
	}
	for _, most := range []int{1, 999, 20_000, 49_999} {
		rows, err := read(most)
		over, ok := errors.AsType[*influx.LimitError](err)
		require.True(t, ok, "%v", err)
		require.True(t, over.Rows)
		require.ErrorContains(t, err, fmt.Sprintf("%d rows, 1m0s", most))
		require.LessOrEqual(t, rows, most)
	}
	rows, err := read(50_000)
	require.NoError(t, err)
	require.Equal(t, 50_000, rows)
}

// TestReadEndsWithItsContext asks a server that never comes to an end: the
// connection must be closed, or InfluxDB would go on working for nobody.
func TestReadEndsWithItsContext(t *testing.T) {
	asked, closed := make(chan struct{}), make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintln(w, `{"results":[{"series":[{"name":"a","columns":["time"],"values":[[1]]}],"partial":true}]}`)
		w.(http.Flusher).Flush()
		asked <- struct{}{}
		<-r.Context().Done()
		closed <- struct{}{}
	}))
	defer srv.Close()
	c, err := influx.Open(influx.Options{URL: srv.URL})
	require.NoError(t, err)
	defer c.Close()

	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() { failed <- c.Query(ctx, influx.Raw, "SELECT 1", none) }()
	<-asked
	cancel()
	<-closed
	err = <-failed
	require.ErrorIs(t, err, context.Canceled)
	_, over := errors.AsType[*influx.LimitError](err)
	require.False(t, over, "the caller gave up, no limit was exceeded")

	go func() {
		failed <- c.Read(t.Context(), influx.Query{Text: "SELECT 1", Limits: influx.Limits{Timeout: 50 * time.Millisecond}}, none)
	}()
	<-asked
	<-closed
	err = <-failed
	limit, over := errors.AsType[*influx.LimitError](err)
	require.True(t, over, "%v", err)
	require.False(t, limit.Rows)
	require.ErrorContains(t, err, "takes longer than allowed (limits: 2000000 rows, 50ms)")
}

// FuzzQuote gives the statement to the parser of InfluxDB 1.8 itself: whatever
// the text, it stays one literal, or the statement is refused.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "a", "'", `\`, `\'`, `' OR ''='`, "'; DROP DATABASE gtc; --", "a\nb", "a\rb", "\x00", "é\u2028", "\xff", `"`, `"; DROP MEASUREMENT "x`, `\"`, `\n`, "/*", "--"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := influxql.ParseQuery("SELECT " + influx.Ident(s) + " FROM m WHERE site = " + influx.Quote(s) + " AND n = 1")
		if err != nil {
			return // refused
		}
		require.Len(t, q.Statements, 1)
		sel, ok := q.Statements[0].(*influxql.SelectStatement)
		require.True(t, ok)
		require.Len(t, sel.Fields, 1)
		field, ok := sel.Fields[0].Expr.(*influxql.VarRef)
		require.True(t, ok, "%T", sel.Fields[0].Expr)
		and, ok := sel.Condition.(*influxql.BinaryExpr)
		require.True(t, ok)
		require.Equal(t, influxql.AND, and.Op)
		eq, ok := and.LHS.(*influxql.BinaryExpr)
		require.True(t, ok)
		lit, ok := eq.RHS.(*influxql.StringLiteral)
		require.True(t, ok, "%T", eq.RHS)
		if plain(s) {
			require.Equal(t, s, lit.Val)
			require.Equal(t, s, field.Val)
		}
	})
}

// plain reports whether InfluxQL can write a text at all.
func plain(s string) bool {
	for _, r := range s {
		if r == 0 || r == '\r' || r == '\uFFFD' {
			return false
		}
	}
	return s != ""
}
