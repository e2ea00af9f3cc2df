package influx_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
)

func TestRetentionOnOne(t *testing.T) {
	c, _ := influxtest.StartServer(t, t.TempDir(), "")
	server, err := c.Server(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, server.Generation, "version %q", server.Version)

	require.NoError(t, c.EnsureDatabases(t.Context()))
	require.Empty(t, c.Remarks(), "as made")
	require.NoError(t, c.EnsureDatabases(t.Context()), "again")
	require.Empty(t, c.Remarks())

	for _, q := range []string{
		`ALTER RETENTION POLICY autogen ON gtc DURATION 30d SHARD DURATION 1d`,
		`CREATE RETENTION POLICY "two weeks" ON gtc_rollup DURATION 2w REPLICATION 1 DEFAULT`,
		`ALTER RETENTION POLICY autogen ON gtc_private DURATION INF`,
	} {
		require.NoError(t, c.Query(t.Context(), "", q, none))
	}
	require.NoError(t, c.EnsureDatabases(t.Context()), "it can be used")
	got := c.Remarks()
	require.Len(t, got, 3)
	require.Equal(t, `database gtc: it keeps points for 30 days and is to keep them 1096 days: older ones are lost; to change it: ALTER RETENTION POLICY "autogen" ON "gtc" DURATION 1096d SHARD DURATION 28d DEFAULT`, got[0].String())
	require.Equal(t, "it keeps points for 14 days and is to keep them for ever: older ones are lost", got[1].What)
	require.Contains(t, got[1].Command, `"two weeks"`)
	require.Equal(t, "it keeps points for ever; private ones may be kept for no more than 396 days", got[2].What)
	for _, r := range got {
		require.NoError(t, c.Query(t.Context(), "", r.Command, none), "the command that is given works")
	}
	require.NoError(t, c.EnsureDatabases(t.Context()))
	require.Empty(t, c.Remarks())
}

// recorded answers as the documentation of 2.x and 3 describes; neither can
// be run here.
type recorded struct {
	mu      sync.Mutex
	headers map[string]string
	// answers by "METHOD path"; a value "403 …" is a status and a body.
	answers map[string]string
	asked   []string
	bodies  []string
	auth    []string
}

func (r *recorded) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for k, v := range r.headers {
		w.Header().Set(k, v)
	}
	key := req.Method + " " + req.URL.Path
	for _, name := range []string{"name", "db"} {
		if v := req.URL.Query().Get(name); v != "" {
			key += " " + v
		}
	}
	var body strings.Builder
	if req.Method == http.MethodPost {
		var v map[string]any
		_ = json.NewDecoder(req.Body).Decode(&v)
		_ = json.NewEncoder(&body).Encode(v)
		r.bodies = append(r.bodies, strings.TrimSpace(body.String()))
	}
	r.asked = append(r.asked, key)
	r.auth = append(r.auth, req.Header.Get("Authorization"))
	text, ok := r.answers[key]
	if !ok {
		text = "404 {\"code\":\"not found\",\"message\":\"path not found\"}"
	}
	var status int
	if n, _ := fmt.Sscanf(text, "%d ", &status); n == 1 && status >= 200 {
		_, text, _ = strings.Cut(text, " ")
	} else {
		status = http.StatusOK
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprint(w, text)
}

