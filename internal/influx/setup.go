package influx

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Remark is something about a database that can be used but is not as it
// should be, with the command that puts it right.
type Remark struct {
	Database Database
	What     string
	Command  string
}

// String returns database: what; command.
func (r Remark) String() string {
	return fmt.Sprintf("database %s: %s; to change it: %s", r.Database, r.What, r.Command)
}

// Remarks returns what the last EnsureDatabases had to remark.
func (c *Client) Remarks() []Remark {
	if r := c.remarks.Load(); r != nil {
		return *r
	}
	return nil
}

// EnsureDatabases makes the databases that are missing, with their retention,
// and checks the retention of those that are there: [Client.Remarks] has what
// is not as it should be. Nothing that is there is changed. A database that
// is missing and cannot be made is an error that names it and the command with
// which an administrator makes it.
//
// 1.8: CREATE DATABASE. 2.x: the buckets API, and the mapping (DBRP) that lets
// InfluxQL see the bucket. 3: the databases API.
func (c *Client) EnsureDatabases(ctx context.Context) error {
	server, err := c.Server(ctx)
	if err != nil {
		return err
	}
	var remarks []Remark
	switch server.Generation {
	case 2:
		remarks, err = c.ensureBuckets(ctx)
	case 3:
		remarks, err = c.ensureThree(ctx)
	default:
		remarks, err = c.ensureOne(ctx)
	}
	if err != nil {
		return err
	}
	c.remarks.Store(&remarks)
	return nil
}

// missing is the error of a database that is not there and cannot be made.
func (c *Client) missing(r Retention, command string, err error) error {
	return fmt.Errorf("make database %s at %s: %w; it is missing: let an administrator run: %s", r.Database, c.url, err, command)
}

// ensureOne does it on 1.8.
func (c *Client) ensureOne(ctx context.Context) ([]Remark, error) {
	var have []string
	err := c.Query(ctx, "", "SHOW DATABASES", func(t *Table) error {
		for i := range t.Values {
			have = append(have, t.Text(i, 0))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var remarks []Remark
	for _, r := range Databases() {
		if !slices.Contains(have, string(r.Database)) {
			if err := c.exec(ctx, r.create()); err != nil {
				return nil, c.missing(r, r.create(), err)
			}
			continue
		}
		policy, kept, err := c.policy(ctx, r.Database)
		if err != nil {
			return nil, fmt.Errorf("check retention: %w", err)
		}
		alter := fmt.Sprintf("ALTER RETENTION POLICY %s ON %s DURATION %s SHARD DURATION %dd DEFAULT", Ident(policy), Ident(string(r.Database)), r.span(), r.ShardDays)
		remarks = append(remarks, r.judge(kept, alter)...)
	}
	return remarks, nil
}

// create is the statement that makes the database on 1.8.
func (r Retention) create() string {
	return fmt.Sprintf("CREATE DATABASE %s WITH DURATION %s SHARD DURATION %dd NAME autogen", Ident(string(r.Database)), r.span(), r.ShardDays)
}

// span is the retention in InfluxQL.
func (r Retention) span() string {
	if r.Days == 0 {
		return "INF"
	}
	return fmt.Sprintf("%dd", r.Days)
}

// keep is the retention as a duration, 0 for ever.
func (r Retention) keep() time.Duration { return time.Duration(r.Days) * 24 * time.Hour }

// judge says what is wrong with a database that keeps points for so long, 0
// being for ever.
func (r Retention) judge(kept time.Duration, command string) []Remark {
	want := r.keep()
	switch {
	case kept == want:
		return nil
	case kept != 0 && (want == 0 || kept < want):
		return []Remark{{r.Database, fmt.Sprintf("it keeps points for %s and is to keep them %s: older ones are lost", days(kept), days(want)), command}}
	case r.Database == Private:
		return []Remark{{r.Database, fmt.Sprintf("it keeps points %s; private ones may be kept for no more than %s", days(kept), days(want)), command}}
	}
	return nil // longer than needed harms nobody
}

func days(d time.Duration) string {
	if d == 0 {
		return "for ever"
	}
	if d%(24*time.Hour) != 0 {
		return d.String()
	}
	return fmt.Sprintf("%d days", d/(24*time.Hour))
}

// policy returns the default retention policy of a database on 1.8.
func (c *Client) policy(ctx context.Context, db Database) (name string, kept time.Duration, err error) {
	err = c.Query(ctx, "", "SHOW RETENTION POLICIES ON "+Ident(string(db)), func(t *Table) error {
		nameAt, durationAt, defaultAt := t.Column("name"), t.Column("duration"), t.Column("default")
		if nameAt < 0 || durationAt < 0 || defaultAt < 0 {
			return fmt.Errorf("columns %v of SHOW RETENTION POLICIES not understood", t.Columns)
		}
		for i := range t.Values {
			if chosen, _ := t.Values[i][defaultAt].(bool); !chosen {
				continue
			}
			name = t.Text(i, nameAt)
			var err error
			if kept, err = time.ParseDuration(t.Text(i, durationAt)); err != nil {
				return fmt.Errorf("retention of policy %s: %w", name, err)
			}
		}
		return nil
	})
	if err == nil && name == "" {
		err = fmt.Errorf("database %s has no default retention policy", db)
	}
	return name, kept, err
}

// exec runs a statement that has no answer.
func (c *Client) exec(ctx context.Context, q string) error {
	return c.Query(ctx, "", q, func(*Table) error { return nil })
}
