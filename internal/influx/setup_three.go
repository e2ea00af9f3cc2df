package influx

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	ihttp "github.com/influxdata/influxdb-client-go/v2/api/http"
)

// pathDatabases is the databases API of InfluxDB 3.
const pathDatabases = "/api/v3/configure/database"

// ensureThree does it on 3. Its retention can be set when a database is made
// and not be read back, so that of an existing one is not checked. A token
// that may not list databases is no error: 3 makes a database on the first
// write to it, if only without a retention.
func (c *Client) ensureThree(ctx context.Context) ([]Remark, error) {
	var list []map[string]any
	err := c.call(ctx, http.MethodGet, pathDatabases+"?format=json", nil, &list)
	if errors.Is(err, ErrRefused) {
		var remarks []Remark
		for _, r := range Databases() {
			remarks = append(remarks, Remark{r.Database, "the token may not list databases, so neither its existence nor its retention was checked", r.three()})
		}
		return remarks, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list databases at %s: %w", c.url, err)
	}
	have := map[string]bool{}
	for _, row := range list {
		for _, name := range row { // one column, iox::database
			if s, ok := name.(string); ok {
				have[s] = true
			}
		}
	}
	for _, r := range Databases() {
		if have[string(r.Database)] {
			continue
		}
		ask := map[string]string{"db": string(r.Database)}
		if r.Days > 0 {
			ask["retention_period"] = fmt.Sprintf("%dd", r.Days)
		}
		if err := c.call(ctx, http.MethodPost, pathDatabases, ask, nil); err != nil {
			return nil, c.missing(r, r.three(), err)
		}
	}
	return nil, nil
}

// three is the command that makes the database on 3.
func (r Retention) three() string {
	if r.Days == 0 {
		return fmt.Sprintf("influxdb3 create database %s", r.Database)
	}
	return fmt.Sprintf("influxdb3 create database --retention-period %dd %s", r.Days, r.Database)
}

// bearer shows the token as 3 wants it on its own API; its others take the
// scheme of 2.x.
func (c *Client) bearer(path string) ihttp.RequestCallback {
	if !strings.HasPrefix(path, "/api/v3/") {
		return nil
	}
	return func(req *http.Request) {
		if token, ok := strings.CutPrefix(c.client.HTTPService().Authorization(), "Token "); ok {
			req.Header.Set("Authorization", "Bearer "+token)
		}
	}
}
