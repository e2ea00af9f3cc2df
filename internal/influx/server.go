package influx

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Server is what an InfluxDB says it is.
type Server struct {
	// Generation is 1, 2 or 3.
	Generation int
	// Version as told, for example "1.8.10", "v2.7.12" or "3.2.1"; a 1.8
	// built from the module proxy says "unknown".
	Version string
}

// Server asks InfluxDB what it is: the header X-Influxdb-Version of /ping,
// which all three generations send, and where that tells nothing the answer
// of /health, which has a commit on 2.x and none on 1.8.
func (c *Client) Server(ctx context.Context) (Server, error) {
	s, err := c.server(ctx)
	if err != nil {
		return Server{}, fmt.Errorf("ping %s: %w", c.url, err)
	}
	return s, nil
}

func (c *Client) server(ctx context.Context) (Server, error) {
	header, body, err := c.get(ctx, "/ping")
	if err != nil {
		return Server{}, err
	}
	version := header.Get("X-Influxdb-Version")
	if version == "" {
		version = body.Version
	}
	if g := generationOf(version); g != 0 {
		return Server{g, version}, nil
	}
	_, health, err := c.get(ctx, "/health")
	switch {
	case err != nil:
		return Server{}, fmt.Errorf("it does not tell its version, nor its health: %w", err)
	case generationOf(health.Version) != 0:
		return Server{generationOf(health.Version), health.Version}, nil
	case health.Commit != "" || header.Get("X-Influxdb-Build") == "Cloud":
		return Server{2, version}, nil
	}
	return Server{1, version}, nil
}

// generationOf returns the first number of a version, 0 when it tells none
// that is known.
func generationOf(version string) int {
	major, _, _ := strings.Cut(strings.TrimLeft(version, "vV"), ".")
	switch major {
	case "1", "2", "3":
		return int(major[0] - '0')
	}
	return 0
}

// about is what /ping of 3 and /health say in their bodies.
type about struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
}

// get asks one of the pages that describe the server. A body that is no JSON
// tells nothing.
func (c *Client) get(ctx context.Context, path string) (http.Header, about, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+path, http.NoBody)
	if err != nil {
		return nil, about{}, err
	}
	resp, herr := c.client.HTTPService().DoHTTPRequestWithResponse(req, nil)
	if herr != nil {
		return nil, about{}, classify(herr)
	}
	defer resp.Body.Close() //nolint:errcheck // read as far as it matters.
	if resp.StatusCode >= http.StatusBadRequest {
		return nil, about{}, statusError(resp)
	}
	var a about
	text, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return nil, about{}, &UnavailableError{Err: err}
	}
	_ = json.Unmarshal(text, &a) // 204 has no body, /health of 3 says OK
	return resp.Header, a, nil
}
