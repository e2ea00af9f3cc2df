package datasource

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"

	"github.com/cpas-charleroi/gtc/dashboards/datasource/hubapi"
)

// settings are what a data source is configured with in Grafana.
type settings struct {
	URL            string   `json:"url"`
	Language       string   `json:"language"`
	TimeoutSeconds *float64 `json:"timeoutSeconds"`
	CacheSeconds   *float64 `json:"cacheSeconds"`
}

const (
	usualTimeout = 10.0
	usualCache   = 5.0
)

func readSettings(in backend.DataSourceInstanceSettings) (settings, error) {
	var s settings
	if len(in.JSONData) > 0 {
		if err := json.Unmarshal(in.JSONData, &s); err != nil {
			return s, fmt.Errorf("read settings of data source %s: %w", in.Name, err)
		}
	}
	s.URL = strings.TrimRight(strings.TrimSpace(cmp.Or(s.URL, in.URL)), "/")
	if !slices.Contains(languages(), s.Language) {
		s.Language = french
	}
	return s, nil
}

func seconds(v *float64, otherwise, least, most float64) time.Duration {
	x := otherwise
	if v != nil {
		x = min(max(*v, least), most)
	}
	return time.Duration(x * float64(time.Second))
}

// client makes what asks the hub.
func (s settings) client(ctx context.Context, in backend.DataSourceInstanceSettings) (*hubapi.Client, error) {
	opts, err := in.HTTPClientOptions(ctx)
	if err != nil {
		return nil, fmt.Errorf("read TLS settings: %w", err)
	}
	opts.Timeouts = &httpclient.TimeoutOptions{
		DialTimeout: 5 * time.Second, KeepAlive: 30 * time.Second, TLSHandshakeTimeout: 5 * time.Second,
		Timeout: seconds(s.TimeoutSeconds, usualTimeout, 1, 60), MaxIdleConns: 32, MaxIdleConnsPerHost: 32, IdleConnTimeout: 90 * time.Second,
	}
	client, err := httpclient.New(opts)
	if err != nil {
		return nil, fmt.Errorf("prepare HTTP client: %w", err)
	}
	return hubapi.New(hubapi.Options{
		URL: s.URL, Token: strings.TrimSpace(in.DecryptedSecureJSONData["token"]), Language: s.Language, HTTP: client,
		Timeout: seconds(s.TimeoutSeconds, usualTimeout, 1, 60), Keep: seconds(s.CacheSeconds, usualCache, 0, 300),
	})
}