func (r *recorded) start(t *testing.T) *influx.Client {
	t.Helper()
	srv := httptest.NewServer(r)
	t.Cleanup(srv.Close)
	c, err := influx.Open(influx.Options{URL: srv.URL, Token: "tok", Org: "gtc"})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func TestGenerations(t *testing.T) {
	for name, x := range map[string]struct {
		headers map[string]string
		answers map[string]string
		want    influx.Server
	}{
		"1.8 from the module proxy":           {map[string]string{"X-Influxdb-Version": "unknown", "X-Influxdb-Build": "OSS"}, map[string]string{"GET /ping": "204 ", "GET /health": `{"name":"influxdb","version":"unknown","status":"pass"}`}, influx.Server{Generation: 1, Version: "unknown"}},
		"1.8 packaged":                        {map[string]string{"X-Influxdb-Version": "1.8.10"}, map[string]string{"GET /ping": "204 "}, influx.Server{Generation: 1, Version: "1.8.10"}},
		"2.7":                                 {map[string]string{"X-Influxdb-Version": "v2.7.12", "X-Influxdb-Build": "OSS"}, map[string]string{"GET /ping": "204 "}, influx.Server{Generation: 2, Version: "v2.7.12"}},
		"2.x built from source":               {map[string]string{"X-Influxdb-Version": "dev"}, map[string]string{"GET /ping": "204 ", "GET /health": `{"name":"influxdb","version":"dev","commit":"none","status":"pass"}`}, influx.Server{Generation: 2, Version: "dev"}},
		"3 Core":                              {map[string]string{"x-influxdb-version": "3.9.2", "x-influxdb-build": "Core"}, map[string]string{"GET /ping": `{"version":"3.9.2","revision":"abc","process_id":"x"}`}, influx.Server{Generation: 3, Version: "3.9.2"}},
		"3 behind a proxy that drops headers": {nil, map[string]string{"GET /ping": `{"version":"3.9.2"}`}, influx.Server{Generation: 3, Version: "3.9.2"}},
	} {
		r := &recorded{headers: x.headers, answers: x.answers}
		got, err := r.start(t).Server(t.Context())
		require.NoError(t, err, name)
		require.Equal(t, x.want, got, name)
	}
	r := &recorded{answers: map[string]string{"GET /ping": "401 {\"error\":\"no\"}"}}
	_, err := r.start(t).Server(t.Context())
	require.ErrorIs(t, err, influx.ErrRefused)
}

func two(answers map[string]string) *recorded {
	all := map[string]string{
		"GET /ping":         "204 ",
		"GET /api/v2/orgs":  `{"orgs":[{"id":"0org","name":"gtc"}]}`,
		"GET /api/v2/dbrps": `{"content":[]}`,
	}
	for i, db := range []string{"gtc", "gtc_rollup", "gtc_private"} {
		seconds := []int{94694400, 0, 34214400}[i]
		all["GET /api/v2/buckets "+db] = fmt.Sprintf(`{"buckets":[{"id":"0b%d","orgID":"0org","name":%q,"retentionRules":[{"type":"expire","everySeconds":%d,"shardGroupDurationSeconds":2419200}]}]}`, i, db, seconds)
		all["GET /api/v2/dbrps "+db] = fmt.Sprintf(`{"content":[{"id":"0m%d","bucketID":"0b%d","database":%q,"retention_policy":"autogen","default":true,"orgID":"0org","virtual":true}]}`, i, i, db)
	}
	maps.Copy(all, answers)
	return &recorded{headers: map[string]string{"X-Influxdb-Version": "v2.7.12"}, answers: all}
}

func TestBucketsOnTwo(t *testing.T) {
	r := two(nil)
	c := r.start(t)
	require.NoError(t, c.EnsureDatabases(t.Context()))
	require.Empty(t, c.Remarks())
	require.Empty(t, r.bodies, "nothing is made")
	require.Equal(t, "Token tok", r.auth[1])

	r = two(map[string]string{
		"GET /api/v2/buckets gtc_private": "404 {\"code\":\"not found\",\"message\":\"bucket \\\"gtc_private\\\" not found\"}",
		"POST /api/v2/buckets":            `201 {"id":"0new","orgID":"0org","name":"gtc_private","retentionRules":[{"type":"expire","everySeconds":34214400}]}`,
		"GET /api/v2/dbrps gtc_private":   `{"content":[]}`,
		"POST /api/v2/dbrps":              `201 {"id":"0m"}`,
	})
	c = r.start(t)
	require.NoError(t, c.EnsureDatabases(t.Context()))
	require.Equal(t, []string{
		`{"name":"gtc_private","orgID":"0org","retentionRules":[{"everySeconds":34214400,"shardGroupDurationSeconds":2419200,"type":"expire"}]}`,
		`{"bucketID":"0new","database":"gtc_private","default":true,"orgID":"0org","retention_policy":"autogen"}`,
	}, r.bodies)

	// A short retention is said, with the command.
	r = two(map[string]string{"GET /api/v2/buckets gtc": `{"buckets":[{"id":"0b0","orgID":"0org","name":"gtc","retentionRules":[{"type":"expire","everySeconds":2592000}]}]}`})
	c = r.start(t)
	require.NoError(t, c.EnsureDatabases(t.Context()))
	require.Len(t, c.Remarks(), 1)
	require.Equal(t, "influx bucket update --id 0b0 --retention 1096d", c.Remarks()[0].Command)

	// The hub's own token may make nothing: the error says who and how.
	r = two(map[string]string{
		"GET /api/v2/buckets gtc": `{"buckets":[]}`,
		"POST /api/v2/buckets":    `403 {"code":"forbidden","message":"insufficient permissions for write"}`,
	})
	err := r.start(t).EnsureDatabases(t.Context())
	require.ErrorIs(t, err, influx.ErrRefused)
	require.ErrorContains(t, err, "insufficient permissions")
	require.ErrorContains(t, err, "influx bucket create --org gtc --name gtc --retention 1096d --shard-group-duration 28d")

	r = two(map[string]string{"GET /api/v2/dbrps gtc": `{"content":[]}`, "POST /api/v2/dbrps": `401 {"code":"unauthorized","message":"no"}`})
	err = r.start(t).EnsureDatabases(t.Context())
	require.ErrorIs(t, err, influx.ErrRefused)
	require.ErrorContains(t, err, "influx v1 dbrp create --bucket-id 0b0 --db gtc --rp autogen --default")

	// A server in trouble is not a missing bucket.
	r = two(map[string]string{"GET /api/v2/buckets gtc": `503 {"code":"unavailable","message":"later"}`})
	var away *influx.UnavailableError
	require.ErrorAs(t, r.start(t).EnsureDatabases(t.Context()), &away)
}

func TestDatabasesOnThree(t *testing.T) {
	header := map[string]string{"x-influxdb-version": "3.9.2"}
	r := &recorded{headers: header, answers: map[string]string{
		"GET /ping":                       `{"version":"3.9.2"}`,
		"GET /api/v3/configure/database":  `[{"iox::database":"_internal"},{"iox::database":"gtc"}]`,
		"POST /api/v3/configure/database": "200 ",
	}}
	c := r.start(t)
	require.NoError(t, c.EnsureDatabases(t.Context()))
	require.Equal(t, []string{`{"db":"gtc_rollup"}`, `{"db":"gtc_private","retention_period":"396d"}`}, r.bodies)
	require.Equal(t, "Bearer tok", r.auth[1])

	r.answers["POST /api/v3/configure/database"] = `422 {"error":"adding a new database would exceed limit of 5 databases"}`
	err := r.start(t).EnsureDatabases(t.Context())
	require.ErrorContains(t, err, "exceed limit of 5")
	require.ErrorContains(t, err, "influxdb3 create database gtc_rollup")

	r.answers["GET /api/v3/configure/database"] = `403 {"error":"not an admin"}`
	c = r.start(t)
	require.NoError(t, c.EnsureDatabases(t.Context()), "a database is made on the first write")
	require.Len(t, c.Remarks(), 3)
}
