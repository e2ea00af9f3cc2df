package influx

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// version returns what the server says it is, for example "1.8.10" or
// "v2.7.12"; a 1.8 built from the module proxy says "unknown".
func (c *Client) version(ctx context.Context) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/ping", http.NoBody)
	if err != nil {
		return "", fmt.Errorf("ping %s: %w", c.url, err)
	}
	resp, herr := c.client.HTTPService().DoHTTPRequestWithResponse(req, nil)
	if herr != nil {
		return "", fmt.Errorf("ping %s: %w", c.url, classify(herr))
	}
	defer resp.Body.Close() //nolint:errcheck // the answer has no body.
	if resp.StatusCode >= http.StatusBadRequest {
		return "", fmt.Errorf("ping %s: %w", c.url, statusError(resp))
	}
	return resp.Header.Get("X-Influxdb-Version"), nil
}

// EnsureDatabases makes the databases that are missing. On 1.8 they are
// created with their retention; on 2.x, where buckets are made by deployment,
// a missing one is an error that names it.
func (c *Client) EnsureDatabases(ctx context.Context) error {
	version, err := c.version(ctx)
	if err != nil {
		return err
	}
	have := map[string]bool{}
	err = c.Query(ctx, "", "SHOW DATABASES", func(t *Table) error {
		for i := range t.Values {
			have[t.Text(i, 0)] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, r := range Databases() {
		if have[string(r.Database)] {
			continue
		}
		if strings.TrimLeft(version, "v") >= "2" && version != "unknown" {
			return fmt.Errorf("use bucket %s at %s: %w: it does not exist; make it and its DBRP mapping as in deploy/influx", r.Database, c.url, ErrRefused)
		}
		if err := c.create(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) create(ctx context.Context, r Retention) error {
	duration := "INF"
	if r.Days > 0 {
		duration = fmt.Sprintf("%dd", r.Days)
	}
	q := fmt.Sprintf("CREATE DATABASE %s WITH DURATION %s SHARD DURATION %dd NAME autogen", Ident(string(r.Database)), duration, r.ShardDays)
	return c.Query(ctx, "", q, func(*Table) error { return nil })
}
