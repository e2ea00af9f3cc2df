package influx

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/influxdata/influxdb-client-go/v2/domain"
)

// ensureBuckets does it on 2.x. A token that may read and write the three
// buckets alone sees them and makes nothing; one that may write buckets makes
// what is missing.
//
// It asks through the client's HTTP service and not its buckets API, whose
// errors have lost the status: a server that is away must not look like a
// bucket that is missing.
func (c *Client) ensureBuckets(ctx context.Context) ([]Remark, error) {
	var remarks []Remark
	for _, r := range Databases() {
		bucket, err := c.bucket(ctx, r)
		if err != nil {
			return nil, err
		}
		update := fmt.Sprintf("influx bucket update --id %s --retention %s", deref(bucket.Id), r.cli())
		remarks = append(remarks, r.judge(keptBy(bucket), update)...)
		if err := c.ensureMapping(ctx, r, bucket); err != nil {
			return nil, err
		}
	}
	return remarks, nil
}

// cli is the retention as the influx program wants it, 0 for ever.
func (r Retention) cli() string {
	if r.Days == 0 {
		return "0"
	}
	return fmt.Sprintf("%dd", r.Days)
}

// bucket finds the bucket of a database, or makes it.
func (c *Client) bucket(ctx context.Context, r Retention) (*domain.Bucket, error) {
	name := string(r.Database)
	query := url.Values{"name": {name}, "org": {c.org}}
	var found domain.Buckets
	err := c.call(ctx, http.MethodGet, "/api/v2/buckets?"+query.Encode(), nil, &found)
	if err != nil && !isNotFound(err) {
		return nil, fmt.Errorf("find bucket %s at %s: %w", name, c.url, err)
	}
	if found.Buckets != nil {
		for i := range *found.Buckets {
			if (*found.Buckets)[i].Name == name {
				return &(*found.Buckets)[i], nil
			}
		}
	}
	made, err := c.makeBucket(ctx, r)
	if err != nil {
		return nil, c.missing(r, fmt.Sprintf("influx bucket create --org %s --name %s --retention %s --shard-group-duration %dd", c.org, name, r.cli(), r.ShardDays), err)
	}
	return made, nil
}

func (c *Client) makeBucket(ctx context.Context, r Retention) (*domain.Bucket, error) {
	var orgs domain.Organizations
	if err := c.call(ctx, http.MethodGet, "/api/v2/orgs?"+url.Values{"org": {c.org}}.Encode(), nil, &orgs); err != nil {
		return nil, fmt.Errorf("find organisation %q: %w", c.org, err)
	}
	if orgs.Orgs == nil || len(*orgs.Orgs) == 0 {
		return nil, fmt.Errorf("find organisation %q: %w: the token sees none of that name", c.org, ErrRefused)
	}
	expire := domain.RetentionRuleTypeExpire
	ask := domain.PostBucketRequest{
		Name: string(r.Database), OrgID: deref((*orgs.Orgs)[0].Id),
		RetentionRules: &domain.RetentionRules{{
			Type: &expire, EverySeconds: int64(r.keep() / time.Second), ShardGroupDurationSeconds: new(int64(r.ShardDays) * 24 * 3600),
		}},
	}
	var made domain.Bucket
	if err := c.call(ctx, http.MethodPost, "/api/v2/buckets", ask, &made); err != nil {
		return nil, err
	}
	return &made, nil
}

// keptBy returns how long a bucket keeps its points, 0 for ever.
func keptBy(b *domain.Bucket) time.Duration {
	for _, rule := range b.RetentionRules {
		if rule.Type == nil || *rule.Type == domain.RetentionRuleTypeExpire {
			return time.Duration(rule.EverySeconds) * time.Second
		}
	}
	return 0
}

// mapping is one DBRP mapping.
type mapping struct {
	BucketID string `json:"bucketID"`
	Database string `json:"database"`
	Default  bool   `json:"default"`
	OrgID    string `json:"orgID,omitempty"`
	Policy   string `json:"retention_policy"`
}

// ensureMapping lets InfluxQL see a bucket as the database of its name. Newer
// servers give every bucket a virtual mapping, which is listed like the others.
func (c *Client) ensureMapping(ctx context.Context, r Retention, b *domain.Bucket) error {
	var list struct {
		Content []mapping `json:"content"`
	}
	query := url.Values{"db": {string(r.Database)}, "org": {c.org}}
	if err := c.call(ctx, http.MethodGet, "/api/v2/dbrps?"+query.Encode(), nil, &list); err != nil {
		return fmt.Errorf("find the mapping of bucket %s at %s: %w; a token made with --read-dbrps may", r.Database, c.url, err)
	}
	if slices.ContainsFunc(list.Content, func(m mapping) bool { return m.BucketID == deref(b.Id) && m.Default }) {
		return nil
	}
	m := mapping{BucketID: deref(b.Id), Database: string(r.Database), Default: true, OrgID: deref(b.OrgID), Policy: "autogen"}
	if err := c.call(ctx, http.MethodPost, "/api/v2/dbrps", m, nil); err != nil {
		return fmt.Errorf("map database %s to its bucket at %s: %w; let an administrator run: influx v1 dbrp create --bucket-id %s --db %s --rp autogen --default",
			r.Database, c.url, err, m.BucketID, r.Database)
	}
	return nil
}

// call asks an API that has no InfluxQL: JSON in, JSON out. The answer is not
// read where out is nil.
func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var body io.Reader = http.NoBody
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, body)
	if err != nil {
		return err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	resp, herr := c.client.HTTPService().DoHTTPRequestWithResponse(req, c.bearer(path))
	if herr != nil {
		return classify(herr)
	}
	defer resp.Body.Close() //nolint:errcheck // read as far as it matters.
	if resp.StatusCode >= http.StatusBadRequest {
		return statusError(resp)
	}
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 8<<20)).Decode(out); err != nil {
		return fmt.Errorf("answer of %s not understood: %w", path, err)
	}
	return nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// isNotFound reports whether an error is an answer with status 404.
func isNotFound(err error) bool {
	st, ok := errors.AsType[*statusCodeError](err)
	return ok && st.status == http.StatusNotFound
}
